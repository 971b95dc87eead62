#include "common/base/users.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "common/base/text.hpp"

namespace base {

namespace {
constexpr std::size_t longest_entry = 1 << 20;

User from_entry(const passwd& entry) { return {entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir}; }
}  // namespace

Result<User> find_user(uid_t uid) {
    passwd entry{};
    passwd* found = nullptr;
    std::string texts(1024, '\0');
    while (::getpwuid_r(uid, &entry, texts.data(), texts.size(), &found) == ERANGE && texts.size() < longest_entry)
        texts.resize(2 * texts.size());
    if (!found) return Error{concat("Invalid user id ", uid)};
    return from_entry(entry);
}

Result<User> find_user(std::string_view text) {
    if (const auto number = parse_int(text)) {
        const passwd* entry = ::getpwuid(static_cast<uid_t>(*number));
        if (!entry || *number < 0 || *number > 0xfffffffe) return Error{concat("Invalid user id ", text)};
        return from_entry(*entry);
    }
    if (is_int(text)) return Error{concat("Invalid user id ", text)};
    const passwd* entry = ::getpwnam(std::string(text).c_str());
    if (!entry) return Error{concat("Invalid user name ", text)};
    return from_entry(*entry);
}

Result<gid_t> find_group(std::string_view text) {
    const auto number = parse_int(text);
    const group* entry = number ? ::getgrgid(static_cast<gid_t>(*number)) : ::getgrnam(std::string(text).c_str());
    const bool beyond = number && (*number < 0 || *number > 0xfffffffe);
    if (!entry || beyond) return Error{concat("Invalid group ", number ? "id " : "name ", text)};
    return entry->gr_gid;
}

std::vector<gid_t> groups_of(const User& user) {
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

std::string expand_home(std::string_view path) {
    if (!path.starts_with('~')) return std::string(path);
    const auto slash = path.find('/');
    const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash);
    const std::string name(path.substr(1, slash == std::string_view::npos ? slash : slash - 1));
    std::string home;
    if (!name.empty()) {
        const passwd* entry = ::getpwnam(name.c_str());
        if (!entry) return std::string(path);
        home = entry->pw_dir;
    } else if (const char* variable = std::getenv("HOME")) {
        home = variable;
    } else if (const auto user = find_user(::getuid())) {
        home = user->home;
    } else {
        return std::string(path);
    }
    while (home.ends_with('/')) home.pop_back();
    home += rest;
    return home.empty() ? "/" : home;
}

}  // namespace base
