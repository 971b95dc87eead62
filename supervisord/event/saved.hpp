// Numbers and texts in a row, as text and back; for what is saved from one controller to the next.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace event {

class Writer {
public:
    void number(std::uint64_t number) { (out_ += std::to_string(number)) += ' '; }
    void text(std::string_view text) {
        number(text.size());
        out_ += text;
    }
    [[nodiscard]] std::string take() && { return std::move(out_); }

private:
    std::string out_;
};

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// 0 when it is none; good() tells.
    [[nodiscard]] std::uint64_t number() {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        const auto size = static_cast<std::size_t>(end - rest_.data());
        good_ = good_ && error == std::errc{} && size < rest_.size() && rest_[size] == ' ';
        rest_.remove_prefix(good_ ? size + 1 : rest_.size());
        return good_ ? number : 0;
    }
    [[nodiscard]] std::string_view text() {
        const std::uint64_t size = number();
        good_ = good_ && size <= rest_.size();
        const std::string_view text = rest_.substr(0, good_ ? size : 0);
        rest_.remove_prefix(good_ ? size : rest_.size());
        return text;
    }
    [[nodiscard]] bool good() const { return good_; }
    /// All was read, and all was well.
    [[nodiscard]] bool is_done() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

}  // namespace event
