// A supervisord that says what it was told to say: JSON-RPC with canned answers, and log streams, on a Unix socket in
// a directory of its own.  And a supervisorctl whose output is caught.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/fd.hpp"
#include "supervisorctl/session.hpp"

namespace test {

class Directory {
public:
    Directory();
    ~Directory();
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// What a log stream sends before it ends, or does not end.
struct LogStream {
    std::vector<std::string> chunks;
    bool ends = true;
};

class FakeServer {
public:
    FakeServer();
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    /// JSON, for a method without "supervisor."; with one parameter as JSON, for calls whose first it is.
    void returns(const std::string& method, const std::string& result, const std::string& first = "");
    void refuses(const std::string& method, int code, const std::string& message, const std::string& first = "");
    void streams(const std::string& path, LogStream stream);
    void demands(const std::string& authorization) { authorization_ = authorization; }
    /// Like the original: XML-RPC, and nothing behind /rpc.  The canned answers become XML.
    void speaks_only_xml() { only_xml_ = true; }
    /// To whatever it is asked that begins so, byte for byte; then the connection ends.
    void says(const std::string& bytes, const std::string& to) {
        said_ = bytes;
        said_to_ = to;
    }
    /// Every answer is followed by the end of the connection, and says so.
    void hangs_up() { hangs_up_ = true; }
    /// A call of this method is not answered: the connection ends.
    void drops(const std::string& method) { answers_[method] = ""; }
    /// A call of this method is never answered, and the connection stays.
    void ignores(const std::string& method) { answers_[method] = silence; }

    [[nodiscard]] std::string url() const { return "unix://" + directory_.path("socket"); }
    /// "startProcess [\"web\",true]", in order, without getVersion.
    [[nodiscard]] std::vector<std::string> calls() const;
    [[nodiscard]] int connections() const { return connections_; }

private:
    static constexpr const char* silence = " ";
    void listen();
    void serve(int connection);
    [[nodiscard]] std::string answer(const std::string& request_line, const std::string& head, const std::string& body);
    [[nodiscard]] std::string answer_call(const std::string& body);
    [[nodiscard]] std::string answer_xml_call(const std::string& body);

    Directory directory_;
    base::Fd listener_, stop_read_, stop_write_;
    std::map<std::string, std::string> answers_;  // by method, or method and first parameter: result or error member
    std::map<std::string, LogStream> streams_;
    std::string authorization_;
    std::string said_, said_to_;
    bool hangs_up_ = false, only_xml_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::vector<std::thread> threads_;
    std::thread listening_;
    int connections_ = 0;
};

struct Result {
    int status = 0;
    std::string out, err;
};

/// A one-shot command; input is what its standard input holds.
[[nodiscard]] Result run(supervisorctl::Settings settings, const std::string& line, const std::string& input = "");
[[nodiscard]] Result run(const FakeServer& server, const std::string& line);
/// Presses Ctrl-C as soon as this text is on the screen.  The input stays open.
[[nodiscard]] Result run_and_interrupt(const FakeServer& server, const std::string& line, const std::string& text);
/// The shell, reading from a pipe.
[[nodiscard]] Result shell(const FakeServer& server, const std::string& input);

/// JSON of a process as getProcessInfo returns it.
[[nodiscard]] std::string process(const std::string& group, const std::string& name, int state,
                                  const std::string& statename, const std::string& description, int pid);

}  // namespace test
