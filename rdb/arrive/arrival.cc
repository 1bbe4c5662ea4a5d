#include "rdb/arrive/arrival.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "rdb/arrive/lost.h"
#include "rdb/arrive/trial.h"
#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"
#include "rdb/file/framing.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;
using Text = Undo::Text;

constexpr size_t kFrontsMax = 16;  // places that are tried
// So many CR LF without another LF are no chance: one LF in 256 has a CR before it where bytes are
// random.
constexpr uint64_t kLineEndsSure = 8;
// Fewer bytes above 7F may be UTF-8 by chance.
constexpr int64_t kUtf8Sure = 16;

// Reads up to n bytes; an error ends them.
std::string read_bytes(ByteSource& source, size_t n) {
  std::string out(n, '\0');
  size_t size = 0;
  for (size_t got = 1; size < n && got != 0; size += got) {
    if (!source.read(out.data() + size, n - size, got)) break;
  }
  out.resize(size);
  return out;
}

bool is_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether an RDB file begins there: the magic, and then an opcode or a value type.
bool begins_rdb(std::string_view bytes) {
  constexpr size_t kMagicBytes = 9;
  constexpr uint8_t kTypesEnd = 35;
  constexpr uint8_t kOpcodes = 0xF0;
  const size_t digits = bytes.starts_with("REDIS") ? 4 : bytes.starts_with("VALKEY") ? 3 : 0;
  if (digits == 0 || bytes.size() < kMagicBytes) return false;
  if (!is_digits(bytes.substr(kMagicBytes - digits, digits))) return false;
  if (bytes.size() == kMagicBytes) return true;
  const uint8_t next = byte_at(bytes.data() + kMagicBytes);
  return next < kTypesEnd || next >= kOpcodes;
}

// Whether a file can begin there.
bool begins_file(std::string_view bytes) {
  if (begins_rdb(bytes) || wrap_of(bytes) != Wrap::none) return true;
  Framing framing;
  std::string_view last;
  return !bytes.empty() && may_begin_framing(bytes[0]) &&
         parse_framing(bytes, true, framing, last) == FramingState::complete;
}

// Where it can begin: at its first byte, or behind others, a wrapper only behind a line.
std::vector<uint64_t> find_fronts(std::string_view head) {
  if (begins_file(head)) return {0};
  std::vector<uint64_t> out;
  for (size_t at = 1; at < head.size() && out.size() < kFrontsMax; ++at) {
    const char c = head[at];
    const std::string_view bytes = head.substr(at);
    const bool is_start = (c == 'R' || c == 'V') && begins_rdb(bytes);
    if (is_start || (head[at - 1] == '\n' && wrap_of(bytes) != Wrap::none)) out.push_back(at);
  }
  return out;
}

// The forms of text that a file may have been written in, by its first bytes.
std::vector<Undo> find_forms(std::string_view head) {
  if (head.starts_with("\xFF\xFE")) return {{.has_mark = true, .text = Text::utf16_le}};
  if (head.starts_with("\xFE\xFF")) return {{.has_mark = true, .text = Text::utf16_be}};
  const bool has_mark = head.starts_with("\xEF\xBB\xBF");
  if (is_utf8_text(head.substr(has_mark ? 3 : 0))) {
    return {{.has_mark = has_mark, .text = Text::utf8}};
  }
  if (has_mark) return {{.has_mark = true}};
  if (begins_file(head)) return {{}};
  // Units begin at even places, and so it is the second byte of each that is zero, or the first.
  for (const std::string_view magic : {"R\0E\0D\0I\0S"sv, "V\0A\0L\0K\0E\0Y"sv}) {
    const size_t at = head.find(magic);
    if (at == std::string_view::npos) continue;
    return {{.text = at % 2 == 0 ? Text::utf16_le : Text::utf16_be}};
  }
  return {{}, {.text = Text::base64}, {.text = Text::hex}};
}

struct LineEnds {
  uint64_t pairs = 0;  // CR LF
  uint64_t first = 0;  // offset of the first
  bool has_bare = false;
};

