#include "supervisord/event/listener.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "common/base/text.hpp"

using event::Heard;
using event::Listener;
using State = event::Listener::State;

namespace {

std::string shown(const std::vector<Heard>& all) {
    std::vector<std::string> words;
    for (const auto& heard : all) {
        if (heard.what == Heard::What::state) words.emplace_back(event::name(heard.to));
        if (heard.what == Heard::What::processed) words.emplace_back("processed");
        if (heard.what == Heard::What::rejected) words.emplace_back("rejected");
        if (heard.what == Heard::What::bad_line) words.push_back(base::concat("bad<", heard.line, ">"));
    }
    return base::join(words, " ");
}

struct Case {
    State state;
    std::string bytes;
    std::string follows;
};

const Case cases[] = {
    {State::acknowledged, "READ", ""},
    {State::acknowledged, "READY\n", "READY"},
    {State::acknowledged, "hello\n", "UNKNOWN"},
    {State::acknowledged, "READY\r\n", "UNKNOWN"},
    {State::acknowledged, "READY\nREADY\n", "READY UNKNOWN"},
    {State::ready, "x", "UNKNOWN"},
    {State::ready, "", ""},
    {State::busy, "RESULT 2\nOK", "processed ACKNOWLEDGED"},
    {State::busy, "RESULT 2\nOKREADY\n", "processed ACKNOWLEDGED READY"},
    {State::busy, "RESULT 4\nFAIL", "rejected ACKNOWLEDGED"},
    {State::busy, "RESULT 4\nFAI", ""},
    {State::busy, "RESULT 0\n", "rejected ACKNOWLEDGED"},  // at once (Q86)
    {State::busy, "RESULT 3\nOK\nREADY\n", "rejected ACKNOWLEDGED READY"},
    {State::busy, "RESULT 1\nOREADY\n", "rejected ACKNOWLEDGED READY"},
    {State::busy, "RESULT 2 \nOK", "processed ACKNOWLEDGED"},  // as int() takes it
    {State::busy, "OK\n", "bad<OK> UNKNOWN"},
    {State::busy, "XYZXYZ 2\nOK", "bad<XYZXYZ 2> UNKNOWN"},  // Q86
    {State::busy, "RESULT x\n", "bad<RESULT x> UNKNOWN"},
    {State::busy, "RESULT -1\n", "bad<RESULT -1> UNKNOWN"},
    {State::busy, "RESULT \n", "bad<RESULT > UNKNOWN"},
    {State::busy, "RESULT 99999999999999999999\n", "bad<RESULT 99999999999999999999> UNKNOWN"},
    {State::busy, "RESULT 5\n" + std::string(5, 'x') + "junk\n", "rejected ACKNOWLEDGED"},  // five bytes may yet be more
    {State::busy, "RESULT 5\n" + std::string(5, 'x') + "junk!\n", "rejected ACKNOWLEDGED UNKNOWN"},
    {State::busy, "RESULT " + std::string(1016, ' ') + "2\nOK", "processed ACKNOWLEDGED"},  // as long as a line may be
    {State::busy, "RESULT " + std::string(1010, ' ') + "2" + std::string(7, ' ') + "\nOK",  // and longer, though what fits would do
     "bad<RESULT " + std::string(1010, ' ') + "2" + std::string(6, ' ') + "> UNKNOWN"},
    {State::unknown, "READY\n", ""},
};

}  // namespace

TEST_CASE("the protocol, in one piece and in any number of pieces") {
    for (const auto& example : cases) {
        for (std::size_t size = 1; size <= example.bytes.size() + 1; ++size) {
            CAPTURE(example.bytes);
            CAPTURE(size);
            Listener listener{.state = example.state};
            std::vector<Heard> all;
            for (std::size_t at = 0; at < example.bytes.size(); at += size)
                for (auto& heard : event::hear(listener, std::string_view(example.bytes).substr(at, size)))
                    all.push_back(std::move(heard));
            CHECK(shown(all) == example.follows);
        }
    }
}

TEST_CASE("a result of any length is taken, and not kept") {
    Listener listener{.state = State::busy};
    CHECK(event::hear(listener, "RESULT 100000000\nOK").empty());
    const std::string piece(1'000'000, 'x');
    std::string all;
    for (int i = 0; i < 100; ++i) {
        all += shown(event::hear(listener, piece));
        REQUIRE(listener.pending.size() < 100);
        REQUIRE(listener.result.size() <= 3);
    }
    CHECK(all == "rejected ACKNOWLEDGED");
    CHECK(listener.pending == "xx");
}

TEST_CASE("a line without an end is not waited for for ever") {
    Listener listener{.state = State::busy};
    std::string all;
    for (int i = 0; i < 10000 && all.empty(); ++i) all = shown(event::hear(listener, "RESULT 11111"));
    CHECK(all.ends_with("UNKNOWN"));
    CHECK(event::hear(listener, std::string(100000, 'y')).empty());
    CHECK(listener.pending.empty());
}
