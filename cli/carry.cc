#include "cli/carry.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/select_report.h"

namespace cli {
namespace {

std::vector<rdb::Kind> kinds_of(const CarryOptions& options) {
  const auto& named = options.reencode_types;
  const bool every = options.reencode || (named.empty() && !options.compress.empty());
  std::vector<rdb::Kind> out;
  for (const rdb::Type& type : rdb::types()) {
    const std::string kind(rdb::name(type.kind));
    if (every || std::find(named.begin(), named.end(), kind) != named.end()) {
      out.push_back(type.kind);
    }
  }
  return out;
}

class Carriage {
 public:
  Carriage(const CarryOptions& options, const rdb::Target& target, uint64_t databases,
           Destination& to)
      : options_(options),
        to_(to),
        now_ms_(options.common.now()),
        input_(options.in, options.common),
        reader_(input_.source(), options.common.reader()),
        selection_(now_ms_),
        changes_(now_ms_),
        converter_(with_stages(convert_options(options, target, databases))) {}

  int run() {
    const rdb::Error error = carry();
    int status = exit_status(rdb::status(findings_));
    if (!error.ok()) status = exit_status(rdb::status(error.code));
    if (!error.ok()) (void)fail(error, error_shown_, error_path_);
    if (options_.common.json) return report_json(error, status);
    // To a failure of the input or the output there is nothing to add; a foreign format may have
    // more than what stopped the reading.
    const bool is_foreign = rdb::status(error.code) == rdb::Status::foreign;
    const bool has_more = error.ok() || (is_foreign && findings_.size() > 1);
    if (has_more) std::fputs(text().c_str(), stderr);
    return status;
  }

 private:
  // What ended it, with error_shown_ set, if not the verdict of the converter.
  rdb::Error carry() {
    if (rdb::Error error = prepare(selection_, changes_); !error.ok()) return error;
    if (rdb::Error error = input_.open(); !error.ok()) return of_input(std::move(error));
    if (to_.holds(input_.file())) return of_output({.code = rdb::Code::same_file});
    is_open_ = reader_.open();
    if (!is_open_) return of_input(reader_.error());
    const bool is_selective = options_.on_duplicate != "error";
    if (is_selective && !input_.can_reread()) {
      return of_input(bad_option("--on-duplicate " + options_.on_duplicate +
                                 " reads the input twice: give a file, not a pipe or a wrapper"));
    }
    if (rdb::Error error = to_.open(); !error.ok()) return of_output(std::move(error));
    if (options_.verify && to_.is_direct()) return of_output(unverifiable());
    if (is_selective) {
      if (rdb::Error error = find_duplicates(); !error.ok()) return of_input(std::move(error));
    }
    input_.count_keys(converter_.survey());
    is_complete_ = converter_.run(reader_, to_.outlet(), to_.is_direct()) && to_.finish();
    input_.end_progress();
    findings_ = converter_.findings();
    input_.name_duplicate(reader_, converter_.survey(), findings_);
    if (is_complete_ && checksum_ && reader_.checksum_value() != *checksum_) {
      return of_input({.code = rdb::Code::read_failed, .words = "it has changed meanwhile"});
    }
    if (is_complete_ && options_.verify) {
      if (rdb::Error error = verify(to_, carried_); !error.ok()) return of_output(std::move(error));
      is_verified_ = true;
    }
    is_written_ = is_complete_ && !options_.is_dry && to_.commit();
    if (!converter_.write_error().ok()) return of_output(converter_.write_error());
    if (!to_.error().ok()) return of_output(to_.error());
    if (!reader_.error().ok()) return of_input(reader_.error());
    return of_input(converter_.survey().error());
  }

  // A pass of its own, over a file that holds still. Of what is wrong with the file the conversion
  // will tell.
  rdb::Error find_duplicates() {
    rdb::RandomSource source(input_.bytes());
    Progress progress(source, options_.common.progress);
    rdb::Reader reader(progress, options_.common.reader());
    const auto keep = options_.on_duplicate == "first" ? rdb::Keep::first : rdb::Keep::last;
    rdb::UniqueKeys unique(keep, to_.keeps_expired() ? rdb::kNeverExpired : now_ms_,
                           options_.max_memory);
    rdb::Selection selection(now_ms_);
    rdb::Changes changes(now_ms_);
    if (rdb::Error error = prepare(selection, changes); !error.ok()) return error;
    if (!reader.open() || !unique.add(reader, input_.bytes(), &selection, &changes) ||
        !unique.finish()) {
      const bool is_unread = rdb::status(reader.error().code) == rdb::Status::io;
      return is_unread ? reader.error() : unique.error();
    }
    checksum_ = reader.checksum_value();
    converter_.leave_out(unique.left_out());
    return {};
  }

