// Packed blobs, entry by entry: what the header says, and of each entry its form and what it says
// of the length of itself or of the one before. Source: as of rdb/codec/*.h.
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/ziplist.h"
#include "rdb/codec/zipmap.h"
#include "rdb/show/explain_walk.h"

namespace rdb {
namespace {

// A form of element, by its first byte.
struct Form {
  uint8_t below;  // first bytes below this, and not below that of the row before
  std::string_view name;
};

constexpr Form kListpackForms[] = {
    {0x80, "7-bit integer"},         {0xc0, "string, 6-bit length"},  {0xe0, "13-bit integer"},
    {0xf0, "string, 12-bit length"}, {0xf1, "string, 32-bit length"}, {0xf2, "16-bit integer"},
    {0xf3, "24-bit integer"},        {0xf4, "32-bit integer"},        {0xff, "64-bit integer"},
};

constexpr Form kZiplistForms[] = {
    {0x40, "string, 6-bit length"},  {0x80, "string, 14-bit length"},
    {0xc0, "string, 32-bit length"}, {0xd0, "16-bit integer"},
    {0xe0, "32-bit integer"},        {0xf0, "64-bit integer"},
    {0xf1, "24-bit integer"},        {0xfe, "4-bit integer"},
    {0xff, "8-bit integer"},
};

template <size_t n>
std::string form_of(const Form (&forms)[n], uint8_t first) {
  for (const Form& form : forms) {
    if (first < form.below) return std::string(form.name);
  }
  return "";
}

std::string decimal(uint64_t v) { return std::to_string(v); }

// What the back-length at the end of a listpack's entry says.
uint64_t back_length(std::string_view entry) {
  uint64_t value = 0;
  for (unsigned shift = 0; !entry.empty(); shift += 7) {
    const uint8_t group = byte_at(&entry.back());
    value |= uint64_t{group & 127U} << shift;
    if (group < 128) break;
    entry.remove_suffix(1);
  }
  return value;
}

std::string describe(const Listpack&, std::string_view entry) {
  return ", " + form_of(kListpackForms, byte_at(entry.data())) + ", back-length " +
         decimal(back_length(entry));
}

std::string describe(const Ziplist&, std::string_view entry) {
  constexpr uint8_t kLongPrevious = 0xfe;
  const bool is_long = byte_at(entry.data()) == kLongPrevious;
  const uint64_t previous = is_long ? load_le<uint32_t>(entry.data() + 1) : byte_at(entry.data());
  return ", " + form_of(kZiplistForms, byte_at(entry.data() + (is_long ? 5 : 1))) +
         ", entry before " + decimal(previous) + (is_long ? " bytes (5-byte form)" : " bytes");
}

std::string describe(const Zipmap&, std::string_view entry) {
  constexpr uint8_t kLongLength = 254;
  return byte_at(entry.data()) < kLongLength ? ", 1-byte length" : ", 5-byte length";
}

std::string describe(const Intset&, std::string_view entry) {
  return ", " + decimal(entry.size() * 8) + "-bit";
}

struct HeaderPart {
  uint64_t at;
  uint64_t size;
  std::string_view name;
};

constexpr HeaderPart kListpackHeader[] = {{0, 4, "total bytes"}, {4, 2, "elements"}};
constexpr HeaderPart kZiplistHeader[] = {
    {0, 4, "total bytes"}, {4, 4, "last entry at"}, {8, 2, "elements"}};
constexpr HeaderPart kZipmapHeader[] = {{0, 1, "pairs"}};
constexpr HeaderPart kIntsetHeader[] = {{0, 4, "bytes an integer"}, {4, 4, "integers"}};

bool explain_header(const Blob& blob, std::span<const HeaderPart> parts, Notes& notes) {
  for (const HeaderPart& part : parts) {
    if (blob.bytes.size() < part.at + part.size) return true;  // the cursor says so
    const char* const at = blob.bytes.data() + part.at;
    const uint64_t v = part.size == 4   ? load_le<uint32_t>(at)
                       : part.size == 2 ? load_le<uint16_t>(at)
                                        : byte_at(at);
    const bool is_unknown = part.size == 2 ? v == UINT16_MAX : part.size == 1 && v == 254;
    if (!notes.add_inner(blob, part.at, part.size,
                         std::string(part.name) + " " + decimal(v) +
                             (is_unknown ? ", that is, not known" : ""))) {
      return false;
    }
  }
  return true;
}

template <Cursor C>
bool explain_entries(const Blob& blob, std::span<const HeaderPart> header, Labels& labels,
                     Notes& notes) {
  notes.begin_group();
  if (!explain_header(blob, header, notes)) return false;
  C cursor(blob.bytes);
  char digits[kNumberBytes];
  uint64_t at = cursor.offset();
  for (Scalar element; cursor.next(element); at = cursor.offset()) {
    bool is_first = false;
    std::string words(labels.next(is_first));
    if (is_first && !notes.item()) return false;
    labels.take(element);
    const std::string_view entry = blob.bytes.substr(at, cursor.offset() - at);
    words += " ";
    if (notes.is_all() && element.bytes.size() > kPieceBytes) {
      const bool ok = notes.begin_inner(blob, at, entry.size(), words + '"') &&
                      notes.text(element.bytes) && notes.end('"' + describe(cursor, entry));
      if (!ok) return false;
      continue;
    }
    words += element.is_integer ? std::string(element.text(digits))
                                : shown(element.bytes, element.bytes.size(), notes.is_all());
    if (!notes.add_inner(blob, at, entry.size(), words + describe(cursor, entry))) return false;
  }
  if (cursor.fault().code != Code::ok) {
    (void)notes.tell_damage(&blob);
    return false;
  }
  if (!notes.end_group()) return false;
  notes.begin_group();
  const uint64_t left = blob.bytes.size() - at;  // intsets have no mark
  return (left == 0 || notes.add_inner(blob, at, left, "end mark")) && notes.end_group();
}

// The elements of a stream node: the master entry, then entries.
class StreamLabels : public Labels {
 public:
  std::string_view next(bool& is_first) override {
    is_first = at_ == kFlags;
    switch (at_) {
      case kMasterField:
        return "master field";
      case kField:
        return is_value_ ? "value" : "field";
      default:
        return kNames[at_];
    }
  }

