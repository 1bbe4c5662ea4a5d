#include "rdb/file/reader.h"

#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/word.h"
#include "rdb/codec/real.h"
#include "rdb/file/opcode.h"
#include "rdb/io/looks_like.h"
#include "rdb/value/tee.h"

namespace rdb {
namespace {

constexpr size_t kMagicBytes = 9;
constexpr uint64_t kSlots = 16384;

// 2001-01-01 and 2101-01-01: an expiry outside is not plausible.
constexpr int64_t kPlausibleFromMs = 978307200000;
constexpr int64_t kPlausibleToMs = 4133980800000;

constexpr Type kPlainString{0, Dialect::redis, Kind::string, "", 1, decode_string};
constexpr Type kModuleItems{7, Dialect::redis, Kind::module, "module-aux", 9, decode_module_aux};

bool is_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_plausible(int64_t ms) { return ms >= kPlausibleFromMs && ms < kPlausibleToMs; }

// As atoi does: blanks before the number and a plus are skipped, and so is what follows it.
unsigned parse_version(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  unsigned version = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    version = version * 10 + static_cast<unsigned>(c - '0');
  }
  return version;
}

// The nine bytes that say the version in digits.
std::string plain_magic(std::string_view name, unsigned version) {
  std::string out(name);
  const std::string digits = std::to_string(version);
  out.append(kMagicBytes - name.size() - digits.size(), '0');
  return out + digits;
}

// Keeps the first bytes of a string.
class Head : public Sink {
 public:
  Head(std::string& to, uint64_t bytes_max) : to_(to), bytes_max_(bytes_max) {}
  bool item(const Text& text) override {
    size = text.total;
    to_.append(text.data.substr(0, std::min<uint64_t>(text.data.size(), bytes_max_ - to_.size())));
    return true;
  }
  uint64_t size = 0;

 private:
  std::string& to_;
  uint64_t bytes_max_;
};

}  // namespace

Reader::Reader(ByteSource& source, ReaderOptions options)
    : options_(options), in_(source), strings_(in_) {
  in_.held_max = options.held_max;
}

bool Reader::open() { return (read_framing() && read_magic()) || explain(); }

bool Reader::read_magic() {
  header_.offset = in_.pos();
  const std::string_view head(in_.cursor(), std::min(in_.available(), kLooksLikeBytes));
  const std::string_view magic = head.substr(0, kMagicBytes);
  const bool is_valkey = magic.starts_with("VALKEY");
  if (!is_valkey && !magic.starts_with("REDIS")) {
    const bool is_cut = std::string_view("REDIS").starts_with(magic) ||
                        std::string_view("VALKEY").starts_with(magic);
    if (is_cut) return in_.fail(Code::truncated, header_.offset, {magic.size(), kMagicBytes});
    if (looks_like_commands(head)) return read_commands();
    return in_.fail({.code = Code::not_rdb,
                     .offset = header_.offset,
                     .words = looks_like(head),
                     .has_offset = true});
  }
  if (magic.size() < kMagicBytes) {
    return in_.fail(Code::truncated, header_.offset, {magic.size(), kMagicBytes});
  }
  const std::string_view name = magic.substr(0, is_valkey ? 6 : 5);
  const std::string_view digits = magic.substr(name.size());
  const unsigned early = parse_version(digits);
  const unsigned late = is_valkey || digits[0] == '0' ? parse_version(magic.substr(6)) : 0;
  if (early == 0 && late == 0 && !is_digits(digits)) {
    const std::string shown = quoted(magic);
    return in_.fail({.code = Code::bad_version,
                     .offset = header_.offset,
                     .words = shown.substr(1, shown.size() - 2),
                     .has_offset = true});
  }
  header_.text = is_digits(digits) ? std::string(magic) : plain_magic(name, std::max(early, late));
  header_.version = std::max(early, late);
  header_.is_read_early = early != 0;
  header_.is_read_late = late != 0;
  if (!is_digits(digits)) in_.tally.note(Odd::odd_version, header_.offset);
  header_.dialect = is_valkey              ? Dialect::valkey
                    : header_.version > 11 ? Dialect::redis_ce
                                           : Dialect::redis;
  in_.advance(kMagicBytes);
  sniff();
  return true;
}

