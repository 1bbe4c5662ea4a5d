#include "rdb/server/loading.h"

#include <algorithm>
#include <bit>

#include "rdb/file/opcode.h"
#include "rdb/server/release.h"

namespace rdb {
namespace {

constexpr unsigned kForeignEnd = 80;  // Valkey reserves 12 to 79 for others
constexpr uint64_t kDatabasesDefault = 16;
constexpr unsigned kLastOpen = 11;  // the last version of Redis OSS

Finding not_loaded(std::string_view name, std::string words) {
  Finding out;
  out.stage = Stage::format;
  out.severity = Severity::refuses;
  out.status = Status::unexpected;
  out.name = name;
  out.words = std::move(words);
  return out;
}

Finding& at(Finding& finding, uint64_t offset, uint64_t count) {
  finding.has_place = true;
  finding.offset = offset;
  finding.count = count;
  return finding;
}

Finding& at(Finding& finding, const Place& place, uint64_t count) {
  finding.has_db = finding.has_key = true;
  finding.db = place.db;
  finding.key = place.key;
  return at(finding, place.offset, count);
}

// A file with types or opcodes newer than its header says is read as far as the server knows them.
void find_newer(const Loading& loading, const Reader& reader, const Survey& survey,
                std::vector<Finding>& findings) {
  const std::string target(loading.target->name);
  for (const TypeCount* type : survey.types()) {
    if (type->type->dialect == Dialect::redis_ce) continue;  // find_foreign
    if (holds(*loading.target, reader.header(), *type->type)) continue;
    Finding out = not_loaded("type_unknown",
                             target + " does not know the type " + std::string(type->type->name));
    findings.push_back(at(out, type->first, type->count));
  }
  for (unsigned id = kSlotImport; id <= kEof; ++id) {
    const Note& note = reader.opcodes()[id];
    const auto opcode = static_cast<uint8_t>(id);
    const bool is_known = opcode_since(opcode) <= loading.target->version ||
                          (opcode <= kSlotInfo && loading.target->reads_valkey);
    if (note.count == 0 || is_known) continue;
    Finding out = not_loaded(
        "opcode_unknown", target + " does not know the opcode " + std::string(opcode_name(opcode)));
    findings.push_back(at(out, note.first_offset, note.count));
  }
}

// What some Valkeys load and others do not, where no target is named.
void find_for_some(const Reader& reader, std::vector<Finding>& findings) {
  const Note& hints = reader.opcodes()[kSlotInfo];
  if (hints.count == 0 || reader.header().dialect != Dialect::redis) return;
  Finding out =
      not_loaded("opcode_unknown", "slot hints (opcode 244), which only Valkey 9 skips under " +
                                       reader.header().text);
  findings.push_back(at(out, hints.first_offset, hints.count));
}

// What a file says of the number of keys to come.
struct Hint {
  enum class Of : uint8_t { keys, expiring, slot };

