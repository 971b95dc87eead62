// What a user types at supervisorctl, or has put into its history and its command line.
#include "common/base/text.hpp"
#include "common/config/command_line.hpp"
#include "supervisorctl/arguments.hpp"
#include "supervisorctl/commands.hpp"
#include "supervisorctl/completion.hpp"
#include "supervisorctl/patterns.hpp"
#include "supervisorctl/watch_frame.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/config/machine.hpp"

using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::view(data, size));
    const std::vector<supervisorctl::Process> processes = {{.group = "g", .name = "a"}, {.group = "b", .name = "b"}};
    const auto line = supervisorctl::parse_command_line(text);
    must(line.name.size() + line.rest.size() <= text.size() + 4, "a line grows no words");
    const auto completion = supervisorctl::complete(text, [&] { return processes; });
    for (const auto& candidate : completion.candidates) must(candidate.starts_with(completion.typed), "what is offered begins with what is typed");
    must(supervisorctl::common_beginning(completion.candidates).starts_with(completion.candidates.empty() ? "" : completion.typed), "so does what all begin with");
    std::vector<std::string> words;
    for (const auto word : base::split(text, '\n')) words.emplace_back(word);
    for (const auto& name : supervisorctl::expand_patterns(words, processes)) (void)name;
    Machine machine;
    machine.files["/etc/s.conf"] = text;
    (void)supervisorctl::read_arguments(words, "/usr/bin/supervisorctl", machine.surroundings());
    const std::vector<std::string> of_file = {"-c", "/etc/s.conf"};
    (void)supervisorctl::read_arguments(of_file, "/usr/bin/supervisorctl", machine.surroundings());
    // Keys: however they come, the same are pressed, and little is kept.
    std::string typed;
    for (const char byte : text) {
        typed += byte;
        while (supervisorctl::take_key(typed)) {}
        must(typed.size() <= 32, "little is kept of what is typed");
    }
    return 0;
}
