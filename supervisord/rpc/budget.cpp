#include "supervisord/rpc/budget.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"

namespace rpc {

namespace {

/// About what it takes in memory and on the wire, in bytes.
std::size_t weight(const Value& value) {
    constexpr std::size_t least = 16;
    if (value.is_string()) return least + value.get_ref<const std::string&>().size();
    std::size_t sum = least;
    if (value.is_structured())
        for (const auto& [key, part] : value.items()) sum += (value.is_object() ? key.size() : 0) + weight(part);
    return sum;
}

}  // namespace

Answer Budget::take(Answer answer, bool& is_heavy) {
    const auto* value = std::get_if<0>(&answer);
    const std::size_t taken = value ? weight(*value) : 0;
    is_heavy = taken > heavy;
    const bool first = left_ == limit;  // alone it has the limit of its method
    if (taken > left_ && !first) {
        left_ = 0;
        return Answer(std::in_place_index<1>, refusal());
    }
    left_ -= std::min(left_, taken);
    return answer;
}

api::Refusal Budget::refusal() {
    return {api::Fault::failed, base::concat("the answers to one request are limited to ", limit / 1024 / 1024,
                                             " MiB together; ask for less, or in several requests")};
}

}  // namespace rpc
