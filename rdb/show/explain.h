// The bytes of one record, told one by one: opcodes, lengths, strings, packed blobs down to their
// entries, and what is wrong where.
//
//   Explainer explainer(bytes);
//   if (explainer.find(1048) && explainer.explain(annotations)) …
//
// Values are walked by their layouts (explain_walk.cc), what is wrong is found by decoding them as
// everybody does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"

namespace rdb {

// Bytes that belong together.
struct Annotation {
  enum class Kind : uint8_t {
    bytes,
    left_out,  // stands for others: only `words`
    damage,    // `bytes` are those around the place
  } kind = Kind::bytes;
  uint64_t offset = 0;     // in the file
  int64_t inner = -1;      // in the packed blob whose first stored byte has that offset, or -1
  unsigned depth = 0;      // of what it is part of
  uint64_t size = 0;       // in the file, or in the blob
  std::string bytes = {};  // the first of them
  uint64_t before = 0;     // of damage: how many of `bytes` stand before the place
  std::string words = {};
  bool goes_on = false;  // so do its words, by more()
};

class Annotations {
 public:
  virtual ~Annotations() = default;
  // False: no more.
  [[nodiscard]] virtual bool add(const Annotation& annotation) = 0;
  // Further words of the last one, printable ASCII, so that a long string is not held.
  [[nodiscard]] virtual bool more(std::string_view words, bool is_last) = 0;
};

// One thread; distinct objects are independent. Holds what decoding a value holds.
class Explainer {
 public:
  enum class What : uint8_t {
    nothing,  // no such key, or no such offset
    header,
    record,  // or the end mark
    tail,    // what follows the RDB part
  };

  // `file` must outlive the Explainer.
  explicit Explainer(RandomAccess& file, ReaderOptions options = {});

  // Looks for the record that the byte is part of, or of the key: the first, in `db` if that is
  // given. Everything before it is stepped over. Where the framing is lost before `offset`, the
  // record is taken to begin right there, in `db`. False: the file cannot be read, or the key is
  // looked for and the framing is lost: error().
  [[nodiscard]] bool find(uint64_t offset, std::optional<uint64_t> db = {});
  [[nodiscard]] bool find(std::string_view key, std::optional<uint64_t> db = {});

  [[nodiscard]] What what() const { return what_; }
  [[nodiscard]] const Header& header() const { return header_; }
  // Of the record; its extent is known after explain().
  [[nodiscard]] uint64_t offset() const { return from_; }
  [[nodiscard]] uint64_t size() const { return to_ - from_; }
  // Where the framing was lost, if the record was not reached from the start of the file.
  [[nodiscard]] const Error& lost() const { return lost_; }
  // An entry's, as far as it could be read.
  [[nodiscard]] bool has_key() const { return type_ != nullptr; }
  [[nodiscard]] uint64_t db() const { return db_; }
  [[nodiscard]] const KeyName& key() const { return key_; }
  [[nodiscard]] const Type* type() const { return type_; }

  // Before explain(): all elements and all of long strings, else the first of them.
  void show_all() { is_all_ = true; }
  // Annotates what was found. False: `to` wants no more, or the file cannot be read: error().
  [[nodiscard]] bool explain(Annotations& to);

  // What is wrong with the record; its place is among the annotations.
  [[nodiscard]] const Error& damage() const { return damage_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  struct Wanted;

  bool find(const Wanted& wanted);
  bool at_end(const Reader& reader, const Wanted& wanted, uint64_t from);
  bool at_damage(const Reader& reader, const Wanted& wanted, uint64_t from);
  bool settle(What what, uint64_t from, uint64_t db);
  void look_for_damage();
  bool explain_header(Annotations& to);
  bool explain_tail(Annotations& to);
  bool explain_record(Annotations& to);

  RandomAccess& file_;
  ReaderOptions options_;
  Header header_;
  bool is_all_ = false;
  What what_ = What::nothing;
  uint64_t wanted_ = 0;
  uint64_t from_ = 0;
  uint64_t to_ = 0;
  uint64_t end_ = 0;  // of an entry that can be read, with the AUX fields that belong to it
  uint64_t db_ = 0;
  KeyName key_;
  const Type* type_ = nullptr;
  std::optional<uint64_t> checksum_;  // of the content, once its end was reached
  Tail tail_;
  Error lost_;
  Error damage_;
  Error error_;
};

}  // namespace rdb
