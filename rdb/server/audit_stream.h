// What servers look at in a stream beyond the structure of its nodes: ids, length, and who has
// which entries pending. Sound streams take constant memory.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "rdb/server/defect.h"
#include "rdb/sets/distinct.h"
#include "rdb/value/sink.h"

namespace rdb {

// One thread; distinct objects are independent.
class StreamAudit {
 public:
  // `to` takes what is found; it must outlive the audit.
  explicit StreamAudit(std::set<Defect>& to) : found_(to) {}

  void start();
  // The events of one stream. False: error().
  [[nodiscard]] bool node(const StreamId& key);
  void entry(const StreamEntry& entry);
  [[nodiscard]] bool stream(const Stream& stream);
  [[nodiscard]] bool group_name(const Text& name);
  void pending(const StreamId& id);
  [[nodiscard]] bool consumer_name(const Text& name);
  void owned(const StreamId& id);
  // After the last event, whether that was the end of the value or not. With `is_whole` all
  // entries were told.
  [[nodiscard]] bool finish(bool is_whole);

  // A live entry was told.
  [[nodiscard]] bool has_entry() const { return has_entry_; }
  [[nodiscard]] bool nodes_ascend() const { return nodes_ascend_; }
  [[nodiscard]] const Error& error() const {
    return names_.error().ok() ? consumers_.error() : names_.error();
  }

 private:
  // The pending entries of a group as it lists them, or as its consumers do.
  struct Ids {
    uint64_t count = 0;
    Hash128 sum;                 // the same for the same ids in any order
    std::vector<StreamId> kept;  // the first of them

    void add(const StreamId& id);
  };

  struct Node {
    StreamId key;
    bool has_entry = false;
    StreamId last = {};  // live entry
  };

  void judge_nodes();
  bool finish_group();
  void compare(std::vector<StreamId> group);

  std::set<Defect>& found_;
  Distinct names_;      // of nodes, then of groups
  Distinct consumers_;  // of the group
  StreamId last_node_;
  bool has_node_ = false;
  std::optional<StreamId> lowest_node_;
  std::optional<StreamId> below_node_;  // the highest id of an entry that is below its node's key
  bool nodes_ascend_ = true;
  std::vector<Node> nodes_;  // the first of them
  bool are_nodes_kept_ = true;
  StreamId last_entry_;
  bool has_entry_ = false;
  uint64_t live_ = 0;
  bool is_told_ = false;
  Stream stream_;
  bool in_group_ = false;
  Ids group_;
  Ids owned_;
  std::vector<size_t> owners_;  // where in owned_.kept each consumer begins that has some
  bool has_consumer_ = false;   // of the group
  bool owns_ = false;           // the consumer, one id or more
  StreamId last_pending_;
  StreamId last_owned_;
  bool ascends_ = true;  // what is pending for the group, and for each consumer
};

}  // namespace rdb
