#include "supervisord/log/closing.hpp"

#include <fcntl.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace logs {

namespace {

constexpr std::size_t limit = 16;  // descriptors that wait

struct Queue {
    std::mutex mutex;
    std::vector<base::Fd> waiting;
    bool is_worked_on = false;
};

/// Outlives main(), for the thread may.
Queue& queue() {
    static auto* one = new Queue;
    return *one;
}

/// Ends when there is nothing left to do: an idle supervisord has no thread but one.
void work(Queue& all) {
    for (;;) {
        std::vector<base::Fd> taken;  // closed without the lock
        const std::lock_guard lock(all.mutex);
        taken.swap(all.waiting);
        all.is_worked_on = !taken.empty();
        if (!all.is_worked_on) return;
    }
}

}  // namespace

void close_in_background(base::Fd fd) {
    if (!fd) return;
    Queue& all = queue();
    const std::lock_guard lock(all.mutex);
    if (all.waiting.size() >= limit) return;
    all.waiting.push_back(std::move(fd));
    if (all.is_worked_on) return;
    try {
        std::thread(work, std::ref(all)).detach();
        all.is_worked_on = true;
    } catch (const std::system_error&) {
        all.waiting.clear();
    }
}

base::Fd keep_alive(const char* path) { return base::Fd(::open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW)); }

}  // namespace logs