bool Reader::next(Record& record) {
  if (finished_) return false;
  if (payload_ != nullptr && !value(nullptr)) return false;
  for (;;) {
    if (!has_pending_) at_ = in_.pos();
    uint8_t id = 0;
    if (!in_.byte(id)) return annotate();
    bool is_record = false;
    const ForeignItem* const item = own_item(id);
    const bool read = item != nullptr ? read_foreign(*item, record, is_record)
                      : is_opcode(id) ? read_opcode(id, record, is_record)
                                      : (is_record = true, read_entry(id, record));
    if (!read) return annotate();
    if (finished_) return false;
    if (is_record) return true;
  }
}

bool Reader::read_entry(uint8_t id, Record& record) {
  const uint64_t at = in_.pos() - 1;
  const Type* type = find_type(header_.dialect, id);
  if (type == nullptr) return refuse(id, nullptr);
  if (type->since > header_.version) in_.tally.note(Odd::newer_than_header, at);
  if (!strings_.whole(key_, "key")) return false;
  if (id == 0 && key_.view().empty() && find_zeros()) return false;
  entry_type_ = type;
  record.kind = RecordKind::entry;
  take_pending(record);
  record.type = last_type_ = type;
  if (type->decode == nullptr) return refuse(id, type);
  payload_ = type;
  ahead_ = Ahead::none;
  record.members = nullptr;
  if (may_have_members_ && has_members(type->kind)) {
    look_ahead(*type);
    if (ahead_ == Ahead::told) record.members = &members_;
  }
  return true;
}

bool Reader::read_opcode(uint8_t opcode, Record& record, bool& is_record) {
  const uint64_t at = in_.pos() - 1;
  const bool is_slot_import = opcode == kSlotImport && header_.dialect == Dialect::valkey;
  if (opcode == kSlotImport && !is_slot_import) return refuse(opcode, nullptr);
  Note& note = opcodes_[opcode];
  if (note.count++ == 0) note.first_offset = at;
  if (opcode_since(opcode) > header_.version) in_.tally.note(Odd::newer_than_header, at);
  switch (opcode) {
    case kExpire:
    case kExpireMs:
    case kIdle:
    case kFreq:
      return read_expiry(opcode);
    case kSelectDb:
      return read_select();
    case kEof:
      return read_end();
    default:
      break;
  }
  is_record = true;
  record.offset = at;
  record.db = db_;
  switch (opcode) {
    case kAux:
      return read_aux(record, is_record);
    case kResizeDb:
      return read_hint(record);
    case kModuleAux:
      return read_module_aux(record);
    case kSlotInfo:
      return read_slot_info(record);
    case kSlotImport:
      return read_slot_import(record);
    default:
      return read_function(opcode, record);
  }
}

bool Reader::read_expiry(uint8_t opcode) {
  has_pending_ = true;
  if (opcode == kIdle) {
    const uint64_t at = in_.pos();
    if (!read_length(in_, pending_.idle_s.emplace())) return false;
    if (pending_.idle_s == kNoLength) in_.tally.note(Odd::no_length, at);
    return true;
  }
  if (opcode == kFreq) return in_.byte(pending_.freq.emplace());
  int64_t ms = 0;
  int64_t swapped = 0;
  if (opcode == kExpireMs) {
    if (!read_int64(in_, ms)) return false;
    swapped = swap_bytes(ms);
  } else {
    if (!in_.need(4)) return false;
    const auto seconds = load_le<int32_t>(in_.cursor());
    in_.advance(4);
    ms = int64_t{seconds} * 1000;
    swapped = int64_t{swap_bytes(seconds)} * 1000;
  }
  if (header_.version < 9) {  // redis 5.0 src/rdb.c, rdbLoadMillisecondTime
    if (options_.expiry_order == ReaderOptions::ExpiryOrder::big) std::swap(ms, swapped);
    if (is_plausible(ms)) ++plausible_expiries_;
    if (!is_plausible(ms) && is_plausible(swapped)) ++swapped_expiries_;
  }
  pending_.expire_ms.reset();
  if (ms != -1) pending_.expire_ms = ms;
  return true;
}

bool Reader::expiries_look_swapped() const {
  const bool is_assumed = options_.expiry_order == ReaderOptions::ExpiryOrder::assume_little;
  return is_assumed && swapped_expiries_ != 0 && plausible_expiries_ == 0;
}

