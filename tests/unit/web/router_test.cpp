#include <doctest/doctest.h>

#include "supervisord/web/router.hpp"
#include "tests/support/capture.hpp"

namespace {

struct Said {
    std::string operator()(const web::Refuse& refuse) const { return std::to_string(refuse.status); }
    std::string operator()(const web::CallXml&) const { return "xml"; }
    std::string operator()(const web::CallJson&) const { return "json"; }
    std::string operator()(const web::FollowMain&) const { return "main log"; }
    std::string operator()(const web::ShowStatus&) const { return "status"; }
    std::string operator()(const web::ShowTail&) const { return "tail"; }
    std::string operator()(const web::ShowOk&) const { return "ok"; }
    std::string operator()(const web::ShowStylesheet&) const { return "stylesheet"; }
    std::string operator()(const web::Redirect& redirect) const { return std::string(redirect.location); }
    std::string operator()(const web::FollowProcess& follow) const {
        return (follow.channel == control::Channel::out ? "stdout of " : "stderr of ") + follow.name;
    }
};

web::Head head(const char* method, const char* target) {
    web::Head head;
    head.method = method;
    head.target = target;
    head.has_length = true;
    return head;
}

}  // namespace

TEST_CASE("routes") {
    struct {
        const char* method;
        const char* target;
        const char* route;
    } const rows[] = {
        {"POST", "/RPC2", "xml"},
        {"POST", "/RPC2xyz", "xml"},
        {"POST", "/%52PC2?x", "xml"},
        {"GET", "/RPC2", "400"},
        {"POST", "/rpc", "json"},
        {"POST", "/rpc?x=1", "json"},
        {"GET", "/rpc", "405"},
        {"POST", "/rpc2", "400"},
        {"GET", "/logtail/web", "stdout of web"},
        {"GET", "/logtail/g:web/stderr", "stderr of g:web"},
        {"GET", "/logtail/g%3Aweb/stdout#x", "stdout of g:web"},
        {"GET", "/logtail/web/other", "404"},
        {"GET", "/logtail/web/stdout/more", "404"},
        {"GET", "/logtail", "404"},
        {"POST", "/logtail/web", "400"},
        {"GET", "/mainlogtail", "main log"},
        {"GET", "/mainlogtail/x", "main log"},
        {"POST", "/mainlogtail", "400"},
        {"GET", "/", "status"},
        {"POST", "/", "status"},
        {"GET", "//index.html?action=refresh", "status"},
        {"GET", "/%69ndex.html;x?message=m", "status"},
        {"GET", "/index.html/", "404"},
        {"GET", "/INDEX.HTML", "404"},
        {"GET", "/tail.html?processname=x", "tail"},
        {"POST", "/tail.html", "tail"},
        {"GET", "/ok.html", "ok"},
        {"HEAD", "/ok.html", "404"},
        {"PUT", "/", "400"},
        {"GET", "/stylesheets/supervisor.css", "stylesheet"},
        {"HEAD", "/stylesheets/supervisor.css", "stylesheet"},
        {"POST", "/stylesheets/supervisor.css", "400"},
        {"GET", "/stylesheets", "stylesheets/"},
        {"HEAD", "/stylesheets", "stylesheets/"},
        {"POST", "/stylesheets", "400"},
        {"GET", "/stylesheets/", "404"},
        {"HEAD", "/", "404"},
        {"GET", "/nosuch", "404"},
        {"GET", "/../../etc/passwd", "404"},
        {"POST", "/nosuch", "400"},
        {"DELETE", "/", "400"},
        {"OPTIONS", "*", "400"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.target);
        CHECK(std::visit(Said{}, web::route(head(row.method, row.target))) == row.route);
    }
}

TEST_CASE("a form needs a length, as a call does") {
    for (const char* target : {"/", "/index.html", "/tail.html", "/ok.html"}) {
        CAPTURE(target);
        web::Head form = head("POST", target);
        form.has_length = false;
        CHECK(std::visit(Said{}, web::route(form)) == "411");
        form.method = "GET";
        CHECK(std::visit(Said{}, web::route(form)) != "411");
    }
}

TEST_CASE("a call needs a length, and does not come from a page of somebody else") {
    for (const char* target : {"/RPC2", "/rpc"}) {
        web::Head call = head("POST", target);
        call.has_length = false;
        CHECK(std::visit(Said{}, web::route(call)) == "411");
        call.has_length = true;
        call.origin = "http://evil.example";
        CHECK(std::visit(Said{}, web::route(call)) == "403");
        call.host = "localhost:9001";
        CHECK(std::visit(Said{}, web::route(call)) == "403");
        call.origin = "null";
        CHECK(std::visit(Said{}, web::route(call)) == "403");
        call.origin = "http://LOCALHOST:9001";
        CHECK(std::visit(Said{}, web::route(call)) != "403");
    }
}

