#include "cli/explain.h"

#include <cstdio>

#include "cli/paths.h"
#include "cli/random_input.h"

namespace cli {
namespace {

using rdb::Annotation;
using What = rdb::Explainer::What;

std::string hex(std::string_view bytes, std::string_view between) {
  std::string out;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
    out += (out.empty() ? "" : std::string(between)) + digits;
  }
  return out;
}

std::string place(const Annotation& annotation) {
  if (annotation.kind == Annotation::Kind::left_out) return "";
  const std::string inner = annotation.inner < 0 ? "" : "+" + std::to_string(annotation.inner);
  const bool is_long = annotation.kind == Annotation::Kind::damage || inner.empty();
  return (is_long ? std::to_string(annotation.offset) : "") + inner;
}

// `      1048  fc 00 d8 …  words`, in columns.
class Lines : public rdb::Annotations {
 public:
  Lines(rdb::Output& out, const Paint& paint) : out_(out), paint_(paint) {}

  bool add(const Annotation& annotation) override {
    constexpr size_t kPlaceWidth = 12;
    constexpr size_t kBytesWidth = 38;
    std::string line = place(annotation);
    line.insert(0, kPlaceWidth - std::min(kPlaceWidth, line.size()), ' ');
    const bool is_damage = annotation.kind == Annotation::Kind::damage;
    std::string bytes = is_damage ? "" : hex(annotation.bytes, " ");
    if (!is_damage && annotation.size > annotation.bytes.size()) bytes += "..";
    bytes.resize(std::max(bytes.size(), kBytesWidth), ' ');
    line += "  " + bytes + "  " + std::string(size_t{2} * annotation.depth, ' ');
    line +=
        is_damage ? paint_.bad(rdb::one_line(annotation.words)) : rdb::one_line(annotation.words);
    if (!annotation.goes_on) line += "\n";
    if (!is_damage || annotation.bytes.empty()) return out_.write(line);
    const auto before = static_cast<size_t>(annotation.before);
    const std::string_view around = annotation.bytes;
    line += std::string(kPlaceWidth + 2, ' ') + "around it:";
    for (size_t i = 0; i < around.size(); ++i) {
      const std::string byte = hex(around.substr(i, 1), "");
      line += i == before ? " [" + byte + "]" : " " + byte;
    }
    return out_.write(line + "\n");
  }

  bool more(std::string_view words, bool is_last) override {
    return out_.write(words) && (!is_last || out_.write("\n"));
  }

 private:
  rdb::Output& out_;
  const Paint& paint_;
};

class Members : public rdb::Annotations {
 public:
  explicit Members(rdb::Json& json) : json_(json) {}

  bool add(const Annotation& annotation) override {
    constexpr std::string_view kKinds[] = {"bytes", "left_out", "damage"};
    bool ok =
        json_.open_object() && json_.text("kind", kKinds[static_cast<size_t>(annotation.kind)]);
    if (annotation.kind != Annotation::Kind::left_out) {
      ok = ok && json_.number("offset", annotation.offset);
      if (annotation.inner >= 0) ok = ok && json_.integer("inner", annotation.inner);
      ok = ok && json_.number("size", annotation.size) &&
           json_.text("bytes", hex(annotation.bytes, ""));
      if (annotation.kind == Annotation::Kind::damage) {
        ok = ok && json_.number("before", annotation.before);
      }
    }
    return ok && json_.number("depth", annotation.depth) && json_.name("words") &&
           json_.begin_text() && json_.more_text(annotation.words) &&
           (annotation.goes_on || (json_.end_text() && json_.close_object()));
  }

  bool more(std::string_view words, bool is_last) override {
    return json_.more_text(words) && (!is_last || (json_.end_text() && json_.close_object()));
  }

