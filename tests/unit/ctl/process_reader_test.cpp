#include "supervisorctl/process_reader.hpp"

#include <doctest/doctest.h>

#include "tests/unit/ctl/fake_server.hpp"

using supervisorctl::read_processes;
using test::process;

TEST_CASE("processes are read from the text") {
    const auto read = read_processes(R"({"jsonrpc":"2.0","result":[)" + process("g", "a", 20, "RUNNING", "pid 5 \"☃\"", 5) +
                                     "," + process("g", "b", 0, "STOPPED", "", 0) + R"(],"id":7})");
    REQUIRE(read);
    REQUIRE(read->size() == 2);
    const auto& first = read->front();
    CHECK(first.group + first.name + first.statename + first.description == "gaRUNNINGpid 5 \"☃\"");
    CHECK(first.state == 20);
    CHECK(first.pid == 5);
    CHECK(first.stdout_logfile == "/o");
    CHECK(read->back().statename == "STOPPED");
    CHECK(read_processes(R"({"result":[],"id":7})")->empty());
}

TEST_CASE("what is no list of whole processes is left to others") {
    const std::string one = process("g", "a", 20, "RUNNING", "", 5);
    const std::string less = one.substr(0, one.find(R"("group")")) + one.substr(one.find(R"("name")"));
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"result":null})"),
          std::string(R"({"result":{}})"), std::string(R"({"result":[1]})"), std::string(R"({"result":["x"]})"),
          std::string(R"({"result":[[]]})"), std::string(R"({"result":[{}]})"),
          std::string(R"({"error":{"code":6,"message":"SHUTDOWN_STATE"},"id":1})"), R"({"result":[)" + one,
          R"({"result":[)" + less + "]}", R"({"result":[{"a":)" + one + "}]}", R"({"other":[)" + one + "]}"}) {
        CAPTURE(text);
        CHECK_FALSE(read_processes(text));
    }
}
