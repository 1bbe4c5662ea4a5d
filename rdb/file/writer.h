// Writes an RDB file record by record, the counterpart of Reader, whose header has the grammar.
//
//   while (in.next(record)) {
//     if (!out.begin(record) || !in.value(&out.sink())) break;
//   }
//   const bool is_whole = in.finished() && out.finish();
//
// carries a file to another version; with in.value(nullptr, &out.payload()) in place of the sink
// the payloads stay byte for byte as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/file/record.h"
#include "rdb/io/output.h"
#include "rdb/value/encode.h"

namespace rdb {

// The first line of a library whose record has the form of the 7.0 release candidates, as that of
// 7.0 has it (redis 7.0.15 src/rdb.c, rdbFunctionLoad).
[[nodiscard]] std::string library_head(const Record& record);

// What a header becomes (Writer::is_raised), and of which.
inline constexpr std::string_view kRaisedHeader = "VALKEY080";
inline constexpr std::string_view kOpenHeader = "REDIS0011";

// One thread; distinct objects are independent. After the first failure every write fails.
class Writer : private ValueStart {
 public:
  // `to` must outlive the Writer and have taken no bytes yet. The version of `options` is that of
  // the file, 1 to 11; the types that the payloads' sinks write depend on it.
  explicit Writer(ByteSink& to, const EncodeOptions& options = {},
                  size_t buffer_bytes = kBufferBytes);
  ~Writer() override;

  // Magic and version, as the options have them.
  [[nodiscard]] bool header();
  // From here on a file VALKEY080 without fields that expire becomes REDIS0011 at the end, if the
  // sink can be patched: valkey-check-aof 9.1.2 takes no other base.
  void prefer_redis() { prefers_redis_ = true; }
  // Returns the magic and version that were written; after finish() for good.
  [[nodiscard]] const std::string& header_text() const { return header_; }

  // Whole records that another Writer has written, entries not among them.
  [[nodiscard]] bool copy(std::string_view records) { return out_.write(records); }

  // An AUX field, which versions before 7 do not have.
  [[nodiscard]] bool aux(std::string_view name, std::string_view value);

  // What stands before a payload; nothing for hints and slots. A library in the form of the 7.0
  // release candidates gets the form of 7.0. An entry is written once its payload begins, in a
  // database whose first selection opens with a RESIZEDB that is exact at the end, if the version
  // has it and the sink can be patched; elsewhere the hint is left out.
  [[nodiscard]] bool begin(const Record& record);

  // Takes the payload as it is; entries keep the type of their record. Libraries in the form of the
  // release candidates need sink().
  [[nodiscard]] ByteSink& payload();
  // Takes the payload's events and encodes them for the version.
  [[nodiscard]] Sink& sink();

  // Holds the entry that begins next in memory until it is known whether it is to stay. keep() lets
  // it pass; drop() forgets what there is of it and what still comes; settle() ends either, and
  // drops what was not kept.
  [[nodiscard]] bool hold();
  [[nodiscard]] bool keep();
  void drop() { out_.drop(); }
  void settle();

  // Gives back the memory that values took.
  void trim() { encoder_.trim(); }

  // Hands everything to the sink.
  [[nodiscard]] bool flush() { return out_.flush(); }
  // End mark and, since version 5, the checksum; hands everything to the sink. False also where the
  // last value that sink() was given has begun and not ended, since what is read ended early; of
  // payload() nothing is known. carry() (rdb/carry/carry.h) looks after both.
  [[nodiscard]] bool finish();

  [[nodiscard]] const EncodeOptions& options() const { return options_; }
  // Whether the file has a value that only VALKEY080 has, so that finish() makes that of its header
  // REDIS0011, with EncodeOptions::raises_header; only where the sink can be patched.
  [[nodiscard]] bool is_raised() const { return is_raised_; }

  [[nodiscard]] uint64_t pos() const { return out_.pos(); }
  [[nodiscard]] uint64_t keys() const { return keys_; }  // written
  [[nodiscard]] const EncodeLosses& losses() const { return encoder_.losses(); }
  // Of the output, or of finish().
  [[nodiscard]] const Error& error() const { return error_.ok() ? out_.error() : error_; }
  // Why a value could not be encoded.
  [[nodiscard]] const Error& encode_error() const { return encoder_.error(); }

 private:
  struct Database {
    uint64_t hint_offset = 0;  // 0: has none
    uint64_t keys = 0;
    uint64_t expires = 0;
  };
  class LibrarySink;

  // To go back to.
  struct Held {
    bool is_on = false;
    Database* database = nullptr;
    Database counts;
    uint64_t db = 0;
    uint64_t keys = 0;
    bool is_new = false;  // the entry's database
    bool is_raised = false;
  };

  bool start(const Type& type) override;
  bool select(uint64_t db);
  bool lower_header();
  bool lifetime(const Lifetime& lifetime);
  [[nodiscard]] std::string hint(const Database& database) const;

  Output out_;
  EncodeOptions options_;
  Encoder encoder_;
  std::unique_ptr<LibrarySink> library_;
  std::string header_;
  bool prefers_redis_ = false;
  bool has_valkey_types_ = false;
  Record record_;  // begun
  std::map<uint64_t, Database> databases_;
  Database* database_ = nullptr;  // selected
  uint64_t db_ = 0;
  uint64_t keys_ = 0;
  bool is_raised_ = false;
  Held held_;
  Error error_;  // of finish()
};

}  // namespace rdb
