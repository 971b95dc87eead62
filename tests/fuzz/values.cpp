// Values of options: what is read can be written, and then reads the same.
#include "common/config/options.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/config/machine.hpp"

using fuzz::must;

namespace {

template <class Target>
void read_all(std::string_view text, const config::Surroundings& machine) {
    for (const auto& option : config::options_of<Target>()) {
        Target target, again;
        const auto set = option.field.set(target, text, machine);
        if (!set) must(!set.error().empty() || !option.field.allowed.empty(), "it is said what is wrong");
        if (!set) continue;
        const std::string written = option.field.get(target);
        if (option.field.set(again, written, machine))
            must(option.field.get(again) == written, "a value comes back");
        else  // users without a name, an environment of names that no file can have
            must(written.empty() || option.field.kind == config::kind::User::name || option.field.kind == config::kind::Owner::name,
                 "a value can be read again");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::view(data, size);
    static const Machine machine;
    static const auto surroundings = machine.surroundings();
    read_all<config::Settings>(text, surroundings);
    read_all<config::UnixServer>(text, surroundings);
    read_all<config::InetServer>(text, surroundings);
    read_all<config::Client>(text, surroundings);
    read_all<config::Program>(text, surroundings);
    read_all<config::Copies>(text, surroundings);
    read_all<config::FcgiSection>(text, surroundings);
    read_all<config::ListenerSection>(text, surroundings);
    if (const auto name = config::parse_name(text))
        must(name->find_first_of(" :/\n\x1b\x7f") == std::string::npos, "a name has no blanks, colons, slashes and control characters");
    return 0;
}
