#include "cli/carry.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "cli/append_only.h"
#include "cli/command_copy.h"
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

// Whether keys are selected or changed on the way.
bool is_selective(const CarryOptions& options) {
  const rdb::SelectOptions& select = options.select;
  const rdb::ChangeOptions& change = options.change;
  const std::vector<std::string>* const lists[] = {&select.lists,
                                                   &select.keys,
                                                   &select.excluded_keys,
                                                   &select.regexes,
                                                   &select.excluded_regexes,
                                                   &select.types,
                                                   &select.slots,
                                                   &select.excluded_types,
                                                   &select.ttls,
                                                   &select.sizes,
                                                   &change.map_db};
  const auto is_given = [](const auto* list) { return !list->empty(); };
  return std::any_of(std::begin(lists), std::end(lists), is_given) || !select.dbs.empty() ||
         !select.excluded_dbs.empty() || options.expired == "drop" || options.drop_functions ||
         !change.ttl_shift.empty() || change.ttl_rebase || !change.prefix_strip.empty() ||
         !change.prefix_add.empty() || change.no_lru || change.no_lfu;
}

class Carriage {
 public:
  Carriage(const CarryOptions& options, const rdb::Loading& loading, const Paths& paths,
           Destination& to)
      : options_(options),
        loading_(loading),
        paths_(paths),
        to_(to),
        now_ms_(options.common.now()),
        input_(options.in, options.common, &loading),
        selection_(now_ms_),
        changes_(now_ms_),
        copy_(to),
        converter_(with_stages(convert_options(options, loading))) {}

  int run() {
    const rdb::Error error = carry();
    const int status = exit_status(worst(findings_, error));
    // What stopped the reading is a finding, and others may come before it; to a failure to read or
    // write nothing is added.
    const bool is_of_data = error.ok() || (reader_ && exit_status(rdb::status(error.code)) >= 4);
    if (!error.ok()) tell(error, status, is_of_data);
    if (options_.common.json) return report_json(error, status);
    if (error.ok() || (is_of_data && findings_.size() > 1)) std::fputs(text().c_str(), stderr);
    return status;
  }

 private:
  // What ended it, with error_shown_ set, if not the verdict of the converter.
  rdb::Error carry() {
    if (rdb::Error error = paths_.find_shared(error_shown_); !error.ok()) return error;
    if (rdb::Error error = prepare(selection_, changes_); !error.ok()) return error;
    if (rdb::Error error = open_both(); !error.ok()) return error;
    if (options_.verify && to_.is_direct()) return of_output(unverifiable());
    if (rdb::Error error = is_open_ ? carry_data() : rdb::Error{}; !error.ok()) return error;
    is_complete_ = is_complete_ || !is_open_;
    if (rdb::Error error = to_.takes_commands() ? carry_commands() : rdb::Error{}; !error.ok()) {
      return error;
    }
    is_complete_ = is_complete_ && to_.finish();
    if (is_complete_ && checksum_ && reader_->checksum_value() != *checksum_) {
      return of_input({.code = rdb::Code::input_changed});
    }
    if (is_complete_ && options_.verify) {
      rdb::Error error = verify(to_, carried_, loading_, load_time());
      if (error.ok()) error = to_.verify_commands(loading_);
      if (!error.ok()) return of_output(std::move(error));
      is_verified_ = true;
    }
    // Once all is written the input may change.
    if (rdb::Error error = is_complete_ ? of_input({}) : rdb::Error{}; !error.ok()) return error;
    is_written_ = is_complete_ && !options_.is_dry && to_.commit();
    if (!converter_.write_error().ok()) return of_output(converter_.write_error());
    if (!to_.error().ok()) return of_output(to_.error());
    if (is_open_ && !reader_->error().ok()) return of_input(reader_->error());
    return of_input(converter_.error());
  }

