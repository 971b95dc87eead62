// Notes: what a controller must know of each process to carry on where the last one was killed.  One fixed record a
// process in a shared-memory file that the keeper holds; a record has two versions and one word that says which of
// them is true, so that a commit is one store; each has a sum, so that what somebody has written over is none.  The note comes before the deed (design.md, rule 2).  Pids and
// descriptors are the keeper's to know; configuration is in the chronicle.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "supervisord/log/auto_logs.hpp"
#include "supervisord/process/machine.hpp"

namespace control {

/// A signal that is to be sent: noted before it is asked for, so that it is sent exactly once whoever dies between.
struct PendingSignal {
    std::uint64_t order = 0;
    int number = 0;  // 0: none
    bool group = false;
};

/// A change of state that events are to tell of.
struct Announced {
    api::State from = api::State::stopped, to = api::State::stopped;
    int tries = 0;
    pid_t pid = 0;
    bool expected = true;
};

/// How far the event that is being written to the stdin of a listener came.
struct Progress {
    static constexpr std::uint64_t different_deliveries = 1 << 12;
    static constexpr std::uint64_t unknown = (1 << 17) - 1;

    std::uint64_t delivery = 0;  // which: the count of deliveries, modulo the above
    std::uint64_t bytes = 0;     // are written,
    std::uint64_t staged = 0;    // and up to so many more: a write was begun; or `unknown`: nobody can tell any more

    [[nodiscard]] bool is_certain() const { return staged == 0; }

    bool operator==(const Progress&) const = default;
};

/// One version of a note.  Plain data: it is copied byte for byte.
struct Note {
    process::Machine machine;
    std::uint64_t incarnation = 0;  // of the last child asked for; grows with every SPAWN
    std::uint64_t ended = 0;        // of the last child whose end is in here ("done_inc")
    std::uint64_t spawn_told = 0;   // of the last child whose beginning is in here
    std::uint64_t order = 0;        // of the last signal ordered
    PendingSignal pending;          // that signal, until the keeper has answered
    std::int64_t started_wall = 0;  // epoch seconds; 0: never
    std::int64_t stopped_wall = 0;
    std::uint64_t announcements = 0;  // ever
    std::uint64_t announced_count = 0;
    Announced announced[4];         // the last of them, which may not be emitted yet: those of one step
    std::uint64_t tree = 0;         // of the last child asked for, with killmode=tree: a number that no other child has
    std::array<logs::AutoLetters, 2> auto_logs{};  // of its AUTO logs, by channel; zeroes: it has none
    int end_status = 0;             // wait status of the leader while others of its group remain
    char spawnerr[320] = {};        // cut when longer
    char untold[640] = {};          // lines of the activity log that may not be written yet, ready to write

    void set_spawnerr(std::string_view text);
    /// Appends a line, with its newline; false when it does not fit.
    [[nodiscard]] bool add_untold(std::string_view line);
    /// Takes so many bytes off its beginning.
    void drop_untold(std::size_t count);
    void add_announcement(const Announced& change);
};

class Notes {
public:
    static constexpr std::size_t capacity = 65536;  // processes; memory is taken only for those that exist

    /// A new, empty file; or one that another controller wrote (refused when its layout is not ours).
    [[nodiscard]] static base::Result<Notes> create();
    [[nodiscard]] static base::Result<Notes> create(base::Fd file);  // what is in it is lost
    [[nodiscard]] static base::Result<Notes> adopt(base::Fd file);

    Notes(Notes&&) noexcept;
    Notes& operator=(Notes&&) noexcept;
    ~Notes();

    [[nodiscard]] int fd() const { return file_.get(); }
    /// Of what was adopted: notes that are not as they were written.  Their processes have none.
    [[nodiscard]] std::size_t spoilt() const { return spoilt_; }

    /// The record of a process, made when there is none; stays valid until erase().  nullptr: all are taken, or the
    /// key is longer than 255 bytes.
    class Record;
    [[nodiscard]] Record* record(std::string_view key);
    /// Where there is none to be had: one that is known to this controller alone.
    [[nodiscard]] Record& spare(std::string_view key);
    [[nodiscard]] bool contains(std::string_view key) const;
    /// Some process has it.
    [[nodiscard]] bool has_tree(std::uint64_t number) const;
    void erase(std::string_view key);
    void erase_all();

    /// Greater than any before, whoever asked: incarnations of one name grow even when its note was erased between.
    [[nodiscard]] std::uint64_t next_incarnation();
    /// At least this one is taken: the keeper knows of it.
    void raise_incarnations(std::uint64_t incarnation);

    /// What supervisord as a whole is about to do; survives like the rest.
    [[nodiscard]] api::Mood mood() const;
    void set_mood(api::Mood mood);
    /// What it ends with after a shutdown; 0 again with each Mood::running.
    [[nodiscard]] int exit_code() const;
    void set_exit_code(int code);

    /// Of writes that a controller before had begun: so much was not done.  Nothing: that cannot be known.
    void settle_staged(std::optional<std::size_t> left);

private:
    struct Header;
    struct Unmap {
        std::size_t size = 0;
        void operator()(void* memory) const;
    };
    using Memory = std::unique_ptr<void, Unmap>;
    Notes(base::Fd file, Memory memory);
    [[nodiscard]] Header& header() const;
    [[nodiscard]] Record* records() const;

    base::Fd file_;
    Memory memory_;
    std::unordered_map<std::string, std::size_t> index_;
    std::size_t first_free_ = 0;
    std::size_t spoilt_ = 0;
    std::unordered_map<std::string, std::unique_ptr<Record>> spares_;
};

class Notes::Record {
public:
    [[nodiscard]] const Note& note() const { return versions_[current_ & 1]; }
    /// All of it becomes true at once.
    void commit(const Note& note);

    /// Beside the note, in a word of its own: true at once.
    [[nodiscard]] Progress progress() const;
    void set_progress(const Progress& progress);

private:
    friend class Notes;
    void put(std::uint32_t version, const Note& note);
    [[nodiscard]] bool is_whole() const;

    char key_[256] = {};
    std::uint32_t current_ = 0;
    std::uint64_t progress_ = 0;
    std::uint64_t sums_[2] = {};  // of the versions
    Note versions_[2];
};

}  // namespace control
