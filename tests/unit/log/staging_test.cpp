#include "supervisord/log/staging.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "supervisord/log/output.hpp"
#include "tests/unit/log/support.hpp"

using logs::Output;
using logs::Staging;

namespace {

struct Pumping {
    test::Directory directory;
    Staging staging{{}, {}};
    logs::Files files{&staging};
    logs::Journal journal = std::move(logs::Journal::create().value());
    base::Pipe pipe = test::make_pipe();

    logs::Pumped pump(Output& output, std::string_view text, base::Time now = {}) {
        REQUIRE(base::write_all(pipe.write.get(), text));
        return output.pump(pipe.read.get(), now);
    }
};

const logs::Stream stream{"g", "p", logs::Channel::out};

}  // namespace

TEST_CASE("what was not moved is left for whoever comes next, and is gone when something else is put there") {
    base::Fd held;
    base::Pipe target = test::make_pipe();
    REQUIRE(::fcntl(target.write.get(), F_SETPIPE_SZ, 4096) == 4096);
    base::set_nonblocking(target.write.get());
    {
        Staging first({}, [&](int pipe) { held = base::Fd(::fcntl(pipe, F_DUPFD_CLOEXEC, 0)); });
        CHECK_FALSE(first.left());
        CHECK(first.put(std::string(10000, 'a')) == 10000);
        CHECK(first.move_to(target.write.get()) == 4096);
        CHECK(first.move_to(target.write.get()) == -1);
        CHECK(errno == EAGAIN);
    }
    bool is_new = false;
    Staging second(std::move(held), [&](int) { is_new = true; });
    CHECK(second.left() == 10000 - 4096);
    CHECK(second.put("new") == 3);
    CHECK_FALSE(is_new);
    std::string read(5000, ' ');
    REQUIRE(::read(target.read.get(), read.data(), read.size()) == 4096);
    CHECK(second.move_to(target.write.get()) == 3);
    REQUIRE(::read(target.read.get(), read.data(), read.size()) == 3);
    CHECK(read.starts_with("new"));
}

TEST_CASE("a FIFO whose reader is slow takes small pieces as if they were written, and not one for each of its pages") {
    Pumping it;
    const std::string log = it.directory / "fifo";
    REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
    const base::Fd reader(::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Output output(it.journal, it.files, stream, {.path = log});
    REQUIRE(output.open() == 0);
    std::string written;
    for (int number = 0; number < 200; ++number) {
        const std::string line = std::to_string(number) + "\n";
        CHECK(it.pump(output, line).state == logs::Pumped::State::more);
        written += line;
    }
    std::string read(2 * written.size(), ' ');
    read.resize(static_cast<std::size_t>(::read(reader.get(), read.data(), read.size())));
    CHECK(read == written);
}

TEST_CASE("where the kernel cannot move anything to it is written, and what is wrong is what a write says") {
    Pumping it;
    Output output(it.journal, it.files, stream, {.path = "/dev/full"});
    REQUIRE(output.open() == 0);
    const base::Time later = base::Time{} + 2 * logs::patience_with_disk;
    CHECK(it.pump(output, "text").state == logs::Pumped::State::wait);
    CHECK(output.pump(it.pipe.read.get(), later).report == "p: 4 bytes of stdout lost: cannot write /dev/full: No space left on device");
}
