#include "rdb/value/encode_parts.h"

namespace rdb {
namespace {

constexpr uint64_t kGatheredBytesMax = 1 << 20;

// A length in a form whose size does not depend on it, and that every version reads.
std::string fixed_length(uint64_t n) {
  char form[kLengthBytes];
  return std::string(format_length_32(static_cast<uint32_t>(n), form));
}

}  // namespace

bool EncodeContext::begin(TypeId type) {
  const Dialect dialect = options.has_field_expiries ? Dialect::valkey : Dialect::redis;
  return start.start(*find_type(dialect, type));
}

bool EncodeContext::text(Output& to, const Text& text) {
  if (text.is_first() && text.is_last()) return string(to, text.data);
  if (options.version < kHasLongLengths && text.total > UINT32_MAX) {
    return too_large(text.total, UINT32_MAX, "string");
  }
  if (options.compress && text.total <= kGatheredBytesMax) {
    if (text.is_first()) gathered.clear();
    gathered += text.data;
    return !text.is_last() || string(to, gathered);
  }
  return (!text.is_first() || write_length(to, text.total)) && to.write(text.data);
}

bool EncodeContext::packed(TypeId listpack_type, TypeId ziplist_type, ListpackBuilder& elements) {
  if (options.version >= kHasListpacks) {
    return begin(listpack_type) && string(out, elements.finish());
  }
  ZiplistBuilder ziplist;
  return begin(ziplist_type) && string(out, to_ziplist(elements, ziplist));
}

bool EncodeContext::too_large(uint64_t found, uint64_t allowed, std::string_view what) {
  error.code = Code::not_encodable;
  error.numbers = {found, allowed};
  error.words = what;
  return false;
}

std::string_view to_ziplist(ListpackBuilder& from, ZiplistBuilder& to) {
  to.clear();
  (void)move_all(from, [&to](const Scalar& element) {
    to.add_element(element);
    return true;
  });
  return to.finish();
}

void Counted::begin(TypeId type) {
  type_ = type;
  held_ = std::make_unique<HeldSink>();
  held_out_ = std::make_unique<Output>(*held_, kPieceBytes);
  context_.held = held_out_.get();
}

// From here on the elements go to the output. Should that fail, it keeps the error.
void Counted::settle() {
  was_ = fixed_length(0);
  if (!context_.begin(type_)) return;
  at_ = context_.out.pos();
  if (context_.out.write(was_)) (void)hand_on();
}

bool Counted::hand_on() {
  if (!held_->hand_on(context_.out) || !held_out_->flush()) {
    if (context_.error.ok()) context_.error = held_->error();  // of what is held, if it is that
    return false;
  }
  context_.held = nullptr;
  held_out_.reset();
  held_.reset();
  return true;
}

bool Counted::finish(uint64_t count) {
  if (count > UINT32_MAX) return context_.too_large(count, UINT32_MAX, "number of elements");
  if (!held_out_) return context_.out.patch(at_, was_, fixed_length(count));
  return context_.begin(type_) && write_length(context_.out, count) && hand_on();
}

bool HeldSink::write(std::string_view bytes) {
  ByteSink& to = to_ != nullptr ? static_cast<ByteSink&>(*to_) : spill_;
  return to.write(bytes) || fail(to.error());
}

bool HeldSink::hand_on(Output& to) {
  to_ = &to;
  const auto put = [&to](std::string_view piece, uint64_t) { return to.write(piece); };
  return spill_.pass(0, spill_.size(), put) || fail(spill_.error());
}

}  // namespace rdb
