// A group that is active, with its runners.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "supervisord/control/runner.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/process/order.hpp"

namespace control {

class ActiveGroup final : public Group {
public:
    explicit ActiveGroup(config::Group config) : config_(std::move(config)) {}

    [[nodiscard]] const config::Group& config() const override { return config_; }
    [[nodiscard]] std::vector<Process*> processes() override {
        std::vector<Process*> out;
        for (const auto& runner : runners) {
            runner->tell_success_now();
            out.push_back(runner.get());
        }
        return out;
    }

private:
    const config::Group config_;  // the runners refer to it

public:
    std::vector<std::unique_ptr<Runner>> runners;  // in config order
};

/// How a process stands in the order of starts and stops.
[[nodiscard]] inline process::Rank rank_of(const config::Group& group, std::size_t position) {
    return {group.priority, group.name, group.processes[position].priority, position};
}

}  // namespace control
