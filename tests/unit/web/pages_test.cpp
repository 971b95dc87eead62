#include "supervisord/web/pages.hpp"

#include <doctest/doctest.h>

#include "supervisord/web/form.hpp"

namespace {

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

std::string row_of(api::State state) { return web::status_page({{"g:p", state, "what it does"}}, ""); }

}  // namespace

TEST_CASE("parameters: of the query the first counts, of the body the last, and the body before the query") {
    const web::Form form("/x?a=1&a=2&b=one+two%26%C3%A9&empty=&bare&c=%zz&bad=%ff#d=4", "c=3&e=5&e=6");
    CHECK(form.get("a") == "1");
    CHECK(form.get("b") == "one two&\u00e9");
    CHECK(form.get("c") == "3");
    CHECK(form.get("e") == "6");
    CHECK(form.get("bad") == "\ufffd");
    for (const char* name : {"empty", "bare", "d", "nosuch"}) CHECK(form.get(name).empty());
}

TEST_CASE("names in queries are encoded as Python does it") {
    CHECK(web::percent_encoded("g:p 1*/~.-_\u00e9") == "g%3Ap%201%2A/~.-_%C3%A9");
}

TEST_CASE("the status page has a row for each process, with what can be done in its state") {
    const std::string running = row_of(api::State::running);
    CHECK(has(running, "<span class=\"statusrunning\">running</span>"));
    CHECK(has(running, "<span>what it does</span>"));
    CHECK(has(running, "<a href=\"tail.html?processname=g%3Ap\" target=\"_blank\">g:p</a>"));
    CHECK(has(running, "<a href=\"index.html?processname=g%3Ap&amp;action=restart\" name=\"Restart\">Restart</a>"));
    CHECK(has(running, "index.html?processname=g%3Ap&amp;action=stop\""));
    CHECK(has(running, "index.html?processname=g%3Ap&amp;action=clearlog\""));
    CHECK(has(running, "<a href=\"logtail/g%3Ap\" name=\"Tail -f Stdout\" target=\"_blank\">"));
    CHECK(has(running, "<a href=\"logtail/g%3Ap/stderr\" name=\"Tail -f Stderr\" target=\"_blank\">"));
    CHECK_FALSE(has(running, "action=start\""));
    for (const api::State state : {api::State::stopped, api::State::exited, api::State::fatal}) {
        CHECK(has(row_of(state), "action=start\""));
        CHECK_FALSE(has(row_of(state), "action=stop\""));
    }
    for (const api::State state : {api::State::starting, api::State::stopping, api::State::backoff, api::State::unknown}) {
        CHECK_FALSE(has(row_of(state), "action=start\""));
        CHECK_FALSE(has(row_of(state), "action=stop\""));
    }
    CHECK(has(row_of(api::State::fatal), "statuserror"));
    CHECK(has(row_of(api::State::backoff), "statuserror"));
    CHECK(has(row_of(api::State::stopping), "statusnominal"));
    for (const char* button : {"refresh", "restartall", "stopall"}) CHECK(has(running, std::string("index.html?action=") + button + "\""));
    CHECK(has(web::status_page({}, ""), "No programs to manage"));
}

TEST_CASE("a message is shown when there is one") {
    CHECK(has(web::status_page({}, ""), "<div class=\"hidden\">#</div>"));
    CHECK(has(web::status_page({}, "done"), "<div class=\"status_msg\">done</div>"));
}

TEST_CASE("nothing that is put into a page can be markup") {
    const std::string evil = "\"><script>alert(1)</script>&\x01";
    const std::string shown = "&quot;>&lt;script>alert(1)&lt;/script>&amp;\ufffd";
    const std::string pages[] = {
        web::status_page({}, evil),
        web::status_page({{evil, api::State::running, "x"}}, ""),
        web::status_page({{"x", api::State::fatal, evil}}, ""),
        web::tail_page(evil, "x", 1024),
        web::tail_page("x", evil, 1024),
    };
    for (const std::string& page : pages) {
        CHECK_FALSE(has(page, "<script"));
        CHECK(has(page, shown));
    }
}

TEST_CASE("the page of a log can be looked at again, when it is known of what") {
    CHECK(has(web::tail_page("g:p", "text\n", 2000), "<title>Supervisor tail of process g:p</title>"));
    CHECK(has(web::tail_page("g:p", "text\n", 2000), "<pre>text\n</pre>"));
    CHECK(has(web::tail_page("g:p", "text\n", 2000), "\"tail.html?processname=g%3Ap&amp;limit=2000\""));
    CHECK(has(web::tail_page("", "No process name found", 1024), "<title>Supervisor tail of process None</title>"));
    CHECK_FALSE(has(web::tail_page("", "No process name found", 1024), "tail.html"));
}

TEST_CASE("pages have the width of the screen, also of a telephone") {
    for (const std::string& page : {web::status_page({}, ""), web::tail_page("p", "", 1024)})
        CHECK(has(page, "<meta name=\"viewport\" content=\"width=device-width"));
    CHECK(has(std::string(web::stylesheet()), "@media (max-width"));
}
