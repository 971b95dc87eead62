#include "supervisord/keeper/table.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "supervisord/keeper/obstacle.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table_file.hpp"

using keeper::SlotState;
using keeper::Table;

namespace {

struct Memory {
    explicit Memory(std::uint32_t slots)
        : bytes(std::aligned_alloc(4096, (keeper::table_bytes(slots) + 4095) / 4096 * 4096), &std::free) {
        std::memset(bytes.get(), 0, keeper::table_bytes(slots));
        table = Table(bytes.get(), slots);
        table.back(slots);
    }
    std::unique_ptr<void, void (*)(void*)> bytes;
    Table table;
};

keeper::Ending ending(int wstatus) {
    keeper::Ending ending;
    ending.wstatus = wstatus;
    ending.known = keeper::Known::wait;
    return ending;
}

std::uint32_t running(Table& table, std::string_view name, std::uint64_t inc, pid_t pid, std::uint32_t flags = 0) {
    const auto claim = table.claim(name, inc);
    REQUIRE(claim.err == 0);
    table.slot(claim.slot).flags = flags;
    table.commit(claim.slot, pid, -1, {});
    return claim.slot;
}

}  // namespace

TEST_CASE("a name has one slot from its spawn to the release of its exit") {
    Memory memory(4);
    Table& table = memory.table;
    const auto slot = table.claim("a", 1).slot;
    CHECK(table.claim("a", 2).err == EEXIST);
    table.commit(slot, 100, -1, {});
    CHECK(table.claim("a", 2).err == EEXIST);
    CHECK(table.claim("a", 2).slot == slot);
    CHECK_FALSE(table.is_released_by(slot, 1));
    table.exit(slot, ending(0));
    CHECK(table.claim("a", 2).err == EEXIST);
    CHECK_FALSE(table.is_released_by(slot, 2));
    CHECK(table.is_released_by(slot, 1));
    table.release(slot);
    CHECK_FALSE(table.is_released_by(slot, 1));
    CHECK(table.claim("a", 2).err == 0);
}

TEST_CASE("a launch that came to nothing leaves its name free") {
    Memory memory(1);
    const auto claim = memory.table.claim("a", 1);
    CHECK(memory.table.claim("b", 1).err == ENOSPC);
    memory.table.abandon(claim.slot);
    CHECK(memory.table.header().used == 0);
    CHECK(memory.table.claim("b", 1).err == 0);
}

TEST_CASE("the gate is passed once, by whoever comes first, for this incarnation only") {
    Memory memory(1);
    auto& slot = memory.table.slot(memory.table.claim("a", 5).slot);
    auto old = keeper::gate_word(4, keeper::Gate::spawning);
    CHECK_FALSE(slot.gate.compare_exchange_strong(old, keeper::gate_word(4, keeper::Gate::committed)));
    auto ours = keeper::gate_word(5, keeper::Gate::spawning);
    CHECK(slot.gate.compare_exchange_strong(ours, keeper::gate_word(5, keeper::Gate::cancelled)));
    ours = keeper::gate_word(5, keeper::Gate::spawning);
    CHECK_FALSE(slot.gate.compare_exchange_strong(ours, keeper::gate_word(5, keeper::Gate::committed)));
}

TEST_CASE("a reaped pid is nobody's any more") {
    Memory memory(4);
    const auto slot = running(memory.table, "a", 1, 100);
    CHECK(memory.table.find_pid(100) == slot);
    CHECK_FALSE(memory.table.find_pid(101));
    CHECK_FALSE(memory.table.find_pid(0));
    memory.table.exit(slot, ending(9));
    CHECK_FALSE(memory.table.find_pid(100));
    CHECK(memory.table.slot(slot).ending.wstatus == 9);
    CHECK(running(memory.table, "b", 1, 100) != slot);
}

TEST_CASE("an exit is told once, or is in the copy of the next controller") {
    Memory memory(4);
    Table& table = memory.table;
    const auto a = running(table, "a", 1, 100);
    CHECK_FALSE(table.find_marked(keeper::exit_untold));
    table.exit(a, ending(0));
    CHECK(table.find_marked(keeper::exit_untold) == a);
    CHECK_FALSE(table.find_marked(keeper::exit_untold, a + 1));
    table.told(a);
    CHECK_FALSE(table.find_marked(keeper::exit_untold));
    const auto b = running(table, "b", 1, 101);
    table.exit(b, ending(0));
    table.all_told();
    CHECK_FALSE(table.find_marked(keeper::exit_untold));
}

