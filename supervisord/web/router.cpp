#include "supervisord/web/router.hpp"

#include <algorithm>
#include <string_view>

#include "common/base/text.hpp"
#include "supervisord/web/form.hpp"

namespace web {

namespace {

constexpr Refuse foreign{403, "Pages of other sites may not ask for this."};
constexpr Refuse rebound{403, "Without a password browsers are served only under a name that nobody else can give to this "
                              "machine: an address, localhost or one without a dot. A password would help, or insecure=true."};
constexpr Refuse forged{403, "Only a link of the status page itself does this: open the page, and try there."};

/// A name that nobody else can make mean this machine (DNS rebinding): "localhost:9001", "127.1.2.3", "[::1]:80".
bool is_loopback(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']')) == "[::1";
    host = host.substr(0, host.find(':'));
    if (base::lower(host) == "localhost") return true;
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Browsers name the page that a request comes from.  A page of somebody else's may not make one: it would come with
/// the credentials that the browser keeps, or to a socket that only this machine can reach.  Those that speak of it in
/// words are believed, also behind a proxy that gives us another name than theirs.
bool is_foreign(const Head& head) {
    if (head.fetch_site) return *head.fetch_site != "same-origin" && *head.fetch_site != "none";
    if (!head.origin) return false;
    std::string_view origin = *head.origin;
    if (const auto slashes = origin.find("://"); slashes != std::string_view::npos) origin.remove_prefix(slashes + 3);
    if (!head.host || base::lower(origin) != base::lower(*head.host)) return true;
    return !head.has_password && !head.is_for_all && !is_loopback(*head.host);
}

/// A page that has this server's name may read what it gets, and its browser does not say where it comes from.  An
/// address, or a name without a dot, is nobody else's to give to this machine; nor is a name that is asked for with
/// https, of which browsers speak as such: a proxy has it, and its certificate.
bool may_be_rebound(const Head& head) {
    if (head.has_password || head.is_for_all || !head.is_of_browser || head.fetch_site) return false;
    if (!head.host || head.host->starts_with('[')) return false;
    const std::string_view host = std::string_view(*head.host).substr(0, head.host->find(':'));
    return host.find('.') != std::string_view::npos && host.find_first_not_of("0123456789.") != std::string_view::npos;
}

Route call(const Head& head, int status_of_other_methods, Route route) {
    if (head.method != "POST") return Refuse{status_of_other_methods};
    if (is_foreign(head)) return foreign;
    if (!head.has_length) return Refuse{411};
    return route;
}

Route follow(const Head& head, std::string_view path) {
    if (head.method != "GET") return Refuse{400};
    if (may_be_rebound(head)) return rebound;
    const auto parts = base::split(path, '/');  // "", "logtail", name, channel
    if (parts.size() == 3) return FollowProcess{std::string(parts[2]), control::Channel::out};
    if (parts.size() == 4 && parts[3] == "stdout") return FollowProcess{std::string(parts[2]), control::Channel::out};
    if (parts.size() == 4 && parts[3] == "stderr") return FollowProcess{std::string(parts[2]), control::Channel::err};
    return Refuse{404};
}

Route follow_main(const Head& head) {
    if (head.method != "GET") return Refuse{400};
    if (may_be_rebound(head)) return rebound;
    return FollowMain{};
}

/// Whether a browser asks for what no page of ours is known to have asked for.  A GET that a link makes has no Origin, and
/// where the name is no loopback name and there is no https, nothing else tells whose the link is.
bool may_be_forged(const Head& head) {
    if (is_foreign(head)) return true;
    return head.is_of_browser && !head.fetch_site && !head.origin && !head.is_of_our_page;
}

Route show(const Head& head, Route route) {
    if (head.method != "GET" && head.method != "POST") return Refuse{head.method == "HEAD" ? 404 : 400};
    if (may_be_rebound(head)) return rebound;
    const bool acts = head.method == "POST" || !Form(head.target, {}).get("action").empty();
    if (acts && may_be_forged(head)) return forged;
    if (head.method == "POST" && !head.has_length) return Refuse{411};
    return route;
}

}  // namespace

Route route(const Head& head) {
    const std::string_view target = head.target;
    const std::string decoded = percent_decoded(target.substr(0, target.find_first_of(";?#")));
    const std::string_view path = decoded;
    if (path.starts_with("/RPC2")) return call(head, 400, CallXml{});
    if (path == "/rpc") return call(head, 405, CallJson{});
    if (path.starts_with("/logtail")) return follow(head, path);
    if (path.starts_with("/mainlogtail")) return follow_main(head);

    const std::string_view name = path.substr(std::min(path.find_first_not_of('/'), path.size()));
    if (name.empty() || name == "index.html") return show(head, ShowStatus{});
    if (name == "tail.html") return show(head, ShowTail{});
    if (name == "ok.html") return show(head, ShowOk{});
    if (head.method != "GET" && head.method != "HEAD") return Refuse{400};
    if (name == "stylesheets/supervisor.css") return ShowStylesheet{};
    if (name == "stylesheets") return Redirect{"stylesheets/"};  // as of any folder, though it has no page
    return Refuse{404};
}

}  // namespace web
