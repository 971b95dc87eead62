// What the answers to one request may weigh together: each alone has limits of its own, and there may be thousands.
// The answer that goes beyond is dropped, and calls after it are not made; a fault says so in the place of each.
#pragma once

#include <cstddef>

#include "common/api/faults.hpp"
#include "supervisord/rpc/registry.hpp"

namespace rpc {

class Budget {
public:
    static constexpr std::size_t limit = 64 * 1024 * 1024;  // bytes
    static constexpr std::size_t heavy = 64 * 1024;         // bytes: who has taken so much lets others have their turn

    [[nodiscard]] bool is_spent() const { return left_ == 0; }
    /// The answer itself, or the fault in its place.  heavy: somebody else's turn.
    [[nodiscard]] Answer take(Answer answer, bool& heavy);
    [[nodiscard]] static api::Refusal refusal();

private:
    std::size_t left_ = limit;
};

}  // namespace rpc
