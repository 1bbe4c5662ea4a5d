// The bytes that a function writes to an Output.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "rdb/io/output.h"
#include "rdb/io/sink.h"

namespace rdb {

template <typename Write>
std::string written(Write&& write) {
  MemorySink to;
  Output out(to);
  REQUIRE(write(out));
  REQUIRE(out.flush());
  return to.bytes();
}

}  // namespace rdb
