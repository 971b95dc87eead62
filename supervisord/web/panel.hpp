// What the pages show, and what their links do (compat/webui.md).  Answers once, at once or, when an action takes time,
// when that is done.  Does not know HTML (pages.hpp), nor who may ask (router.hpp).
#pragma once

#include <functional>

#include "supervisord/control/supervisor.hpp"
#include "supervisord/web/form.hpp"
#include "supervisord/web/message.hpp"

namespace web {

using Respond = std::function<void(Response)>;

/// The status page, or what an action leads to: the way back to it, with a message.
void answer_status(control::Supervisor& supervisor, const Form& form, const Respond& respond);
[[nodiscard]] Response tail_response(control::Supervisor& supervisor, const Form& form);

}  // namespace web
