// What the tests of logs share: a directory of their own, and files in it.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/base/fd.hpp"

namespace test {

class Directory {
public:
    Directory() {
        char name[] = "/tmp/logs-test-XXXXXX";
        REQUIRE(::mkdtemp(name));
        path_ = name;
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

inline std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) return "";
    std::string text(static_cast<std::size_t>(in.tellg()), '\0');
    in.seekg(0).read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

inline void write_file(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
inline void append(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary | std::ios::app) << text; }
inline bool exists(const std::string& path) { return std::filesystem::exists(std::filesystem::symlink_status(path)); }

inline ino_t inode(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

inline mode_t permissions(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777 : 0;
}

/// A pipe as control uses it.
inline base::Pipe make_pipe() {
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    return pipe;
}

}  // namespace test
