// The first line of a function library: `#!<engine> name=<library>`.
// Source: valkey 8.0.1 src/functions.c, functionExtractLibMetaData, functionsVerifyName; src/sds.c,
// sdssplitargs. What valkey 9.1.2 does was seen there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rdb {

// What a quote may do inside a word of that line.
enum class Quoting : uint8_t {
  apart,   // a closing quote ends the word: up to valkey 8.1
  joined,  // a word goes on after it, as in a shell: valkey 9.0 and later
};

// Sets engine and name as far as the line has them, also where it is not valid. Returns why servers
// refuse the line, as words to follow the name of the library; empty if they take it.
std::string_view parse_library_head(std::string_view source, std::string& engine, std::string& name,
                                    Quoting quoting = Quoting::apart);

}  // namespace rdb
