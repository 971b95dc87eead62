// Notes of a controller of before that somebody has written over.
#include <algorithm>
#include <span>

#include "supervisord/control/notes.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

void check(const control::Note& note) {
    must(std::ranges::find(api::states, note.machine.state) != std::end(api::states), "a state is one");
    must(note.announced_count <= std::size(note.announced), "what is announced has a place");
    for (const auto& change : std::span(note.announced, note.announced_count))
        must(!api::name(change.from).empty() && !api::name(change.to).empty(), "a change is one of states");
    must(::strnlen(note.untold, sizeof note.untold) < sizeof note.untold, "a text ends");
    must(::strnlen(note.spawnerr, sizeof note.spawnerr) < sizeof note.spawnerr, "a text ends");
    const config::Program program;
    for (const process::Event& event : {process::Event(process::Exited{}), process::Event(process::TimePassed{}),
                                        process::Event(process::Stop{}), process::Event(process::Start{})})
        (void)process::step(note.machine, program, event, process::Time(std::chrono::hours(1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    auto notes = control::Notes::create();
    must(notes.has_value(), "there is memory");
    for (const char* key : {"g:a", "g:b"}) {
        auto* record = notes->record(key);
        control::Note note;
        note.machine.state = api::State::running;
        note.machine.child = true;
        note.incarnation = notes->next_incarnation();
        note.add_announcement({api::State::starting, api::State::running, 1, 5, true});
        must(note.add_untold("a line\n"), "it fits");
        record->commit(note);
        record->set_progress({1, 2, true});
    }
    constexpr std::size_t used = 4096 + 2 * sizeof(control::Notes::Record);
    void* memory = ::mmap(nullptr, used, PROT_READ | PROT_WRITE, MAP_SHARED, notes->fd(), 0);
    must(memory != MAP_FAILED, "it can be mapped");
    fuzz::spoil(static_cast<char*>(memory), used, input);
    ::munmap(memory, used);

    auto adopted = control::Notes::adopt(base::Fd(::dup(notes->fd())));
    if (!adopted) return 0;
    for (const char* key : {"g:a", "g:b", "g:c"}) {
        auto* record = adopted->record(key);
        if (!record) continue;
        check(record->note());
        (void)record->progress();
        control::Note note = record->note();
        record->commit(note);
        check(record->note());
    }
    must(adopted->mood() == api::Mood::running || adopted->mood() == api::Mood::shutdown || adopted->mood() == api::Mood::restarting,
         "a mood is one");
    must(adopted->exit_code() >= 0 && adopted->exit_code() <= 255, "an exit code is one");
    adopted->erase_all();
    return 0;
}