  // Opens input and output. Commands without an RDB part are copied by then, if the output takes
  // them: is_open_ is false.
  rdb::Error open_both() {
    const bool takes_commands = to_.takes_commands();
    if (rdb::Error error = takes_commands ? input_.open_base() : input_.open(); !error.ok()) {
      return of_input(std::move(error));
    }
    const bool has_base = input_.aof().has_base();
    rdb::FileSource manifest;  // in place of a base
    if (input_.aof().directory()) {
      rdb::Error error = manifest.open(input_.aof().directory()->manifest());
      if (!error.ok()) return of_input(std::move(error));
    }
    const bool is_read_twice = options_.on_duplicate != "error" || mends(options_);
    if (rdb::Error error = is_read_twice && has_base ? input_.hold() : rdb::Error{}; !error.ok()) {
      return of_input(std::move(error));
    }
    const rdb::Access access = has_base ? input_.file().access() : manifest.access();
    if (rdb::Error error = takes_commands ? to_.open(access) : rdb::Error{}; !error.ok()) {
      return of_output(std::move(error));
    }
    if (!has_base) return {};
    if (takes_commands) input_.aof().tail().copy_to(&copy_);
    rdb::ReaderOptions how = input_.reader_options(options_.common.tolerant_reader());
    how.tolerates_flaws = true;  // so that all values that the target would refuse are named
    copy_.follow(&reader_.emplace(input_.source(), how));
    input_.lend(*reader_);
    is_open_ = reader_->open();
    if (!copy_.error().ok()) return of_output(copy_.error());
    const bool is_of_commands = takes_commands && reader_->error().code == rdb::Code::no_rdb_part;
    if (!is_open_ && !is_of_commands) return of_input(input_.aof().explain(reader_->error()));
    if (rdb::Error error = takes_commands ? rdb::Error{} : to_.open(access); !error.ok()) {
      return of_output(std::move(error));
    }
    return {};
  }

  rdb::Error carry_data() {
    if (rdb::Error error = options_.on_duplicate != "error" ? find_duplicates() : rdb::Error{};
        !error.ok()) {
      return of_input(std::move(error));
    }
    if (rdb::Error error = mends(options_) ? find_damaged() : rdb::Error{}; !error.ok()) {
      return of_input(std::move(error));
    }
    input_.count_keys(converter_.survey());
    is_complete_ = converter_.run(*reader_, to_.outlet(), to_.is_direct());
    input_.end_progress();
    findings_ = converter_.findings();
    input_.name_duplicate(*reader_, converter_.survey(), findings_);
    return copy_.error().ok() ? rdb::Error{} : of_output(copy_.error());
  }

  // Those of a directory are copied here; those after an RDB part have been.
  rdb::Error carry_commands() {
    const auto copy = [this](const rdb::AofDirectory::Member&) {
      copy_.begin();
      return &copy_;
    };
    rdb::Error error = input_.read_increments(copy);
    if (!copy_.error().ok()) return of_output(copy_.error());
    if (!error.ok()) return of_input(std::move(error));
    const rdb::Commands& commands = input_.aof().commands();
    if (commands.count() != 0 && is_selective(options_)) {
      return of_input(
          bad_option("commands are carried as they are, so keys cannot be selected or changed; "
                     "the first of them is " +
                     commands.names().front().first));
    }
    std::vector<rdb::Finding> found;
    commands.find(found);
    rdb::accept_undecided(found);
    if (allows_commands(options_.allowed_losses) && commands.cut()) {
      if (!copy_.take_back(commands.excess())) return of_output(copy_.error());
      for (rdb::Finding& finding : found) allow_cut(finding);
    }
    is_complete_ = is_complete_ && rdb::status(found) == rdb::Status::ok;
    findings_.insert(findings_.end(), found.begin(), found.end());
    return {};
  }

  // The end of the last file is left out.
  static void allow_cut(rdb::Finding& finding) {
    const rdb::Code codes[] = {rdb::Code::command_cut, rdb::Code::transaction_cut,
                               rdb::Code::annotation_cut};
    const auto is_one = [&](rdb::Code code) { return finding.name == rdb::name(code); };
    const bool is_last = finding.severity != rdb::Severity::refuses;
    if (!is_last || std::none_of(std::begin(codes), std::end(codes), is_one)) return;
    finding.severity = rdb::Severity::drops;
    finding.status = rdb::Status::ok;
    finding.words += "; it is left out here";
  }

  // The time at which keys count as expired when the output is loaded.
  [[nodiscard]] int64_t load_time() const {
    return to_.keeps_expired() ? rdb::kNeverExpired : now_ms_;
  }

  // A pass of its own, which `take` makes of (reader, selection, changes). What is wrong with the
  // file the conversion will tell.
  template <typename Take>
  rdb::Error look_before(Take take) {
    checksum_.reset();
    rdb::RandomSource source(input_.bytes());
    Progress progress(source, options_.common.progress);
    rdb::ReaderOptions how = options_.common.tolerant_reader();
    how.tolerates_flaws = true;
    rdb::Reader reader(progress, how);
    input_.lend(reader);
    rdb::Selection selection(now_ms_);
    rdb::Changes changes(now_ms_);
    if (rdb::Error error = prepare(selection, changes); !error.ok()) return error;
    if (reader.open() && take(reader, selection, changes)) checksum_ = reader.checksum_value();
    const bool is_unread = rdb::status(reader.error().code) == rdb::Status::io;
    return is_unread ? reader.error() : rdb::Error{};
  }

