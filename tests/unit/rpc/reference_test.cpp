// docs/reference/rpc.md is made from the registry.
#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "supervisord/rpc/registry.hpp"
#include "tests/support/document.hpp"

using base::concat;

namespace {

std::string reference() {
    std::string out =
        "# Methods\n\nMade from the registry of methods; do not edit. They are called by JSON-RPC at `/rpc` "
        "([json-rpc.md](../json-rpc.md)) and by XML-RPC at `/RPC2`, with the same names, parameters and results. Any "
        "method can be refused with the faults 2 `INCORRECT_PARAMETERS` and, while supervisord goes down, 6 "
        "`SHUTDOWN_STATE`, but for those that say that they are answered always.\n";
    for (const rpc::Method& method : rpc::methods()) {
        const auto& types = method.handler.types;
        out += concat("\n## ", method.name, "\n\n", method.doc, "\n\n");
        std::vector<std::string> aliases;
        for (const auto alias : method.aliases) aliases.push_back(concat('`', alias, '`'));
        if (!aliases.empty()) out += concat("- also ", base::join(aliases, ", "), "\n");
        for (std::size_t i = 0; i < method.params.size(); ++i)
            out += concat("- parameter `", method.params[i].name, "`, ", types[i + 1],
                          i < method.handler.required ? "" : ", can be left out", ": ", method.params[i].doc, "\n");
        out += concat("- result, ", types[0], ": ", method.result.doc, "\n");
        std::vector<std::string> faults;
        for (const auto fault : method.faults) faults.push_back(concat(api::code(fault), " `", api::name(fault), '`'));
        if (!faults.empty()) out += concat("- faults: ", base::join(faults, ", "), "\n");
        if (!method.handler.guarded) out += "- answered always\n";
    }
    return out;
}

}  // namespace

TEST_CASE("docs/reference/rpc.md says what the registry says") { check_document("reference/rpc.md", reference()); }
