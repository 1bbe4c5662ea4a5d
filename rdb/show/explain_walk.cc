// Layouts of records, in one letter a step, and what walks them:
//   l length, r where all bits set are -1   s string   c( ) count, and that many times what is in
//   brackets d f64le       t text score m i64le, a time    e i64le, the expiry of a field or -1 x
//   i32le, a time   b byte   i 16 bytes, a stream id   k string with a stream id L listpack  Z
//   ziplist  M zipmap  I intset, with the names of their elements   S stream node q node of a
//   quicklist   o module items   n module id   ? what follows if the last length is not 0
// each but for brackets followed by what it is. Source: as of rdb/value/*.cc and
// rdb/file/reader.cc.
#include "rdb/show/explain_walk.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/codec/length.h"
#include "rdb/codec/real.h"
#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr size_t kTextKept = 64;  // of a string that is not shown whole: more than is shown
constexpr size_t kIdBytes = 16;
struct Layout {
  uint8_t id;
  Dialect dialect;
  std::string_view steps;
};

// clang-format off
constexpr Layout kLayouts[] = {
    {0, Dialect::redis, "s value"},
    {1, Dialect::redis, "c elements ( s element )"},
    {2, Dialect::redis, "c members ( s member )"},
    {3, Dialect::redis, "c members ( s member t score )"},
    {4, Dialect::redis, "c fields ( s field s value )"},
    {5, Dialect::redis, "c members ( s member d score )"},
    {7, Dialect::redis, "n module o item"},
    {9, Dialect::redis, "M field,value"},
    {10, Dialect::redis, "Z element"},
    {11, Dialect::redis, "I member"},
    {12, Dialect::redis, "Z member,score"},
    {13, Dialect::redis, "Z field,value"},
    {14, Dialect::redis, "c nodes ( Z element )"},
    {15, Dialect::redis,
     "c nodes ( k node_id S node ) l length l last_ms l last_seq "
     "c groups ( s group l last_ms l last_seq "
     "c pending ( i pending_id m delivered l deliveries ) "
     "c consumers ( s consumer m seen c owned ( i pending_id ) ) )"},
    {16, Dialect::redis, "L field,value"},
    {17, Dialect::redis, "L member,score"},
    {18, Dialect::redis, "c nodes ( q node )"},
    {19, Dialect::redis,
     "c nodes ( k node_id S node ) l length l last_ms l last_seq "
     "l first_ms l first_seq l max_deleted_ms l max_deleted_seq l entries_added "
     "c groups ( s group l last_ms l last_seq r entries_read "
     "c pending ( i pending_id m delivered l deliveries ) "
     "c consumers ( s consumer m seen c owned ( i pending_id ) ) )"},
    {20, Dialect::redis, "L member"},
    {21, Dialect::redis,
     "c nodes ( k node_id S node ) l length l last_ms l last_seq "
     "l first_ms l first_seq l max_deleted_ms l max_deleted_seq l entries_added "
     "c groups ( s group l last_ms l last_seq r entries_read "
     "c pending ( i pending_id m delivered l deliveries ) "
     "c consumers ( s consumer m seen m active c owned ( i pending_id ) ) )"},
    {22, Dialect::valkey, "c fields ( s field s value e expires )"},
    {22, Dialect::redis_ce, "c fields ( l expires s field s value )"},
    {23, Dialect::redis_ce, "L field,value,expires"},
    {24, Dialect::redis_ce, "m least_expiry c fields ( l expires s field s value )"},
    {25, Dialect::redis_ce, "m least_expiry L field,value,expires"},
    {kSlotImport, Dialect::valkey, "s job c ranges ( l from l to )"},
    {kSlotInfo, Dialect::redis, "l slot l keys l expires"},
    {kFunction2, Dialect::redis, "s library"},
    {kFunctionPreGa, Dialect::redis, "s name s engine l has_description ? s description s code"},
    {kModuleAux, Dialect::redis, "n module l opcode l when o item"},
    {kIdle, Dialect::redis, "l idle_seconds"},
    {kFreq, Dialect::redis, "b frequency"},
    {kAux, Dialect::redis, "s name s value"},
    {kResizeDb, Dialect::redis, "l keys l expires"},
    {kExpireMs, Dialect::redis, "m expires"},
    {kExpire, Dialect::redis, "x expires"},
    {kSelectDb, Dialect::redis, "l database"},
};
// clang-format on

