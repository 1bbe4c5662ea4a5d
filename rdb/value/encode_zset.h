// Sorted sets: listpack or ziplist where they fit, in order of score and member, plain otherwise,
// with scores in binary or, before RDB 8, in text. Private to encode*.cc.
#pragma once

#include <string>
#include <vector>

#include "rdb/value/encode_parts.h"

namespace rdb {

class ZsetEncoder : public Sink {
 public:
  explicit ZsetEncoder(EncodeContext& context) : context_(context) {}

  bool begin(const Type& type, uint64_t count) override;
  bool member(const Text& text) override;
  bool score_text(std::string_view text) override;
  bool score(double score) override;
  bool end() override;

 private:
  struct Pair {
    std::string member;
    std::string text = {};  // of a score that comes packed, which stays as it is
    double score = 0;
  };

  bool spill();
  bool write_score(double score);
  void pack_score(const Pair& pair);

  EncodeContext& context_;
  std::vector<Pair> pairs_;  // while packed
  bool is_packed_ = true;
  bool is_plain_source_ = false;  // else its order and its long members stay packed
  uint64_t count_ = 0;
  ListpackBuilder packed_;
};

}  // namespace rdb
