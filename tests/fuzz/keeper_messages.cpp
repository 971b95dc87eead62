// What comes through the link: a message of any size with any number of descriptors, to either side.
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include "supervisord/control/link.hpp"
#include "supervisord/keeper/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

void check(const keeper::Message& message, std::size_t descriptors) {
    const std::string_view name = keeper::name_of(message);
    must(name.size() < keeper::name_size, "a name ends");
    keeper::Message copy;
    must(keeper::set_name(copy, name) && keeper::name_of(copy) == name, "a name comes back");
    if (keeper::check_request(message, descriptors) != 0) return;
    must(message.type < keeper::Type::welcome, "what is taken is a request");
    if (message.type == keeper::Type::spawn || message.type == keeper::Type::put)
        must(!name.empty() && message.name[keeper::name_size - 1] == '\0', "what is named has a name");
    if (message.type == keeper::Type::spawn) {
        must(descriptors == 1u + message.retained_count + message.target_count && descriptors <= keeper::descriptor_limit,
             "the descriptors are those that were announced");
        for (std::size_t i = 0; i < message.target_count; ++i) must(message.target[i] < keeper::first_free_fd, "targets are low");
    }
    if (message.type == keeper::Type::signal) must(message.signal >= 0 && message.signal <= 64, "a signal is one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    boost::asio::io_context loop;
    base::Fd ours, theirs;
    must(keeper::make_link(ours, theirs), "there is a link");
    int news = 0, answers = 0, lost = 0;
    control::Link link(loop, std::move(theirs));
    link.listen([&](const keeper::Message& message) { check(message, 0), ++news; }, [&] { ++lost; });
    link.send(keeper::message_of(keeper::Type::beat), {}, [&](const keeper::Message&, base::Fd) { ++answers; });
    for (int count = 0; count < 8 && !input.is_done(); ++count) {
        const std::size_t descriptors = input.number<std::uint8_t>() % (keeper::descriptor_limit + 1);
        const std::vector<int> numbers(descriptors, ours.get());
        std::string packet = input.number<std::uint8_t>() % 4 == 0 ? std::string(input.text()) : std::string();
        if (packet.empty()) {  // a message, with some of it spoilt
            keeper::Message message = keeper::message_of(static_cast<keeper::Type>(input.number<std::uint8_t>() % 80));
            message.seq = 1;
            auto part = input.text();
            const std::size_t at = input.number<std::uint16_t>() % sizeof message;
            std::memcpy(reinterpret_cast<char*>(&message) + at, part.data(), std::min(part.size(), sizeof message - at));
            check(message, descriptors);
            if (keeper::send_message(ours.get(), message, numbers) != keeper::Sent::done) break;
        } else if (::send(ours.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            break;
        }
    }
    link.catch_up();
    keeper::Incoming incoming;
    for (int count = 0; count < 100; ++count) {
        keeper::receive_message(ours.get(), incoming);
        if (incoming.receipt == keeper::Receipt::nothing) break;
        must(incoming.receipt == keeper::Receipt::message, "the link says what is right");
    }
    ours.reset();
    link.catch_up();
    must(answers <= 1 && lost == 1, "an answer comes once, and so does the end");
    return 0;
}
