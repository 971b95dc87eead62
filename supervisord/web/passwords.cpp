#include "supervisord/web/passwords.hpp"

#include <crypt.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "supervisord/web/auth.hpp"

namespace web {

namespace {

constexpr std::string_view crypt_prefix = "{CRYPT}";

std::string hash_of(std::string_view stored) { return std::string(stored.substr(crypt_prefix.size())); }

/// Takes its time.
bool is_right(const std::string& hash, const std::string& given) {
    if (given.find('\0') != std::string::npos) return false;  // crypt(3) would not see what comes behind it
    const auto data = std::make_unique<crypt_data>();
    const char* made = ::crypt_r(given.c_str(), hash.c_str(), data.get());
    return made && made[0] == '$' && is_same(made, hash);
}

}  // namespace

bool is_crypt(std::string_view stored) { return stored.starts_with(crypt_prefix); }

bool can_be_checked(std::string_view stored) {
    const std::string hash = hash_of(stored);
    if (!hash.starts_with('$')) return false;  // else two letters are the salt of a hash that is none any more
    const int known = ::crypt_checksalt(hash.c_str());
    return known != CRYPT_SALT_INVALID && known != CRYPT_SALT_METHOD_DISABLED;
}

/// The queue is the loop's; the thread has copies of what it needs, and finds out under the lock whether there is a loop
/// to tell.
struct Passwords::Line : std::enable_shared_from_this<Line> {
    struct Job {
        std::string stored, given;
        Memory memory;
        Checked checked;
    };

    explicit Line(boost::asio::io_context& its_loop) : loop(&its_loop) {}

    std::mutex mutex;
    boost::asio::io_context* loop;  // null when it is closed
    std::deque<Job> waiting;        // the first one is being worked on
    std::deque<std::pair<std::string, std::string>> remembered;  // stored, and the digest of what is right

    bool knows(const Job& job) const {
        if (job.memory == Memory::does_not) return false;
        const std::pair<std::string, std::string> entry(job.stored, sha1_hex(job.given));
        return std::ranges::find(remembered, entry) != remembered.end();
    }

    void begin() {
        while (!waiting.empty()) {
            Job& job = waiting.front();
            try {
                if (!knows(job)) return work(job);
                answer(Outcome::right);
            } catch (const std::system_error&) {  // no thread to be had
                answer(Outcome::busy);
            }
        }
    }

    void work(const Job& job) {
        std::thread([self = shared_from_this(), hash = hash_of(job.stored), given = job.given] {
            const bool right = is_right(hash, given);
            const std::lock_guard lock(self->mutex);
            if (self->loop) boost::asio::post(*self->loop, [self, right] { self->worked(right); });
        }).detach();
    }

    void worked(bool right) {
        if (waiting.empty()) return;  // it has been closed meanwhile
        if (right && waiting.front().memory == Memory::counts) {
            remembered.emplace_back(waiting.front().stored, sha1_hex(waiting.front().given));
            if (remembered.size() > most_remembered) remembered.pop_front();
        }
        answer(right ? Outcome::right : Outcome::wrong);
        begin();
    }

    void answer(Outcome outcome) {
        const Checked checked = std::move(waiting.front().checked);
        waiting.pop_front();
        checked(outcome);
    }
};

Passwords::Passwords(boost::asio::io_context& loop) : line_(std::make_shared<Line>(loop)) {}

void Passwords::close() {
    const std::lock_guard lock(line_->mutex);
    line_->loop = nullptr;
    line_->waiting.clear();
}

void Passwords::check(const std::string& stored, const std::string& given, Checked checked, Memory memory) {
    Line::Job job{stored, given, memory, std::move(checked)};
    if (!line_->loop) return;
    if (line_->knows(job)) return job.checked(Outcome::right);
    if (line_->waiting.size() >= most_waiting) return job.checked(Outcome::busy);
    line_->waiting.push_back(std::move(job));
    if (line_->waiting.size() == 1) line_->begin();
}

std::chrono::seconds Failures::add(const std::string& host, base::Time now) {
    if (counts_.size() >= most_hosts) std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.last > memory; });
    if (counts_.size() >= most_hosts && !counts_.contains(host)) return penalty;
    Count& count = counts_[host];
    if (now - count.last > memory) count.failures = 0;
    count.last = now;
    return ++count.failures > free_of_charge ? penalty : std::chrono::seconds(0);
}

}  // namespace web
