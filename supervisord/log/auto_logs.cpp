#include "supervisord/log/auto_logs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <tuple>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"

namespace logs {

namespace {

constexpr std::string_view random_letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
constexpr int attempts = 100;

AutoLetters draw_letters() {
    std::array<unsigned char, AutoLetters{}.size()> lots{};
    std::ignore = ::getrandom(lots.data(), lots.size(), 0);
    AutoLetters letters{};
    for (std::size_t at = 0; at < lots.size(); ++at) letters[at] = random_letters[lots[at] % random_letters.size()];
    return letters;
}

/// Absolute, and without `//` even when the directory ends in a slash.
std::string path_in(const std::string& directory, std::string_view file_name) {
    return base::absolute_path(base::concat(directory, '/', file_name), base::current_directory());
}

std::string path_of(const std::string& directory, std::string_view process, Channel channel, std::string_view identifier,
                    const AutoLetters& letters) {
    return path_in(directory, base::concat(process, '-', name(channel), "---", identifier, '-',
                                           std::string_view(letters.data(), letters.size()), ".log"));
}

bool consists_of(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

base::Result<AutoLog> create_auto_log(const std::string& directory, std::string_view process, Channel channel,
                                      std::string_view identifier) {
    for (int i = 0; i < attempts; ++i) {
        const AutoLetters letters = draw_letters();
        std::string path = path_of(directory, process, channel, identifier, letters);
        const base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (fd) return AutoLog{std::move(path), letters};
        if (errno != EEXIST) return base::Error{base::concat("cannot create ", path, ": ", base::errno_text(errno))};
    }
    return base::Error{base::concat("cannot create a log file in ", directory, ": all names are taken")};
}

std::optional<std::string> find_auto_log(const std::string& directory, std::string_view process, Channel channel,
                                         std::string_view identifier, const AutoLetters& letters) {
    if (!consists_of({letters.data(), letters.size()}, random_letters)) return std::nullopt;
    std::string path = path_of(directory, process, channel, identifier, letters);
    struct stat facts{};
    const bool is_ours = ::lstat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == ::geteuid() &&
                         facts.st_nlink == 1;  // else it may be a link that somebody has put there to another file of ours
    return is_ours ? std::optional(std::move(path)) : std::nullopt;
}

bool is_auto_log(std::string_view file_name, std::string_view identifier) {
    // From the end: [.N] .log <random>, which holds no dash; then what is fixed; then the process and its channel.
    if (const auto dot = file_name.rfind('.'); dot != std::string_view::npos && consists_of(file_name.substr(dot + 1), "0123456789"))
        file_name = file_name.substr(0, dot);
    if (!file_name.ends_with(".log")) return false;
    file_name.remove_suffix(4);
    const auto dash = file_name.rfind('-');
    if (dash == std::string_view::npos || !consists_of(file_name.substr(dash + 1), random_letters)) return false;
    file_name = file_name.substr(0, dash);
    for (const Channel channel : {Channel::out, Channel::err}) {
        const std::string ending = base::concat('-', name(channel), "---", identifier);
        if (file_name.size() > ending.size() && file_name.ends_with(ending)) return true;
    }
    return false;
}

std::vector<std::string> remove_auto_logs(const std::string& directory, std::string_view identifier) {
    const std::unique_ptr<DIR, CloseDirectory> entries(::opendir(directory.c_str()));
    if (!entries) return {"Could not clear childlog dir"};
    std::vector<std::string> warnings;
    while (const dirent* entry = ::readdir(entries.get())) {
        if (!is_auto_log(entry->d_name, identifier)) continue;
        const std::string path = path_in(directory, entry->d_name);
        struct stat facts{};
        if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) warnings.push_back(base::concat("Failed to clean up '", path, "'"));
    }
    return warnings;
}

}  // namespace logs