bool Reader::read_aux(Record& record, bool& is_record) {
  if (!strings_.whole(name_, "name")) return false;
  if (is_same_word(name_.view(), kKeyTimeAux) && take_key_time()) {
    is_record = false;
    return true;
  }
  if (is_same_word(name_.view(), kMemberAux) || is_same_word(name_.view(), kMemberTimeAux)) {
    return read_stray(record);
  }
  see(name_.view(), {});
  record.kind = RecordKind::aux;
  payload_ = &kPlainString;
  record.name = name_.view();
  note_append_only();
  return true;
}

bool Reader::read_select() {
  const bool read = read_length(in_, db_);
  database_max_ = std::max(database_max_, db_);
  return read;
}

bool Reader::read_hint(Record& record) {
  record.kind = RecordKind::hint;
  // Writers that patch the counts afterwards use long forms: not worth a note.
  const Note before = in_.tally[Odd::long_length];
  const bool read = read_length(in_, record.keys) && read_length(in_, record.expires);
  in_.tally.odd[static_cast<size_t>(Odd::long_length)] = before;
  if (record.keys == kNoLength || record.expires == kNoLength) {
    in_.tally.note(Odd::no_length, record.offset);
  }
  return read;
}

bool Reader::read_function(uint8_t opcode, Record& record) {
  record.kind = RecordKind::function;
  if (had_key_) in_.tally.note(Odd::functions_after_keys, record.offset);
  payload_ = &kPlainString;
  record.is_pre_ga = opcode == kFunctionPreGa;
  if (!record.is_pre_ga) return true;
  // redis 7.0.15 src/rdb.c, rdbFunctionLoad: name, engine, description if there is one, code.
  uint64_t has_description = 0;
  if (!strings_.whole(name_, "function library name") ||
      !strings_.whole(engine_, "function engine name") || !read_length(in_, has_description) ||
      (has_description != 0 && !strings_.skip())) {
    return false;
  }
  record.name = name_.view();
  record.engine = engine_.view();
  return true;
}

bool Reader::read_module_aux(Record& record) {
  record.kind = RecordKind::module_aux;
  payload_ = &kModuleItems;
  if (!read_length(in_, record.module.id)) return false;
  const uint64_t at = in_.pos();
  uint64_t opcode = 0;
  if (!read_length(in_, opcode) || !read_length(in_, record.when)) return false;
  constexpr auto kUint = static_cast<uint64_t>(ModuleOpcode::uint);
  if (opcode != kUint) return in_.fail(Code::module_opcode, at, {opcode, kUint});
  in_.tally.count(Form::module_uint);
  if (record.when != 1 && record.when != 2) {
    return in_.fail(Code::module_when, at, {.found = record.when});
  }
  return true;
}

bool Reader::read_slot_info(Record& record) {
  record.kind = RecordKind::slot_info;
  return read_length(in_, record.slot) && read_length(in_, record.keys) &&
         read_length(in_, record.expires);
}

bool Reader::read_slot_import(Record& record) {
  record.kind = RecordKind::slot_import;
  if (!strings_.whole(name_, "slot import job name")) return false;
  if (name_.view().size() != kMarkBytes) return in_.fail(Code::slot_import, record.offset);
  uint64_t ranges = 0;
  if (!read_length(in_, ranges)) return false;
  for (; ranges != 0; --ranges) {
    uint64_t from = 0;
    uint64_t to = 0;
    if (!read_length(in_, from) || !read_length(in_, to)) return false;
    if (from > to || to >= kSlots) return in_.fail(Code::slot_import, record.offset);
  }
  record.name = name_.view();
  return true;
}

bool Reader::value(Sink* sink, ByteSink* copy) {
  if (payload_ == nullptr) return true;
  const Type& type = *std::exchange(payload_, nullptr);
  Decoding decoding{in_, strings_, type, sink};
  if (copy != nullptr && !in_.tap(copy)) return false;
  flaws_.clear();
  if (options_.tolerates_flaws) in_.tolerate(&flaws_);
  const bool read = type.decode(decoding);
  in_.tolerate(nullptr);
  for (Error& flaw : flaws_) annotate(flaw);
  if (copy != nullptr && !in_.tap(nullptr)) return false;
  if (!read || !skip_members()) return annotate();
  entry_type_ = nullptr;
  return true;
}

