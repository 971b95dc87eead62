// The functions behind the table of commands.cpp, one file for each family.
#pragma once

#include "supervisorctl/commands.hpp"

namespace supervisorctl {

// status_commands.cpp
void status(Session&, const Arguments&);
void pid(Session&, const Arguments&);

// process_commands.cpp
void start(Session&, const Arguments&);
void stop(Session&, const Arguments&);
void restart(Session&, const Arguments&);
void serial_restart(Session&, const Arguments&);
void quick_start(Session&, const Arguments&);
void quick_stop(Session&, const Arguments&);
void quick_restart(Session&, const Arguments&);
void signal(Session&, const Arguments&);
void clear(Session&, const Arguments&);

// log_commands.cpp
void tail(Session&, const Arguments&);
void maintail(Session&, const Arguments&);

// foreground.cpp
void fg(Session&, const Arguments&);

// configuration_commands.cpp
void avail(Session&, const Arguments&);
void reread(Session&, const Arguments&);
void update(Session&, const Arguments&);
void add(Session&, const Arguments&);
void remove(Session&, const Arguments&);

// server_commands.cpp
void version(Session&, const Arguments&);
void reload(Session&, const Arguments&);
void upgrade(Session&, const Arguments&);
void shutdown(Session&, const Arguments&);
void open(Session&, const Arguments&);

// shell_commands.cpp
void help(Session&, const Arguments&);
void leave(Session&, const Arguments&);

// check_command.cpp
void check(Session&, const Arguments&);

}  // namespace supervisorctl
