// The pages that people see in a browser, as text (compat/webui.md).  All that is put into them is escaped here.  Pure;
// what the links of the pages do is panel.hpp's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/api/states.hpp"

namespace web {

/// A process in the table.
struct Row {
    std::string name;  // "process" or "group:process"
    api::State state = api::State::stopped;
    std::string description;
};

/// message: what came of the last action; empty: nothing is shown.
[[nodiscard]] std::string status_page(const std::vector<Row>& rows, std::string_view message);

/// text: the end of the log, or why there is none.  limit: how much of it, for the link to look again.  Without a name
/// there is nothing to look at again.
[[nodiscard]] std::string tail_page(std::string_view name, std::string_view text, std::size_t limit);

[[nodiscard]] std::string_view stylesheet();

}  // namespace web