TEST_CASE("without a password a page must be of this machine by its name, for others can be made to mean it") {
    const std::pair<const char*, bool> hosts[] = {
        {"localhost", true},       {"127.0.0.1:9001", true}, {"127.1.2.3", true}, {"[::1]:9001", true},
        {"evil.example", false},   {"evil.example:9001", false}, {"127.0.0.1.evil.example", false}, {"127.evil.example", false},
        {"localhost.evil.example:80", false}, {"[::2]", false},
    };
    for (const auto& [host, allowed] : hosts) {
        CAPTURE_BINDING(host);
        web::Head call = head("POST", "/rpc");
        call.host = host;
        CHECK(std::visit(Said{}, web::route(call)) == "json");  // no page
        call.origin = std::string("http://") + host;
        CHECK((std::visit(Said{}, web::route(call)) == "json") == allowed);
        call.has_password = true;
        CHECK(std::visit(Said{}, web::route(call)) == "json");
        call.has_password = false;
        call.is_for_all = true;
        CHECK(std::visit(Said{}, web::route(call)) == "json");
    }
}

TEST_CASE("a browser that says whose page makes a call is believed, behind a proxy too") {
    web::Head call = head("POST", "/RPC2");
    call.host = "127.0.0.1:9001";  // as a proxy says it
    call.origin = "https://supervisor.example.com";
    CHECK(std::visit(Said{}, web::route(call)) == "403");
    for (const auto& [site, allowed] : {std::pair("same-origin", true), {"none", true}, {"same-site", false}, {"cross-site", false}, {"", false}}) {
        CAPTURE_BINDING(site);
        call.fetch_site = site;
        CHECK((std::visit(Said{}, web::route(call)) == "xml") == allowed);
    }
}

TEST_CASE("without a password a log is not for pages with a name that others can make mean this machine") {
    const std::pair<const char*, bool> hosts[] = {
        {"localhost", true}, {"127.0.0.1:9001", true}, {"[fe80::1]:9001", true}, {"10.0.0.7:9001", true}, {"web3:9001", true},
        {"evil.example", false}, {"evil.example:9001", false}, {"127.0.0.1.evil.example", false}, {"10.0.0.7.", true},
    };
    for (const char* target : {"/mainlogtail", "/logtail/web", "/logtail/web/stderr"})
        for (const auto& [host, allowed] : hosts) {
            CAPTURE(target);
            CAPTURE_BINDING(host);
            web::Head get = head("GET", target);
            get.host = host;
            CHECK(std::visit(Said{}, web::route(get)) != "403");  // no browser
            get.is_of_browser = true;
            CHECK((std::visit(Said{}, web::route(get)) != "403") == allowed);
            get.fetch_site = "same-origin";  // over https: by way of a proxy that has the name
            CHECK(std::visit(Said{}, web::route(get)) != "403");
            get.fetch_site.reset();
            get.has_password = true;
            CHECK(std::visit(Said{}, web::route(get)) != "403");
            get.has_password = false;
            get.is_for_all = true;
            CHECK(std::visit(Said{}, web::route(get)) != "403");
        }
}

TEST_CASE("an action is not carried out for a browser that came by a link of another site") {
    for (const auto& [method, target] : {std::pair("GET", "/index.html?action=stopall"), {"POST", "/index.html"}, {"GET", "/?x=1&action=refresh"}}) {
        CAPTURE_BINDING(target);
        web::Head act = head(method, target);
        act.host = "10.0.0.7:9001";
        act.has_password = true;  // which the browser keeps, and sends with what any page asks for
        CHECK(std::visit(Said{}, web::route(act)) == "status");  // no browser
        act.is_of_browser = true;
        CHECK(std::visit(Said{}, web::route(act)) == "403");
        act.is_of_our_page = true;
        CHECK(std::visit(Said{}, web::route(act)) == "status");
        act.fetch_site = "cross-site";
        CHECK(std::visit(Said{}, web::route(act)) == "403");
        act.is_of_our_page = false;
        for (const char* site : {"same-origin", "none"}) {
            act.fetch_site = site;
            CHECK(std::visit(Said{}, web::route(act)) == "status");
        }
        act.fetch_site.reset();
        act.origin = "http://10.0.0.7:9001";
        CHECK(std::visit(Said{}, web::route(act)) == "status");
        act.origin = "http://evil.example";
        CHECK(std::visit(Said{}, web::route(act)) == "403");
    }
}

TEST_CASE("what a page only shows, a link of another site may lead to; but no page that has taken our name") {
    for (const char* target : {"/", "/index.html?message=m", "/tail.html?processname=p"}) {
        CAPTURE(target);
        web::Head show = head("GET", target);
        show.is_of_browser = true;
        show.host = "localhost:9001";
        CHECK(std::visit(Said{}, web::route(show)) != "403");
        show.fetch_site = "cross-site";
        CHECK(std::visit(Said{}, web::route(show)) != "403");
        show.fetch_site.reset();
        show.host = "evil.example:9001";
        CHECK(std::visit(Said{}, web::route(show)) == "403");
        show.has_password = true;
        CHECK(std::visit(Said{}, web::route(show)) != "403");
    }
}
