#include "supervisord/build_info.hpp"

#include "common/api/version.hpp"
#include "common/base/text.hpp"

namespace launch {

std::string build_info() {
    return base::concat("supervisord ", PROJECT_VERSION, ", compatible with Supervisor ", api::supervisor_version,
                        "\ncompiler: ", __VERSION__,
#ifdef CRASH_POINTS
                        "\nwith crash points: for fault-injection tests only",
#endif
                        "\n");
}

}  // namespace launch
