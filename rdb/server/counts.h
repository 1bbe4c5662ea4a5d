// Key counts: those in the file against its own hints and against what somebody expects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/pass/survey.h"
#include "rdb/server/findings.h"

namespace rdb {

struct Expectation {
  uint64_t db = 0;
  uint64_t keys = 0;
  std::optional<uint64_t> expires = {};
  std::optional<uint64_t> volatile_items = {};  // hashes with fields that expire: from Valkey 9 on
};

struct Expectations {
  std::vector<Expectation> databases;
  bool is_complete = false;  // databases that are not listed have no keys
};

// `db0=6286`, added to `to`. False: the text is not of that form.
[[nodiscard]] bool parse_expectation(std::string_view text, Expectations& to);

// Captured output of INFO KEYSPACE or INFO: every line `db0:keys=6286,expires=0,…` counts, all
// others are passed over; complete. False: there is neither such a line nor "# Keyspace".
[[nodiscard]] bool parse_info(std::string_view text, Expectations& to);

// The line of INFO KEYSPACE for a database, as the servers have it that write such a header.
[[nodiscard]] std::string keyspace_line(const Header& header, uint64_t db,
                                        const Keyspace& keyspace);

// What RESIZEDB and slot-info say.
void compare_hints(const Header& header, const Survey& survey, std::vector<Finding>& findings);
void compare_expectations(const Expectations& expected, const Survey& survey,
                          std::vector<Finding>& findings);

}  // namespace rdb
