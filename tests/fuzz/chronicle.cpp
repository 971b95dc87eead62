// The configuration that a controller of before has left.
#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "common/config/json.hpp"
#include "supervisord/control/chronicle.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

struct Entry {  // as in chronicle.cpp
    std::uint64_t length = 0;
    char kind = 0;
    char padding[7] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto how = input.number<std::uint8_t>();
    const std::string_view text = input.rest();
    auto chronicle = control::Chronicle::create();
    must(chronicle.has_value(), "there is memory");
    config::Config config;
    config.groups.push_back({.name = "g", .processes = {config::Program{}}});
    chronicle->started(config);
    chronicle->activated(config.groups[0]);
    const auto end = ::lseek(chronicle->fd(), 0, SEEK_END);
    std::string bytes(static_cast<std::size_t>(end), '\0');
    must(::pread(chronicle->fd(), bytes.data(), bytes.size(), 0) == end, "it can be read");
    if (how % 2 == 0) {
        fuzz::Input spoilt = input;
        fuzz::spoil(bytes.data(), bytes.size(), spoilt);
    } else {  // one entry with anything in it
        constexpr char kinds[] = "srad";
        const Entry entry{.length = text.size(), .kind = kinds[how / 2 % 4]};
        bytes.resize(16);
        const std::uint64_t length = sizeof entry + text.size();
        std::memcpy(bytes.data() + 8, &length, sizeof length);
        bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
        bytes += text;
    }
    control::Chronicle::Content content;
    auto adopted = control::Chronicle::adopt(fuzz::file_of(bytes), content);
    if (!adopted) return 0;
    auto anew = control::Chronicle::written_anew(content);
    must(anew.has_value(), "it can be written again");
    control::Chronicle::Content again;
    must(control::Chronicle::adopt(base::Fd(::dup(anew->fd())), again).has_value(), "and read again");
    must(again.active == content.active && again.started == content.started && again.last_read == content.last_read, "it is the same");
    return 0;
}
