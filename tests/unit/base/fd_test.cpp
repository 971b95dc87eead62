#include "common/base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace {

/// A directory of the test's own, gone with it.
struct Directory {
    std::string path;
    Directory() {
        char name[] = "/tmp/fd_test.XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("a descriptor is closed with its owner, and only once") {
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    const int number = pipe.read.get();
    base::Fd other = std::move(pipe.read);
    CHECK_FALSE(static_cast<bool>(pipe.read));
    CHECK(is_open(number));
    other = base::Fd();
    CHECK_FALSE(is_open(number));
    const int kept = pipe.write.release();
    pipe.write.reset();
    CHECK(is_open(kept));
    base::Fd(kept).reset();
    CHECK_FALSE(is_open(kept));
}

TEST_CASE("a descriptor that is given to itself stays open") {
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    base::Fd& same = pipe.read;
    pipe.read = std::move(same);
    CHECK(is_open(pipe.read.get()));
}

TEST_CASE("descriptors are closed on exec from birth, unless that is changed") {
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    CHECK(::fcntl(pipe.read.get(), F_GETFD) == FD_CLOEXEC);
    CHECK(::fcntl(pipe.write.get(), F_GETFD) == FD_CLOEXEC);
    base::set_close_on_exec(pipe.read.get(), false);
    CHECK(::fcntl(pipe.read.get(), F_GETFD) == 0);
    base::set_nonblocking(pipe.read.get());
    char byte = 0;
    CHECK(::read(pipe.read.get(), &byte, 1) == -1);
    CHECK(errno == EAGAIN);
    CHECK(::fcntl(base::open_file("/dev/null", O_RDONLY)->get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("errors have names and texts") {
    CHECK(base::errno_name(ENOENT) == "ENOENT");
    CHECK(base::errno_name(EISDIR) == "EISDIR");
    CHECK(base::errno_name(9999) == "9999");
    CHECK(base::errno_text(ENOENT) == "No such file or directory");
}

TEST_CASE("a file is written whole and read whole") {
    const Directory directory;
    const std::string path = directory.path + "/file";
    const std::string text(300'000, 'x');
    auto file = base::open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    REQUIRE(file.has_value());
    REQUIRE(base::write_all(file->get(), text));
    CHECK(*base::read_file(path, text.size()) == text);
    CHECK(base::read_file(path, text.size() - 1).error() == "cannot read " + path + ": larger than 299999 bytes");
    CHECK(*base::read_file("/proc/self/comm", 100) == "unit_base\n");  // a file of size 0 that has a content
}

TEST_CASE("what cannot be opened or read is refused with the reason") {
    const Directory directory;
    CHECK(base::open_file("/nosuch/x", O_RDONLY).error() == "cannot open /nosuch/x: No such file or directory");
    CHECK(base::read_file("/nosuch/x", 10).error() == "cannot open /nosuch/x: No such file or directory");
    CHECK(base::read_file(directory.path, 10).error() == "cannot read " + directory.path + ": not a regular file");
    const std::string fifo = directory.path + "/fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(base::read_file(fifo, 10).error() == "cannot read " + fifo + ": not a regular file");  // and does not hang
}

TEST_CASE("writing to nobody fails") {
    ::signal(SIGPIPE, SIG_IGN);
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    pipe.read.reset();
    CHECK_FALSE(base::write_all(pipe.write.get(), "x"));
    CHECK(errno == EPIPE);
    CHECK(base::write_all(pipe.write.get(), ""));
}
