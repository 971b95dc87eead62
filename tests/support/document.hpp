// Documents that are made from tables: a test compares each with what the table says now.  With REWRITE_DOCS in the
// environment the file is written instead.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

/// path: below docs/.
inline void check_document(const std::string& path, const std::string& wanted) {
    const std::string file = std::string(SOURCE_ROOT) + "/docs/" + path;
    if (std::getenv("REWRITE_DOCS")) std::ofstream(file) << wanted;
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    INFO("REWRITE_DOCS=1 in the environment writes it anew");
    CHECK(text.str() == wanted);
}
