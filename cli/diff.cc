#include "cli/diff.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/paths.h"

namespace cli {
namespace {

constexpr uint64_t kMemoryDefault = uint64_t{16} << 20;  // for the keys of both files

CommonOptions without_progress(CommonOptions options) {
  options.progress = "never";
  return options;
}

constexpr std::string_view kChanges[] = {"added", "removed", "changed"};

std::string_view name(rdb::Change change) { return kChanges[static_cast<size_t>(change)]; }

class Comparison {
 public:
  explicit Comparison(const DiffOptions& options)
      : options_(options),
        quiet_(without_progress(options.common)),
        inputs_{InputFile(options.a, options.common), InputFile(options.b, quiet_)},
        readers_{rdb::Reader(inputs_[0].source(), inputs_[0].reader_options()),
                 rdb::Reader(inputs_[1].source(), inputs_[1].reader_options())},
        how_(how()),
        diff_(how_) {}

  int run() {
    if (const rdb::Error error = compare(); !error.ok()) return fail(error, error_shown_);
    rdb::FileSink sink;
    if (const rdb::Error error = sink.open("-", false); !error.ok()) {
      return fail(error, shown_output("-"));
    }
    rdb::Output out(sink);
    rdb::Json json(out);
    const bool told = options_.common.json ? this->json(json) : text(out);
    if (rdb::Error error = find_changed(); !error.ok()) error_ = std::move(error);
    const int written = finish(out, sink);
    if (written != 0) return written;
    if (!told || !error_.ok()) return fail(error_, error_shown_);
    return exit_status(diff_.is_same() ? rdb::Status::ok : rdb::Status::negative);
  }

 private:
  [[nodiscard]] bool ignores(std::string_view what) const {
    return std::find(options_.ignored.begin(), options_.ignored.end(), what) !=
           options_.ignored.end();
  }

  [[nodiscard]] rdb::DiffOptions how() const {
    rdb::DiffOptions out{.expiries = !ignores("ttl"),
                         .functions = !ignores("functions"),
                         .expired = !ignores("expired"),
                         .now_ms = options_.common.now(),
                         .memory = options_.common.max_memory.value_or(kMemoryDefault),
                         .listed_max = options_.max_differences};
    out.form = {.field_expiries = !ignores("field_expiries"),
                .stream_history = !ignores("stream_history"),
                .stream_activity = !ignores("stream_activity")};
    if (!out.expired) out.form.expired_fields_ms = out.now_ms;
    return out;
  }

  // Of the commands of both; damage comes first.
  rdb::Error find_unread() {
    const rdb::Error errors[] = {inputs_[0].find_unread(readers_[0]),
                                 inputs_[1].find_unread(readers_[1])};
    const bool is_second = errors[0].ok() || (!errors[1].ok() && rdb::status(errors[1].code) <
                                                                     rdb::status(errors[0].code));
    return about(inputs_[is_second ? 1 : 0], errors[is_second ? 1 : 0]);
  }

  rdb::Error about(const InputFile& input, rdb::Error error) {
    error_shown_ = input.shown();
    return input.settled(std::move(error));
  }
  // Of the first input that has changed.
  rdb::Error find_changed() {
    rdb::Error error = about(inputs_[0], {});
    return error.ok() ? about(inputs_[1], {}) : error;
  }

  // What ended it, with error_shown_ set.
  rdb::Error compare() {
    for (size_t i = 0; i < 2; ++i) {
      if (rdb::Error error = inputs_[i].open(); !error.ok()) return about(inputs_[i], error);
      inputs_[i].lend(readers_[i]);
      if (!readers_[i].open()) {
        return about(inputs_[i], inputs_[i].aof().explain(readers_[i].error()));
      }
      if (options_.max_differences != 0 && !inputs_[i].can_reread()) {
        return about(inputs_[i],
                     {.code = rdb::Code::bad_option,
                      .words = "keys that differ are read again to name them: give files, not "
                               "pipes or wrappers, or --max-differences 0"});
      }
    }
    const bool ok = diff_.run(readers_[0], readers_[1]);
    inputs_[0].end_progress();
    for (size_t i = 0; i < 2; ++i) {
      if (!readers_[i].error().ok()) return about(inputs_[i], readers_[i].error());
    }
    if (!ok) return about(inputs_[0], diff_.error());
    if (rdb::Error error = find_unread(); !error.ok()) return error;
    return find_changed();
  }