TEST_CASE("a group that outlives its leader is looked at until it is gone") {
    Memory memory(4);
    Table& table = memory.table;
    const auto slot = running(table, "a", 1, 100, keeper::watch_group);
    table.exit(slot, ending(0));
    CHECK(table.marks(slot) == (keeper::exit_untold | keeper::group_unchecked));

    SUBCASE("nobody was left") {
        table.group_seen(slot, false);
        CHECK(table.marks(slot) == keeper::exit_untold);
        CHECK(table.slot(slot).ending.group_left == 0);
    }
    SUBCASE("somebody was, and goes after the exit was told") {
        table.group_seen(slot, true);
        CHECK(table.slot(slot).ending.group_left == 1);
        table.told(slot);
        table.group_seen(slot, true);
        CHECK(table.marks(slot) == keeper::lingering);
        table.group_seen(slot, false);
        CHECK(table.marks(slot) == keeper::group_untold);
        CHECK(table.slot(slot).ending.group_left == 0);
    }
    SUBCASE("somebody was, and goes before the exit was told: the exit tells it") {
        table.group_seen(slot, true);
        table.group_seen(slot, false);
        CHECK(table.marks(slot) == keeper::exit_untold);
        CHECK(table.slot(slot).ending.group_left == 0);
    }
    SUBCASE("it is released all the same") {
        table.group_seen(slot, true);
        CHECK(table.is_released_by(slot, 1));
        table.release(slot);
        CHECK_FALSE(table.find_marked(0xff));
    }
}

TEST_CASE("descriptors are held by name, a later one in place of an earlier") {
    Memory memory(1);
    Table& table = memory.table;
    CHECK(table.put("notes", 20).replaced == -1);
    CHECK(table.put("unix:/run/x.sock", 21).replaced == -1);
    CHECK(table.put("notes", 22).replaced == 20);
    CHECK(table.drop("notes") == 22);
    CHECK(table.drop("notes") == -1);
    for (std::size_t i = 1; i < keeper::held_limit; ++i) REQUIRE(table.put(std::to_string(i), 30).err == 0);
    CHECK(table.put("one too many", 31).err == ENOSPC);
}

TEST_CASE("the copy holds what is used, and is read as it was written") {
    keeper::TableFile file;
    int problem = 0;
    REQUIRE(file.open("", 1000, problem));
    REQUIRE(file.back(keeper::TableFile::step));
    Table table(file.memory(), 1000);
    table.back(keeper::TableFile::step);
    running(table, "a", 3, 100);
    const auto b = running(table, "b", 4, 101);
    table.exit(b, ending(256));
    REQUIRE(table.put("journal", 33).err == 0);
    const auto copy = file.copy(table.header());
    REQUIRE(copy);
    const auto snapshot = keeper::Snapshot::map(copy.get());
    REQUIRE(snapshot);
    REQUIRE(snapshot->slots().size() == 2);
    CHECK(snapshot->slots()[0].state == SlotState::alive);
    CHECK(snapshot->slots()[0].inc == 3);
    CHECK(snapshot->slots()[1].ending.wstatus == 256);
    CHECK(snapshot->held("journal") == 33);
    CHECK(snapshot->held("notes") == -1);
    CHECK(::ftruncate(copy.get(), 1000) == 0);
    CHECK_FALSE(keeper::Snapshot::map(copy.get()));
}

TEST_CASE("a directory that others can write to is not used for the table") {
    std::string directory = "/tmp/keeper-table-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    REQUIRE(::chmod(directory.c_str(), 0770) == 0);
    int problem = 0;
    {
        keeper::TableFile file;
        REQUIRE(file.open(directory.c_str(), 10, problem));
        CHECK(problem == EPERM);
        CHECK(::access((directory + "/keeper.tab").c_str(), F_OK) != 0);
    }
    REQUIRE(::chmod(directory.c_str(), 0700) == 0);
    {
        keeper::TableFile first, second;
        REQUIRE(first.open(directory.c_str(), 10, problem));
        CHECK(problem == 0);
        REQUIRE(second.open(directory.c_str(), 10, problem));  // one keeper at a time
        CHECK(problem == EWOULDBLOCK);
    }
    REQUIRE(::unlink((directory + "/keeper.tab").c_str()) == 0);
    REQUIRE(::rmdir(directory.c_str()) == 0);
}

