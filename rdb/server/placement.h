// Finds the keys of a file that do not belong to the cluster node that is to load it.
// Source: valkey 8.0.1 src/cluster_legacy.c, verifyClusterConfigWithData; redis 7.0.15,
// valkey 8.0.1, 8.1.1 and 9.1.2 as nodes of a cluster.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "rdb/base/slot.h"
#include "rdb/file/record.h"
#include "rdb/pass/survey.h"
#include "rdb/server/findings.h"
#include "rdb/server/loading.h"

namespace rdb {

// One thread; distinct objects are independent.
class Placement {
 public:
  // `loading` is borrowed and must outlive the Placement. Without `slots` the node has all of them.
  Placement(const Loading& loading, std::optional<SlotSet> slots)
      : loading_(loading), databases_(databases_with_keys(loading)), slots_(std::move(slots)) {}

  void add(const Record& record);
  // What was found so far.
  void find(std::vector<Finding>& findings) const;

 private:
  const Loading& loading_;
  uint64_t databases_;
  std::optional<SlotSet> slots_;
  Sighting other_databases_;
  Sighting other_slots_;
  unsigned other_slot_ = 0;  // of the first
};

}  // namespace rdb
