// What holds for a pool after any order of what can happen to it: no event is lost, doubled or out of its order unless
// an overflow or a rejection says so, and nothing grows without a bound.  PROPERTY_SEED repeats a run.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "common/base/text.hpp"
#include "supervisord/event/pool.hpp"

namespace {

using base::concat;
using event::Pool;
using State = event::Listener::State;

void expect(bool holds, std::string_view what) {
    if (!holds) throw std::string(what);
}

/// The pool, and its listeners as they are in the world.
struct World {
    std::mt19937_64& random;
    std::vector<std::string> names;
    Pool pool;
    base::Time now{std::chrono::hours(1)};
    std::uint64_t emitted = 0, processed = 0, discarded = 0;
    std::map<std::uint64_t, int> sent = {};       // serial -> how often
    std::map<std::uint64_t, int> came_back = {};  // serial -> how often it was rejected or lost
    std::map<std::uint64_t, std::string> saved_events = {};  // as they would be kept for another controller
    std::vector<std::string> history = {};

    bool maybe(unsigned one_in) { return random() % one_in == 0; }

    void carry_out(const event::Actions& actions) {
        for (const auto& action : actions) {
            if (const auto* send = std::get_if<event::Send>(&action)) {
                const auto* member = pool.find(send->listener);
                expect(member->holds.has_value(), "sent, and not held");
                expect(member->running && member->listener.state == State::busy, "sent to one that is not ready");
                ++sent[member->holds->serial];
                // Never past an older one: that would have been taken first.
                for (const auto& waiting : pool.waiting())
                    expect(waiting.serial > member->holds->serial || came_back[waiting.serial] > 0, "out of order");
            }
            if (const auto* say = std::get_if<event::Say>(&action)) {
                std::uint64_t serial = 0;
                const auto blank = say->text.rfind(' ');
                if (say->text.find("overflowed") == std::string::npos) continue;
                expect(base::parse_digits(std::string_view(say->text).substr(blank + 1), serial), "a discard without a number");
                ++discarded;
            }
        }
        // Saved and restored, it is the same.
        const auto changes = pool.take_changes();
        for (const auto& [serial, text] : changes.came) expect(saved_events.emplace(serial, text).second, "an event came twice");
        for (const auto serial : changes.went) saved_events.erase(serial);
        std::vector<std::string_view> events;
        for (const auto& [serial, text] : saved_events) events.push_back(text);
        Pool other(pool.options(), names);
        expect(other.restore(pool.saved(), events) && other == pool, "a restored pool is another");
        check();
    }

    void check() {
        expect(pool.waiting().size() <= static_cast<std::size_t>(pool.options().buffer_size), "the buffer grows");
        expect(std::ranges::is_sorted(pool.waiting(), {}, &event::Event::pool_serial), "the buffer is out of order");
        std::uint64_t held = 0;
        for (const auto& member : pool.members()) {
            held += member.holds.has_value();
            expect(member.listener.pending.size() <= event::result_line_limit + 64, "what was heard grows");
            expect(!member.busy_until || member.holds, "patience without a cause");
        }
        expect(pool.discarded() == discarded, "a discard was not counted");
        expect(emitted == processed + discarded + pool.waiting().size() + held, "events were lost or doubled");
        for (const auto& [serial, times] : sent)
            expect(times <= came_back[serial] + 1, "sent again without a reason");
        const bool somebody_free = std::ranges::any_of(pool.members(), [](const event::Member& member) {
            return member.running && !member.deaf && member.listener.state == State::ready && !Pool::is_owed_rest(member);
        });
        expect(!somebody_free || pool.waiting().empty(), "events wait, and somebody is free");
    }

    void happen() {
        const std::string& who = names[random() % names.size()];
        const event::Member before = *pool.find(who);
        const auto holds = before.holds;
        const auto comes_back = [&] {
            if (holds) ++came_back[holds->serial];
        };
        const auto note = [&](std::string what) { history.push_back(std::move(what)); };
        switch (random() % 13) {
            case 0:
            case 1:
            case 2:
                note("event");
                return carry_out(pool.emitted(emitted++, config::EventType::tick_5, "when:5", now));
            case 3:
                if (before.running) return;
                note(concat(who, " begins"));
                comes_back();
                return carry_out(pool.began(who, now));
            case 4:
                note(concat(who, " runs"));
                return carry_out(pool.running(who, true, now));
            case 5:
                if (!maybe(5)) return;
                note(concat(who, " ends"));
                comes_back();
                return carry_out(pool.ended(who, now));
            case 6:
                if (!maybe(10)) return;
                note(concat(who, " closes its stdin"));
                comes_back();
                return carry_out(pool.closed(who, maybe(2), now));
            case 7:
                now += std::chrono::seconds(1);
                note("+1s");
                return carry_out(pool.time_passed(now));
            case 8:
                note(concat(who, " is sent the rest"));
                return carry_out(pool.sent(who, now));
            default: return speak(who, before);
        }
    }

