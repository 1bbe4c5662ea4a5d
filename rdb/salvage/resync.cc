#include "rdb/salvage/resync.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "rdb/base/bytes.h"
#include "rdb/file/opcode.h"
#include "rdb/value/tee.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

constexpr uint64_t kWindowBytes = 64 << 10;
constexpr size_t kHeadBytes = 32;            // enough to judge a candidate
constexpr uint64_t kWithinBytes = 16 << 10;  // that are searched once more
constexpr int kLeading = 4;                  // enough for records that end where others begin

// 2001-01-01 and 2101-01-01, in ms.
bool is_plausible_time(int64_t ms) { return ms >= 978307200000 && ms < 4133980800000; }

// What the servers of a version write (format document, section 1), one bit a type.
constexpr uint32_t types(std::initializer_list<unsigned> ids) {
  uint32_t out = 0;
  for (const unsigned id : ids) out |= 1U << id;
  return out;
}
struct Written {
  unsigned version;  // up to this one
  uint32_t types;
};
constexpr Written kWritten[] = {
    {1, types({0, 1, 2, 3, 4})},
    {2, types({0, 1, 2, 3, 4, 9, 10, 11, 12})},
    {6, types({0, 1, 2, 3, 4, 9, 10, 11, 12, 13})},
    {7, types({0, 2, 3, 4, 11, 12, 13, 14})},
    {8, types({0, 2, 4, 5, 7, 11, 12, 13, 14})},
    {9, types({0, 2, 4, 5, 7, 11, 12, 13, 14, 15})},
    {10, types({0, 2, 4, 5, 7, 11, 16, 17, 18, 19})},
    {11, types({0, 2, 4, 5, 7, 11, 16, 17, 18, 20, 21})},
    {~0U, types({0, 2, 4, 5, 7, 11, 16, 17, 18, 20, 21, 22})},
};

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f; });
}

}  // namespace

int Evidence::of_text(std::string_view bytes) {
  constexpr size_t kIntegerBytes = 11;  // up to which servers store it as one
  const auto counted = static_cast<int>(std::min<size_t>(bytes.size(), kTextMax * 2 / 3));
  int64_t integer = 0;
  if (bytes.size() <= kIntegerBytes && parse_int64(bytes, integer)) return 0;
  return is_text(bytes.substr(0, kLooked)) ? counted + counted / 2 : 0;
}

bool Evidence::begin(const Type& type, uint64_t) {
  constexpr int kPacked = 32;
  const bool is_plain = type.id <= kZset || type.kind == Kind::module || type.id >= kHashExpiring;
  is_sealed_ = !is_plain;
  is_string_ = type.kind == Kind::string;
  is_stream_ = type.kind == Kind::stream;
  is_text_score_ = type.id == kZsetText;  // which has been parsed as a number
  bits_ = is_plain ? 0 : kPacked;
  module_ = {};
  text_ = 0;
  texts_ = empty_ = 0;
  size_ = is_sealed_ || type.kind == Kind::module ? 1 : 0;
  return true;
}

bool Evidence::add(const Text& text) {
  size_ += is_string_ ? text.data.size() : text.is_first() ? 1 : 0;
  if (!text.is_first()) return true;
  const int bits = of_text(text.data);
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  texts_ += bits != 0 && std::all_of(text.data.begin(), text.data.end(), is_ascii) ? 1 : 0;
  if (text_ < kTextMax) text_ += bits;
  return true;
}

bool Evidence::score(double score) {
  const double size = std::abs(score);
  const bool is_usual = is_sealed_ || is_text_score_ || score == 0 ||
                        (size > 1e-9 && size < 1e19) || std::isinf(score);
  constexpr int kTextMin = -12;
  if (!is_usual) {
    text_ = std::max(text_ - 8, kTextMin);
  } else if (text_ < kTextMax) {
    text_ += 2;
  }
  return true;
}

Resync::Resync(RandomAccess& file, const Header& header, ReaderOptions options, uint64_t databases)
    : file_(file),
      header_(header),
      options_(options),
      databases_(databases),
      budget_(file.size() * kBudgetFactor + kBudgetBytes) {
  options_.verify_checksum = options_.drains = false;
}

