#include "supervisord/keeper/message.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

namespace keeper {

namespace {

int check_spawn(const Message& message, std::size_t descriptors) {
    if (message.inc == 0 || message.inc >> 62 != 0) return EINVAL;  // two bits of the gate's word are not for it
    if (message.retained_count > retained_limit || message.target_count > target_limit) return EINVAL;
    if (descriptors != 1u + message.retained_count + message.target_count) return EINVAL;
    for (std::size_t i = 0; i < message.retained_count; ++i)
        if (message.retained[i] == Role::none || message.retained[i] > Role::other) return EINVAL;
    for (std::size_t i = 0; i < message.target_count; ++i)
        if (message.target[i] >= target_limit) return EINVAL;
    return 0;
}

bool has_name(const Message& message) {
    const auto length = ::strnlen(message.name, name_size);
    return length > 0 && length < name_size;
}

}  // namespace

Message message_of(Type type) {
    Message message;
    message.type = type;
    return message;
}

std::string_view name_of(const Message& message) {
    return {message.name, ::strnlen(message.name, name_size - 1)};
}

bool set_name(Message& message, std::string_view name) {
    std::memset(message.name, 0, name_size);
    if (name.size() >= name_size) return false;
    std::memcpy(message.name, name.data(), name.size());
    return true;
}

int check_request(const Message& message, std::size_t descriptors) {
    if (message.type == Type::spawn) return has_name(message) ? check_spawn(message, descriptors) : EINVAL;
    if (message.type == Type::put) return has_name(message) && descriptors == 1 ? 0 : EINVAL;
    if (message.type == Type::examine) return descriptors == 2 + std::size(examined) ? 0 : EINVAL;
    if (descriptors != 0) return EINVAL;
    switch (message.type) {
    case Type::hello:
    case Type::ready:
    case Type::release:
    case Type::beat:
    case Type::restart:
    case Type::taken:
    case Type::upgrade:
        return 0;
    case Type::signal:
        return message.signal >= 0 && message.signal <= SIGRTMAX ? 0 : EINVAL;
    case Type::drop_fd:
        return message.role != Role::none && message.role <= Role::other ? 0 : EINVAL;
    case Type::drop:
        return has_name(message) ? 0 : EINVAL;
    case Type::shutdown:
        return message.exit_code >= 0 && message.exit_code <= 255 ? 0 : EINVAL;
    default:  // any number may come
        return EOPNOTSUPP;
    }
}

}  // namespace keeper
