#include "supervisord/log/activity.hpp"

#include <chrono>
#include <regex>

#include "tests/unit/log/support.hpp"

namespace {

using logs::Activity;
using logs::LogLevel;

struct Logged {
    test::Directory directory;
    std::string path = directory / "main.log";
    logs::Files files;

    [[nodiscard]] Activity open(logs::Limits limits = {}, LogLevel level = LogLevel::info) {
        Activity activity(files, {.path = path, .limits = limits, .level = level, .echo = false});
        REQUIRE(activity.open() == 0);
        return activity;
    }
};

/// One of the standard descriptors leads to a file meanwhile.
class Redirected {
public:
    Redirected(int number, const std::string& path) : number_(number), saved_(::dup(number)) {
        const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        REQUIRE(::dup2(file.get(), number) == number);
    }
    ~Redirected() { ::dup2(saved_.get(), number_); }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;

private:
    int number_;
    base::Fd saved_;
};

}  // namespace

TEST_CASE("a line has Supervisor's format, in local time with milliseconds") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const base::WallTime time{std::chrono::milliseconds(1'795'516'269'042)};
    CHECK(logs::line(LogLevel::info, time, "spawned: 'x' with pid 12") == "2026-11-24 10:31:09,042 INFO spawned: 'x' with pid 12\n");
    CHECK(logs::line(LogLevel::critical, time, "a\nb") == "2026-11-24 10:31:09,042 CRIT a\nb\n");
    const std::pair<LogLevel, const char*> codes[] = {{LogLevel::error, "ERRO"}, {LogLevel::warn, "WARN"},   {LogLevel::debug, "DEBG"},
                                                      {LogLevel::trace, "TRAC"}, {LogLevel::blather, "BLAT"}};
    for (const auto& [level, code] : codes) CHECK(logs::line(level, time, "x").substr(24, 5) == std::string(code) + " ");
}

TEST_CASE("lines below the level are not written") {
    Logged it;
    Activity activity = it.open({}, LogLevel::warn);
    activity.log(LogLevel::info, "no");
    activity.log(LogLevel::warn, "yes");
    const std::string text = test::content(it.path);
    CHECK(text.ends_with(" WARN yes\n"));
    CHECK(text.find("no") == std::string::npos);
}

TEST_CASE("the log is rotated after the line that filled it, also one that was too large before") {
    Logged it;
    test::write_file(it.path, std::string(3000, 'x') + "\n");
    Activity activity = it.open({2000, 1});
    activity.log(LogLevel::info, "last");
    CHECK(test::content(it.path).empty());
    CHECK(test::content(it.path + ".1").ends_with("INFO last\n"));
    activity.log(LogLevel::info, "first");
    CHECK(test::content(it.path).ends_with("INFO first\n"));
}

TEST_CASE("a line is known to be written when it stands there whole, also in what was rotated just now") {
    Logged it;
    Activity activity = it.open({300, 1});
    const auto line = logs::line(LogLevel::info, base::wall_now(), "exited: x (exit status 0; expected)");
    CHECK_FALSE(activity.was_written(line));
    activity.write(LogLevel::info, line.substr(0, line.size() - 1));  // the beginning of something else
    activity.write(LogLevel::info, " and more\n");
    CHECK_FALSE(activity.was_written(line));
    activity.write(LogLevel::info, "prefix " + line);
    CHECK_FALSE(activity.was_written(line));
    activity.write(LogLevel::info, line);
    CHECK(activity.was_written(line));
    activity.write(LogLevel::info, std::string(300, '.') + "\n");
    CHECK(test::content(it.path).empty());
    CHECK(activity.was_written(line));
}

