// The one user of RE2.
#include "rdb/base/regex.h"

#include <cassert>
#include <cstdint>

#include <re2/re2.h>

namespace rdb {
namespace {

constexpr int64_t kMemoryMax = 2 << 20;  // of one expression and what it remembers; RE2 has 8 MiB

re2::StringPiece piece(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

Regex::Regex() = default;
Regex::Regex(Regex&& other) noexcept = default;
Regex::~Regex() = default;

bool Regex::compile(std::string_view pattern, std::string& why) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMemoryMax);
  re_ = std::make_unique<RE2>(piece(pattern), options);
  why = re_->error();
  return re_->ok();
}

bool Regex::matches(std::string_view name) const {
  assert(re_ != nullptr);
  return RE2::PartialMatch(piece(name), *re_);
}

}  // namespace rdb
