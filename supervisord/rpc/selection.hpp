// Which processes a name means, in which order they are acted on, and the gathering of what becomes of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/control/supervisor.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/reply.hpp"

namespace rpc {

/// The process that a name means; nothing for unknown names and for groups.
[[nodiscard]] control::Process* find_process(Supervisor& supervisor, std::string_view name);
/// Whether a name means a whole group ("web:*", "web:"), known or not.
[[nodiscard]] bool names_group(std::string_view name);

/// Ascending by priority, equal ones as they stand in the configuration.
[[nodiscard]] std::vector<control::Process*> processes_of(control::Group& group);
/// Ascending by the priority of the group, then of the process.
[[nodiscard]] std::vector<control::Process*> all_processes(Supervisor& supervisor);
/// The same the other way round, as they are stopped (Q36); equal ones still as they stand in the configuration.
[[nodiscard]] std::vector<control::Process*> stop_order_of(control::Group& group);
[[nodiscard]] std::vector<control::Process*> stop_order(Supervisor& supervisor);

/// As Python prints it, which is how it has always looked in texts of faults and events.
[[nodiscard]] std::string python_text(const Scalar& scalar);

[[nodiscard]] ProcessResult result_of(std::string_view name, std::string_view group, const control::Outcome& outcome);

/// Faults about a process carry its name as the client wrote it.
[[nodiscard]] api::Refusal named(api::Refusal refusal, std::string_view name);

/// Does something to each process; answers with the results when the last one is known.  First those that Supervisor
/// knows before it comes to the next process, in the order of the processes, then the deferred ones as they came to be known.
using Deed = std::function<void(control::Process& process, control::WhenDone done)>;
using IsDeferred = std::function<bool(const control::Process& process)>;
void to_each(const std::vector<control::Process*>& processes, const Deed& deed, const IsDeferred& is_deferred,
             Reply<ProcessResults> reply);

/// A reply of results as one that may also be answered with true.
[[nodiscard]] Reply<ProcessResults> as_results(const Reply<TrueOrResults>& reply);
/// What answers a reply with true, or with the refusal, about a process that the client calls by a name.
[[nodiscard]] control::WhenDone as_true(const Reply<TrueOrResults>& reply, std::string_view name);

}  // namespace rpc
