#include "cli/info.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "cli/append_only.h"
#include "cli/paths.h"
#include "rdb/file/opcode.h"

namespace cli {
namespace {

using rdb::Survey;

struct FormName {
  rdb::Form form;
  std::string_view name;
};

constexpr FormName kForms[] = {
    {rdb::Form::raw, "raw"},
    {rdb::Form::int8, "int8"},
    {rdb::Form::int16, "int16"},
    {rdb::Form::int32, "int32"},
    {rdb::Form::lzf, "lzf"},
    {rdb::Form::len32, "len32"},
    {rdb::Form::len64, "len64"},
    {rdb::Form::double_text, "dbl_text"},
    {rdb::Form::double_nan, "dbl_nan"},
    {rdb::Form::double_inf, "dbl_inf"},
    {rdb::Form::double_minus_inf, "dbl_-inf"},
    {rdb::Form::node_plain, "qnode_plain"},
    {rdb::Form::node_packed, "qnode_packed"},
    {rdb::Form::module_int, "modop1"},
    {rdb::Form::module_uint, "modop2"},
    {rdb::Form::module_float, "modop3"},
    {rdb::Form::module_double, "modop4"},
    {rdb::Form::module_string, "modop5"},
};

// One file's survey, printed as it is asked for.
class Info {
 public:
  Info(const InfoOptions& options, const std::string& path)
      : options_(options),
        input_(path, options.common),
        reader_(input_.source(), input_.reader_options(options.common.counting_reader())),
        survey_(options.common.now()) {}

  // Reads; false with error().
  bool read() {
    error_ = input_.open_base();
    if (error_.ok() && input_.aof().has_base()) read_base();
    if (error_.ok() && !options_.header) error_ = input_.read_increments();
    if (error_.ok()) error_ = input_.aof().commands().error();
    error_ = input_.settled(std::move(error_));
    return error_.ok();
  }

  // False: of what there is nothing is known.
  [[nodiscard]] bool is_open() const { return is_open_ || is_append_only(input_.aof()); }
  [[nodiscard]] const rdb::Error& error() const { return error_; }
  [[nodiscard]] std::string shown() const { return input_.shown(); }
  [[nodiscard]] const std::string& file_path() const { return input_.file_path(); }

  [[nodiscard]] std::string keyspace() const {
    const std::string unread = rdb::unread_words(reader_, &input_.aof().commands());
    if (!unread.empty())
      std::fprintf(stderr, "%s: %s\n", shown().c_str(), rdb::one_line(unread).c_str());
    std::string out;
    for (const auto& [db, found] : survey_.databases()) {
      if (found.keys != 0) out += rdb::keyspace_line(reader_.header(), db, found) + "\n";
    }
    return out;
  }

  [[nodiscard]] std::string text() const {
    if (!is_open_) {
      const std::string what = error_.ok() ? ": append-only commands, no RDB part" : ": not read";
      return shown() + what + "\n" + append_only() + odd();
    }
    return heading() + aux() + databases() + types() + functions() + modules() + append_only() +
           odd();
  }

  bool json(rdb::Json& json) const;

 private:
  void read_base() {
    input_.count_keys(survey_);
    input_.lend(reader_);
    is_open_ = reader_.open();
    const bool done =
        is_open_ && (options_.header ? read_header() : survey_.add_all(reader_, false));
    const bool is_of_commands = reader_.error().code == rdb::Code::no_rdb_part;
    if (!done && !is_of_commands) error_ = reader_.error();
    input_.end_progress();
  }

  // Up to the first key.
  bool read_header() {
    rdb::Record record;
    while (reader_.next(record)) {
      if (record.kind == rdb::RecordKind::entry) return true;
      if (!survey_.add(reader_, record, false)) return false;
    }
    return reader_.finished();
  }

  [[nodiscard]] std::string heading() const;
  [[nodiscard]] std::string aux() const;
  [[nodiscard]] std::string databases() const;
  [[nodiscard]] std::string types() const;
  [[nodiscard]] std::string functions() const;
  [[nodiscard]] std::string modules() const;
  [[nodiscard]] std::string append_only() const;
  [[nodiscard]] std::string odd() const;
  [[nodiscard]] std::vector<rdb::Finding> findings() const;

