// The progress line on standard error, for whatever takes more than a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/io/source.h"
#include "rdb/pass/survey.h"

namespace cli {

// Passes the bytes of a source through and counts them.
class Progress : public rdb::ByteSource {
 public:
  // `mode`: auto (a bar, on a terminal only), plain (lines), json (lines), never.
  Progress(rdb::ByteSource& source, std::string_view mode);
  ~Progress() override { finish(); }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  [[nodiscard]] std::optional<uint64_t> size() const override { return source_.size(); }

  void count_keys(const rdb::Survey* survey) { survey_ = survey; }
  // Erases the bar.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Mode : uint8_t { never, bar, plain, json };

  void show(Clock::time_point now);

  rdb::ByteSource& source_;
  Mode mode_;
  const rdb::Survey* survey_ = nullptr;
  uint64_t bytes_ = 0;
  Clock::time_point start_;
  Clock::time_point next_;
  bool is_shown_ = false;
};

}  // namespace cli
