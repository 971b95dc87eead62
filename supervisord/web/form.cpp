#include "supervisord/web/form.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "supervisord/web/message.hpp"

namespace web {

namespace {

std::string decoded(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    return base::to_utf8(percent_decoded(plain));
}

std::string_view query_of(std::string_view target) {
    target = target.substr(0, target.find('#'));
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// Calls with each name and its value, that has one.
template <class Take>
void each_field(std::string_view text, Take take) {
    for (const std::string_view field : base::split(text, '&')) {
        const auto equals = field.find('=');
        if (equals == std::string_view::npos || equals + 1 == field.size()) continue;
        take(decoded(field.substr(0, equals)), decoded(field.substr(equals + 1)));
    }
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.-~/").find(c) != std::string_view::npos;
}

}  // namespace

Form::Form(std::string_view target, std::string_view body) {
    each_field(query_of(target), [this](std::string name, std::string value) {
        values_.try_emplace(std::move(name), std::move(value));
    });
    each_field(body, [this](std::string name, std::string value) { values_.insert_or_assign(std::move(name), std::move(value)); });
}

std::string Form::get(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_plain(c)) out += c;
        else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace web
