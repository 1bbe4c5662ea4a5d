#include "rdb/base/slot.h"

#include <doctest/doctest.h>

#include "tests/support/vectors.h"

namespace rdb {
namespace {

// What is wrong with a list of ranges, or "".
std::string refused(std::string_view text) {
  SlotSet set;
  std::string why;
  const bool added = set.add(text, why);
  CHECK(added == why.empty());
  return why;
}

}  // namespace

// Each was asked of a live server by CLUSTER KEYSLOT.
TEST_CASE("slot: keys belong where servers put them, by their hash tag if they have one") {
  for (const Vector& vector : vectors_with_prefix("slot_")) {
    CAPTURE(vector.name);
    CHECK(std::to_string(key_slot(vector.bytes)) == vector.text("slot"));
  }
}

TEST_CASE("slot: the tag is what the key would be without the rest") {
  CHECK(key_slot("{}") != key_slot(""));
  CHECK(key_slot("}{tag}") == key_slot("tag"));
  CHECK(key_slot("{a{b}c}") == key_slot("a{b"));
  CHECK(key_slot("{tag") != key_slot("tag"));
}

TEST_CASE("slot: a set is made of slots and ranges") {
  SlotSet set;
  std::string why;
  REQUIRE(set.add("0-5460,5461,16383", why));
  CHECK(set.count() == 5463);
  CHECK(set.has(0));
  CHECK(set.has(5461));
  CHECK_FALSE(set.has(5462));
  CHECK_FALSE(set.has(16382));
  CHECK(set.has(16383));
  REQUIRE(set.add("6000-6000", why));  // more can be added
  CHECK(set.has(6000));
  REQUIRE(set.ranges().size() == 4);
  CHECK(set.ranges()[0].last == 5460);
  CHECK(set.ranges()[2].first == 16383);
}

TEST_CASE("slot: all slots are 0-16383") {
  SlotSet set;
  std::string why;
  REQUIRE(set.add("0-16383", why));
  CHECK(set.count() == kSlots);
}

TEST_CASE("slot: what is no slot or range is named") {
  const std::string form = " is no slot from 0 to 16383 and no range FIRST-LAST of them";
  CHECK(refused("") == "\"\"" + form);
  CHECK(refused("16384") == "\"16384\"" + form);
  CHECK(refused("1,0-16384,2") == "\"0-16384\"" + form);
  for (const char* text : {"-1", "1-", "-", "1--2", "1-2-3", "a", "+1", "01", "1 ", " 1", "0x1",
                           "99999999999999999999", "1;2"}) {
    CAPTURE(text);
    CHECK(refused(text) == "\"" + std::string(text) + "\"" + form);
  }
  CHECK(refused("1,") == "\"\"" + form);
  CHECK(refused(",1") == "\"\"" + form);
  CHECK(refused("9-8") == "the range 9-8 ends before it begins");
}

TEST_CASE("slot: a slot that is there twice is named with both places") {
  CHECK(refused("0-5460,5460-10922") == "slot 5460 is in both 0-5460 and 5460-10922");
  CHECK(refused("7,7") == "slot 7 is in both 7 and 7");
  CHECK(refused("5,9,0-16383") == "slot 5 is in both 5 and 0-16383");
  SlotSet set;
  std::string why;
  REQUIRE(set.add("1-3", why));
  CHECK_FALSE(set.add("2", why));
  CHECK(why == "slot 2 is in both 1-3 and 2");
}

}  // namespace rdb
