#include "common/config/sample.hpp"

#include <string_view>
#include <type_traits>

#include "common/base/text.hpp"
#include "common/config/options.hpp"

namespace config {

namespace {

using base::concat;

constexpr std::string_view head = R"(; Sample supervisor config file.  Lines that begin with a semicolon are comments; the rest works as it is.
;
; - Values are written without quotes.  Only environment= has them around what is not a plain word.
; - No shell looks at values: ~ and $HOME mean nothing in most of them.  %(ENV_HOME)s is the HOME that supervisord
;   was started with, and so for any variable.
; - A comment behind a value begins with a blank and a semicolon, " ;", also in the middle of a command, where what
;   follows is cut off.
; - Everything in /tmp is only an example: other users can write there, and its files may be cleared away.
)";

constexpr std::size_t column = 33;  // where comments begin

template <class Target>
class Printer {
public:
    Printer(std::string& out, bool commented) : out_(out), commented_(commented) {}

    void print(const Option<Target>& row) { print(row, row.sample); }
    void print(const Option<Target>& row, std::string_view value) {
        if (value.empty()) return;
        std::string line = concat(commented_ || !row.in_force ? ";" : "", row.name, equals, value);
        line.resize(std::max(line.size(), column - 1), ' ');
        out_ += concat(line, " ; ", row.doc);
        if (row.fallback && !row.fallback->empty()) out_ += concat(" Default: ", *row.fallback);
        out_ += '\n';
    }
    void all() {
        for (const auto& row : options_of<Target>()) print(row);
    }

private:
    /// As the files have it that people copy these two from.
    static constexpr std::string_view equals = std::is_same_v<Target, RpcInterfaceSection> || std::is_same_v<Target, IncludeSection> ? " = " : "=";

    std::string& out_;
    bool commented_;
};

class Sample {
public:
    std::string text() {
        whole<UnixServer>("unix_http_server", false, "");
        whole<InetServer>("inet_http_server", true,
                          "Whoever reaches this port can run programs as the user of supervisord: give it a name and "
                          "a password,\n; and do not let it listen on addresses that others reach.");
        whole<Settings>("supervisord", false, "");
        whole<RpcInterfaceSection>("rpcinterface:supervisor", false, "What supervisorctl talks to; leave it as it is.");
        supervisorctl();
        program();
        eventlistener();
        section("fcgi-program:thefcgiprogramname", true,
                "Programs that share one socket, which supervisord opens.  All options of [program:x] are possible "
                "too.");
        row<Program>("command");
        Printer<FcgiSection>(out_, true).all();
        whole<GroupSection>("group:thegroupname", true, "Programs that are started and stopped as one, by group:*.");
        whole<IncludeSection>("include", true, "More files, each with sections like those above.");
        return std::move(out_);
    }

private:
    void section(std::string_view name, bool commented, std::string_view about) {
        out_ += '\n';
        if (!about.empty()) out_ += concat("; ", about, '\n');
        out_ += concat(commented ? ";[" : "[", name, "]\n");
    }

    template <class Target>
    void whole(std::string_view name, bool commented, std::string_view about) {
        section(name, commented, about);
        Printer<Target>(out_, commented).all();
    }

    template <class Target>
    void row(std::string_view name, std::string_view value = "") {
        for (const auto& option : options_of<Target>())
            if (option.name == name) Printer<Target>(out_, true).print(option, value.empty() ? option.sample : value);
    }

    /// With a second serverurl, for those who use the port instead of the socket.
    void supervisorctl() {
        section("supervisorctl", false, "serverurl must be the socket or the port of the servers above.");
        for (const auto& option : options_of<Client>()) {
            Printer<Client>(out_, false).print(option);
            if (option.name == "serverurl") Printer<Client>(out_, true).print(option, "http://127.0.0.1:9001");
        }
    }

    void program() {
        section("program:theprogramname", true,
                "One such section for each program; only command is needed.");
        row<Program>("command");
        Printer<Copies>(out_, true).all();
        for (const auto& option : options_of<Program>())
            if (option.name != "command") Printer<Program>(out_, true).print(option);
    }

    /// The options of a program but for those that cannot be for a listener, whose output is its protocol.
    void eventlistener() {
        section("eventlistener:theeventlistenername", true, "Programs that are told what happens.");
        row<Program>("command", "/bin/eventlistener");
        Printer<Copies>(out_, true).all();
        Printer<ListenerSection>(out_, true).all();
        Printer<Program> printer(out_, true);
        for (const auto& option : options_of<Program>()) {
            if (option.name == "command" || option.name == "priority") continue;
            if (option.name.find("_capture_") != std::string_view::npos) continue;
            printer.print(option, option.name == "redirect_stderr" ? "false" : option.sample);
        }
    }

    std::string out_{head};
};

}  // namespace

std::string sample_text() { return Sample().text(); }

}  // namespace config
