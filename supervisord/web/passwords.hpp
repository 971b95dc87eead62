// Passwords that are stored as hashes of crypt(3), "{CRYPT}$6$...".  Such a hash takes a tenth of a second and more by
// design, so it is computed beside the loop, one at a time, and what was right once is remembered.  And who guesses wrong
// again and again is answered late.  Does not know requests (auth.hpp).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace web {

[[nodiscard]] bool is_crypt(std::string_view stored);
/// Whether crypt(3) knows the kind of hash.
[[nodiscard]] bool can_be_checked(std::string_view stored);

class Passwords {
public:
    enum class Outcome { right, wrong, busy };  // busy: too many wait already
    using Checked = std::function<void(Outcome)>;

    static constexpr std::size_t most_waiting = 32;
    static constexpr std::size_t most_remembered = 64;

    explicit Passwords(boost::asio::io_context& loop);
    ~Passwords() { close(); }
    Passwords(const Passwords&) = delete;
    Passwords& operator=(const Passwords&) = delete;

    /// For a name that is wrong nothing is remembered: else the time would tell whether the password is somebody's.
    enum class Memory { counts, does_not };

    /// Calls back at once or later from the loop, unless this has been closed.
    void check(const std::string& stored, const std::string& given, Checked checked, Memory memory = Memory::counts);
    /// From now on the loop may go.
    void close();

private:
    struct Line;
    std::shared_ptr<Line> line_;
};

/// Wrong credentials by the host that they come from.
class Failures {
public:
    static constexpr int free_of_charge = 5;
    static constexpr std::chrono::seconds penalty{1};
    static constexpr std::chrono::minutes memory{1};
    static constexpr std::size_t most_hosts = 1024;

    /// Counts one; how long the answer has to wait.
    [[nodiscard]] std::chrono::seconds add(const std::string& host, base::Time now);
    void forget(const std::string& host) { counts_.erase(host); }

private:
    struct Count {
        int failures = 0;
        base::Time last{};
    };
    std::map<std::string, Count> counts_;
};

}  // namespace web
