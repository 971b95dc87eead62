// One program, three roles: the launcher becomes the keeper, the keeper starts controllers.

#include <span>
#include <string_view>

#include "supervisord/controller.hpp"
#include "supervisord/keeper/keeper.hpp"
#include "supervisord/launcher.hpp"

int main(int argc, char** argv) {
    const std::string_view role = argc > 1 ? argv[1] : "";
    if (role == "--keeper") return keeper::run(std::span<char* const>(argv + 2, static_cast<std::size_t>(argc - 2)));
    if (role == "--controller") return control_role::run(argc, argv);
    return launch::run(argc, argv);
}
