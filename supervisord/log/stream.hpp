// A stream: one of the two outputs of one process, by name.  What the parts of this folder call it, in memory, in the
// journal and in messages.
#pragma once

#include <string>
#include <string_view>

namespace logs {

enum class Channel { out, err };

[[nodiscard]] constexpr std::string_view name(Channel channel) { return channel == Channel::out ? "stdout" : "stderr"; }

struct Stream {
    std::string group;
    std::string process;
    Channel channel = Channel::out;

    bool operator==(const Stream&) const = default;
};

}  // namespace logs