  const InfoOptions& options_;
  InputFile input_;
  rdb::Reader reader_;
  Survey survey_;
  rdb::Error error_;
  bool is_open_ = false;
};

std::string utc(const std::string& seconds) {
  const std::time_t t = std::strtoll(seconds.c_str(), nullptr, 10);
  std::tm parts{};
  char text[32];
  if (gmtime_r(&t, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return seconds;
  }
  return text;
}

constexpr size_t kLabelWidth = 14;

std::string line(std::string_view label, std::string_view value) {
  std::string out = "  " + std::string(label);
  out.resize(std::max(out.size() + 1, kLabelWidth), ' ');
  return rdb::one_line(out + std::string(value)) + "\n";
}

std::string Info::heading() const {
  const rdb::Header& header = reader_.header();
  std::string out = shown() + ": " + header.text + " by " + rdb::writer_of(header, survey_) + "\n";
  if (!input_.wrapper().empty()) out += line("wrapper", input_.wrapper());
  if (!reader_.finished()) return out;
  const uint64_t bytes = reader_.end() - header.offset;
  out += line("size", plural(bytes, "byte"));
  const rdb::Checksum state = reader_.checksum();
  std::string checksum(name(state));
  if (state == rdb::Checksum::verified) checksum += " " + hex64(reader_.checksum_value());
  if (state == rdb::Checksum::none) checksum = "none, this version has no checksum";
  if (state == rdb::Checksum::absent) checksum = "absent, the writer recorded none";
  out += line("checksum", checksum);
  return out;
}

std::string Info::aux() const {
  std::string out;
  for (const rdb::AuxField& field : survey_.aux()) {
    std::string value = rdb::quoted(field.value);
    value = value.substr(1, value.size() - 2);
    if (field.name == "ctime") value += " (" + utc(field.value) + ")";
    if (field.count > 1) value += " (the first of " + std::to_string(field.count) + ")";
    const std::string name = rdb::quoted(field.name);
    out += line(name.substr(1, name.size() - 2), value);
  }
  const uint64_t key_times = survey_.key_aux().key_times;
  if (key_times != 0) out += line(rdb::kKeyTimeAux, "one for each of " + plural(key_times, "key"));
  return out;
}

std::string Info::databases() const {
  std::string out;
  for (const auto& [db, found] : survey_.databases()) {
    if (options_.header) {  // no key was counted
      if (!found.has_hint) continue;
      out += line("db" + std::to_string(db), plural(found.hinted_keys, "key") + ", " +
                                                 std::to_string(found.hinted_expires) +
                                                 " with an expiry, says RESIZEDB");
      continue;
    }
    if (found.keys == 0) continue;
    std::string text = rdb::keyspace_line(reader_.header(), db, found);
    if (found.expired != 0) text += "   " + std::to_string(found.expired) + " expired by now";
    out += "  " + text + "\n";
  }
  return out;
}

std::string Info::types() const {
  const auto types = survey_.types();
  if (types.empty()) return "";
  char text[96];
  std::snprintf(text, sizeof text, "  %-24s %12s %14s\n", "type", "keys", "bytes");
  std::string out = text;
  for (const rdb::TypeCount* type : types) {
    std::snprintf(
        text, sizeof text, "  %-24s %12llu %14llu\n", std::string(type->type->name).c_str(),
        static_cast<unsigned long long>(type->count), static_cast<unsigned long long>(type->bytes));
    out += text;
  }
  return out;
}

std::string Info::functions() const {
  std::string out;
  for (const rdb::FunctionLibrary& library : survey_.functions()) {
    out += line("function", rdb::shown_word(library.name) + " (" + rdb::shown_word(library.engine) +
                                ", " + plural(library.bytes, "byte") +
                                (library.is_pre_ga ? ", pre-release form)" : ")"));
  }
  return out;
}

std::string Info::modules() const {
  std::string out;
  for (const rdb::ModuleCount& module : survey_.modules()) {
    out +=
        line("module", rdb::shown_word(module.name) + " version " + std::to_string(module.version) +
                           ": " + plural(module.values, "value") + ", " +
                           std::to_string(module.aux) + " auxiliary");
  }
  return out;
}

std::string Info::append_only() const {
  if (!is_append_only(input_.aof())) return "";
  return files_text(input_.aof(), kLabelWidth) + line("commands", commands_words(input_.aof())) +
         touched_text(input_.aof(), kLabelWidth);
}

std::vector<rdb::Finding> Info::findings() const {
  std::vector<rdb::Finding> findings;
  if (is_open_) rdb::find_foreign(reader_, survey_, findings);
  rdb::find_members(survey_, false, findings);
  if (reader_.finished()) {
    rdb::find_oddities(reader_, findings);
    if (reader_.tail().kind != rdb::Tail::Kind::commands) rdb::find_tail(reader_, findings);
  }
  input_.aof().commands().find(findings);
  // This command runs no function library, and has nothing to say of one.
  std::erase_if(findings,
                [](const rdb::Finding& f) { return f.severity == rdb::Severity::undecided; });
  return findings;
}

std::string Info::odd() const {
  std::string out;
  for (const rdb::Finding& finding : findings()) out += line("note", describe(finding));
  return out;
}

bool json_names(rdb::Json& json, const Survey& survey) {
  bool ok = json.name("aux") && json.open_array();
  for (const rdb::AuxField& field : survey.aux()) {
    ok = ok && json.open_object() && json.bytes("name", field.name) &&
         json.bytes("value", field.value) && json.number("bytes", field.bytes) &&
         json.number("count", field.count) && json.close_object();
  }
  const rdb::KeyAux& key_aux = survey.key_aux();
  ok = ok && json.close_array() && json.name("key_aux") && json.open_object() &&
       json.number("key_times", key_aux.key_times) && json.number("members", key_aux.members) &&
       json.number("keys_with_members", key_aux.keys.count) && json.close_object();
  ok = ok && json.name("functions") && json.open_array();
  for (const rdb::FunctionLibrary& library : survey.functions()) {
    ok = ok && json.open_object() && json.bytes("name", library.name) &&
         json.bytes("engine", library.engine) && json.number("bytes", library.bytes) &&
         json.boolean("pre_ga", library.is_pre_ga) && json.close_object();
  }
  ok = ok && json.close_array() && json.name("modules") && json.open_array();
  for (const rdb::ModuleCount& module : survey.modules()) {
    ok = ok && json.open_object() && json.text("name", module.name) &&
         json.number("version", module.version) && json.number("values", module.values) &&
         json.number("aux", module.aux) && json.close_object();
  }
  return ok && json.close_array();
}

bool json_types(rdb::Json& json, const rdb::Reader& reader, const Survey& survey) {
  bool ok = json.name("types") && json.open_array();
  for (const rdb::TypeCount* type : survey.types()) {
    ok = ok && json.open_object() && json.text("name", type->type->name) &&
         json.number("id", type->type->id) && json.text("kind", rdb::name(type->type->kind)) &&
         json.number("count", type->count) && json.number("bytes", type->bytes) &&
         json.close_object();
  }
  ok = ok && json.close_array() && json.name("opcodes") && json.open_object();
  for (unsigned id = 0; id < 256; ++id) {
    const uint64_t count = reader.opcodes()[id].count;
    if (count == 0) continue;
    ok = ok && json.number(rdb::opcode_name(static_cast<uint8_t>(id)), count);
  }
  ok = ok && json.close_object() && json.name("string_encodings") && json.open_object();
  for (const FormName& form : kForms) {
    const uint64_t count = reader.tally()[form.form];
    if (count != 0) ok = ok && json.number(form.name, count);
  }
  return ok && json.close_object();
}

bool Info::json(rdb::Json& json) const {
  const rdb::Tail& tail = reader_.tail();
  constexpr std::string_view kTails[] = {"none", "eof_mark", "commands", "unknown"};
  bool ok = json.open_object() && json.bytes("file", input_.path()) && json.name("error");
  ok = ok && (error_.ok() ? json.null() : json.text(rdb::message(error_, shown())));
  if (is_open_) {
    ok = ok && json_format(json, input_.wrapper(), reader_, survey_) &&
         json_framing(json, reader_.framing()) && json.boolean("complete", reader_.finished()) &&
         json.number("bytes", reader_.finished() ? reader_.end() - reader_.header().offset
                                                 : reader_.pos()) &&
         json.name("tail") && json.open_object() &&
         json.text("kind", kTails[static_cast<size_t>(tail.kind)]) &&
         json.number("offset", tail.offset) && json.number("bytes", tail.size) &&
         json.close_object() && json.number("keys", survey_.keys()) &&
         json_databases(json, survey_) && json_types(json, reader_, survey_) &&
         json_names(json, survey_) && json_findings(json, findings());
  }
  if (is_append_only(input_.aof())) {
    ok = ok && json_append_only(json, input_.aof());
    if (!is_open_) ok = ok && json_findings(json, findings());
  }
  return ok && json.close_object();
}

}  // namespace

int run(const InfoOptions& options) {
  Paths paths;
  paths.add_inputs(options.files);
  paths.add_output("-", "standard output");
  if (const int status = paths.refuse(); status != 0) return status;
  rdb::FileSink sink;
  if (const rdb::Error error = sink.open("-", false); !error.ok())
    return fail(error, shown_output("-"));
  rdb::Output out(sink);
  rdb::Json json(out);
  const bool is_json = options.common.json;
  bool ok = !is_json || (json.open_object() && json.text("schema", "rdbferry/info/1") &&
                         json.name("files") && json.open_array());
  std::vector<rdb::Finding> failures;
  for (const std::string& path : options.files) {
    Info info(options, path);
    if (!info.read()) {
      (void)fail(info.error(), info.shown(), info.file_path());
      failures.push_back(rdb::from_error(info.error()));
    }
    if (is_json) {
      ok = ok && info.json(json);
    } else if (info.is_open()) {
      ok = ok && out.write(options.keyspace ? info.keyspace() : info.text());
    }
  }
  if (is_json && ok) (void)(json.close_array() && json.close_object() && json.end_line());
  const int written = finish(out, sink);
  return written != 0 ? written : exit_status(rdb::status(failures));
}

}  // namespace cli
