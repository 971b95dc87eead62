// The machine as it is: real files in a directory of their own.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/config/reader.hpp"

namespace fs = std::filesystem;

namespace {

struct Directory {
    fs::path path;

    Directory() {
        char name[] = "/tmp/config-test-XXXXXX";
        REQUIRE(::mkdtemp(name));
        path = name;
    }
    ~Directory() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
    }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path / name; }
};

}  // namespace

TEST_CASE("patterns match as in a shell, sorted, without hidden files") {
    const Directory directory;
    for (const char* name : {"d/b.conf", "d/a.conf", "d/B.conf", "d/.c.conf", "d/x.ini", "d/e/f.conf"})
        directory.write(name, "");
    const auto machine = config::Surroundings::of_this_process();
    const auto names = [&](const std::string& pattern) {
        std::string out;
        for (const auto& path : machine.glob(directory / pattern)) out += path.substr(directory.path.string().size()) + " ";
        return out;
    };
    CHECK(names("d/*.conf") == "/d/B.conf /d/a.conf /d/b.conf ");
    CHECK(names("d/[ab].conf") == "/d/a.conf /d/b.conf ");
    CHECK(names("d/?.ini") == "/d/x.ini ");
    CHECK(names("**/*.conf") == "/d/B.conf /d/a.conf /d/b.conf ");
    CHECK(names("d/a.conf") == "/d/a.conf ");
    CHECK(names("d/nosuch.conf") == "");
    CHECK(names("d/.*.conf") == "/d/.c.conf ");
}

TEST_CASE("a configuration on disk is read, and reading leaves no trace") {
    const Directory directory;
    directory.write("s.conf", "[supervisord]\nlogfile=%(here)s/l.log\n[include]\nfiles=d/*\n");
    directory.write("d/a.conf", "[program:a]\ncommand=%(here)s/run\nstdout_logfile=%(here)s/o.log\n");
    fs::create_directory(directory.path / "d/b.conf");
    const auto reading = config::read(directory / "s.conf", config::Surroundings::of_this_process());
    REQUIRE(reading.config);
    CHECK(reading.config->path == directory / "s.conf");
    CHECK(reading.config->groups.at(0).processes.at(0).command == directory / "d/run");
    REQUIRE(reading.diagnostics.size() == 3);
    CHECK(reading.diagnostics[2].message ==
          "included file is left out: cannot read " + (directory / "d/b.conf") + ": not a regular file");
    CHECK(!fs::exists(directory / "l.log"));
    CHECK(!fs::exists(directory / "d/o.log"));
}

TEST_CASE("a directory and a file that is not there are told apart") {
    const Directory directory;
    const auto machine = config::Surroundings::of_this_process();
    CHECK(config::read(directory.path, machine).first_error()->message ==
          "could not read config file " + directory.path.string());
    CHECK(config::read(directory / "x", machine).first_error()->message ==
          "could not find config file " + (directory / "x"));
}
