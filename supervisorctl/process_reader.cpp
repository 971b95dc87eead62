#include "supervisorctl/process_reader.hpp"

#include <nlohmann/json.hpp>

namespace supervisorctl {

namespace {

using Json = nlohmann::ordered_json;

struct TextMember {
    std::string_view name;
    std::string Process::*field;
};
constexpr TextMember texts[] = {{"group", &Process::group},
                                {"name", &Process::name},
                                {"statename", &Process::statename},
                                {"description", &Process::description},
                                {"stdout_logfile", &Process::stdout_logfile},
                                {"stderr_logfile", &Process::stderr_logfile}};
constexpr std::size_t members = std::size(texts) + 2;  // and state, pid

/// What the parser tells.  False ends it: this is not the answer that was expected.
class Listener {
public:
    std::vector<Process> processes;
    bool has_result = false;

    bool start_object(std::size_t) {
        ++depth_;
        if (depth_ == process) processes.emplace_back(), seen_ = 0;
        return depth_ == message || (depth_ == process && is_result_);
    }
    bool end_object() { return depth_-- == message || seen_ == members; }
    bool start_array(std::size_t) { return has_result = ++depth_ == list && is_result_; }
    bool end_array() { return depth_-- == list; }
    bool key(std::string& name) {
        key_.swap(name);
        if (depth_ == message) is_result_ = key_ == "result";
        return true;
    }
    bool string(std::string& value) {
        if (depth_ != process) return depth_ == message;
        for (const TextMember& member : texts)
            if (member.name == key_) processes.back().*member.field = std::move(value), ++seen_;
        return true;
    }
    bool number_integer(std::int64_t value) {
        if (depth_ != process) return depth_ == message;
        if (key_ == "pid") processes.back().pid = value, ++seen_;
        if (key_ == "state") processes.back().state = static_cast<int>(value), ++seen_;
        return true;
    }
    bool number_unsigned(std::uint64_t value) { return number_integer(static_cast<std::int64_t>(value)); }

    // Nothing that is wanted.
    bool null() { return depth_ == process; }
    bool boolean(bool) { return depth_ == process; }
    bool number_float(double, const std::string&) { return depth_ == process; }
    bool binary(Json::binary_t&) { return false; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

private:
    enum Depth { message = 1, list = 2, process = 3 };
    int depth_ = 0;
    bool is_result_ = false;
    std::size_t seen_ = 0;  // of the members of a process
    std::string key_;
};

}  // namespace

std::optional<std::vector<Process>> read_processes(std::string_view answer) {
    Listener listener;
    if (!Json::sax_parse(answer, &listener) || !listener.has_result) return std::nullopt;
    return std::move(listener.processes);
}

}  // namespace supervisorctl
