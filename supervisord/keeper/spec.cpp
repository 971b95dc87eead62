#include "supervisord/keeper/spec.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"

namespace keeper {

namespace {

// The memory: Head, then lists of 8-byte places (ended by 0), groups, texts.  A place holds the offset of a text until
// the child, in its private copy, puts the address there.
struct Head {
    static constexpr std::uint64_t right_magic = 0x31636570736b;  // "kspec1"
    std::uint64_t magic = right_magic;
    std::uint64_t size = 0;
    std::uint64_t program = 0, directory = 0, user_problem = 0;  // offsets of texts; 0: none
    std::uint64_t arguments = 0, argument_count = 0;
    std::uint64_t environment = 0, environment_count = 0;
    std::uint64_t groups = 0, group_count = 0;
    std::uint64_t nofile_soft = 0, nofile_hard = 0;
    std::uint32_t flags = 0, uid = 0, gid = 0, umask = 0;
    // Since has_cgroup: in an upgrade the keeper that reads it and the controller that writes it can be of two versions.
    std::uint64_t cgroup = 0;
};
constexpr std::size_t first_head_size = offsetof(Head, cgroup);
static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) % 8 == 0);

class Writer {
public:
    explicit Writer(std::size_t size) { bytes_.reserve(size); bytes_.resize(sizeof(Head)); }

    std::uint64_t room(std::size_t size) {
        const auto at = (bytes_.size() + 7) / 8 * 8;
        bytes_.resize(at + size);
        return at;
    }
    void put(std::uint64_t at, const void* from, std::size_t size) {
        if (size > 0) std::memcpy(bytes_.data() + at, from, size);
    }
    std::uint64_t text(const std::string& text) {
        const auto at = bytes_.size();
        bytes_.append(text.c_str(), text.size() + 1);
        return at;
    }
    void texts(std::uint64_t list, const std::vector<std::string>& all) {
        for (const auto& one : all) {
            const std::uint64_t at = text(one);
            put(list, &at, sizeof at);
            list += sizeof at;
        }
    }
    std::string_view bytes() const { return bytes_; }

private:
    std::string bytes_;
};

#ifdef CRASH_POINTS
bool is_for_programs(const std::string& variable) { return !variable.starts_with("SUPERVISORD_CRASH"); }
#endif

}  // namespace

base::Result<base::Fd> write_spec(const Spec& spec) {
    std::vector<std::string> environment = spec.environment;
#ifdef CRASH_POINTS
    std::erase_if(environment, [](const std::string& variable) { return !is_for_programs(variable); });
#endif
    Writer writer(16384);
    Head head;
    head.argument_count = spec.arguments.size();
    head.arguments = writer.room(8 * (head.argument_count + 1));
    head.environment_count = environment.size();
    head.environment = writer.room(8 * (head.environment_count + 1));
    if (spec.user) {
        head.flags |= has_user;
        head.uid = spec.user->uid;
        head.gid = spec.user->gid;
        head.group_count = spec.user->groups.size();
        head.groups = writer.room(sizeof(gid_t) * head.group_count);
        writer.put(head.groups, spec.user->groups.data(), sizeof(gid_t) * head.group_count);
        if (!spec.user->problem.empty()) head.user_problem = writer.text(spec.user->problem);
    }
    head.program = writer.text(spec.program);
    if (!spec.directory.empty()) head.directory = writer.text(spec.directory);
    writer.texts(head.arguments, spec.arguments);
    writer.texts(head.environment, environment);
    if (spec.umask) {
        head.flags |= has_umask;
        head.umask = *spec.umask;
    }
    if (spec.nofile) {
        head.flags |= has_nofile;
        head.nofile_soft = spec.nofile->soft;
        head.nofile_hard = spec.nofile->hard;
    }
    if (spec.default_sigpipe) head.flags |= default_sigpipe;
    if (!spec.cgroup.empty()) {
        head.flags |= has_cgroup;
        head.cgroup = writer.text(spec.cgroup);
    }
    head.size = writer.bytes().size();
    writer.put(0, &head, sizeof head);

    base::Fd fd = base::make_memory_file("supervisord-spec");
    if (!fd || !base::write_all(fd.get(), writer.bytes()) ||
        !base::seal_memory_file(fd.get()))
        return base::Error{base::concat("cannot write how to start ", spec.program, ": ", base::errno_text(errno))};
    return fd;
}

namespace {

bool fits(const Head& head, std::uint64_t at, std::uint64_t count, std::uint64_t each) {
    return at >= first_head_size && at % each == 0 && at <= head.size && count <= (head.size - at) / each;
}

bool locate(char* memory, const Head& head, std::uint64_t list, std::uint64_t count, char**& texts) {
    if (count >= head.size || !fits(head, list, count + 1, 8)) return false;
    texts = reinterpret_cast<char**>(memory + list);
    for (auto& place : std::span(texts, count)) {
        const auto at = reinterpret_cast<std::uint64_t>(place);
        if (!fits(head, at, 1, 1)) return false;
        place = memory + at;
    }
    return texts[count] == nullptr;
}

}  // namespace

bool map_spec(int fd, SpecView& view) {
    struct stat facts{};
    if (::fstat(fd, &facts) != 0 || facts.st_size < static_cast<off_t>(first_head_size)) return false;
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) return false;
    char* memory = static_cast<char*>(map);
    const Head& head = *static_cast<const Head*>(map);
    if (head.magic != Head::right_magic || head.size != size) return false;
    if (memory[size - 1] != '\0') return false;  // so every text ends inside
    const auto text = [&](std::uint64_t at) { return at == 0 ? nullptr : memory + at; };
    if ((head.flags & has_cgroup) && size < sizeof(Head)) return false;
    const std::uint64_t cgroup = head.flags & has_cgroup ? head.cgroup : 0;
    for (const auto at : {head.program, head.directory, head.user_problem, cgroup})
        if (at != 0 && !fits(head, at, 1, 1)) return false;
    if (head.program == 0 || head.argument_count == 0) return false;
    if (!locate(memory, head, head.arguments, head.argument_count, view.arguments)) return false;
    if (!locate(memory, head, head.environment, head.environment_count, view.environment)) return false;
    if (head.group_count != 0) {
        if (!fits(head, head.groups, head.group_count, sizeof(gid_t))) return false;
        view.groups = reinterpret_cast<const gid_t*>(memory + head.groups);
    }
    view.program = text(head.program);
    view.directory = text(head.directory);
    view.user_problem = text(head.user_problem);
    view.cgroup = text(cgroup);
    view.group_count = static_cast<std::uint32_t>(head.group_count);
    view.flags = head.flags;
    view.uid = head.uid;
    view.gid = head.gid;
    view.umask = head.umask;
    view.nofile_soft = head.nofile_soft;
    view.nofile_hard = head.nofile_hard;
    return true;
}

}  // namespace keeper
