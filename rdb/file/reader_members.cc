// How a Reader finds the expiries of members, which stand behind the value that they belong to
// (members.h), before it hands that out: in the buffer if value and expiries fit there, else in the
// file where it can be read again.
#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/word.h"
#include "rdb/file/opcode.h"
#include "rdb/file/reader.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

// What an element of a plain type is made of: s a string, 8 eight bytes, t the text of a score.
std::string_view element_of(uint8_t type) {
  switch (type) {
    case kSet:
      return "s";
    case kHash:
      return "ss";
    case kZset:
      return "s8";
    case kZsetText:
      return "st";
    default:
      return "";
  }
}

// Behind the string at `at`, as string_end(); most are short and raw.
size_t skip_string(std::string_view bytes, size_t at) {
  if (at == bytes.size()) return 0;
  const uint8_t first = byte_at(bytes.data() + at);
  if (first >= kNeedBytes) return string_end(bytes, at);
  at += size_t{1} + first;
  return at <= bytes.size() ? at : 0;
}

// The bytes that the value takes at the start of `bytes`; 0: more than there are, or it is none.
size_t extent(uint8_t type, std::string_view bytes) {
  const std::string_view element = element_of(type);
  if (element.empty()) return string_end(bytes, 0);
  const Length count = parse_length(bytes);
  if (count.size == 0) return 0;
  size_t at = count.size;
  for (uint64_t n = count.n; n != 0; --n) {
    for (const char part : element) {
      if (part == 's') {
        at = skip_string(bytes, at);
        if (at == 0) return 0;
        continue;
      }
      if (at == bytes.size()) return 0;
      constexpr uint8_t kNoText = 253;  // and above: not a number, infinite
      const uint8_t first = byte_at(bytes.data() + at);
      at += part == '8' ? sizeof(double) : 1U + (first < kNoText ? first : 0U);
      if (at > bytes.size()) return 0;
    }
  }
  return at;
}

// Whether bytes may be the first of expiries whose rest is missing.
bool is_cut(std::string_view bytes) {
  return bytes.size() < kMemberHead.size() && kMemberHead.starts_with(bytes);
}

class MemberCounter : public Sink {
 public:
  MemberCounter(int64_t now_ms, MemberCounts& counts) : now_ms_(now_ms), counts_(counts) {}

  bool member(const Text& text) override { return count(text); }
  bool field(const Text& text) override { return count(text); }
  bool expiry(int64_t ms) override {
    if (ms == kNoExpiry) return true;
    if (ms <= now_ms_) counts_.expired.push_back(counts_.all - 1);
    if (ms > now_ms_) ++counts_.expiring;
    return true;
  }

 private:
  bool count(const Text& text) {
    counts_.all += text.is_first() ? 1 : 0;
    return true;
  }

  int64_t now_ms_;
  MemberCounts& counts_;
};

}  // namespace

void Reader::look_ahead(const Type& type) {
  members_.clear();
  members_left_ = 0;
  value_in_buffer_ = 0;
  bool is_known = false;
  while (!look_ahead_in_buffer(type, is_known) && in_.more()) {
  }
  if (!is_known && again_ != nullptr) {
    look_ahead_in_file(type, in_.pos() + value_in_buffer_ + members_.bytes(),
                       value_in_buffer_ == 0);
    is_known = true;
  }
  if (!is_known || members_.is_empty()) return;
  members_.finish();
  members_left_ = members_.bytes();
  ahead_ = Ahead::told;
}

// False: more bytes would tell more. `is_known`: all that is to be known is.
bool Reader::look_ahead_in_buffer(const Type& type, bool& is_known) {
  const std::string_view bytes(in_.cursor(), in_.available());
  value_in_buffer_ = extent(type.id, bytes);
  members_.clear();
  if (value_in_buffer_ == 0) return false;
  const std::string_view behind = bytes.substr(value_in_buffer_);
  members_.take(behind);
  const std::string_view rest = behind.substr(members_.bytes());
  is_known = !is_cut(rest) && !rest.starts_with(kMemberHead);
  if (is_known || is_cut(rest)) return is_known;
  MemorySource source(rest);
  Input in(source);
  StringReader strings(in);
  return is_known = finish_reading(in, strings);
}

