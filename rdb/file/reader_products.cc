// How a Reader tells other products than Redis and Valkey, and reads what only they have.
#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/file/opcode.h"
#include "rdb/file/reader.h"

namespace rdb {

void Reader::begin_members() {
  may_have_members_ = options_.tells_members && header_.version == kMembersVersion &&
                      header_.dialect == Dialect::redis &&
                      (header_.product == Product::none || header_.product == Product::keydb);
}

// Looks at the AUX fields that the file begins with, as far as they are in the buffer: what the
// header means may depend on them.
void Reader::sniff() {
  constexpr size_t kSniffed = 4096;
  begin_members();
  std::string_view rest(in_.cursor(), std::min(in_.available(), kSniffed));
  while (!rest.empty() && byte_at(rest.data()) == kAux) {
    char name_digits[kNumberBytes];
    char value_digits[kNumberBytes];
    std::string_view aux;
    std::string_view value;
    rest.remove_prefix(1);
    if (!take_string(rest, aux, name_digits) || !take_string(rest, value, value_digits)) return;
    see(aux, value);
  }
}

void Reader::see(std::string_view aux, std::string_view value) {
  if (header_.dialect == Dialect::valkey || header_.product != Product::none) return;
  header_.product = product_of_aux(aux, value, header_.version);
  if (header_.product == Product::redict) header_.dialect = Dialect::redis;
  if (aux == "redis-ver" && !value.empty()) {
    may_have_members_ = may_have_members_ && may_be_keydb(value);
  }
  if (header_.product != Product::none) begin_members();
}

// What the byte means to the product of the file and to nobody else.
const ForeignItem* Reader::find_own_item(uint8_t id) const {
  const ForeignItem* const item = find_item(header_.product, id);
  if (item == nullptr || item->is_opcode) return item;
  const Type* const type = find_type(header_.dialect, id);
  return type != nullptr && type->since <= header_.version ? nullptr : item;
}

// A key, with what stands before it.
void Reader::take_pending(Record& record) {
  record.offset = at_;
  record.db = db_;
  record.key = key_.view();
  record.lifetime = pending_;
  record.key_time = has_key_time_ ? std::string_view(key_time_) : std::string_view();
  if (has_pending_) pending_ = {};
  has_pending_ = has_key_time_ = false;
  had_key_ = true;
}

bool Reader::read_foreign(const ForeignItem& item, Record& record, bool& is_record) {
  const uint64_t at = in_.pos() - 1;
  is_record = !item.is_opcode;
  if (is_record) {
    if (!strings_.whole(key_, "key")) return false;
    own_item_ = &item;
    take_pending(record);
    record.kind = RecordKind::foreign;
    record.item = &item;
    record.members = nullptr;
    last_type_ = nullptr;
  }
  if (!options_.takes_foreign || item.layout.empty()) {
    return refuse_item(item, header_.product, false);
  }
  if (!skip_item(item)) return false;
  add_note(foreign_, item, is_record ? record.offset : at, db_,
           is_record ? key_.view() : std::string_view());
  own_item_ = nullptr;
  return true;
}

// Steps over what follows the opcode, or the key of the type. Where that is not as the product is
// known to write it, the checksum tells an unknown layout from damage.
bool Reader::skip_item(const ForeignItem& item) {
  const std::string what = std::string(item.name) + " of " + std::string(name(header_.product));
  bool is_cut = false;
  do {
    const std::string_view bytes(in_.cursor(), in_.available());
    if (const size_t size = layout_size(bytes, item.layout, is_cut); size != 0) {
      in_.advance(size);
      return true;
    }
  } while (is_cut && in_.more());
  if (is_cut && in_.available() == kBufferBytes) {
    return skip_layout(in_, strings_, item.layout, what);
  }
  if (!in_.error().ok()) return false;
  const Error wrong{
      .code = Code::foreign_layout, .offset = in_.pos(), .words = what, .has_offset = true};
  const bool verifies = std::exchange(options_.verify_checksum, false);
  const bool is_read = !options_.drains || drain();
  options_.verify_checksum = verifies;
  if (!is_read || checksum_ != Checksum::verified) return in_.fail(wrong);
  return fail_as_foreign(item, wrong.offset, what);
}

bool Reader::fail_as_foreign(const ForeignItem& item, uint64_t at, std::string what) {
  return in_.fail({.code = item.is_opcode ? Code::foreign_opcode : Code::foreign_type,
                   .offset = at,
                   .numbers = {.found = item.id, .allowed = header_.version},
                   .words = std::move(what),
                   .has_offset = true});
}

// `is_guess`: no AUX field tells the product, so that only the checksum can tell that the byte is
// not damaged.
bool Reader::refuse_item(const ForeignItem& item, Product product, bool is_guess) {
  const uint64_t at = in_.pos() - (item.is_opcode || is_guess ? 1 : 0);
  if (options_.drains && !drain()) return false;
  const bool is_open = header_.dialect == Dialect::redis;
  if (is_guess && is_open && checksum_ != Checksum::verified) {
    return in_.fail(Code::bad_opcode, at, {.found = item.id, .allowed = header_.version});
  }
  return fail_as_foreign(item, at,
                         std::string(item.name) + " of " + std::string(name(product)) +
                             (is_guess ? ", by its number" : ""));
}

// The value of an AUX field mvcc-tstamp if it stands before the type of a key, as KeyDB writes it.
bool Reader::take_key_time() {
  constexpr size_t kSeen = 32;
  while (in_.available() < kSeen && in_.more()) {
  }
  char digits[kNumberBytes];
  std::string_view rest(in_.cursor(), in_.available());
  std::string_view time;
  if (!take_string(rest, time, digits) || rest.empty()) return false;
  const bool is_number = !time.empty() && time.size() <= kNumberBytes &&
                         time.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number || is_opcode(byte_at(rest.data()))) return false;
  see(kKeyTimeAux, time);
  key_time_ = time;
  has_key_time_ = has_pending_ = true;
  in_.advance(in_.available() - rest.size());
  return true;
}

}  // namespace rdb
