// What was found about a file: a list of findings and what follows from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"
#include "rdb/pass/survey.h"
#include "rdb/server/defect.h"

namespace rdb {

// In the order in which they are proven.
enum class Stage : uint8_t { framing, checksum, structure, format, counts, commands };

struct Finding {
  Stage stage = Stage::framing;
  Severity severity = Severity::accepts;
  Status status = Status::ok;  // what the exit status is if nothing is worse
  std::string name;            // stable, for programs
  std::string words;
  bool has_place = false;
  uint64_t offset = 0;
  int64_t inner = -1;  // as in Error
  uint64_t count = 1;
  // Of the first, where a database or a key are concerned.
  bool has_db = false;
  uint64_t db = 0;
  bool has_key = false;
  KeyName key;
  std::string type;  // of its value, where that matters
  std::string file;  // the one of several in which the place is; empty: the file itself
};

[[nodiscard]] std::string_view name(Stage stage);
[[nodiscard]] std::string_view name(Severity severity);

// The worst: damaged before foreign before unexpected before unverifiable before negative.
[[nodiscard]] Status status(const std::vector<Finding>& findings);

// What is undecided does not fail a command that carries it as it is: its status becomes ok.
void accept_undecided(std::vector<Finding>& findings);

// An error that ended the reading, as a finding.
[[nodiscard]] Finding from_error(const Error& error);

// What is wrong if the checksum is, and that is no more than a few bits in a row (crc64.h).
void find_wrong_bits(const Reader& reader, std::vector<Finding>& findings);

// That the file is a capture of a replication link, and what that says of itself.
void find_framing(const Reader& reader, std::vector<Finding>& findings);

// What servers accept although it is odd, by a finished reader; find_framing() is part of it.
void find_oddities(const Reader& reader, std::vector<Finding>& findings);

// What follows the RDB part: the mark of a capture, append-only commands, or what servers ignore.
void find_tail(const Reader& reader, std::vector<Finding>& findings);

// Keys that occur more than once.
void find_duplicates(const Survey& survey, std::vector<Finding>& findings);

// Adds the key to such a finding that has none, where the file has still what was read.
void name_duplicate(const Reader& reader, const Survey& survey, RandomAccess& file,
                    std::vector<Finding>& findings);

// Entries that a conversion leaves out, since their key is kept elsewhere.
void find_left_out(const Sighting& left_out, std::vector<Finding>& findings);

// What a server drops on load: expired keys and fields, empty collections, which are damage where
// they are kept.
void find_drops(const Survey& survey, std::vector<Finding>& findings);

// Idle times that servers keep a part of.
void find_idle(const Survey& survey, std::vector<Finding>& findings);

// A type or opcode of a foreign format or of another product, or a module type that only it has.
struct Foreign {
  std::string name;
  uint8_t id = 0;
  bool is_opcode = false;
  uint64_t count = 0;
  Place first;  // without a key for an opcode
};

// The product and release behind a header and its AUX fields: "Redis 7.4.1", "Valkey 9.0 or later",
// "KeyDB 6.3.4".
[[nodiscard]] std::string writer_of(const Header& header, const Survey& survey);

[[nodiscard]] bool is_foreign(const Header& header);

// Everything of Redis CE 7.4 or later, or of another product, in the file as far as it was read,
// that is, up to the error if there was one.
[[nodiscard]] std::vector<Foreign> foreign_inventory(const Reader& reader, const Survey& survey);

// The findings that make a file foreign: its version or what another product has in it, then one
// for each row of the inventory.
void find_foreign(const Reader& reader, const Survey& survey, std::vector<Finding>& findings);

// Expiries of members (members.h): what they mean to a server that is not KeyDB, which `is_target`
// says is to load the file, and those that belong to no key.
void find_members(const Survey& survey, bool is_target, std::vector<Finding>& findings);

// Functions in the form of the 7.0 release candidates, which nothing but 7.0 loads.
void find_pre_ga(const Reader& reader, std::vector<Finding>& findings);

}  // namespace rdb
