#include "common/config/wildcards.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <utility>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/utf8.hpp"

namespace config {

namespace {

using Points = std::u32string_view;

/// The characters; a byte that belongs to none, as names of files may have, is one of its own that no character is.
std::u32string characters_of(std::string_view text) {
    if (base::is_utf8(text)) return code_points(text);
    std::u32string out;
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < 4 && size < text.size() && !base::is_utf8(text.substr(0, size))) ++size;
        const bool is_one = base::is_utf8(text.substr(0, size));
        if (is_one) out += code_points(text.substr(0, size));
        else out += static_cast<char32_t>(0xDC00 + static_cast<unsigned char>(text.front()));
        text.remove_prefix(is_one ? size : 1);
    }
    return out;
}

/// Behind the bracket that closes what begins at a bracket; 0: it is one like any other character.
std::size_t end_of_set(Points pattern, std::size_t from) {
    std::size_t at = from + 1;
    if (at < pattern.size() && pattern[at] == '!') ++at;
    if (at < pattern.size() && pattern[at] == ']') ++at;
    const auto end = pattern.find(U']', at);
    return end == Points::npos ? 0 : end + 1;
}

/// set: what is between the brackets.
bool is_in_set(Points set, char32_t character) {
    const bool inverted = set.starts_with(U'!');
    if (inverted) set.remove_prefix(1);
    bool found = false;
    for (std::size_t at = 0; at < set.size();) {
        const bool is_range = at + 2 < set.size() && set[at + 1] == '-';
        found = found || (character >= set[at] && character <= set[is_range ? at + 2 : at]);
        at += is_range ? 3 : 1;
    }
    return found != inverted;
}

/// Whether one character fits what stands at a place, which is no star; and where that ends.
std::pair<bool, std::size_t> fits_one(Points pattern, std::size_t at, char32_t character) {
    if (pattern[at] == '?') return {true, at + 1};
    if (pattern[at] == '[')
        if (const auto end = end_of_set(pattern, at)) return {is_in_set(pattern.substr(at + 1, end - at - 2), character), end};
    return {pattern[at] == character, at + 1};
}

bool fits(Points pattern, Points name) {
    std::size_t at = 0, here = 0;
    std::size_t star = Points::npos, from = 0;  // the last star, and where in the name that begins which it does not take
    while (here < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            from = here;
            continue;
        }
        if (at < pattern.size()) {
            const auto [fit, next] = fits_one(pattern, at, name[here]);
            if (fit) {
                at = next;
                ++here;
                continue;
            }
        }
        if (star == Points::npos) return false;
        at = star + 1;
        here = ++from;
    }
    return pattern.find_first_not_of(U'*', at) == Points::npos;
}

bool is_there(const std::string& path) {
    struct stat facts{};
    return ::lstat(path.c_str(), &facts) == 0;
}

std::vector<std::string> names_in(const std::string& directory, std::string_view pattern) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.empty() ? "." : directory.c_str()), ::closedir);
    if (!open) return names;
    const std::u32string wanted = characters_of(pattern);
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == ".." || (name.starts_with('.') && !pattern.starts_with('.'))) continue;
        if (fits(wanted, characters_of(name))) names.emplace_back(name);
    }
    return names;
}

/// Every step takes off a slash, so a pattern of PATH_MAX has as many at most.
std::vector<std::string> expanded(std::string_view pattern) {
    const auto slash = pattern.rfind('/');
    const std::string_view last = pattern.substr(slash + 1);  // npos + 1 is 0
    std::string_view directory = pattern.substr(0, slash == std::string_view::npos ? 0 : slash);
    while (directory.ends_with('/')) directory.remove_suffix(1);
    if (slash != std::string_view::npos && directory.empty()) directory = pattern.substr(0, slash + 1);

    const std::vector<std::string> directories =
        has_wildcards(directory) ? expanded(directory) : std::vector{std::string(directory)};
    std::vector<std::string> paths;
    for (const auto& each : directories) {
        if (has_wildcards(last)) {
            for (const auto& name : names_in(each, last)) paths.push_back(base::path_in(each, name));
        } else if (last.empty() ? base::is_directory(each) : is_there(base::path_in(each, last))) {
            paths.push_back(base::path_in(each, last));
        }
    }
    return paths;
}

}  // namespace

bool has_wildcards(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool fits(std::string_view pattern, std::string_view name) { return fits(characters_of(pattern), characters_of(name)); }

std::vector<std::string> find_paths(std::string_view pattern) {
    if (pattern.size() > PATH_MAX) return {};
    if (!has_wildcards(pattern)) return is_there(std::string(pattern)) ? std::vector{std::string(pattern)} : std::vector<std::string>{};
    std::vector<std::string> paths = expanded(pattern);
    std::ranges::sort(paths);
    return paths;
}

}  // namespace config
