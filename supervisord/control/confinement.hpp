// What a controller takes from itself before it reads a byte of anybody: programs are the keeper's to start, and nothing
// else that takes over a system is the business of a controller.  It hinders who breaks in; it does not make the keeper,
// which starts what it is asked to, safe from a controller (keeper-design.md, section 7).
//
// no_new_privs and seccomp are of a thread and last over exec, and a controller that takes the place of a keeper that was
// killed must pass none of them on to the programs.  So one thread keeps apart from it all, and waits for that day.
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <string>

namespace control {

class Confinement {
public:
    /// Of the thread that calls it, and of those that it starts from then on.
    Confinement();
    ~Confinement();
    Confinement(const Confinement&) = delete;
    Confinement& operator=(const Confinement&) = delete;

    /// What cannot be had here: a line for the activity log, empty when nothing is wrong.
    [[nodiscard]] const std::string& problem() const { return problem_; }

    /// Executes a program in place of this process, unconfined, with all signals blocked.  Comes back with an errno, or not.
    [[nodiscard]] int execute(const char* program, char* const* arguments);

private:
    static void* wait_for_the_day(void* self);
    [[nodiscard]] int begin_thread();

    pthread_t thread_{};
    bool has_thread_ = false;
    sem_t called_{};
    const char* program_ = nullptr;
    char* const* arguments_ = nullptr;
    int error_ = 0;
    std::string problem_;
};

}  // namespace control