// Counts the CR LF up to the first LF without a CR.
LineEnds count_line_ends(ByteSource& source) {
  LineEnds out;
  std::string piece(kPieceBytes, '\0');
  char before = '\0';
  uint64_t offset = 0;
  for (size_t got = 1; source.read(piece.data(), piece.size(), got) && got != 0; offset += got) {
    const std::string_view bytes(piece.data(), got);
    for (size_t at = bytes.find('\n'); at != std::string_view::npos;
         at = bytes.find('\n', at + 1)) {
      out.has_bare = (at == 0 ? before : bytes[at - 1]) != '\r';
      if (out.has_bare) return out;
      if (out.pairs++ == 0) out.first = offset + at - 1;
    }
    before = bytes.back();
  }
  return out;
}

// Ends where another one fails.
class UpToError : public ByteSource {
 public:
  explicit UpToError(ByteSource& from) : from_(from) {}

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    if (!from_.error().ok() || !from_.read(to, n, got)) got = 0;
    return true;
  }

 private:
  ByteSource& from_;
};

class Search {
 public:
  Search(Rereadable& file, const Error& error, uint64_t pos)
      : file_(file), error_(error), pos_(pos) {
    head_ = read_bytes(*file_.read_again(), kPieceBytes);
  }

  std::optional<Arrival> run() {
    for (const Undo& form : find_forms(head_)) {
      const bool has_page =
          form.text == Text::utf8 || form.text == Text::utf16_le || form.text == Text::utf16_be;
      for (const CodePage page : kCodePages) {
        if (!has_page && page != CodePage::latin1) break;
        Undo undo = form;
        undo.page = page;
        if (try_form(undo)) return found_;
      }
    }
    if (found_) return found_;
    return find_lost(file_, head_, error_, pos_);
  }

 private:
  // True: that is it, which the checksum proves.
  bool try_form(const Undo& form) {
    UndoSource source(first_source_.emplace(head_), form);
    const std::string head = read_bytes(source, kPieceBytes);
    for (const uint64_t front : find_fronts(head)) {
      const bool is_digits = form.text == Text::base64 || form.text == Text::hex;
      if (is_digits && front != 0) break;
      Undo undo = form;
      undo.front = front;
      front_ = head.substr(0, static_cast<size_t>(front));
      const auto again = file_.read_again();
      UndoSource content(*again, undo);
      const LineEnds ends = count_line_ends(content);
      if (ends.pairs != 0 && !ends.has_bare) {
        Undo with = undo;
        with.line_ends = true;
        if (try_way(with, ends)) return true;
      }
      if (!undo.is_nothing() && try_way(undo, ends)) return true;
    }
    return false;
  }

  bool try_way(const Undo& undo, const LineEnds& ends) {
    const auto again = file_.read_again();
    UndoSource source(*again, undo);
    UpToError readable(source);
    const Trial trial = try_reading(readable);
    if (!is_likely(undo, trial, ends) || (found_ && !trial.leads_further(best_))) return false;
    best_ = trial;
    Arrival& found = found_.emplace();
    found.undo = undo;
    found.proof = trial.is_proven     ? Proof::checksum
                  : trial.is_finished ? Proof::end
                  : trial.is_open     ? Proof::part
                                      : Proof::none;
    tell(found, trial, ends);
    return trial.is_proven;
  }

  // Whether more speaks for this way than for reading the file as it is.
  bool is_likely(const Undo& undo, const Trial& trial, const LineEnds& ends) {
    if (!trial.is_open) return false;
    const auto is_high = [](char c) { return static_cast<uint8_t>(c) >= 0x80; };
    const auto high = std::count_if(head_.begin(), head_.end(), is_high);
    const bool may_be_chance = undo.text == Text::utf8 && high < kUtf8Sure;
    if (may_be_chance && !trial.is_proven && !trial.is_finished) return false;
    if (!plain_) plain_ = try_reading(*file_.read_again());
    if (!plain_->is_open)
      return trial.is_proven || trial.records != 0 || (undo.has_mark && undo.text == Text::bytes);
    const bool is_sure = undo.line_ends && ends.pairs >= kLineEndsSure;
    return trial.leads_further(*plain_) || (is_sure && !plain_->leads_further(trial));
  }

