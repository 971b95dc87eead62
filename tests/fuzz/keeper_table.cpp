// A slot table that another keeper has left, or that somebody has written over.
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>

#include "common/base/clock.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/obstacle.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table_file.hpp"
#include "supervisord/keeper/takeover.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

constexpr std::uint32_t slots = 4;

/// Three programs: alive, exited, and one that was just being started.
std::string good_table() {
    std::string memory(keeper::table_bytes(slots), '\0');
    keeper::Table table(memory.data(), slots);
    must(keeper::identify(table.header()), "this machine has a name");
    table.back(slots);
    for (std::uint32_t number = 0; number < 3; ++number) {
        const auto claim = table.claim("g:p" + std::to_string(number), number + 1);
        keeper::Slot& slot = table.slot(claim.slot);
        slot.born_pid = 4'000'000 + static_cast<int>(number);  // of nobody
        slot.born_ticks = 1;
        slot.gate = keeper::gate_word(slot.inc, keeper::Gate::committed);
        slot.retained[0] = {.fd = 5, .role = keeper::Role::output, .inode = 99};
        if (number < 2) table.commit(claim.slot, slot.born_pid, -1, {});
    }
    table.exit(1, {});
    (void)table.put("fcgi:g:fcgi-program:g", 6, 77);
    (void)table.put("unix:/x", 7);
    table.note("a note", 0, 0);
    return memory;
}

void check_name(const char (&name)[keeper::name_size]) {
    must(::strnlen(name, keeper::name_size) < keeper::name_size, "a name ends");
}

void settle(keeper::TableFile& file) {
    keeper::Table table(file.memory(), file.capacity());
    keeper::Header& header = table.header();
    header.used = 0;
    table.back(header.backed);
    std::uint32_t alive = 0;
    for (std::uint32_t number = 0; number < header.backed; ++number) {
        if (!table.settle(number, {})) {
            table.release(number);
            continue;
        }
        keeper::Slot& slot = table.slot(number);
        check_name(slot.name);
        must(slot.state == keeper::SlotState::alive || slot.state == keeper::SlotState::exited, "what is settled is one or the other");
        must(table.find_name(slot.name).has_value(), "it is found by its name");
        alive += slot.state == keeper::SlotState::alive;
        slot.pidfd = -1;
        base::Fd pidfd;
        if (slot.state == keeper::SlotState::alive && keeper::find_process(slot, pidfd) == keeper::Search::found)
            must(slot.born_pid > 1, "nobody is found who is everybody");
        slot.foreign = 1;
        must(keeper::send(slot, 0, true) != 0 && keeper::send(slot, 0, false) != 0, "a foreign one without a pidfd is not signalled");
    }
    must(table.alive() == alive && header.used <= header.backed, "they are counted");
    for (const auto& entry : std::span(header.held, header.held_used)) check_name(entry.name);
    for (const auto& note : header.notes) must(::strnlen(note.text, sizeof note.text) < sizeof note.text, "a note ends");
    const base::Fd copy = file.copy(header);
    const auto snapshot = keeper::Snapshot::map(copy.get());
    must(snapshot && snapshot->slots().size() == header.used, "a controller can read its copy");
    ::munmap(const_cast<keeper::Header*>(&snapshot->header()), keeper::table_bytes(header.used));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string good = good_table();
    static const char* directory = fuzz::own_directory().c_str();
    fuzz::Input input(data, size);
    std::string memory = good;
    memory.resize(memory.size() - (input.number<std::uint8_t>() % 4 == 0 ? input.number<std::uint16_t>() % memory.size() : 0));
    fuzz::spoil(memory.data(), memory.size(), input);
    {
        const auto file = base::open_file("keeper.tab", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        must(file && base::write_all(file->get(), memory), "there is a table");
    }
    const base::Time begin = base::now();
    const std::string obstacle = keeper::find_obstacle(directory);
    (void)keeper::is_of_another(directory, std::vector<std::string>{"unix:/y"});
    (void)keeper::find_incumbent(directory);
    keeper::TableFile file;
    int problem = 0;
    const bool opened = file.open(directory, 16, problem);
    must(opened == obstacle.empty(), "what stands in nobody's way can be used");
    if (opened && file.is_left()) settle(file);
    if (opened) ::munmap(file.memory(), keeper::table_bytes(file.capacity()));
    must(base::now() - begin < std::chrono::seconds(20), "it ends");
    return 0;
}