bool Resync::is_usual(uint8_t type) const {
  const auto is_version = [this](const Written& row) { return header_.version <= row.version; };
  const auto row = std::find_if(std::begin(kWritten), std::end(kWritten), is_version);
  return seen_[type] || (type < 32 && (row->types >> type & 1U) != 0);
}

// At least kHeadBytes from `at` on, where the file has them.
std::string_view Resync::window(uint64_t at) {
  if (at < window_at_ || at + kHeadBytes > window_at_ + window_.size()) {
    window_at_ = at;
    window_ = file_.bytes_at(at, kWindowBytes);
  }
  return std::string_view(window_).substr(static_cast<size_t>(at - window_at_));
}

bool Resync::looks_like_entry(uint64_t at, std::string_view bytes) const {
  const uint8_t id = byte_at(bytes.data());
  const Type* const type = find_type(header_.dialect, id);
  if (type == nullptr || type->decode == nullptr || !is_usual(id)) return false;
  const Length key = parse_length(bytes.substr(1));
  if (!key.is_shortest || (key.is_encoding && key.n > kLzf)) return false;
  const uint64_t size = !key.is_encoding ? key.n : key.n == kLzf ? 0 : 1U << key.n;
  const uint64_t left = file_.size() - std::min(at, file_.size());
  if (size >= left || 1 + key.size + size >= left) return false;
  const bool is_empty = !key.is_encoding && key.n == 0;
  return !is_empty || byte_at(bytes.data() + 2) != 0;  // "" with nothing: a run of zeros
}

bool Resync::looks_like_start(uint64_t at, std::string_view head) const {
  std::array<char, kHeadBytes> padded{};
  head.copy(padded.data(), padded.size());
  const std::string_view bytes(padded.data(), padded.size());
  const uint8_t id = byte_at(bytes.data());
  const uint8_t next = byte_at(bytes.data() + 1);
  const auto is_before_entry = [&](size_t size) {
    const uint8_t then = byte_at(bytes.data() + size);
    return then == kIdle || then == kFreq || looks_like_entry(at + size, bytes.substr(size));
  };
  constexpr unsigned kHasHints = 7;
  const uint64_t left = file_.size() - at;
  switch (id) {
    case kExpireMs:
      return load_le<int64_t>(bytes.data() + 1) > 0 && is_before_entry(9);
    case kExpire:
      return (header_.version < 4 || seen_[id]) && is_before_entry(5);
    case kIdle:
      return parse_length(bytes.substr(1)).is_plain();
    case kFreq:
      return is_before_entry(2);
    case kSelectDb: {
      const Length db = parse_length(bytes.substr(1));
      if (!db.is_plain() || db.n >= databases_) return false;
      const uint8_t then = byte_at(bytes.data() + 1 + db.size);
      return header_.version < kHasHints
                 ? then == kExpireMs || then == kExpire ||
                       looks_like_entry(at + 1 + db.size, bytes.substr(1 + db.size))
                 : then == kResizeDb;
    }
    case kResizeDb:
      return header_.version >= kHasHints && next != 0 && parse_length(bytes.substr(1)).is_plain();
    case kAux:
      return next > 1 && next < 0x40 && is_text(bytes.substr(2, std::min<size_t>(next, 16)));
    case kFunction2:
      return header_.version >= 10;
    case kModuleAux:
      return header_.version >= 9 && next == 0x81;
    case kEof:
      return left == 1 + (header_.has_checksum() ? kChecksumBytes : 0);
    default:
      return looks_like_entry(at, bytes);
  }
}

