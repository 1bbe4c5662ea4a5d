#include "rdb/compare/element_diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include "rdb/base/fpconv.h"
#include "rdb/base/number.h"
#include "rdb/sets/match.h"

namespace rdb {
namespace {

constexpr size_t kMemory = size_t{1} << 20;
constexpr uint64_t kSideB = uint64_t{1} << 63;

// Hands the elements of a value to the Matcher, known by their ordinals.
class ElementRows : public ValueHash {
 public:
  ElementRows(const ContentForm& form, Matcher& to, uint64_t side)
      : ValueHash(form), to_(to), side_(side) {}

 private:
  bool element(Part part, const Hash128& name, const Hash128& value) override {
    const Hash128 hash = hash128({static_cast<uint64_t>(part), name.low, name.high});
    return to_.add({.low = hash.low,
                    .high = hash.high,
                    .value_low = value.low,
                    .value_high = value.high,
                    .place = next_++ | side_});
  }

  Matcher& to_;
  uint64_t side_;
  uint64_t next_ = 0;
};

// The beginning of a text that comes in pieces.
class Excerpt {
 public:
  void add(const Text& text) {
    constexpr size_t kBytesMax = 96;
    if (text.is_first()) bytes_.clear();
    total_ = text.total;
    bytes_ += text.data.substr(0, kBytesMax - std::min(kBytesMax, bytes_.size()));
  }
  [[nodiscard]] std::string text() const {
    const bool is_whole = bytes_.size() == total_;
    return quoted(bytes_) + (is_whole ? "" : "... (" + std::to_string(total_) + " bytes)");
  }

