// Result<T>: a value, or the reason why there is none.  For what a user or a peer can cause; what must not happen
// is an assert.  Does not carry error codes: who needs one returns a type of its own.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace base {

struct Error {
    std::string message;  // begins with what could not be done: "cannot open /x: Permission denied"
};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return content_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    [[nodiscard]] T& value() { return std::get<0>(content_); }
    [[nodiscard]] const T& value() const { return std::get<0>(content_); }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const std::string& error() const { return std::get<1>(content_).message; }

private:
    std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : message_(std::move(error.message)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return !failed_; }
    [[nodiscard]] const std::string& error() const { return message_; }

private:
    std::string message_;
    bool failed_ = false;
};

}  // namespace base
