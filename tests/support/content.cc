#include "tests/support/content.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "rdb/file/reader.h"
#include "rdb/io/source.h"

namespace rdb {
namespace {

std::string lifetime(const Lifetime& life) {
  std::string out;
  if (life.expire_ms) out += " expires " + std::to_string(*life.expire_ms);
  if (life.idle_s) out += " idle " + std::to_string(*life.idle_s);
  if (life.freq) out += " freq " + std::to_string(*life.freq);
  return out;
}

// What the old form of a library leaves out of its source.
std::string head_of(const Record& record) {
  if (!record.is_pre_ga) return "function ";
  return "function #!" + std::string(record.engine) + " name=" + std::string(record.name) + "\n";
}

}  // namespace

std::string Content::take() {
  std::string out = std::move(head_);
  if (!is_ordered_) std::sort(elements_.begin(), elements_.end());
  if (is_set_) elements_.erase(std::unique(elements_.begin(), elements_.end()), elements_.end());
  for (const std::string& element : elements_) out += "\n  " + element;
  head_.clear();
  elements_.clear();
  return out;
}

bool Content::begin(const Type& type, uint64_t) {
  head_ = name(type.kind);
  is_ordered_ = type.kind == Kind::stream || type.kind == Kind::list || type.kind == Kind::module;
  is_set_ = type.kind == Kind::set;
  return true;
}

bool Content::start(const Text& text) {
  if (text.is_first()) elements_.emplace_back();
  return true;
}

bool Content::join(std::string_view event, const Text& text) {
  if (text.is_first()) {
    const bool is_own = event != "member" && event != "field" && event != "value";
    if (is_own) elements_.emplace_back();
    elements_.back() += std::string(event) + " " + std::to_string(text.total) + " ";
  }
  elements_.back() += text.data;
  return true;
}

bool Content::add(std::string_view event, const std::vector<uint64_t>& numbers) {
  std::string& element = elements_.emplace_back(event);
  for (const uint64_t number : numbers) element += " " + std::to_string(number);
  return true;
}

bool Content::score(double score) {
  const double one = std::isnan(score) ? NAN : score + 0.0;
  elements_.back() += " score " + std::to_string(std::bit_cast<uint64_t>(one));
  return true;
}

bool Content::expiry(int64_t ms) {
  if (ms != kNoExpiry) elements_.back() += " expires " + std::to_string(ms);
  return true;
}

bool Content::stream_entry(const StreamEntry& entry) {
  return add("entry", {entry.id.ms, entry.id.seq, entry.is_deleted ? 1U : 0U, entry.fields});
}

bool Content::stream(const Stream& s) {
  if (!add("stream", {s.length, s.last.ms, s.last.seq, s.groups})) return false;
  if (!s.has_history || !has_history_) return true;
  return add("history",
             {s.first.ms, s.first.seq, s.max_deleted.ms, s.max_deleted.seq, s.entries_added});
}

bool Content::group(const Group& g) {
  if (!add("group", {g.last.ms, g.last.seq, g.pending})) return false;
  return !g.has_entries_read || !has_history_ || add("read", {g.entries_read});
}

bool Content::pending(const Pending& p) {
  return add("pending", {p.id.ms, p.id.seq, static_cast<uint64_t>(p.delivery_ms), p.deliveries});
}

bool Content::consumer(const Consumer& c) {
  if (!add("consumer", {static_cast<uint64_t>(c.seen_ms), c.pending})) return false;
  return !c.has_active || !has_history_ || add("active", {static_cast<uint64_t>(c.active_ms)});
}

bool Content::module_real(ModuleOpcode opcode, double v) {
  return add("real", {static_cast<uint64_t>(opcode), std::bit_cast<uint64_t>(v)});
}

bool read_content(std::string_view file, Content& content, std::vector<std::string>& out) {
  MemorySource source(file);
  Reader reader(source, {.verify_checksum = false});
  if (!reader.open()) return false;
  std::string text;
  uint64_t size = 0;
  for (Record record; reader.next(record);) {
    std::string head;
    if (record.kind == RecordKind::function) {
      head = head_of(record);
      if (!reader.text(text, UINT64_MAX, size)) return false;
      out.push_back(head + text);
      continue;
    }
    if (record.kind == RecordKind::entry) {
      head = "db " + std::to_string(record.db) + " " + std::string(record.key) +
             lifetime(record.lifetime) + " = ";
    } else if (record.kind == RecordKind::module_aux) {
      head = "module " + record.module.name() + " " + std::to_string(record.when) + " ";
    } else {
      continue;
    }
    if (!reader.value(&content)) return false;
    out.push_back(head + content.take());
  }
  std::sort(out.begin(), out.end());
  return reader.error().ok() && reader.finished();
}

}  // namespace rdb