  // The record of a difference on that side; its name and what stands before its value. False:
  // error_.
  bool find(size_t side, uint64_t offset, std::optional<rdb::RecordAt>& found) {
    found.emplace(inputs_[side].bytes(), readers_[side].header(), offset);
    if (found->is_entry()) return true;
    error_shown_ = inputs_[side].shown();
    error_ = found->source.error();
    if (error_.ok()) {
      error_ = {.code = rdb::Code::input_changed};
    }
    return false;
  }

  // The elements that differ, of a value that does.
  bool find_elements(const rdb::Difference& one, rdb::ElementDiff& elements) {
    const auto read = [&](bool is_b, rdb::Sink& to) {
      std::optional<rdb::RecordAt> found;
      if (!find(is_b ? 1 : 0, is_b ? one.offset_b : one.offset_a, found)) return false;
      std::optional<rdb::MemberSink> members;
      const auto* const expiries = found->record.members;
      rdb::Sink& sink = expiries != nullptr ? members.emplace(to, *expiries) : to;
      if (found->reader.value(&sink)) return true;
      error_ = found->reader.error();
      return false;
    };
    if (elements.run(read)) return true;
    if (error_.ok()) error_ = elements.error();
    return false;
  }

  // Hands over every listed difference with one of its records, both where there are any, and
  // elements.
  template <typename Tell>
  bool each(Tell tell) {
    for (const rdb::Difference& one : diff_.listed()) {
      std::optional<rdb::RecordAt> a;
      std::optional<rdb::RecordAt> b;
      if (one.change != rdb::Change::added && !find(0, one.offset_a, a)) return false;
      if (one.change != rdb::Change::removed && !find(1, one.offset_b, b)) return false;
      rdb::ElementDiff elements(how_.form, options_.max_differences);
      if (options_.verbose && one.value && !find_elements(one, elements)) return false;
      if (!tell(one, (a ? a : b)->record, a ? &a->record : nullptr, b ? &b->record : nullptr,
                elements)) {
        return false;
      }
    }
    return true;
  }

  bool text(rdb::Output& out);
  bool json(rdb::Json& json);
  [[nodiscard]] std::string summary() const;

