#include "supervisord/control/ledger.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <random>

using control::Ledger;

namespace {

Ledger made() { return std::move(Ledger::create().value()); }

/// As another controller finds it.
Ledger after(const Ledger& ledger) {
    auto adopted = Ledger::adopt(base::Fd(::fcntl(ledger.fd(), F_DUPFD_CLOEXEC, 0)));
    REQUIRE(adopted.has_value());
    return std::move(*adopted);
}

std::string found(const Ledger& ledger, std::string_view name) {
    const auto* value = ledger.find(name);
    return value ? *value : "(none)";
}

}  // namespace

TEST_CASE("what was committed is found by the next controller, what was not is not") {
    Ledger ledger = made();
    ledger.set("a", std::string("one\0two", 7));
    ledger.set("b", std::uint64_t{12345678901234567890U});
    ledger.commit();
    ledger.set("a", "never");
    ledger.set("c", "never");
    ledger.erase("b");
    CHECK(found(ledger, "a") == "never");
    const Ledger next = after(ledger);
    CHECK(found(next, "a") == std::string("one\0two", 7));
    CHECK(next.number("b") == 12345678901234567890U);
    CHECK(found(next, "c") == "(none)");
    CHECK(next.number("c") == 0);
}

TEST_CASE("a ledger that is written for ever holds what it should, in a bounded file") {
    Ledger ledger = made();
    std::map<std::string, std::string> expected;
    std::mt19937_64 random(3);
    for (int round = 0; round < 20000; ++round) {
        const std::string name = "name" + std::to_string(random() % 20);
        const auto deed = random() % 8;
        if (deed < 2) {
            ledger.erase(name);
            expected.erase(name);
        } else if (deed == 2) {
            expected[name] += "more";
            ledger.append(name, "more");
        } else {
            expected[name] = std::string(random() % 300, static_cast<char>('a' + random() % 26));
            ledger.set(name, expected[name]);
        }
        if (random() % 3 == 0) ledger.commit();
    }
    ledger.commit();
    const Ledger next = after(after(ledger));
    for (int i = 0; i < 20; ++i) {
        const std::string name = "name" + std::to_string(i);
        CHECK(found(next, name) == (expected.contains(name) ? expected[name] : "(none)"));
    }
    struct stat facts{};
    REQUIRE(::fstat(ledger.fd(), &facts) == 0);
    CHECK(facts.st_blocks * 512 < 400 * 1024);
}

TEST_CASE("what is appended costs what it is, and is found at the end of what was there") {
    Ledger ledger = made();
    ledger.set("a", std::string(1 << 20, 'x'));
    ledger.commit();
    std::string expected(1 << 20, 'x');
    const auto written = [&] {
        struct stat facts{};
        REQUIRE(::fstat(ledger.fd(), &facts) == 0);
        return facts.st_blocks * 512;
    };
    const auto before = written();
    for (int i = 0; i < 100; ++i) {
        ledger.append("a", std::to_string(i));
        expected += std::to_string(i);
        ledger.commit();
    }
    CHECK(written() - before < 64 * 1024);
    ledger.append("b", "new");
    ledger.commit();
    ledger.append("a", "never");
    const Ledger next = after(ledger);
    CHECK(found(next, "a") == expected);
    CHECK(found(next, "b") == "new");
    CHECK(next.find_all("a").size() == 1);
    CHECK(next.find_all("").size() == 2);
}

TEST_CASE("all of a beginning are erased, and no others") {
    Ledger ledger = made();
    for (const char* name : {"pool:a", "pool:b", "pool:", "poo", "pools"}) ledger.set(name, "x");
    ledger.erase_all("pool:");
    ledger.commit();
    const Ledger next = after(ledger);
    CHECK(found(next, "pool:a") == "(none)");
    CHECK(found(next, "poo") == "x");
    CHECK(found(next, "pools") == "x");
}

TEST_CASE("what is no ledger is refused") {
    base::Fd file(::memfd_create("x", MFD_CLOEXEC));
    CHECK_FALSE(Ledger::adopt(base::Fd(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0))).has_value());
    Ledger ledger = made();
    REQUIRE(::ftruncate(file.get(), ::lseek(ledger.fd(), 0, SEEK_END)) == 0);
    CHECK_FALSE(Ledger::adopt(std::move(file)).has_value());
}
