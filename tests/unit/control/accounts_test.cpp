#include "supervisord/control/accounts.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using control::Accounts;

namespace {

/// A name service that answers when it is let, and says how often it was asked.
struct Service {
    std::mutex mutex;
    std::condition_variable let;
    bool answers = true;
    gid_t group = 100;
    std::atomic<int> asked = 0, answered = 0;

    Accounts::Ask ask() {
        return [this](uid_t uid) {
            ++asked;
            std::unique_lock lock(mutex);
            let.wait(lock, [this] { return answers; });
            ++answered;
            Accounts::User out;
            out.uid = uid;
            out.gid = group;
            out.groups = {group};
            if (uid == 666) out.problem = "Can't find uid 666";
            return out;
        };
    }
    void set(bool to, gid_t gid) {
        const std::lock_guard lock(mutex);
        answers = to;
        group = gid;
        let.notify_all();
    }
};

struct Asking {
    control::Loop loop;
    Service service;
    std::unique_ptr<Accounts> accounts = std::make_unique<Accounts>(loop, service.ask(), Accounts::Patience{50ms, 300ms});
    std::vector<Accounts::User> told;

    ~Asking() {
        service.set(true, 0);
        accounts.reset();
        while (service.answered < service.asked) ::usleep(1000);  // its threads use it
    }
    void find(uid_t uid) {
        accounts->find(uid, [this](const Accounts::User& user) { told.push_back(user); });
    }
    void wait(std::size_t count) {
        for (const auto until = std::chrono::steady_clock::now() + 20s; told.size() < count;) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            loop.restart();
            loop.run_for(10ms);
        }
    }
};

}  // namespace

TEST_CASE("a user is asked for each time, and once for all that ask at the same time") {
    Asking it;
    it.find(7);
    it.find(7);
    CHECK(it.told.empty());  // never from within
    it.wait(2);
    CHECK(it.service.asked == 1);
    CHECK(it.told[0].uid == 7);
    it.service.set(true, 200);
    it.find(7);
    it.wait(3);
    CHECK(it.told[2].groups == std::vector<gid_t>{200});
    it.find(666);
    it.wait(4);
    CHECK(it.told[3].problem == "Can't find uid 666");
}

TEST_CASE("while the service does not answer, what it said before counts, and of others nothing is known") {
    Asking it;
    it.find(7);
    it.wait(1);
    it.service.set(false, 200);
    it.find(7);
    it.find(8);
    it.wait(3);
    CHECK(it.told[1].uid == 7);
    CHECK(it.told[1].gid == 100);
    CHECK(it.told[2].problem == "the name service does not say who uid 8 is");
    it.find(7);  // no other thread for it
    it.wait(4);
    CHECK(it.told[3].gid == 100);
    CHECK(it.service.asked == 3);
    it.service.set(true, 200);
    for (const auto until = std::chrono::steady_clock::now() + 20s; it.told.back().gid != 200;) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        it.find(7);
        it.wait(it.told.size() + 1);
    }
}

TEST_CASE("many users are asked for by a few threads") {
    Asking it;
    it.service.set(false, 100);
    for (uid_t uid = 1000; uid < 1100; ++uid) it.find(uid);
    it.loop.run_for(50ms);
    CHECK(it.service.asked <= static_cast<int>(Accounts::most_threads));
    it.service.set(true, 100);
    it.wait(100);
    CHECK(it.service.asked == 100);
    for (const auto& user : it.told) CHECK(user.problem.empty());
}

TEST_CASE("nobody is told when it is gone") {
    Asking it;
    it.service.set(false, 100);
    it.find(7);
    it.loop.run_for(20ms);
    it.accounts.reset();
    it.service.set(true, 100);
    it.loop.restart();
    it.loop.run_for(20ms);
    CHECK(it.told.empty());
}