int Resync::weigh(Reader& reader, const Record& record, Evidence& evidence, Sink* also) {
  constexpr int kAgainst = -32;
  Sink nothing;
  Tee both(evidence, also != nullptr ? *also : nothing);
  switch (record.kind) {
    case RecordKind::aux: {
      std::string value;
      uint64_t size = 0;
      if (!reader.text(value, 64, size)) return 0;
      return Evidence::of_text(record.name) + Evidence::of_text(value);
    }
    case RecordKind::function: {
      std::string source;
      uint64_t size = 0;
      return reader.text(source, 64, size) && source.starts_with("#!") ? 32 : 0;
    }
    case RecordKind::module_aux:
      modules_.insert(record.module.id);
      return reader.value(&both) ? 32 : 0;
    case RecordKind::hint:
      return record.expires <= record.keys ? kCredible : kAgainst;
    case RecordKind::entry:
      break;
    default:
      return kCredible;
  }
  int bits = is_usual(record.type->id) ? 2 : -8;
  const int64_t ms = record.lifetime.expire_ms.value_or(0);
  if (record.lifetime.expire_ms) bits += is_plausible_time(ms) ? 16 : -4;
  const int of_key = Evidence::of_text(record.key);
  bits += record.key.empty() ? -24 : of_key != 0 ? of_key : is_strange() ? 0 : -8;
  if (record.key == last_key_) bits += kAgainst;
  last_key_ = record.key;
  const uint64_t long_lengths = reader.tally()[Odd::long_length].count;
  const auto encoded = [&reader](Form form) { return reader.tally()[form]; };
  const uint64_t compressed = encoded(Form::lzf);
  const auto integers = [&] {
    return encoded(Form::int8) + encoded(Form::int16) + encoded(Form::int32);
  };
  const uint64_t integers_before = integers();
  if (!reader.value(&both)) return 0;
  bits += evidence.bits();
  const bool is_string = record.type->kind == Kind::string;
  if (!is_string && evidence.size() == 0) bits -= 48;  // which no server writes
  if (evidence.module().id != 0) bits += modules_.contains(evidence.module().id) ? 24 : 0;
  if (reader.tally()[Odd::long_length].count != long_lengths) bits -= 16;
  if (encoded(Form::lzf) != compressed) bits += 16;
  if (integers() != integers_before) bits += 4;
  return bits;
}

Resync::Chain Resync::follow_within(uint64_t from, uint64_t end, int bits_wanted,
                                    std::span<const uint64_t> boundaries) {
  RandomSource source(file_, from, end);
  Reader reader(source, options_);
  reader.open_at(header_, from);
  Chain chain;
  chain.end = from;
  last_key_.assign(1, '\0');
  Record record;
  const uint64_t last = boundaries.empty() ? UINT64_MAX : boundaries.back();
  const uint64_t records_max = bits_wanted == INT32_MAX ? UINT64_MAX : kLong;
  while ((chain.bits < bits_wanted || chain.records < 2) && chain.records < records_max &&
         reader.pos() <= last) {
    chain.meets = std::binary_search(boundaries.begin(), boundaries.end(), reader.pos());
    if (chain.meets || !reader.next(record)) break;
    if (record.kind == RecordKind::entry && record.db >= databases_) break;
    Evidence evidence;
    const int bits = weigh(reader, record, evidence);
    if (!reader.error().ok()) break;
    chain.bits += bits;
    chain.end = reader.pos();
    chain.prefixes = reader.opcodes()[kIdle].count + reader.opcodes()[kFreq].count;
    if (chain.records++ == 0) {
      chain.first_bits = bits;
      chain.first_end = chain.end;
      chain.has_text_key = Evidence::of_text(last_key_) != 0;
    }
  }
  spent_ += reader.pos() - from;
  if (reader.finished()) {
    const Tail::Kind kind = reader.tail().kind;
    chain.reaches_end =
        reader.end() == file_.size() || (end >= file_.size() && kind == Tail::Kind::eof_mark);
  }
  // Without a trailer: the version is not known, or it is cut off.
  chain.reaches_end = chain.reaches_end ||
                      (reader.error().code == Code::truncated && chain.records != 0 &&
                       reader.pos() == file_.size() && reader.record_offset() + 1 == file_.size());
  chain.is_cut = end < file_.size() && reader.error().code == Code::truncated;
  return chain;
}

Resync::Chain Resync::follow(uint64_t from, int bits_wanted, std::span<const uint64_t> boundaries,
                             uint64_t first_end) {
  Chain chain = follow_within(from, from + kAheadBytes, bits_wanted, boundaries);
  const uint64_t end = first_end != 0 ? first_end + kAheadBytes : file_.size();
  const bool is_long = chain.is_cut && chain.records == 0 && spent_ + (end - from) <= budget_;
  return is_long ? follow_within(from, end, bits_wanted, boundaries) : chain;
}

