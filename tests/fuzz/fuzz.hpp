// What the fuzzers share.  A fuzzer is one function over bytes that anybody may have written: it calls what the project
// reads such bytes with, and says what must hold besides that nothing crashes.  Does not know what is fuzzed.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "common/base/fd.hpp"

namespace fuzz {

/// Ends the process as a crash does, so that the input is kept.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// An input that is cut into values; where it ends there are zeros.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    template <class Number>
    [[nodiscard]] Number number() {
        Number number{};
        const std::string_view bytes = take(sizeof number);
        std::memcpy(&number, bytes.data(), bytes.size());
        return number;
    }
    [[nodiscard]] std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    /// With its length, of one byte, in front.
    [[nodiscard]] std::string_view text() { return take(number<std::uint8_t>()); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool is_done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// A file in memory.
inline base::Fd file_of(std::string_view bytes) {
    base::Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
    must(fd && ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "there is memory for a file");
    return fd;
}

/// Writes over parts of a memory what the input says: places and bytes, until it ends.
inline void spoil(char* memory, std::size_t size, Input& input) {
    while (!input.is_done()) {
        const std::size_t at = input.number<std::uint32_t>() % size;
        const std::string_view bytes = input.text();
        std::memcpy(memory + at, bytes.data(), std::min(bytes.size(), size - at));
    }
}

/// A directory of this process, which is where it then is.
inline const std::string& own_directory() {
    static const std::string directory = [] {
        char name[] = "/tmp/fuzz-XXXXXX";
        must(::mkdtemp(name) && ::chdir(name) == 0, "there is a directory");
        static std::string made = name;
        std::atexit([] { must(std::system(("rm -rf " + made).c_str()) == 0, "the directory is gone"); });
        return made;
    }();
    return directory;
}

}  // namespace fuzz
