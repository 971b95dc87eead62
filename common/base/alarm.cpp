#include "common/base/alarm.hpp"

#include <sys/timerfd.h>
#include <time.h>

#include <utility>

namespace base::alarm {

namespace {

Fd timer;
std::chrono::seconds wait{0};
bool wound = false;
time_t wound_at = 0;  // seconds; what is wound once a second is wound often enough

time_t coarse_now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec;
}

void set(std::chrono::seconds value) {
    itimerspec time{};
    time.it_value.tv_sec = value.count();
    (void)::timerfd_settime(timer.get(), 0, &time, nullptr);
}

}  // namespace

void use(Fd the_timer, std::chrono::seconds rest) {
    timer = std::move(the_timer);
    wait = rest;
    wound = false;
    if (timer) set(std::chrono::seconds(0));  // of a process before this one
}

void begin() {
    if (wound || !timer || wait.count() == 0) return;
    set(wait);
    wound = true;
    wound_at = coarse_now();
}

void step() {
    if (!wound || coarse_now() == wound_at) return;
    wound = false;
    begin();
}

void rest() {
    if (!wound) return;
    set(std::chrono::seconds(0));
    wound = false;
}

}  // namespace base::alarm
