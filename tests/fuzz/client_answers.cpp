// What supervisorctl makes of the answers of a server that it does not know.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "supervisorctl/answer.hpp"
#include "supervisorctl/dialect.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/process_reader.hpp"
#include "supervisorctl/progress.hpp"
#include "supervisorctl/watch_frame.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;
using supervisorctl::Dialect;
using Json = nlohmann::ordered_json;

namespace {

void is_harmless(std::string_view text) {
    for (const char c : text) must(static_cast<unsigned char>(c) >= ' ' || c == '\n', "a terminal is not commanded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::view(data, size);
    for (const Dialect dialect : {Dialect::json, Dialect::xml}) {
        try {
            const auto answer = supervisorctl::read_answer(dialect, text, "here");
            if (const auto* value = std::get_if<Json>(&answer)) (void)value->dump(-1, ' ', false, Json::error_handler_t::replace);
        } catch (const supervisorctl::Trouble& trouble) {
            must(trouble.text.starts_with("here"), "it is said who is the trouble");
        }
    }
    const auto processes = supervisorctl::read_processes(text);
    if (!processes) return 0;
    const auto whole = Json::parse(text, nullptr, false);
    must(whole.is_object() && whole["result"].is_array() && whole["result"].size() == processes->size(), "the quick reader reads what is there");
    is_harmless(supervisorctl::status_table(*processes, false));
    is_harmless(supervisorctl::progress_line(supervisorctl::Verb::start, {"a"}, *processes, 80));
    const std::string shown = supervisorctl::frame({.processes = *processes, .server = "s", .time = "t"}, 80, 24, false);
    is_harmless(shown);
    for (const auto line : base::split(shown, '\n')) must(base::utf8_length(line) <= 80 + line.size() / 2, "a line has an end");
    return 0;
}