 private:
  rdb::Json& json_;
};

std::string about(const rdb::Explainer& found) {
  std::string out = "byte " + std::to_string(found.offset());
  if (found.what() == What::header) return out + ": header\n";
  if (found.what() == What::tail) return out + ": behind the end of the RDB part\n";
  if (!found.has_key()) return out + "\n";
  return out + ": db " + std::to_string(found.db()) + " key " + found.key().quoted() + " [" +
         std::string(found.type()->name) + "]\n";
}

bool report_json(rdb::Json& json, const ExplainOptions& options, rdb::Explainer& found,
                 const std::string& shown) {
  constexpr std::string_view kWhats[] = {"nothing", "header", "record", "tail"};
  const auto error = [&](std::string_view name, const rdb::Error& what) {
    return json.name(name) && (what.ok() ? json.null() : json.text(rdb::message(what, shown)));
  };
  Members members(json);
  bool ok = json.open_object() && json.text("schema", "rdbferry/explain/1") &&
            json.bytes("file", options.file) &&
            json.text("what", kWhats[static_cast<size_t>(found.what())]) &&
            json.number("offset", found.offset()) && json.number("db", found.db()) &&
            (found.has_key() ? json_key(json, found.key()) : json.name("key") && json.null()) &&
            json.name("type") && (found.has_key() ? json.text(found.type()->name) : json.null()) &&
            error("lost", found.lost()) && json.name("annotations") && json.open_array() &&
            found.explain(members);
  ok = ok && json.close_array() && json.number("size", found.size()) &&
       error("damage", found.damage());
  return ok && json.close_object() && json.end_line();
}

rdb::Error not_found(const ExplainOptions& options, uint64_t size) {
  rdb::Error error{.code = rdb::Code::not_found};
  if (options.key) {
    error.words = "no key " + rdb::quoted(*options.key);
    if (options.db) error.words += " in database " + std::to_string(*options.db);
  } else {
    error.words =
        "no byte " + std::to_string(*options.offset) + ", there are " + std::to_string(size);
  }
  return error;
}

}  // namespace

int run(const ExplainOptions& options) {
  if (options.offset.has_value() == options.key.has_value()) {
    return fail({.code = rdb::Code::bad_option, .words = "give one of --offset and --key"},
                "explain");
  }
  Paths paths;
  paths.add_input(options.file);
  paths.add_output("-", "standard output");
  if (const int status = paths.refuse(); status != 0) return status;
  RandomInput input(options.file, options.common);
  const auto stop = [&input](const rdb::Error& error) {
    return fail(input.input().settled(error), input.input().shown());
  };
  if (const rdb::Error error = input.open(); !error.ok()) return fail(error, input.input().shown());
  const std::string shown = input.input().shown();
  rdb::Explainer explainer(input.bytes(), options.common.reader());
  const bool is_read = options.key ? explainer.find(*options.key, options.db)
                                   : explainer.find(*options.offset, options.db);
  if (!is_read) return stop(explainer.error());
  if (explainer.what() == What::nothing) return stop(not_found(options, input.bytes().size()));
  if (options.all) explainer.show_all();
  rdb::FileSink sink;
  if (const rdb::Error error = sink.open("-", false); !error.ok()) {
    return fail(error, shown_output("-"));
  }
  rdb::Output out(sink);
  if (options.common.json) {
    rdb::Json json(out);
    (void)report_json(json, options, explainer, shown);
  } else {
    const Paint paint(options.common);
    Lines lines(out, paint);
    std::string head = about(explainer);
    if (!explainer.lost().ok()) {
      head = rdb::message(explainer.lost(), "records end at damage") +
             "\nwhat follows is read as if a record began at --offset\n" + head;
    }
    (void)(out.write(paint.strong(head)) && explainer.explain(lines));
  }
  if (const int written = finish(out, sink); written != 0) return written;
  if (!explainer.error().ok()) return stop(explainer.error());
  const rdb::Error error = input.input().settled(explainer.damage());
  return error.ok() ? 0 : stop(error);
}

}  // namespace cli
