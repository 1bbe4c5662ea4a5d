#include "cli/merge.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "cli/append_only.h"
#include "cli/merge_input.h"
#include "cli/output_file.h"
#include "cli/paths.h"
#include "rdb/base/limits.h"

namespace cli {
namespace {

// Keys that were left out for a reason that is told.
uint64_t lost_keys(const std::vector<rdb::Finding>& findings) {
  constexpr std::string_view kReasons[] = {"expired_hashes", "expired_collections",
                                           "empty_dropped",  "streams",
                                           "modules",        "damaged_values"};
  uint64_t out = 0;
  for (const rdb::Finding& finding : findings) {
    const bool is_one =
        std::find(std::begin(kReasons), std::end(kReasons), finding.name) != std::end(kReasons);
    if (is_one && finding.has_key) out += finding.count;
  }
  return out;
}

// What would be lost if it were replaced.
bool holds_data(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  return std::filesystem::is_regular_file(status) || std::filesystem::is_block_file(status);
}

// The last of the arguments exists: it may be one of the files to read, if no output was named.
rdb::Error unnamed_output() {
  return {.code = rdb::Code::write_failed,
          .words =
              "it exists already and may be one of the inputs; name the output by -o OUT, with "
              "--force to replace it"};
}

rdb::Joint::Conflict conflict_of(const std::string& name) {
  using Conflict = rdb::Joint::Conflict;
  return name == "first" ? Conflict::first : name == "last" ? Conflict::last : Conflict::error;
}

void add(rdb::ConvertChanges& sum, const rdb::ConvertChanges& more) {
  sum.values_encoded += more.values_encoded;
  sum.values_repaired += more.values_repaired;
  sum.expiries_to_ms += more.expiries_to_ms;
  sum.functions_rewritten += more.functions_rewritten;
  sum.scripts_dropped += more.scripts_dropped;
  sum.eviction_dropped += more.eviction_dropped;
  sum.functions_dropped += more.functions_dropped;
  sum.module_data_dropped += more.module_data_dropped;
  sum.slot_hints_dropped += more.slot_hints_dropped;
  sum.slot_imports_dropped += more.slot_imports_dropped;
  sum.checksum_added |= more.checksum_added;
  sum.hints_dropped |= more.hints_dropped;
  sum.header = more.header;
  for (const std::string& name : more.aux_dropped) {
    auto& names = sum.aux_dropped;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

class Merge {
 public:
  Merge(const MergeOptions& options, std::span<const std::string> inputs, const rdb::Target& target,
        const Paths& paths, Destination& to)
      : options_(options),
        judge_(options.library_time_s),
        paths_(paths),
        loading_(with_judge(loading_of(options, target), judge_)),
        to_(to),
        now_ms_(options.common.now()),
        joint_(conflict_of(options.on_function_conflict), loading_, options.common.memory(),
               options.common.held_max()) {
    for (const std::string& file : inputs) inputs_.push_back(std::make_unique<Input>(file));
  }

  int run() {
    const rdb::Error error = merge();
    const rdb::Status status = worst(all_findings(), error);
    if (!error.ok()) (void)fail(error, error_shown_, error_path_);
    if (options_.common.json) return report_json(error, exit_status(status));
    if (error.ok()) std::fputs(text().c_str(), stderr);
    return exit_status(status);
  }

 private:
  rdb::Error merge() {
    if (rdb::Error error = paths_.find_shared(error_shown_); !error.ok()) return error;
    if (options_.output.empty() && holds_data(to_.path())) return about_output(unnamed_output());
    for (const auto& input : inputs_) {
      if (rdb::Error error = open(*input); !error.ok()) return about(*input, std::move(error));
    }
    if (rdb::Error error = to_.open(*access_); !error.ok()) return about_output(std::move(error));
    if (options_.verify && to_.is_direct()) return about_output(unverifiable());
    joint_.count(carried_.sums);
    if (options_.on_duplicate != "error") {
      if (rdb::Error error = find_duplicates(); !error.ok()) return error;
    }
    bool ok = true;
    covered_.emplace(to_.outlet(), coverage_);
    for (const auto& input : inputs_) {
      coverage_.add_file(input->path);
      if (rdb::Error error = carry(*input, ok); !error.ok()) return error;
      if (!ok && to_.is_direct()) return {};
    }
    ok = joint_.finish(*covered_) && to_.finish() && ok;
    if (!to_.outlet().error().ok()) return about_output(to_.outlet().error());
    if (!joint_.error().ok()) return about_output(joint_.error());
    ok = name_duplicate() && rdb::status(joint_.refusals()) == rdb::Status::ok && ok;
    findings_.insert(findings_.end(), joint_.refusals().begin(), joint_.refusals().end());
    is_complete_ = ok && is_sum_right();
    if (is_complete_) find_uncovered();
    if (is_complete_ && options_.verify) {
      if (rdb::Error error = verify(to_, carried_, loading_, now_ms_); !error.ok()) {
        return about_output(std::move(error));
      }
      is_verified_ = true;
    }
    if (rdb::Error error = find_changed(); !error.ok()) return error;
    is_written_ = is_complete_ && !options_.is_dry && to_.commit();
    return to_.error().ok() ? rdb::Error{} : about_output(to_.error());
  }

  // Opens an input and reads what stands before its keys, if it can be read again.
  rdb::Error open(Input& input) {
    if (rdb::Error error = input.aof.open(input.path); !error.ok()) return error;
    if (rdb::Error error = input.aof.read_increments(options_.common.progress); !error.ok()) {
      return error;
    }
    if (!input.aof.has_base()) return input.aof.explain({.code = rdb::Code::no_rdb_part});
    if (rdb::Error error = input.file.open(input.aof.base()); !error.ok()) return error;
    const rdb::Access access = input.file.access();
    access_ = access_ ? *access_ & access : access;
    rdb::CommandTail* const tail = input.file.size() ? nullptr : &input.aof.tail();
    auto pass = std::make_unique<Pass>(input.file, input.bytes, options_.common, "never", tail);
    rdb::Error error = pass->open();
    input.wrapper = pass->wrapper();
    if (!error.ok()) return explain(input, std::move(error));
    input.header = pass->reader().header();
    joint_.add_header(input.header);
    const bool is_read_twice = options_.on_duplicate != "error" || mends(options_);
    if (is_read_twice && !(input.file.size() && input.wrapper.empty())) {
      return bad_option((mends(options_) ? "--allow-loss damaged_values"
                                         : "--on-duplicate " + options_.on_duplicate) +
                        " reads the input twice: give a file, not a pipe or a wrapper");
    }
    if (!input.file.size()) {
      input.pipe = std::move(pass);
    } else if (loading_.target->version >= rdb::kHasFunctions && !options_.drop_functions) {
      // Of what is wrong with the file the conversion will tell.
      (void)joint_.preview(pass->reader(), input.shown());
    }
    return joint_.error();
  }

  // The error of the first pass; of commands without an RDB part it says how many there are.
  rdb::Error explain(Input& input, rdb::Error error) {
    if (error.code != rdb::Code::no_rdb_part) return error;
    if (input.file.size()) {
      Pass again(input.file, input.bytes, options_.common, "never", &input.aof.tail());
      error = again.open();
    }
    return input.aof.explain(error);
  }

  // A pass of its own.
  rdb::Error find_duplicates() {
    const auto keep = options_.on_duplicate == "first" ? rdb::Keep::first : rdb::Keep::last;
    rdb::UniqueKeys unique(keep, now_ms_, options_.common.memory());
    for (const auto& input : inputs_) {
      Pass pass(input->file, input->bytes, options_.common, options_.common.progress);
      rdb::Error error = pass.open();
      if (error.ok() && !unique.add(pass.reader(), input->bytes)) {
        error = unique.error().ok() ? pass.reader().error() : unique.error();
      }
      if (!error.ok()) return about(*input, std::move(error));
      input->checksum = pass.reader().checksum_value();
    }
    if (!unique.finish()) return about_output(unique.error());
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i]->left_out = unique.left_out(i);
    return {};
  }

  // Carries the data of one input; `ok` becomes false if something refuses it.
  rdb::Error carry(Input& input, bool& ok) {
    auto pass = std::move(input.pipe);
    if (!pass) {
      pass = std::make_unique<Pass>(input.file, input.bytes, options_.common,
                                    options_.common.progress, &input.aof.tail());
      if (rdb::Error error = pass->open(); !error.ok()) return about(input, std::move(error));
    }
    rdb::ConvertOptions options = convert_options(options_, loading_);
    options.joint = &joint_;
    options.commands = &input.aof.commands();
    if (options_.verify) options.carried = &carried_;
    options.memory = rdb::Duplicates::kMemoryMin;  // the search is the joint's
    options.now_ms = now_ms_;
    rdb::Converter converter(std::move(options));
    converter.leave_out(std::move(input.left_out));
    if (mends(options_)) {
      if (rdb::Error error = find_damaged(input, converter); !error.ok()) return error;
    }
    pass->progress().count_keys(&converter.survey());
    joint_.begin_file(input.shown());
    input.from = joint_.keys().from;
    ok = converter.run(pass->reader(), *covered_, to_.is_direct()) && ok;
    pass->progress().finish();
    joint_.end_file(pass->reader().pos());
    input.dropped = converter.duplicates_dropped();
    input.keys = converter.survey().keys() + input.dropped + converter.damaged_dropped();
    input.lost = lost_keys(converter.findings());
    input.writer = rdb::writer_of(input.header, converter.survey());
    input.findings = converter.findings();
    add(changes_, converter.changes());
    keys_written_ = converter.keys_written();
    if (!converter.write_error().ok()) return about_output(converter.write_error());
    if (!converter.error().ok()) return about(input, converter.error());
    if (!pass->reader().error().ok()) return about(input, pass->reader().error());
    if (input.checksum && pass->reader().checksum_value() != *input.checksum) {
      return about(input, {.code = rdb::Code::input_changed});
    }
    return {};
  }

  // A pass of its own. What is wrong with the file the conversion will tell.
  rdb::Error find_damaged(Input& input, rdb::Converter& converter) {
    Pass before(input.file, input.bytes, options_.common, options_.common.progress);
    rdb::DamagedValues damaged(loading_, now_ms_, options_.common.memory());
    if (rdb::Error error = before.open(); !error.ok()) return about(input, std::move(error));
    if (!damaged.add(before.reader(), nullptr, nullptr)) return about(input, damaged.error());
    converter.mend(damaged.offsets(), input.bytes);
    return {};
  }

  // False: a key occurs twice.
  bool name_duplicate() {
    const rdb::Duplicates& seen = joint_.keys().seen;
    if (seen.count() == 0) return true;
    const Input& first = input_at(seen.first_offset());
    Input& second = input_at(seen.second().offset);
    rdb::Finding& finding = second.findings.emplace_back();
    finding.stage = rdb::Stage::structure;
    finding.severity = rdb::Severity::refuses;
    finding.status = rdb::Status::unexpected;
    finding.name = "duplicate_key";
    finding.words = "the key is in " + first.shown() + " at byte " +
                    std::to_string(seen.first_offset() - first.from) + " already (--on-duplicate)";
    finding.count = seen.count();
    finding.has_place = finding.has_db = true;
    finding.offset = seen.second().offset - second.from;
    finding.db = seen.second().database();
    finding.key = joint_.keys().first;
    finding.has_key = !finding.key.empty() || read_key(second, finding);
    return false;
  }

  // The name of a key that was found to occur twice when it was gone by.
  static bool read_key(Input& input, rdb::Finding& finding) {
    if (!input.file.size() || !input.wrapper.empty()) return false;
    const rdb::RecordAt again(input.bytes, input.header, finding.offset);
    if (again.is_entry()) finding.key = again.record.key;
    return again.is_entry();
  }

  Input& input_at(uint64_t place) {
    const auto is_behind = [place](const auto& input) { return input->from > place; };
    return **(std::find_if(inputs_.begin() + 1, inputs_.end(), is_behind) - 1);
  }

  void find_uncovered() {
    std::string words = coverage_.words();
    if (words.empty()) return;
    rdb::Finding& finding = findings_.emplace_back();
    finding.stage = rdb::Stage::counts;
    finding.name = "slots_uncovered";
    finding.words = std::move(words);
  }

  [[nodiscard]] uint64_t sum(uint64_t Input::*count) const {
    uint64_t out = 0;
    for (const auto& input : inputs_) out += (*input).*count;
    return out;
  }
  [[nodiscard]] uint64_t left_out() const { return sum(&Input::dropped) + sum(&Input::lost); }

  rdb::Error about(const Input& input, rdb::Error error) {
    error_path_ = input.aof.base();
    error_shown_ = input.shown();
    return settled(input.file, std::move(error));
  }
  // Of the first input that has changed while any was read.
  rdb::Error find_changed() {
    for (const auto& input : inputs_) {
      if (rdb::Error error = about(*input, {}); !error.ok()) return error;
    }
    return {};
  }
  rdb::Error about_output(rdb::Error error) {
    error_shown_ = to_.about();
    return error;
  }

  // Of all inputs, and of all of them together.
  [[nodiscard]] std::vector<rdb::Finding> all_findings() const {
    std::vector<rdb::Finding> all = findings_;
    for (const auto& input : inputs_) {
      all.insert(all.end(), input->findings.begin(), input->findings.end());
    }
    return all;
  }

  bool is_sum_right();
  [[nodiscard]] std::string text() const;
  bool json(rdb::Json& json, const rdb::Error& error, int status) const;
  int report_json(const rdb::Error& error, int status) const;

  const MergeOptions& options_;
  LibraryProcess judge_;
  const Paths& paths_;
  rdb::Loading loading_;
  Destination& to_;
  int64_t now_ms_;
  rdb::Joint joint_;
  rdb::Carried carried_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::optional<rdb::Access> access_;   // of all inputs
  std::vector<rdb::Finding> findings_;  // of all
  rdb::SlotCoverage coverage_;
  std::optional<rdb::CoveredOutlet> covered_;
  rdb::ConvertChanges changes_;
  uint64_t keys_written_ = 0;
  std::string error_shown_;
  std::string error_path_{kNoPath};
  bool is_complete_ = false;
  bool is_verified_ = false;
  bool is_written_ = false;
};

// What is written is what was read, less what was left out and told.
bool Merge::is_sum_right() {
  if (keys_written_ + left_out() == sum(&Input::keys)) return true;
  rdb::Finding& finding = findings_.emplace_back();
  finding.stage = rdb::Stage::counts;
  finding.severity = rdb::Severity::refuses;
  finding.status = rdb::Status::unexpected;
  finding.name = "sum_differs";
  finding.words = std::to_string(sum(&Input::keys)) + " keys were read, " +
                  std::to_string(keys_written_) + " written and " + std::to_string(left_out()) +
                  " left out";
  return false;
}

std::string Merge::text() const {
  std::string out = options_.is_dry ? "dry run" : shown_output(to_.path());
  if (is_written_ || (is_complete_ && options_.is_dry)) {
    out += ": " + changes_.header + " for " + options_.target + ", " +
           plural(keys_written_, "key") + ", " + plural(to_.outlet().bytes(), "byte") +
           to_.words() + "\n" + (is_verified_ ? verified_text(all_findings()) : "");
    for (const auto& input : inputs_) {
      out += "  input      " + input->shown() + ": " + plural(input->keys, "key");
      if (const uint64_t n = input->dropped + input->lost; n != 0) {
        out += ", " + std::to_string(n) + " left out";
      }
      out += "\n";
    }
    out += "  sum        " + std::to_string(sum(&Input::keys)) + " read - " +
           std::to_string(left_out()) + " left out = " + std::to_string(keys_written_) + "\n";
    if (joint_.functions_joined() != 0) {
      out += "  changed    function libraries of several files, written once: " +
             std::to_string(joint_.functions_joined()) + " left out\n";
    }
    if (joint_.module_aux_joined() != 0) {
      out += "  changed    AUX data of modules in several files, written once: " +
             std::to_string(joint_.module_aux_joined()) + " left out\n";
    }
    out += cli::text(changes_);
  } else {
    out += ": not written\n";
  }
  for (const auto& input : inputs_) {
    out += cli::text(input->findings, input->shown() + ": ", input->aof.base());
  }
  return out + cli::text(findings_) + cures(all_findings());
}

int Merge::report_json(const rdb::Error& error, int status) const {
  const auto put = [&](rdb::Json& report) { (void)json(report, error, status); };
  const int written = print_json(put);
  return status != 0 ? status : written;
}

bool Merge::json(rdb::Json& json, const rdb::Error& error, int status) const {
  bool ok = json.open_object() && json.text("schema", "rdbferry/merge/1") &&
            json.bytes("output", to_.path()) && json.text("target", options_.target) &&
            json.integer("exit", status) && json.boolean("dry_run", options_.is_dry) &&
            json.boolean("written", is_written_) && json.boolean("verified", is_verified_) &&
            json.name("error") &&
            (error.ok() ? json.null() : json.text(rdb::message(error, error_shown_))) &&
            json.name("header") &&
            (changes_.header.empty() ? json.null() : json.text(changes_.header)) &&
            json.number("bytes_written", is_complete_ ? to_.bytes() : 0) &&
            json.number("keys_written", is_complete_ ? keys_written_ : 0) &&
            json.number("keys", sum(&Input::keys)) &&
            json.number("duplicates_dropped", sum(&Input::dropped)) &&
            json.number("lost", sum(&Input::lost)) &&
            json.number("functions_joined", joint_.functions_joined()) &&
            json.number("module_aux_joined", joint_.module_aux_joined()) && to_.json(json) &&
            json.name("inputs") && json.open_array();
  for (const auto& input : inputs_) {
    ok = ok && json.open_object() && json.bytes("file", input->path) &&
         json.text("wrapper", input->wrapper) && json.text("header", input->header.text) &&
         json.text("writer", input->writer) && json.number("keys", input->keys) &&
         json.number("duplicates_dropped", input->dropped) && json.number("lost", input->lost);
    if (is_append_only(input->aof)) ok = ok && json_append_only(json, input->aof);
    ok = ok && json_findings(json, input->findings) && json.close_object();
  }
  return ok && json.close_array() && cli::json(json, changes_) && json_findings(json, findings_) &&
         json.close_object() && json.end_line();
}

}  // namespace

int run(const MergeOptions& options) {
  constexpr size_t kFewest = 2;
  const rdb::Target* const target = find_target(options);
  if (target == nullptr) return exit_status(rdb::Status::usage);
  const bool is_named = !options.output.empty();
  std::span<const std::string> inputs = options.files;
  if (!is_named) inputs = inputs.first(inputs.size() - 1);
  if (inputs.size() < kFewest) {
    return fail(bad_option("needs at least two files to read, and an output: -o OUT, or the last "
                           "argument"),
                "merge");
  }
  if (options.databases > rdb::kDatabasesMax) {
    return fail(bad_option("is above " + std::to_string(rdb::kDatabasesMax) +
                           ", the most that are searched for duplicate keys"),
                "--databases");
  }
  const std::string& out = is_named ? options.output : options.files.back();
  if (options.common.json && out == "-" && !options.is_dry) {
    return fail(bad_option("the report would stand in the output"), "--json");
  }
  const std::optional<rdb::Wrap> wrap = find_wrap(options.wrap, out, *target);
  if (!wrap) return exit_status(rdb::Status::usage);
  Paths paths = paths_of(options);
  paths.add_inputs({inputs.begin(), inputs.end()});
  paths.add_output(out, "OUT");
  rdb::raise_open_files();
  OutputFile to(options, out, *wrap);
  return Merge(options, inputs, *target, paths, to).run();
}

}  // namespace cli