  const DiffOptions& options_;
  CommonOptions quiet_;
  InputFile inputs_[2];
  rdb::Reader readers_[2];
  rdb::DiffOptions how_;
  rdb::Diff diff_;
  rdb::Error error_;
  std::string error_shown_;
};

std::string expiry(const rdb::Record& record) {
  return record.lifetime.expire_ms ? std::to_string(*record.lifetime.expire_ms) + " ms" : "none";
}

// `type string -> list, expiry none -> 5 ms, value`
std::string words(const rdb::Difference& one, const rdb::Record& a, const rdb::Record& b) {
  std::string out;
  const auto add = [&out](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (one.type) {
    add("type " + std::string(rdb::name(a.type->kind)) + " -> " +
        std::string(rdb::name(b.type->kind)));
  }
  if (one.expiry) add("expiry " + expiry(a) + " -> " + expiry(b));
  if (one.value) add(std::string(rdb::name(a.type->kind)) + " value");
  return out;
}

std::string line(const rdb::ElementDifference& element) {
  std::string out = "           " + element.name + ": ";
  const std::string& value = element.change == rdb::Change::added ? element.b : element.a;
  if (element.change == rdb::Change::changed) {
    out += element.a + " -> " + element.b;
  } else {
    out += std::string(name(element.change)) + (value.empty() ? "" : ", ") + value;
  }
  return rdb::one_line(out) + "\n";
}

std::string more(uint64_t count, size_t listed, std::string_view indent) {
  if (count == listed || listed == 0) return "";
  return std::string(indent) + "and " + std::to_string(count - listed) + " more\n";
}

bool Comparison::text(rdb::Output& out) {
  const auto tell = [&](const rdb::Difference& one, const rdb::Record& record, const rdb::Record* a,
                        const rdb::Record* b, const rdb::ElementDiff& elements) {
    std::string text(name(one.change));
    text.resize(9, ' ');
    text += "db " + std::to_string(one.db) + " key " + rdb::quoted(record.key) + ": ";
    text += a != nullptr && b != nullptr ? words(one, *a, *b)
                                         : std::string(rdb::name(record.type->kind));
    text += "\n";
    for (const rdb::ElementDifference& element : elements.listed()) text += line(element);
    text += more(elements.count(), elements.listed().size(), "           ");
    return out.write(text);
  };
  const rdb::Diff::Counts& counts = diff_.counts();
  return each(tell) &&
         out.write(more(counts.added + counts.removed + counts.changed, diff_.listed().size(), "") +
                   summary());
}

std::string Comparison::summary() const {
  const rdb::Diff::Counts& counts = diff_.counts();
  std::string out = inputs_[0].shown() + ": " + plural(counts.keys_a, "key") + "\n" +
                    inputs_[1].shown() + ": " + plural(counts.keys_b, "key") + "\n" +
                    std::to_string(counts.same) + " the same, " + std::to_string(counts.removed) +
                    " removed, " + std::to_string(counts.added) + " added, " +
                    std::to_string(counts.changed) + " changed";
  if (counts.changed != 0) {
    out += " (type " + std::to_string(counts.types) + ", expiry " +
           std::to_string(counts.expiries) + ", value " + std::to_string(counts.values) + ")";
  }
  out += "\n";
  const rdb::ContentSums& a = diff_.others_a();
  const rdb::ContentSums& b = diff_.others_b();
  const auto add = [&out](std::string_view what, const auto& left, const auto& right) {
    if (left == right) return;
    out += std::string(what) + " differ: " + std::to_string(left.count) + " -> " +
           std::to_string(right.count) + "\n";
  };
  add("functions", a.functions, b.functions);
  add("AUX data of modules", a.module_aux, b.module_aux);
  return out;
}

bool json_record(rdb::Json& json, std::string_view name, const rdb::Record* record,
                 uint64_t offset) {
  if (!json.name(name)) return false;
  if (record == nullptr) return json.null();
  const auto& expire_ms = record->lifetime.expire_ms;
  return json.open_object() && json.number("offset", offset) &&
         json.text("type", rdb::name(record->type->kind)) && json.name("expire_at_ms") &&
         (expire_ms ? json.integer(*expire_ms) : json.null()) && json.close_object();
}

bool json_elements(rdb::Json& json, const rdb::ElementDiff& elements) {
  bool ok = json.number("elements_differ", elements.count()) && json.name("elements") &&
            json.open_array();
  for (const rdb::ElementDifference& element : elements.listed()) {
    ok = ok && json.open_object() && json.text("change", name(element.change)) &&
         json.text("name", element.name) && json.text("a", element.a) &&
         json.text("b", element.b) && json.close_object();
  }
  return ok && json.close_array();
}

bool json_side(rdb::Json& json, std::string_view name, const InputFile& input, uint64_t keys,
               const rdb::ContentSums& others) {
  return json.name(name) && json.open_object() && json.bytes("file", input.path()) &&
         json.number("keys", keys) && json.number("functions", others.functions.count) &&
         json.number("module_aux", others.module_aux.count) && json.close_object();
}

bool Comparison::json(rdb::Json& json) {
  const rdb::Diff::Counts& counts = diff_.counts();
  const rdb::ContentSums& a = diff_.others_a();
  const rdb::ContentSums& b = diff_.others_b();
  const auto tell = [&](const rdb::Difference& one, const rdb::Record& record,
                        const rdb::Record* left, const rdb::Record* right,
                        const rdb::ElementDiff& elements) {
    bool ok = json.open_object() && json.text("change", name(one.change)) &&
              json.number("db", one.db) && json.bytes("key", record.key) &&
              json_record(json, "a", left, one.offset_a) &&
              json_record(json, "b", right, one.offset_b) && json.boolean("type", one.type) &&
              json.boolean("expiry", one.expiry) && json.boolean("value", one.value);
    if (options_.verbose) ok = ok && json_elements(json, elements);
    return ok && json.close_object();
  };
  return json.open_object() && json.text("schema", "rdbferry/diff/1") &&
         json_side(json, "a", inputs_[0], counts.keys_a, a) &&
         json_side(json, "b", inputs_[1], counts.keys_b, b) &&
         json.boolean("same", diff_.is_same()) && json.number("keys_same", counts.same) &&
         json.number("keys_removed", counts.removed) && json.number("keys_added", counts.added) &&
         json.number("keys_changed", counts.changed) &&
         json.number("types_changed", counts.types) &&
         json.number("expiries_changed", counts.expiries) &&
         json.number("values_changed", counts.values) &&
         json.boolean("functions_same", a.functions == b.functions) &&
         json.boolean("module_aux_same", a.module_aux == b.module_aux) &&
         json.name("differences") && json.open_array() && each(tell) && json.close_array() &&
         json.close_object() && json.end_line();
}

}  // namespace

int run(const DiffOptions& options) {
  Paths paths;
  paths.add_inputs({options.a, options.b});
  paths.add_output("-", "standard output");
  if (const int status = paths.refuse(); status != 0) return status;
  if (options.a == "-" && options.b == "-") {
    return fail({.code = rdb::Code::bad_option, .words = "is standard input twice"}, "-");
  }
  return Comparison(options).run();
}

}  // namespace cli
