#include "supervisorctl/selection.hpp"

#include <algorithm>

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/patterns.hpp"

namespace supervisorctl {

using base::concat;

bool names_everything(const Arguments& names) {
    return names.empty() || std::ranges::find(names, "all") != names.end();
}

Selection select(const std::vector<Process>& all, const Arguments& names) {
    if (names_everything(names)) return {all, {}};
    Selection selection;
    for (const std::string& text : expand_patterns(names, all)) {
        const api::ProcessName name = api::parse_name(text);
        const std::size_t before = selection.processes.size();
        for (const Process& process : all)
            if (process.group == name.group && (!name.process || process.name == *name.process))
                selection.processes.push_back(process);
        if (selection.processes.size() > before) continue;
        selection.unknown.push_back(name.process ? concat(text, ": ERROR (no such process)")
                                                 : concat(name.group, ": ERROR (no such group)"));
    }
    return selection;
}

}  // namespace supervisorctl