// What the buffer does not tell: from `at` on, where the value begins or the rest of the expiries.
void Reader::look_ahead_in_file(const Type& type, uint64_t at, bool is_value) {
  RandomSource source(*again_, at);
  Input in(source);
  in.begin_at(at);
  in.held_max = in_.held_max;
  StringReader strings(in);
  Decoding extent_only{in, strings, type, nullptr};
  if (is_value && !type.decode(extent_only)) return;
  (void)finish_reading(in, strings);
}

// False: they go on where the bytes end.
bool Reader::finish_reading(Input& in, StringReader& strings) {
  const MemberExpiries::End end = members_.read(in, strings);
  if (end == MemberExpiries::End::full) {
    ahead_ = Ahead::too_many;
    members_.clear();
  }
  return end != MemberExpiries::End::cut;
}

bool Reader::count_members(int64_t now_ms, MemberCounts& counts) {
  counts = {};
  if (ahead_ != Ahead::told || payload_ == nullptr) return true;
  const auto count = [&](ByteSource& source) {
    Input in(source);
    in.held_max = in_.held_max;
    StringReader strings(in);
    MemberCounter counter(now_ms, counts);
    MemberSink sink(counter, members_);
    Decoding decoding{in, strings, *payload_, &sink};
    return payload_->decode(decoding);
  };
  if (value_in_buffer_ != 0) {
    MemorySource source(std::string_view(in_.cursor(), value_in_buffer_));
    return count(source);
  }
  RandomSource source(*again_, in_.pos());
  return count(source);
}

// Behind the value.
bool Reader::skip_members() {
  if (members_left_ == 0) return true;
  opcodes_[kAux].count += 2 * members_.size();
  return in_.skip(std::exchange(members_left_, 0));
}

// An AUX field about a member that is not where it should be, or could not be looked for.
bool Reader::read_stray(Record& record) {
  const bool is_time = is_same_word(name_.view(), kMemberTimeAux);
  see(kMemberAux, {});
  record.kind = RecordKind::stray;
  record.is_late = false;
  const bool has_members_before = last_type_ != nullptr && has_members(last_type_->kind);
  std::optional<int64_t> ms;
  bool has_time = false;
  if (!read_name() || (!is_time && !read_member_time(has_time, ms))) return false;
  if (is_time) {
    record.why = "a time at which a member expires, without a member before it";
  } else if (!has_time) {
    record.why = "a member that expires, without a time behind it";
  } else if (!ms) {
    record.why = "a member that expires, with a time that is no number";
  } else if (!has_members_before) {
    record.why = "a member that expires, without a key before it that has members";
  } else {
    record.is_late = true;
    record.why = ahead_ == Ahead::too_many
                     ? "more members of the key expire than are held in memory"
                 : again_ == nullptr
                     ? "a member of the key expires, which is told too far behind the key for a "
                       "pipe or a wrapper; a file can be read again"
                     : "a member of the key expires, which is not told right behind the key";
  }
  record.name = stray_;
  record.db = db_;
  record.key = record.is_late ? key_.view() : std::string_view();
  record.type = record.is_late ? last_type_ : nullptr;
  record.lifetime = {.expire_ms = ms, .idle_s = {}, .freq = {}};
  if (options_.takes_strays) return true;
  entry_type_ = record.type;
  return in_.fail({.code = record.is_late ? Code::late_member : Code::stray_member,
                   .offset = record.offset,
                   .words = std::string(record.why),
                   .has_offset = true});
}

// The first bytes of a string, as many as messages show.
bool Reader::read_name() {
  stray_.clear();
  return strings_.pass([this](const Text& text) {
    constexpr size_t kShown = 128;
    stray_ += text.data.substr(0, kShown - std::min(kShown, stray_.size()));
    return true;
  });
}

bool Reader::read_member_time(bool& has_time, std::optional<int64_t>& ms) {
  has_time = take_head(in_, kMemberTimeHead);
  if (!has_time) return in_.error().ok();
  std::string time;
  const bool is_read = strings_.pass([&time](const Text& text) {
    if (time.size() < kNumberBytes) time += text.data;
    return true;
  });
  if (int64_t v = 0; parse_int64(time, v)) ms = v;
  return is_read;
}

}  // namespace rdb
