// Reads an RDB file record by record:
//   [framing of a capture]                             framing.h
//   REDIS<4 digits> | VALKEY<3 digits>
//   ( FA aux | F5 F6 function | F7 module aux | FE select | FB resize | F4 F3 slots
//   | [FC FD expiry] [F8 idle | F9 freq] type key value )*
//   FF [8 bytes of checksum, since version 5]
// What stands before a key counts for it whatever AUX fields are between.
// Source: redis 7.2.6 and valkey 8.0.1 src/rdb.c, rdbLoadRioWithLoadingCtx.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/file/foreign.h"
#include "rdb/file/framing.h"
#include "rdb/file/record.h"
#include "rdb/io/input.h"
#include "rdb/io/random.h"
#include "rdb/io/source.h"
#include "rdb/value/decode.h"

namespace rdb {

struct Header {
  // The nine bytes; where the version is not digits alone, what servers take them for.
  std::string text;
  Dialect dialect = Dialect::redis;
  unsigned version = 0;
  // Servers take what atoi makes of the version: of the four bytes behind REDIS, Valkey from 8.1 on
  // of the three behind REDIS0 or VALKEY. False: these refuse it.
  bool is_read_early = true;
  bool is_read_late = true;
  uint64_t offset = 0;              // of the magic; > 0 behind the framing of a capture
  Product product = Product::none;  // as far as the AUX fields read so far tell

  [[nodiscard]] bool has_checksum() const { return version >= 5; }
};

inline constexpr size_t kChecksumBytes = 8;  // behind the end mark

enum class Checksum : uint8_t {
  unread,
  none,    // before version 5
  absent,  // recorded as 0: the writer ran with rdbchecksum no, or it went over a socket
  verified,
  wrong,
};

// What follows the end of the RDB part, or is there instead of one.
struct Tail {
  // commands: append-only commands, after the mark of a capture if there is one.
  enum class Kind : uint8_t { none, eof_mark, commands, unknown } kind = Kind::none;
  uint64_t offset = 0;
  uint64_t size = 0;
  // In which the first commands work: in a capture that of the AUX field repl-stream-db, else 0.
  uint64_t db = 0;
};

// What the AUX fields aof-preamble (4.0 to 6.2) and aof-base (from 7.0 on) say of a file: that it
// is part of an append-only file, or not. Servers write one of them into every file.
enum class AppendOnly : uint8_t { unsaid, no, preamble, base };

// Gets the bytes of a tail in the pass that reads the RDB part.
class TailSink : public ByteSink {
 public:
  // A tail begins; its size is not known yet. False: none of its bytes is wanted.
  [[nodiscard]] virtual bool begin(const Tail& tail) = 0;
  // It has been written whole.
  virtual void end() = 0;
};

struct ReaderOptions {
  bool verify_checksum = true;  // false: a wrong one is only told by checksum()
  // False: an RDB part of another size than a capture announces, or without the mark that should
  // end it, is only told by framing_error().
  bool verify_framing = true;
  // Where records can no longer be followed, the checksum at the end of the input tells damage from
  // a foreign format, and what follows the RDB part has a size; false: neither is looked for.
  bool drains = true;
  // What is wrong with a value but leaves its extent known is kept by flaws(), and reading goes on.
  bool tolerates_flaws = false;
  // Before version 9 expiries are in the byte order of the host that wrote them, which no header
  // tells.
  enum class ExpiryOrder : uint8_t { assume_little, little, big } expiry_order{};
  // Borrowed; must outlive the Reader. Gets what follows the RDB part, but for the mark of a
  // capture, and all of a file that has commands and no RDB part.
  TailSink* tail = nullptr;
  // What only another product has is stepped over where that can be done: opcodes are noted, values
  // become records (RecordKind::foreign). False: an error.
  bool takes_foreign = false;
  // Expiries of members that are not told with their key become records (RecordKind::stray). False:
  // an error.
  bool takes_strays = false;
  // Expiries of members are looked for behind a value before it is read (Record::members).
  bool tells_members = true;
  // The most bytes that a name or a packed blob may have, which are held whole; more: an error.
  uint64_t held_max = kHeldDefault;
};

// One thread; distinct objects are independent.
class Reader {
 public:
  // `source` must outlive the Reader.
  explicit Reader(ByteSource& source, ReaderOptions options = {});

