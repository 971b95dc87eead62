// How to become a program: everything between fork and exec, in one piece of memory.  The controller builds it (names
// looked up, paths searched, the environment merged) and sends it as a sealed memfd; only the forked child opens it, so
// that a bad one costs one child.  Does not look anything up.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"

namespace keeper {

/// The controller's side.
struct Spec {
    std::string program;  // the file to execute; what is relative counts from `directory`, after the change
    std::vector<std::string> arguments;    // argv; [0] is the name in the message of a failed exec
    std::vector<std::string> environment;  // "NAME=value"
    std::string directory;                 // "": none
    std::optional<mode_t> umask;
    struct User {
        uid_t uid = 0;
        gid_t gid = 0;
        std::vector<gid_t> groups;  // gid first
        std::string problem;        // not "": it cannot be done, and why ("Can't find uid 1234")
    };
    std::optional<User> user;
    struct Limit {
        std::uint64_t soft = 0, hard = 0;
    };
    std::optional<Limit> nofile;  // else that of Boot
    std::string cgroup = {};  // the file whose writers become its members (cgroup.procs); "": stay in that of the keeper
    bool default_sigpipe = false;  // SIGPIPE and SIGXFSZ by default, not ignored as under Supervisor
};

/// A sealed memfd.
[[nodiscard]] base::Result<base::Fd> write_spec(const Spec& spec);

/// The forked child's side: points into a private map, takes no memory of its own.
struct SpecView {
    const char* program = nullptr;
    char** arguments = nullptr;    // ends with a null pointer, as the next
    char** environment = nullptr;
    const char* directory = nullptr;     // null: none
    const char* user_problem = nullptr;  // null: none
    const char* cgroup = nullptr;        // null: none
    const gid_t* groups = nullptr;
    std::uint32_t group_count = 0;
    std::uint32_t flags = 0;  // SpecFlag
    uid_t uid = 0;
    gid_t gid = 0;
    mode_t umask = 0;
    std::uint64_t nofile_soft = 0, nofile_hard = 0;
};
enum SpecFlag : std::uint32_t { has_umask = 1, has_user = 2, has_nofile = 4, default_sigpipe = 8, has_cgroup = 16 };

/// Maps and checks.  False: it is no spec, or not whole.
[[nodiscard]] bool map_spec(int fd, SpecView& view);

}  // namespace keeper
