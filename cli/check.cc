#include "cli/check.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "cli/append_only.h"
#include "cli/manifest.h"
#include "cli/paths.h"
#include "rdb/file/opcode.h"
#include "rdb/server/judgement.h"

namespace cli {
namespace {

using rdb::Finding;
using rdb::Stage;

constexpr uint64_t kExpectBytesMax = 16 << 20;

rdb::Error bad_expectation(const std::string& argument) {
  rdb::Error error;
  error.code = rdb::Code::bad_option;
  error.words =
      "takes db<n>=<keys> or a file with the output of INFO KEYSPACE, not " + rdb::quoted(argument);
  return error;
}

rdb::Error read_expectation(const std::string& argument, rdb::Expectations& to) {
  if (rdb::parse_expectation(argument, to)) return {};
  std::string text;
  rdb::Error error = read_text(argument, kExpectBytesMax, text);
  if (!error.ok() && error.code != rdb::Code::read_failed &&
      argument.find('=') != std::string::npos) {
    return bad_expectation(argument);
  }
  if (!error.ok()) return error;
  return rdb::parse_info(text, to) ? rdb::Error{} : bad_expectation(argument);
}

rdb::Loading loading_of(const CheckOptions& options) {
  rdb::Loading loading = options.loading;
  loading.library_bytes_max = options.common.library_bytes_max();
  loading.target = rdb::find_target(options.target);
  loading.release = rdb::release_in(options.target);
  loading.sanitizes = options.sanitize == "yes";
  loading.is_relaxed = options.version_check == "relaxed";
  loading.is_cluster = options.cluster;
  return loading;
}

// Servers load what has expired from a directory of append-only files.
rdb::JudgementOptions with_expired(rdb::JudgementOptions how, const std::string& path) {
  if (path != "-" && rdb::AofDirectory::is_one(path)) how.now_ms = rdb::kNeverExpired;
  return how;
}

Paths paths_of(const CheckOptions& options) {
  Paths paths;
  paths.add_inputs(options.files);
  paths.add_inputs(options.expect);
  if (!options.manifest.empty()) paths.add_input(options.manifest);
  paths.add_output("-", "standard output");
  return paths;
}

class Check {
 public:
  Check(const CheckOptions& options, const rdb::Loading& loading, rdb::JudgementOptions how,
        const std::string& manifest, const std::string& path)
      : options_(options),
        loading_(loading),
        manifest_(manifest),
        input_(path, options.common, &loading),
        judgement_(loading, with_expired(std::move(how), path)),
        reader_(input_.source(), judgement_.reader_options(
                                     input_.reader_options(options.common.counting_reader()))) {}

  // Reads and judges; why the file fails, if it does, also is a line of standard error.
  rdb::Status judge() {
    error_ = input_.open_base();
    const bool has_base = !error_.ok() || input_.aof().has_base();
    if (error_.ok() && has_base) read();
    if (has_base && !holds_commands_) {
      findings_ =
          judgement_.findings(reader_, error_, input_.can_reread() ? &input_.bytes() : nullptr);
    }
    if (error_.ok()) read_commands();
    if (!manifest_.empty() && reader_.finished()) prove();
    if (rdb::Error changed = input_.settled({}); !changed.ok()) {
      error_ = std::move(changed);
      findings_.push_back(rdb::from_error(error_));
    }
    const rdb::Status status = rdb::status(findings_);
    if (status == rdb::Status::io) {
      (void)fail(error_, input_.shown());
    } else if (status != rdb::Status::ok) {
      const auto decides = [status](const Finding& f) { return f.status == status; };
      const auto first = std::find_if(findings_.begin(), findings_.end(), decides);
      const std::string shown = first->file.empty() ? input_.shown() : shown_output(input_.path());
      std::fprintf(stderr, "%s: %s\n", shown.c_str(), describe(*first, see_path()).c_str());
    }
    return status;
  }

  [[nodiscard]] std::string text() const;
  bool json(rdb::Json& json) const;

 private:
  void read() {
    input_.count_keys(judgement_.survey());
    input_.lend(reader_);
    is_open_ = reader_.open();
    holds_commands_ = reader_.error().code == rdb::Code::no_rdb_part;
    if (!holds_commands_ && (!is_open_ || !judgement_.read(reader_))) {
      error_ = judgement_.error(reader_);
    }
    input_.end_progress();
  }

