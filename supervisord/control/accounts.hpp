// What the system's name services say of the user that a program is to be (compat/process.md, section 5).  They may have to
// ask another machine, for as long as they like: they are asked beside the loop, each time, for groups change.  When they
// take too long, what they said the last time is good enough; a program of a user of whom they have said nothing yet waits.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>

#include "supervisord/control/loop.hpp"
#include "supervisord/keeper/spec.hpp"

namespace control {

class Accounts {
public:
    using User = keeper::Spec::User;
    using Ask = std::function<User(uid_t)>;  // in a thread of its own
    using Found = std::function<void(const User&)>;

    struct Patience {
        std::chrono::milliseconds with_known{1000};     // of whom something was said before
        std::chrono::milliseconds with_unknown{10'000};  // then that is the problem
    };
    static constexpr std::size_t most_threads = 16;

    explicit Accounts(Loop& loop);
    Accounts(Loop& loop, Ask ask, Patience patience);
    ~Accounts();
    Accounts(const Accounts&) = delete;
    Accounts& operator=(const Accounts&) = delete;

    /// Calls back once from the loop, unless this is gone by then.
    void find(uid_t uid, Found found);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace control
