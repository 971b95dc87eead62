#include "supervisord/keeper/message.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <string>

using keeper::Message;
using keeper::Role;
using keeper::Type;

namespace {

Message spawn_request() {
    Message message = keeper::message_of(Type::spawn);
    REQUIRE(keeper::set_name(message, "web:web_00"));
    message.inc = 7;
    message.retained_count = 2;
    message.retained[0] = Role::output;
    message.retained[1] = Role::error;
    message.target_count = 3;
    for (std::uint8_t i = 0; i < 3; ++i) message.target[i] = i;
    return message;
}

}  // namespace

TEST_CASE("a spawn is accepted with exactly the descriptors that it counts") {
    CHECK(keeper::check_request(spawn_request(), 6) == 0);
    for (const std::size_t count : {0, 1, 5, 7, 21}) CHECK(keeper::check_request(spawn_request(), count) == EINVAL);
}

TEST_CASE("a spawn that makes no sense is refused") {
    struct Case {
        const char* what;
        void (*spoil)(Message&);
    };
    const Case cases[] = {
        {"no name", [](Message& m) { m.name[0] = '\0'; }},
        {"a name without end", [](Message& m) { std::memset(m.name, 'x', sizeof m.name); }},
        {"no incarnation", [](Message& m) { m.inc = 0; }},
        {"an incarnation that does not fit into the gate", [](Message& m) { m.inc = std::uint64_t{1} << 62; }},
        {"an end without a role", [](Message& m) { m.retained[1] = Role::none; }},
        {"an unknown role", [](Message& m) { m.retained[1] = static_cast<Role>(9); }},
        {"a target that is not ours to give", [](Message& m) { m.target[2] = 16; }},
        {"more ends than can be", [](Message& m) { m.retained_count = 5; }},
        {"more targets than can be", [](Message& m) { m.target_count = 17; }},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        Message message = spawn_request();
        one.spoil(message);
        const std::size_t descriptors = 1u + message.retained_count + message.target_count;
        CHECK(keeper::check_request(message, descriptors) == EINVAL);
    }
}

TEST_CASE("requests without descriptors are refused with some, unknown ones always") {
    for (const auto type : {Type::hello, Type::ready, Type::release, Type::beat, Type::restart, Type::taken}) {
        CHECK(keeper::check_request(keeper::message_of(type), 0) == 0);
        CHECK(keeper::check_request(keeper::message_of(type), 1) == EINVAL);
    }
    CHECK(keeper::check_request(keeper::message_of(Type::none), 0) == EOPNOTSUPP);
    CHECK(keeper::check_request(keeper::message_of(Type::welcome), 0) == EOPNOTSUPP);
    CHECK(keeper::check_request(keeper::message_of(static_cast<Type>(4711)), 0) == EOPNOTSUPP);
}

TEST_CASE("what is put under a name is one descriptor") {
    Message message = keeper::message_of(Type::put);
    CHECK(keeper::check_request(message, 1) == EINVAL);
    REQUIRE(keeper::set_name(message, "notes"));
    CHECK(keeper::check_request(message, 1) == 0);
    CHECK(keeper::check_request(message, 0) == EINVAL);
    CHECK(keeper::check_request(message, 2) == EINVAL);
}

TEST_CASE("signals, roles and exit codes have limits") {
    Message message = keeper::message_of(Type::signal);
    for (const int number : {0, 15, 64}) CHECK((message.signal = number, keeper::check_request(message, 0)) == 0);
    for (const int number : {-1, 65}) CHECK((message.signal = number, keeper::check_request(message, 0)) == EINVAL);
    message = keeper::message_of(Type::drop_fd);
    CHECK(keeper::check_request(message, 0) == EINVAL);
    message.role = Role::input;
    CHECK(keeper::check_request(message, 0) == 0);
    message = keeper::message_of(Type::shutdown);
    message.exit_code = 256;
    CHECK(keeper::check_request(message, 0) == EINVAL);
}

TEST_CASE("a name of 255 bytes fits, one of 256 does not") {
    Message message;
    CHECK(keeper::set_name(message, std::string(255, 'n')));
    CHECK(keeper::name_of(message) == std::string(255, 'n'));
    CHECK_FALSE(keeper::set_name(message, std::string(256, 'n')));
    CHECK(keeper::name_of(message).empty());
}
