#include "supervisord/control/accounts.hpp"

#include <unistd.h>

#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "common/base/users.hpp"

namespace control {

namespace {

Accounts::User ask_system(uid_t uid) {
    Accounts::User out;
    out.uid = uid;
    const auto user = base::find_user(uid);
    if (!user) {
        out.problem = base::concat("Can't find uid ", uid);
    } else {
        out.gid = user->gid;
        out.groups = base::groups_of(*user);
    }
    return out;
}

}  // namespace

/// The maps are the loop's; a thread has copies of what it needs, and finds out under the lock whether there is a loop to
/// tell.
struct Accounts::State : std::enable_shared_from_this<State> {
    struct Question {
        explicit Question(Loop& loop) : late(loop) {}

        std::vector<Found> waiting;
        Timer late;
        bool takes_long = false;
    };

    State(Loop& its_loop, Ask its_ask, Patience its_patience) : loop(&its_loop), ask(std::move(its_ask)), patience(its_patience) {}

    std::mutex mutex;
    Loop* loop;  // null when nobody wants to know any more
    const Ask ask;
    const Patience patience;
    std::map<uid_t, User> known;
    std::map<uid_t, Question> asked;  // a thread is at it, or it has to wait for one
    std::deque<uid_t> queue;
    std::size_t threads = 0;

    void find(uid_t uid, Found found) {
        const auto [place, is_new] = asked.try_emplace(uid, *loop);
        Question& question = place->second;
        question.waiting.push_back(std::move(found));
        if (question.waiting.size() == 1) {  // who asks again while a thread still waits has waited already
            const auto with_known = question.takes_long ? std::chrono::milliseconds(0) : patience.with_known;
            question.late.after(known.contains(uid) ? with_known : patience.with_unknown, [this, uid] { give_up(uid); });
        }
        if (is_new) queue.push_back(uid);
        begin();
    }

    void begin() {
        const base::NoSignals here;
        while (!queue.empty() && threads < most_threads) {
            try {
                std::thread([self = shared_from_this(), uid = queue.front()] {
                    User user = self->ask(uid);
                    const std::lock_guard lock(self->mutex);
                    if (self->loop) post(*self->loop, [self, user = std::move(user)] { self->told(user); });
                }).detach();
            } catch (const std::system_error&) {  // no thread to be had: the next one that ends, or comes, tries again
                return;
            }
            ++threads;
            queue.pop_front();
        }
    }

    void told(const User& user) {
        if (!loop) return;
        --threads;
        if (user.problem.empty()) known[user.uid] = user;
        auto question = asked.extract(user.uid);
        begin();
        for (const auto& found : question.mapped().waiting) found(user);
    }

    void give_up(uid_t uid) {
        const auto before = known.find(uid);
        User user = before != known.end() ? before->second : User{};
        user.uid = uid;
        if (before == known.end()) user.problem = base::concat("the name service does not say who uid ", uid, " is");
        begin();
        asked.at(uid).takes_long = true;
        for (const auto& found : std::exchange(asked.at(uid).waiting, {})) found(user);
    }
};

Accounts::Accounts(Loop& loop) : Accounts(loop, ask_system, Patience()) {}

Accounts::Accounts(Loop& loop, Ask ask, Patience patience)
    : state_(std::make_shared<State>(loop, std::move(ask), patience)) {}

Accounts::~Accounts() {
    const std::lock_guard lock(state_->mutex);
    state_->loop = nullptr;
    state_->asked.clear();
}

void Accounts::find(uid_t uid, Found found) { state_->find(uid, std::move(found)); }

}  // namespace control
