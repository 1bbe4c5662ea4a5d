#include "rdb/carry/joint.h"

#include <algorithm>
#include <utility>

#include "rdb/pass/library_head.h"
#include "rdb/value/tee.h"

namespace rdb {
namespace {

constexpr uint64_t kHeadBytes = 1024;  // of a library: its first line
constexpr size_t kRefusalsMax = 100;   // that are listed

}  // namespace

void Joint::add_header(const Header& header) {
  if (header_.text.empty() || header.dialect == Dialect::valkey) header_ = header;
}

bool Joint::preview(Reader& reader, const std::string& file) {
  file_ = file;
  Record record;
  std::string head;
  uint64_t size = 0;
  while (reader.next(record) && record.kind != RecordKind::entry) {
    if (record.kind != RecordKind::function) continue;
    if (!reader.text(head, 0, size, nullptr, &begin_function(record))) return false;
    Library* library = nullptr;
    size_t version = 0;
    bool is_new = false;
    if (!add_function(library, version, is_new, head)) return false;
    if (functions_ == Conflict::last) library->chosen = version;
  }
  return reader.error().ok();
}

Sink& Joint::begin_function(const Record& record) {
  latest_ = {.offset = set_aside_.size(), .size = 0, .file = file_};
  if (record.is_pre_ga) (void)set_aside_.write(library_head(record));
  return text_;
}

ByteSink& Joint::begin_bytes() {
  latest_ = {.offset = set_aside_.size(), .size = 0, .file = file_};
  return set_aside_;
}

// Hands a version to `take` in pieces, at least one.
template <typename Take>
bool Joint::read(const Version& version, Take take) {
  return set_aside_.pass(version.offset, version.size, [&](std::string_view piece, uint64_t done) {
    return take(rdb::Text{piece, done, version.size});
  });
}

// Where the latest is among the versions, or the new one that it makes.
bool Joint::add_version(std::vector<Version>& versions, size_t& at) {
  latest_.size = set_aside_.size() - latest_.offset;
  std::string other;
  for (at = 0; at < versions.size(); ++at) {
    const Version& version = versions[at];
    if (version.size != latest_.size) continue;
    bool is_same = true;
    const bool is_read = read(latest_, [&](const rdb::Text& piece) {
      other.resize(piece.data.size());
      if (!set_aside_.read(version.offset + piece.offset, other)) return false;
      return is_same = piece.data == other;
    });
    if (!is_read && is_same) return false;
    if (is_same) return true;
  }
  constexpr uint64_t kVersionHeld = 512;  // with its name
  versions.push_back(latest_);
  if (held_.add(kVersionHeld)) return true;
  error_ = held_.error("list of function libraries");
  return false;
}

bool Joint::add_function(Library*& library, size_t& version, bool& is_new, std::string& name) {
  std::string engine;
  std::string head(std::min(set_aside_.size() - latest_.offset, kHeadBytes), '\0');
  if (!set_aside_.read(latest_.offset, head)) return false;
  parse_library_head(head, engine, name);
  library = &libraries_[name];
  if (library->versions.empty()) {
    order_.push_back(library);
    has_unwritten_ = true;
  }
  const size_t before = library->versions.size();
  if (!add_version(library->versions, version)) return false;
  is_new = library->versions.size() != before;
  return true;
}

bool Joint::settle_function(std::string& why) {
  Library* library = nullptr;
  size_t version = 0;
  bool is_new = false;
  std::string name;
  if (!add_function(library, version, is_new, name)) return false;
  ++functions_met_;
  if (version == 0) return true;
  const std::string first =
      "library " + quoted(name) + " is in " + library->versions[0].file + " with other code";
  if (functions_ == Conflict::error) why = first + " (--on-function-conflict)";
  if (functions_ != Conflict::last || !is_new) return true;
  if (library->is_written) why = first + ", and is written already: give files, not pipes";
  library->chosen = version;
  return true;
}

bool Joint::settle_module_aux(const Record& record, Outlet& to, std::string& why) {
  ++module_aux_met_;
  const std::string id = std::to_string(record.module.id) + " " + std::to_string(record.when);
  const auto [at, is_new] = module_aux_.try_emplace(id);
  std::vector<Version> versions;
  if (!is_new) versions.push_back(at->second);
  size_t version = 0;
  if (!add_version(versions, version)) return false;
  if (version != 0) {
    why = "AUX data of module " + record.module.name() + " are in " + at->second.file +
          " with other content";
  }
  if (!is_new) return true;
  at->second = latest_;
  Writer* const writer = to.begin(record);
  return writer != nullptr && read(latest_, [writer](const rdb::Text& piece) {
           return writer->payload().write(piece.data);
         });
}

bool Joint::write_functions(Outlet& to) {
  if (!std::exchange(has_unwritten_, false)) return true;
  Record record;
  record.kind = RecordKind::function;
  RecordHash hash;
  for (Library* library : order_) {
    if (std::exchange(library->is_written, true)) continue;
    Writer* const writer = to.begin(record);
    if (writer == nullptr) return false;
    Tee sinks(writer->sink(), hash.begin(record));
    accepted_.start();
    const auto put = [&](const rdb::Text& piece) {
      accepted_.add(piece.data);
      return sinks.item(piece);
    };
    const Version& version = library->versions[library->chosen];
    if (!read(version, put)) return false;
    judge(version.file);
    if (sums_ != nullptr) sums_->add(record.kind, hash.get());
  }
  return true;
}

// Of a library that is written.
void Joint::judge(const std::string& file) {
  const LibraryFault fault = accepted_.finish();
  if (fault.empty()) return;
  const bool is_undecided = fault.severity == Severity::undecided;
  is_refused_ = is_refused_ || !is_undecided;
  const auto is_alike = [&fault](const Finding& f) { return f.severity == fault.severity; };
  const auto first = std::find_if(refusals_.begin(), refusals_.end(), is_alike);
  if (refusals_.size() >= kRefusalsMax && first != refusals_.end()) {
    ++first->count;
    return;
  }
  Finding& finding = refusals_.emplace_back();
  finding.stage = Stage::format;
  finding.severity = fault.severity;
  finding.status = is_undecided ? Status::ok : Status::unexpected;
  finding.name = "function";
  finding.words = file + ": function library " + fault.words;
}

bool Joint::finish(Outlet& to) {
  return keys_.seen.finish() && !is_refused_ && write_functions(to) && to.finish();
}

}  // namespace rdb
