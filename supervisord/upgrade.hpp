// The controller's part of an upgrade: has the program that is installed now tested, and says when this controller is to
// make room for it.  What follows is the keeper's (keeper/upgrade.cpp).  Changes nothing until the test is passed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/log/activity.hpp"

namespace control {
class Link;
}

namespace keeper {
struct Message;
}

namespace control_role {

class Upgrade {
public:
    struct Surroundings {
        std::string program;  // where the new one is installed
        std::function<int(std::string_view name)> file;  // of those in keeper::examined; -1: there is none
        std::function<bool()> is_finishing;  // the one before: this controller is of it, and the keeper is not yet
        std::function<void()> make_room;  // the next controller is of the new version: this one is to end
    };
    Upgrade(control::Loop& loop, control::Link& link, logs::Activity& activity, Surroundings surroundings)
        : loop_(loop), link_(link), activity_(activity), its_(std::move(surroundings)), waiting_(loop) {}

    /// Answers when the test is over, and make_room was called if it was passed; refuses with FAILED.
    void begin(control::WhenDone done);
    /// The keeper was asked for it.
    [[nodiscard]] bool is_wanted() const { return wanted_; }

private:
    control::Loop& loop_;
    control::Link& link_;
    logs::Activity& activity_;
    Surroundings its_;
    control::Timer waiting_;  // for the one before
    bool going_on_ = false;
    bool wanted_ = false;

    void begin_when_finished(base::Time until, const control::WhenDone& done);
    [[nodiscard]] base::Result<void> examine(const control::WhenDone& done);
    void examined(const keeper::Message& result, const base::Fd& said, control::WhenDone done);
    void refuse(std::string_view why, const control::WhenDone& done);
};

}  // namespace control_role
