// Finds the keys of a file that do not belong to the cluster node that is to load it.
// Source: valkey 8.0.1 src/cluster_legacy.c, verifyClusterConfigWithData; src/rdb.c, SELECTDB.
#pragma once

#include <optional>
#include <vector>

#include "rdb/base/slot.h"
#include "rdb/file/record.h"
#include "rdb/pass/survey.h"
#include "rdb/server/findings.h"

namespace rdb {

// One thread; distinct objects are independent.
class Placement {
 public:
  // Without `slots` the node has all of them.
  explicit Placement(std::optional<SlotSet> slots) : slots_(std::move(slots)) {}

  void add(const Record& record);
  // What was found so far.
  void find(std::vector<Finding>& findings) const;

 private:
  std::optional<SlotSet> slots_;
  Sighting other_databases_;
  Sighting other_slots_;
};

}  // namespace rdb
