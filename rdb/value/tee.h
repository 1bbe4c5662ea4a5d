// Two Sinks as one: both get every event, the first of them first.
#pragma once

#include "rdb/value/sink.h"

namespace rdb {

class Tee : public Sink {
 public:
  // Both must outlive the Tee.
  Tee(Sink& first, Sink& second) : a_(first), b_(second) {}

  bool begin(const Type& v, uint64_t n) override { return a_.begin(v, n) && b_.begin(v, n); }
  bool end() override { return a_.end() && b_.end(); }
  bool node(bool v) override { return a_.node(v) && b_.node(v); }
  bool blob(std::string_view v) override { return a_.blob(v) && b_.blob(v); }
  bool item(const Text& v) override { return a_.item(v) && b_.item(v); }
  bool member(const Text& v) override { return a_.member(v) && b_.member(v); }
  bool score(double v) override { return a_.score(v) && b_.score(v); }
  bool score_text(std::string_view v) override { return a_.score_text(v) && b_.score_text(v); }
  bool field(const Text& v) override { return a_.field(v) && b_.field(v); }
  bool value(const Text& v) override { return a_.value(v) && b_.value(v); }
  bool expiry(int64_t v) override { return a_.expiry(v) && b_.expiry(v); }
  bool stream_node(const StreamId& v, std::string_view listpack) override {
    return a_.stream_node(v, listpack) && b_.stream_node(v, listpack);
  }
  bool stream_entry(const StreamEntry& v) override {
    return a_.stream_entry(v) && b_.stream_entry(v);
  }
  bool stream(const Stream& v) override { return a_.stream(v) && b_.stream(v); }
  bool group_name(const Text& v) override { return a_.group_name(v) && b_.group_name(v); }
  bool group(const Group& v) override { return a_.group(v) && b_.group(v); }
  bool pending(const Pending& v) override { return a_.pending(v) && b_.pending(v); }
  bool consumers(uint64_t n) override { return a_.consumers(n) && b_.consumers(n); }
  bool consumer_name(const Text& v) override { return a_.consumer_name(v) && b_.consumer_name(v); }
  bool consumer(const Consumer& v) override { return a_.consumer(v) && b_.consumer(v); }
  bool owned(const StreamId& v) override { return a_.owned(v) && b_.owned(v); }
  bool module(const ModuleId& v) override { return a_.module(v) && b_.module(v); }
  bool module_integer(ModuleOpcode code, uint64_t v) override {
    return a_.module_integer(code, v) && b_.module_integer(code, v);
  }
  bool module_real(ModuleOpcode code, double v) override {
    return a_.module_real(code, v) && b_.module_real(code, v);
  }
  bool module_string(const Text& v) override { return a_.module_string(v) && b_.module_string(v); }

 private:
  Sink& a_;
  Sink& b_;
};

}  // namespace rdb
