#include "supervisord/web/pages.hpp"

#include "common/api/version.hpp"
#include "common/base/text.hpp"
#include "supervisord/web/form.hpp"

namespace web {

namespace {

constexpr std::string_view doctype =
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" "
    "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n";

/// For text between tags and for values in double quotes.  What HTML has no character for is shown as such.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_control = static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' && c != '\r';
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '"') out += "&quot;";
        else if (is_control) out += "\xef\xbf\xbd";
        else out += c;
    }
    return out;
}

std::string head(std::string_view title) {
    return base::concat(doctype, "<html>\n<head>\n  <title>", escaped(title), "</title>\n"
                        "  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
                        "  <link href=\"stylesheets/supervisor.css\" rel=\"stylesheet\" type=\"text/css\" />\n"
                        "  <link href=\"data:,\" rel=\"icon\" />\n</head>\n");
}

std::string_view state_class(api::State state) {
    switch (state) {
        case api::State::running: return "statusrunning";
        case api::State::fatal:
        case api::State::backoff: return "statuserror";
        case api::State::stopped:
        case api::State::starting:
        case api::State::stopping:
        case api::State::exited:
        case api::State::unknown: break;
    }
    return "statusnominal";
}

constexpr std::string_view no_action = "          <li><a class=\"hidden\" href=\"#\" name=\"#\">Action</a></li>\n";

std::string action_link(std::string_view encoded, std::string_view action, std::string_view label) {
    return base::concat("          <li><a href=\"index.html?processname=", encoded, "&amp;action=", action, "\" name=\"", label,
                        "\">", label, "</a></li>\n");
}

std::string log_link(std::string_view path, std::string_view label) {
    return base::concat("          <li><a href=\"logtail/", path, "\" name=\"", label, "\" target=\"_blank\">", label,
                        "</a></li>\n");
}

/// The two that depend on the state; those that are not there leave their place.
std::string state_actions(std::string_view encoded, api::State state) {
    if (state == api::State::running)
        return base::concat(action_link(encoded, "restart", "Restart"), action_link(encoded, "stop", "Stop"));
    const bool can_start = state == api::State::stopped || state == api::State::exited || state == api::State::fatal;
    return base::concat(can_start ? action_link(encoded, "start", "Start") : std::string(no_action), no_action);
}

std::string table_row(const Row& row, bool shaded) {
    const std::string encoded = percent_encoded(row.name);
    return base::concat(
        "      <tr class=\"", shaded ? "shade" : "", "\">\n        <td class=\"status\"><span class=\"", state_class(row.state),
        "\">", base::lower(api::name(row.state)), "</span></td>\n        <td><span>", escaped(row.description),
        "</span></td>\n        <td><a href=\"tail.html?processname=", encoded, "\" target=\"_blank\">", escaped(row.name),
        "</a></td>\n        <td class=\"action\"><ul>\n", state_actions(encoded, row.state),
        action_link(encoded, "clearlog", "Clear Log"), log_link(encoded, "Tail -f Stdout"),
        log_link(encoded + "/stderr", "Tail -f Stderr"), "        </ul></td>\n      </tr>\n");
}

std::string table(const std::vector<Row>& rows) {
    if (rows.empty()) return "    <p>No programs to manage</p>\n";
    std::string out =
        "    <table cellspacing=\"0\">\n      <thead><tr>\n        <th class=\"state\">State</th>\n"
        "        <th class=\"desc\">Description</th>\n        <th class=\"name\">Name</th>\n"
        "        <th class=\"action\">Action</th>\n      </tr></thead>\n      <tbody>\n";
    bool shaded = false;
    for (const Row& row : rows) {
        out += table_row(row, shaded);
        shaded = !shaded;
    }
    return out + "      </tbody>\n    </table>\n";
}

std::string button(std::string_view action, std::string_view label) {
    return base::concat("      <li class=\"action-button\"><a href=\"index.html?action=", action, "\">", label, "</a></li>\n");
}

}  // namespace

std::string status_page(const std::vector<Row>& rows, std::string_view message) {
    const std::string box = message.empty() ? "<div class=\"hidden\">#</div>"
                                            : base::concat("<div class=\"status_msg\">", escaped(message), "</div>");
    return base::concat(
        head("Supervisor Status"), "<body>\n<div id=\"wrapper\">\n  <div id=\"header\"><h1>Supervisor status</h1></div>\n  ", box,
        "\n  <form action=\"index.html\" method=\"post\">\n    <ul class=\"clr\" id=\"buttons\">\n", button("refresh", "Refresh"),
        button("restartall", "Restart All"), button("stopall", "Stop All"), "    </ul>\n", table(rows),
        "  </form>\n</div>\n<div id=\"footer\">Supervisor <span>", api::supervisor_version, "</span></div>\n</body>\n</html>\n");
}

std::string tail_page(std::string_view name, std::string_view text, std::size_t limit) {
    std::string again;
    if (!name.empty())
        again = base::concat("<p class=\"action-button\"><a href=\"tail.html?processname=", percent_encoded(name),
                             "&amp;limit=", limit, "\">Refresh</a></p>\n");
    const std::string title = base::concat("Supervisor tail of process ", name.empty() ? "None" : name);
    return base::concat(head(title), "<body>\n<pre>", escaped(text), "</pre>\n", again, "</body>\n</html>\n");
}

std::string_view stylesheet() {
    return R"(:root { color-scheme: light dark; --text: #222; --faint: #666; --line: #ddd; --back: #fff; --shade: #f7f7f7; --button: #f2f2f2;
  --link: #0550ae; --told: #fff8dc; --told-line: #b8860b; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ddd; --faint: #999; --line: #3a3a3a; --back: #161616; --shade: #1e1e1e; --button: #2a2a2a;
    --link: #79b8ff; --told: #332b00; --told-line: #8a6d00; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 86em; padding: 0 1em; font: 14px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.5em; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.4 ui-monospace, monospace; }
ul { list-style: none; margin: 0; padding: 0; }
.hidden { display: none; }
.status_msg { padding: .4em .8em; border: 1px solid var(--told-line); border-radius: .3em; background: var(--told);
  white-space: pre-wrap; overflow-wrap: anywhere; }
#buttons { display: flex; flex-wrap: wrap; gap: .6em; margin: 1em 0; }
.action-button { display: inline-block; border: 1px solid var(--line); border-radius: .3em; background: var(--button); }
.action-button a { display: block; padding: .2em .8em; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4em .6em; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; }
.desc { width: 16em; }
tr.shade { background: var(--shade); }
.status { width: 7em; }
.status span { display: inline-block; width: 6em; border-radius: .3em; text-align: center; color: #fff; }
.statusrunning { background: #1a7f37; }
.statuserror { background: #b3261e; }
.statusnominal { background: #6a6a6a; }
.action { width: 32em; }
.action ul { display: grid; grid-template-columns: 4.5em 3.5em 6em 8em 8em; }
.action .hidden { display: inline; visibility: hidden; }
#footer { margin: 2em 0 1em; color: var(--faint); }
@media (max-width: 60em) {
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 7em 1fr; gap: .2em .8em; padding: .6em .4em; border-bottom: 1px solid var(--line); }
  td { padding: 0; border: 0; width: auto; }
  td:nth-child(2) { grid-row: 2; grid-column: 1 / -1; color: var(--faint); }
  td:nth-child(3) { font-weight: 600; }
  .action { grid-column: 1 / -1; width: auto; }
  .action ul { display: flex; flex-wrap: wrap; gap: .2em 1.2em; }
  .action a { display: inline-block; padding: .3em 0; }
  .action .hidden { display: none; }
}
)";
}

}  // namespace web