const Layout* find_layout(Dialect dialect, uint8_t id) {
  for (const Layout& layout : kLayouts) {
    if (layout.id == id && (layout.dialect == Dialect::redis || layout.dialect == dialect)) {
      return &layout;
    }
  }
  return nullptr;
}

// The next word of a layout.
std::string_view word(std::string_view& steps) {
  steps.remove_prefix(std::min(steps.find_first_not_of(' '), steps.size()));
  const std::string_view found = steps.substr(0, steps.find(' '));
  steps.remove_prefix(found.size());
  return found;
}

// What is in the brackets that come next.
std::string_view brackets(std::string_view& steps) {
  const size_t from = steps.find('(') + 1;
  size_t to = from;
  for (int open = 1; open != 0; ++to) open += steps[to] == '(' ? 1 : steps[to] == ')' ? -1 : 0;
  const std::string_view body = steps.substr(from, to - 1 - from);
  steps.remove_prefix(to);
  return body;
}

std::string words_of(std::string_view label) {
  std::string out(label);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string decimal(uint64_t v) { return std::to_string(v); }

std::string shown_id(const char* from) {
  return decimal(load_be<uint64_t>(from)) + "-" + decimal(load_be<uint64_t>(from + 8));
}

std::string shown_double(double v) {
  char digits[kNumberBytes];
  return std::string(format_double(v, digits));
}

// Form of the length that begins with `first`.
std::string_view length_form(uint8_t first) {
  constexpr std::string_view kForms[] = {"6-bit", "14-bit", "32-bit", "low 6 bits of an encoding"};
  return first == 0x81 ? "64-bit" : kForms[first >> 6];
}

}  // namespace

Walker::Walker(RandomAccess& file, const Header& header, uint64_t offset, Notes& notes,
               uint64_t held_max)
    : source_(file, offset), in_(source_), strings_(in_), header_(header), notes_(notes) {
  in_.begin_at(offset);
  in_.held_max = held_max;
}

// Opcodes that belong to the entry behind them are one unit with it.
bool Walker::unit() {
  for (;;) {
    const uint64_t at = in_.pos();
    uint8_t id = 0;
    if (!in_.byte(id)) return false;
    if (const ForeignItem* const item = find_item(header_.product, id)) {
      const Type* const type = item->is_opcode ? nullptr : find_type(header_.dialect, id);
      if (type == nullptr || type->since > header_.version) return foreign(*item, at);
    }
    if (!is_opcode(id)) return entry(id, at);
    const std::string_view name = opcode_name(id);
    const std::string words = "opcode " + decimal(id);
    if (!add(at, name.empty() ? words : words + ": " + std::string(name))) return false;
    if (id == kEof) return trailer();
    const Layout* const layout = find_layout(header_.dialect, id);
    if (layout == nullptr || !run(layout->steps)) return false;
    const bool is_prefix = id == kExpire || id == kExpireMs || id == kIdle || id == kFreq;
    if (!is_prefix) return true;
  }
}

// What only another product reads is told by its name and extent.
bool Walker::foreign(const ForeignItem& item, uint64_t at) {
  const std::string what = std::string(item.name) + " of " + std::string(name(header_.product));
  if (!add(at, (item.is_opcode ? "opcode " : "type ") + decimal(item.id) + ": " + what)) {
    return false;
  }
  if (!item.is_opcode && !string("key")) return false;
  const uint64_t from = in_.pos();
  if (item.layout.empty() || !skip_layout(in_, strings_, item.layout, what)) return false;
  return add(from, item.is_opcode ? "its content" : "its value");
}

bool Walker::entry(uint8_t id, uint64_t at) {
  const Type* const type = find_type(header_.dialect, id);
  const std::string words = "type " + decimal(id);
  if (!add(at, words + ": " + (type != nullptr ? std::string(type->name) : "unknown")))
    return false;
  const Layout* const layout = find_layout(header_.dialect, id);
  return type != nullptr && string("key") && layout != nullptr && run(layout->steps);
}