  uint64_t count = 0;
  Of of = Of::keys;
};

// Bytes of the table that is made for it; 0: none.
// Source: redis 7.0.15 src/dict.c, _dictExpand; valkey 9.1.2 src/hashtable.c, resize; each of the
// servers with counts from 2^30 to 2^62.
uint64_t table_bytes(const Loading& loading, const Hint& hint) {
  const Target& target = *loading.target;
  const bool is_of_slot = hint.of == Hint::Of::slot;
  if (is_of_slot && !(target.reads_valkey && loading.is_cluster)) return 0;
  if (hint.count == 0) return 0;
  if (target.hint_table != HintTable::hashtable) {
    if (is_of_slot) return 0;
    constexpr uint64_t kOverflow = uint64_t{1} << 60;
    if (hint.count <= kOverflow) return 8 * std::bit_ceil(hint.count);
    // Up to 6.0 a table without room for its keys.
    return target.is_hardened() || hint.of != Hint::Of::keys ? 0 : ~uint64_t{0};
  }
  if (loading.is_cluster && !is_of_slot) return 0;
  constexpr uint64_t kOverflow = uint64_t{1} << 57;
  const uint64_t buckets = (hint.count - 1) / 7 + 1;
  return buckets > kOverflow ? 0 : 64 * std::bit_ceil(buckets);
}

// Where a table of some TiB can be had, which is the case on Linux unless it is told not to
// overcommit, keys are sought in it for minutes; a table of keys with an expiry is not gone
// through. Where it cannot, the server stops (valkey 7.2.7 was seen to do so for 8 TiB, 8.1.1 not).
void find_hint(const Loading& loading, const Hint& hint, std::vector<Finding>& findings) {
  constexpr uint64_t kAddressSpace = uint64_t{1} << 47;  // of a process, on x86-64 and AArch64
  constexpr uint64_t kHuge = uint64_t{1} << 34;
  const uint64_t bytes = table_bytes(loading, hint);
  if (bytes < kHuge) return;
  constexpr std::string_view kWhat[][2] = {
      {"RESIZEDB", " keys"}, {"RESIZEDB", " keys with an expiry"}, {"slot-info", " keys"}};
  const auto& [by, what] = kWhat[static_cast<size_t>(hint.of)];
  const bool is_walked = hint.of == Hint::Of::keys && bytes < kAddressSpace;
  Finding& out = findings.emplace_back(not_loaded(
      "huge_hint", std::string(by) + " of " + std::to_string(hint.count) + std::string(what) +
                       (bytes >= kAddressSpace ? " asks for more memory than there is"
                        : is_walked ? " makes a table through which KEYS and SAVE go for minutes"
                                    : " asks for " + std::to_string(bytes >> 30) +
                                          " GiB, which not every host gives")));
  if (is_walked) out.severity = Severity::breaks;
}

// Lengths that no server can read, and hints of a size that no memory has room for.
void find_hints(const Loading& loading, const Reader& reader, const Survey& survey,
                std::vector<Finding>& findings) {
  const Note& none = reader.tally()[Odd::no_length];
  if (none.count != 0) {
    Finding out = not_loaded("no_length", "a length of 2^64-1, which servers cannot read");
    findings.push_back(at(out, none.first_offset, none.count));
  }
  if (loading.target->hint_table == HintTable::late_dict) {
    find_hint(loading, {survey.late_keys_max(), Hint::Of::keys}, findings);
    find_hint(loading, {survey.late_expires_max(), Hint::Of::expiring}, findings);
    return;
  }
  for (const auto& [db, found] : survey.databases()) {
    find_hint(loading, {found.hinted_keys, Hint::Of::keys}, findings);
    find_hint(loading, {found.hinted_expires, Hint::Of::expiring}, findings);
  }
  find_hint(loading, {survey.slot_hint_max(), Hint::Of::slot}, findings);
}

// redis 6.0.16 src/rdb.c, rdbLoadLzfStringObject: nothing is what its decoder returns for an error.
void find_empty_lzf(const Loading& loading, const Reader& reader, std::vector<Finding>& findings) {
  const Note& empty = reader.tally()[Odd::empty_lzf];
  if (empty.count == 0 || loading.target->is_hardened()) return;
  Finding out = not_loaded("empty_lzf", "a compressed string without a byte, taken for a bad one");
  findings.push_back(at(out, empty.first_offset, empty.count));
}

void find_modules(const Loading& loading, const Survey& survey, std::vector<Finding>& findings) {
  for (const ModuleCount& module : survey.modules()) {
    const auto& known = loading.modules;
    if (std::find(known.begin(), known.end(), module.name) != known.end()) continue;
    const bool has_values = module.values != 0;
    Finding out = not_loaded("module", std::string(has_values ? "values" : "AUX data") +
                                           " of the module type " + quoted(module.name) +
                                           ", which the server is not known to have (--modules)");
    if (has_values) at(out, module.first, module.values);
    findings.push_back(std::move(out));
  }
}

}  // namespace

// In a cluster of redis 7.0.15 as many may be selected as without one; of valkey 8.0.1, 8.1.1 and
// 9.1.2 one, whatever `databases` says, or as many as cluster-databases says.
uint64_t databases_of(const Loading& loading) {
  const Target* const target = loading.target;
  const bool is_of_cluster =
      loading.is_cluster && (target == nullptr || target->is_valkey_since(8, 0));
  if (is_of_cluster) return databases_with_keys(loading);
  if (loading.databases != 0) return loading.databases;
  return target != nullptr ? target->databases : kDatabasesDefault;
}

Scrutiny scrutiny_of(const Loading& loading) {
  if (loading.target == nullptr) return Scrutiny::always;
  const Target& target = *loading.target;
  const Scrutiny own = target.scrutiny;
  if (has_patch(target, loading.release, Patch::full_validation) == HasPatch::yes) {
    return Scrutiny::always;
  }
  return own == Scrutiny::shallow && loading.sanitizes ? Scrutiny::deep : own;
}

ScoreReader score_reader_of(const Loading& loading) {
  if (loading.target == nullptr) return ScoreReader::any;
  return loading.target->is_valkey_since(9, 1) ? ScoreReader::valkey91 : ScoreReader::strtod;
}

bool has_scripts(const Loading& loading) {
  if (loading.target == nullptr) return false;
  return loading.target->version >= kHasModules && loading.target->version < kHasFunctions;
}

uint64_t databases_with_keys(const Loading& loading) {
  if (!loading.is_cluster) return databases_of(loading);
  const bool has_many = loading.target != nullptr && loading.target->is_valkey_since(9, 0);
  return has_many && loading.databases != 0 ? loading.databases : 1;
}

bool deletes_foreign_slots(const Loading& loading) {
  return loading.target == nullptr || loading.target->is_valkey_since(8, 0);
}

bool reads(const Loading& loading, const Header& header) {
  const Target& target = *loading.target;
  if (header.version == 0) return false;
  if (!(target.is_valkey_since(8, 1) ? header.is_read_late : header.is_read_early)) return false;
  if (header.dialect != Dialect::valkey) {
    const bool may_be_newer = target.reads_valkey && loading.is_relaxed;
    return header.version <= (may_be_newer ? kForeignEnd - 1 : target.version);
  }
  if (target.reads_valkey) {
    return header.version == kForeignEnd || (loading.is_relaxed && header.version > kForeignEnd);
  }
  return target.is_valkey_since(8, 1) && (header.version <= kLastOpen || loading.is_relaxed);
}

void find_databases(const Loading& loading, const Reader& reader, std::vector<Finding>& findings) {
  const uint64_t limit = databases_of(loading);
  if (reader.database_max() < limit) return;
  findings.push_back(not_loaded(
      "database", "selects database " + std::to_string(reader.database_max()) + "; a server with " +
                      std::to_string(limit) + " exits, even if it is empty"));
}

void find_not_loaded(const Loading& loading, const Reader& reader, const Survey& survey,
                     std::vector<Finding>& findings) {
  if (loading.target == nullptr) return find_for_some(reader, findings);
  const std::string target(loading.target->name);
  if (!reads(loading, reader.header())) {
    findings.push_back(not_loaded("version", target + " does not load " + reader.header().text));
  }
  find_newer(loading, reader, survey, findings);
  find_hints(loading, reader, survey, findings);
  find_empty_lzf(loading, reader, findings);
  const Note& imports = reader.opcodes()[kSlotImport];
  if (imports.count != 0 && loading.target->reads_valkey && !loading.is_cluster) {
    Finding out =
        not_loaded("slot_import", "a slot import, on which a server crashes that is in no cluster");
    findings.push_back(at(out, imports.first_offset, imports.count));
  }
  find_databases(loading, reader, findings);
  find_modules(loading, survey, findings);
  const Sighting& bad = survey.bad_slot_info();
  if (bad.count != 0 && loading.target->is_valkey_since(8, 0)) {
    Finding out = not_loaded("slot_info", "an AUX field slot-info that is not three numbers");
    findings.push_back(at(out, bad.first.offset, bad.count));
  }
}

Severity verdict(const std::vector<Finding>& findings) {
  Severity worst = Severity::accepts;
  for (const Finding& finding : findings) {
    const bool is_counted = finding.severity == Severity::drops && finding.status == Status::ok;
    if (!is_counted) worst = std::min(worst, finding.severity);
  }
  return worst;
}

}  // namespace rdb