  rdb::Error find_duplicates() {
    const auto keep = options_.on_duplicate == "first" ? rdb::Keep::first : rdb::Keep::last;
    rdb::UniqueKeys unique(keep, load_time(), options_.common.memory());
    rdb::Error error = look_before([&](auto& reader, auto& selection, auto& changes) {
      return unique.add(reader, input_.bytes(), &selection, &changes) && unique.finish();
    });
    if (checksum_) converter_.leave_out(unique.left_out());
    return error.ok() ? unique.error() : error;
  }

  rdb::Error find_damaged() {
    rdb::DamagedValues damaged(loading_, load_time(), options_.common.memory());
    rdb::Error error = look_before([&](auto& reader, auto& selection, auto& changes) {
      return damaged.add(reader, &selection, &changes) && reader.finished();
    });
    if (checksum_) converter_.mend(damaged.offsets(), input_.bytes());
    return error.ok() ? damaged.error() : error;
  }

  rdb::Error prepare(rdb::Selection& selection, rdb::Changes& changes) {
    rdb::SelectOptions select = options_.select;
    select.held_max = options_.common.held_max();
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
    error_path_ = input_.file_path();
    error_shown_ = input_.shown();
    return is_written_ ? error : input_.settled(std::move(error));
  }

  rdb::Error of_output(rdb::Error error) {
    error_shown_ = to_.about();
    return error;
  }

  rdb::ConvertOptions with_stages(rdb::ConvertOptions options) {
    options.selection = &selection_;
    options.changes = &changes_;
    options.commands = &input_.aof().commands();
    options.carries_commands = to_.takes_commands();
    options.keeps_expired = to_.keeps_expired();
    if (options_.verify) options.carried = &carried_;
    return options;
  }

  // A line of standard error: the error, or the finding that decides the status.
  void tell(const rdb::Error& error, int status, bool is_of_data) {
    const auto decides = [status](const rdb::Finding& f) {
      return exit_status(f.status) == status;
    };
    const auto first = std::find_if(findings_.begin(), findings_.end(), decides);
    if (!is_of_data || reader_->error().ok() || first == findings_.end()) {
      (void)fail(error, error_shown_, error_path_);
      return;
    }
    std::fprintf(stderr, "%s: %s\n", error_shown_.c_str(), describe(*first, error_path_).c_str());
    told_ = first - findings_.begin();
  }

  int report_json(const rdb::Error& error, int status) {
    const auto put = [&](rdb::Json& report) { (void)json(report, error, status); };
    const int written = print_json(put);
    return status != 0 ? status : written;
  }

  [[nodiscard]] std::string summary() const;
  [[nodiscard]] std::string carried_commands() const;
  [[nodiscard]] std::string text() const;
  bool json(rdb::Json& json, const rdb::Error& error, int status) const;

  const CarryOptions& options_;
  const rdb::Loading& loading_;
  const Paths& paths_;
  Destination& to_;
  int64_t now_ms_;
  InputFile input_;
  std::optional<rdb::Reader> reader_;
  rdb::Selection selection_;
  rdb::Changes changes_;
  rdb::Carried carried_;
  CommandCopy copy_;
  rdb::Converter converter_;
  std::vector<rdb::Finding> findings_;
  std::optional<std::ptrdiff_t> told_;  // the finding that has a line of its own
  std::optional<uint64_t> checksum_;    // of the input as it was read for duplicates
  std::string error_shown_;             // what the error is about
  std::string error_path_{kNoPath};
  bool is_open_ = false;
  bool is_complete_ = false;
  bool is_verified_ = false;
  bool is_written_ = false;
};

std::string Carriage::summary() const {
  const std::string target = " for " + options_.target;
  if (!is_open_) return "append-only commands" + target;
  return converter_.changes().header + target + ", " + plural(converter_.keys_written(), "key") +
         ", " + plural(converter_.bytes_written(), "byte");
}

std::string Carriage::carried_commands() const {
  if (!to_.takes_commands() || !is_append_only(input_.aof())) return "";
  return "  carried    " + commands_words(input_.aof()) + "\n";
}

