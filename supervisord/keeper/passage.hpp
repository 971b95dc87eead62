// What a keeper knows besides the table, on its way through the exec that makes a new version of it: a struct in a
// memfd.  All else is in the table or can be found out.
#pragma once

#include <cstdint>

#include "common/base/fd.hpp"

namespace keeper {

struct Passage {
    static constexpr std::uint64_t right_magic = 0x7373617072707573;  // "suprpass"
    static constexpr std::uint32_t right_version = 1;

    std::uint64_t magic = right_magic;
    std::uint32_t version = right_version;
    std::int32_t controller = 0;        // pid of the present one, which works
    std::int32_t link = -1;             // to it; open
    std::uint32_t restart_asked = 0;    // it has said that it will end for a reload
    std::uint64_t told_signals = 0;     // bits that it knows of
    std::uint32_t has_oom_score = 0;    // we have changed ours, and programs get this one:
    std::int32_t oom_score = 0;
    std::uint32_t pid_is_told = 0;
    std::uint32_t reserved = 0;
    char pidfile[4096] = {};            // that was written; "" for none
};

/// A memfd with it; empty: errno.
[[nodiscard]] base::Fd write_passage(const Passage& passage);
/// False, with EINVAL, when it is none of this version.
[[nodiscard]] bool read_passage(int fd, Passage& passage);

}  // namespace keeper