 private:
  std::string bytes_;
  uint64_t total_ = 0;
};

std::string text_of(const StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

std::string number(uint64_t v) { return v == kUnknown ? "unknown" : std::to_string(v); }

std::string time(uint64_t ms) { return std::to_string(static_cast<int64_t>(ms)) + " ms"; }

// Puts elements with certain ordinals into words. The events of ValueHash end an element at the
// latest when the next begins, so that what is begun is taken down after it, and the rest before.
class ElementTexts : public ValueHash {
 public:
  struct Words {
    std::string name;
    std::string value;
  };
  using Wanted = std::map<uint64_t, Words>;

  ElementTexts(const ContentForm& form, Wanted& wanted) : ValueHash(form), wanted_(wanted) {}

  bool begin(const Type& type, uint64_t count) override {
    kind_ = type.kind;
    return ValueHash::begin(type, count);
  }
  bool item(const Text& text) override {
    excerpt_.add(text);
    value_ = excerpt_.text();
    return ValueHash::item(text);
  }
  bool module_string(const Text& text) override {
    excerpt_.add(text);
    value_ = excerpt_.text();
    return ValueHash::module_string(text);
  }
  bool module_integer(ModuleOpcode opcode, uint64_t v) override {
    value_ = std::to_string(v);
    return ValueHash::module_integer(opcode, v);
  }
  bool member(const Text& text) override {
    name_.add(text);
    value_.clear();
    return ValueHash::member(text);
  }
  bool score(double score) override {
    char digits[kNumberBytes];
    value_ = format_score(score, digits);
    return ValueHash::score(score);
  }
  bool field(const Text& text) override {
    if (!ValueHash::field(text)) return false;
    name_.add(text);
    return true;
  }
  bool value(const Text& text) override {
    excerpt_.add(text);
    if (kind_ == Kind::hash) value_ = excerpt_.text();
    if (kind_ == Kind::stream && text.is_last()) add_pair();
    return ValueHash::value(text);
  }
  bool expiry(int64_t ms) override {
    if (ms != kNoExpiry) value_ += ", expires at " + std::to_string(ms) + " ms";
    return ValueHash::expiry(ms);
  }
  bool stream_entry(const StreamEntry& entry) override {
    if (!ValueHash::stream_entry(entry)) return false;
    if (!entry.is_deleted) id_ = text_of(entry.id);
    if (!entry.is_deleted) value_.clear();
    return true;
  }
  bool group_name(const Text& text) override {
    group_.add(text);
    return ValueHash::group_name(text);
  }
  bool group(const Group& group) override {
    value_ = "last " + text_of(group.last);
    if (group.has_entries_read) value_ += ", read " + number(group.entries_read);
    return ValueHash::group(group);
  }
  bool pending(const Pending& pending) override {
    id_ = text_of(pending.id);
    value_ = "delivered at " + time(static_cast<uint64_t>(pending.delivery_ms)) + ", " +
             std::to_string(pending.deliveries) + " times";
    return ValueHash::pending(pending);
  }
  bool consumer_name(const Text& text) override {
    name_.add(text);
    return ValueHash::consumer_name(text);
  }
  bool owned(const StreamId& id) override {
    id_ = text_of(id);
    value_ = name_.text();
    return ValueHash::owned(id);
  }

 private:
  void add_pair() {
    constexpr size_t kBytesMax = 256;
    if (value_.size() > kBytesMax) return;
    value_ += (value_.empty() ? "" : " ") + name_.text() + " " + excerpt_.text();
    if (value_.size() > kBytesMax) value_ += " ...";
  }

  bool element(Part part, const Hash128& name, const Hash128& value) override {
    const auto at = wanted_.find(next_++);
    if (at != wanted_.end()) at->second = words(part, name, value);
    return true;
  }

  [[nodiscard]] Words words(Part part, const Hash128& name, const Hash128& value) const {
    const std::string id = std::to_string(value.high) + "-" + std::to_string(value.low);
    const std::string group = "group " + group_.text();
    switch (part) {
      case Part::item:
        return {kind_ == Kind::string ? "value" : "element " + std::to_string(name.low), value_};
      case Part::member:
        return {"member " + name_.text(), value_};
      case Part::member_expiry:
        return {"expiry of member " + name_.text(), time(value.low)};
      case Part::field:
        return {"field " + name_.text(), value_};
      case Part::entry:
        return {"entry " + id_, value_};
      case Part::last_id:
        return {"last id", id};
      case Part::length:
        return {"length", std::to_string(value.low)};
      case Part::first:
        return {"first id", id};
      case Part::max_deleted:
        return {"highest deleted id", id};
      case Part::added:
        return {"entries added", std::to_string(value.low)};
      case Part::group:
        return {group, value_};
      case Part::consumer:
        return {group + " consumer " + name_.text(),
                "seen at " + time(value.low) + ", active at " + time(value.high)};
      case Part::pending:
        return {group + " pending " + id_, value_};
      case Part::owner:
        return {group + " owner of " + id_, value_};
      case Part::module:
        return {"module", ModuleId{value.low}.name() + " version " +
                              std::to_string(ModuleId{value.low}.version())};
    }
    return {};
  }

  Wanted& wanted_;
  uint64_t next_ = 0;
  Kind kind_ = Kind::string;
  Excerpt name_;
  Excerpt group_;
  Excerpt excerpt_;
  std::string id_;
  std::string value_;
};

}  // namespace

bool ElementDiff::run(const Read& read) {
  Matcher matcher(kMemory);
  ElementRows a(form_, matcher, 0);
  ElementRows b(form_, matcher, kSideB);
  const auto take = [this](const MatchRow* left, const MatchRow* right) {
    first_.add({.change = left == nullptr    ? Change::added
                          : right == nullptr ? Change::removed
                                             : Change::changed,
                .offset_a = left != nullptr ? left->offset() : 0,
                .offset_b = right != nullptr ? right->offset() : 0});
  };
  const bool ok = read(false, a) && read(true, b) && matcher.finish(take);
  error_ = matcher.error();
  return ok && describe(read, first_.take());
}

bool ElementDiff::describe(const Read& read, const std::vector<Difference>& differences) {
  ElementTexts::Wanted wanted[2];
  for (const Difference& one : differences) {
    if (one.change != Change::added) wanted[0][one.offset_a] = {};
    if (one.change != Change::removed) wanted[1][one.offset_b] = {};
  }
  for (const bool is_b : {false, true}) {
    ElementTexts texts(form_, wanted[is_b ? 1 : 0]);
    if (!read(is_b, texts)) return false;
  }
  for (const Difference& one : differences) {
    ElementTexts::Words& a = wanted[0][one.offset_a];
    ElementTexts::Words& b = wanted[1][one.offset_b];
    ElementDifference& out = listed_.emplace_back();
    out.change = one.change;
    out.name = one.change == Change::added ? b.name : a.name;
    if (one.change != Change::added) out.a = a.value;
    if (one.change != Change::removed) out.b = b.value;
  }
  return true;
}

}  // namespace rdb
