#include "supervisord/log/auto_logs.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "tests/unit/log/support.hpp"

TEST_CASE("names of AUTO logs are known exactly (Q57)") {
    for (const char* name : {"p-stdout---supervisor-abc123.log", "p-stderr---supervisor-abcd_234.log", "p-stdout---supervisor-abc123.log.1",
                             "p-stdout---supervisor-abc123.log.12", "a-b---c-stdout---supervisor-x.log"}) {
        CAPTURE(name);
        CHECK(logs::is_auto_log(name, "supervisor"));
    }
    for (const char* name :
         {"p-stdout---other-abc123.log", "plain.log", "p-stdout---supervisor-abc.log.gz", "p-stdout---supervisor-abc.log.d",
          "p-stdout---supervisor-.log", "-stdout---supervisor-abc.log", "p---supervisor-abc.log", "p-stdout---supervisor-b-abcdefgh.log",
          "p-stdout---supervisor-a b.log", "p-stdout---supervisor-abc.log.", "p-stdout---supervisor-abc.log.1.2", ""}) {
        CAPTURE(name);
        CHECK_FALSE(logs::is_auto_log(name, "supervisor"));
    }
    CHECK(logs::is_auto_log("foo-stdout---a.b-abc.log", "a.b"));
    CHECK_FALSE(logs::is_auto_log("foo-stdout---aXb-abc.log", "a.b"));
}

TEST_CASE("an AUTO log is new, empty, private, and recognised") {
    test::Directory directory;
    const auto made = logs::create_auto_log(directory.path(), "cat", logs::Channel::err, "supervisor");
    REQUIRE(made);
    const std::string_view letters(made->letters.data(), made->letters.size());
    CHECK(made->path == (directory / base::concat("cat-stderr---supervisor-", letters, ".log")));
    CHECK(test::permissions(made->path) == 0600);
    CHECK(logs::is_auto_log(std::string_view(made->path).substr(directory.path().size() + 1), "supervisor"));
    const auto slash = logs::create_auto_log(directory.path() + "/", "cat", logs::Channel::out, "supervisor");
    REQUIRE(slash);
    CHECK(slash->path.starts_with(directory / "cat-stdout---supervisor-"));
    const auto failed = logs::create_auto_log(directory / "none", "cat", logs::Channel::out, "supervisor");
    CHECK_FALSE(failed);
}

TEST_CASE("an AUTO log is found again by its letters, and nothing else is") {
    test::Directory directory;
    const auto find = [&](logs::Channel channel, const logs::AutoLetters& letters) {
        return logs::find_auto_log(directory.path(), "cat", channel, "supervisor", letters);
    };
    const auto made = logs::create_auto_log(directory.path(), "cat", logs::Channel::out, "supervisor");
    REQUIRE(made);
    CHECK(find(logs::Channel::out, made->letters) == made->path);
    CHECK_FALSE(find(logs::Channel::err, made->letters));
    CHECK_FALSE(find(logs::Channel::out, {}));
    CHECK_FALSE(find(logs::Channel::out, {'.', '.', '/', 'p', 'l', 'a', 'i', 'n'}));
    std::filesystem::rename(made->path, directory / "elsewhere");
    CHECK_FALSE(find(logs::Channel::out, made->letters));
    std::filesystem::create_symlink(directory / "elsewhere", made->path);
    CHECK_FALSE(find(logs::Channel::out, made->letters));
    std::filesystem::remove(made->path);
    std::filesystem::create_hard_link(directory / "elsewhere", made->path);
    CHECK_FALSE(find(logs::Channel::out, made->letters));
}

TEST_CASE("AUTO logs of earlier runs are removed, and all else is not") {
    test::Directory directory;
    for (const char* name : {"p-stdout---supervisor-old1.log", "p-stdout---supervisor-old1.log.1", "p-stdout---other-old1.log", "plain.log"})
        test::write_file(directory / name, "x");
    std::filesystem::create_directory(directory / "p-stdout---supervisor-dir1.log");
    CHECK(logs::remove_auto_logs(directory.path() + "//", "supervisor").empty());
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) left.push_back(entry.path().filename());
    std::ranges::sort(left);
    CHECK(left == std::vector<std::string>{"p-stdout---other-old1.log", "p-stdout---supervisor-dir1.log", "plain.log"});
    CHECK(logs::remove_auto_logs(directory / "none", "supervisor") == std::vector<std::string>{"Could not clear childlog dir"});
}