  rdb::Error prepare(rdb::Selection& selection, rdb::Changes& changes) {
    rdb::SelectOptions select = options_.select;
    select.drop_expired = options_.expired == "drop";
    if (!selection.prepare(std::move(select))) {
      error_shown_ = selection.about();
      return selection.error();
    }
    if (changes.prepare(options_.change)) return {};
    error_shown_ = changes.about();
    return changes.error();
  }

  rdb::Error of_input(rdb::Error error) {
    error_path_ = options_.in;
    error_shown_ = input_.shown();
    return error;
  }

  rdb::Error of_output(rdb::Error error) {
    error_shown_ = to_.about();
    return error;
  }

  rdb::ConvertOptions with_stages(rdb::ConvertOptions options) {
    options.selection = &selection_;
    options.changes = &changes_;
    options.keeps_expired = to_.keeps_expired();
    if (options_.verify) options.carried = &carried_;
    return options;
  }

  int report_json(const rdb::Error& error, int status) {
    const auto put = [&](rdb::Json& report) { (void)json(report, error, status); };
    const int written = print_json(put);
    return status != 0 ? status : written;
  }

  [[nodiscard]] std::string text() const;
  bool json(rdb::Json& json, const rdb::Error& error, int status) const;

  const CarryOptions& options_;
  Destination& to_;
  int64_t now_ms_;
  InputFile input_;
  rdb::Reader reader_;
  rdb::Selection selection_;
  rdb::Changes changes_;
  rdb::Carried carried_;
  rdb::Converter converter_;
  std::vector<rdb::Finding> findings_;
  std::optional<uint64_t> checksum_;  // of the input as it was read for duplicates
  std::string error_shown_;           // what the error is about
  std::string error_path_{kNoPath};
  bool is_open_ = false;
  bool is_complete_ = false;
  bool is_verified_ = false;
  bool is_written_ = false;
};

std::string Carriage::text() const {
  std::string out = options_.is_dry ? "dry run" : shown_output(to_.path());
  if (is_written_ || (is_complete_ && options_.is_dry)) {
    out += ": " + converter_.changes().header + " for " + options_.target + ", " +
           plural(converter_.keys_written(), "key") + ", " +
           plural(converter_.bytes_written(), "byte") + to_.words() + "\n" + to_.lines() +
           (is_verified_ ? kVerified : "") + cli::text(selection_) + cli::text(changes_.counts()) +
           cli::text(converter_.changes());
  } else {
    out += ": not written\n";
  }
  std::vector<rdb::Finding> others = findings_;
  // The error itself is told already.
  if (!reader_.error().ok()) {
    const std::string_view told = rdb::name(reader_.error().code);
    std::erase_if(others, [told](const rdb::Finding& finding) { return finding.name == told; });
  }
  return out + cli::text(others, "", options_.in);
}

bool Carriage::json(rdb::Json& json, const rdb::Error& error, int status) const {
  const rdb::Survey& survey = converter_.survey();
  const std::string schema = "rdbferry/" + std::string(to_.schema()) + "/1";
  bool ok = json.open_object() && json.text("schema", schema) && json.bytes("file", options_.in) &&
            json.bytes("output", to_.path()) && json.text("target", options_.target) &&
            json.integer("exit", status) && json.boolean("dry_run", options_.is_dry) &&
            json.boolean("written", is_written_) && json.boolean("verified", is_verified_) &&
            json.name("error") &&
            (error.ok() ? json.null() : json.text(rdb::message(error, error_shown_)));
  if (is_open_) {
    const std::string& header = converter_.changes().header;  // empty: nothing was converted
    ok = ok && json.name("header") && (header.empty() ? json.null() : json.text(header)) &&
         json.number("bytes_written", is_complete_ ? to_.bytes() : 0) &&
         json.number("keys_written", is_complete_ ? converter_.keys_written() : 0) &&
         to_.json(json) && json_format(json, input_.wrapper(), reader_, survey) &&
         json.number("keys", survey.keys()) &&
         json.number("duplicates_dropped", converter_.duplicates_dropped()) &&
         json_databases(json, survey) && cli::json(json, selection_) &&
         cli::json(json, changes_.counts()) && cli::json(json, converter_.changes());
  }
  return ok && json_findings(json, findings_) && json.close_object() && json.end_line();
}

void add_count(std::string& out, uint64_t count, std::string_view words) {
  if (count != 0) out += "  changed    " + std::string(words) + ": " + std::to_string(count) + "\n";
}

}  // namespace

std::string text(const rdb::ConvertChanges& changes) {
  std::string out;
  add_count(out, changes.values_encoded, "values written in a form of the target's");
  add_count(out, changes.expiries_to_ms, "expiries turned from seconds into milliseconds");
  add_count(out, changes.functions_rewritten,
            "function libraries rewritten from their pre-release form");
  add_count(out, changes.functions_dropped, "function libraries left out by --drop-functions");
  add_count(out, changes.module_data_dropped, "values and AUX data left out by --drop-module");
  add_count(out, changes.scripts_dropped, "Lua scripts left out, which servers from 7.0 on ignore");
  add_count(out, changes.eviction_dropped,
            "keys without the idle time or frequency that the target does not read");
  add_count(out, changes.slot_hints_dropped, "hints about cluster slots left out");
  add_count(
      out, changes.slot_imports_dropped,
      "unfinished slot imports left out; their keys, hidden from clients until now, are kept");
  if (changes.hints_dropped) {
    out +=
        "  changed    the counts of keys to expect (RESIZEDB) left out: no place for them in a "
        "pipe or wrapper\n";
  }
  if (changes.checksum_added) out += "  changed    a checksum is recorded now\n";
  if (!changes.aux_dropped.empty()) {
    out += "  changed    AUX fields left out:";
    for (const std::string& name : changes.aux_dropped) out += " " + rdb::quoted(name);
    out += "\n";
  }
  return out;
}

std::string text(const std::vector<rdb::Finding>& findings, const std::string& file,
                 std::string_view path) {
  std::string out;
  for (const rdb::Finding& finding : findings) {
    const bool is_unmatched = finding.status == rdb::Status::negative;
    std::string label =
        "  " + std::string(is_unmatched ? "unmatched" : rdb::name(finding.severity));
    label.resize(13, ' ');
    out += label + file + describe(finding, path) + "\n";
  }
  return out;
}

bool json(rdb::Json& json, const rdb::ConvertChanges& changes) {
  bool ok = json.name("changes") && json.open_object() &&
            json.number("values_encoded", changes.values_encoded) &&
            json.number("expiries_to_ms", changes.expiries_to_ms) &&
            json.number("functions_rewritten", changes.functions_rewritten) &&
            json.number("functions_dropped", changes.functions_dropped) &&
            json.number("module_data_dropped", changes.module_data_dropped) &&
            json.number("scripts_dropped", changes.scripts_dropped) &&
            json.number("eviction_dropped", changes.eviction_dropped) &&
            json.number("slot_hints_dropped", changes.slot_hints_dropped) &&
            json.number("slot_imports_dropped", changes.slot_imports_dropped) &&
            json.boolean("hints_dropped", changes.hints_dropped) &&
            json.boolean("checksum_added", changes.checksum_added) && json.name("aux_dropped") &&
            json.open_array();
  for (const std::string& name : changes.aux_dropped) ok = ok && json.bytes(name);
  return ok && json.close_array() && json.close_object();
}

rdb::Error bad_option(std::string words) {
  return {.code = rdb::Code::bad_option, .words = std::move(words)};
}

const rdb::Target* find_target(const CarryOptions& options) {
  const rdb::Target* const target = rdb::find_target(options.target);
  if (target == nullptr) {
    (void)fail(bad_option("there is no such target"), "--target " + options.target);
  }
  return target;
}

rdb::ConvertOptions convert_options(const CarryOptions& options, const rdb::Target& target,
                                    uint64_t databases) {
  return {.target = &target,
          .modules = options.modules,
          .databases = options.databases != 0 ? options.databases : databases,
          .keep_replication_id = options.keep_replication_id,
          .reencode = kinds_of(options),
          .compress = options.compress != "none",
          .allowed_losses = options.allowed_losses,
          .allow_empty = options.allow_empty,
          .drop_functions = options.drop_functions,
          .dropped_modules = options.dropped_modules,
          .now_ms = options.common.now(),
          .memory = options.max_memory};
}

rdb::Error unverifiable() {
  return bad_option("--verify reads back what was written: give a file, not a pipe or a device");
}

rdb::Error verify(const Destination& to, const rdb::Carried& carried) {
  rdb::Verify verify(carried);
  for (const std::string& path : to.written()) {
    rdb::FileSource file;
    rdb::WrapSource source;
    if (rdb::Error error = file.open(path); !error.ok()) return error;
    if (rdb::Error error = source.open(file); !error.ok()) return error;
    rdb::Reader reader(source);
    if (!reader.open() || !verify.add(reader)) {
      return reader.error().ok() ? verify.error() : reader.error();
    }
  }
  (void)verify.finish();
  return verify.error();
}

int carry(const CarryOptions& options, const rdb::Target& target, uint64_t databases,
          Destination& to) {
  return Carriage(options, target, databases, to).run();
}

}  // namespace cli