TEST_CASE("whatever happens in whatever order, the table agrees with a model of it") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Memory memory(16);
    Table& table = memory.table;
    struct Child {
        std::uint32_t slot;
        std::uint64_t inc;
        pid_t pid;
        bool exited;
    };
    std::map<std::string, Child> model;
    std::uint64_t inc = 0;
    pid_t pid = 1000;
    for (int round = 0; round < 200'000; ++round) {
        const std::string name(1, static_cast<char>('a' + random() % 20));
        const auto known = model.find(name);
        switch (random() % 4) {
        case 0:
        case 1: {
            const auto claim = table.claim(name, ++inc);
            if (known != model.end()) {
                REQUIRE(claim.err == EEXIST);
            } else if (model.size() == 16) {
                REQUIRE(claim.err == ENOSPC);
            } else {
                REQUIRE(claim.err == 0);
                if (random() % 8 == 0) {
                    table.abandon(claim.slot);
                } else {
                    table.commit(claim.slot, ++pid, -1, {});
                    model[name] = {claim.slot, inc, pid, false};
                }
            }
            break;
        }
        case 2:
            if (known == model.end() || known->second.exited) break;
            REQUIRE(table.find_pid(known->second.pid) == known->second.slot);
            table.exit(known->second.slot, ending(0));
            known->second.exited = true;
            break;
        case 3:
            if (known == model.end()) break;
            REQUIRE(table.is_released_by(known->second.slot, known->second.inc) == known->second.exited);
            REQUIRE_FALSE(table.is_released_by(known->second.slot, known->second.inc + 1));
            if (!known->second.exited) break;
            table.release(known->second.slot);
            model.erase(known);
            break;
        }
        std::set<std::uint32_t> slots;
        std::uint32_t alive = 0;
        for (const auto& [_, child] : model) {
            slots.insert(child.slot);
            alive += !child.exited;
        }
        REQUIRE(slots.size() == model.size());
        REQUIRE(table.alive() == alive);
        REQUIRE(table.header().used == (slots.empty() ? 0 : *slots.rbegin() + 1));
    }
}

TEST_CASE("what a dead keeper was in the middle of is decided by the gate") {
    Memory memory(4);
    Table& table = memory.table;
    const auto number = table.claim("a", 7).slot;
    auto& slot = table.slot(number);
    const auto gate = [&](keeper::Gate value) { slot.gate.store(keeper::gate_word(7, value)); };
    SUBCASE("not yet through it: there is no child, and it will not be") {
        CHECK_FALSE(table.settle(number, {}));
        std::uint64_t expected = keeper::gate_word(7, keeper::Gate::spawning);
        CHECK_FALSE(slot.gate.compare_exchange_strong(expected, keeper::gate_word(7, keeper::Gate::committed)));
        CHECK_FALSE(table.settle(number, {}));  // nor for the keeper after
    }
    SUBCASE("through it: there is, under the number that it wrote") {
        slot.born_pid = 4711;
        gate(keeper::Gate::committed);
        CHECK(table.settle(number, {.monotonic = 5, .wall = 6}));
        CHECK(slot.state == SlotState::alive);
        CHECK(slot.pid == 4711);
        CHECK(slot.spawned_at.wall == 6);
        CHECK(table.alive() == 1);
        CHECK(table.claim("a", 8).err == EEXIST);
        CHECK_FALSE(table.find_pid(4711));  // no child of ours
    }
    SUBCASE("told to the controller, and not yet through it: it has an end, but no life") {
        table.commit(number, 100, -1, {});
        Table next(memory.bytes.get(), 4);
        next.back(4);
        CHECK(next.settle(number, {}));
        CHECK(slot.pid == 100);
        CHECK(slot.gate.load() == keeper::gate_word(7, keeper::Gate::cancelled));
    }
    SUBCASE("told to the controller, not yet through it, and in sight: it goes on") {
        table.commit(number, 100, 20, {});
        Table next(memory.bytes.get(), 4);
        next.back(4);
        CHECK(next.settle(number, {}));
        CHECK(slot.pid == 100);
        std::uint64_t expected = keeper::gate_word(7, keeper::Gate::spawning);
        CHECK(slot.gate.compare_exchange_strong(expected, keeper::gate_word(7, keeper::Gate::committed)));
    }
    SUBCASE("exited: nothing is in the middle") {
        gate(keeper::Gate::committed);
        table.commit(number, 100, -1, {});
        table.exit(number, ending(3));
        Table next(memory.bytes.get(), 4);
        next.back(4);
        CHECK(next.settle(number, {}));
        CHECK(slot.state == SlotState::exited);
        CHECK(next.alive() == 0);
        CHECK(next.is_released_by(number, 7));
    }
}