  void take(const Scalar& element) override {
    const uint64_t n = element.is_integer ? static_cast<uint64_t>(element.integer) : 0;
    switch (at_) {
      case kMasterFields:
        master_fields_ = left_ = n;
        at_ = n == 0 ? kMasterEnd : kMasterField;
        return;
      case kMasterField:
        if (--left_ == 0) at_ = kMasterEnd;
        return;
      case kMasterEnd:
        at_ = kFlags;
        return;
      case kFlags:
        is_same_ = (n & 2) != 0;
        ++at_;
        return;
      case kSeq:
        left_ = master_fields_;
        at_ = !is_same_ ? kFields : left_ == 0 ? kLength : kField;
        is_value_ = is_same_;
        return;
      case kFields:
        left_ = n * 2;
        at_ = left_ == 0 ? kLength : kField;
        return;
      case kField:
        is_value_ = is_same_ || !is_value_;
        if (--left_ == 0) at_ = kLength;
        return;
      case kLength:
        at_ = kFlags;
        return;
      default:
        ++at_;
    }
  }

 private:
  enum Part : uint8_t {
    kCount,
    kDeleted,
    kMasterFields,
    kMasterField,
    kMasterEnd,
    kFlags,
    kMs,
    kSeq,
    kFields,
    kField,
    kLength
  };
  static constexpr std::string_view kNames[] = {"entries",
                                                "deleted entries",
                                                "master fields",
                                                "",
                                                "end of the master entry",
                                                "entry flags",
                                                "entry ms +",
                                                "entry seq +",
                                                "fields",
                                                "",
                                                "elements of the entry"};

  uint8_t at_ = kCount;
  uint64_t master_fields_ = 0;
  uint64_t left_ = 0;
  bool is_same_ = false;
  bool is_value_ = false;
};

}  // namespace

bool explain_blob(char form, const Blob& blob, Labels& labels, Notes& notes) {
  switch (form) {
    case 'Z':
      return explain_entries<Ziplist>(blob, kZiplistHeader, labels, notes);
    case 'M':
      return explain_entries<Zipmap>(blob, kZipmapHeader, labels, notes);
    case 'I':
      return explain_entries<Intset>(blob, kIntsetHeader, labels, notes);
    default:
      return explain_entries<Listpack>(blob, kListpackHeader, labels, notes);
  }
}

bool explain_stream_node(const Blob& blob, Notes& notes) {
  StreamLabels labels;
  return explain_blob('L', blob, labels, notes);
}

}  // namespace rdb
