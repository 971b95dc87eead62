"""A check that never complains is worth nothing: each sees what it is for, and lets pass what is right."""

import pathlib
import unittest

import coroutines
import layers
import purity
import shadowed
import sources


class Layers(unittest.TestCase):
    rows = layers.read_rows("# comment\nsupervisord/log  common/base\n                 supervisord/keeper/table.hpp\n"
                            "common/base  -\n")

    def complaints(self, folder, text):
        return layers.complaints_of(pathlib.Path(folder, "x.cpp"), text, self.rows)

    def test_rows_are_obeyed(self):
        self.assertEqual(self.complaints("supervisord/log", '#include "common/base/text.hpp"\n#include <string>\n'), [])
        self.assertEqual(self.complaints("supervisord/log", '#include "supervisord/log/tail.hpp"\n'), [])
        self.assertEqual(self.complaints("supervisord/log", '#include "supervisord/keeper/table.hpp"\n'), [])
        for wrong in ('"supervisord/keeper/spawn.hpp"', '"common/config/model.hpp"', "<common/base/text.hpp>", '"tail.hpp"'):
            self.assertEqual(len(self.complaints("supervisord/log", f"\n  # include {wrong}\n")), 1, wrong)
        self.assertEqual(len(self.complaints("common/base", '#include "supervisord/log/tail.hpp"\n')), 1)

    def test_a_folder_without_a_row_is_refused(self):
        self.assertEqual(len(self.complaints("supervisord/new", "")), 1)


class Purity(unittest.TestCase):
    def test_what_says_that_it_is_pure(self):
        self.assertTrue(purity.says_pure("// Cuts lines.  Pure.\n#pragma once\n"))
        self.assertTrue(purity.says_pure("// PURE.  Cuts lines.\n"))
        self.assertTrue(purity.says_pure("// Cuts.\n// Pure: text in, text out.\n"))
        self.assertFalse(purity.says_pure("// Cuts lines.  Pure but for the clock.\n"))
        self.assertFalse(purity.says_pure("// Life as a pure function.\n"))
        self.assertFalse(purity.says_pure("#pragma once\n// Pure.\n"))

    def test_what_is_not_pure(self):
        for wrong in ("#include <unistd.h>", "#include <fstream>", "#include <boost/asio/post.hpp>",
                      '#include "common/base/fd.hpp"', "auto t = base::now();", "time(nullptr);", "std::time(nullptr);",
                      "std::chrono::steady_clock::now();", "std::getenv(name);", "std::cout << 1;", "localtime_r(&t, &tm);"):
            self.assertEqual(len(purity.complaints_of("x.cpp", wrong + "\n")), 1, wrong)
        for right in ("#include <ctime>", "#include <sys/wait.h>", "#include <csignal>", "// unistd.h, time(), base::now()",
                      'f("time(now)");', "uptime(5);", "::gmtime_r(&t, &parts);", "step(machine, now);", "std::snprintf(a, 1, b);"):
            self.assertEqual(purity.complaints_of("x.cpp", right + "\n"), [], right)


class Coroutines(unittest.TestCase):
    def test_what_the_compiler_gets_wrong(self):
        for wrong in ("co_await f([s] { g(s); });", "co_await f(Pair{1, 2});", "auto x = co_await f({.a = 1});",
                      "co_await f(a ? b : c);", "x ? co_await a() : co_await b();", "g(co_await a(), co_await b());",
                      "for (auto& x : co_await f()) {", "auto x = co_await f(\n    a[1]);", "if (co_await f({1})) {",
                      "co_await Class{}.method();", "co_return g(co_await f(), [] {});"):
            self.assertNotEqual(coroutines.complaints_of("x.cpp", "void f() {\n" + wrong + "\n}"), [], wrong)

    def test_what_is_safe(self):
        for right in ("co_await f();", "auto [error, n] = co_await f(buffer(a, b), std::move(c));",
                      "const auto& [error] = co_await f();", "if (co_await f()) { g({1}); }", "while (co_await f()) {",
                      "if (auto x = co_await f(); x) {", "co_return co_await f();", "} else if (co_await f()) {",
                      "co_spawn(e, [s]() -> awaitable<void> { co_await f(s); }, handler);",
                      "[[maybe_unused]] auto x = co_await f();", "const char* a = \"co_await [ {\"; // co_await f([x]{})",
                      "auto t = a ? b : c;\nco_await f(std::move(t));", "do { co_await f(); } while (x[1]);"):
            self.assertEqual(coroutines.complaints_of("x.cpp", "void f() {\n" + right + "\n}"), [], right)

    def test_detached(self):
        self.assertEqual(len(coroutines.complaints_of("x.cpp", "asio::co_spawn(e, f(), asio::detached);")), 1)
        self.assertEqual(coroutines.complaints_of("x.cpp", "thread.detach(); bool detached;"), [])


class Shadowed(unittest.TestCase):
    def test_what_is_lost(self):
        for wrong in ("class A: pass\nx = 1\nclass A: pass\n", "def f(): pass\ndef f(): pass\n",
                      "class A:\n    def f(self): pass\n    def f(self): pass\n"):
            self.assertEqual(len(shadowed.complaints_of("x.py", wrong)), 1, wrong)
        for right in ("class A:\n    def f(self): pass\nclass B:\n    def f(self): pass\ndef f(): pass\n",
                      "if x:\n    def f(): pass\nelse:\n    def f(): pass\n"):
            self.assertEqual(shadowed.complaints_of("x.py", right), [], right)


class Sources(unittest.TestCase):
    def complaints(self, name, text, *facts):
        return sources.complaints_of(pathlib.Path(name), text, *facts)

    def test_headers(self):
        good = "// What it is.\n#pragma once\n#include <nlohmann/json_fwd.hpp>\n"
        self.assertEqual(self.complaints("a/x.hpp", good), [])
        for wrong in ("#pragma once\n", "// What it is.\n", good + "using namespace base;\n",
                      good + "#include <nlohmann/json.hpp>\n", good + "#include <boost/asio/io_context.hpp>\n"):
            self.assertEqual(len(self.complaints("a/x.hpp", wrong)), 1, wrong)
        self.assertEqual(self.complaints("a/x.hpp", good + "#include <nlohmann/json.hpp>\n", False, 1), [])

    def test_the_own_header_comes_first(self):
        self.assertEqual(self.complaints("a/x.cpp", '#include "a/x.hpp"\n#include <string>\n', True), [])
        self.assertEqual(len(self.complaints("a/x.cpp", '#include <string>\n#include "a/x.hpp"\n', True)), 1)
        self.assertEqual(self.complaints("a/main.cpp", "#include <string>\n"), [])

    def test_one_place_signals(self):
        for wrong in ("::kill(pid, 9);", "kill(pid, 9);", "  if (std::kill(p, 0) == 0)", "killpg(a, b);"):
            self.assertEqual(len(self.complaints("a/x.cpp", wrong)), 1, wrong)
        for right in ("kill_remains();", "child.kill(9);", "Life::kill(9);", "// kill(0, 9)", "base::send_signal(p, 9);",
                      "::kill(::getpid(), SIGKILL);"):
            self.assertEqual(self.complaints("a/x.cpp", right), [], right)
        self.assertEqual(self.complaints("common/base/signals.cpp", "::kill(p, 9);"), [])


if __name__ == "__main__":
    unittest.main()
