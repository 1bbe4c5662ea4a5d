// Judges function libraries in this process: for tests, which know what they run.
#pragma once

#include <string>
#include <string_view>

#include "rdb/server/library_run.h"

namespace rdb {

class LuaJudge : public LibraryJudge {
 public:
  void start() override {
    text_.clear();
    loads_ = 0;
  }
  void add(std::string_view piece) override { text_ += piece; }
  LibraryAnswer load(const LibraryApi& api) override {
    ++loads_;
    return run_library(text_, api);
  }
  LibraryAnswer compile() override { return compile_script(text_); }

  // How often the last library was run.
  [[nodiscard]] int loads() const { return loads_; }

 private:
  std::string text_;
  int loads_ = 0;
};

// One for all tests.
inline LuaJudge& lua_judge() {
  static LuaJudge judge;
  return judge;
}

}  // namespace rdb
