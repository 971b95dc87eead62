#include "supervisord/log/prefix.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/log/output.hpp"
#include "tests/support/capture.hpp"
#include "tests/unit/log/support.hpp"

namespace {

using logs::Channel;
using logs::Output;
using State = logs::Pumped::State;
using namespace std::chrono_literals;

std::string prefixed(const std::vector<std::string_view>& pieces) {
    logs::PrefixState state;
    std::string all;
    for (const auto piece : pieces) all += logs::prefix_lines(state, "p| ", piece);
    all += logs::prefix_lines_end(state);
    CHECK(state == logs::PrefixState{});
    return all;
}

/// Two programs that have one log.
struct Shared {
    test::Directory directory;
    std::string log = directory / "log";
    base::Fd fifo = {};  // its reading end, when the log is one
    logs::Files files;
    logs::Journal journal = std::move(logs::Journal::create().value());
    base::Time now{};

    struct Writer {
        base::Pipe pipe = test::make_pipe();
        std::unique_ptr<Output> output;
    };
    Writer a, b;

    explicit Shared(bool as_fifo = false) {
        if (as_fifo) REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
        if (as_fifo) fifo = base::Fd(::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        a = writer("a");
        b = writer("b");
    }

    Writer writer(const std::string& name) {
        Writer made;
        made.output = output(name);
        REQUIRE(made.output->open() == 0);
        return made;
    }
    std::unique_ptr<Output> output(const std::string& name) {
        return std::make_unique<Output>(journal, files, logs::Stream{"g", name, Channel::out},
                                        logs::Target{.path = log, .prefix = name + "| "});
    }
    State write(Writer& writer, std::string_view text) {
        REQUIRE(base::write_all(writer.pipe.write.get(), text));
        return pump(writer);
    }
    /// Another controller, with what the journal remembers.
    void succeed() {
        a.output.reset();
        b.output.reset();
        a.output = output("a");
        b.output = output("b");
    }
    State pump(Writer& writer) { return writer.output->pump(writer.pipe.read.get(), now).state; }
};

}  // namespace

TEST_CASE("each line has the prefix, however the stream is cut") {
    for (const auto& [in, out] : {std::pair<std::string_view, std::string_view>{"", ""}, {"a\n", "p| a\n"}, {"a\nbc\n", "p| a\np| bc\n"},
                                  {"\n\n", "p| \np| \n"}, {"end", "p| end\n"}, {"a\nend", "p| a\np| end\n"}}) {
        CAPTURE_BINDING(in);
        for (std::size_t first = 0; first <= in.size(); ++first)
            for (std::size_t second = first; second <= in.size(); ++second)
                CHECK(prefixed({in.substr(0, first), in.substr(first, second - first), in.substr(second)}) == out);
    }
}

TEST_CASE("what breaks a line ends it first") {
    logs::PrefixState state{.inside = true};
    CHECK(logs::prefix_lines(state, "p| ", "", true).empty());
    CHECK(state.inside);
    CHECK(logs::prefix_lines(state, "p| ", "x\n", true) == "\np| x\n");
    CHECK_FALSE(state.inside);
}

TEST_CASE("programs that share a log do not write into each other's lines") {
    Shared it;
    CHECK(it.write(it.a, "one\ntw") == State::more);
    CHECK(it.write(it.b, "other\n") == State::wait);  // in the middle of a line
    CHECK(it.write(it.a, "o\n") == State::more);
    CHECK(it.pump(it.b) == State::more);
    CHECK(test::content(it.log) == "a| one\na| two\nb| other\n");
}

TEST_CASE("a line that is not finished in time is broken, and goes on with a prefix") {
    Shared it;
    CHECK(it.write(it.a, "prompt: ") == State::more);
    CHECK(test::content(it.log) == "a| prompt: ");  // seen at once
    CHECK(it.write(it.b, "other\n") == State::wait);
    it.now += 101ms;
    CHECK(it.pump(it.b) == State::more);
    CHECK(it.write(it.a, "yes\n") == State::more);
    CHECK(test::content(it.log) == "a| prompt: \nb| other\na| yes\n");
}

TEST_CASE("the last line of a child has an end, also when nobody hears the child's end") {
    Shared it;
    CHECK(it.write(it.a, "no end") == State::more);
    it.a.pipe.write.reset();
    CHECK(it.pump(it.a) == State::more);
    CHECK(it.pump(it.a) == State::end_of_file);
    CHECK(test::content(it.log) == "a| no end\n");

    CHECK(it.write(it.b, "cut off") == State::more);
    REQUIRE(it.b.output->open() == 0);  // the next child
    CHECK(it.write(it.b, "new\n") == State::more);
    CHECK(test::content(it.log) == "a| no end\nb| cut off\nb| new\n");
}

TEST_CASE("the next controller goes on in the middle of a line") {
    Shared it;
    CHECK(it.write(it.a, "first ha") == State::more);
    it.succeed();
    CHECK(it.write(it.b, "other\n") == State::wait);
    CHECK(it.write(it.a, "lf\n") == State::more);
    CHECK(it.pump(it.b) == State::more);
    CHECK(test::content(it.log) == "a| first half\nb| other\n");
}

TEST_CASE("the next controller knows whose line is not finished where nobody can look") {
    Shared it(true);
    CHECK(it.write(it.a, "prompt: ") == State::more);
    it.succeed();
    CHECK(it.write(it.b, "other\n") == State::wait);
    it.now += 101ms;
    CHECK(it.pump(it.b) == State::more);
    CHECK(it.write(it.a, "yes\n") == State::more);
    it.succeed();
    CHECK(it.write(it.b, "more\n") == State::more);
    char text[200];
    const ssize_t count = ::read(it.fifo.get(), text, sizeof text);
    REQUIRE(count > 0);
    CHECK(std::string(text, static_cast<std::size_t>(count)) == "a| prompt: \nb| other\na| yes\nb| more\n");
}

TEST_CASE("of two with an unfinished line the next controller believes the one that was written last") {
    Shared it;
    CHECK(it.write(it.a, "a's prompt: ") == State::more);
    CHECK(it.write(it.b, "b's prompt: ") == State::wait);
    it.now += 101ms;
    CHECK(it.pump(it.b) == State::more);
    it.succeed();
    CHECK(it.write(it.a, "yes\n") == State::wait);
    CHECK(it.write(it.b, "no\n") == State::more);
    CHECK(it.pump(it.a) == State::more);
    CHECK(test::content(it.log) == "a| a's prompt: \nb| b's prompt: no\na| yes\n");
}

TEST_CASE("a program that goes on writing parts of lines does not keep another from the log") {
    Shared it;
    CHECK(it.write(it.a, "part") == State::more);
    CHECK(it.write(it.b, "other\n") == State::wait);
    for (int i = 0; i < 11; ++i) {
        it.now += 10ms;
        CHECK(it.write(it.a, "x\npart") == State::more);
    }
    CHECK(it.pump(it.b) == State::more);
    CHECK(test::content(it.log).ends_with("a| part\nb| other\n"));
}

TEST_CASE("listeners and syslog hear the lines as they were written") {
    Shared it;
    std::string heard;
    it.a.output->set_hook([&](const logs::Text& text) { heard += text.text; });
    CHECK(it.write(it.a, "one\ntwo\n") == State::more);
    CHECK(heard == "one\ntwo\n");
}
