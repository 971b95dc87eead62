// A controller as small as can be, that keeps the discipline: note first, then the deed; record, then release.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include "common/base/text.hpp"
#include "supervisord/keeper/spec.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/keeper/wire.hpp"
#include "tests/system/keeper/kills.hpp"

namespace kills {

namespace {

using keeper::Type;

class Controller {
public:
    explicit Controller(const std::string& directory) : directory_(directory), notes_(map_notes(directory)) {}

    int run() {
        lock_or_complain(directory_, "controller");
        notes_.controller = ::getpid();
        ++notes_.generation;
        const auto table = keeper::Snapshot::map(keeper::table_fd);
        if (!table) return 9;
        send(keeper::message_of(Type::hello));
        recover(*table);
        send(keeper::message_of(Type::ready));
        notes_.ready = notes_.generation.load();
        for (;;) {
            pollfd waited{.fd = keeper::socket_fd, .events = POLLIN, .revents = 0};
            ::poll(&waited, 1, -1);
            listen();
        }
    }

private:
    void recover(const keeper::Snapshot& table) {
        bool there[programs] = {};
        for (std::uint32_t number = 0; number < table.slots().size(); ++number) {
            const auto& slot = table.slots()[number];
            if (slot.state == keeper::SlotState::free) continue;
            const std::uint32_t program = program_of(slot.name);
            there[program] = true;
            if (slot.inc != notes_.next_inc[program]) record(directory_, "wrong incarnation in the table");
            if (slot.state == keeper::SlotState::exited)
                exited(program, number, slot.inc, slot.ending.wstatus);
            else
                ++alive_;
        }
        for (std::uint32_t program = 0; program < programs; ++program) {
            if (there[program]) continue;
            const std::uint64_t inc = notes_.next_inc[program];
            if (inc != notes_.done_inc[program]) {
                record(directory_, base::concat("void ", name_of(program), ' ', inc));
                notes_.done_inc[program] = inc;
            }
            start(program);
        }
    }

    void start(std::uint32_t program) {
        if (ending_) return;
        const std::uint64_t inc = ++notes_.next_inc[program];
        keeper::Spec spec;
        spec.program = "/proc/self/exe";  // in the child before its exec: the keeper's, which is ours
        spec.arguments = {"program", "--program", directory_, name_of(program), std::to_string(inc)};
        const auto memory = keeper::write_spec(spec);
        keeper::Message request = keeper::message_of(Type::spawn);
        if (!memory || !keeper::set_name(request, name_of(program))) std::abort();
        request.seq = program;
        request.inc = inc;
        request.retained_count = 1;
        request.retained[0] = keeper::Role::output;
        request.target_count = 1;
        request.target[0] = 1;
        base::Pipe pipe;
        if (!base::make_pipe(pipe)) std::abort();
        const int descriptors[] = {memory->get(), pipe.read.get(), pipe.write.get()};
        ++alive_;
        send(request, descriptors);
    }

    void exited(std::uint32_t program, std::uint32_t slot, std::uint64_t inc, int wstatus) {
        if (inc > notes_.done_inc[program]) {
            record(directory_, base::concat("exit ", name_of(program), ' ', inc, ' ', wstatus));
            notes_.done_inc[program] = inc;
        }
        keeper::Message release = keeper::message_of(Type::release);
        release.slot = slot;
        release.inc = inc;
        send(release);
        start(program);
    }

    void listen() {
        keeper::Incoming incoming;
        for (keeper::receive_message(keeper::socket_fd, incoming); incoming.receipt != keeper::Receipt::nothing;
             keeper::receive_message(keeper::socket_fd, incoming)) {
            if (incoming.receipt == keeper::Receipt::closed) ::_exit(3);
            hear(incoming.message);
        }
        if (ending_ && alive_ == 0) send(keeper::message_of(Type::shutdown));
    }

    void hear(const keeper::Message& message) {
        switch (message.type) {
        case Type::spawned:
            if (message.err != 0) record(directory_, base::concat("wrong answer to spawn: ", message.err));
            break;
        case Type::exited:
            --alive_;
            exited(program_of(message.name), message.slot, message.inc, message.ending.wstatus);
            break;
        case Type::welcome:
        case Type::signals:
            if (message.bits & (std::uint64_t{1} << SIGTERM)) ending_ = true;  // not taken: the next must know too
            break;
        default:
            break;
        }
    }

    void send(const keeper::Message& message, std::span<const int> descriptors = {}) {
        while (keeper::send_message(keeper::socket_fd, message, descriptors) == keeper::Sent::full) {
            pollfd waited{.fd = keeper::socket_fd, .events = POLLOUT, .revents = 0};
            ::poll(&waited, 1, 10);
        }
    }

    static std::uint32_t program_of(std::string_view name) {
        std::uint32_t program = 0;
        if (!base::parse_digits(name.substr(name.find('_') + 1), program) || program >= programs) std::abort();
        return program;
    }

    const std::string directory_;
    Notes& notes_;
    int alive_ = 0;
    bool ending_ = false;
};

}  // namespace

int play_controller(const std::string& directory) { return Controller(directory).run(); }

}  // namespace kills
