// Streams: the nodes as they are, what stands behind them in the form of the version, derived where
// the source does not tell it (stream_history.h). Private to encode*.cc.
#pragma once

#include "rdb/value/encode_parts.h"

namespace rdb {

class StreamEncoder : public Sink {
 public:
  explicit StreamEncoder(EncodeContext& context) : context_(context) {}

  bool begin(const Type& type, uint64_t count) override;
  bool stream_node(const StreamId& key, std::string_view listpack) override;
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override;
  bool group(const Group& group) override;
  bool pending(const Pending& pending) override;
  bool consumers(uint64_t count) override;
  bool consumer_name(const Text& text) override;
  bool consumer(const Consumer& consumer) override;
  bool owned(const StreamId& id) override;

 private:
  bool write_id(const StreamId& id);
  bool write_raw_id(const StreamId& id);

  EncodeContext& context_;
  unsigned form_ = 3;  // 1, 2 or 3
  bool has_first_ = false;
  StreamId first_;  // of the entries that are not deleted
  Stream stream_;   // as it will be known
};

}  // namespace rdb