  // Reads the header. False: error(); `no_rdb_part` once all of a file of commands has been read.
  [[nodiscard]] bool open();
  // Instead of open(): the source begins with a record, at `offset` of a file with such a header.
  void open_at(const Header& header, uint64_t offset = 0) {
    header_ = header;
    in_.begin_at(offset);
    begin_members();
  }

  // Behind a value that is longer than the buffer its members' expiries can only be found in
  // `file`, which has the same bytes and must outlive the reading.
  void reread_from(RandomAccess& file) { again_ = &file; }

  // The next record; steps over the payload of the one before if it was not read. False when
  // finished() or at error().
  [[nodiscard]] bool next(Record& record);

  // Hands over the payload of the record; with a null `sink` only finds its extent. The bytes of
  // the payload, as they are, also go to `copy`. False with error() ok: the sink stopped.
  [[nodiscard]] bool value(Sink* sink, ByteSink* copy = nullptr);
  // What was wrong with it, in the order found; with ReaderOptions::tolerates_flaws. What the sink
  // got of it is not complete then, and without end().
  [[nodiscard]] const std::vector<Error>& flaws() const { return flaws_; }
  // The payload of aux and function: its first `bytes_max` bytes into `to`; `size` is that of all.
  // `copy` as above; `also` gets the events.
  [[nodiscard]] bool text(std::string& to, uint64_t bytes_max, uint64_t& size,
                          ByteSink* copy = nullptr, Sink* also = nullptr);

  // Counts the members of the entry just read, whose value is unread, by reading that once more.
  // False: it cannot be read.
  [[nodiscard]] bool count_members(int64_t now_ms, MemberCounts& counts);

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const Error& error() const { return in_.error(); }
  // For what a caller finds wrong with the record just read; always false.
  bool fail(Code code, Detail numbers) { return fail({.code = code, .numbers = numbers}); }
  bool fail(Error error);

  [[nodiscard]] const Header& header() const { return header_; }
  // Of a capture; Framing::Kind::none for a file.
  [[nodiscard]] const Framing& framing() const { return framing_; }
  [[nodiscard]] uint64_t pos() const { return in_.pos(); }
  // Whether an expiry, idle time or frequency was read and its key was not: what was read last
  // stands between them.
  [[nodiscard]] bool is_in_entry() const { return has_pending_; }
  // Where the record begins that was read last, or that could not be read.
  [[nodiscard]] uint64_t record_offset() const { return at_; }
  [[nodiscard]] uint64_t db() const { return db_; }  // selected
  [[nodiscard]] const Tally& tally() const { return in_.tally; }
  [[nodiscard]] const std::array<Note, 256>& opcodes() const { return opcodes_; }
  // What only another product has, each by its first, with ReaderOptions::takes_foreign.
  [[nodiscard]] const std::vector<ForeignNote>& foreign() const { return foreign_; }
  // The highest database that was selected, whether or not it has keys.
  [[nodiscard]] uint64_t database_max() const { return database_max_; }
  [[nodiscard]] AppendOnly append_only() const { return append_only_; }
  // True when no expiry makes sense in the byte order assumed and every one in the other.
  [[nodiscard]] bool expiries_look_swapped() const;

  // Once finished:
  [[nodiscard]] Checksum checksum() const { return checksum_; }
  [[nodiscard]] uint64_t checksum_value() const { return checksum_value_; }  // of the content
  [[nodiscard]] uint64_t end() const { return end_; }  // offset behind the RDB part
  [[nodiscard]] const Tail& tail() const { return tail_; }
  // What is wrong with the size or the mark of a capture, without ReaderOptions::verify_framing.
  [[nodiscard]] const Error& framing_error() const { return framing_error_; }

