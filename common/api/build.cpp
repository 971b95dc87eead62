#include "common/api/build.hpp"

#include "common/api/commit.hpp"
#include "common/api/version.hpp"
#include "common/base/text.hpp"

namespace api {

Build build() { return {PROJECT_VERSION, commit, __VERSION__}; }

std::string build_title() {
    return base::concat("supervisord ", PROJECT_VERSION, " (", commit, "), compatible with Supervisor ", supervisor_version);
}

}  // namespace api