TEST_CASE("a slot that was being freed or taken is free") {
    Memory memory(2);
    Table& table = memory.table;
    const auto number = running(table, "a", 7, 100);
    auto& slot = table.slot(number);
    slot.gate.store(keeper::gate_word(7, keeper::Gate::committed));
    table.exit(number, ending(0));
    SUBCASE("no state") { slot.state = SlotState::free; }
    SUBCASE("no name") { slot.name[0] = '\0'; }
    SUBCASE("no incarnation") { slot.inc = 0; }
    SUBCASE("the gate of another") { slot.gate.store(0); }
    SUBCASE("rubbish") { slot.state = static_cast<SlotState>(77); }
    CHECK_FALSE(table.settle(number, {}));
}

TEST_CASE("what stands beside the table goes with it through an exec") {
    Memory memory(8);
    Table& table = memory.table;
    const auto alive = running(table, "alive", 1, 100);
    const auto told = running(table, "told", 1, 101);
    const auto untold = running(table, "untold", 1, 102, keeper::watch_group);
    const auto foreign = running(table, "foreign", 1, 103);
    const auto gone = running(table, "gone", 1, 104);
    table.slot(foreign).foreign = 1;
    for (const auto number : {told, untold, gone}) table.exit(number, ending(7));
    table.told(told);
    table.release(gone);
    table.save_marks();

    Table next(memory.bytes.get(), 8);
    next.back(8);
    next.header().used = 0;
    for (std::uint32_t number = 0; number < 8; ++number)
        CHECK(next.resume(number) == (number < 4));
    CHECK(next.header().used == 4);
    CHECK(next.alive() == 2);
    CHECK(next.find_pid(100) == alive);
    CHECK_FALSE(next.find_pid(101));
    CHECK_FALSE(next.find_pid(103));  // somebody else's child
    CHECK(next.find_name("foreign") == foreign);
    CHECK_FALSE(next.find_name("gone"));
    CHECK(next.marks(told) == 0);
    CHECK(next.marks(untold) == (keeper::exit_untold | keeper::group_unchecked));
    CHECK(next.claim("told", 2).err == EEXIST);
    CHECK(next.claim("gone", 2).slot == gone);
    // A child that has not passed its gate yet still will.
    CHECK(next.slot(alive).gate.load() == keeper::gate_word(1, keeper::Gate::spawning));
}

TEST_CASE("names and notes of a table that somebody has written over have an end") {
    char directory[] = "/tmp/table-XXXXXX";
    REQUIRE(::mkdtemp(directory));
    int problem = 0;
    const std::string path = std::string(directory) + "/keeper.tab";
    {
        keeper::TableFile file;
        REQUIRE(file.open(directory, 4, problem));
        REQUIRE(file.back(4));
        Table table(file.memory(), 4);
        REQUIRE(keeper::identify(table.header()));
        table.back(4);
        (void)running(table, "p", 1, 100);
        (void)table.put("fcgi:g:g", 5);
        std::memset(table.slot(0).name, 'x', keeper::name_size);
        std::memset(table.header().held[0].name, 'x', keeper::name_size);
        std::memset(table.header().notes[0].text, 'x', sizeof table.header().notes[0].text);
        ::munmap(file.memory(), keeper::table_bytes(4));  // with it goes the lock
    }
    keeper::TableFile file;
    REQUIRE(file.open(directory, 4, problem));
    REQUIRE(file.is_left());
    Table table(file.memory(), file.capacity());
    table.back(4);
    REQUIRE(table.settle(0, {}));
    CHECK(::strnlen(table.slot(0).name, keeper::name_size) == keeper::name_size - 1);
    CHECK(::strnlen(table.header().held[0].name, keeper::name_size) == keeper::name_size - 1);
    const auto& note = table.header().notes[0];
    CHECK(::strnlen(note.text, sizeof note.text) == sizeof note.text - 1);
    ::unlink(path.c_str());
    ::rmdir(directory);
}

TEST_CASE("a table whose slots have no size lets nobody look for ever") {
    char directory[] = "/tmp/table-XXXXXX";
    REQUIRE(::mkdtemp(directory));
    const std::string path = std::string(directory) + "/keeper.tab";
    const auto header = std::make_unique<keeper::Header>();
    REQUIRE(keeper::identify(*header));
    header->version = 77;
    header->slot_size = 0;
    header->backed = 0xffffffff;
    {
        const base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        REQUIRE(::pwrite(file.get(), header.get(), sizeof *header, 0) == sizeof *header);
    }
    const auto begin = std::chrono::steady_clock::now();
    CHECK(keeper::find_obstacle(directory).empty());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    ::unlink(path.c_str());
    ::rmdir(directory);
}
