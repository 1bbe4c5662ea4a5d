#include "rdb/value/encode_list.h"

namespace rdb {
namespace {

enum : uint8_t { kPlainNode = 1, kPackedNode = 2 };

constexpr uint32_t kZiplistHead = 10;

// What an element adds to a node, as _quicklistNodeAllowInsert estimates it (valkey 8.0.1 and redis
// 6.2.16 src/quicklist.c).
uint64_t estimated_bytes(uint64_t size, bool is_listpack) {
  if (is_listpack) return size + 8;
  return size + (size < 254 ? 1 : 5) + (size < 64 ? 1 : size < 16384 ? 2 : 5);
}

}  // namespace

bool ListEncoder::begin(const Type& type, uint64_t count) {
  const unsigned version = context_.options.version;
  is_listpack_ = version >= kHasListpacks;
  packed_.clear();
  ziplist_.clear();
  has_node_ = is_plain_node_ = false;
  count_ = 0;
  if (version < kHasQuicklist) {
    is_ziplist_source_ = type.id == kListZiplist;
    form_ = Form::ziplist;
    return true;
  }
  const TypeId to = is_listpack_ ? kQuicklist2 : kQuicklist;
  const bool has_nodes = type.id == kQuicklist || type.id == kQuicklist2;
  form_ = has_nodes ? Form::nodes : Form::filled;
  if (has_nodes) return context_.begin(to) && write_length(context_.out, count);
  counted_.begin(to);
  return true;
}

bool ListEncoder::node(bool is_plain) {
  if (form_ != Form::nodes) return true;
  if (!flush_node()) return false;
  is_plain_node_ = is_plain;
  has_node_ = !is_plain;
  return true;
}

bool ListEncoder::item(const Text& text) {
  switch (form_) {
    case Form::ziplist:
      return add_to_ziplist(text);
    case Form::plain:
      return add_plain(text);
    case Form::filled:
      return fill(text);
    case Form::nodes:
      break;
  }
  if (is_plain_node_) return write_single(text);
  add_to_node(text.data);
  return true;
}

void ListEncoder::add_to_node(std::string_view element) {
  is_listpack_ ? packed_.add(element) : ziplist_.add(element);
}

// A node of one element.
bool ListEncoder::write_single(const Text& text) {
  Output& out = body();
  if (is_listpack_) {
    return (!text.is_first() || write_length(out, kPlainNode)) && context_.text(out, text);
  }
  if (!text.is_first() || !text.is_last()) return write_long_ziplist(text);
  ZiplistBuilder single;
  single.add(text.data);
  return context_.string(out, single.finish());
}

// A ziplist around one string that comes in pieces: previous size 0, encoding 0x80 with 32 bits.
bool ListEncoder::write_long_ziplist(const Text& text) {
  Output& out = body();
  if (text.is_first()) {
    const uint64_t bytes = kZiplistHead + 1 + 1 + sizeof(uint32_t) + text.total + 1;
    if (bytes > UINT32_MAX) return context_.too_large(bytes, UINT32_MAX, "ziplist");
    const bool has_head = write_length(out, bytes) && out.le(static_cast<uint32_t>(bytes)) &&
                          out.le(kZiplistHead) && out.le(uint16_t{1}) && out.byte(0) &&
                          out.byte(0x80) && out.be(static_cast<uint32_t>(text.total));
    if (!has_head) return false;
  }
  return out.write(text.data) && (!text.is_last() || out.byte(0xff));
}

bool ListEncoder::flush_node() {
  if (!has_node_) return true;
  has_node_ = false;
  ++count_;
  Output& out = body();
  const bool written =
      is_listpack_ ? write_length(out, kPackedNode) && context_.string(out, packed_.finish())
                   : context_.string(out, ziplist_.finish());
  packed_.clear();
  ziplist_.clear();
  return written;
}

bool ListEncoder::fill(const Text& text) {
  const bool is_big = context_.options.has_big_plain_nodes && text.total > kListNodeBytes;
  if (is_big || !text.is_first() || !text.is_last()) {
    if (text.is_first() && !flush_node()) return false;
    if (text.is_last()) ++count_;
    return write_single(text);
  }
  const uint64_t node_bytes = is_listpack_ ? packed_.bytes() : ziplist_.bytes();
  const bool fits = node_bytes + estimated_bytes(text.total, is_listpack_) <= kListNodeBytes;
  if (has_node_ && !fits && !flush_node()) return false;
  has_node_ = true;
  add_to_node(text.data);
  return true;
}

bool ListEncoder::add_to_ziplist(const Text& text) {
  const bool is_short = is_ziplist_source_ || text.total <= kPackedValueBytes;
  if (is_short && packed_.count() < kListZiplistEntries) {
    packed_.add(text.data);
    return true;
  }
  form_ = Form::plain;
  counted_.begin(kList);
  char digits[kNumberBytes];
  const auto take = [&](const Scalar& element) {
    ++count_;
    return context_.string(counted_.body(), element.text(digits));
  };
  return move_all(packed_, take) && add_plain(text);
}

bool ListEncoder::add_plain(const Text& text) {
  if (text.is_last()) ++count_;
  return context_.text(counted_.body(), text);
}

bool ListEncoder::end() {
  if (form_ == Form::ziplist && packed_.count() != 0) {
    return context_.packed(kQuicklist2, kListZiplist, packed_);
  }
  if (form_ == Form::ziplist) counted_.begin(kList);
  if (!flush_node()) return false;
  return form_ == Form::nodes || counted_.finish(count_);
}

}  // namespace rdb
