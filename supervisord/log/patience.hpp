// PURE.  What to do with a log that takes no bytes: wait a little with the child's pipe as the buffer, then rather lose
// bytes than hold up the child for ever, and go on as before when it takes bytes again.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/clock.hpp"

namespace logs {

/// How long a child is held up by a full or broken disk, and by a reader of a FIFO or terminal that does not read.
inline constexpr std::chrono::milliseconds patience_with_disk{1000};
inline constexpr std::chrono::milliseconds patience_with_reader{10000};
/// Between two attempts: a reader may be ready at once, a disk hardly.
inline constexpr std::chrono::milliseconds first_pause{1}, longest_pause{50};

class Patience {
public:
    /// An attempt went well, and all was written.
    void succeeded() { *this = Patience{}; }

    /// An attempt failed.  How long to wait for the next one; nothing: give up on these bytes.  progress: some were written.
    [[nodiscard]] std::optional<std::chrono::milliseconds> failed(int error, bool progress, base::Time now) {
        if (losing_) return std::nullopt;
        if (!since_ || progress) {
            since_ = now;
            pause_ = error == EAGAIN ? first_pause : longest_pause;
        }
        if (now - *since_ >= (error == EAGAIN ? patience_with_reader : patience_with_disk)) {
            losing_ = true;  // until an attempt succeeds: each batch would hold up the child anew
            return std::nullopt;
        }
        const auto pause = pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
        return pause;
    }

private:
    std::optional<base::Time> since_;
    std::chrono::milliseconds pause_ = first_pause;
    bool losing_ = false;
};

/// Something may be reported at most once a minute.
class Reports {
public:
    [[nodiscard]] bool may(base::Time now) {
        if (last_ && now - *last_ < std::chrono::minutes(1)) return false;
        last_ = now;
        return true;
    }

private:
    std::optional<base::Time> last_;
};

}  // namespace logs
