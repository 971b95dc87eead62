// Basic authentication of a server section (compat/rpc.md, section 1.4).  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/config/model.hpp"

namespace web {

enum class Verdict {
    welcome,
    unauthorized,
    malformed,
    costly,  // it takes a hash of crypt(3) to tell: passwords.hpp
};

struct Look {
    Verdict verdict = Verdict::welcome;
    // Of a costly one: welcome when the password is right, and the name was.  The hash is made for a wrong name too, so
    // that the time does not tell.
    std::string password = {};
    bool right_name = false;
};

/// A section without a username lets everybody in.  Takes the same time however much of a password is right.
[[nodiscard]] Look look_at(const config::Server& server, const std::optional<std::string>& authorization);

/// Without a branch that depends on the secret.
[[nodiscard]] bool is_same(std::string_view given, std::string_view secret);
[[nodiscard]] std::string sha1_hex(std::string_view text);

}  // namespace web
