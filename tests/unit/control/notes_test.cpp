#include "supervisord/control/notes.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <fcntl.h>

#include <string>

#include "supervisord/log/staging.hpp"

using control::Note;
using control::Notes;

namespace {
base::Fd copy_of(int fd) { return base::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
}  // namespace

TEST_CASE("what was committed is there for the next controller, what was not is not") {
    auto notes = Notes::create();
    REQUIRE(notes);
    Notes::Record* record = notes->record("web:web");
    REQUIRE(record);
    Note note = record->note();
    note.machine.state = api::State::running;
    note.machine.deadline = base::Time(std::chrono::nanoseconds(42));
    note.incarnation = 7;
    note.set_spawnerr("no luck");
    record->commit(note);
    note.incarnation = 8;  // not committed

    auto successor = Notes::adopt(copy_of(notes->fd()));
    REQUIRE(successor);
    const Note& found = successor->record("web:web")->note();
    CHECK(found.machine.state == api::State::running);
    CHECK(found.machine.deadline == base::Time(std::chrono::nanoseconds(42)));
    CHECK(found.incarnation == 7);
    CHECK(std::string(found.spawnerr) == "no luck");
    CHECK_FALSE(successor->contains("web:other"));
}

TEST_CASE("a name that comes back begins with an empty note, and with a later incarnation") {
    auto notes = Notes::create();
    REQUIRE(notes);
    Note note;
    const auto first = note.incarnation = notes->next_incarnation();
    notes->record("a:a")->commit(note);
    notes->erase("a:a");
    CHECK(notes->record("a:a")->note().incarnation == 0);
    CHECK(notes->next_incarnation() > first);
    notes->raise_incarnations(1000);
    CHECK(notes->next_incarnation() == 1001);
}

TEST_CASE("thousands of notes keep their places while others come and go") {
    auto notes = Notes::create();
    REQUIRE(notes);
    for (int number = 0; number < 6000; ++number) {
        Note note;
        note.incarnation = static_cast<std::uint64_t>(number) + 1;
        notes->record("p:" + std::to_string(number))->commit(note);
    }
    for (int number = 0; number < 5990; ++number) notes->erase("p:" + std::to_string(number));
    auto successor = Notes::adopt(copy_of(notes->fd()));
    REQUIRE(successor);
    for (int number = 5990; number < 6000; ++number)
        CHECK(successor->record("p:" + std::to_string(number))->note().incarnation == static_cast<std::uint64_t>(number) + 1);
    CHECK_FALSE(successor->contains("p:1"));
}

TEST_CASE("names that are too long and files that are no notes are refused") {
    auto notes = Notes::create();
    REQUIRE(notes);
    CHECK(notes->record(std::string(256, 'x')) == nullptr);
    CHECK(notes->record(std::string(255, 'x')) != nullptr);
    CHECK_FALSE(Notes::adopt(base::Fd(::open("/dev/null", O_RDWR | O_CLOEXEC))));
}

TEST_CASE("the mood is kept") {
    auto notes = Notes::create();
    REQUIRE(notes);
    CHECK(notes->mood() == api::Mood::running);
    notes->set_mood(api::Mood::restarting);
    CHECK(Notes::adopt(copy_of(notes->fd()))->mood() == api::Mood::restarting);
}

TEST_CASE("untold lines fit or are refused whole") {
    Note note;
    CHECK(note.add_untold("one\n"));
    CHECK(note.add_untold("two\n"));
    CHECK_FALSE(note.add_untold(std::string(sizeof note.untold, 'x')));
    CHECK(std::string(note.untold) == "one\ntwo\n");
}

TEST_CASE("how far an event came stands beside the note, and outlives the controller") {
    Notes notes = std::move(Notes::create().value());
    Notes::Record& record = *notes.record("g:p");
    CHECK(record.progress() == control::Progress{});
    const std::uint64_t delivery = control::Progress::different_deliveries + 5;
    const std::uint64_t bytes = (std::uint64_t{1} << 35) - 1, staged = logs::Staging::most;
    record.set_progress({delivery, bytes, staged});
    Notes next = std::move(Notes::adopt(base::Fd(::fcntl(notes.fd(), F_DUPFD_CLOEXEC, 0))).value());
    CHECK(next.record("g:p")->progress() == control::Progress{5, bytes, staged});
    notes.erase("g:p");
    CHECK(notes.record("g:p")->progress() == control::Progress{});
}

TEST_CASE("what is left in the staging tells how far an event came") {
    using control::Progress;
    Notes notes = std::move(Notes::create().value());
    Notes::Record &staged = *notes.record("g:staged"), &certain = *notes.record("g:certain"), &lost = *notes.record("g:lost");
    certain.set_progress({2, 30, 0});
    lost.set_progress({3, 40, Progress::unknown});
    for (const auto& [left, expected] : std::vector<std::pair<std::optional<std::size_t>, Progress>>{
             {0, {1, 150, 0}}, {100, {1, 50, 0}}, {30, {1, 120, 0}}, {1000, {1, 50, 0}}, {std::nullopt, {1, 50, Progress::unknown}}}) {
        staged.set_progress({1, 50, 100});
        notes.settle_staged(left);
        CHECK(staged.progress() == expected);
        CHECK(certain.progress() == Progress{2, 30, 0});
        CHECK(lost.progress() == Progress{3, 40, Progress::unknown});
    }
}

TEST_CASE("a note counts what it announces, and keeps no more than one step can bring") {
    control::Note note;
    for (int i = 0; i < 6; ++i) note.add_announcement({.from = api::State::stopped, .to = api::State::starting, .tries = i});
    CHECK(note.announced_count == std::size(note.announced));
    CHECK(note.announcements == note.announced_count);
    CHECK(note.announced[3].tries == 3);
}

TEST_CASE("notes are made anew in the memory that they have, and a note can be had where there is none for it") {
    char path[] = "/tmp/notes-XXXXXX";
    REQUIRE(::mkdtemp(path));
    if (::mount("none", path, "tmpfs", 0, "size=32k") != 0) {
        ::rmdir(path);
        return;  // only root can
    }
    const std::string name = std::string(path) + "/notes", filler = std::string(path) + "/filler";
    {
        const auto opened = [&] { return base::Fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)); };
        auto notes = Notes::create(opened());
        REQUIRE(notes);
        REQUIRE(notes->record("g:p"));
        const base::Fd full(::open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        const std::string page(4096, 'x');
        while (::write(full.get(), page.data(), page.size()) > 0) {}

        auto anew = Notes::create(opened());
        REQUIRE(anew);
        CHECK_FALSE(anew->contains("g:p"));
        CHECK(anew->record("g:p"));
        std::string other = "g:q";
        while (anew->record(other)) other += 'q';
        CHECK(anew->spare(other).note().incarnation == 0);
        CHECK(&anew->spare(other) == &anew->spare(other));
    }
    ::umount2(path, MNT_DETACH);
    ::rmdir(path);
}

