#include "cli/convert.h"

#include <sys/stat.h>

#include <cstdio>

namespace cli {
namespace {

bool is_same_file(int in, const std::string& out) {
  struct stat a {};
  struct stat b {};
  return out != "-" && fstat(in, &a) == 0 && stat(out.c_str(), &b) == 0 && S_ISREG(a.st_mode) &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

rdb::Error usage(rdb::Code code, std::string words) {
  rdb::Error error;
  error.code = code;
  error.words = std::move(words);
  return error;
}

class Conversion {
 public:
  Conversion(const ConvertOptions& options, const rdb::Target& target)
      : options_(options),
        input_(options.in, options.common),
        reader_(input_.source(), options.common.reader()),
        converter_({.target = &target,
                    .modules = options.modules,
                    .databases = options.databases != 0 ? options.databases : target.databases,
                    .keep_replication_id = options.keep_replication_id,
                    .now_ms = options.common.now()}) {}

  int run() {
    if (const rdb::Error error = input_.open(); !error.ok()) return fail(error, input_.shown());
    if (is_same_file(input_.descriptor(), options_.out)) {
      return fail(usage(rdb::Code::same_file, ""), options_.out);
    }
    if (!reader_.open()) return fail(reader_.error(), input_.shown());
    rdb::FileSink sink;
    if (const rdb::Error error = sink.open(options_.out, options_.force); !error.ok()) {
      return fail(error, options_.out);
    }
    input_.count_keys(converter_.survey());
    const bool is_lasting = sink.is_seekable();
    const bool converted = converter_.run(reader_, sink, !is_lasting);
    input_.end_progress();
    is_written_ = converted && sink.commit();
    rdb::Error write_error = converter_.write_error();
    if (write_error.ok()) write_error = sink.error();
    int status = exit_status(rdb::status(converter_.findings()));
    if (!write_error.ok()) {
      status = fail(write_error, options_.out);
    } else if (!reader_.error().ok()) {
      status = fail(reader_.error(), input_.shown());
    }
    return finish_report(status);
  }

 private:
  int finish_report(int status) {
    if (!options_.common.json) {
      std::fputs(text().c_str(), stderr);
      return status;
    }
    rdb::FileSink sink;
    if (const rdb::Error error = sink.open("-", false); !error.ok()) return fail(error, "-");
    rdb::Output out(sink);
    rdb::Json report(out);
    (void)json(report, status);
    const int written = finish(out, sink);
    return status != 0 ? status : written;
  }

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string changes() const;
  bool json(rdb::Json& json, int status) const;

  const ConvertOptions& options_;
  InputFile input_;
  rdb::Reader reader_;
  rdb::Converter converter_;
  bool is_written_ = false;
};

void add_count(std::string& out, uint64_t count, std::string_view words) {
  if (count != 0) out += "  changed    " + std::to_string(count) + " " + std::string(words) + "\n";
}

std::string Conversion::changes() const {
  const rdb::ConvertChanges& changes = converter_.changes();
  std::string out;
  add_count(out, changes.expiries_to_ms, "expiries in seconds are now in milliseconds");
  add_count(out, changes.functions_rewritten,
            "function libraries rewritten from their pre-release form");
  add_count(out, changes.scripts_dropped, "Lua scripts left out: servers from 7.0 on ignore them");
  add_count(out, changes.slot_hints_dropped, "hints about cluster slots left out");
  add_count(
      out, changes.slot_imports_dropped,
      "unfinished slot imports left out; their keys, hidden from clients until now, are kept");
  if (changes.checksum_added) out += "  changed    a checksum is recorded now\n";
  if (!changes.aux_dropped.empty()) {
    out += "  changed    AUX fields left out:";
    for (const std::string& name : changes.aux_dropped) out += " " + rdb::quoted(name);
    out += "\n";
  }
  return out;
}

std::string Conversion::text() const {
  const Paint paint(options_.common);
  std::string out;
  if (is_written_) {
    out += options_.out + ": " + converter_.changes().header + " for " + options_.target + ", " +
           std::to_string(converter_.survey().keys()) + " keys, " +
           std::to_string(converter_.bytes_written()) + " bytes\n";
    out += changes();
  } else {
    out += options_.out + ": not written\n";
  }
  for (const rdb::Finding& finding : converter_.findings()) {
    if (!reader_.error().ok() && finding.name == rdb::name(reader_.error().code)) continue;
    std::string label = "  " + std::string(rdb::name(finding.severity));
    label.resize(13, ' ');
    out += label + describe(finding) + "\n";
  }
  return out;
}

bool Conversion::json(rdb::Json& json, int status) const {
  const rdb::ConvertChanges& changes = converter_.changes();
  const rdb::Survey& survey = converter_.survey();
  bool ok = json.open_object() && json.text("schema", "rdbferry/convert/1") &&
            json.bytes("file", input_.shown()) && json.bytes("output", options_.out) &&
            json.text("target", options_.target) && json.integer("exit", status) &&
            json.boolean("written", is_written_) && json.text("header", changes.header) &&
            json.number("bytes_written", is_written_ ? converter_.bytes_written() : 0) &&
            json_format(json, reader_, survey) && json.number("keys", survey.keys()) &&
            json_databases(json, survey) && json.name("changes") && json.open_object() &&
            json.number("expiries_to_ms", changes.expiries_to_ms) &&
            json.number("functions_rewritten", changes.functions_rewritten) &&
            json.number("scripts_dropped", changes.scripts_dropped) &&
            json.number("slot_hints_dropped", changes.slot_hints_dropped) &&
            json.number("slot_imports_dropped", changes.slot_imports_dropped) &&
            json.boolean("checksum_added", changes.checksum_added) && json.name("aux_dropped") &&
            json.open_array();
  for (const std::string& name : changes.aux_dropped) ok = ok && json.bytes(name);
  return ok && json.close_array() && json.close_object() &&
         json_findings(json, converter_.findings()) && json.close_object() && json.end_line();
}

}  // namespace

int run(const ConvertOptions& options) {
  const rdb::Target* const target = rdb::find_target(options.target);
  if (target == nullptr) {
    std::string words = "no such target, there are";
    for (const rdb::Target& known : rdb::targets()) words += " " + std::string(known.name);
    return fail(usage(rdb::Code::bad_option, words), "--target " + options.target);
  }
  if (options.common.json && options.out == "-") {
    return fail(usage(rdb::Code::bad_option, "the report would stand in the output"), "--json");
  }
  return Conversion(options, *target).run();
}

}  // namespace cli