TEST_CASE("the beginning of a line that a dead controller has left is taken off the log") {
    Logged it;
    Activity activity = it.open();
    std::string whole = "one line\nanother\n";
    SUBCASE("half a line") { test::write_file(it.path, whole + "2026-11-24 13:42:45,067 INF"); }
    SUBCASE("more of one") { test::write_file(it.path, whole + "2026-11-24 13:42:45,067 WARN no"); }
    SUBCASE("none") { test::write_file(it.path, whole); }
    SUBCASE("nothing but half a line") {
        whole = "";
        test::write_file(it.path, "2026");
    }
    SUBCASE("no line at all") {  // whatever this is, it is no log of ours
        whole = std::string(70'000, 'x');
        test::write_file(it.path, whole);
    }
    SUBCASE("what a program has written last, whose log it is too") {
        whole += "password? ";
        test::write_file(it.path, whole);
    }
    activity.mend();
    CHECK(test::content(it.path) == whole);
}

TEST_CASE("after a rename the old file is written to until the log is reopened") {
    Logged it;
    Activity activity = it.open();
    activity.log(LogLevel::info, "one");
    std::filesystem::rename(it.path, it.path + ".moved");
    activity.log(LogLevel::info, "two");
    CHECK_FALSE(test::exists(it.path));
    CHECK(activity.reopen());
    activity.log(LogLevel::info, "three");
    CHECK(test::content(it.path + ".moved").ends_with("INFO two\n"));
    CHECK(test::content(it.path).ends_with("INFO three\n"));
}

TEST_CASE("a cleared log begins with the line that says so (Q61)") {
    Logged it;
    Activity activity = it.open();
    activity.log(LogLevel::info, "old");
    CHECK(activity.clear());
    CHECK(std::regex_match(test::content(it.path), std::regex(".* INFO reopening log file\n")));
    test::write_file(it.path + ".1", "kept");
    CHECK(activity.clear());
    CHECK(test::content(it.path + ".1") == "kept");
}

TEST_CASE("in the foreground every line goes to standard output as well") {
    Logged it;
    {
        const Redirected redirected(STDOUT_FILENO, it.directory / "stdout");
        Activity activity(it.files, {.path = it.path, .limits = {}, .level = LogLevel::info, .echo = true});
        REQUIRE(activity.open() == 0);
        activity.log(LogLevel::info, "both");
        activity.log(LogLevel::debug, "neither");
    }
    CHECK(test::content(it.directory / "stdout") == test::content(it.path));
    CHECK(test::content(it.path).ends_with("INFO both\n"));
}

TEST_CASE("a standard output that takes no bytes makes nobody wait") {
    Logged it;
    const auto pipe = test::make_pipe();
    const base::Fd saved(::dup(STDOUT_FILENO));
    REQUIRE(::dup2(pipe.write.get(), STDOUT_FILENO) == STDOUT_FILENO);
    {
        Activity activity(it.files, {.path = it.path, .limits = {}, .level = LogLevel::info, .echo = true});
        REQUIRE(activity.open() == 0);
        for (int i = 0; i < 5000; ++i) activity.log(LogLevel::info, std::string(100, 'x'));  // far more than a pipe holds
    }
    ::dup2(saved.get(), STDOUT_FILENO);
    CHECK(test::content(it.path).size() == 5000u * (24 + 5 + 100 + 1));
}

TEST_CASE("a log that cannot be written gives one warning on standard error, and no more (Q63)") {
    Logged it;
    Activity activity(it.files, {.path = "/dev/full", .limits = {}, .level = LogLevel::info, .echo = false});
    REQUIRE(activity.open() == 0);
    {
        const Redirected redirected(STDERR_FILENO, it.directory / "stderr");
        for (int i = 0; i < 10; ++i) activity.log(LogLevel::info, "lost");
    }
    CHECK(std::regex_match(test::content(it.directory / "stderr"), std::regex(".* WARN cannot write /dev/full: No space left on device\n")));
    CHECK_FALSE(activity.clear());
    CHECK(test::exists("/dev/full"));
}

TEST_CASE("a log in a directory that does not exist is an error at start") {
    Logged it;
    Activity activity(it.files, {.path = it.directory / "none/main.log", .limits = {}, .level = LogLevel::info, .echo = false});
    CHECK(activity.open() == ENOENT);
}
