// One program, three roles: the launcher becomes the keeper, the keeper starts controllers; and a new version is asked
// by the keeper of the old one whether it can go on.

#include <span>
#include <string_view>

#include "supervisord/controller.hpp"
#include "supervisord/keeper/keeper.hpp"
#include "supervisord/keeper/message.hpp"
#include "supervisord/launcher.hpp"
#include "supervisord/self_test.hpp"

int main(int argc, char** argv) {
    const std::string_view role = argc > 1 ? argv[1] : "";
    if (role == "--keeper") return keeper::run(std::span<char* const>(argv + 2, static_cast<std::size_t>(argc - 2)));
    if (role == "--controller") return control_role::run(argc, argv);
    if (role == keeper::self_test_argument) return control_role::self_test();
    return launch::run(argc, argv);
}
