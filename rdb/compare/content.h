// The content of files as numbers that can be compared and added up: the sum, modulo 2^128, of the
// hashes of all keys, each with its database, name, expiry and value (value_hash.h), whatever their
// order, encoding, RDB version and compression. The sums of the parts of a file make that of the
// whole. Functions and the AUX data of modules, which are in every part, have sums of their own.
// Idle times, frequencies and AUX fields do not count.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/base/hash128.h"
#include "rdb/compare/value_hash.h"
#include "rdb/file/reader.h"
#include "rdb/file/record.h"
#include "rdb/value/encode.h"

namespace rdb {

struct ContentSum {
  Hash128 hash;
  uint64_t count = 0;

  void add(const Hash128& one) {
    hash += one;
    ++count;
  }
  ContentSum& operator+=(const ContentSum& more) {
    hash += more.hash;
    count += more.count;
    return *this;
  }
  bool operator==(const ContentSum&) const = default;
};

struct ContentSums {
  ContentSum keys;
  ContentSum functions;
  ContentSum module_aux;

  void add(RecordKind kind, const Hash128& one) {
    (kind == RecordKind::entry      ? keys
     : kind == RecordKind::function ? functions
                                    : module_aux)
        .add(one);
  }
  bool operator==(const ContentSums&) const = default;
};

// What counts of data that are written so.
[[nodiscard]] ContentForm content_form(const EncodeOptions& options);

// Content on its way, to be compared with what has arrived.
struct Carried {
  ContentForm form;
  ContentSums sums;
};

// The hash of one entry, function or module AUX record after another. One thread.
class RecordHash {
 public:
  explicit RecordHash(const ContentForm& form = {})
      : has_members_(form.keydb_expiries), value_(form) {}

  // Whether records of that kind have content.
  [[nodiscard]] static bool counts(RecordKind kind) {
    return kind == RecordKind::entry || kind == RecordKind::function ||
           kind == RecordKind::module_aux;
  }

  // What takes the payload of the record, whose views need not live on, but for its members.
  [[nodiscard]] Sink& begin(const Record& record);
  // Behind the payload.
  [[nodiscard]] Hash128 get() const;
  // Of an entry: its name alone, and behind its value that.
  [[nodiscard]] const Hash128& key() const { return key_; }
  [[nodiscard]] const ValueHash& value() const { return value_; }

 private:
  // A library, in the form of 7.0.
  class Library : public Sink {
   public:
    bool item(const Text& text) override {
      source.add(text.data);
      return true;
    }
    Hasher128 source;
  };

  RecordKind kind_ = RecordKind::entry;
  uint64_t db_ = 0;
  Hash128 key_;
  Lifetime lifetime_;
  bool has_members_;
  ValueHash value_;
  std::optional<MemberSink> members_;  // before it
  Library library_;
};

// Reads an open reader to its end and adds what it has. False: the reader failed.
[[nodiscard]] bool sum_content(Reader& reader, const ContentForm& form, ContentSums& sums);

// Compares files that were written and read back with what was carried to them.
//
//   Verify verify(carried);
//   for (each file) verify.add(reader);
//   if (verify.finish()) …
//
// One thread; one output.
class Verify {
 public:
  // `carried` must outlive it.
  explicit Verify(const Carried& carried) : carried_(carried) {}

  // Reads an open reader to its end. Functions and AUX data of modules should be in every file.
  // False: the reader failed, or error().
  [[nodiscard]] bool add(Reader& reader);
  // All keys together. False: error().
  [[nodiscard]] bool finish();
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  bool compare(std::string_view what, const ContentSum& found, const ContentSum& carried);

  const Carried& carried_;
  ContentSum keys_;
  Error error_;
};

}  // namespace rdb
