// What a method answers with.  A method that knows its answer returns it; one that has to wait takes a Reply and calls
// it once, when it knows.  Neither sees JSON or XML.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "common/api/faults.hpp"

namespace rpc {

template <class T>
using Returned = std::variant<T, api::Refusal>;

template <class T>
class Reply {
public:
    using Send = std::function<void(Returned<T>)>;
    explicit Reply(Send send) : send_(std::move(send)) {}

    void operator()(T result) const { send_(Returned<T>(std::in_place_index<0>, std::move(result))); }
    void refuse(api::Refusal refusal) const { send_(Returned<T>(std::in_place_index<1>, std::move(refusal))); }
    void refuse(api::Fault fault, std::string detail = {}) const { refuse(api::Refusal{fault, std::move(detail)}); }

private:
    Send send_;
};

}  // namespace rpc
