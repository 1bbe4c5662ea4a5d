// Sets: intset where all members are integers, listpack where they are few and short, plain
// otherwise. Private to encode*.cc.
#pragma once

#include "rdb/codec/intset.h"
#include "rdb/value/encode_parts.h"

namespace rdb {

class SetEncoder : public Sink {
 public:
  explicit SetEncoder(EncodeContext& context) : context_(context) {}

  bool begin(const Type& type, uint64_t count) override;
  bool member(const Text& text) override;
  bool end() override;

 private:
  enum class Form : uint8_t { intset, listpack, plain };

  bool leave_intset(uint64_t next_bytes);
  bool pack_integers();
  bool spill();

  EncodeContext& context_;
  IntsetBuilder integers_;
  ListpackBuilder packed_;
  Form form_ = Form::intset;
  bool is_listpack_source_ = false;
  uint64_t count_ = 0;
};

}  // namespace rdb
