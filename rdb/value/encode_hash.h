// Hashes: listpack or ziplist where they fit, plain otherwise, hash-2 where fields may expire and
// the target has it. Private to encode*.cc.
#pragma once

#include <string>

#include "rdb/value/encode_parts.h"

namespace rdb {

class HashEncoder : public Sink {
 public:
  explicit HashEncoder(EncodeContext& context) : context_(context), counted_(context) {}

  bool begin(const Type& type, uint64_t count) override;
  bool field(const Text& text) override;
  bool value(const Text& text) override;
  bool expiry(int64_t ms) override;
  bool end() override;

 private:
  enum class Form : uint8_t { packed, plain, expiring, stripped };

  bool element(const Text& text);
  bool spill();
  bool keep_field();

  EncodeContext& context_;
  Counted counted_;
  ListpackBuilder packed_;
  Form form_ = Form::packed;
  bool is_plain_source_ = false;
  bool is_counted_ = false;  // stripped, and too large to be packed
  uint64_t count_ = 0;
  // stripped: a field with its value, until its expiry is known
  std::string field_;
  std::string value_;
  uint64_t kept_ = 0;
};

}  // namespace rdb
