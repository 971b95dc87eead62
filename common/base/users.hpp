// Users and groups of the system's database.  May ask a slow name service: not for the keeper.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace base {

struct User {
    uid_t uid = 0;
    gid_t gid = 0;  // primary
    std::string name;
    std::string home;
};

/// By number when the text is one, else by name; compat/config.md, section 5.6 ("Invalid user name nosuch").
[[nodiscard]] Result<User> find_user(std::string_view text);
[[nodiscard]] Result<User> find_user(uid_t uid);  // from any thread
/// By number when the text is one, else by name.
[[nodiscard]] Result<gid_t> find_group(std::string_view text);
/// The primary group first, then every group that lists the user (getgrouplist).  From any thread.
[[nodiscard]] std::vector<gid_t> groups_of(const User& user);

/// "~" and "~user" at the beginning, as os.path.expanduser; unknown users leave the text as it is.
[[nodiscard]] std::string expand_home(std::string_view path);

}  // namespace base
