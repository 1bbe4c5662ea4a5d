#include "rdb/server/audit_stream.h"

#include <algorithm>
#include <utility>

namespace rdb {
namespace {

// Ids of a group's pending entries that are kept to tell what is wrong with them.
constexpr size_t kPendingKept = 65536;

// Nodes that are kept to see whether entries ascend where nodes do not.
constexpr size_t kNodesKept = 65536;

}  // namespace

void StreamAudit::Ids::add(const StreamId& id) {
  ++count;
  sum += lookup_hash({id.ms, id.seq});
  if (kept.size() < kPendingKept) kept.push_back(id);
}

void StreamAudit::start() {
  names_.start();
  has_node_ = has_entry_ = is_told_ = in_group_ = false;
  nodes_ascend_ = are_nodes_kept_ = true;
  nodes_.clear();
  lowest_node_.reset();
  below_node_.reset();
  live_ = 0;
}

bool StreamAudit::node(const StreamId& key) {
  nodes_ascend_ = nodes_ascend_ && (!has_node_ || last_node_ < key);
  // Entries are sought by the keys of nodes.
  if (has_entry_ && nodes_ascend_ && key <= last_entry_) found_.insert(Defect::stream_order);
  has_node_ = true;
  last_node_ = key;
  if (!lowest_node_ || key < *lowest_node_) lowest_node_ = key;
  are_nodes_kept_ = nodes_.size() < kNodesKept;
  if (are_nodes_kept_) nodes_.push_back({.key = key});
  return names_.add(lookup_hash({key.ms, key.seq}));
}

void StreamAudit::entry(const StreamEntry& entry) {
  if (entry.is_deleted) return;
  ++live_;
  if (entry.id < last_node_ && (!below_node_ || *below_node_ < entry.id)) below_node_ = entry.id;
  if (has_entry_ && nodes_ascend_ && entry.id <= last_entry_) found_.insert(Defect::stream_order);
  if (!has_entry_ || last_entry_ < entry.id) last_entry_ = entry.id;
  has_entry_ = true;
  if (!are_nodes_kept_ || nodes_.empty()) return;
  Node& node = nodes_.back();
  if (node.has_entry && entry.id <= node.last) found_.insert(Defect::stream_order);
  node.has_entry = true;
  node.last = entry.id;
}

// Servers sort nodes by their keys, which need not ascend in the file.
void StreamAudit::judge_nodes() {
  if (nodes_ascend_ || !are_nodes_kept_) return;
  std::erase_if(nodes_, [](const Node& node) { return !node.has_entry; });
  std::sort(nodes_.begin(), nodes_.end(),
            [](const Node& a, const Node& b) { return a.key < b.key; });
  const auto overlap = [](const Node& a, const Node& b) { return b.key <= a.last; };
  if (std::adjacent_find(nodes_.begin(), nodes_.end(), overlap) != nodes_.end()) {
    found_.insert(Defect::stream_order);
  }
}

bool StreamAudit::stream(const Stream& stream) {
  is_told_ = true;
  stream_ = stream;
  if (!names_.finish()) return false;
  if (names_.duplicates() != 0) found_.insert(Defect::stream_node_twice);
  if (!nodes_ascend_) found_.insert(Defect::stream_nodes_unsorted);
  // It is sought from the end in another node. One below all nodes is sought in all.
  if (below_node_ && *lowest_node_ <= *below_node_) found_.insert(Defect::stream_order);
  judge_nodes();
  names_.start();
  return true;
}

bool StreamAudit::group_name(const Text& name) {
  if (!names_.add(name)) return false;
  if (!name.is_first()) return true;
  if (!finish_group()) return false;
  in_group_ = true;
  group_ = {};
  owned_ = {};
  owners_.clear();
  has_consumer_ = false;
  ascends_ = true;
  consumers_.start();
  return true;
}

void StreamAudit::pending(const StreamId& id) {
  ascends_ = ascends_ && (group_.count == 0 || last_pending_ < id);
  last_pending_ = id;
  group_.add(id);
}

bool StreamAudit::consumer_name(const Text& name) {
  has_consumer_ = true;
  owns_ = false;
  return consumers_.add(name);
}

void StreamAudit::owned(const StreamId& id) {
  if (!has_consumer_) return;  // its name could not be opened
  if (!owns_ && owned_.kept.size() < kPendingKept) owners_.push_back(owned_.kept.size());
  ascends_ = ascends_ && (!owns_ || last_owned_ < id);
  owns_ = true;
  last_owned_ = id;
  owned_.add(id);
}

bool StreamAudit::finish_group() {
  if (!in_group_) return true;
  in_group_ = false;
  if (!consumers_.finish()) return false;
  if (consumers_.duplicates() != 0) found_.insert(Defect::consumer_twice);
  const bool same = group_.count == owned_.count && group_.sum == owned_.sum;
  if (same && ascends_) return true;
  if (group_.count > kPendingKept || owned_.count > kPendingKept) {
    found_.insert(Defect::pending_unknown);  // one of four, which is not known: the worst
    return true;
  }
  compare(std::move(group_.kept));
  return true;
}

void StreamAudit::compare(std::vector<StreamId> group) {
  const auto has_twins = [](const std::vector<StreamId>& sorted) {
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  };
  std::sort(group.begin(), group.end());
  if (has_twins(group)) found_.insert(Defect::pending_twice);
  std::vector<StreamId> all;
  for (size_t i = 0; i < owners_.size(); ++i) {
    const size_t to = i + 1 < owners_.size() ? owners_[i + 1] : owned_.kept.size();
    std::vector<StreamId> own(owned_.kept.begin() + static_cast<ptrdiff_t>(owners_[i]),
                              owned_.kept.begin() + static_cast<ptrdiff_t>(to));
    std::sort(own.begin(), own.end());
    if (has_twins(own)) found_.insert(Defect::pending_twice);
    all.insert(all.end(), own.begin(), std::unique(own.begin(), own.end()));
  }
  std::sort(all.begin(), all.end());
  if (has_twins(all)) found_.insert(Defect::pending_shared);
  const auto thin = [](std::vector<StreamId>& sorted) {
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  };
  thin(all);
  thin(group);
  if (!std::includes(group.begin(), group.end(), all.begin(), all.end())) {
    found_.insert(Defect::pending_unknown);
  }
  if (!std::includes(all.begin(), all.end(), group.begin(), group.end())) {
    found_.insert(Defect::pending_unowned);
  }
}

bool StreamAudit::finish(bool is_whole) {
  if (!finish_group()) return false;
  if (!is_told_) return true;
  if (!names_.finish()) return false;
  if (names_.duplicates() != 0) found_.insert(Defect::group_twice);
  if (!is_whole) return true;
  if (stream_.length != live_) found_.insert(Defect::stream_length);
  if (has_entry_ && stream_.last < last_entry_) found_.insert(Defect::stream_last_id);
  return true;
}

}  // namespace rdb
