#include "rdb/server/defect.h"

#include <array>

namespace rdb {
namespace {

using enum Severity;

struct Row {
  Defect defect;
  std::string_view name;
  std::string_view words;
  std::array<Severity, 4> severities;  // by Scrutiny
};

constexpr Row kRows[] = {
    {Defect::damage, "", "", {breaks, refuses, refuses, refuses}},
    {Defect::score_exponent, "", "", {breaks, refuses, refuses, refuses}},
    {Defect::ziplist, "", "", {breaks, refuses, refuses, refuses}},
    {Defect::listpack, "", "", {breaks, breaks, refuses, refuses}},
    {Defect::listpack_walked, "", "", {breaks, refuses, refuses, refuses}},
    {Defect::listpack_miscounted, "", "", {breaks, accepts, refuses, refuses}},
    {Defect::hidden_end, "", "", {breaks, drops, refuses, refuses}},
    {Defect::second_end, "", "", {breaks, accepts, refuses, refuses}},
    {Defect::hidden_end_zipmap, "", "", {breaks, accepts, accepts, accepts}},
    {Defect::hidden,
     "hidden_elements",
     "its listpack says that it is empty, and holds elements",
     {breaks, drops, refuses, refuses}},
    {Defect::duplicate,
     "duplicate_element",
     "an element occurs twice",
     {breaks, refuses, refuses, refuses}},
    {Defect::duplicate_packed,
     "duplicate_element",
     "an element occurs twice",
     {breaks, breaks, refuses, refuses}},
    {Defect::unsorted,
     "unsorted_intset",
     "integers not in ascending order",
     {breaks, breaks, refuses, refuses}},
    {Defect::unsorted_walked,
     "unsorted_intset",
     "integers not in ascending order",
     {breaks, accepts, refuses, refuses}},
    {Defect::nan, "nan_score", "a score that is not a number", {breaks, breaks, breaks, refuses}},
    {Defect::nan_walked,
     "nan_score",
     "a score that is not a number",
     {breaks, refuses, refuses, refuses}},
    {Defect::score_text,
     "score_text",
     "a score that versions read differently",
     {accepts, accepts, accepts, breaks}},
    {Defect::score_text_told,
     "score_text",
     "a score that versions read differently",
     {accepts, accepts, accepts, accepts}},
    {Defect::score_text_long,
     "score_text",
     "a score of more than 127 characters",
     {breaks, accepts, accepts, accepts}},
    {Defect::unsorted_zset,
     "unsorted_zset",
     "members not in the order of their scores",
     {breaks, breaks, breaks, breaks}},
    {Defect::stream_node, "", "", {breaks, breaks, refuses, refuses}},
    {Defect::stream_node_first, "", "", {breaks, refuses, refuses, refuses}},
    {Defect::stream_node_elements, "", "", {accepts, accepts, accepts, refuses}},
    {Defect::stream_node_count, "", "", {accepts, accepts, refuses, refuses}},
    {Defect::stream_node_split, "", "", {accepts, accepts, accepts, refuses}},
    {Defect::stream_length,
     "stream_length",
     "the stream's length is not the number of its entries",
     {breaks, breaks, breaks, refuses}},
    {Defect::stream_order,
     "stream_order",
     "ids of entries that do not ascend",
     {breaks, breaks, breaks, breaks}},
    {Defect::stream_last_id,
     "stream_last_id",
     "the stream's last id is below that of its last entry; it loads, and a later XADD can put an "
     "entry out of order",
     {breaks, breaks, breaks, breaks}},
    {Defect::stream_node_twice,
     "stream_node_twice",
     "two nodes with the same id",
     {refuses, refuses, refuses, refuses}},
    {Defect::stream_nodes_unsorted,
     "stream_nodes_unsorted",
     "nodes not in the order of their keys",
     {accepts, accepts, accepts, accepts}},
    {Defect::group_twice,
     "group_twice",
     "two consumer groups with the same name",
     {refuses, refuses, refuses, refuses}},
    {Defect::consumer_twice,
     "consumer_twice",
     "two consumers of a group with the same name",
     {breaks, refuses, refuses, refuses}},
    {Defect::pending_twice,
     "pending_twice",
     "an entry is pending twice",
     {refuses, refuses, refuses, refuses}},
    {Defect::pending_unknown,
     "pending_unknown",
     "an entry is pending for a consumer and not for its group",
     {refuses, refuses, refuses, refuses}},
    {Defect::pending_unowned,
     "pending_unowned",
     "an entry is pending for a group and for none of its consumers",
     {breaks, breaks, refuses, refuses}},
    {Defect::pending_shared,
     "pending_shared",
     "an entry is pending for two consumers",
     {breaks, breaks, breaks, refuses}},
};

constexpr bool is_in_order() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].defect) != i) return false;
  }
  return true;
}
static_assert(is_in_order());

const Row& row(Defect defect) { return kRows[static_cast<size_t>(defect)]; }

}  // namespace

std::string_view name(Defect defect) { return row(defect).name; }
std::string_view words(Defect defect) { return row(defect).words; }

Severity severity(Defect defect, Scrutiny scrutiny) {
  return row(defect).severities[static_cast<size_t>(scrutiny)];
}

}  // namespace rdb
