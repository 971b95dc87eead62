#include "supervisord/log/capture.hpp"

#include <doctest/doctest.h>

#include <random>

#include "common/base/text.hpp"

using base::concat;
using logs::CaptureState;
using logs::Piece;

namespace {

const std::string begin(logs::capture_begin), end(logs::capture_end);

std::string shown(const std::vector<Piece>& pieces) {
    std::string out;
    for (const auto& piece : pieces) {
        if (piece.what == Piece::What::plain) out += concat("plain<", piece.bytes, ">");
        if (piece.what == Piece::What::captured) out += concat("captured<", piece.bytes, ">");
        if (piece.what == Piece::What::complete) out += "complete ";
    }
    return out;
}

/// The pieces of neighbouring calls joined, as one call would give them.
std::vector<Piece> in_pieces(std::string_view text, const std::vector<std::size_t>& sizes) {
    CaptureState state;
    std::vector<Piece> all;
    std::size_t turn = 0;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, sizes[turn++ % sizes.size()]);
        logs::split_captures(state, part, all);  // appends to the last piece of its kind
        text.remove_prefix(part.size());
    }
    logs::split_captures_end(state, all);
    return all;
}

std::string all_at_once(std::string_view text) { return shown(in_pieces(text, {text.size() + 1})); }

}  // namespace

TEST_CASE("what stands between the tokens is captured, the tokens go nowhere") {
    CHECK(all_at_once("pre" + begin + "one" + end + "mid" + begin + "two" + end + "post") ==
          "plain<pre>captured<one>complete plain<mid>captured<two>complete plain<post>");
    CHECK(all_at_once(begin + end) == "complete ");
    CHECK(all_at_once("just output") == "plain<just output>");
}

TEST_CASE("half tokens are output, at the end of the stream too") {
    CHECK(all_at_once("a<b<!-<!--XSUPERVISOR:BEGIN--<x") == "plain<a<b<!-<!--XSUPERVISOR:BEGIN--<x>");
    for (std::size_t size = 1; size < begin.size(); ++size) CHECK(all_at_once("x" + begin.substr(0, size)) == concat("plain<x", begin.substr(0, size), ">"));
    CHECK(all_at_once(begin + "<!--XSUPERVISOR:EN<!--XSUPERVISOR:END-->") == "captured<<!--XSUPERVISOR:EN>complete ");
}

TEST_CASE("a begin token inside is captured, an end token outside is output") {
    CHECK(all_at_once(begin + begin + end) == concat("captured<", begin, ">complete "));
    CHECK(all_at_once(end) == concat("plain<", end, ">"));
}

TEST_CASE("nothing is held back that is no beginning of a token") {  // Q53
    CaptureState state;
    std::vector<Piece> pieces;
    logs::split_captures(state, "short", pieces);
    CHECK(shown(pieces) == "plain<short>");
}

TEST_CASE("what was captured and not ended is nothing") {
    CaptureState state;
    std::vector<Piece> pieces;
    logs::split_captures(state, begin + "half" + end.substr(0, 5), pieces);
    logs::split_captures_end(state, pieces);
    CHECK(shown(pieces) == "captured<half>");
    CHECK(state == CaptureState{});
}

TEST_CASE("the cuts between pieces make no difference") {
    std::mt19937_64 random(7);
    const std::string words[] = {"a", "<", "<!--", begin, end, "text\n", begin.substr(0, 20), end.substr(3)};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int i = 0; i < 12; ++i) text += words[random() % std::size(words)];
        const std::string whole = all_at_once(text);
        CAPTURE(text);
        for (const std::size_t size : {1, 2, 3, 7, 23, 24}) CHECK(shown(in_pieces(text, {size})) == whole);
        CHECK(shown(in_pieces(text, {1 + random() % 9, 1 + random() % 30})) == whole);
    }
}
