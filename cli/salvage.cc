#include "cli/salvage.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/output_file.h"
#include "cli/paths.h"
#include "cli/random_input.h"
#include "rdb/io/looks_like.h"

namespace cli {
namespace {

using rdb::Finding;
using rdb::Loss;

constexpr size_t kLossesShown = 20;
constexpr size_t kSniffBytes = 512;

// A file that is written from what was salvaged.
class Output {
 public:
  Output(const SalvageOptions& options, const std::string& path, rdb::Wrap wrap,
         rdb::ConvertOptions convert)
      : path_(path), file_(options, path_, wrap), converter_(std::move(convert)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const OutputFile& file() const { return file_; }
  [[nodiscard]] const rdb::Converter& converter() const { return converter_; }

  // Writes all of it, but not yet under its name; what ended it, about() then.
  rdb::Error write(rdb::Splice& from, const RandomInput& input, const rdb::ReaderOptions& options) {
    about_ = shown_output(path_);
    if (rdb::Error error = file_.open(input.input().file().access()); !error.ok()) return error;
    rdb::RandomSource source(from);
    rdb::Reader reader(source, options);
    reader.reread_from(from);
    if (!reader.open()) return reader.error();
    const bool is_done = converter_.run(reader, file_.outlet(), true) && file_.finish();
    findings_ = converter_.findings();
    for (Finding& finding : findings_) finding.offset = from.origin(finding.offset);
    std::erase_if(findings_, [](const Finding& f) { return f.name == "no_checksum"; });
    if (!converter_.write_error().ok()) return converter_.write_error();
    if (!file_.error().ok()) return file_.error();
    if (is_done) return {};
    about_ = input.shown();
    if (!reader.error().ok()) return reader.error();
    const auto refuses = [](const Finding& f) { return f.status != rdb::Status::ok; };
    const auto first = std::find_if(findings_.begin(), findings_.end(), refuses);
    return {.code = rdb::Code::not_loadable,
            .words = first != findings_.end() ? describe(*first) : "it cannot be carried"};
  }
  [[nodiscard]] OutputFile& file() { return file_; }
  [[nodiscard]] const std::string& about() const { return about_; }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }

 private:
  std::string path_;
  OutputFile file_;
  rdb::Converter converter_;
  std::string about_;
  std::vector<Finding> findings_;
};

struct Wraps {
  rdb::Wrap out;
  rdb::Wrap orphans;
};

std::string orphans_path(const SalvageOptions& options) {
  return options.orphans.value_or(options.out + ".orphans.rdb");
}

Paths all_paths(const SalvageOptions& options) {
  Paths paths = paths_of(options);
  paths.add_output(options.out, "OUT");
  if (!options.orphans_db && !options.out.empty()) {
    paths.add_output(orphans_path(options), "the file of orphans (--orphans)");
  }
  if (options.report) paths.add_output(*options.report, "--report");
  return paths;
}

class Rescue {
 public:
  Rescue(const SalvageOptions& options, const rdb::Target& target, Wraps wraps)
      : options_(options),
        judge_(options.library_time_s),
        loading_(with_judge(loading_of(options, target), judge_)),
        wraps_(wraps),
        now_ms_(options.common.now()),
        input_(options.in, options.common) {}

  int run() {
    error_ = rescue();
    // Once all is written the input may change.
    rdb::Error settled = error_.ok() ? error_ : input_.input().settled(error_);
    if (settled.code != error_.code) {
      error_ = std::move(settled);
      about_ = input_.shown();
    }
    int status = exit_status(error_.ok() ? rdb::Status::ok : rdb::status(error_.code));
    if (error_.ok() && is_damaged()) status = exit_status(rdb::Status::negative);
    if (!error_.ok()) {
      (void)fail(error_, about_, error_.has_offset ? input_.path() : std::string(kNoPath));
    }
    if (salvage_ && error_.ok() && !options_.common.json) std::fputs(text().c_str(), stderr);
    if (options_.common.json) {
      const int written = print_json([&](rdb::Json& json) { (void)report(json, status); });
      if (written != 0) return written;
    }
    return status;
  }

 private:
  rdb::Error rescue() {
    if (rdb::Error error = all_paths(options_).find_shared(about_); !error.ok()) return error;
    rdb::Error error = read_and_write();
    tell_other_leftovers();
    return error;
  }

