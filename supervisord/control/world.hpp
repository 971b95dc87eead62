// What all runners share: the loop, the keeper, the logs, the notes.  Made once by the controller; outlives them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "supervisord/control/accounts.hpp"
#include "supervisord/control/cgroup.hpp"
#include "supervisord/control/events.hpp"
#include "supervisord/control/leavings.hpp"
#include "supervisord/control/link.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/control/notes.hpp"
#include "supervisord/control/shared_sockets.hpp"
#include "supervisord/control/tap.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/control/turnstile.hpp"
#include "supervisord/log/activity.hpp"
#include "supervisord/log/files.hpp"
#include "supervisord/log/journal.hpp"
#include "supervisord/log/staging.hpp"

namespace control {

class Runner;

struct World {
    Loop& loop;
    Link& link;
    logs::Activity& activity;
    logs::Files& files;
    logs::Journal& journal;
    Notes& notes;
    Turnstile& launches;
    Accounts& accounts;
    Events& events;
    SharedSockets& sockets;
    Leavings& leavings;
    logs::Staging& staging;

    config::Environment environment;  // of supervisord, for programs
    config::Settings settings;        // active ones
    std::string serverurl;            // SUPERVISOR_SERVER_URL where a program has none of its own; empty: not set
    std::function<void(Runner&)> changed;  // after each step of a runner that changed its state

    /// Where leaves are made for killmode=tree; "" where there can be none, which is logged once.
    [[nodiscard]] const std::string& cgroups();
    std::optional<CgroupPlace> cgroup_place = {};  // once it was asked for
    LargerPipes larger_pipes = {};
    Processes processes = {};  // as trees have seen them
    /// What those before us have left, but for cgroups of these names.
    void tidy_cgroups(const std::set<std::string>& in_use) const;
    /// At the end of supervisord, when nothing runs any more.
    void remove_cgroups() const;
};

}  // namespace control
