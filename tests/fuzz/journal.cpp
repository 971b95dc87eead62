// A journal that a controller of before has left, or that somebody has written over: wherever its batches stand, the next
// controller comes to an end with it, and writes no more than there is.
#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/clock.hpp"
#include "supervisord/log/batch.hpp"
#include "supervisord/log/journal.hpp"
#include "supervisord/log/output.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;
using logs::Journal;

namespace {

const logs::Stream stream{"g", "p", logs::Channel::out};

template <std::size_t Size>
void set_text(char (&field)[Size], std::string_view text) {
    std::memset(field, 0, Size);
    text.copy(field, Size);
}

void fill(Journal& journal, unsigned number, fuzz::Input& input) {
    logs::Lane& lane = journal.lane(number);
    const std::string_view bytes = input.text();
    Journal::name_lane(lane, journal.claim(stream), Journal::lane_name(stream));
    bytes.copy(lane.bytes, bytes.size());
    lane.pos = Journal::offset_of(number) + static_cast<std::int64_t>(bytes.size());
    lane.flags = input.number<std::uint8_t>() & ~logs::flag::syslog;
    set_text(lane.prefix, input.number<std::uint8_t>() % 2 ? "p " : "");
    lane.word = input.number<std::uint8_t>() % 16;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    (void)fuzz::own_directory();
    auto journal = Journal::create();
    must(journal.has_value(), "there is memory");
    const unsigned lanes = 1 + input.number<std::uint8_t>() % 2;
    for (unsigned number = 0; number < lanes; ++number) fill(*journal, number, input);
    // Whatever is spoilt, logs are those of this directory.
    const auto path = input.number<std::uint8_t>() % 4;
    if (input.number<std::uint8_t>() % 2) {
        void* memory = ::mmap(nullptr, sizeof(logs::JournalMap), PROT_READ | PROT_WRITE, MAP_SHARED, journal->fd(), 0);
        must(memory != MAP_FAILED, "it can be mapped");
        auto* map = static_cast<logs::JournalMap*>(memory);
        while (!input.is_done()) {
            const auto where = input.number<std::uint8_t>();
            fuzz::Input once = input;
            char* part = where % 4 == 0 ? static_cast<char*>(memory) : reinterpret_cast<char*>(where % 4 == 1 ? static_cast<void*>(&map->row[where / 4 % 2]) : &map->lane[where / 4 % 2]);
            const std::size_t length = where % 4 == 0 ? 64 : where % 4 == 1 ? sizeof map->row[0] : offsetof(logs::Lane, path);
            const std::size_t at = input.number<std::uint16_t>() % length;
            const std::string_view bytes = input.text();
            std::memcpy(part + at, bytes.data(), std::min(bytes.size(), length - at));
        }
        if (path == 3) std::memset(map->lane[0].prefix, 'x', sizeof map->lane[0].prefix);
        ::munmap(memory, sizeof(logs::JournalMap));
    }
    for (unsigned number = 0; number < 2; ++number) {
        logs::Lane& lane = journal->lane(number);
        lane.flags &= ~logs::flag::syslog;
        set_text(lane.path, path == 0 ? "" : path == 1 ? "log" : path == 2 ? "none/log" : "");
        if (path == 3) std::memset(lane.path, 'x', sizeof lane.path);
    }
    ::unlink("log");
    const base::Time begin = base::now();
    {
        auto adopted = Journal::adopt(base::Fd(::dup(journal->fd())));
        if (!adopted) return 0;
        logs::Files files;
        const auto recovered = adopted->recover(files);
        for (const auto& one : recovered.unheard) must(one.raw.size() <= logs::batch_limit, "what was heard was there");
        {
            logs::Output output(*adopted, files, stream, {.path = "log", .limits = {100, 1}});
            adopted->settle_heard();
            const auto dropped = adopted->forget_unclaimed();
            must(dropped <= lanes * 2 * logs::batch_limit, "no more is dropped than there was");
            base::Pipe pipe;
            must(base::make_pipe(pipe) && base::write_all(pipe.write.get(), "hello\n"), "there is a pipe");
            pipe.write.reset();
            for (int count = 0; count < 100; ++count) {
                const auto pumped = output.pump(pipe.read.get(), base::now());
                if (pumped.state == logs::Pumped::State::end_of_file || pumped.state == logs::Pumped::State::error) break;
            }
        }
    }
    auto again = Journal::adopt(base::Fd(::dup(journal->fd())));
    must(again.has_value(), "what was adopted can be adopted again");
    logs::Files others;
    (void)again->recover(others);
    must(base::now() - begin < std::chrono::seconds(20), "it ends");
    struct stat facts{};
    if (::stat("log", &facts) == 0) must(facts.st_size < 4 << 20, "no more is written than there is");
    return 0;
}