  rdb::Error read_and_write() {
    about_ = input_.input().shown();
    if (rdb::Error error = input_.open_undone(); !error.ok()) return error;
    about_ = input_.shown();
    if (rdb::Error error = open_report(); !error.ok()) return error;
    const auto& arrival = input_.arrival();
    if (arrival && arrival->error.code == rdb::Code::dump_payload) return arrival->error;
    rdb::SalvageOptions how{.reader = options_.common.reader()};
    how.loading = loading_;
    how.now_ms = now_ms_;
    how.orphans_db = options_.orphans_db;
    how.loss_max = options_.max_loss.value_or(UINT64_MAX);
    how.memory = options_.common.memory();
    const std::string head = input_.bytes().bytes_at(0, kSniffBytes);
    if (rdb::looks_like_commands(head)) return of_commands();
    salvage_.emplace(input_.bytes(), std::move(how));
    if (!salvage_->run()) return explained(salvage_->error());
    const auto is_damage = [](const Loss& loss) { return loss.kind != Loss::Kind::commands; };
    const auto& losses = salvage_->losses();
    const bool is_damaged =
        !input_.cut().ok() || std::any_of(losses.begin(), losses.end(), is_damage);
    if (is_damaged && salvage_->keys() == 0 && salvage_->functions() == 0) {
      return explained(salvage_->limit().ok() ? rdb::Error{.code = rdb::Code::nothing_left}
                                              : salvage_->limit());
    }
    if (rdb::Error error = find_unread(); !error.ok()) return error;
    return write();
  }

  // Before anything is written.
  rdb::Error open_report() {
    if (!options_.report || options_.is_dry) return {};
    rdb::Error error =
        open_output(report_, *options_.report, options_.force, input_.input().file());
    if (!error.ok()) about_ = shown_output(*options_.report);
    return error;
  }

  // Beside the outputs that were not opened: the killed run may have had orphans.
  void tell_other_leftovers() const {
    if (options_.is_dry) return;
    const auto tell = [this](const std::string& path) {
      tell_leftovers(rdb::find_leftovers(path, options_.force), path);
    };
    if (!out_) tell(options_.out);
    if (!orphans_ && !options_.orphans_db) tell(orphans_path(options_));
  }

  // What happened to a file of which nothing can be saved is the better reason.
  [[nodiscard]] rdb::Error explained(const rdb::Error& error) const {
    const auto& arrival = input_.arrival();
    const bool is_known = arrival && !arrival->is_reversible();
    return is_known && rdb::status(error.code) == rdb::Status::damaged ? arrival->error : error;
  }

  // A file of commands alone.
  rdb::Error of_commands() {
    rdb::RandomSource source(input_.bytes());
    rdb::Reader reader(source, input_.input().reader_options());
    (void)reader.open();
    return input_.input().aof().explain(reader.error());
  }

  // Commands that follow what is saved are not read, unless --allow-loss says so.
  rdb::Error find_unread() {
    rdb::RandomSource source(input_.bytes());
    rdb::Reader reader(source, options_.common.reader());
    rdb::Record record;
    bool ok = reader.open();  // what cannot be read says nothing of itself
    while (ok && reader.next(record) && record.kind == rdb::RecordKind::aux) {
    }
    for (const Loss& loss : salvage_->losses()) {
      if (loss.kind != Loss::Kind::commands) continue;
      rdb::RandomSource commands(input_.bytes(), loss.from, loss.to);
      if (!input_.input().aof().read(commands, loss.from)) return input_.bytes().error();
    }
    return input_.input().aof().find_unread(reader, input_.input().shown(),
                                            options_.allowed_losses);
  }

  rdb::Error write() {
    rdb::ConvertOptions convert = convert_options(options_, loading_);
    convert.now_ms = now_ms_;
    convert.allowed_losses.assign(std::begin(rdb::kLosses), std::end(rdb::kLosses));
    convert.refuses_unknown = false;        // a value that a server loads is better than none
    if (!loading_.target->is_hardened()) {  // these do not read every form of a string
      for (const rdb::Type& type : rdb::types()) convert.reencode.push_back(type.kind);
    }
    out_.emplace(options_, options_.out, wraps_.out, convert);
    if (rdb::Error error = write(*out_, salvage_->file()); !error.ok()) return error;
    if (salvage_->orphan_keys() != 0 && !options_.orphans_db) {
      orphans_.emplace(options_, orphans_path(options_), wraps_.orphans, convert);
      if (rdb::Error error = write(*orphans_, salvage_->orphans()); !error.ok()) return error;
    }
    about_ = input_.shown();
    if (rdb::Error error = input_.input().settled({}); !error.ok()) return error;
    return options_.is_dry ? rdb::Error{} : commit();
  }