 private:
  bool read_framing();
  bool end_framing();
  bool find_zeros();
  bool read_magic();
  bool read_opcode(uint8_t opcode, Record& record, bool& is_record);
  bool read_entry(uint8_t id, Record& record);
  void take_pending(Record& record);
  bool read_expiry(uint8_t opcode);
  bool read_aux(Record& record, bool& is_record);
  void note_append_only();
  void note_stream_db();
  bool read_select();
  bool read_hint(Record& record);
  bool read_function(uint8_t opcode, Record& record);
  bool read_module_aux(Record& record);
  bool read_slot_info(Record& record);
  bool read_slot_import(Record& record);
  bool read_end();
  bool read_tail();
  bool pass_tail();
  bool read_commands();
  bool refuse(uint8_t id, const Type* type);
  bool drain();
  // reader_products.cc
  void begin_members();
  void sniff();
  void see(std::string_view aux, std::string_view value);
  [[nodiscard]] const ForeignItem* own_item(uint8_t id) const {
    return header_.product == Product::none ? nullptr : find_own_item(id);
  }
  [[nodiscard]] const ForeignItem* find_own_item(uint8_t id) const;
  bool read_foreign(const ForeignItem& item, Record& record, bool& is_record);
  bool skip_item(const ForeignItem& item);
  bool refuse_item(const ForeignItem& item, Product product, bool is_guess);
  bool fail_as_foreign(const ForeignItem& item, uint64_t at, std::string what);
  bool take_key_time();
  // reader_members.cc
  void look_ahead(const Type& type);
  bool look_ahead_in_buffer(const Type& type, bool& is_known);
  void look_ahead_in_file(const Type& type, uint64_t at, bool is_value);
  bool finish_reading(Input& in, StringReader& strings);
  bool skip_members();
  bool read_stray(Record& record);
  bool read_name();
  bool read_member_time(bool& has_time, std::optional<int64_t>& ms);
  bool annotate();
  void annotate(Error& error) const;
  bool explain();

  ReaderOptions options_;
  Input in_;
  std::vector<Error> flaws_;
  StringReader strings_;
  Header header_;
  Framing framing_;
  Error framing_error_;
  std::array<Note, 256> opcodes_{};
  const Type* payload_ = nullptr;     // of the unread payload
  const Type* entry_type_ = nullptr;  // of the entry that is being read
  const Type* last_type_ = nullptr;   // of the last entry; of a foreign one none
  Lifetime pending_;                  // before its key
  bool has_pending_ = false;
  Kept key_;
  std::string key_time_;  // before its key
  bool has_key_time_ = false;
  RandomAccess* again_ = nullptr;
  bool may_have_members_ = false;
  MemberExpiries members_;      // of the entry
  uint64_t members_left_ = 0;   // bytes behind its value that they take
  size_t value_in_buffer_ = 0;  // bytes of its value, if all are there
  enum class Ahead : uint8_t { none, told, too_many } ahead_{};
  const ForeignItem* own_item_ = nullptr;  // being read
  std::vector<ForeignNote> foreign_;
  Kept name_;
  std::string stray_;  // name of a member without a key, its first bytes
  Kept engine_;
  AppendOnly append_only_ = AppendOnly::unsaid;
  uint64_t db_ = 0;
  uint64_t database_max_ = 0;
  uint64_t at_ = 0;  // offset of the record being read
  uint64_t plausible_expiries_ = 0;
  uint64_t swapped_expiries_ = 0;
  bool had_key_ = false;
  bool finished_ = false;
  bool is_explained_ = false;
  Checksum checksum_ = Checksum::unread;
  uint64_t checksum_value_ = 0;
  uint64_t end_ = 0;
  Tail tail_;
};

}  // namespace rdb
