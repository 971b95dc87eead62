#include "supervisord/control/world.hpp"

#include "common/base/text.hpp"

namespace control {

const std::string& World::cgroups() {
    if (!cgroup_place) {
        cgroup_place = control::cgroup_place();
        if (!cgroup_place->problem.empty())
            activity.log(logs::LogLevel::info, base::concat("killmode=tree: no cgroup can be made (", cgroup_place->problem,
                                                            "), what belongs to a program is found in /proc"));
    }
    return cgroup_place->directory;
}

void World::tidy_cgroups(const std::set<std::string>& in_use) const {
    if (!cgroup_place)
        remove_old_place();
    else if (!cgroup_place->directory.empty())
        remove_empty_leaves(cgroup_place->directory, in_use);
}

void World::remove_cgroups() const {
    if (cgroup_place && !cgroup_place->directory.empty()) remove_place(cgroup_place->directory);
}

}  // namespace control
