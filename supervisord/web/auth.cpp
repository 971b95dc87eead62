#include "supervisord/web/auth.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "supervisord/web/passwords.hpp"

namespace web {

namespace {

constexpr std::string_view sha_prefix = "{SHA}";

}  // namespace

std::string sha1_hex(std::string_view text) {
    boost::uuids::detail::sha1 sha1;
    sha1.process_bytes(text.data(), text.size());
    boost::uuids::detail::sha1::digest_type words;
    sha1.get_digest(words);
    std::string out;
    for (const unsigned int word : words)
        for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[word >> shift & 15];
    return out;
}

bool is_same(std::string_view given, std::string_view secret) {
    unsigned difference = given.size() == secret.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(expected);
    }
    return difference == 0;
}

namespace {

bool is_password(std::string_view given, std::string_view stored) {
    if (stored.starts_with(sha_prefix)) return is_same(sha1_hex(given), stored.substr(sha_prefix.size()));
    return is_same(given, stored);
}

}  // namespace

Look look_at(const config::Server& server, const std::optional<std::string>& authorization) {
    if (!server.username) return {Verdict::welcome};
    if (!authorization || !server.password) return {Verdict::unauthorized};
    const std::string_view text = base::strip(*authorization);
    const auto blank = text.find(' ');
    if (base::lower(text.substr(0, blank)) != "basic" || blank == std::string_view::npos) return {Verdict::unauthorized};

    const std::optional<std::string> decoded = base::from_base64(text.substr(blank));
    if (!decoded) return {Verdict::malformed};
    const std::string_view credentials = *decoded;
    const auto colon = credentials.find(':');
    if (colon == std::string_view::npos) return {Verdict::unauthorized};
    const bool right_name = is_same(credentials.substr(0, colon), *server.username);
    const std::string_view password = credentials.substr(colon + 1);
    if (is_crypt(*server.password)) return {Verdict::costly, std::string(password), right_name};
    const bool right_password = is_password(password, *server.password);
    return {right_name && right_password ? Verdict::welcome : Verdict::unauthorized};
}

}  // namespace web
