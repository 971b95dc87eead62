#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>

#include "common/base/crash_point.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

namespace {

Message answer_to(const Message& request, Type type) {
    Message answer = message_of(type);
    answer.seq = request.seq;
    answer.slot = request.slot;
    answer.inc = request.inc;
    return answer;
}

std::uint64_t inode_of(int fd) {
    struct stat facts{};
    return ::fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

bool Loop::read_requests(int at_most) {
    static Incoming incoming;  // large, and always the same
    for (int count = 0; count < at_most; ++count) {
        if (!link_ || waiting_answer_) return false;
        receive_message(link_.get(), incoming);
        switch (incoming.receipt) {
        case Receipt::nothing:
            return false;
        case Receipt::closed:
            link_.reset();
            if (controller_ > 0) kill_at_ = base::now() + std::chrono::seconds(1);
            return false;
        case Receipt::malformed:
            ++table_.header().bad_messages;
            note("the controller sent something that is no message");
            break;
        case Receipt::message:
            // Of one that stands still it is from before.
            if (controller_ > 0 && watchdog_.tick_at && !is_stopped(controller_)) watchdog_.hear(base::now());
            carry_out(incoming);
            break;
        }
        // What was not kept goes now: a pipe whose end we still had would not come to its end.
        for (auto& descriptor : incoming.descriptors) descriptor.reset();
    }
    return true;
}

void Loop::carry_out(Incoming& incoming) {
    const Message& request = incoming.message;
    if (request.type == Type::hello || !greeted_) return hello(request);
    Message result = answer_to(request, Type::reply);
    result.err = incoming.descriptors_lost ? EMFILE : check_request(request, incoming.count);
    if (result.err != 0) {
        if (request.type == Type::spawn) result.type = Type::spawned;
        return answer(result);
    }
    switch (request.type) {
    case Type::spawn:
        return spawn(incoming);
    case Type::release:
        return release(request);
    case Type::examine:
        return examine(incoming);
    case Type::ready:
        on_ready(restarts_);
        controller_works();
        table_.header().hang_limit = request.seconds;
        watchdog_.ready(std::chrono::seconds(request.seconds));
        if (is_stopped(controller_)) doubt();  // noticed when it did not count yet
        if (!pid_is_told_ || table_.header().why == Why::reload) result.err = announce_pid();
        table_.header().ever_ready = 1;
        if (!(request.flags & keeper::answer)) return;
        break;
    case Type::restart:
        restart_asked_ = true;
        return;
    case Type::taken:  // not those that came once more and are not told yet
        table_.header().pending_signals &= ~(request.bits & told_signals_);
        return;
    case Type::signal:
        result.err = signal(request);
        break;
    case Type::drop_fd:
        result.err = drop_fd(request);
        break;
    case Type::put:
        result.err = put(incoming);
        break;
    case Type::drop:
        result.err = drop(request);
        break;
    case Type::shutdown:
        result.err = shutdown(request);
        break;
    case Type::upgrade:
        result.err = upgrade();
        break;
    default:  // beat: that it came is all
        return;
    }
    answer(result);
}

void Loop::answer(const Message& answer, int descriptor) {
    const std::span<const int> descriptors(&descriptor, descriptor >= 0 ? 1 : 0);
    if (!link_ || send_message(link_.get(), answer, descriptors) != Sent::full || controller_ == 0) return;
    waiting_answer_ = answer;
    waiting_descriptor_ = descriptor;
    full_ = true;
}

void Loop::hello(const Message& request) {
    Message welcome = answer_to(request, Type::welcome);
    const Header& header = table_.header();
    const bool known = request.type == Type::hello && request.version_least <= Message::right_version &&
                       request.version_most >= Message::right_version;
    welcome.err = known ? 0 : EPROTO;
    welcome.why = header.why;
    welcome.restarts = header.restarts;
    welcome.wstatus = header.last_wstatus;
    welcome.bits = told_signals_ = header.pending_signals;
    welcome.upgrade = header.upgrade;
    upgrade_untold_ = false;
    answer(welcome);
    greeted_ = known;
    if (known) return;
    note("the controller speaks another version of our protocol");
    kill_controller();
}

Table::Claim Loop::claim(const Message& request) {
    auto claim = table_.claim(name_of(request), request.inc);
    const std::uint32_t more = table_.header().backed + TableFile::step;
    if (claim.err != ENOSPC || more > table_.header().capacity) return claim;
    try {
        if (!file_.back(more)) return {errno, 0};
        table_.back(more);
    } catch (const std::bad_alloc&) {
        return {ENOMEM, 0};
    }
    return table_.claim(name_of(request), request.inc);
}

void Loop::spawn(Incoming& incoming) {
    const Message& request = incoming.message;
    Message result = answer_to(request, Type::spawned);
    (void)set_name(result, name_of(request));
    const auto claimed = last_resort_ != 0 ? Table::Claim{ESHUTDOWN, 0}
                         : base::has_room_for(descriptor_reserve) ? claim(request) : Table::Claim{EMFILE, 0};
    result.slot = claimed.slot;
    result.err = claimed.err == 0 ? start(claimed.slot, incoming) : claimed.err;
    if (result.err != 0 && result.err != EEXIST) return answer(result);
    const Slot& slot = table_.slot(result.slot);
    result.inc = slot.inc;
    result.pid = slot.pid;
    result.spawned_at = slot.spawned_at;
    answer(result, slot.pidfd);
}

int Loop::start(std::uint32_t number, Incoming& incoming) {
    const Message& request = incoming.message;
    Slot& slot = table_.slot(number);
    slot.flags = request.flags & watch_group;
    for (std::size_t i = 0; i < request.retained_count; ++i) {
        slot.retained[i].fd = incoming.descriptors[1 + i].release();
        slot.retained[i].role = request.retained[i];
        slot.retained[i].inode = inode_of(slot.retained[i].fd);
    }
    base::crash_point("keeper.before_launch");
    const pid_t pid = launch({.slot = slot,
                              .spec = incoming.descriptors[0].get(),
                              .ends = {&incoming.descriptors[1 + request.retained_count], request.target_count},
                              .targets = {request.target, request.target_count},
                              .original = original_});
    base::crash_point("keeper.launched");
    if (pid < 0) {
        close_retained(slot);
        table_.abandon(number);
        return -pid;
    }
    // Nobody else reaps: until we do, this number is this child.
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    ::setpgid(pid, pid);  // the child does it too; a signal to the group must not come too early for either
    table_.commit(number, pid, pidfd, now());
    slot.pidfd_inode = pidfd >= 0 ? inode_of(pidfd) : 0;
    return 0;
}

int Loop::signal(const Message& request) {
    if (!table_.is(request.slot, request.inc)) return ESTALE;
    Slot& slot = table_.slot(request.slot);
    if (request.order != 0 && request.order <= slot.order)
        return request.order == slot.order ? slot.order_err : 0;
    const int err = send(slot, request.signal, (request.flags & to_group) != 0);
    if (request.order != 0) {
        slot.order = request.order;
        slot.order_err = err;
    }
    return err;
}

void Loop::close_retained(Slot& slot) {
    for (auto& end : slot.retained) base::Fd(std::exchange(end.fd, -1)).reset();
}

int Loop::drop_fd(const Message& request) {
    if (!table_.is(request.slot, request.inc)) return ESTALE;
    for (auto& end : table_.slot(request.slot).retained)
        if (end.role == request.role) {
            base::Fd(std::exchange(end.fd, -1)).reset();
            end.role = Role::none;  // and no keeper after us opens it again
        }
    return 0;
}

void Loop::release(const Message& request) {
    if (!table_.is_released_by(request.slot, request.inc)) return;
    Slot& slot = table_.slot(request.slot);
    close_retained(slot);
    base::Fd(slot.pidfd).reset();
    table_.release(request.slot);
}

int Loop::put(Incoming& incoming) {
    const auto put = table_.put(name_of(incoming.message), incoming.descriptors[0].get(),
                                inode_of_held(name_of(incoming.message), incoming.descriptors[0].get()));
    if (put.err != 0) return put.err;
    (void)incoming.descriptors[0].release();
    base::Fd(put.replaced).reset();
    return 0;
}

int Loop::drop(const Message& request) {
    const base::Fd held(table_.drop(name_of(request)));
    return held ? 0 : ENOENT;
}

int Loop::shutdown(const Message& request) {
    if (table_.alive() > 0 && !(request.flags & force)) return EBUSY;
    exit_code_ = request.exit_code;
    return 0;
}

}  // namespace keeper
