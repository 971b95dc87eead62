#include "supervisord/log/rotation.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace logs {

std::string backup_name(const std::string& path, std::int64_t number) { return base::concat(path, '.', number); }

std::vector<Rename> rotation(const std::string& path, std::int64_t backups, std::int64_t first_gap) {
    std::vector<Rename> renames;
    for (std::int64_t i = std::min(first_gap, backups) - 1; i >= 1; --i)
        renames.push_back({backup_name(path, i), backup_name(path, i + 1)});
    renames.push_back({path, backup_name(path, 1)});
    return renames;
}

}  // namespace logs