// Whether it is worth to follow the records from there.
bool Resync::is_candidate(uint64_t at, uint64_t& end) {
  end = 0;
  const std::string_view bytes = window(at);
  if (!looks_like_start(at, bytes)) return false;
  const uint8_t id = byte_at(bytes.data());
  const uint64_t prefix = id == kExpireMs ? 9 : id == kExpire ? 5 : id == kFreq ? 2 : 0;
  const auto first = static_cast<size_t>(prefix);
  const bool is_entry = first < bytes.size() && !is_opcode(byte_at(bytes.data() + first));
  return !is_entry || skims(at + prefix, end);
}

uint64_t Resync::find(uint64_t from) {
  const uint64_t size = file_.size();
  uint64_t weak = size;
  const auto is_odd_prefix = [this](std::string_view bytes, const Chain& chain) {
    const uint8_t id = byte_at(bytes.data());
    return (id == kIdle || id == kFreq) && !seen_[id] && chain.prefixes < 2;
  };
  for (uint64_t at = from; at < size && !is_exhausted(); ++at) {
    if (weak != size && at - weak > kNearBytes) break;
    uint64_t end = 0;
    if (!is_candidate(at, end)) continue;
    const Chain chain = follow(at, kConvincing, {}, end);
    if (is_odd_prefix(window(at), chain)) continue;
    if (chain.is_convincing() && (chain.records == 0 || is_credible(chain))) {
      const uint64_t best = best_within(at, chain);
      const uint64_t begin = best - std::min(best - from, kWithinBytes);
      return find_leading(begin, best, best, true, {}, kLeading);
    }
    if (weak == size && chain.first_bits >= kWeak) weak = at;
  }
  return weak;
}

// `at`, or the first place in its first record from where more speaks for the first one.
uint64_t Resync::best_within(uint64_t at, const Chain& chain) {
  constexpr int kMore = 8;
  if (chain.records == 0 || (chain.first_bits >= kWeak && chain.has_text_key)) return at;
  const uint64_t to = std::min(chain.first_end, at + kWithinBytes);
  for (uint64_t other = at + 1; other < to && !is_exhausted(); ++other) {
    uint64_t end = 0;
    if (!is_candidate(other, end)) continue;
    const Chain rival = follow(other, kConvincing, {}, end);
    if (!rival.is_convincing()) continue;
    const bool is_named = rival.has_text_key && !chain.has_text_key && is_credible(rival);
    if (is_named || rival.first_bits > chain.first_bits + kMore) return best_within(other, rival);
  }
  return at;
}

uint64_t Resync::find_prefix(uint64_t at) {
  constexpr uint64_t kPrefixMax = 16;
  const Chain chain = follow(at, kConvincing);
  for (uint64_t from = at - std::min(at, kPrefixMax); from < at && chain.records != 0; ++from) {
    const std::string_view bytes = window(from);
    const uint8_t id = byte_at(bytes.data());
    const bool is_time = id == kExpireMs || id == kExpire;
    if (!(is_time || ((id == kIdle || id == kFreq) && seen_[id]))) continue;
    if (!looks_like_start(from, bytes)) continue;
    const Chain whole = follow(from, kConvincing);
    const bool is_plausible = !is_time || whole.first_bits > chain.first_bits;
    if (whole.first_end == chain.first_end && is_plausible) return from;
  }
  return at;
}

uint64_t Resync::find_leading(uint64_t from, uint64_t to, uint64_t goal, bool strictly,
                              std::span<const uint64_t> boundaries, int bits) {
  std::vector<uint64_t> all(boundaries.begin(), boundaries.end());
  const bool has_goal = goal < file_.size();
  const Chain there = has_goal && !strictly ? follow(goal, kConvincing) : Chain{};
  const uint64_t behind = has_goal && !strictly ? there.first_end : goal;
  if (has_goal) all.insert(all.end(), {goal, behind});
  std::sort(all.begin(), all.end());
  for (uint64_t at = from; at < to && !is_exhausted(); ++at) {
    uint64_t end = 0;
    if (!is_candidate(at, end)) continue;
    const int wanted = has_goal ? INT32_MAX : std::max(bits, kConvincing);
    const Chain chain = follow(at, wanted, all, end);
    const bool leads = has_goal ? chain.meets && (chain.end == goal || chain.end == behind)
                                : chain.is_convincing();
    const int without = has_goal && chain.end != goal ? std::max(there.first_bits, 0) : 0;
    if (leads && chain.bits > bits + without) return at;
  }
  return to;
}

}  // namespace rdb
