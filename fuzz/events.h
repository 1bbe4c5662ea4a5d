// A Sink that writes every event down, so that two walks of a value can be compared. The pieces of
// a string are joined: where they are cut depends on the reads.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/value/sink.h"

namespace rdb {

class EventLog : public Sink {
 public:
  // Stops the walk at the event after `events_max` others.
  explicit EventLog(uint64_t events_max = ~uint64_t{0}) : left_(events_max) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool has_stopped() const { return has_stopped_; }

  bool begin(const Type& type, uint64_t count) override { return put('{', {type.id, count}); }
  bool end() override { return put('}', {}); }
  bool item(const Text& text) override { return put('i', text); }
  bool member(const Text& text) override { return put('m', text); }
  bool score(double v) override { return put('s', {std::bit_cast<uint64_t>(v)}); }
  bool field(const Text& text) override { return put('f', text); }
  bool value(const Text& text) override { return put('v', text); }
  bool expiry(int64_t ms) override { return put('x', {unsigned_of(ms)}); }
  bool stream_entry(const StreamEntry& v) override {
    return put('e', {v.id.ms, v.id.seq, v.is_deleted ? 1U : 0U, v.fields});
  }
  bool stream(const Stream& v) override {
    return put('S', {v.length, v.last.ms, v.last.seq, v.first.ms, v.first.seq, v.max_deleted.ms,
                     v.max_deleted.seq, v.entries_added, v.groups});
  }
  bool group_name(const Text& text) override { return put('g', text); }
  bool group(const Group& v) override {
    return put('G', {v.last.ms, v.last.seq, v.entries_read, v.pending});
  }
  bool pending(const Pending& v) override {
    return put('p', {v.id.ms, v.id.seq, unsigned_of(v.delivery_ms), v.deliveries});
  }
  bool consumer_name(const Text& text) override { return put('c', text); }
  bool consumer(const Consumer& v) override {
    return put('C', {unsigned_of(v.seen_ms), unsigned_of(v.active_ms), v.pending});
  }
  bool owned(const StreamId& id) override { return put('o', {id.ms, id.seq}); }
  bool module(const ModuleId& v) override { return put('M', {v.id}); }
  bool module_integer(ModuleOpcode opcode, uint64_t v) override {
    return put('n', {static_cast<uint64_t>(opcode), v});
  }
  bool module_real(ModuleOpcode opcode, double v) override {
    return put('r', {static_cast<uint64_t>(opcode), std::bit_cast<uint64_t>(v)});
  }
  bool module_string(const Text& text) override { return put('t', text); }

 private:
  static uint64_t unsigned_of(int64_t v) { return static_cast<uint64_t>(v); }

  bool put(char event, std::initializer_list<uint64_t> numbers) {
    require(expected_ == 0, "a string is handed over to its end");
    if (!take()) return false;
    text_ += event;
    for (const uint64_t n : numbers) text_.append(std::to_string(n)).append(" ");
    return true;
  }

  bool put(char event, const Text& text) {
    require(text.offset == expected_, "pieces come in order and without gaps");
    require(text.data.size() <= text.total - text.offset, "a piece lies inside its string");
    require(!text.data.empty() || text.total == 0, "a piece has bytes");
    expected_ = text.is_last() ? 0 : text.offset + text.data.size();
    if (!take()) return false;
    if (text.is_first()) text_.append(1, event).append(std::to_string(text.total)).append(":");
    text_ += text.data;
    return true;
  }

  bool take() {
    require(!has_stopped_, "a sink that stopped hears no more");
    has_stopped_ = left_ == 0;
    --left_;
    return !has_stopped_;
  }

  uint64_t left_;
  uint64_t expected_ = 0;  // offset of the next piece
  bool has_stopped_ = false;
  std::string text_;
};

}  // namespace rdb
