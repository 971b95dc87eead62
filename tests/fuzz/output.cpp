// What a program writes on its way to the log: wherever it is cut into pieces, the same comes out.
#include <vector>

#include "supervisord/log/capture.hpp"
#include "supervisord/log/prefix.hpp"
#include "supervisord/log/strip_ansi.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

/// As batch.cpp does it with a batch.
struct Pipeline {
    logs::StripState strip;
    logs::CaptureState capture;
    logs::PrefixState prefix;
    std::string stripped, prefixed;
    std::vector<logs::Piece> pieces;

    void feed(std::string_view bytes, bool last) {
        std::string out(logs::strip_ansi_room(bytes.size()) + 1, '\0');
        std::size_t size = logs::strip_ansi(strip, bytes, out.data());
        must(size <= logs::strip_ansi_room(bytes.size()), "there is room");
        if (last) size += logs::strip_ansi_end(strip, out.data() + size);
        must(size <= out.size(), "there is room for the end");
        out.resize(size);
        stripped += out;
        logs::split_captures(capture, bytes, pieces);
        if (last) logs::split_captures_end(capture, pieces);
        prefixed += logs::prefix_lines(prefix, "p ", bytes);
        if (last) prefixed += logs::prefix_lines_end(prefix);
    }
    bool operator==(const Pipeline&) const = default;
};


}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input cuts(data, std::min<std::size_t>(size, 8));
    const std::string_view bytes = fuzz::view(data, size).substr(std::min<std::size_t>(size, 8));
    Pipeline whole, pieces;
    whole.feed(bytes, true);
    for (std::string_view rest = bytes;;) {
        const std::string_view piece = rest.substr(0, cuts.is_done() ? 1 : cuts.number<std::uint8_t>());
        rest.remove_prefix(piece.size());
        pieces.feed(piece, rest.empty());
        if (rest.empty()) break;
    }
    must(whole == pieces, "pieces come out as the whole does");
    must(whole.stripped.size() <= bytes.size(), "stripping adds nothing");
    std::size_t kept = 0;
    for (const auto& piece : whole.pieces) kept += piece.bytes.size();
    must(kept <= bytes.size(), "capturing adds nothing");
    if (bytes.find('<') == std::string_view::npos && !bytes.empty())
        must(whole.pieces.size() == 1 && whole.pieces[0].bytes == bytes, "what has no token is left as it is");
    return 0;
}
