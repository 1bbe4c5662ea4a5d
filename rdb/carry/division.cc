#include "rdb/carry/division.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "rdb/base/shown.h"

namespace rdb {
namespace {

// What stands up to `separator`, which is taken off with it.
std::string_view next_part(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return part;
}

bool has_flag(std::string_view flags, std::string_view flag) {
  while (!flags.empty()) {
    if (next_part(flags, ',') == flag) return true;
  }
  return false;
}

// No slot may be in none.
bool is_complete(const SlotSet& slots, std::string_view owner, std::string& why) {
  unsigned first = 0;
  while (first < kSlots && slots.has(first)) ++first;
  if (first == kSlots) return true;
  unsigned last = first;
  while (last + 1 < kSlots && !slots.has(last + 1)) ++last;
  const std::string range = to_text({{first, last}});
  why = (first == last ? "slot " + range + " is" : "slots " + range + " are") + " in no " +
        std::string(owner);
  return false;
}

// The id of a node is part of a file's name. Servers take 40 hexadecimal digits (valkey 8.0.1
// src/cluster_legacy.c, verifyClusterNodeId).
bool is_node_id(std::string_view id) {
  constexpr size_t kIdBytesMax = 40;
  const auto is_letter = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), is_letter);
}

// One line of a nodes.conf into `to`, if it is that of a master with slots.
bool add_node(std::string_view line, SlotSet& all, std::vector<Division>& to, std::string& why) {
  constexpr int kBeforeSlots = 5;  // master, ping, pong, epoch, link
  Division node;
  node.node = next_part(line, ' ');
  node.address = next_part(line, ' ');
  const std::string_view flags = next_part(line, ' ');
  for (int i = 0; i < kBeforeSlots; ++i) {
    if (next_part(line, ' ').empty()) {
      why = "is no line of CLUSTER NODES, which has eight words before the slots";
      return false;
    }
  }
  const size_t begin = all.ranges().size();
  while (!line.empty()) {
    const std::string_view slots = next_part(line, ' ');
    if (slots.empty() || slots.starts_with('[')) continue;
    if (!all.add(slots, why)) return false;
  }
  node.slots.assign(all.ranges().begin() + static_cast<std::ptrdiff_t>(begin), all.ranges().end());
  if (node.slots.empty()) return true;
  if (!has_flag(flags, "master")) {
    why = "has slots and is no master";
    return false;
  }
  if (!is_node_id(node.node)) {
    why = quoted(node.node) + " is no id of a node: 1 to 40 letters and digits";
    return false;
  }
  to.push_back(std::move(node));
  return true;
}

}  // namespace

std::string to_text(const std::vector<SlotRange>& slots) {
  std::string out;
  for (const SlotRange& range : slots) {
    out += (out.empty() ? "" : ",") + std::to_string(range.first);
    if (range.first != range.last) out += "-" + std::to_string(range.last);
  }
  return out;
}

bool divide_by_ranges(std::string_view text, std::vector<Division>& to, std::string& why) {
  SlotSet slots;
  if (!slots.add(text, why) || !is_complete(slots, "range", why)) return false;
  for (const SlotRange& range : slots.ranges()) to.push_back({.slots = {range}});
  return true;
}

std::vector<Division> divide_evenly(unsigned nodes) {
  assert(nodes >= 1 && nodes <= kSlots);
  std::vector<Division> out;
  // In single precision: valkey 8.0.1 src/valkey-cli.c, clusterManagerCommandCreate.
  const float per_node = static_cast<float>(kSlots) / static_cast<float>(nodes);
  float cursor = 0;
  unsigned first = 0;
  for (unsigned i = 0; i < nodes; ++i, cursor += per_node) {
    const bool is_last = i == nodes - 1;
    const auto rounded = static_cast<unsigned>(std::lround(cursor + per_node - 1));
    const unsigned last = is_last ? kSlots - 1 : std::max(rounded, first);
    out.push_back({.slots = {{first, last}}});
    first = last + 1;
  }
  return out;
}

bool divide_by_nodes(std::string_view nodes, std::vector<Division>& to, std::string& why) {
  SlotSet all;
  for (size_t number = 1; !nodes.empty(); ++number) {
    std::string_view line = next_part(nodes, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("vars ")) continue;
    if (!add_node(line, all, to, why)) {
      why = "line " + std::to_string(number) + ": " + why;
      return false;
    }
  }
  if (!to.empty()) return is_complete(all, "node", why);
  why = "no node has slots";
  return false;
}

}  // namespace rdb
