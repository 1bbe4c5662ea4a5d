// The values in the files of testdata/corpus, which real servers wrote, taken apart: what they
// stored and what it stands for. By the layouts in rdb/value/plain.cc, packed.cc, quicklist.cc and
// stream.cc, without the code there.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace rdb {

struct Stored {
  const std::string& server;  // "redis-6.2.16"
  const std::string& file;    // "redis-6.2.16/mixed.rdb"
  std::string_view bytes;     // as they stand in the file
};

enum class Packed { ziplist, listpack, intset };

// Functions that are not set are not called.
struct CorpusVisitor {
  // Every string in a value; a packed blob is one too.
  std::function<void(const Stored&, const std::string& text)> string = {};
  std::function<void(const Stored&, Packed, const std::string& blob)> packed = {};
  std::function<void(const Stored&, double)> text_score = {};
};

// Goes over the values of every .rdb file, in the order of the names; what the reader refuses ends
// its file.
void visit_corpus(const CorpusVisitor& visitor);

}  // namespace rdb
