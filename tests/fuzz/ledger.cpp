// The ledger of a controller of before, and the pools that are restored from it.
#include <fcntl.h>

#include <algorithm>

#include "supervisord/control/ledger.hpp"
#include "supervisord/event/pool.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

constexpr std::size_t begin_of_half = 4096;

void restore_pool(fuzz::Input& input) {
    const event::Pool::Options options{.name = "pool", .server = "s", .buffer_size = 3, .busy_timeout = 5};
    const std::vector<std::string> names = {"l", "m"};
    const base::Time now{std::chrono::hours(1)};
    event::Pool pool(options, names);
    for (const auto& name : names) (void)pool.began(name, now), (void)pool.running(name, true, now);
    (void)pool.heard("l", "READY\n", true, now);
    for (std::uint64_t serial = 0; serial < 3; ++serial) (void)pool.emitted(serial, config::EventType::tick_5, "when:5", now);
    std::string saved = pool.saved();
    std::vector<std::string> texts;
    for (auto& [number, text] : pool.take_changes().came) texts.push_back(std::move(text));
    const auto replace = [&](std::string& text) {
        const auto at = input.number<std::uint8_t>() % (text.size() + 1);
        const auto length = input.number<std::uint8_t>();
        text.replace(at, length % 32, input.text());
    };
    for (auto* text : {&saved, &texts[0], &texts[1]})
        if (input.number<std::uint8_t>() % 2) replace(*text);
    event::Pool restored(options, names);
    const event::Pool before = restored;
    if (!restored.restore(saved, {texts.begin(), texts.end()})) return must(restored == before, "what is refused changes nothing");
    for (int step = 0; step < 8; ++step) {
        const std::string name = names[input.number<std::uint8_t>() % 2];
        (void)restored.emitted(100, config::EventType::tick_5, "x", now);
        (void)restored.heard(name, input.text(), input.number<std::uint8_t>() % 2 == 0, now);
        (void)restored.time_passed(now);
        if (step % 3 == 2) (void)restored.closed(name, true, now), (void)restored.ended(name, now), (void)restored.began(name, now);
        (void)restored.running(name, true, now);
        for (const auto& member : restored.members()) must(member.listener.result.size() <= 3, "little is kept of a result");
        must(restored.waiting().size() <= 3 + texts.size(), "the buffer does not grow");
        must(std::ranges::is_sorted(restored.waiting(), std::less_equal<>(), &event::Event::pool_serial) || restored.waiting().size() < 2,
             "the buffer is in order");
        (void)restored.take_changes();
        (void)restored.deadline();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    if (input.number<std::uint8_t>() % 2) return restore_pool(input), 0;
    auto ledger = control::Ledger::create();
    must(ledger.has_value(), "there is memory");
    ledger->set("serial", 7);
    ledger->set("pool:x", "text");
    ledger->commit();
    const std::uint64_t word = (std::uint64_t{input.number<std::uint32_t>()} << 1 | 0) >> (input.number<std::uint8_t>() % 40);
    const std::string_view text = input.rest();
    must(::pwrite(ledger->fd(), text.data(), text.size(), begin_of_half) == static_cast<ssize_t>(text.size()), "it can be written");
    const std::uint64_t length = word % 3 == 0 ? word : text.size() * 2;
    must(::pwrite(ledger->fd(), &length, sizeof length, 8) == sizeof length, "it can be written");
    auto adopted = control::Ledger::adopt(base::Fd(::dup(ledger->fd())));
    if (!adopted) return 0;
    std::size_t total = 0;
    for (const auto& value : adopted->find_all("")) total += value.size();
    must(total <= text.size() + 64, "there is no more than was written");
    adopted->set("new", "value");
    adopted->append("serial", "x");
    adopted->commit();
    auto again = control::Ledger::adopt(base::Fd(::dup(ledger->fd())));
    must(again && again->find("new") && *again->find("new") == "value" && again->find_all("").size() == adopted->find_all("").size(),
         "it can be written on");
    return 0;
}