  // All appear under their names, or none.
  rdb::Error commit() {
    is_written_ = true;  // as the report says, if it appears
    if (rdb::Error error = options_.report ? write_report() : rdb::Error{}; !error.ok()) {
      is_written_ = false;
      return error;
    }
    std::vector<rdb::FileSink*> sinks;
    std::vector<const std::string*> paths;
    for (auto* output : {&orphans_, &out_}) {
      if (!*output) continue;
      sinks.push_back(&(*output)->file().file());
      paths.push_back(&(*output)->path());
    }
    if (options_.report) {
      sinks.push_back(&report_);
      paths.push_back(&*options_.report);
    }
    is_written_ = rdb::FileSink::commit_together(sinks);
    for (size_t i = 0; i < sinks.size() && !is_written_; ++i) {
      about_ = shown_output(*paths[i]);
      if (!sinks[i]->error().ok()) return sinks[i]->error();
    }
    return {};
  }

  rdb::Error write(Output& output, rdb::Splice& from) {
    rdb::Error error = output.write(from, input_, options_.common.tolerant_reader());
    about_ = output.about();
    return error;
  }

  rdb::Error write_report() {
    about_ = shown_output(*options_.report);
    rdb::Output out(report_);
    rdb::Json json(out);
    (void)report(json, exit_status(is_damaged() ? rdb::Status::negative : rdb::Status::ok));
    return out.flush() ? rdb::Error{} : out.error();
  }

  // What the target has no place for is lost, too.
  [[nodiscard]] std::vector<Finding> findings() const {
    std::vector<Finding> out;
    for (const auto* output : {&out_, &orphans_}) {
      if (*output)
        out.insert(out.end(), (*output)->findings().begin(), (*output)->findings().end());
    }
    return out;
  }
  [[nodiscard]] bool is_damaged() const {
    const auto is_loss = [](const Finding& f) {
      return std::find(std::begin(rdb::kLosses), std::end(rdb::kLosses), f.name) !=
             std::end(rdb::kLosses);
    };
    const std::vector<Finding> all = findings();
    const auto matters = [this](const Loss& loss) {
      return loss.kind != Loss::Kind::commands || !allows_commands(options_.allowed_losses);
    };
    const bool has_loss =
        salvage_ && std::any_of(salvage_->losses().begin(), salvage_->losses().end(), matters);
    return !input_.cut().ok() || input_.is_undone() || has_loss ||
           std::any_of(all.begin(), all.end(), is_loss);
  }

  [[nodiscard]] std::string text() const;
  bool report(rdb::Json& json, int status) const;

