#include "supervisord/parts.hpp"

namespace control_role {

namespace {

logs::ActivitySettings activity_settings(const config::Settings& settings, bool daemonized) {
    logs::ActivitySettings out;
    out.path = settings.logfile;
    out.limits = {settings.logfile_maxbytes, settings.logfile_backups};
    out.level = settings.loglevel;
    out.echo = !daemonized && !settings.silent;
    return out;
}

/// How far writes came when their controller died; first, for the staging is used again then.
logs::Recovered finish_what_was_begun(Stores& stores, const logs::Staging& staging, logs::Files& files) {
    stores.notes.settle_staged(staging.left());
    return stores.journal.recover(files);
}

}  // namespace

Parts::Parts(const Ground& ground, Stores its_stores, Upgrade::Surroundings of_upgrade, control::Daemon::Surroundings of_daemon)
    : stores(std::move(its_stores)),
      staging(held(ground.snapshot, logs::Staging::held_name),
              [&link = ground.link](int pipe) { link.hold(std::string(logs::Staging::held_name), pipe); }),
      files(&staging), recovered(finish_what_was_begun(stores, staging, files)),
      activity(files, activity_settings(ground.beginning.config.settings, ground.handover.daemonized)),
      launches(ground.loop), accounts(ground.loop), events(ground.loop, activity, std::move(stores.ledger)),
      sockets(ground.link, activity), leavings(ground.loop, ground.link), upgrade(ground.loop, ground.link, activity, std::move(of_upgrade)),
      world{ground.loop, ground.link, activity, files, stores.journal, stores.notes, launches, accounts, events, sockets, leavings, staging,
            environment_for_programs(stores.notes), ground.beginning.config.settings, ground.beginning.config.serverurl.value_or(""), {}},
      daemon(world, std::move(of_daemon), std::move(ground.beginning.chronicle)), server(ground.loop, daemon, files) {}

}  // namespace control_role
