// Chronicle: the configuration that is active, and the one last read, so that a controller that follows a dead one
// goes on with what was running and not with what somebody has written into the files meanwhile.  A list of entries
// in a shared-memory file that the keeper holds; an entry counts once the length in front includes it.  Written only
// when a group comes or goes or the files are read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace control {

class Chronicle {
public:
    struct Content {
        std::optional<config::Config> started;    // what this supervisord began with: its own settings, its servers
        std::optional<config::Config> last_read;
        std::vector<config::Group> active;  // in order of activation, AUTO logs with their paths
    };

    [[nodiscard]] static base::Result<Chronicle> create();
    /// Reads what another controller wrote; an error when it is not readable, and then nothing of it is used.
    [[nodiscard]] static base::Result<Chronicle> adopt(base::Fd file, Content& content);

    [[nodiscard]] int fd() const { return file_.get(); }

    void started(const config::Config& config);
    void activated(const config::Group& group);
    void removed(std::string_view group);
    void read(const config::Config& config);

    /// True when most of it is history, or an entry is missing for want of memory: then write a new one from what is active
    /// and hand that over instead.
    [[nodiscard]] bool is_to_be_replaced() const { return is_behind_ || written_ > compact_at_; }
    [[nodiscard]] bool is_behind() const { return is_behind_; }
    [[nodiscard]] static base::Result<Chronicle> written_anew(const Content& content);

private:
    explicit Chronicle(base::Fd file) : file_(std::move(file)) {}
    void append(char kind, std::string_view text);

    base::Fd file_;
    bool is_behind_ = false;
    std::size_t written_ = 0;
    std::size_t compact_at_ = 8 << 20;
};

}  // namespace control
