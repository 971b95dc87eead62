// What keeps a supervisord from beginning with the table that is in a runtime directory, for the launcher, which can still
// say it to somebody, and for the keeper.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

namespace keeper {

/// Whether a supervisord has left a table there, or has one; of ours, in a directory that is closed to others.
[[nodiscard]] bool has_table(const std::string& directory);

/// Whether that table is of this keeper, and a controller of it has worked.
[[nodiscard]] bool works(const std::string& directory, pid_t keeper);

/// Whether that table is of a supervisord that lives and has none of these servers, named as they are held: one that has no
/// more than its pidfile in common with us.  Changes nothing.
[[nodiscard]] bool is_of_another(const std::string& directory, std::span<const std::string> servers);

/// A supervisord that lives and has the programs, or programs in a table of another version that we cannot read; "": none.
/// Changes nothing.
[[nodiscard]] std::string find_obstacle(const std::string& directory);

/// Whoever has the table and has had SIGKILL has it, and its sockets, until the kernel is done with all of its threads and
/// descriptors; so has a child of his, until it executes its program.  Waits for that, for up to 3 seconds.  Returns at once
/// when one of them lives on, or there is none.
void await_killed(const std::string& directory);

}  // namespace keeper
