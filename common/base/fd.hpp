// Descriptors and files.  An Fd owns its descriptor, which is closed on exec from birth.  Does not wait and does not
// buffer.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.hpp"

namespace base {

class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    void reset();

private:
    int number_ = -1;
};

struct Pipe {
    Fd read, write;
};
/// Both ends blocking.  On failure errno stands.
[[nodiscard]] bool make_pipe(Pipe& pipe);
/// The pipe of an end, open for both directions; flags: as for open(2).  None without /proc.
[[nodiscard]] Fd open_both_ways(const Fd& end, int flags = 0);
/// What stands in a pipe; nothing when it cannot be told.
[[nodiscard]] std::optional<std::size_t> bytes_in(int pipe);

void set_nonblocking(int fd);
void set_close_on_exec(int fd, bool on);

/// For the beginning of a program: standard input, output and error that are closed become /dev/null.  Else what is opened
/// next would get their numbers, and be read and written in their place.
void fill_standard_descriptors();

/// Whether so many more could be opened now.
[[nodiscard]] bool has_room_for(std::size_t descriptors);

/// "ENOENT"; the number in digits when it has no name.
[[nodiscard]] std::string errno_name(int number);
/// "No such file or directory", as the C library says it.
[[nodiscard]] std::string errno_text(int number);

/// open(2) with O_CLOEXEC; the error reads "cannot open PATH: REASON".
[[nodiscard]] Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0666);
/// A whole regular file, up to limit bytes; more is an error, as is anything that is no regular file.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);
/// Loops over short writes and EINTR.  False: errno stands.  For blocking descriptors.
[[nodiscard]] bool write_all(int fd, std::string_view bytes);

/// Whether there is a directory of that name, or a link to one.
[[nodiscard]] bool is_directory(const std::string& path);
/// Directory part of a path as Python's os.path.dirname gives it ("" when there is no slash).
[[nodiscard]] std::string directory_of(std::string_view path);
/// "DIRECTORY/NAME"; the name alone when the directory is "".
[[nodiscard]] std::string path_in(std::string_view directory, std::string_view name);
/// Absolute against cwd, and normalised as os.path.abspath does: no "//" (but two in front), "." or "..".
[[nodiscard]] std::string absolute_path(std::string_view path, std::string_view cwd);
[[nodiscard]] std::string current_directory();

}  // namespace base
