#include "tests/support/corpus.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/codec/real.h"
#include "rdb/codec/string.h"
#include "rdb/file/reader.h"
#include "rdb/io/sink.h"

namespace rdb {
namespace {

// The payload of one value.
class Payload {
 public:
  Payload(const CorpusVisitor& visitor, Stored stored)
      : visitor_(visitor), stored_(stored), all_(stored.bytes), source_(all_) {}

  void take(const Type& type) {
    switch (type.id) {
      case 0:
        return string();
      case 1:
      case 2:
        return repeat([this] { string(); });
      case 3:
        return repeat([this] { string(), text_score(); });
      case 4:
        return repeat([this] { string(), string(); });
      case 5:
        return repeat([this] { string(), skip(8); });
      case 9:
        return string();
      case 10:
      case 12:
      case 13:
        return packed(Packed::ziplist);
      case 11:
        return packed(Packed::intset);
      case 14:
        return repeat([this] { packed(Packed::ziplist); });
      case 15:
      case 19:
      case 21:
        return repeat([this] { string(), packed(Packed::listpack); });
      case 16:
      case 17:
      case 20:
        return packed(Packed::listpack);
      case 18:
        return repeat([this] { length() == 1 ? string() : packed(Packed::listpack); });
      default:;  // modules, and what only Redis CE and Valkey 9 have
    }
  }

 private:
  uint64_t length() {
    uint64_t n = 0;
    REQUIRE(read_length(in_, n));
    return n;
  }

  template <typename Take>
  void repeat(Take&& take) {
    for (uint64_t n = length(); n != 0; --n) take();
  }

  void skip(uint64_t n) { REQUIRE(in_.skip(n)); }

  // Sets what is stored to the bytes from `at` on.
  const Stored& since(uint64_t at) {
    stored_.bytes = all_.substr(at, in_.pos() - at);
    return stored_;
  }

  void string() {
    const uint64_t at = in_.pos();
    Kept text;
    REQUIRE(strings_.whole(text, "string"));
    text_ = text.view();
    if (visitor_.string) visitor_.string(since(at), text_);
  }

  void packed(Packed kind) {
    const uint64_t at = in_.pos();
    string();
    if (visitor_.packed) visitor_.packed(since(at), kind, text_);
  }

  void text_score() {
    const uint64_t at = in_.pos();
    double score = 0;
    REQUIRE(read_text_score(in_, score));
    if (visitor_.text_score) visitor_.text_score(since(at), score);
  }

  const CorpusVisitor& visitor_;
  Stored stored_;
  std::string_view all_;
  MemorySource source_;
  Input in_{source_};
  StringReader strings_{in_};
  std::string text_;
};

void visit_file(const CorpusVisitor& visitor, const std::filesystem::path& path) {
  const std::string server = path.parent_path().filename();
  const std::string file = server + "/" + path.filename().string();
  FileSource source;
  REQUIRE(source.open(path).ok());
  Reader reader(source);
  Record record;
  for (bool is_open = reader.open(); is_open && reader.next(record);) {
    if (record.kind != RecordKind::entry) continue;
    MemorySink value;
    if (!reader.value(nullptr, &value)) return;
    Payload(visitor, {server, file, value.bytes()}).take(*record.type);
  }
}

}  // namespace

void visit_corpus(const CorpusVisitor& visitor) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("testdata/corpus")) {
    if (entry.path().extension() == ".rdb") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  REQUIRE(!paths.empty());
  for (const auto& path : paths) visit_file(visitor, path);
}

}  // namespace rdb
