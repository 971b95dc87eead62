// What the launcher leaves for the controllers: the text behind keeper::Boot.  Everything of the first start that a
// later one must not have to guess: the command line, where it was given, the configuration as it was read then.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/command_line.hpp"
#include "common/config/model.hpp"
#include "common/config/reader.hpp"
#include "supervisord/privileges.hpp"

namespace launch {

struct Handover {
    std::string cwd;          // of the start, before any chdir: relative paths in the files count from there (Q72)
    std::string config_path;  // absolute
    std::string program;      // as it was executed, absolute: an upgrade finds the new version there
    bool daemonized = false;
    std::map<std::string, std::string> options;  // of the command line, which win over the file
    bool strict = false;      // how the files are read
    config::Config config;
    std::vector<Message> messages;    // for the activity log, in order, before those of the servers
    std::vector<Message> background;  // after them: of the way into the background

    [[nodiscard]] std::string to_text() const;
    [[nodiscard]] static base::Result<Handover> from_text(const std::string& text);
};

/// The configuration as its files are now.
[[nodiscard]] config::Reading read_files(const Handover& handover);

/// What the log says of the files, at the start and at a reload: warnings, then what else is worth telling.  Not errors.
[[nodiscard]] std::vector<Message> messages_of(const config::Reading& reading);
/// With what else a start or a reload says (compat/config.md, section 12): what is critical, warnings, the rest.
void put_worst_first(std::vector<Message>& messages);

/// Under which the keeper holds a listening socket.
[[nodiscard]] std::string held_name(const config::Server& server);

}  // namespace launch
