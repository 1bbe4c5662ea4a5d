#include "rdb/aof/payload.h"

#include "rdb/base/bytes.h"
#include "rdb/base/crc64.h"
#include "rdb/codec/length.h"
#include "rdb/value/sink.h"

namespace rdb {
namespace {

constexpr size_t kHeadBytes = 10;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kVersionBytes = 2;
constexpr char kModule2 = 7;

}  // namespace

void PayloadCheck::start() {
  head_.clear();
  passed_.clear();
  last_.clear();
  crc_ = 0;
}

bool PayloadCheck::write(std::string_view bytes) {
  if (head_.size() < kHeadBytes) head_ += bytes.substr(0, kHeadBytes - head_.size());
  if (bytes.size() > kChecksumBytes) {
    pass(last_);
    pass(bytes.substr(0, bytes.size() - kChecksumBytes));
    last_ = bytes.substr(bytes.size() - kChecksumBytes);
    return true;
  }
  last_ += bytes;
  if (last_.size() <= kChecksumBytes) return true;
  const size_t excess = last_.size() - kChecksumBytes;
  pass(std::string_view(last_).substr(0, excess));
  last_.erase(0, excess);
  return true;
}

void PayloadCheck::pass(std::string_view bytes) {
  crc_ = crc64(crc_, bytes);
  passed_ += bytes.size() < kVersionBytes ? bytes : bytes.substr(bytes.size() - kVersionBytes);
  if (passed_.size() > kVersionBytes) passed_.erase(0, passed_.size() - kVersionBytes);
}

bool PayloadCheck::is_sound() const {
  return passed_.size() == kVersionBytes && load_le<uint64_t>(last_.data()) == crc_;
}

unsigned PayloadCheck::version() const {
  return passed_.size() == kVersionBytes ? load_le<uint16_t>(passed_.data()) : 0;
}

std::string PayloadCheck::module() const {
  if (head_.empty() || head_[0] != kModule2) return "";
  const Length id = parse_length(std::string_view(head_).substr(1));
  return id.size == 0 ? "" : ModuleId{id.n}.name();
}

}  // namespace rdb
