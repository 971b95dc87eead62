#include "supervisord/web/passwords.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "supervisord/web/safety.hpp"

using web::Failures;
using web::Passwords;
using Outcome = web::Passwords::Outcome;

namespace {

// Of "secret word": SHA-512, bcrypt and yescrypt, each as cheap as may be.
const std::string sha512 = "{CRYPT}$6$rounds=1000$saltsalt$UAvNWimCHicMjCrJkB.ShbcMDmn7Ins43QLvcd077tn.ukMYvoFZzAItyyd5BjDXLyfVnm0RvZbWpuhfVrhT9.";
const std::string bcrypt = "{CRYPT}$2b$04$abcdefghijklmnopqrstuuP6/q0obcGuk6SuzN66aTZwHeRCLMzKO";
const std::string yescrypt = "{CRYPT}$y$j75$abcdefghijklmnop$3vN9N828i5yaAZZfOpzlN7MT3x8CT5FHfIsQwvs4xY1";

struct Asking {
    boost::asio::io_context loop{1};
    Passwords passwords{loop};

    std::optional<Outcome> ask(const std::string& stored, const std::string& given) {
        std::optional<Outcome> answer;
        passwords.check(stored, given, [&](Outcome outcome) { answer = outcome; });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!answer && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(100));
        }
        return answer;
    }
};

}  // namespace

TEST_CASE("hashes of crypt(3) are checked, of every kind") {
    for (const auto& stored : {sha512, bcrypt, yescrypt}) {
        CAPTURE(stored);
        Asking asking;
        CHECK(web::is_crypt(stored));
        CHECK(web::can_be_checked(stored));
        CHECK(asking.ask(stored, "secret word") == Outcome::right);
        CHECK(asking.ask(stored, "secret wor") == Outcome::wrong);
        CHECK(asking.ask(stored, std::string("secret word\0x", 13)) == Outcome::wrong);
        CHECK(asking.ask(stored, "") == Outcome::wrong);
        CHECK(asking.ask(stored, stored) == Outcome::wrong);
    }
}

TEST_CASE("for a wrong name every password takes its time, also one that is remembered for the right name") {
    Asking asking;
    CHECK(asking.ask(bcrypt, "secret word") == Outcome::right);
    for (const auto memory : {Passwords::Memory::counts, Passwords::Memory::does_not}) {
        std::optional<Outcome> answer;
        asking.passwords.check(bcrypt, "secret word", [&](Outcome outcome) { answer = outcome; }, memory);
        CHECK(answer.has_value() == (memory == Passwords::Memory::counts));  // else a hash is made
    }
}

TEST_CASE("what a wrong name comes with is not remembered") {
    Asking asking;
    std::optional<Outcome> answer;
    asking.passwords.check(bcrypt, "secret word", [&](Outcome outcome) { answer = outcome; }, Passwords::Memory::does_not);
    CHECK(asking.ask(sha512, "secret word") == Outcome::right);  // behind it in the line
    CHECK(answer == Outcome::right);
    answer.reset();
    asking.passwords.check(bcrypt, "secret word", [&](Outcome outcome) { answer = outcome; });
    CHECK_FALSE(answer.has_value());
}

TEST_CASE("what is no hash fits nothing, and can be told") {
    for (const std::string stored : {"{CRYPT}", "{CRYPT}plain", "{CRYPT}abJnggxhB/yWI", "{CRYPT}*0", "{CRYPT}$nosuch$x$y"}) {
        CAPTURE(stored);
        CHECK_FALSE(web::can_be_checked(stored));
        Asking asking;
        CHECK(asking.ask(stored, "plain") == Outcome::wrong);
        config::Server server;
        server.username = "joe";
        server.password = stored;
        const auto danger = web::find_danger(server);
        REQUIRE(danger);
        CHECK(danger->option == "password");
    }
}

TEST_CASE("what was right once is answered at once, and only that") {
    Asking asking;
    CHECK(asking.ask(yescrypt, "secret word") == Outcome::right);
    std::vector<Outcome> at_once;
    const auto note = [&](Outcome outcome) { at_once.push_back(outcome); };
    asking.passwords.check(yescrypt, "secret word", note);
    asking.passwords.check(yescrypt, "another", note);
    asking.passwords.check(bcrypt, "secret word", note);
    CHECK(at_once == std::vector<Outcome>{Outcome::right});
}

TEST_CASE("many at once are answered one after another, and too many are told so") {
    Asking asking;
    int wrong = 0, busy = 0;
    for (std::size_t i = 0; i < Passwords::most_waiting + 3; ++i)
        asking.passwords.check(bcrypt, "x" + std::to_string(i), [&](Outcome outcome) {
            wrong += outcome == Outcome::wrong;
            busy += outcome == Outcome::busy;
        });
    CHECK(busy == 3);
    CHECK(asking.ask("{CRYPT}", "") == Outcome::busy);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (wrong < static_cast<int>(Passwords::most_waiting) && std::chrono::steady_clock::now() < end) {
        asking.loop.restart();
        asking.loop.run_one_for(std::chrono::milliseconds(100));
    }
    CHECK(wrong == static_cast<int>(Passwords::most_waiting));
    CHECK(asking.ask(bcrypt, "secret word") == Outcome::right);
}

TEST_CASE("nobody is told when the loop has gone") {
    bool told = false;
    {
        Asking asking;
        asking.passwords.check(bcrypt, "secret word", [&](Outcome) { told = true; });
    }
    CHECK_FALSE(told);
}

TEST_CASE("who is wrong again and again waits, until there was quiet for a minute, or a right one") {
    Failures failures;
    base::Time now = base::now();
    const std::chrono::seconds none{0};
    for (int i = 0; i < Failures::free_of_charge; ++i) CHECK(failures.add("a", now) == none);
    CHECK(failures.add("a", now) == Failures::penalty);
    CHECK(failures.add("b", now) == none);
    now += Failures::memory;
    CHECK(failures.add("a", now) == Failures::penalty);
    now += Failures::memory + std::chrono::seconds(1);
    CHECK(failures.add("a", now) == none);
    for (int i = 0; i < Failures::free_of_charge; ++i) (void)failures.add("a", now);
    failures.forget("a");
    CHECK(failures.add("a", now) == none);
    for (std::size_t i = 0; i < 2 * Failures::most_hosts; ++i) (void)failures.add(std::to_string(i), now);
    CHECK(failures.add("one more", now) == Failures::penalty);  // rather than to forget one that guesses
}

TEST_CASE("a TCP server without a password is for this machine only, unless that is what is wanted") {
    config::Server server;
    server.family = config::Server::Family::inet;
    for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"}) {
        server.host = host;
        CAPTURE(host);
        CHECK_FALSE(web::find_danger(server));
    }
    for (const char* host : {"", "0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"}) {
        server = {};
        server.family = config::Server::Family::inet;
        server.host = host;
        CAPTURE(host);
        REQUIRE(web::find_danger(server));
        CHECK(web::find_danger(server)->option == "port");
        server.insecure = true;
        CHECK_FALSE(web::find_danger(server));
        server.insecure = false;
        server.username = server.password = "x";
        CHECK_FALSE(web::find_danger(server));
    }
}