TEST_CASE("a note that somebody has written over is none, and the others stay") {
    auto notes = Notes::create();
    REQUIRE(notes);
    for (const char* key : {"g:a", "g:b", "g:c"}) {
        Note note;
        note.incarnation = notes->next_incarnation();
        notes->record(key)->commit(note);
    }
    const auto write = [&](const void* at, char byte) {
        void* memory = ::mmap(nullptr, 4096 + sizeof(Notes::Record) * 3, PROT_READ | PROT_WRITE, MAP_SHARED, notes->fd(), 0);
        REQUIRE(memory != MAP_FAILED);
        const auto offset = reinterpret_cast<const char*>(at) - reinterpret_cast<const char*>(notes->record("g:a"));
        static_cast<char*>(memory)[4096 + offset] = byte;
        ::munmap(memory, 4096 + sizeof(Notes::Record) * 3);
    };
    const Note& spoilt = notes->record("g:b")->note();
    SUBCASE("a state") { write(&spoilt.machine.state, 77); }
    SUBCASE("a truth") { write(&spoilt.machine.child, 77); }
    SUBCASE("a count") { write(&spoilt.announced_count, 77); }
    SUBCASE("a text") { write(&spoilt.untold[sizeof spoilt.untold - 1], 'x'); }
    SUBCASE("a name") { for (int i = 0; i < 256; ++i) write(reinterpret_cast<const char*>(notes->record("g:b")) + i, 'x'); }
    auto successor = Notes::adopt(copy_of(notes->fd()));
    REQUIRE(successor);
    CHECK(successor->spoilt() == 1);
    CHECK_FALSE(successor->contains("g:b"));
    CHECK(successor->record("g:a")->note().incarnation == 1);
    CHECK(successor->record("g:c")->note().incarnation == 3);
    CHECK(successor->record("g:b")->note().incarnation == 0);
}

TEST_CASE("a mood and an exit code that are none are as at the beginning") {
    auto notes = Notes::create();
    REQUIRE(notes);
    constexpr int words[] = {77, 4711};  // they are the last members of the header
    REQUIRE(::pwrite(notes->fd(), words, sizeof words, 40) == sizeof words);
    CHECK(Notes::adopt(copy_of(notes->fd()))->mood() == api::Mood::running);
    CHECK(Notes::adopt(copy_of(notes->fd()))->exit_code() == 0);
}

TEST_CASE("a count of incarnations that somebody has written over lets programs begin all the same") {
    auto notes = Notes::create();
    REQUIRE(notes);
    Note note;
    for (int i = 0; i < 5; ++i) note.incarnation = notes->next_incarnation();
    notes->record("g:a")->commit(note);
    const std::uint64_t far = ~std::uint64_t{0};
    REQUIRE(::pwrite(notes->fd(), &far, sizeof far, 32) == sizeof far);
    CHECK(Notes::adopt(copy_of(notes->fd()))->next_incarnation() == 6);
}