  const SalvageOptions& options_;
  LibraryProcess judge_;
  rdb::Loading loading_;
  Wraps wraps_;
  int64_t now_ms_;
  RandomInput input_;
  std::optional<rdb::Salvage> salvage_;
  std::optional<Output> out_;
  std::optional<Output> orphans_;
  rdb::FileSink report_;
  rdb::Error error_;
  std::string about_;
  bool is_written_ = false;
};

std::string describe(const Loss& loss) {
  std::string out = "bytes " + std::to_string(loss.from) + " to " + std::to_string(loss.to) + ": ";
  if (loss.has_key) {
    out += "db " + std::to_string(loss.db) + " key " + loss.key.quoted() + " [" + loss.type + "]: ";
  }
  return rdb::one_line(out + loss.words);
}

// What happened to the file, in a sentence.
std::string about(const rdb::Arrival& arrival) {
  if (!arrival.is_reversible()) return arrival.happened + ", which cannot be undone";
  constexpr std::string_view kProofs[] = {
      "nothing proves the result", "nothing proves the result, which is damaged",
      "no checksum proves the result, which reads to its end", "the checksum proves the result"};
  return arrival.happened + "; this was undone, and " +
         std::string(kProofs[static_cast<size_t>(arrival.proof)]);
}

bool json_arrival(rdb::Json& json, const std::optional<rdb::Arrival>& arrival) {
  constexpr std::string_view kProofs[] = {"none", "part", "end", "checksum"};
  if (!arrival) return json.name("arrival") && json.null();
  return json.name("arrival") && json.open_object() &&
         json.text("name", rdb::name(arrival->error.code)) && json.text("words", about(*arrival)) &&
         json.boolean("undone", arrival->is_reversible()) &&
         json.text("proof", kProofs[static_cast<size_t>(arrival->proof)]) && json.close_object();
}

std::string Rescue::text() const {
  std::string out = options_.is_dry ? "dry run" : shown_output(options_.out);
  const uint64_t apart = orphans_ ? salvage_->orphan_keys() : 0;
  out += ": " + out_->converter().changes().header + " for " + options_.target + ", " +
         plural(out_->converter().keys_written(), "key") + ", " +
         plural(out_->converter().bytes_written(), "byte") + out_->file().words() + "\n";
  if (apart != 0) {
    out += "  orphans    " + plural(apart, "key") + " in " + shown_output(orphans_->path()) +
           ": a SELECTDB may be among the lost bytes before them (--orphans-db)\n";
  } else if (salvage_->orphan_keys() != 0) {
    out += "  orphans    " + plural(salvage_->orphan_keys(), "key") + " in database " +
           std::to_string(*options_.orphans_db) + ", as --orphans-db says\n";
  }
  if (const auto& arrival = input_.arrival()) {
    out += (input_.is_undone() ? "  undone     " : "  on its way ") +
           rdb::one_line(about(*arrival)) + "\n";
  }
  const std::vector<Loss>& losses = salvage_->losses();
  for (size_t i = 0; i < std::min(losses.size(), kLossesShown); ++i) {
    std::string label = "  " + std::string(rdb::name(losses[i].kind));
    label.resize(13, ' ');
    out += label + describe(losses[i]) + "\n";
  }
  if (losses.size() > kLossesShown) {
    out += "  and        " + std::to_string(losses.size() - kLossesShown) +
           " more (--json, --report)\n";
  }
  if (!input_.cut().ok()) out += "  wrapper    " + rdb::words(input_.cut()) + "\n";
  if (salvage_->is_exhausted()) out += "  search     given up, records may be in what is lost\n";
  out += cli::text(findings());
  if (is_damaged()) {
    out += "  lost       " + plural(salvage_->bytes_lost(), "byte") + " of " +
           std::to_string(salvage_->file_size()) + "\n";
  }
  return out;
}

bool Rescue::report(rdb::Json& json, int status) const {
  const bool has_output = out_.has_value() && error_.ok();
  bool ok = json.open_object() && json.text("schema", "rdbferry/salvage/1") &&
            json.bytes("file", options_.in) && json.bytes("output", options_.out) &&
            json.text("target", options_.target) && json.integer("exit", status) &&
            json.boolean("dry_run", options_.is_dry) && json.boolean("written", is_written_) &&
            json.name("error") &&
            (error_.ok() ? json.null() : json.text(rdb::message(error_, about_))) &&
            json.name("header") &&
            (has_output ? json.text(out_->converter().changes().header) : json.null()) &&
            json.number("keys_written", has_output ? out_->converter().keys_written() : 0) &&
            json.number("orphan_keys", salvage_ ? salvage_->orphan_keys() : 0) &&
            json.name("orphans_file") &&
            (has_output && orphans_ ? json.bytes(orphans_->path()) : json.null()) &&
            json.name("orphans_db") &&
            (options_.orphans_db ? json.number(*options_.orphans_db) : json.null()) &&
            json.number("bytes", salvage_ ? salvage_->file_size() : 0) &&
            json.number("bytes_lost", salvage_ ? salvage_->bytes_lost() : 0) &&
            json.boolean("search_given_up", salvage_ && salvage_->is_exhausted()) &&
            json_arrival(json, input_.arrival()) && json.name("wrapper_damage") &&
            (input_.cut().ok() ? json.null() : json.text(rdb::words(input_.cut()))) &&
            json.name("losses") && json.open_array();
  static const std::vector<Loss> kNone;
  for (const Loss& loss : salvage_ ? salvage_->losses() : kNone) {
    ok = ok && json.open_object() && json.text("kind", rdb::name(loss.kind)) &&
         json.number("from", loss.from) && json.number("to", loss.to) &&
         json.number("bytes_lost", loss.is_lost() ? loss.to - loss.from : 0);
    if (loss.has_key) {
      ok = ok && json.number("db", loss.db) && json_key(json, loss.key) &&
           json.text("type", loss.type);
    }
    ok = ok && json.text("words", loss.words) && json.close_object();
  }
  return ok && json.close_array() && json_findings(json, findings()) && json.close_object() &&
         json.end_line();
}

}  // namespace

int run(const SalvageOptions& options) {
  const rdb::Target* const target = find_target(options);
  if (target == nullptr) return exit_status(rdb::Status::usage);
  if (options.out.empty() && !options.is_dry) return fail(bad_option("it is missing"), "OUT");
  if (options.out == "-" && !options.is_dry) {
    return fail(bad_option("it must be a file"), "OUT");
  }
  const uint64_t databases = options.databases != 0 ? options.databases : target->databases;
  if (options.orphans_db && *options.orphans_db >= databases) {
    return fail(bad_option("the target has " + std::to_string(databases) + " (--databases)"),
                "--orphans-db");
  }
  const std::optional<rdb::Wrap> wrap = find_wrap({}, options.out, *target);
  const std::optional<rdb::Wrap> orphans = find_wrap({}, orphans_path(options), *target);
  if (!wrap || !orphans) return exit_status(rdb::Status::usage);
  return Rescue(options, *target, {*wrap, *orphans}).run();
}

}  // namespace cli
