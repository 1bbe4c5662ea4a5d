#include "rdb/server/findings.h"

#include <algorithm>

#include "rdb/base/crc64.h"
#include "rdb/base/number.h"
#include "rdb/file/opcode.h"
#include "rdb/file/record_at.h"

namespace rdb {
namespace {

constexpr unsigned kLastOpen = 11;    // the last version of Redis OSS
constexpr unsigned kForeignEnd = 80;  // Valkey reserves 12 to 79 for others
constexpr unsigned kValkey9 = 80;

// The vector sets of Redis 8.0 are values of a module that is compiled into the server.
constexpr std::string_view kVectorSet = "vectorset";
constexpr uint8_t kModule2 = 7;

constexpr std::string_view kDuplicate = "duplicate_key";

struct OddRow {
  Odd odd;
  std::string_view name;
  std::string_view words;
};

constexpr OddRow kOddRows[] = {
    {Odd::long_length, "long_length", "lengths in a longer form than they need"},
    {Odd::encoding_as_length, "encoding_as_length",
     "string encodings where a length belongs; servers take their low six bits"},
    {Odd::score_junk, "score_junk", "scores with text behind the number"},
    {Odd::dangling_expiry, "dangling_expiry", "an expiry, idle time or frequency without a key"},
    {Odd::no_checksum, "no_checksum", "no checksum is recorded, nothing proves the bytes"},
    {Odd::newer_than_header, "newer_than_header",
     "types or opcodes newer than the version in the header, which may be damaged"},
    {Odd::functions_after_keys, "functions_after_keys", "function libraries behind keys"},
    {Odd::odd_version, "odd_version",
     "the version in the header is written with blanks, a sign or text after it"},
};

// Codes of what is inside a value or of the search for duplicate keys; everything else concerns the
// framing.
bool is_structure(const Error& error) {
  return error.inner >= 0 || error.code == Code::temporary_failed ||
         (error.code >= Code::lzf_ratio && error.code <= Code::module_opcode);
}

std::string release_of(unsigned version) {
  switch (version) {
    case 12:
      return "Redis 7.4 to 8.4";
    case 13:
      return "Redis 8.6";
    case 14:
      return "Redis 8.8";
    case 15:
      return "Redis 8.10";
    default:
      return "a Redis newer than 8.10";
  }
}

Finding finding(Stage stage, Severity severity, Status status, std::string_view name,
                std::string words) {
  Finding out;
  out.stage = stage;
  out.severity = severity;
  out.status = status;
  out.name = name;
  out.words = std::move(words);
  return out;
}

void place(Finding& finding, const Sighting& what, bool has_key = true) {
  finding.has_place = true;
  finding.has_db = finding.has_key = has_key;
  finding.offset = what.first.offset;
  finding.db = what.first.db;
  finding.key = what.first.key;
  finding.count = what.count;
}

void add_sighting(std::vector<Finding>& findings, const Sighting& what, std::string_view name,
                  std::string words) {
  if (what.count == 0) return;
  Finding out = finding(Stage::counts, Severity::drops, Status::ok, name, std::move(words));
  place(out, what);
  findings.push_back(std::move(out));
}

std::string module_names(const Survey& survey) {
  constexpr size_t kNamed = 8;
  std::string out;
  for (size_t i = 0; i < survey.modules().size() && i < kNamed; ++i) {
    out += (out.empty() ? "" : ", ") + quoted(survey.modules()[i].name);
  }
  return out + (survey.modules().size() > kNamed ? ", …" : "");
}

// The version in the AUX fields of another product.
std::string release_of(Product product, const Survey& survey) {
  constexpr std::string_view kDragonfly = "df-";
  const bool is_dragonfly = product == Product::dragonfly;
  const AuxField* const field = survey.find_aux(is_dragonfly ? "df-ver" : "redis-ver");
  if (field == nullptr) return "";
  std::string_view version = field->value;
  if (is_dragonfly && version.starts_with(kDragonfly)) version.remove_prefix(kDragonfly.size());
  if (is_dragonfly && version.starts_with('v')) version.remove_prefix(1);
  return " " + shown_word(version);
}

bool has_tair_values(const Survey& survey) {
  const auto is_own = [](const ModuleCount& m) { return m.values != 0 && is_tair_module(m.name); };
  return std::any_of(survey.modules().begin(), survey.modules().end(), is_own);
}

std::string foreign_words(const Header& header, const Survey& survey,
                          const std::vector<Foreign>& inventory, bool is_whole) {
  if (!is_foreign(header)) {
    return header.text + " written by " + writer_of(header, survey) +
           ": it holds what only that product has, and Valkey does not load it";
  }
  // valkey 9.1 skips slot hints
  const auto is_slot_hint = [](const Foreign& f) { return f.is_opcode && f.id == kSlotInfo; };
  const bool has_slot_hints = std::any_of(inventory.begin(), inventory.end(), is_slot_hint);
  const bool has_foreign = inventory.size() != (has_slot_hints ? 1 : 0);
  std::string words = header.text + " written by " + writer_of(header, survey) + ": ";
  if (header.version == 0) return words + "no server loads version 0";
  if (header.dialect == Dialect::valkey) {
    return words + "newer than this release knows, or never released";
  }
  if (header.version >= kForeignEnd) return words + "no server loads this version";
  if (!is_whole) return words + "Valkey does not load it; what is inside is known only in part";
  if (has_foreign) {
    return words + "Valkey does not load it, and it holds what only that product has";
  }
  if (!survey.modules().empty()) {
    return words + "it holds data of the module types " + module_names(survey) +
           ", which Valkey loads only with these modules; with them Valkey 9.0 and later load it "
           "with rdb-version-check relaxed";
  }
  return words +
         (has_slot_hints ? "nothing foreign is inside but hints about cluster slots"
                         : "nothing foreign is inside") +
         ", only the version in the header keeps Valkey from loading it; Valkey 9.0 and later load "
         "it with rdb-version-check relaxed";
}

}  // namespace

std::string_view name(Stage stage) {
  constexpr std::string_view kNames[] = {"framing", "checksum", "structure",
                                         "format",  "counts",   "commands"};
  return kNames[static_cast<size_t>(stage)];
}

std::string_view name(Severity severity) {
  constexpr std::string_view kNames[] = {"refuses", "breaks",  "undecided",
                                         "drops",   "accepts", "differs"};
  return kNames[static_cast<size_t>(severity)];
}

Status status(const std::vector<Finding>& findings) {
  constexpr Status kOrder[] = {Status::io,         Status::damaged,      Status::foreign,
                               Status::unexpected, Status::unverifiable, Status::negative};
  for (const Status status : kOrder) {
    const auto same = [status](const Finding& f) { return f.status == status; };
    if (std::any_of(findings.begin(), findings.end(), same)) return status;
  }
  return Status::ok;
}

void accept_undecided(std::vector<Finding>& findings) {
  for (Finding& finding : findings) {
    if (finding.status == Status::unverifiable && finding.severity == Severity::undecided) {
      finding.status = Status::ok;
    }
  }
}

Finding from_error(const Error& error) {
  const Status status = rdb::status(error.code);
  // A limit of ours says nothing about what a server does.
  const bool is_limit = error.code == Code::too_many_databases || error.code == Code::too_large ||
                        error.code == Code::unsupported_wrapper;
  const bool is_of_commands = error.code >= Code::command_start && error.code <= Code::missing_file;
  const Stage stage = error.code == Code::checksum_mismatch ? Stage::checksum
                      : is_of_commands                      ? Stage::commands
                      : status == Status::foreign           ? Stage::format
                      : is_structure(error)                 ? Stage::structure
                                                            : Stage::framing;
  Finding out = finding(stage, is_limit ? Severity::undecided : Severity::refuses, status,
                        name(error.code), words(error));
  out.has_place = error.has_offset;
  out.offset = error.offset;
  out.inner = error.inner;
  out.has_db = out.has_key = error.has_key;
  out.db = error.db;
  out.key = error.key;
  out.type = error.type;
  return out;
}

void find_wrong_bits(const Reader& reader, std::vector<Finding>& findings) {
  const Error& error = reader.error();
  if (error.code != Code::checksum_mismatch) return;
  const uint64_t from = reader.header().offset;
  const auto burst = find_burst(error.numbers.found ^ error.numbers.allowed, error.offset - from);
  if (!burst) return;
  Finding out =
      finding(Stage::checksum, Severity::accepts, Status::ok, "wrong_bits",
              "all that is wrong, as the checksum tells, are the bits " + to_hex(burst->bytes()) +
                  " here" + (is_foreign(reader.header()) ? "" : "; salvage puts them right"));
  out.has_place = true;
  out.offset = from + burst->at;
  findings.push_back(std::move(out));
}

void find_framing(const Reader& reader, std::vector<Finding>& findings) {
  const Framing& framing = reader.framing();
  if (framing.kind == Framing::Kind::none) return;
  std::string words = "a capture of a replication link, " + std::to_string(framing.bytes) +
                      " bytes before its RDB part, ";
  words += framing.kind == Framing::Kind::size
               ? "which should have " + std::to_string(framing.size) + " bytes"
               : "which a mark of 40 digits ends";
  if (!framing.replication_id.empty()) {
    words += ", of replication id " + shown_word(framing.replication_id) + " at offset " +
             std::to_string(framing.replication_offset.value_or(0));
  }
  Finding out = finding(Stage::framing, Severity::accepts, Status::ok, "capture", std::move(words));
  out.has_place = true;
  findings.push_back(std::move(out));
}

void find_oddities(const Reader& reader, std::vector<Finding>& findings) {
  find_framing(reader, findings);
  for (const OddRow& row : kOddRows) {
    const Note& note = reader.tally()[row.odd];
    if (note.count == 0) continue;
    const Stage stage = row.odd == Odd::no_checksum ? Stage::checksum : Stage::framing;
    Finding out = finding(stage, Severity::accepts, Status::ok, row.name, std::string(row.words));
    out.has_place = true;
    out.offset = note.first_offset;
    out.count = note.count;
    findings.push_back(std::move(out));
  }
  if (reader.expiries_look_swapped()) {
    findings.push_back(finding(Stage::framing, Severity::accepts, Status::ok, "expiries_swapped",
                               "expiry times make no sense, and would in the other byte order: was "
                               "this written on a big-endian host? (--expire-byte-order)"));
  }
}

void find_tail(const Reader& reader, std::vector<Finding>& findings) {
  const Tail& tail = reader.tail();
  if (tail.kind == Tail::Kind::none) return;
  const std::string bytes = std::to_string(tail.size);
  Finding out =
      tail.kind == Tail::Kind::commands
          ? finding(Stage::framing, Severity::drops, Status::ok, "commands_after_end",
                    bytes +
                        " bytes of append-only commands follow, which change these data; only "
                        "the RDB part is read")
      : tail.kind == Tail::Kind::eof_mark
          ? finding(Stage::framing, Severity::accepts, Status::ok, "eof_mark",
                    bytes + " bytes follow that mark the end of a capture")
          : finding(Stage::framing, Severity::accepts, Status::ok, "bytes_after_end",
                    bytes + " bytes follow the end, which servers ignore");
  out.has_place = true;
  out.offset = tail.offset;
  findings.push_back(std::move(out));
}

void find_duplicates(const Survey& survey, std::vector<Finding>& findings) {
  const Sighting& duplicates = survey.duplicates();
  if (duplicates.count == 0) return;
  Finding out = finding(Stage::structure, Severity::refuses, Status::unexpected, kDuplicate,
                        "the key is at byte " + std::to_string(survey.duplicate_offset()) +
                            " already, and a duplicate stops every server");
  place(out, duplicates);
  out.has_key = survey.duplicate_has_key();
  findings.push_back(std::move(out));
}

void name_duplicate(const Reader& reader, const Survey& survey, RandomAccess& file,
                    std::vector<Finding>& findings) {
  const auto is_nameless = [](const Finding& f) { return f.name == kDuplicate && !f.has_key; };
  const auto finding = std::find_if(findings.begin(), findings.end(), is_nameless);
  if (finding == findings.end()) return;
  const RecordAt again(file, reader.header(), finding->offset);
  finding->has_key = again.is_entry() && survey.is_duplicate(again.record.key);
  if (finding->has_key) finding->key = again.record.key;
}

void find_left_out(const Sighting& left_out, std::vector<Finding>& findings) {
  add_sighting(findings, left_out, "duplicates_dropped",
               "left out, the key occurs more than once and is kept elsewhere");
}

void find_drops(const Survey& survey, std::vector<Finding>& findings) {
  add_sighting(findings, survey.expired(), "expired_keys", "keys that have expired");
  add_sighting(findings, survey.expired_fields(), "expired_fields",
               "hashes with fields that have expired");
  const Sighting& empty = survey.empty();
  if (!survey.keeps_empty()) {
    add_sighting(findings, empty, "empty_collections", "collections without an element");
  } else if (empty.count != 0) {
    Finding out = finding(Stage::structure, Severity::breaks, Status::damaged, "empty_keys",
                          "a collection without an element, and it is loaded as a key");
    place(out, empty);
    findings.push_back(std::move(out));
  }
}

void find_idle(const Survey& survey, std::vector<Finding>& findings) {
  const Sighting& idle = survey.idle_wraps();
  if (idle.count == 0) return;
  const uint64_t seconds = survey.first_idle_wrap_s();
  Finding out = finding(Stage::counts, Severity::accepts, Status::ok, "idle_wraps",
                        "idle for " + std::to_string(seconds) +
                            " seconds, of which servers keep the low 24 bits: " +
                            std::to_string(seconds % kIdleEnd) + " are left");
  place(out, idle);
  findings.push_back(std::move(out));
}

std::string writer_of(const Header& header, const Survey& survey) {
  if (header.product != Product::none) {
    return std::string(name(header.product)) + release_of(header.product, survey);
  }
  if (has_tair_values(survey)) return "Tair" + release_of(Product::none, survey);
  if (const AuxField* field = survey.find_aux("valkey-ver"))
    return "Valkey " + shown_word(field->value);
  if (const AuxField* field = survey.find_aux("redis-ver"))
    return "Redis " + shown_word(field->value);
  if (header.dialect == Dialect::valkey) return "Valkey 9.0 or later";
  switch (header.version) {
    case 0:
      return "a Redis before 1.0";
    case 1:
      return "Redis 1.0 to 2.2";
    case 2:
      return "Redis 2.4";
    case 3:
    case 4:
    case 5:
      return "an unreleased Redis 2.5";
    case 6:
      return "Redis 2.6 to 3.0";
    case 7:
      return "Redis 3.2";
    case 8:
      return "Redis 4.0";
    case 9:
      return "Redis 5.0 to 6.2";
    case 10:
      return "Redis 7.0";
    case 11:
      return "Redis 7.2 or Valkey 7.2 to 8.1";
    default:
      return release_of(header.version);
  }
}

bool is_foreign(const Header& header) {
  if (header.dialect == Dialect::valkey) return header.version != kValkey9;
  if (header.product == Product::redict) return false;  // RDB 12 of theirs has what RDB 11 has
  return header.version == 0 || header.version > kLastOpen;
}

std::vector<Foreign> foreign_inventory(const Reader& reader, const Survey& survey) {
  std::vector<Foreign> out;
  for (const ForeignNote& note : reader.foreign()) {
    out.push_back({std::string(note.item->name), note.item->id, note.item->is_opcode, note.count,
                   Place{.db = note.db, .offset = note.offset, .key = note.key}});
  }
  for (const ModuleCount& module : survey.modules()) {
    if (module.values == 0 || !is_tair_module(module.name)) continue;
    out.push_back({module.name, kModule2, false, module.values, module.first});
  }
  if (reader.header().dialect != Dialect::redis_ce) return out;
  for (const TypeCount* type : survey.types()) {
    if (type->type->dialect != Dialect::redis_ce) continue;
    out.push_back({std::string(type->type->name), type->type->id, false, type->count, type->first});
  }
  for (const ModuleCount& module : survey.modules()) {
    if (module.name != kVectorSet || module.values == 0) continue;
    out.push_back({module.name, kModule2, false, module.values, module.first});
  }
  const Note& slots = reader.opcodes()[kSlotInfo];
  if (slots.count == 0) return out;
  out.push_back({std::string(opcode_name(kSlotInfo)), kSlotInfo, true, slots.count,
                 Place{.db = 0, .offset = slots.first_offset, .key = {}}});
  return out;
}

void find_foreign(const Reader& reader, const Survey& survey, std::vector<Finding>& findings) {
  const std::vector<Foreign> inventory = foreign_inventory(reader, survey);
  const bool is_version = is_foreign(reader.header());
  if (!is_version && inventory.empty()) return;
  findings.push_back(finding(Stage::format, Severity::refuses, Status::foreign,
                             is_version ? name(Code::foreign_version) : "foreign_product",
                             foreign_words(reader.header(), survey, inventory, reader.finished())));
  for (const Foreign& foreign : inventory) {
    Finding out = finding(Stage::format, Severity::refuses, Status::foreign,
                          name(foreign.is_opcode ? Code::foreign_opcode : Code::foreign_type),
                          (foreign.is_opcode ? "opcode " : "value type ") +
                              std::to_string(foreign.id) + " (" + foreign.name + ")");
    place(out, {foreign.count, foreign.first}, !foreign.is_opcode);
    findings.push_back(std::move(out));
  }
}

void find_members(const Survey& survey, bool is_target, std::vector<Finding>& findings) {
  const KeyAux& found = survey.key_aux();
  if (found.members != 0) {
    Finding out = finding(
        Stage::format, Severity::drops, is_target ? Status::unexpected : Status::ok,
        "member_expiries",
        "members of the value expire (" + std::to_string(found.members) +
            " in all keys), which only KeyDB reads: any other server keeps them for good; convert "
            "carries those of hashes to Valkey 9.0 and later");
    place(out, found.keys);
    findings.push_back(std::move(out));
  }
  if (found.strays.count == 0) return;
  Finding out = finding(Stage::structure, Severity::drops, Status::damaged,
                        name(Code::stray_member), found.why);
  place(out, found.strays, false);
  findings.push_back(std::move(out));
}

void find_pre_ga(const Reader& reader, std::vector<Finding>& findings) {
  const Note& note = reader.opcodes()[kFunctionPreGa];
  if (note.count == 0) return;
  Finding out =
      finding(Stage::format, Severity::refuses, Status::unexpected, name(Code::not_loadable),
              "function libraries in the form of Redis 7.0 release candidates, which "
              "Valkey does not load; convert rewrites them");
  out.has_place = true;
  out.offset = note.first_offset;
  out.count = note.count;
  findings.push_back(std::move(out));
}

}  // namespace rdb
