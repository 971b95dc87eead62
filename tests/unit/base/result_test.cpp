#include "common/base/result.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace {
base::Result<int> half(int number) {
    if (number % 2 != 0) return base::Error{"cannot halve it"};
    return number / 2;
}
base::Result<void> check(bool fine) {
    if (!fine) return base::Error{"not fine"};
    return {};
}
}  // namespace

TEST_CASE("a result is a value or the reason why there is none") {
    CHECK(half(4).has_value());
    CHECK(*half(4) == 2);
    CHECK_FALSE(half(3).has_value());
    CHECK(half(3).error() == "cannot halve it");
    CHECK(check(true).has_value());
    CHECK_FALSE(static_cast<bool>(check(false)));
    CHECK(check(false).error() == "not fine");
}

TEST_CASE("a result of text is not confused with its error") {
    const base::Result<std::string> value = std::string("text");
    const base::Result<std::string> none = base::Error{"text"};
    CHECK(value.has_value());
    CHECK_FALSE(none.has_value());
}

TEST_CASE("a value that can only be moved is moved out") {
    base::Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> out = std::move(result.value());
    CHECK(*out == 7);
}
