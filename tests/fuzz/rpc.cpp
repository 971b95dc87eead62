// Bodies of requests, JSON-RPC and XML-RPC: the answer is JSON or XML again.
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/api/jsonrpc.hpp"
#include "common/api/xml_guard.hpp"
#include "common/api/xmlrpc.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/jsonrpc.hpp"
#include "supervisord/rpc/xmlrpc.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_supervisor.hpp"

using fuzz::must;

namespace {

std::unique_ptr<fake::Supervisor> supervisor(std::string_view bytes) {
    auto made = std::make_unique<fake::Supervisor>();
    made->its_logfile = fuzz::own_directory() + "/log";
    for (const char* name : {"a", "b"}) {
        auto& process = made->add(name, api::State::running);
        process.its_out = made->its_logfile;
        process.its_description = std::string(bytes.substr(0, 64));
        process.its_spawnerr = process.its_description;
    }
    return made;
}

void write_log(std::string_view bytes) {
    const auto file = base::open_file(fuzz::own_directory() + "/log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(file && base::write_all(file->get(), bytes), "there is a log");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const bool is_json = input.number<std::uint8_t>() % 2 != 0;
    const std::string_view body = input.rest();
    write_log(body);
    auto there = supervisor(body);
    if (is_json) {
        std::optional<std::string> answer;
        rpc::answer_json(*there, body, [&](std::string text) {
            must(!answer, "it is answered once");
            answer = std::move(text);
        });
        there->run();
        for (auto& group : there->active)
            for (auto& member : group->members) member->settle(api::State::running);
        there->run();
        must(answer.has_value(), "it is answered");
        if (!answer->empty()) must(!nlohmann::json::parse(*answer, nullptr, false).is_discarded(), "the answer is JSON");
    } else {
        std::optional<rpc::XmlAnswer> answer;
        rpc::answer_xml(*there, body, [&](rpc::XmlAnswer given) {
            must(!answer, "it is answered once");
            answer = std::move(given);
        });
        there->run();
        for (auto& group : there->active)
            for (auto& member : group->members) member->settle(api::State::running);
        there->run();
        must(answer.has_value() && answer->body.empty() == (answer->status != 200), "it is answered");
        if (answer->status != 200) return 0;
        must(api::xmlrpc::is_harmless_xml(answer->body), "the answer is XML");
        const auto read = api::xmlrpc::read_answer(answer->body);
        const auto* failure = std::get_if<api::xmlrpc::Failure>(&read);
        must(!failure || failure->code != 0, "the answer is an answer");
    }
    for (const auto& line : there->lines) must(line.find('\n') == std::string::npos, "a line of the log is one");
    return 0;
}
