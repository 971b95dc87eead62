// What works together in a controller from its beginning to its end, made in the order in which it needs one another.
#pragma once

#include "supervisord/beginning.hpp"
#include "supervisord/control/daemon.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/upgrade.hpp"
#include "supervisord/web/server.hpp"

namespace control_role {

struct Parts {
    /// What is there before; outlives the parts, but for what the chronicle of the beginning holds, which is taken.
    struct Ground {
        control::Loop& loop;
        control::Link& link;
        const keeper::Snapshot& snapshot;
        const launch::Handover& handover;
        Beginning& beginning;
    };
    Parts(const Ground& ground, Stores its_stores, Upgrade::Surroundings of_upgrade, control::Daemon::Surroundings of_daemon);

    Stores stores;
    logs::Staging staging;
    logs::Files files;
    logs::Recovered recovered;
    logs::Activity activity;
    control::Turnstile launches;
    control::Accounts accounts;
    control::Events events;
    control::SharedSockets sockets;
    control::Leavings leavings;
    Upgrade upgrade;
    control::World world;
    control::Daemon daemon;
    web::HttpServer server;
};

}  // namespace control_role
