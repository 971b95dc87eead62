#include "tests/unit/ctl/fake_server.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/api/xmlrpc.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/shell.hpp"

namespace test {

using base::concat;

namespace {

/// The client may be gone: that is no reason to end.
void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

Directory::Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctl-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
}

Directory::~Directory() { std::filesystem::remove_all(path_); }

FakeServer::FakeServer() {
    base::Pipe pipe;
    (void)base::make_pipe(pipe);
    stop_read_ = std::move(pipe.read);
    stop_write_ = std::move(pipe.write);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.path("socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    listener_ = base::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    (void)::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 16);
    returns("getVersion", "\"3.0\"");
    listening_ = std::thread([this] { listen(); });
}

FakeServer::~FakeServer() {
    stop_write_.reset();
    listening_.join();
    for (auto& thread : threads_) thread.join();
}

void FakeServer::returns(const std::string& method, const std::string& result, const std::string& first) {
    answers_[method + first] = concat("\"result\":", result);
}

void FakeServer::refuses(const std::string& method, int code, const std::string& message, const std::string& first) {
    answers_[method + first] =
        concat("\"error\":", nlohmann::json({{"code", code}, {"message", message}}).dump());
}

void FakeServer::streams(const std::string& path, LogStream stream) { streams_[path] = std::move(stream); }

std::vector<std::string> FakeServer::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

void FakeServer::listen() {
    for (;;) {
        pollfd both[] = {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
        ::poll(both, 2, -1);
        if (both[1].revents != 0) return;
        const int connection = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        ++connections_;
        threads_.emplace_back([this, connection] {
            serve(connection);
            ::close(connection);
        });
    }
}

void FakeServer::serve(int connection) {
    std::string input;
    for (;;) {
        pollfd both[] = {{connection, POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
        ::poll(both, 2, -1);
        if (both[1].revents != 0) return;
        char buffer[4096];
        const ssize_t count = ::read(connection, buffer, sizeof buffer);
        if (count <= 0) return;
        input.append(buffer, static_cast<std::size_t>(count));
        const auto end = input.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        const std::string head = input.substr(0, end + 2);
        std::size_t length = 0;
        if (const auto at = head.find("Content-Length: "); at != std::string::npos)
            length = std::stoul(head.substr(at + 16));
        if (input.size() < end + 4 + length) continue;
        const std::string body = input.substr(end + 4, length);
        input.erase(0, end + 4 + length);
        const std::string request = head.substr(0, head.find("\r\n"));
        if (!said_.empty() && request.starts_with(said_to_)) return send_all(connection, said_);
        const std::string text = answer(request, head, body);
        if (text.empty()) return;
        if (text == silence) continue;
        send_all(connection, text);
        const auto stream = streams_.find(std::string(base::split(request, ' ')[1]));
        if (stream != streams_.end() && !stream->second.ends) {
            pollfd stop{stop_read_.get(), POLLIN, 0};
            ::poll(&stop, 1, -1);
        }
        if (hangs_up_ || stream != streams_.end()) return;
    }
}

std::string FakeServer::answer(const std::string& request_line, const std::string& head, const std::string& body) {
    const auto reply = [&](std::string_view status, std::string_view text) {
        return concat("HTTP/1.1 ", status, hangs_up_ ? "\r\nConnection: close" : "", "\r\nContent-Length: ",
                      text.size(), "\r\n\r\n", text);
    };
    if (!authorization_.empty() && head.find(concat("Authorization: ", authorization_, "\r\n")) == std::string::npos)
        return reply("401 Unauthorized", "no");
    const auto words = base::split(request_line, ' ');
    if (only_xml_ && words[1] == "/rpc") return reply("400 Bad Request", "");
    if (only_xml_ && words[1] == "/RPC2") return reply("200 OK", answer_xml_call(body));
    if (words[0] == "POST" && words[1] == "/rpc") {
        const std::string text = answer_call(body);
        return text.empty() || text == silence ? text : reply("200 OK", text);
    }
    const auto stream = streams_.find(std::string(words[1]));
    if (stream == streams_.end()) return reply("404 Not Found", "");
    std::string out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const auto& chunk : stream->second.chunks) {
        char size[20];
        std::snprintf(size, sizeof size, "%zx", chunk.size());
        out += concat(size, "\r\n", chunk, "\r\n");
    }
    return stream->second.ends ? out + "0\r\n\r\n" : out;
}

std::string FakeServer::answer_call(const std::string& body) {
    const auto request = nlohmann::ordered_json::parse(body);
    const std::string method = request.at("method").get<std::string>().substr(std::strlen("supervisor."));
    const auto& parameters = request.at("params");
    if (method != "getVersion") {
        const std::lock_guard lock(mutex_);
        calls_.push_back(concat(method, ' ', parameters.dump()));
    }
    auto found = answers_.find(method + (parameters.empty() ? "" : parameters[0].dump()));
    if (found == answers_.end()) found = answers_.find(method);
    const std::string member = found == answers_.end()
                                   ? "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}"
                                   : found->second;
    if (member.empty() || member == silence) return member;
    return concat("{\"jsonrpc\":\"2.0\",\"id\":", request.at("id").dump(), ',', member, '}');
}

std::string FakeServer::answer_xml_call(const std::string& body) {
    using Value = nlohmann::ordered_json;
    const auto call = api::xmlrpc::read_call(body);
    const Value request = {{"id", 1}, {"method", call->method}, {"params", call->params}};
    const Value answer = Value::parse(answer_call(request.dump()));
    if (answer.contains("result")) return api::xmlrpc::write_result(answer["result"]);
    const int code = answer["error"]["code"].get<int>();
    const Value fault = {{"faultCode", code == -32601 ? 1 : code}, {"faultString", answer["error"]["message"]}};
    std::string text = api::xmlrpc::write_result(fault);
    for (const auto& [from, to] : {std::pair("<params>\n<param>", "<fault>"), std::pair("</param>\n</params>", "</fault>")})
        text = base::replace_all(std::move(text), from, to);
    return text;
}

namespace {

/// Runs a function with a terminal made of files, and returns what is in them afterwards.
template <class Function>
Result with_terminal(const std::string& input, Function function) {
    const base::Fd out(::memfd_create("out", MFD_CLOEXEC)), err(::memfd_create("err", MFD_CLOEXEC));
    base::Pipe in;
    (void)base::make_pipe(in);
    (void)base::write_all(in.write.get(), input);
    in.write.reset();
    supervisorctl::Terminal terminal(in.read.get(), out.get(), err.get());
    Result result;
    result.status = function(terminal);
    const auto content = [](const base::Fd& file) {
        std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), ' ');
        (void)::pread(file.get(), text.data(), text.size(), 0);
        return text;
    };
    result.out = content(out);
    result.err = content(err);
    return result;
}

}  // namespace

Result run(supervisorctl::Settings settings, const std::string& line, const std::string& input) {
    return with_terminal(input, [&](supervisorctl::Terminal& terminal) {
        supervisorctl::Session session(std::move(settings), terminal);
        session.run(line);
        return session.status();
    });
}

Result run(const FakeServer& server, const std::string& line) {
    return run(supervisorctl::Settings{.serverurl = server.url()}, line);
}

Result run_and_interrupt(const FakeServer& server, const std::string& line, const std::string& text) {
    base::Pipe in, out;
    (void)base::make_pipe(in);
    (void)base::make_pipe(out);
    Result result;
    const pthread_t typing = ::pthread_self();
    std::thread watching([&] {
        bool pressed = false;
        char buffer[4096];
        for (ssize_t count; (count = ::read(out.read.get(), buffer, sizeof buffer)) > 0;) {
            result.out.append(buffer, static_cast<std::size_t>(count));
            if (pressed || result.out.find(text) == std::string::npos) continue;
            ::pthread_kill(typing, SIGINT);
            pressed = true;
        }
    });
    {
        supervisorctl::Terminal terminal(in.read.get(), out.write.get(), out.write.get());
        supervisorctl::Session session({.serverurl = server.url()}, terminal);
        session.run(line);
        result.status = session.status();
    }
    out.write.reset();
    watching.join();
    return result;
}

Result shell(const FakeServer& server, const std::string& input) {
    return with_terminal(input, [&](supervisorctl::Terminal& terminal) {
        supervisorctl::Session session({.serverurl = server.url(), .interactive = true}, terminal);
        supervisorctl::run_shell(session);
        return supervisorctl::exit_status::success;
    });
}

std::string process(const std::string& group, const std::string& name, int state, const std::string& statename,
                    const std::string& description, int pid) {
    return nlohmann::json({{"group", group},
                           {"name", name},
                           {"state", state},
                           {"statename", statename},
                           {"description", description},
                           {"pid", pid},
                           {"stdout_logfile", "/o"},
                           {"stderr_logfile", ""}})
        .dump();
}

}  // namespace test