bool Walker::trailer() {
  is_at_end_ = true;
  if (!header_.has_checksum()) return true;
  const uint64_t at = in_.pos();
  uint64_t recorded = 0;
  if (!in_.need(sizeof recorded)) return false;
  recorded = load_le<uint64_t>(in_.cursor());
  in_.advance(sizeof recorded);
  const auto hex = [](uint64_t v) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(v));
    return std::string(text);
  };
  std::string words = "checksum " + hex(recorded);
  if (recorded == 0) words = "checksum 0: none is recorded";
  if (checksum_) words += ", that of the content is " + hex(*checksum_);
  return add(at, std::move(words));
}

bool Walker::run(std::string_view layout) {
  for (std::string_view op = word(layout); !op.empty(); op = word(layout)) {
    if (op == "?") {
      if (length_ != 0) continue;
      (void)word(layout);
      (void)word(layout);
      continue;
    }
    const std::string_view label = word(layout);
    if (op == "c" ? !repeat(label, brackets(layout)) : !step(op[0], label)) return false;
  }
  return true;
}

bool Walker::repeat(std::string_view label, std::string_view body) {
  if (!length(label)) return false;
  notes_.begin_group();
  for (uint64_t n = length_; n != 0; --n) {
    if (!notes_.item() || !run(body)) return false;
  }
  return notes_.end_group();
}

bool Walker::length(std::string_view label, std::string (*words)(uint64_t)) {
  const uint64_t at = in_.pos();
  bool encoded = false;
  if (!in_.need(1)) return false;
  const uint8_t first = byte_at(in_.cursor());
  if (!read_length(in_, length_, encoded)) return false;
  std::string text = words_of(label) + " ";
  text += words != nullptr ? words(length_) : decimal(length_);
  return add(at, text + ", " + std::string(length_form(first)));
}

bool Walker::step(char op, std::string_view label) {
  const uint64_t at = in_.pos();
  const std::string name = words_of(label) + " ";
  int64_t v = 0;
  switch (op) {
    case 'l':
      return length(label);
    case 'r':
      return length(label, [](uint64_t n) { return n == kUnknown ? "-1" : decimal(n); });
    case 'n':
      return length(label, [](uint64_t id) {
        const ModuleId module{id};
        return module.name() + " version " + decimal(module.version());
      });
    case 's':
      return string(label);
    case 'd': {
      double score = 0;
      return read_double(in_, score) && add(at, name + shown_double(score));
    }
    case 't': {
      double score = 0;
      return read_text_score(in_, score) && add(at, name + shown_double(score) + ", in text");
    }
    case 'm':
    case 'e':
      if (!read_int64(in_, v)) return false;
      return add(at, name + (v == kNoExpiry ? (op == 'e' ? "never" : "-1") : shown_time(v)));
    case 'x':
      if (!in_.need(4)) return false;
      v = load_le<int32_t>(in_.cursor());
      in_.advance(4);
      return add(at, name + decimal(static_cast<uint64_t>(v)) + " s, " + shown_time(v * 1000));
    case 'b': {
      uint8_t byte = 0;
      return in_.byte(byte) && add(at, name + decimal(byte));
    }
    case 'i': {
      std::string_view id;
      return in_.view(kIdBytes, id) && add(at, name + shown_id(id.data()));
    }
    case 'q':
      return node();
    case 'o':
      return module_items();
    default:
      return blob(op, label);
  }
}

Walker::Head Walker::head() {
  constexpr size_t kHeadBytes = 2 * kLengthBytes + 1;
  while (in_.available() < kHeadBytes && in_.more()) {
  }
  const std::string_view bytes(in_.cursor(), std::min(in_.available(), kHeadBytes));
  if (bytes.empty()) return {};
  const uint8_t first = byte_at(bytes.data());
  const Length length = parse_length(bytes);
  if (first < 0xc0) {
    return {std::string(length_form(first)) + " length", length.size + length.n, length.n};
  }
  constexpr std::string_view kIntegers[] = {"8-bit integer", "16-bit integer", "32-bit integer"};
  if (first < 0xc3) return {.form = std::string(kIntegers[first & 3])};
  if (first > 0xc3) return {.form = "encoding " + decimal(first & 0x3f)};
  const Length stored = parse_length(bytes.substr(1));
  const Length size = parse_length(bytes.substr(1 + stored.size));
  char ratio[32];
  std::snprintf(ratio, sizeof ratio, " (%.1f to 1)",
                static_cast<double>(size.n) / static_cast<double>(std::max<uint64_t>(stored.n, 1)));
  return {"LZF, " + decimal(stored.n) + " bytes make " + decimal(size.n) + ratio,
          1 + stored.size + size.size + stored.n, size.n};
}

