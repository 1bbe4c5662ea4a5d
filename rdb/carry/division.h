// How the slots of a cluster are divided: into ranges, among so many nodes, or as a cluster has it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/slot.h"

namespace rdb {

// The slots of one part, and the node that has them, where that is known.
struct Division {
  std::vector<SlotRange> slots = {};
  std::string node = {};     // its id
  std::string address = {};  // ip:port@cport, and whatever follows
};

// `0-5460,5461-10922,10923-16383`: one part for each range. False, here and below: `why` says what
// is wrong with the text, or which slots are in two parts or in none.
[[nodiscard]] bool divide_by_ranges(std::string_view text, std::vector<Division>& to,
                                    std::string& why);

// Among 1 to kSlots nodes, as `valkey-cli --cluster create` gives slots to masters.
[[nodiscard]] std::vector<Division> divide_evenly(unsigned nodes);

// One part for each master that has slots, by a nodes.conf or the reply to CLUSTER NODES:
//   <id> <ip:port@cport[,hostname…]> <flags> <master> <ping> <pong> <epoch> <link> <slots>*
// Slots on their way, `[93->-<id>]` and `[93-<-<id>]`, are those of the node that still has them.
// Source: valkey 8.0.1 src/cluster_legacy.c, clusterLoadConfig, clusterGenNodeDescription.
[[nodiscard]] bool divide_by_nodes(std::string_view nodes, std::vector<Division>& to,
                                   std::string& why);

// `0-5460,5798`.
[[nodiscard]] std::string to_text(const std::vector<SlotRange>& slots);

}  // namespace rdb