bool Reader::text(std::string& to, uint64_t bytes_max, uint64_t& size, ByteSink* copy, Sink* also) {
  to.clear();
  Head head(to, bytes_max);
  Sink nothing;
  Tee both(head, also != nullptr ? *also : nothing);
  const bool read = value(&both, copy);
  size = head.size;
  return read;
}

bool Reader::read_end() {
  if (has_pending_) in_.tally.note(Odd::dangling_expiry, at_);
  has_pending_ = false;
  checksum_value_ = in_.crc();
  if (!header_.has_checksum()) {
    checksum_ = Checksum::none;
  } else {
    const uint64_t at = in_.pos();
    if (!in_.need(kChecksumBytes)) return false;
    const auto recorded = load_le<uint64_t>(in_.cursor());
    in_.advance(kChecksumBytes);
    checksum_ = recorded == 0                 ? Checksum::absent
                : recorded == checksum_value_ ? Checksum::verified
                                              : Checksum::wrong;
    if (checksum_ == Checksum::absent) in_.tally.note(Odd::no_checksum, at);
    if (checksum_ == Checksum::wrong && options_.verify_checksum) {
      return in_.fail(Code::checksum_mismatch, at, {recorded, checksum_value_});
    }
  }
  end_ = in_.pos();
  in_.drop_crc();
  if (!end_framing()) return false;
  finished_ = read_tail();
  return finished_;
}

// A type or opcode that cannot be walked: damage where the version should not have it, a foreign
// format where it may, unless the checksum of the whole file says damage.
bool Reader::refuse(uint8_t id, const Type* type) {
  const uint64_t at = in_.pos() - (type == nullptr ? 1 : 0);
  Error error{.code = Code::foreign_opcode, .offset = at, .has_offset = true};
  error.numbers = {.found = id, .allowed = header_.version};
  const Product product = type == nullptr ? product_of_item(id, header_.version) : Product::none;
  if (type != nullptr && type->kind == Kind::module) {
    ModuleId module;
    if (!read_length(in_, module.id)) return false;
    error.code = Code::module_pre_ga;
    error.words = module.name() + " version " + std::to_string(module.version());
  } else if (type != nullptr) {
    error.code = Code::foreign_type;
    error.words = type->name;
  } else if (product != Product::none) {
    return refuse_item(*find_item(product, id), product, true);
  } else if (header_.dialect == Dialect::redis) {
    return in_.fail(Code::bad_opcode, at, error.numbers);
  } else {
    error.words = "unknown in " + header_.text;
  }
  return (!options_.drains || drain()) && in_.fail(std::move(error));
}

// Reads to the end of the input and compares the checksum that should be there, where records can
// no longer be followed.
bool Reader::drain() {
  do {
    if (in_.available() > kChecksumBytes) in_.advance(in_.available() - kChecksumBytes);
  } while (in_.more());
  if (!error().ok()) return false;
  if (!header_.has_checksum()) return true;
  const uint64_t at = in_.pos();
  if (!in_.need(kChecksumBytes)) return false;
  const auto recorded = load_le<uint64_t>(in_.cursor());
  checksum_value_ = in_.crc();
  if (recorded == 0) {
    checksum_ = Checksum::absent;
  } else if (recorded == checksum_value_) {
    checksum_ = Checksum::verified;
  } else {
    checksum_ = Checksum::wrong;
    entry_type_ = nullptr;
    own_item_ = nullptr;
    if (options_.verify_checksum) {
      return in_.fail(Code::checksum_mismatch, at, {recorded, checksum_value_});
    }
  }
  return true;
}

bool Reader::fail(Error error) {
  error.offset = at_;
  error.has_offset = true;
  in_.fail(std::move(error));
  return annotate();
}

// Adds what the reader knows to the first error; always false.
bool Reader::annotate() {
  if (!error().ok()) annotate(in_.error());
  return explain();
}

void Reader::annotate(Error& error) const {
  if (error.has_key || (entry_type_ == nullptr && own_item_ == nullptr)) return;
  error.has_key = true;
  error.db = db_;
  error.key = key_.view();
  error.type = entry_type_ != nullptr ? entry_type_->name : own_item_->name;
}

}  // namespace rdb
