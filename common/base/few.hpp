// A list of at most so many, in place: what rows of tables hold, so that a table costs no code that builds it.
#pragma once

#include <cstddef>
#include <initializer_list>

namespace base {

template <class T, std::size_t most>
class Few {
public:
    constexpr Few() = default;
    /// More than there is room for does not compile in a constant, and throws elsewhere.
    constexpr Few(std::initializer_list<T> elements) {
        for (const T& element : elements) push_back(element);
    }

    constexpr void push_back(T element) {
        if (size_ == most) throw "more elements than there is room for";
        elements_[size_++] = element;
    }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr const T* begin() const { return elements_; }
    [[nodiscard]] constexpr const T* end() const { return elements_ + size_; }
    [[nodiscard]] constexpr const T& operator[](std::size_t index) const { return elements_[index]; }

private:
    T elements_[most] = {};
    std::size_t size_ = 0;
};

}  // namespace base
