#include "common/api/version.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

std::string get_api_version(Supervisor&) { return std::string(api::api_version); }

std::string get_supervisor_version(Supervisor&) { return std::string(api::supervisor_version); }

BuildInfo get_build_info(Supervisor&) { return {api::build()}; }

std::string get_identification(Supervisor& supervisor) { return supervisor.identifier(); }

SupervisorState get_state(Supervisor& supervisor) {
    const api::Mood mood = supervisor.mood();
    return {static_cast<int>(mood), std::string(api::name(mood))};
}

std::int64_t get_pid(Supervisor& supervisor) { return supervisor.pid(); }

bool shut_down(Supervisor& supervisor) {
    supervisor.shutdown();
    return true;
}

Returned<bool> restart(Supervisor& supervisor) {
    if (control::Outcome outcome = supervisor.restart()) return *std::move(outcome);
    return true;
}

void upgrade(Supervisor& supervisor, Reply<bool> reply) {
    supervisor.upgrade([reply](control::Outcome outcome) {
        if (outcome) return reply.refuse(*std::move(outcome));
        reply(true);
    });
}

UpgradeInfo get_upgrade_info(Supervisor& supervisor) {
    auto info = supervisor.upgrade_info();
    return {std::move(info.statename), std::move(info.description)};
}

bool send_remote_event(Supervisor& supervisor, const Scalar& type, const Scalar& data) {
    supervisor.send_remote_event(python_text(type), python_text(data));
    return true;
}

}  // namespace rpc
