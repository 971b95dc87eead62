// The keeper: parent of every program, holder of their pipes and of the listening sockets, starter of the controller.
// One thread, one poll loop.  Takes memory only for a launch, never waits for anybody, writes nothing but the pidfile:
// what it has to say goes into the table and to the controller, which logs it.
#pragma once

#include <span>

namespace keeper {

/// The process's role from here on: finds its Boot on boot_fd, ends with the code that is returned.  `arguments` are
/// those of supervisord as the user gave them, without argv[0]; controllers are started as
/// `supervisord --controller [--rebuild] arguments...` with an empty signal mask and SIGPIPE, SIGTTIN, SIGTTOU, SIGHUP ignored,
/// in a process group of their own.
[[nodiscard]] int run(std::span<char* const> arguments);

}  // namespace keeper