  // Of the RDB part and of a directory.
  void read_commands() {
    error_ = input_.read_increments();
    if (!error_.ok()) findings_.push_back(rdb::from_error(error_));
    std::erase_if(findings_, [](const Finding& f) { return f.name == "commands_after_end"; });
    const rdb::Commands& commands = input_.aof().commands();
    commands.find(findings_);
    if (input_.aof().directory()) rdb::find_directory(loading_, findings_);
    if (const std::string words = rdb::missing_increments(reader_, &commands); !words.empty()) {
      Finding& finding = findings_.emplace_back();
      finding.stage = Stage::commands;
      finding.name = "aof_base";
      finding.words = words;
    }
    if (!options_.expect.empty() && commands.has_commands()) {
      Finding& finding = findings_.emplace_back();
      finding.stage = Stage::counts;
      finding.severity = rdb::Severity::differs;
      finding.status = rdb::Status::unexpected;
      finding.name = "count_unknown";
      finding.words = "the numbers of keys are those before the commands, which change them";
    }
  }

  // By the manifest, which takes a reading of its own.
  void prove() {
    error_ = compare_manifest(manifest_, input_, options_.common, findings_);
    if (!error_.ok()) findings_.push_back(rdb::from_error(error_));
  }

  // False if there are commands alone.
  [[nodiscard]] bool has_data() const {
    return is_open_ || !(holds_commands_ || input_.aof().directory());
  }

  // Nothing where offsets are in a wrapper.
  [[nodiscard]] std::string_view see_path() const {
    return input_.source().error().ok() ? std::string_view(input_.file_path()) : kNoPath;
  }

  // "ok", "failed", "undecided", or why it was not done.
  [[nodiscard]] std::string_view result(Stage stage) const {
    bool is_undecided = false;
    for (const Finding& f : findings_) {
      if (f.stage != stage || f.status == rdb::Status::ok || f.status == rdb::Status::io) continue;
      if (f.severity != rdb::Severity::undecided) return "failed";
      is_undecided = true;
    }
    if (is_undecided) return "undecided";
    if (stage == Stage::commands) return error_.ok() ? "ok" : "not reached";
    if (stage == Stage::format) return is_open_ ? "ok" : "not reached";
    const bool is_walked = reader_.opcodes()[rdb::kEof].count != 0;
    if (stage == Stage::counts ? !reader_.finished() : !is_walked) return "not reached";
    if (stage == Stage::structure && options_.quick) return "skipped";
    if (stage != Stage::checksum || reader_.checksum() == rdb::Checksum::verified) return "ok";
    return reader_.checksum() == rdb::Checksum::unread ? "not reached" : name(reader_.checksum());
  }

  [[nodiscard]] const rdb::Survey& survey() const { return judgement_.survey(); }
  [[nodiscard]] std::string about(Stage stage) const;
  [[nodiscard]] std::string settings() const;
  [[nodiscard]] bool is_wrapped() const;

