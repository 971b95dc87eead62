#include "supervisord/control/turnstile.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using control::Turnstile;

namespace {

struct Street {
    control::Loop loop;
    Turnstile turnstile{loop};
    std::string gone;
    std::vector<Turnstile::Pass> inside;

    Turnstile::Go go(char name) {
        return [this, name](const Turnstile::Pass& pass) {
            gone += name;
            inside.push_back(pass);
        };
    }
    void run() {
        loop.restart();
        loop.run_for(10s);  // until nothing is left to do
    }
};

}  // namespace

TEST_CASE("who cannot go yet keeps the place, and those behind wait") {
    Street it;
    it.turnstile.enter(it.go('a'));
    CHECK(it.gone == "a");
    const auto b = it.turnstile.take_place(it.go('b'));
    const auto c = it.turnstile.take_place(it.go('c'));
    it.turnstile.enter(it.go('d'));
    c();
    it.loop.poll();
    CHECK(it.gone == "a");
    b();
    CHECK(it.gone == "abcd");
    it.turnstile.enter(it.go('e'));
    CHECK(it.gone == "abcde");
}

TEST_CASE("only so many are inside, and each that leaves lets the next one in") {
    Street it;
    for (std::size_t count = 0; count < Turnstile::limit; ++count) it.turnstile.enter(it.go('a'));
    it.gone.clear();
    const auto b = it.turnstile.take_place(it.go('b'));
    it.turnstile.enter(it.go('c'));
    b();
    CHECK(it.gone.empty());
    it.inside.pop_back();
    it.run();
    CHECK(it.gone == "b");
    it.inside.pop_back();
    it.run();
    CHECK(it.gone == "bc");
    CHECK(it.turnstile.inside() == Turnstile::limit);
}

TEST_CASE("who has been in front for too long lets others pass, and goes when it can") {
    Street it;
    const auto a = it.turnstile.take_place(it.go('a'));
    const auto b = it.turnstile.take_place(it.go('b'));
    it.turnstile.enter(it.go('c'));
    it.run();
    CHECK(it.gone == "c");
    it.turnstile.enter(it.go('d'));
    CHECK(it.gone == "cd");
    b();
    a();
    a();
    CHECK(it.gone == "cdba");
}
