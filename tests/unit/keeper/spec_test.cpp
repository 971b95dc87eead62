#include "supervisord/keeper/spec.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

#include "common/base/text.hpp"

using keeper::Spec;
using keeper::SpecView;

namespace {

Spec full_spec() {
    Spec spec;
    spec.program = "/usr/bin/env";
    spec.arguments = {"env", "", "with space"};
    spec.environment = {"A=1", "B=two words"};
    spec.directory = "/tmp";
    spec.umask = 027;
    spec.user = Spec::User{1000, 1001, {1001, 5, 7}, ""};
    spec.nofile = Spec::Limit{512, 1024};
    spec.cgroup = "/sys/fs/cgroup/x/cgroup.procs";
    return spec;
}

base::Fd memory_of(const std::string& bytes) {
    base::Fd fd(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(base::write_all(fd.get(), bytes));
    return fd;
}

}  // namespace

TEST_CASE("a spec is read as it was written") {
    const auto fd = keeper::write_spec(full_spec());
    REQUIRE(fd);
    SpecView view;
    REQUIRE(keeper::map_spec(fd->get(), view));
    CHECK(std::string(view.program) == "/usr/bin/env");
    CHECK(std::string(view.arguments[0]) == "env");
    CHECK(std::string(view.arguments[1]).empty());
    CHECK(std::string(view.arguments[2]) == "with space");
    CHECK(view.arguments[3] == nullptr);
    CHECK(std::string(view.environment[1]) == "B=two words");
    CHECK(view.environment[2] == nullptr);
    CHECK(std::string(view.directory) == "/tmp");
    CHECK(view.user_problem == nullptr);
    CHECK(view.flags == (keeper::has_umask | keeper::has_user | keeper::has_nofile | keeper::has_cgroup));
    CHECK(std::string(view.cgroup) == "/sys/fs/cgroup/x/cgroup.procs");
    CHECK(view.umask == 027);
    CHECK(view.uid == 1000);
    CHECK(view.gid == 1001);
    REQUIRE(view.group_count == 3);
    CHECK(view.groups[2] == 7);
    CHECK(view.nofile_soft == 512);
    CHECK(view.nofile_hard == 1024);
}

TEST_CASE("what is not given is not there") {
    Spec spec;
    spec.program = "x";
    spec.arguments = {"x"};
    const auto fd = keeper::write_spec(spec);
    REQUIRE(fd);
    SpecView view;
    REQUIRE(keeper::map_spec(fd->get(), view));
    CHECK(view.directory == nullptr);
    CHECK(view.flags == 0);
    CHECK(view.environment[0] == nullptr);
    CHECK(view.group_count == 0);
}

TEST_CASE("an environment of a mebibyte arrives whole") {
    Spec spec = full_spec();
    for (int i = 0; i < 16; ++i) spec.environment.push_back(base::concat('V', i, '=', std::string(65536, 'v')));
    const auto fd = keeper::write_spec(spec);
    REQUIRE(fd);
    SpecView view;
    REQUIRE(keeper::map_spec(fd->get(), view));
    CHECK(std::strlen(view.environment[17]) == 65536 + 4);
}

TEST_CASE("a spec that is cut short, empty or damaged is refused, or at least read within its bounds") {
    const auto fd = keeper::write_spec(full_spec());
    REQUIRE(fd);
    std::string bytes(static_cast<std::size_t>(::lseek(fd->get(), 0, SEEK_END)), '\0');
    REQUIRE(::pread(fd->get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    SpecView view;
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(keeper::map_spec(memory_of(bytes.substr(0, size)).get(), view));
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 3000; ++round) {
        std::string damaged = bytes;
        for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
        SpecView read;
        if (!keeper::map_spec(memory_of(damaged).get(), read)) continue;
        std::size_t length = std::strlen(read.program);
        for (char** one = read.arguments; *one; ++one) length += std::strlen(*one);
        for (char** one = read.environment; *one; ++one) length += std::strlen(*one);
        CHECK(length < 100 * damaged.size());
    }
}
