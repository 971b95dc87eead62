#include "common/config/programs.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/config/command.hpp"
#include "common/config/kinds.hpp"
#include "common/config/server_url.hpp"

namespace config {

namespace {

using base::concat;

/// More is a slip of the finger that would eat the memory.
constexpr std::int64_t most_copies = 100'000;

/// One of the two streams, after its options have been read.
void settle(SectionReader& reader, Output& output, std::string_view option) {
    const auto tell = [&](std::string_view text) {
        reader.warn(option, concat("For [", reader.section().name, "], ", text));
    };
    if (output.logfile.kind == LogFile::Kind::path && base::lower(output.logfile.path) == "syslog") {
        output.logfile = {LogFile::Kind::none, ""};
        output.syslog = true;
        const std::string_view stream = option.substr(0, option.find('_'));
        tell(concat(option, "=syslog but this is deprecated and will be removed.  Use ", stream,
                    "_syslog=true to enable syslog instead."));
    }
    if (output.logfile.kind == LogFile::Kind::automatic && output.logfile_maxbytes == 0)
        tell(concat("AUTO logging used for ", option,
                    " without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally"));
}

/// After that: a prefix stands in logs, and nowhere else.
void check_prefix(SectionReader& reader, const Output& output, std::string_view option, std::string_view why) {
    const bool written = output.logfile.kind == LogFile::Kind::automatic || !output.logfile.path.empty();
    if (!output.prefix.empty() && !written)
        reader.warn(option, concat("`", option, "` in [", reader.section().name, "] has no effect: ", why));
}

void settle_outputs(SectionReader& reader, Program& program) {
    settle(reader, program.out, "stdout_logfile");
    settle(reader, program.err, "stderr_logfile");
    check_prefix(reader, program.out, "stdout_prefix", "there is no stdout_logfile");
    if (!program.redirect_stderr) return check_prefix(reader, program.err, "stderr_prefix", "there is no stderr_logfile");
    if (program.err.logfile.kind == LogFile::Kind::path)
        reader.warn("stderr_logfile",
                    concat("For [", reader.section().name, "], redirect_stderr=true but stderr_logfile has also been "
                           "set to a filename, the filename has been ignored"));
    program.err.logfile = {LogFile::Kind::none, ""};
    check_prefix(reader, program.err, "stderr_prefix", "with redirect_stderr=true it is stdout_prefix that counts");
}

void check_groups(SectionReader& reader, Program& program) {
    if (program.killmode) {
        for (const auto* option : {"stopasgroup", "killasgroup"})
            if (reader.find(option)) reader.warn(option, concat(option, " has no effect beside killmode"));
        program.stopasgroup = program.killasgroup = program.killmode != Killmode::process;
        return;
    }
    if (!reader.find("killasgroup")) program.killasgroup = program.stopasgroup;
    if (program.stopasgroup && !program.killasgroup)
        reader.error("killasgroup", "Cannot set stopasgroup=true and killasgroup=false",
                     {"killasgroup=true with stopasgroup=true, which is its default then"});
}

void check_numbers(SectionReader& reader, const Copies& copies) {
    std::int64_t last = 0;
    if (copies.numprocs > most_copies)
        reader.error("numprocs", concat("numprocs is larger than ", most_copies), {concat("a number up to ", most_copies)});
    else if (__builtin_add_overflow(copies.numprocs_start, copies.numprocs, &last))
        reader.error("numprocs_start", concat("numprocs_start is too large: ", copies.numprocs_start),
                     {"a number that is not beyond 64 bits with numprocs added to it"});
}

void check_name(SectionReader& reader, const Copies& copies) {
    const ini::Option* option = reader.find("process_name");
    const std::string name = option ? option->value : copies.process_name;
    const auto parsed = parse_name(name);
    const bool is_empty = base::strip(name).empty();  // which Supervisor takes, and so goes on to what is wrong with it
    if (!parsed && !is_empty) return reader.error("process_name", parsed.error(), {allowed_names});
    if (copies.numprocs > 1 && name.find("%(process_num)") == std::string::npos)
        reader.error(option ? "process_name" : "numprocs",
                     "%(process_num) must be present within process_name when numprocs > 1",
                     {"process_name=%(program_name)s_%(process_num)02d or the like"});
    else if (is_empty)
        reader.error("process_name", parsed.error(), {allowed_names});
}

/// What Supervisor accepts, and what then fails at each start.
void check_command(SectionReader& reader, const Program& program) {
    if (reader.check_comment("command")) return;
    const auto words = split_command(program.command);
    if (words && !words->empty()) return;
    const std::string why = words ? "is empty" : concat("cannot be split into words: ", words.error());
    reader.warn("command", concat("`command` in [", program.section, "] ", why, "; the program will not start"),
                {words ? "PROGRAM ARGUMENTS" : "words as in a shell: quotes in pairs, and a backslash before what it stands for"});
}

/// Children are told where supervisord is: a URL that leads nowhere shows only in them.
void check_serverurl(SectionReader& reader, const Program& program) {
    if (!program.serverurl) return;
    if (const auto url = parse_server_url(*program.serverurl); !url)
        reader.warn("serverurl", concat("`serverurl` in [", program.section, "] leads nowhere: ", url.error()),
                    {concat("AUTO, ", allowed_server_urls)});
}

/// One process: what is evaluated for each, on top of what is evaluated once.
Program read_process(const Context& context, SectionReader& reader, const Program& once, const Copies& copies,
                     std::int64_t number, const Names& names, std::string_view program_name) {
    Names numbered(names);
    numbered.set("process_num", number);
    numbered.set("numprocs", copies.numprocs);
    Program program = once;
    reader.fill(program, Scope(numbered), Refers::copy);

    Names full(numbered);
    for (const auto& [key, value] : program.environment) full.set(concat("ENV_", key), value);
    for (const auto& [key, value] : context.common) program.environment.emplace(key, value);
    reader.fill(program, Scope(full), Refers::process);
    if (!reader.find("command"))
        reader.error("command", concat("program section ", program.section, " does not specify a command"),
                     {"command=PROGRAM ARGUMENTS"});

    Copies named;
    named.process_name = program_name;
    const bool given = reader.find("process_name") != nullptr;
    if (given && !reader.fill_one(named, row_of<Copies>("process_name"), full)) return program;
    if (const auto parsed = parse_name(named.process_name))
        program.name = *parsed;
    else
        reader.error("process_name", parsed.error(), {allowed_names});
    settle_outputs(reader, program);
    return program;
}

}  // namespace

std::string_view name_of(const ini::Section& section) {
    return std::string_view(section.name).substr(section.name.find(':') + 1);
}

std::vector<Program> read_program(const Context& context, const ini::Section& section, std::string_view group) {
    SectionReader reader(context, section, SectionReader::Suffix::section_and_file);
    const auto program_name = parse_name(name_of(section));
    if (!program_name) return reader.error("", program_name.error(), {allowed_names}), std::vector<Program>();

    Names names(context.environment);
    names.set("host_node_name", context.machine.host_node_name);
    names.set("program_name", *program_name);
    names.set("group_name", std::string(group));

    Program once;
    once.section = section.name;
    Copies copies;
    const int turn_of_copies = row_of<Copies>("numprocs").turn;
    reader.fill(once, Scope(names), Refers::section, {.end = turn_of_copies});
    reader.fill(copies, Scope(names), Refers::section);
    reader.fill(once, Scope(names), Refers::section, {.first = turn_of_copies});
    copies.process_name = *program_name;
    check_name(reader, copies);
    check_groups(reader, once);
    check_numbers(reader, copies);

    std::vector<Program> processes;
    const std::int64_t count = reader.failed() ? std::min<std::int64_t>(copies.numprocs, 1) : copies.numprocs;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t number = copies.numprocs_start + i;
        processes.push_back(read_process(context, reader, once, copies, number, names, *program_name));
        if (reader.failed()) return processes;  // the others would say the same
        if (i > 0) continue;
        check_command(reader, processes.front());
        check_serverurl(reader, processes.front());
        Names numbered(names);
        numbered.set("process_num", number);
        numbered.set("numprocs", copies.numprocs);
        reader.check_pairs(numbered, Refers::copy);
    }
    std::ranges::sort(processes, {}, &Program::name);
    const auto twice = std::ranges::adjacent_find(processes, {}, &Program::name);
    if (twice != processes.end())
        reader.error("process_name", concat("two processes are named ", base::python_repr(twice->name)),
                     {"a name that %(process_num)d makes another for each process"});
    return processes;
}

}  // namespace config