    void speak(const std::string& who, const event::Member& before) {
        std::string bytes;
        if (before.listener.state == State::acknowledged) bytes = "READY\n";
        if (before.listener.state == State::busy) {
            const bool good = !maybe(4);
            bytes = good ? "RESULT 2\nOK" : "RESULT 4\nFAIL";
            if (!before.listener.pending.empty() || before.listener.left) bytes = "";  // finish what was begun
        }
        if (maybe(40)) bytes = "junk junk\n";
        if (bytes.empty()) return;
        note_speech(who, bytes);
        // In pieces: what is in the middle is saved and restored like the rest.
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = 1 + random() % bytes.size();
            const event::Member then = *pool.find(who);
            event::Listener copy = then.listener;
            bool was_processed = false, was_rejected = false;
            for (const auto& heard : event::hear(copy, std::string_view(bytes).substr(at, size))) {
                was_processed = was_processed || heard.what == event::Heard::What::processed;
                was_rejected = was_rejected || heard.what == event::Heard::What::rejected || heard.what == event::Heard::What::bad_line;
            }
            if (then.holds && was_processed) ++processed;
            if (then.holds && was_rejected) ++came_back[then.holds->serial];
            carry_out(pool.heard(who, std::string_view(bytes).substr(at, size), !maybe(5), now));
            at += size;
        }
    }

    void note_speech(const std::string& who, const std::string& bytes) {
        history.push_back(concat(who, " says ", base::replace_all(bytes, "\n", "\\n")));
    }
};

}  // namespace

TEST_CASE("whatever happens, a pool loses nothing without a word") {
    const char* given = std::getenv("PROPERTY_SEED");
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    MESSAGE("PROPERTY_SEED=", seed);
    std::mt19937_64 random(seed);
    std::uint64_t processed = 0, discarded = 0;
    for (int round = 0; round < 400; ++round) {
        std::vector<std::string> names = {"a", "b", "c"};
        names.resize(1 + random() % 3);
        const Pool::Options options{.name = "p",
                                    .server = "s",
                                    .buffer_size = static_cast<std::int64_t>(1 + random() % 6),
                                    .busy_timeout = static_cast<std::int64_t>(random() % 3)};
        World world{random, names, Pool(options, names)};
        std::string broken;
        try {
            for (int i = 0; i < 300; ++i) world.happen();
        } catch (const std::string& reason) {
            broken = reason;
        }
        if (!broken.empty()) FAIL("PROPERTY_SEED=", seed, ": ", broken, "\n", base::join(world.history, "\n"));
        processed += world.processed;
        discarded += world.discarded;
    }
    CHECK(processed > 1000);  // else the world is too hard on its listeners to show anything
    CHECK(discarded > 1000);
}

TEST_CASE("what is no saved pool changes nothing") {
    Pool pool({.name = "p", .server = "s"}, {"a"});
    (void)pool.emitted(0, config::EventType::tick_5, "when:5", base::Time{});
    const auto came = pool.take_changes().came;
    REQUIRE(came.size() == 1);
    const std::string saved = pool.saved();
    const std::string_view event = came.front().second;
    Pool other({.name = "p", .server = "s"}, {"a"});
    const Pool fresh = other;
    for (std::size_t size = 0; size < saved.size(); ++size)
        REQUIRE_FALSE(other.restore(std::string_view(saved).substr(0, size), {event}));
    for (std::size_t size = 0; size < event.size(); ++size) REQUIRE_FALSE(other.restore(saved, {event.substr(0, size)}));
    CHECK_FALSE(other.restore(saved, {}));
    CHECK_FALSE(other.restore(saved, {event, event}));
    CHECK(other == fresh);
    CHECK_FALSE(Pool({.name = "p", .server = "s"}, {"b"}).restore(saved, {event}));
    CHECK(other.restore(saved, {event}));
    CHECK(other.waiting().size() == 1);
    CHECK(other.take_changes().came.empty());
}
