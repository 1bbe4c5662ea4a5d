#include "tests/support/content.h"

#include <algorithm>
#include <bit>

#include <doctest/doctest.h>

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

}  // namespace

std::string Content::take() {
  std::string out = std::move(head_);
  if (!is_stream_) std::sort(elements_.begin(), elements_.end());
  for (const std::string& element : elements_) out += "\n  " + element;
  head_.clear();
  elements_.clear();
  is_stream_ = false;
  return out;
}

bool Content::begin(const Type& type, uint64_t) {
  head_ = name(type.kind);
  is_stream_ = type.kind == Kind::stream || type.kind == Kind::list || type.kind == Kind::module;
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
  elements_.back() += " score " + std::to_string(std::bit_cast<uint64_t>(score + 0.0));
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
  if (!s.has_history) return true;
  return add("history",
             {s.first.ms, s.first.seq, s.max_deleted.ms, s.max_deleted.seq, s.entries_added});
}

bool Content::group(const Group& g) {
  if (!add("group", {g.last.ms, g.last.seq, g.pending})) return false;
  return !g.has_entries_read || add("read", {g.entries_read});
}

bool Content::pending(const Pending& p) {
  return add("pending", {p.id.ms, p.id.seq, static_cast<uint64_t>(p.delivery_ms), p.deliveries});
}

bool Content::consumer(const Consumer& c) {
  if (!add("consumer", {static_cast<uint64_t>(c.seen_ms), c.pending})) return false;
  return !c.has_active || add("active", {static_cast<uint64_t>(c.active_ms)});
}

bool Content::module_real(ModuleOpcode opcode, double v) {
  return add("real", {static_cast<uint64_t>(opcode), std::bit_cast<uint64_t>(v)});
}

std::vector<std::string> content_of(std::string_view file) {
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  std::vector<std::string> out;
  Content content;
  for (Record record; reader.next(record);) {
    std::string head;
    if (record.kind == RecordKind::entry) {
      head = "db " + std::to_string(record.db) + " " + std::string(record.key) +
             lifetime(record.lifetime) + " = ";
    } else if (record.kind == RecordKind::function) {
      head = "function ";
    } else if (record.kind == RecordKind::module_aux) {
      head = "module " + record.module.name() + " " + std::to_string(record.when) + " ";
    } else {
      continue;
    }
    REQUIRE(reader.value(&content));
    out.push_back(head + content.take());
  }
  REQUIRE(reader.error().ok());
  REQUIRE(reader.finished());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace rdb
