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

void World::remove_cgroups() const {
    if (cgroup_place && !cgroup_place->directory.empty()) remove_place(cgroup_place->directory);
}

}  // namespace control