  void tell(Arrival& found, const Trial& trial, const LineEnds& ends) const;
  [[nodiscard]] std::string words_of_front(const Undo& undo) const;
  [[nodiscard]] std::string words_of_proof(const Trial& trial) const;

  Rereadable& file_;
  const Error& error_;
  uint64_t pos_;
  std::string head_;
  std::string front_;
  std::optional<MemorySource> first_source_;
  std::optional<Trial> plain_;
  Trial best_;
  std::optional<Arrival> found_;
};

std::string words_of_text(const Undo& undo) {
  const std::string mark = undo.has_mark ? ", with a byte-order mark" : "";
  const std::string page =
      undo.page == CodePage::latin1 ? "" : ", taken for text in " + std::string(name(undo.page));
  switch (undo.text) {
    case Text::bytes:
      return undo.has_mark ? "a UTF-8 byte-order mark was put in front" : "";
    case Text::utf16_le:
      return "the bytes were written as UTF-16 (little-endian" + mark + page +
             "), as PowerShell does with >";
    case Text::utf16_be:
      return "the bytes were written as UTF-16 (big-endian" + mark + page + ")";
    case Text::utf8:
      return "the bytes were taken for text in " + std::string(name(undo.page)) +
             " and written as UTF-8" + mark;
    case Text::base64:
      return "the bytes were written as base64 text";
    case Text::hex:
      return "the bytes were written as hexadecimal text";
  }
  return "";
}

Code code_of(const Undo& undo) {
  if (undo.text != Text::bytes) return Code::written_as_text;
  if (undo.front != 0) return Code::text_in_front;
  return undo.has_mark ? Code::byte_order_mark : Code::line_ends;
}

std::string Search::words_of_front(const Undo& undo) const {
  if (undo.front == 0) return "";
  constexpr size_t kShown = 60;
  const bool is_cut = front_.size() > kShown;
  std::string out = std::to_string(undo.front) + " bytes stand before the RDB file, " +
                    quoted(front_.substr(0, kShown)) + (is_cut ? "…" : "");
  if (undo.text != Text::bytes) return out;
  const uint64_t begin = undo.mark_bytes() + undo.front;
  return out + ", which begins here (byte " + std::to_string(begin + 1) +
         ", counted from 1 as tail -c +" + std::to_string(begin + 1) + " does)";
}

std::string Search::words_of_proof(const Trial& trial) const {
  if (trial.is_proven) return ": undone, the checksum is right";
  if (trial.is_sound()) return ": undone, it can be read to its end, and no checksum is recorded";
  if (trial.is_finished) return ": undone, it can be read to its end, but the checksum is wrong";
  if (file_.is_partial()) return "";
  return ": undone, it can be read up to its byte " + std::to_string(trial.error.offset) + " (" +
         words(trial.error) + ")";
}

void Search::tell(Arrival& found, const Trial& trial, const LineEnds& ends) const {
  const Undo& undo = found.undo;
  const std::string all[] = {
      words_of_text(undo), words_of_front(undo),
      undo.line_ends ? "line ends were changed from LF to CRLF, as on a terminal (docker exec -t, "
                       "kubectl exec -t) or by FTP in text mode"
                     : ""};
  for (const std::string& one : all) {
    if (!one.empty()) found.happened += (found.happened.empty() ? "" : "; ") + one;
  }
  found.error.code = code_of(undo);
  found.error.has_offset = true;
  if (undo.text == Text::bytes) {
    found.error.offset = undo.front != 0 ? undo.mark_bytes() + undo.front
                         : undo.has_mark ? 0
                                         : ends.first;
  }
  found.error.words = found.happened + words_of_proof(trial) +
                      "; rdbferry salvage undoes this, or copy the file again in binary mode";
}

}  // namespace

std::optional<Arrival> find_arrival(Rereadable& file, const Error& error, uint64_t pos) {
  return Search(file, error, pos).run();
}

std::optional<Arrival> find_arrival(Rereadable& file) {
  const Trial plain = try_reading(*file.read_again());
  if (plain.is_sound() || plain.is_proven || status(plain.error.code) == Status::io) return {};
  return find_arrival(file, plain.error, plain.pos);
}

}  // namespace rdb
