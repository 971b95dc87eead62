#include "supervisord/log/removal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/fd.hpp"

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

/// Ends when there is nothing left to do: an idle supervisord has no thread for it.
void work(Queue& all) {
    for (;;) {
        std::vector<base::Fd> taken;  // closed without the lock
        const std::lock_guard lock(all.mutex);
        taken.swap(all.waiting);
        all.is_worked_on = !taken.empty();
        if (!all.is_worked_on) return;
    }
}

void close_in_background(base::Fd fd) {
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

}  // namespace

int remove_in_background(const std::string& path) {
    // With its last descriptor the file goes, not with its name.
    base::Fd file(::open(path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (::unlink(path.c_str()) != 0) return errno;
    if (file) close_in_background(std::move(file));
    return 0;
}

}  // namespace logs
