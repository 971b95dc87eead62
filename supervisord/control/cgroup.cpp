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
constexpr int depth_limit = 32;               // of what a program has made below its leaf

/// "" when it is not to be had.
std::string read_list(const std::string& path) {
    auto text = base::read_file(path, list_limit);
    return text ? *std::move(text) : "";
}

/// The cgroup of a process, as the kernel writes it; "": it cannot be told.
std::string cgroup_of(std::string_view process) {
    const std::string cgroups = read_list(concat("/proc/", process, "/cgroup"));
    for (const auto line : base::split(cgroups, '\n'))
        if (line.starts_with("0::")) return std::string(line.substr(3));
    return "";
}

bool is_below(std::string_view path, std::string_view above) {
    return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

/// Where a cgroup is mounted; "": nowhere.
std::string directory_of(std::string_view cgroup) {
    const std::string mounts = read_list("/proc/self/mountinfo");
    for (const auto line : base::split(mounts, '\n')) {
        if (cgroup.empty() || line.find(" - cgroup2 ") == std::string_view::npos) continue;
        const auto fields = base::split(line, ' ');  // proc(5): the fourth is what of it is mounted, the fifth where
        const std::string_view root = fields[3] == "/" ? "" : fields[3];
        if (is_below(cgroup, root)) return concat(fields[4], cgroup == "/" ? std::string_view() : cgroup.substr(root.size()));
    }
    return "";
}

bool is_cgroup(const std::string& directory) {
    struct statfs facts{};
    return !directory.empty() && ::statfs(directory.c_str(), &facts) == 0 && facts.f_type == CGROUP2_SUPER_MAGIC;
}

/// The table outlives every keeper and controller of a supervisord, and no other that lives has this one.
std::string name_of_place() {
    struct stat table{};
    (void)::fstat(keeper::live_table_fd, &table);
    return concat("supervisord-", table.st_dev, "-", table.st_ino);
}

/// Calls for each cgroup in this one.
template <class Call>
void for_each_below(const std::string& directory, Call call) {
    const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir(directory.c_str()), ::closedir);
    while (const dirent* entry = all ? ::readdir(all.get()) : nullptr) {
        const std::string name = static_cast<const char*>(entry->d_name);
        if (entry->d_type == DT_DIR && name != "." && name != "..") call(name);
    }
}

/// Also when that cannot be told now.
bool is_populated(const std::string& directory) {
    const std::string events = read_list(directory + "/cgroup.events");
    return events.empty() ? is_cgroup(directory) : events.find("populated 1") != std::string::npos;
}

/// With all below it, when there is nobody in any.
bool remove_cgroup(const std::string& directory, int depth = 0) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
    if (depth >= depth_limit || is_populated(directory)) return false;
    for_each_below(directory, [&](const std::string& name) { remove_cgroup(concat(directory, "/", name), depth + 1); });
    return ::rmdir(directory.c_str()) == 0;
}

void add_members(const std::string& directory, std::vector<pid_t>& found, int depth = 0) {
    const std::string list = read_list(directory + "/cgroup.procs");
    for (const auto line : base::split(list, '\n')) {
        pid_t pid = 0;
        if (base::parse_digits(line, pid) && pid > 0) found.push_back(pid);
    }
    if (depth < depth_limit) for_each_below(directory, [&](const std::string& name) { add_members(concat(directory, "/", name), found, depth + 1); });
}

}  // namespace

CgroupPlace cgroup_place() {
    const std::string own = directory_of(cgroup_of("self"));
    if (!is_cgroup(own)) return {"", "there is no cgroup v2"};
    // Who goes from one cgroup to another needs that of what is above both.
    const std::string ours = own + "/cgroup.procs";
    if (::access(ours.c_str(), W_OK) != 0) return {"", concat(ours, ": ", base::errno_text(errno))};
    const std::string place = concat(own, "/", name_of_place());
    if (::mkdir(place.c_str(), 0755) != 0 && errno != EEXIST) return {"", concat(own, ": ", base::errno_text(errno))};
    const std::string type = read_list(place + "/cgroup.type");
    if (type == "domain\n") return {place, ""};
    ::rmdir(place.c_str());
    return {"", concat(own, ": what is below it takes threads only")};
}

void remove_empty_leaves(const std::string& place, const std::set<std::string>& in_use) {
    for_each_below(place, [&](const std::string& name) {
        if (!in_use.contains(name)) remove_cgroup(concat(place, "/", name));
    });
}

void remove_place(const std::string& place) {
    for (int round = 0; round < 10; ++round) {
        remove_empty_leaves(place, {});
        if (::rmdir(place.c_str()) == 0 || (errno != EBUSY && errno != ENOTEMPTY)) return;
        ::poll(nullptr, 0, 5);
    }
}

void remove_old_place() {
    const std::string own = directory_of(cgroup_of("self"));
    if (!is_cgroup(own)) return;
    const std::string place = concat(own, "/", name_of_place());
    remove_empty_leaves(place, {});
    ::rmdir(place.c_str());
}

Cgroup::Cgroup(std::string_view place, std::string_view name) {
    for (const char byte : name) name_ += byte == '/' || byte == '\n' ? '_' : byte;
    if (!place.empty() && name_.size() < 256) directory_ = concat(place, "/", name_);
}

bool Cgroup::is_there() const { return is_cgroup(directory_); }

std::string Cgroup::entrance() {
    if (directory_.empty()) return "";
    if (::mkdir(directory_.c_str(), 0755) != 0) {
        if (errno != EEXIST) return "";
        thaw();  // a controller may have been killed before it did, and whoever enters would stand still
    }
    return directory_ + "/cgroup.procs";
}

void Cgroup::find() {
    if (name_.empty() || is_cgroup(directory_)) return;
    const std::string leaf = concat("/", name_of_place(), "/", name_);
    const std::string own = cgroup_of("self");
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
    while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
        pid_t pid = 0;
        if (!base::parse_digits(std::string_view(entry->d_name), pid)) continue;
        const std::string cgroup = cgroup_of(entry->d_name);
        const std::size_t at = cgroup.find(leaf);
        if (at == std::string::npos) continue;
        const std::string found = cgroup.substr(0, at + leaf.size());
        const std::string directory = directory_of(found);
        if (!is_below(cgroup, found) || is_below(own, found) || !is_cgroup(directory)) continue;
        directory_ = directory;
        is_elsewhere_ = true;
        return;
    }
}

std::vector<pid_t> Cgroup::members() const {
    std::vector<pid_t> found;
    if (!directory_.empty()) add_members(directory_, found);
    return found;
}

bool Cgroup::is_empty() const { return directory_.empty() || !is_populated(directory_); }

bool Cgroup::tell(std::string_view file, std::string_view text) const {
    if (directory_.empty()) return false;
    const base::Fd fd(::open(concat(directory_, "/", file).c_str(), O_WRONLY | O_CLOEXEC));
    return fd && base::write_all(fd.get(), text);
}

bool Cgroup::kill_all() { return tell("cgroup.kill", "1"); }

void Cgroup::freeze() { tell("cgroup.freeze", "1\n"); }

void Cgroup::thaw() { tell("cgroup.freeze", "0\n"); }

void Cgroup::remove() {
    if (directory_.empty() || !remove_cgroup(directory_) || !is_elsewhere_) return;
    ::rmdir(directory_.substr(0, directory_.rfind('/')).c_str());
}

}  // namespace control
