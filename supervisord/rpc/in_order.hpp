// Steps one after the other, each of which may end at once or later.  Steps that end at once do not nest, so that any
// number of them needs no more stack than one.
#pragma once

#include <cstddef>
#include <functional>

namespace rpc {

using Step = std::function<void(std::size_t number, std::function<void()> next)>;

/// Calls step(0, next), and after next() was called step(1, next), and so on; at the end done().  next is called once
/// for each step.
void in_order(std::size_t count, Step step, std::function<void()> done);

}  // namespace rpc
