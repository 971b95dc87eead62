// The fault-injection test of keeper and controller: what its roles share.  One program plays all of them:
//   referee     starts a keeper in a PID namespace of its own, kills controllers at any moment, then reads the record
//   keeper      the real one
//   controller  keeps some programs running, with the discipline of notes that real controllers have
//   program     lives for a moment; its exit status follows from its incarnation
// The record is a file of lines, appended by one write each:
//   start NAME INC   by the program      exit NAME INC WSTATUS   by a controller      void NAME INC   it never happened
//   wrong TEXT       something that must not be
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace kills {

inline constexpr std::uint32_t programs = 20;

/// Survives controllers: next_inc is raised before a spawn, done_inc when an exit is on record.
struct Notes {
    std::atomic<std::int32_t> controller;  // pid of the present one
    std::atomic<std::uint32_t> generation, ready;
    std::atomic<std::uint64_t> next_inc[programs];
    std::atomic<std::uint64_t> done_inc[programs];
};

[[nodiscard]] Notes& map_notes(const std::string& directory);
void record(const std::string& directory, const std::string& line);
/// Takes a lock that only one process may have at a time; on record when another has it.
void lock_or_complain(const std::string& directory, const std::string& name);
[[nodiscard]] std::string name_of(std::uint32_t program);
/// How the program of this incarnation ends, as wait(2) tells it.
[[nodiscard]] int wstatus_of(std::uint64_t inc);

int play_controller(const std::string& directory);
int play_program(const std::string& directory, const std::string& name, std::uint64_t inc);

}  // namespace kills