std::string Carriage::text() const {
  std::string out = options_.is_dry ? "dry run" : shown_output(to_.path());
  if (is_written_ || (is_complete_ && options_.is_dry)) {
    out += ": " + summary() + to_.words() + "\n" + to_.lines() + carried_commands() +
           (is_verified_ ? verified_text(findings_) : "") + cli::text(selection_) +
           cli::text(changes_.counts()) + cli::text(converter_.changes());
  } else {
    out += ": not written\n";
  }
  std::vector<rdb::Finding> others = findings_;
  if (told_) others.erase(others.begin() + *told_);
  return out + cli::text(others, "", input_.file_path()) + cures(findings_);
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
         to_.json(json) && json_format(json, input_.wrapper(), *reader_, survey) &&
         json_framing(json, reader_->framing()) && json.number("keys", survey.keys()) &&
         json.number("duplicates_dropped", converter_.duplicates_dropped()) &&
         json_databases(json, survey) && cli::json(json, selection_) &&
         cli::json(json, changes_.counts()) && cli::json(json, converter_.changes());
  } else if (is_complete_) {
    ok = ok && to_.json(json);
  }
  if (is_append_only(input_.aof())) ok = ok && json_append_only(json, input_.aof());
  return ok && json_findings(json, findings_) && json.close_object() && json.end_line();
}

}  // namespace

rdb::Error bad_option(std::string words) {
  return {.code = rdb::Code::bad_option, .words = std::move(words)};
}

Paths paths_of(const CarryOptions& options) {
  Paths paths;
  if (!options.in.empty()) paths.add_input(options.in);
  paths.add_inputs(options.select.lists);
  if (options.common.json) paths.add_output("-", "standard output");
  return paths;
}

const rdb::Target* find_target(const CarryOptions& options) {
  const rdb::Target* const target = rdb::find_target(options.target);
  if (target == nullptr) {
    (void)fail(bad_option("there is no such target"),
               "--target " + rdb::shown_word(options.target));
  }
  return target;
}

rdb::Loading loading_of(const CarryOptions& options, const rdb::Target& target, bool is_cluster) {
  return {.target = &target,
          .release = std::string(rdb::release_in(options.target)),
          .sanitizes = options.sanitize == "yes",
          .is_cluster = options.cluster || is_cluster,
          .databases = options.databases,
          .modules = options.modules,
          .library_bytes_max = options.common.library_bytes_max()};
}

rdb::Loading with_judge(rdb::Loading loading, rdb::LibraryJudge& judge) {
  loading.judge = &judge;
  return loading;
}

rdb::ConvertOptions convert_options(const CarryOptions& options, const rdb::Loading& loading) {
  return {.loading = loading,
          .keep_replication_id = options.keep_replication_id,
          .reencode = kinds_of(options),
          .compress = options.compress != "none",
          .allowed_losses = options.allowed_losses,
          .allow_empty = options.allow_empty,
          .drop_functions = options.drop_functions,
          .dropped_modules = options.dropped_modules,
          .now_ms = options.common.now(),
          .memory = options.common.memory()};
}

bool mends(const CarryOptions& options) {
  const auto& allowed = options.allowed_losses;
  return std::find(allowed.begin(), allowed.end(), "damaged_values") != allowed.end();
}

rdb::Error unverifiable() {
  return bad_option("--verify reads back what was written: give a file, not a pipe or a device");
}

// Why the server would not load what was written, if so.
static rdb::Error judge(const std::string& path, const rdb::Loading& loading, int64_t now_ms) {
  rdb::FileSource file;
  rdb::WrapSource source;
  if (rdb::Error error = file.open(path); !error.ok()) return error;
  if (rdb::Error error = source.open(file); !error.ok()) return error;
  rdb::Judgement judgement(loading, {.now_ms = now_ms});
  rdb::Reader reader(source, judgement.reader_options({}));
  const bool is_read = reader.open() && judgement.read(reader);
  rdb::Error failed = is_read ? rdb::Error{} : judgement.error(reader);
  std::vector<rdb::Finding> findings = judgement.findings(reader, failed, nullptr);
  rdb::accept_undecided(findings);
  for (const rdb::Finding& finding : findings) {
    if (finding.status == rdb::Status::io) return failed;
    if (finding.status == rdb::Status::ok) continue;
    return {.code = rdb::Code::output_refused, .words = describe(finding)};
  }
  return {};
}

rdb::Error verify(const Destination& to, const rdb::Carried& carried, const rdb::Loading& loading,
                  int64_t now_ms) {
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
    if (rdb::Error error = judge(path, loading, now_ms); !error.ok()) return error;
  }
  (void)verify.finish();
  return verify.error();
}

int carry(const CarryOptions& options, const rdb::Loading& loading, const Paths& paths,
          Destination& to) {
  LibraryProcess judge(options.library_time_s);
  const rdb::Loading judged = with_judge(loading, judge);
  return Carriage(options, judged, paths, to).run();
}

}  // namespace cli
