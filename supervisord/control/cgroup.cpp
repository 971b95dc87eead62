#include "supervisord/control/cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/message.hpp"

namespace control {

using base::concat;

namespace {

constexpr std::size_t list_limit = 16 << 20;  // bytes

/// "" when it is not to be had.
std::string read_list(const std::string& path) {
    auto text = base::read_file(path, list_limit);
    return text ? *std::move(text) : "";
}

/// Where our own cgroup is mounted; "": nowhere.
std::string own_directory() {
    const std::string cgroups = read_list("/proc/self/cgroup"), mounts = read_list("/proc/self/mountinfo");
    std::string_view own;
    for (const auto line : base::split(cgroups, '\n'))
        if (line.starts_with("0::")) own = line.substr(3);
    if (own.empty()) return "";
    for (const auto line : base::split(mounts, '\n')) {
        if (line.find(" - cgroup2 ") == std::string_view::npos) continue;
        const auto fields = base::split(line, ' ');  // proc(5): the fourth is what of it is mounted, the fifth where
        const std::string_view root = fields[3] == "/" ? "" : fields[3];
        if (own.starts_with(root)) return concat(fields[4], own == "/" ? std::string_view() : own.substr(root.size()));
    }
    return "";
}

void remove_empty_leaves(const std::string& place) {
    const std::unique_ptr<DIR, int (*)(DIR*)> leaves(::opendir(place.c_str()), ::closedir);
    while (const dirent* leaf = leaves ? ::readdir(leaves.get()) : nullptr)
        if (leaf->d_name[0] != '.') ::rmdir(concat(place, "/", static_cast<const char*>(leaf->d_name)).c_str());
}

}  // namespace

CgroupPlace cgroup_place() {
    const std::string own = own_directory();
    struct statfs facts{};
    if (own.empty() || ::statfs(own.c_str(), &facts) != 0 || facts.f_type != CGROUP2_SUPER_MAGIC) return {"", "there is no cgroup v2"};
    // The table outlives every keeper and controller of a supervisord, and no other that lives has this one.
    struct stat table{};
    (void)::fstat(keeper::live_table_fd, &table);
    const std::string place = concat(own, "/supervisord-", table.st_dev, "-", table.st_ino);
    if (::mkdir(place.c_str(), 0755) != 0 && errno != EEXIST) return {"", concat(own, ": ", base::errno_text(errno))};
    remove_empty_leaves(place);
    return {place, ""};
}

void remove_place(const std::string& place) {
    for (int round = 0; round < 10; ++round) {
        remove_empty_leaves(place);
        if (::rmdir(place.c_str()) == 0 || (errno != EBUSY && errno != ENOTEMPTY)) return;
        ::poll(nullptr, 0, 5);
    }
}

Cgroup::Cgroup(std::string_view place, std::string_view name) {
    if (place.empty()) return;
    std::string escaped;
    for (const char byte : name) escaped += byte == '/' || byte == '\n' ? '_' : byte;
    if (escaped.size() < 256) directory_ = concat(place, "/", escaped);
}

std::string Cgroup::entrance() {
    if (directory_.empty() || (::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST)) return "";
    return directory_ + "/cgroup.procs";
}

std::vector<pid_t> Cgroup::members() const {
    std::vector<pid_t> found;
    if (directory_.empty()) return found;
    const std::string list = read_list(directory_ + "/cgroup.procs");
    for (const auto line : base::split(list, '\n')) {
        pid_t pid = 0;
        if (base::parse_digits(line, pid) && pid > 0) found.push_back(pid);
    }
    return found;
}

void Cgroup::kill_all() {
    if (directory_.empty()) return;
    const base::Fd file(::open((directory_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
    if (file) (void)base::write_all(file.get(), "1");
}

void Cgroup::remove() {
    if (!directory_.empty()) ::rmdir(directory_.c_str());
}

}  // namespace control