bool Walker::string(std::string_view label) {
  const uint64_t at = in_.pos();
  const Head head = this->head();
  const bool is_long = head.size > kPieceBytes && head.stored <= UINT64_MAX - at;
  if (notes_.is_all() && is_long && !notes_.is_damaged(at, at + head.stored)) {
    return long_string(label, head);
  }
  std::string text;
  uint64_t total = 0;
  const auto take = [&](const Text& piece) {
    total = piece.total;
    const size_t max = notes_.is_all() ? kPieceBytes : kTextKept;
    text += piece.data.substr(0, max - std::min(max, text.size()));
    return true;
  };
  if (!strings_.pass(take)) {
    (void)notes_.add(at, at + 1, words_of(label) + ": " + head.form);
    return false;
  }
  return add(at, words_of(label) + " " + shown(text, total, notes_.is_all()) + ", " +
                     decimal(total) + (total == 1 ? " byte, " : " bytes, ") + head.form);
}

// One without damage, in pieces.
bool Walker::long_string(std::string_view label, const Head& head) {
  const auto take = [this](const Text& piece) { return notes_.text(piece.data); };
  return notes_.begin(in_.pos(), in_.pos() + head.stored, words_of(label) + " \"") &&
         strings_.pass(take) && notes_.end("\", " + decimal(head.size) + " bytes, " + head.form);
}

bool Walker::node() {
  enum : uint64_t { kPlain = 1, kPacked = 2 };
  const bool read = length("node", [](uint64_t container) {
    return decimal(container) + (container == kPlain    ? ": one plain element"
                                 : container == kPacked ? ": packed"
                                                        : ": unknown");
  });
  if (!read) return false;
  if (length_ == kPlain) return string("element");
  return length_ == kPacked && blob('L', "element");
}

bool Walker::module_items() {
  constexpr std::string_view kSteps[] = {"",        "l signed", "l unsigned",
                                         "f float", "d double", "s string"};
  notes_.begin_group();
  for (;;) {
    if (!notes_.item() || !length("opcode")) return false;
    if (length_ == 0) return notes_.end_group();
    if (length_ >= std::size(kSteps)) return false;
    const std::string_view step_of = kSteps[length_];
    if (step_of[0] != 'f') {
      if (!step(step_of[0], step_of.substr(2))) return false;
      continue;
    }
    const uint64_t at = in_.pos();
    double v = 0;
    if (!read_float(in_, v) || !add(at, "float " + shown_double(v))) return false;
  }
}

namespace {

// `field,value`: one after the other, again and again.
class Cycle : public Labels {
 public:
  explicit Cycle(std::string_view names) : names_(names) {}
  std::string_view next(bool& is_first) override {
    is_first = at_ == 0;
    const std::string_view name = names_.substr(at_, names_.find(',', at_) - at_);
    at_ += name.size() + 1;
    if (at_ > names_.size()) at_ = 0;
    return name;
  }

 private:
  std::string_view names_;
  size_t at_ = 0;
};

std::string_view form_name(char form) {
  switch (form) {
    case 'Z':
      return "ziplist";
    case 'M':
      return "zipmap";
    case 'I':
      return "intset";
    case 'k':
      return "node id";
    default:
      return "listpack";
  }
}

}  // namespace

bool Walker::blob(char form, std::string_view labels) {
  const uint64_t at = in_.pos();
  std::string words(form_name(form));
  const std::string how = head().form;
  Blob blob;
  if (!strings_.blob(blob)) {
    (void)notes_.add(at, at + 1, words + ": " + how);
    return false;
  }
  if (form == 'k') {
    const bool is_id = blob.bytes.size() == kIdBytes;
    words +=
        " " + (is_id ? shown_id(blob.bytes.data()) : shown(blob.bytes, blob.bytes.size(), false));
  }
  if (!add(at, words + ", " + decimal(blob.bytes.size()) + " bytes, " + how)) return false;
  if (form == 'k') return true;
  if (form == 'S') return explain_stream_node(blob, notes_);
  Cycle cycle(labels);
  return explain_blob(form, blob, cycle, notes_);
}

}  // namespace rdb
