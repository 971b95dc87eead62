// What the head of a request says, part of session.cpp: from Beast's fields to ours.  Does not know the connection that it
// came by, and decides nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include "common/api/log_stream.hpp"
#include "common/base/text.hpp"
#include "supervisord/web/message.hpp"
#include "supervisord/web/router.hpp"

namespace web {

using Fields = boost::beast::http::fields;

/// By the name or the number of the field.
template <class Name>
std::optional<std::string> field(const Fields& fields, Name name) {
    const auto found = fields.find(name);
    if (found == fields.end()) return std::nullopt;
    return std::string(found->value());
}

inline bool has_cookie(const Fields& fields) {
    for (const auto& line : fields)
        if (line.name() == boost::beast::http::field::cookie)
            for (const std::string_view cookie : base::split(std::string_view(line.value().data(), line.value().size()), ';'))
                if (base::strip(cookie) == page_cookie) return true;
    return false;
}

/// Every browser sends a language, and its pages can at most change it.  What begins with Sec- they cannot set at all, and
/// browsers send it all or not: who has a mode and no site only has a fetch() like theirs, as Node has.
inline bool is_of_browser(const Fields& fields) {
    using boost::beast::http::field;
    if (fields[field::user_agent].starts_with("Mozilla/")) return true;
    const bool is_fetch_alone = fields.count("Sec-Fetch-Mode") > 0 && fields.count("Sec-Fetch-Site") == 0;
    return fields.count(field::accept_language) > 0 && !is_fetch_alone;
}

template <class Message>
Head read_head(const Message& message) {
    namespace http = boost::beast::http;
    Head head;
    head.method = std::string(message.method_string());
    head.target = std::string(message.target());
    head.minor = message.version() == 10 ? 0 : 1;
    head.authorization = field(message, http::field::authorization);
    head.origin = field(message, http::field::origin);
    head.host = field(message, http::field::host);
    head.fetch_site = field(message, "Sec-Fetch-Site");
    head.is_of_browser = is_of_browser(message);
    head.is_of_our_page = has_cookie(message);
    head.if_modified_since = field(message, http::field::if_modified_since);
    head.log_position = field(message, api::log_position_header);
    return head;
}

}  // namespace web
