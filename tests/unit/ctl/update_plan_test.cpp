#include <doctest/doctest.h>

#include "supervisorctl/update_plan.hpp"

using namespace supervisorctl;
using Kind = UpdateStep::Kind;
using Steps = std::vector<UpdateStep>;
using Names = std::vector<std::string>;

namespace {

const Changes changes{.added = {"new"}, .changed = {"other", "same"}, .removed = {"old"}};
const Names active = {"other", "same", "old", "quiet"};

}  // namespace

TEST_CASE("update removes first, then replaces, then adds") {
    const Steps all = {{Kind::remove, "old"}, {Kind::replace, "other"}, {Kind::replace, "same"}, {Kind::add, "new"}};
    CHECK(plan_update(changes, active, {}).steps == all);
    CHECK(plan_update(changes, active, {"all"}).steps == all);
    CHECK(plan_update(changes, active, {"nosuch", "all"}).steps == all);
    CHECK(plan_update(changes, active, {"nosuch", "all"}).unknown.empty());
}

TEST_CASE("update with names touches only these groups, in its own order") {
    const auto plan = plan_update(changes, active, {"new", "old"});
    CHECK(plan.steps == Steps{{Kind::remove, "old"}, {Kind::add, "new"}});
    CHECK(plan.unknown.empty());
}

TEST_CASE("a name that is neither active nor new is unknown, and the others go on") {
    const auto plan = plan_update(changes, active, {"nosuch", "same", "quiet"});
    CHECK(plan.unknown == Names{"nosuch"});
    CHECK(plan.steps == Steps{{Kind::replace, "same"}});
}

TEST_CASE("a preview is told by option, once when it is the same for all, and by what happens to processes") {
    const Preview changed{.group = "g",
                          .change = "changed",
                          .options = {{"", "priority", "999", "5"},
                                      {"a", "priority", "999", "5"},
                                      {"b", "priority", "999", "5"},
                                      {"a", "directory", "", "/x"},
                                      {"a", "command", "p", "q"},
                                      {"b", "command", "p", "q"}},
                          .processes = {{"g:a", "restart"}, {"g:b", "nothing"}},
                          .json = ""};
    CHECK(describe(changed) == Names{"g: would be updated", "  priority: 999 -> 5", "  directory of a: (none) -> /x",
                                     "  command: p -> q", "  would restart: g:a"});
    const Preview removed{.group = "old", .change = "removed", .options = {}, .processes = {{"old", "stop"}}, .json = ""};
    CHECK(describe(removed) == Names{"old: would be removed", "  would stop: old"});
    const auto plan = changes_of({changed, removed});
    CHECK(plan.changed == Names{"g"});
    CHECK(plan.removed == Names{"old"});
}

TEST_CASE("reread describes the changes by name") {
    CHECK(describe_changes({.added = {"b+", "z"}, .changed = {"b"}, .removed = {"b-x"}}) ==
          Names{"b: changed", "b+: available", "b-x: disappeared", "z: available"});
    CHECK(describe_changes({}).empty());
}
