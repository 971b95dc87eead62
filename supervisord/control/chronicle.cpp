#include "supervisord/control/chronicle.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "common/base/crash_point.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "common/config/json.hpp"

namespace control {

namespace {

struct Header {
    static constexpr std::uint64_t expected_magic = 0x3130'4f52'4843'5653;  // "SVCHRO01"
    std::uint64_t magic = expected_magic;
    std::uint64_t length = 0;  // bytes of whole entries after this header
};

struct EntryHead {
    std::uint64_t length = 0;
    char kind = 0;  // one of the letters below
    char padding[7] = {};
};

constexpr char started_kind = 's', read_kind = 'r', activated_kind = 'a', removed_kind = 'd';

base::Result<std::string> all_of(int fd) {
    const off_t size = ::lseek(fd, 0, SEEK_END);
    if (size < 0) return base::Error{base::errno_text(errno)};
    std::string text(static_cast<std::size_t>(size), '\0');
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t count = ::pread(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
        if (count <= 0) return base::Error{count < 0 ? base::errno_text(errno) : "it is shorter than it was"};
        at += static_cast<std::size_t>(count);
    }
    return text;
}

base::Result<void> replay(char kind, std::string_view text, Chronicle::Content& content) {
    if (kind == removed_kind) {
        std::erase_if(content.active, [&](const config::Group& group) { return group.name == text; });
        return {};
    }
    const auto json = config::from_cbor(text);
    if (!json) return base::Error{"an entry is not readable"};
    if (kind == read_kind || kind == started_kind) {
        auto config = config::config_from_json(*json);
        if (!config) return base::Error{config.error()};
        (kind == read_kind ? content.last_read : content.started) = std::move(*config);
    } else {
        auto group = config::group_from_json(*json);
        if (!group) return base::Error{group.error()};
        content.active.push_back(std::move(*group));
    }
    return {};
}

/// CBOR, not text: a value from the environment need not be UTF-8, and must come back as it was.
std::string written(const nlohmann::ordered_json& json) {
    std::string out;
    nlohmann::ordered_json::to_cbor(json, nlohmann::detail::output_adapter<char>(out));
    return out;
}

}  // namespace

base::Result<Chronicle> Chronicle::create() {
    base::Fd file = base::make_memory_file("supervisord-config");
    const Header header;
    if (!file || ::pwrite(file.get(), &header, sizeof header, 0) != sizeof header)
        return base::Error{base::concat("cannot make the chronicle: ", base::errno_text(errno))};
    return Chronicle(std::move(file));
}

base::Result<Chronicle> Chronicle::adopt(base::Fd file, Content& content) {
    const auto refused = [](std::string_view why) {
        return base::Error{base::concat("cannot use the configuration that the last controller kept: ", why)};
    };
    const auto text = all_of(file.get());
    if (!text) return refused(text.error());
    Header header;
    if (text->size() < sizeof header) return refused("it is too short");
    text->copy(reinterpret_cast<char*>(&header), sizeof header);
    if (header.magic != Header::expected_magic || header.length > text->size() - sizeof header)
        return refused("another layout");
    std::string_view rest = std::string_view(*text).substr(sizeof header, header.length);
    Content replayed;
    while (!rest.empty()) {
        EntryHead head;
        if (rest.size() < sizeof head) return refused("an entry is cut");
        rest.copy(reinterpret_cast<char*>(&head), sizeof head);
        rest.remove_prefix(sizeof head);
        if (head.length > rest.size()) return refused("an entry is cut");
        if (const auto done = replay(head.kind, rest.substr(0, head.length), replayed); !done) return refused(done.error());
        rest.remove_prefix(head.length);
    }
    content = std::move(replayed);
    Chronicle chronicle(std::move(file));
    chronicle.written_ = header.length;
    return chronicle;
}

void Chronicle::append(char kind, std::string_view text) {
    if (is_behind_) return;  // without the one that is missing it would say what never was
    EntryHead head;
    head.length = text.size();
    head.kind = kind;
    std::string entry(reinterpret_cast<const char*>(&head), sizeof head);
    entry += text;
    for (std::size_t at = 0; at < entry.size();) {
        const auto offset = static_cast<off_t>(sizeof(Header) + written_ + at);
        const ssize_t count = ::pwrite(file_.get(), entry.data() + at, entry.size() - at, offset);
        if (count <= 0) {
            is_behind_ = true;
            return;
        }
        at += static_cast<std::size_t>(count);
    }
    base::crash_point("chronicle.written");
    const std::uint64_t length = written_ + entry.size();
    is_behind_ = ::pwrite(file_.get(), &length, sizeof length, offsetof(Header, length)) != sizeof length;
    if (!is_behind_) written_ = length;
}

void Chronicle::started(const config::Config& config) { append(started_kind, written(config::to_json(config))); }
void Chronicle::activated(const config::Group& group) { append(activated_kind, written(config::to_json(group))); }
void Chronicle::removed(std::string_view group) { append(removed_kind, group); }
void Chronicle::read(const config::Config& config) { append(read_kind, written(config::to_json(config))); }

base::Result<Chronicle> Chronicle::written_anew(const Content& content) {
    auto fresh = create();
    if (!fresh) return fresh;
    if (content.started) fresh->started(*content.started);
    if (content.last_read) fresh->read(*content.last_read);
    for (const auto& group : content.active) fresh->activated(group);
    if (fresh->is_behind_) return base::Error{base::concat("cannot write the chronicle: ", base::errno_text(errno))};
    fresh->compact_at_ = std::max(fresh->compact_at_, 4 * fresh->written_);
    return fresh;
}

}  // namespace control
