// What a child between fork and exec reads: how to become a program; and what a start and an upgrade hand over.
#include <fcntl.h>

#include <memory>

#include "supervisord/handover.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/passage.hpp"
#include "supervisord/keeper/spec.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

std::string content_of(int fd) {
    std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
    must(::pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "it can be read");
    return text;
}

const std::string& good_spec() {
    static const std::string text = [] {
        keeper::Spec spec{.program = "/bin/cat", .arguments = {"cat", "x"}, .environment = {"A=1", "B="}, .directory = "/tmp"};
        spec.user = keeper::Spec::User{1, 2, {2, 3}, ""};
        spec.nofile = keeper::Spec::Limit{10, 20};
        spec.cgroup = "/sys/x";
        return content_of(keeper::write_spec(spec)->get());
    }();
    return text;
}

std::size_t length(const char* text) { return text ? std::strlen(text) : 0; }

void read_spec(const base::Fd& fd, std::size_t size) {
    keeper::SpecView view;
    if (!keeper::map_spec(fd.get(), view)) return;
    std::size_t total = length(view.program) + length(view.directory) + length(view.user_problem) + length(view.cgroup);
    must(view.program && view.arguments && view.arguments[0], "there is something to execute");
    for (char** list : {view.arguments, view.environment})
        for (; *list; ++list) must(length(*list) < size, "a text ends inside");
    for (std::uint32_t i = 0; i < view.group_count; ++i) total += view.groups[i] != 0;
    must(total < 5 * size, "all of it is inside");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto what = input.number<std::uint8_t>();
    if (what % 4 == 0) {
        std::string spec = good_spec();
        spec.resize(spec.size() - input.number<std::uint8_t>() % 8);
        fuzz::spoil(spec.data(), spec.size(), input);
        const base::Fd fd = fuzz::file_of(spec);
        read_spec(fd, spec.size());
    } else if (what % 4 == 1) {
        auto boot = std::make_unique<keeper::Boot>();
        must(keeper::hold(*boot, "unix:/x", 7) && keeper::set_path(boot->pidfile, "/run/x"), "it fits");
        std::string text = content_of(keeper::write_boot(*boot, "text")->get());
        fuzz::spoil(text.data(), text.size(), input);
        const base::Fd fd = fuzz::file_of(text);
        const auto read = keeper::map_boot(fd.get());
        if (read) must((*read)->held_count <= keeper::held_limit, "what is held has a place");
        if (read) must(keeper::read_boot_text(fd.get())->size() == (*read)->text_size, "the text is there");
        if (read) ::munmap(const_cast<keeper::Boot*>(*read), sizeof(keeper::Boot));
    } else if (what % 4 == 2) {
        keeper::Passage passage{.controller = 12, .link = 5};
        fuzz::spoil(reinterpret_cast<char*>(&passage), sizeof passage, input);
        const base::Fd fd = keeper::write_passage(passage);
        keeper::Passage read;
        if (keeper::read_passage(fd.get(), read))
            must(read.controller > 1 && read.link >= 0 && length(read.pidfile) < sizeof read.pidfile, "a passage names a controller");
    } else {
        (void)launch::Handover::from_text(std::string(input.rest()));
    }
    return 0;
}