  const CheckOptions& options_;
  const rdb::Loading& loading_;
  const std::string& manifest_;
  InputFile input_;
  rdb::Judgement judgement_;
  rdb::Reader reader_;
  rdb::Error error_;
  std::vector<Finding> findings_;
  bool is_open_ = false;
  bool holds_commands_ = false;  // and no RDB part
};

// What of the keys of a database a server leaves out, and how many it loads.
std::string dropped(const rdb::Keyspace& found) {
  if (found.dropped == 0) return "";
  std::string out = " (" + std::to_string(found.loaded()) + " load";
  if (found.expired != 0) out += ", " + std::to_string(found.expired) + " expired";
  if (found.empty != 0) out += ", " + std::to_string(found.empty) + " empty";
  return out + ")";
}

constexpr size_t kLabelWidth = 13;

constexpr Stage kStages[] = {Stage::framing, Stage::checksum, Stage::structure, Stage::format,
                             Stage::counts};

// With that of the commands, if there are any.
std::vector<Stage> stages_of(const CommandSource& source) {
  std::vector<Stage> out(std::begin(kStages), std::end(kStages));
  if (is_append_only(source)) out.push_back(Stage::commands);
  return out;
}

std::string Check::about(Stage stage) const {
  if (stage == Stage::commands) return commands_words(input_.aof());
  if (!is_open_ || result(stage) == "not reached") return "";
  switch (stage) {
    case Stage::framing:
      return plural(reader_.finished() ? reader_.end() : reader_.pos(), "byte");
    case Stage::checksum:
      return reader_.checksum() == rdb::Checksum::verified ? hex64(reader_.checksum_value()) : "";
    case Stage::structure:
      if (result(stage) == "failed") return "after " + plural(survey().keys(), "value");
      return options_.quick ? "" : plural(survey().keys(), "value");
    case Stage::format:
      return reader_.header().text + " by " + rdb::writer_of(reader_.header(), survey());
    case Stage::counts: {
      std::string out;
      for (const auto& [db, found] : survey().databases()) {
        if (!out.empty()) out += ", ";
        out += "db" + std::to_string(db) + " " + plural(found.keys, "key");
        out += dropped(found);
        if (out.size() > 200) return out + ", …";
      }
      return out.empty() ? "no keys" : out;
    }
    case Stage::commands:
      return "";
  }
  return "";
}

// Whether the target is given the content only once somebody has taken it out of what is around it.
bool Check::is_wrapped() const {
  const std::string_view wrapper = input_.wrapper();
  const bool is_read = wrapper == rdb::name(rdb::Wrap::vkcs) && loading_.target->reads_vkcs;
  return (!wrapper.empty() && !is_read) || reader_.header().offset != 0;
}

std::string Check::settings() const {
  std::string out = " with sanitize-dump-payload " + options_.sanitize;
  if (loading_.target->scrutiny == rdb::Scrutiny::none) out.clear();
  if (loading_.target->scrutiny == rdb::Scrutiny::always) out = "";
  if (loading_.is_relaxed) out += ", rdb-version-check relaxed";
  return out;
}

std::string Check::text() const {
  // Of a file that cannot be opened there is nothing to report; the error is on standard error.
  if (!is_open_ && rdb::status(error_.code) == rdb::Status::io) return "";
  const Paint paint(options_.common);
  std::string out = paint.strong(input_.shown()) + "\n" + files_text(input_.aof(), kLabelWidth);
  for (const Stage stage : stages_of(input_.aof())) {
    if (stage != Stage::commands && !has_data()) continue;
    const std::string_view found = result(stage);
    std::string label = "  " + std::string(rdb::name(stage));
    label.resize(kLabelWidth, ' ');
    std::string padded(found);
    padded.resize(std::max<size_t>(padded.size(), 11), ' ');
    const std::string word = found == "ok"       ? paint.good(padded)
                             : found == "failed" ? paint.bad(padded)
                                                 : paint.odd(padded);
    std::string line = label + word + " " + about(stage);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  out += touched_text(input_.aof(), kLabelWidth);
  if (loading_.target != nullptr) {
    const rdb::Severity severity = rdb::verdict(findings_);
    const bool loads = severity == rdb::Severity::accepts;
    const std::string said = !loads         ? std::string(rdb::name(severity))
                             : is_wrapped() ? "loads once unwrapped; refuses the file as it stands"
                                            : "loads";
    out += "  target     " + (loads ? paint.good(said) : paint.bad(said)) + "       " +
           options_.target + settings() + "\n";
  }
  for (const Finding& finding : findings_) {
    std::string label = "  " + std::string(rdb::name(finding.severity));
    label.resize(kLabelWidth, ' ');
    out += (finding.status == rdb::Status::ok ? paint.odd(label) : paint.bad(label)) +
           describe(finding, see_path()) + "\n";
  }
  return out;
}

bool Check::json(rdb::Json& json) const {
  constexpr std::string_view kVerdicts[] = {"sound",   "negative", "usage",      "io",
                                            "damaged", "foreign",  "unexpected", "unverifiable"};
  const rdb::Status status = rdb::status(findings_);
  bool ok = json.open_object() && json.bytes("file", input_.path()) &&
            json.text("verdict", kVerdicts[static_cast<size_t>(status)]) &&
            json.integer("exit", exit_status(status)) && json.name("stages") && json.open_object();
  for (const Stage stage : stages_of(input_.aof())) {
    ok = ok && json.text(rdb::name(stage), result(stage));
  }
  ok = ok && json.close_object();
  if (is_append_only(input_.aof())) ok = ok && json_append_only(json, input_.aof());
  if (is_open_) {
    ok = ok && json_format(json, input_.wrapper(), reader_, survey()) &&
         json_framing(json, reader_.framing()) && json.number("keys", survey().keys()) &&
         json_databases(json, survey()) && json.name("foreign") && json.open_array();
    for (const rdb::Foreign& foreign : rdb::foreign_inventory(reader_, survey())) {
      ok = ok && json.open_object() && json.text("kind", foreign.is_opcode ? "opcode" : "type") &&
           json.number("id", foreign.id) && json.text("name", foreign.name) &&
           json.number("count", foreign.count) && json.number("offset", foreign.first.offset) &&
           json.number("db", foreign.first.db) && json_key(json, foreign.first.key) &&
           json.close_object();
    }
    ok = ok && json.close_array();
  }
  if (ok && loading_.target != nullptr) {
    const rdb::Severity severity = rdb::verdict(findings_);
    const std::string_view verdict =
        severity == rdb::Severity::accepts ? "loads" : rdb::name(severity);
    ok = json.name("target") && json.open_object() && json.text("name", options_.target) &&
         json.text("sanitize", options_.sanitize) &&
         json.text("version_check", options_.version_check) && json.text("verdict", verdict) &&
         json.text("as_it_stands", is_wrapped() ? "refuses" : verdict) && json.close_object();
  }
  return ok && json_findings(json, findings_) && json.close_object();
}

}  // namespace

int run(const CheckOptions& options) {
  if (const int status = paths_of(options).refuse(); status != 0) return status;
  rdb::Expectations expected;
  for (const std::string& argument : options.expect) {
    const rdb::Error error = read_expectation(argument, expected);
    const bool is_usage = rdb::status(error.code) == rdb::Status::usage;
    if (!error.ok()) return fail(error, is_usage ? "--expect" : shown_output(argument));
  }
  if (!options.manifest.empty() && (options.files.size() > 1 || options.files[0] == "-")) {
    return fail({.code = rdb::Code::bad_option, .words = "is of one file, which is read twice"},
                "--manifest");
  }
  std::string manifest;
  if (!options.manifest.empty()) {
    const rdb::Error error = read_manifest(options.manifest, manifest);
    if (!error.ok()) return fail(error, shown_output(options.manifest));
  }
  std::optional<rdb::SlotSet> slots;
  if (std::string why; !options.slots.empty() && !slots.emplace().add(options.slots, why)) {
    return fail({.code = rdb::Code::bad_option, .words = why}, "--slots");
  }
  LibraryProcess judge(options.library_time_s);
  rdb::Loading loading = loading_of(options);
  loading.judge = &judge;
  const rdb::JudgementOptions how{.now_ms = options.common.now(),
                                  .findings_max = options.max_findings,
                                  .memory = options.common.memory(),
                                  .opens_values = !options.quick,
                                  .requires_checksum = options.require_checksum,
                                  .slots = slots,
                                  .expected = &expected};
  rdb::FileSink sink;
  if (const rdb::Error error = sink.open("-", false); !error.ok())
    return fail(error, shown_output("-"));
  rdb::Output out(sink);
  rdb::Json json(out);
  const bool is_json = options.common.json;
  bool ok = !is_json || (json.open_object() && json.text("schema", "rdbferry/check/1") &&
                         json.name("files") && json.open_array());
  std::vector<Finding> verdicts;
  for (const std::string& path : options.files) {
    judge.begin_file();
    Check check(options, loading, how, manifest, path);
    Finding verdict;
    verdict.status = check.judge();
    verdicts.push_back(verdict);
    ok = ok && (is_json ? check.json(json) : out.write(check.text()));
  }
  if (is_json && ok) (void)(json.close_array() && json.close_object() && json.end_line());
  const int written = finish(out, sink);
  return written != 0 ? written : exit_status(rdb::status(verdicts));
}

}  // namespace cli
