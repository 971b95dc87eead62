// CAPTURE for a structured binding, which a lambda of clang 14 cannot capture.
#pragma once

#include <doctest/doctest.h>

#define CAPTURE_BINDING(name)          \
    const auto& name##_bound = (name); \
    CAPTURE(name##_bound)
