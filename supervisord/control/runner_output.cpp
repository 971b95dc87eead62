// What a runner hears of the output of its child, besides what goes to the logs: lines for those who log at debug,
// events, what is captured, the protocol of listeners.
#include "supervisord/control/runner.hpp"

#include "common/base/text.hpp"
#include "common/config/kinds.hpp"
#include "supervisord/control/world.hpp"

namespace control {

using base::concat;
using config::EventType;

namespace {

logs::Target target_of(const config::Output& output, const config::Settings& settings) {
    logs::Target target;
    if (output.logfile.kind != config::LogFile::Kind::none) target.path = output.logfile.path;
    target.limits = {output.logfile_maxbytes, output.logfile_backups};
    target.syslog = output.syslog;
    target.strip_ansi = settings.strip_ansi;
    target.capture = output.capture_maxbytes > 0;
    target.whole_lines = output.logfile_whole_lines;
    static_assert(config::kind::Prefix::limit + 1 < logs::prefix_limit);
    if (!output.prefix.empty()) target.prefix = output.prefix + ' ';
    return target;
}

std::string stream_name(const logs::Stream& stream) {
    return concat(stream.group, ":", stream.process, ":", logs::name(stream.channel));
}

}  // namespace

void Runner::open_outputs() {
    logs::Target target = target_of(program_.out, world_.settings);
    if (is_listener_) target.capture = false;  // its stdout is the protocol
    out_ = std::make_unique<logs::Output>(world_.journal, world_.files, logs::Stream{group_, program_.name, logs::Channel::out},
                                          std::move(target));
    if (!program_.redirect_stderr)
        err_ = std::make_unique<logs::Output>(world_.journal, world_.files,
                                              logs::Stream{group_, program_.name, logs::Channel::err},
                                              target_of(program_.err, world_.settings));
    const auto remnants_of = [this](logs::Output& output) {
        return std::make_unique<Remnants>(world_.loop, world_.link, world_.leavings, output, reporter(),
                                          [this] { go_on_after_remnants(); });
    };
    out_remnants_ = remnants_of(*out_);
    if (err_) err_remnants_ = remnants_of(*err_);
    for (logs::Output* output : {out_.get(), err_.get()})
        if (output && (is_followed(*output) || world_.activity.wants(logs::LogLevel::debug)))
            output->set_hook([this, output](const logs::Text& text) { heard(*output, text); });
}

/// Whether more depends on hearing it than lines of the activity log.
bool Runner::is_followed(const logs::Output& output) const {
    const bool err = output.stream().channel == logs::Channel::err;
    return (is_listener_ && !err) || output.target().capture || output_of(err).events_enabled;
}

void Runner::heard(const logs::Output& output, const logs::Text& text) {
    const bool err = output.stream().channel == logs::Channel::err;
    if (!is_followed(output)) return hear_chunk(err, text.text);
    const std::string stream = stream_name(output.stream());
    if (!world_.events.begin_hearing(stream, text.end)) return;
    if (is_listener_ && !err) {
        say(process::protocol_output(name(), text.raw));
        world_.events.heard(listener(), text.raw, input_ && input_->has_sent_event());
    } else if (!output.target().capture) {
        hear_chunk(err, text.text);
    }
    for (const auto& piece : text.pieces) {
        if (piece.what == logs::Piece::What::complete) {
            hear_captured(err, stream);
            continue;
        }
        hear_chunk(err, piece.bytes);
        if (piece.what == logs::Piece::What::captured)
            world_.events.capture(stream, piece.bytes, capture_limit(err));
    }
    world_.events.end_hearing();
}

/// One piece, captured or not (Q124).
void Runner::hear_chunk(bool err, std::string_view bytes) {
    if (bytes.empty()) return;
    if (world_.activity.wants(logs::LogLevel::blather)) say(process::read_event(dispatcher(err)));
    const auto type = err ? EventType::process_log_stderr : EventType::process_log_stdout;
    if (world_.activity.wants(logs::LogLevel::debug)) say(process::output(name(), err ? "stderr" : "stdout", bytes));
    if (output_of(err).events_enabled && !(is_listener_ && !err) && world_.events.wants(type))
        world_.events.emit(type, event::log({name(), group_, speaker(err), err}, bytes));
}

process::Dispatcher Runner::dispatcher(bool err) const {
    return {err ? err_.get() : out_.get(), this, name(), api::name(state()), err ? "stderr" : "stdout", is_listener_ && !err};
}

std::size_t Runner::capture_limit(bool err) const { return static_cast<std::size_t>(output_of(err).capture_maxbytes); }

void Runner::hear_captured(bool err, const std::string& stream) {
    const std::string captured = world_.events.take_captured(stream, capture_limit(err));
    const auto type = err ? EventType::process_communication_stderr : EventType::process_communication_stdout;
    if (world_.events.wants(type))
        world_.events.emit(type, event::communication({name(), group_, speaker(err), err}, captured));
    say(process::comm_event(name(), err ? "stderr" : "stdout"));
}

void Runner::hear_again(const logs::Unheard& batch, pid_t pid) {
    const logs::Output* output = batch.stream.channel == logs::Channel::err ? err_.get() : out_.get();
    if (!output) return;
    if (pid > 0) child_ = Child{0, pid};  // whose output it is; it is adopted later
    heard(*output, {batch.raw, batch.text, batch.pieces, batch.end});
    child_.reset();
}

void Runner::forget_captured() {
    for (const bool err : {false, true}) {
        const auto& output = err ? err_ : out_;
        if (output && output->target().capture && (err ? err_remnants_ : out_remnants_)->is_empty())
            std::ignore = world_.events.take_captured(stream_name(output->stream()), capture_limit(err));
    }
}

/// Whose output is just being heard.
pid_t Runner::speaker(bool err) const {
    const auto& remnants = err ? err_remnants_ : out_remnants_;
    if (remnants && !remnants->is_empty()) return remnants->pid();
    return child_ ? child_->pid : 0;
}

bool Runner::has_last_words() const {
    return !out_remnants_->is_empty() || (err_remnants_ && !err_remnants_->is_empty());
}

void Runner::give_up_last_words() {
    for (const auto& remnants : {out_remnants_.get(), err_remnants_.get()})
        if (remnants) remnants->give_up();
}

void Runner::forget_outputs() {
    give_up_last_words();
    for (logs::Output* output : {out_.get(), err_.get()}) {
        if (!output) continue;
        output->forget();
        if (is_followed(*output)) world_.events.forget_stream(stream_name(output->stream()));
    }
}

}  // namespace control
