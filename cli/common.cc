#include "cli/common.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/paths.h"

namespace cli {
namespace {

std::string shown_path(const std::string& path, std::string_view standard) {
  return path == "-" ? std::string(standard) : rdb::shown_path(path);
}

// Whether a look at the bytes tells more than an error or finding of that name does.
bool shows_more(std::string_view name) {
  constexpr std::string_view kClear[] = {"line_ends",     "written_as_text", "byte_order_mark",
                                         "text_in_front", "bytes_replaced",  "dump_payload",
                                         "capture_cut",   "capture_commands"};
  return std::find(std::begin(kClear), std::end(kClear), name) == std::end(kClear);
}

// Of what explain cannot show.
bool is_of_commands(rdb::Code code) {
  return code == rdb::Code::no_rdb_part ||
         (code >= rdb::Code::command_start && code <= rdb::Code::missing_file);
}

}  // namespace

int64_t CommonOptions::now() const {
  if (now_ms) return *now_ms;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

rdb::ReaderOptions CommonOptions::reader() const {
  using Order = rdb::ReaderOptions::ExpiryOrder;
  rdb::ReaderOptions options;
  options.expiry_order = expire_byte_order == "big"      ? Order::big
                         : expire_byte_order == "little" ? Order::little
                                                         : Order::assume_little;
  options.held_max = held_max();
  return options;
}

rdb::ReaderOptions CommonOptions::tolerant_reader() const {
  rdb::ReaderOptions options = reader();
  options.takes_foreign = options.takes_strays = true;
  return options;
}

rdb::ReaderOptions CommonOptions::counting_reader() const {
  rdb::ReaderOptions options = tolerant_reader();
  options.tells_members = false;
  return options;
}

InputFile::InputFile(std::string path, const CommonOptions& options, const rdb::Loading* loading)
    : path_(std::move(path)),
      options_(options),
      aof_(loading),
      progress_(file_, options.progress) {}

rdb::Error InputFile::open() {
  if (rdb::Error error = open_base(); !error.ok() || !aof_.directory()) return error;
  if (rdb::Error error = read_increments(); !error.ok() || aof_.has_base()) return error;
  return aof_.explain({.code = rdb::Code::no_rdb_part});
}

rdb::Error InputFile::open_base() {
  if (rdb::Error error = aof_.open(path_); !error.ok() || !aof_.has_base()) return error;
  if (rdb::Error error = file_.open(aof_.base()); !error.ok()) return error;
  return wrap_.open(progress_, file_.size() ? &bytes_ : nullptr);
}

rdb::ReaderOptions InputFile::reader_options(rdb::ReaderOptions wanted) {
  rdb::ReaderOptions out = wanted;
  out.tail = &aof_.tail();
  return out;
}

bool InputFile::may_have_commands(const rdb::Reader& reader) {
  if (file_.size() && wrapper().empty()) return !ends_as_rdb(reader);
  const rdb::Header& header = reader.header();
  if (header.offset != 0) return true;  // a capture
  // No server that writes such versions writes commands after an RDB part.
  if (header.dialect == rdb::Dialect::redis && header.version < rdb::kHasModules) return false;
  return reader.append_only() != rdb::AppendOnly::no;
}

// True if the end mark is where it is before a checksum, and the mark of a capture.
bool InputFile::ends_as_rdb(const rdb::Reader& reader) {
  constexpr size_t kCaptureMarkBytes = 40;
  constexpr char kEndMark = '\xff';
  const rdb::Header& header = reader.header();
  const uint64_t behind = (header.has_checksum() ? rdb::kChecksumBytes : 0) + 1;
  const auto has_mark_at = [this](uint64_t from_end) {
    return from_end <= bytes_.size() &&
           bytes_.bytes_at(bytes_.size() - from_end, 1) == std::string(1, kEndMark);
  };
  return has_mark_at(behind) || (header.offset != 0 && has_mark_at(behind + kCaptureMarkBytes));
}

rdb::Error InputFile::hold() {
  if (can_reread()) return {};
  if (!copy_.emplace().take(wrap_)) {
    return copy_->error().ok() ? wrap_.error() : copy_->error();
  }
  held_.emplace(*copy_);
  return {};
}

std::string InputFile::shown() const {
  const std::string& file = aof_.base().empty() ? path_ : aof_.base();
  const std::string name = shown_path(file, "standard input");
  const bool is_unwrapped = !wrapper().empty() && wrap_.error().ok();
  return is_unwrapped ? name + " (unwrapped)" : name;
}

void hold_standard_descriptors() {
  constexpr int kUnusable[] = {O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest number that is free is this one.
    if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", kUnusable[fd]);
  }
}

void InputFile::name_duplicate(const rdb::Reader& reader, const rdb::Survey& survey,
                               std::vector<rdb::Finding>& findings) {
  if (survey.duplicates().count == 0 || !can_reread()) return;
  rdb::name_duplicate(reader, survey, bytes(), findings);
}

rdb::Error settled(const rdb::FileSource& file, rdb::Error error) {
  const rdb::Status status = rdb::status(error.code);
  const bool is_of_data = (status != rdb::Status::io && status != rdb::Status::usage) ||
                          error.code == rdb::Code::read_failed;
  if (!is_of_data) return error;
  rdb::Error changed = file.changed();
  return changed.ok() ? error : changed;
}

rdb::Error read_text(const std::string& path, uint64_t bytes_max, std::string& text) {
  rdb::FileSource source;
  if (rdb::Error error = source.open(path); !error.ok()) return error;
  std::array<char, 65536> piece;
  for (size_t got = 1; got != 0 && text.size() < bytes_max; text.append(piece.data(), got)) {
    if (!source.read(piece.data(), piece.size(), got)) return source.error();
  }
  return {};
}

rdb::Error open_output(rdb::FileSink& sink, const std::string& path, bool force,
                       const rdb::FileSource& input) {
  if (rdb::wrap_of_suffix(path) != rdb::Wrap::none || !rdb::unknown_wrap_suffix(path).empty()) {
    return {.code = rdb::Code::bad_option,
            .words = "this is not compressed; write it to standard output and compress it there"};
  }
  rdb::Error error = sink.open(path, force, input.access());
  tell_leftovers(sink.leftovers(), path);
  return error;
}

std::string shell_word(std::string_view path) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=@%+-";
  std::string word = path.starts_with('-') ? "./" : "";
  if (!rdb::is_plain(path)) {
    // As bash, zsh and POSIX.1-2024 read it.
    for (const char c : path) {
      char escaped[5];
      const bool is_safe = kPlain.find(c) != kPlain.npos;
      std::snprintf(escaped, sizeof escaped, is_safe ? "%c" : "\\%03o", static_cast<uint8_t>(c));
      word += escaped;
    }
    return "$'" + word + "'";
  }
  for (const char c : path) word += c == '\'' ? "'\\''" : std::string(1, c);
  return path.find_first_not_of(kPlain) != path.npos ? "'" + word + "'" : word;
}

std::string see(std::string_view path, uint64_t offset) {
  if (path == kNoPath || !rdb::is_plain(path)) return "";
  return "; see: rdbferry explain " + shell_word(path) + " --offset " + std::to_string(offset);
}

int fail(const rdb::Error& error, std::string_view shown, std::string_view path) {
  // Offsets in a wrapper, which explain takes off, and in nothing.
  const bool is_elsewhere = error.code == rdb::Code::bad_wrapper ||
                            error.code == rdb::Code::empty_file || is_of_commands(error.code) ||
                            (error.code == rdb::Code::truncated && !error.words.empty());
  const bool is_shown = error.has_offset && !is_elsewhere && shows_more(rdb::name(error.code));
  const std::string hint = is_shown ? see(path, error.offset) : "";
  std::fprintf(stderr, "%s%s\n", rdb::message(error, shown).c_str(), hint.c_str());
  return exit_status(rdb::status(error.code));
}

std::string shown_output(const std::string& path) { return shown_path(path, "standard output"); }

int print(std::string_view text) {
  rdb::FileSink sink;
  rdb::Error error = sink.open("-", false);
  if (error.ok() && !(sink.write(text) && sink.commit())) error = sink.error();
  return error.ok() ? 0 : fail(error, "standard output");
}

int print_json(const std::function<void(rdb::Json&)>& document) {
  rdb::FileSink sink;
  if (const rdb::Error error = sink.open("-", false); !error.ok()) {
    return fail(error, shown_output("-"));
  }
  rdb::Output out(sink);
  rdb::Json json(out);
  document(json);
  return finish(out, sink);
}

int finish(rdb::Output& out, rdb::FileSink& sink, const std::string& path) {
  if (out.flush() && sink.commit()) return 0;
  return fail(out.error().ok() ? sink.error() : out.error(), shown_output(path));
}

int exit_status(rdb::Status status) { return static_cast<int>(status); }

Paint::Paint(const CommonOptions& options) {
  const char* const no_color = std::getenv("NO_COLOR");
  const bool wanted = no_color == nullptr || *no_color == '\0';
  on_ = options.color == "always" ||
        (options.color == "auto" && wanted && isatty(STDOUT_FILENO) != 0);
}

std::string Paint::wrap(std::string_view s, std::string_view code) const {
  if (!on_) return std::string(s);
  return "\033[" + std::string(code) + "m" + std::string(s) + "\033[0m";
}

std::string describe(const rdb::Finding& finding, std::string_view path) {
  std::string out;
  if (!finding.file.empty()) out = rdb::shown_path(finding.file) + ": ";
  if (finding.has_place) {
    out += "byte " + std::to_string(finding.offset);
    if (finding.inner >= 0) out += "+" + std::to_string(finding.inner);
    out += ": ";
  }
  if (finding.has_key) {
    out += "db " + std::to_string(finding.db) + " key " + finding.key.quoted();
    out += (finding.type.empty() ? "" : " [" + finding.type + "]") + ": ";
  }
  out += finding.words;
  if (finding.count > 1) out += " (" + std::to_string(finding.count) + " times, this is the first)";
  const bool is_shown = finding.has_place && finding.status != rdb::Status::ok &&
                        finding.stage != rdb::Stage::commands && shows_more(finding.name);
  return rdb::one_line(out) + (is_shown ? see(path, finding.offset) : "");
}

bool json_key(rdb::Json& json, const rdb::KeyName& key) {
  return json.bytes("key", key.start()) && (key.is_whole() || json.number("key_bytes", key.size()));
}

bool json_findings(rdb::Json& json, const std::vector<rdb::Finding>& findings) {
  bool ok = json.name("findings") && json.open_array();
  for (const rdb::Finding& finding : findings) {
    ok = ok && json.open_object() && json.text("stage", rdb::name(finding.stage)) &&
         json.text("severity", rdb::name(finding.severity)) && json.text("name", finding.name) &&
         json.text("words", finding.words) && json.number("count", finding.count);
    if (finding.has_place) ok = ok && json.number("offset", finding.offset);
    if (finding.inner >= 0) ok = ok && json.integer("inner", finding.inner);
    if (!finding.file.empty()) ok = ok && json.bytes("file", finding.file);
    if (finding.has_db) ok = ok && json.number("db", finding.db);
    if (finding.has_key) ok = ok && json_key(json, finding.key);
    ok = ok && json.close_object();
  }
  return ok && json.close_array();
}

bool json_databases(rdb::Json& json, const rdb::Survey& survey) {
  bool ok = json.name("databases") && json.open_array();
  for (const auto& [db, found] : survey.databases()) {
    ok = ok && json.open_object() && json.number("db", db) && json.number("keys", found.keys) &&
         json.number("expires", found.expires) && json.number("expired", found.expired) &&
         json.number("empty", found.empty) && json.number("loads", found.loaded()) &&
         json.name("hint");
    if (found.has_hint) {
      ok = ok && json.open_object() && json.number("keys", found.hinted_keys) &&
           json.number("expires", found.hinted_expires) && json.close_object();
    } else {
      ok = ok && json.null();
    }
    ok = ok && json.close_object();
  }
  return ok && json.close_array();
}

bool json_format(rdb::Json& json, std::string_view wrapper, const rdb::Reader& reader,
                 const rdb::Survey& survey) {
  const rdb::Header& header = reader.header();
  const bool is_summed = reader.checksum() != rdb::Checksum::unread;
  return json.text("wrapper", wrapper) && json.name("format") && json.open_object() &&
         json.text("header", header.text) && json.number("version", header.version) &&
         json.text("writer", rdb::writer_of(header, survey)) && json.close_object() &&
         json.name("checksum") && json.open_object() &&
         json.text("state", name(reader.checksum())) && json.name("value") &&
         (is_summed ? json.text(hex64(reader.checksum_value())) : json.null()) &&
         json.close_object();
}

bool json_framing(rdb::Json& json, const rdb::Framing& framing) {
  if (framing.kind == rdb::Framing::Kind::none) return json.name("framing") && json.null();
  const bool is_sized = framing.kind == rdb::Framing::Kind::size;
  return json.name("framing") && json.open_object() &&
         json.text("kind", is_sized ? "size" : "mark") && json.number("bytes", framing.bytes) &&
         json.name("announced_bytes") && (is_sized ? json.number(framing.size) : json.null()) &&
         json.number("keepalives", framing.keepalives) && json.name("replication_id") &&
         (framing.replication_id.empty() ? json.null() : json.text(framing.replication_id)) &&
         json.name("replication_offset") &&
         (framing.replication_offset ? json.integer(*framing.replication_offset) : json.null()) &&
         json.close_object();
}

std::string plural(uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string hex64(uint64_t v) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(v));
  return text;
}

std::string_view name(rdb::Checksum state) {
  constexpr std::string_view kNames[] = {"unread", "none", "absent", "verified", "wrong"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace cli
