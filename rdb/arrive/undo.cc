#include "rdb/arrive/undo.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rdb/base/limits.h"

namespace rdb {
namespace {

bool is_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

// Leaves out the first bytes.
class Skip : public UndoStep {
 public:
  explicit Skip(uint64_t n) : left_(n) {}

  bool put(std::string_view in, std::string& out) override {
    const auto skipped = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
    left_ -= skipped;
    out.append(in.substr(skipped));
    return true;
  }
  bool end(std::string&) override { return true; }

 private:
  uint64_t left_;
};

// Takes out one CR before each LF. A terminal puts it there whatever stands before the LF, so that
// a CR LF of the content has become CR CR LF, and leaves every other CR alone.
class LineEnds : public UndoStep {
 public:
  bool put(std::string_view in, std::string& out) override {
    while (!in.empty()) {
      if (has_return_ && in[0] != '\n') out += '\r';
      has_return_ = false;
      const size_t plain = std::min(in.find('\r'), in.size());
      out.append(in.substr(0, plain));
      in.remove_prefix(plain);
      if (in.empty()) break;
      has_return_ = true;
      in.remove_prefix(1);
    }
    return true;
  }
  bool end(std::string& out) override {
    if (has_return_) out += '\r';
    return true;
  }

 private:
  bool has_return_ = false;  // the last byte, kept back
};

// Characters to bytes.
class Characters : public UndoStep {
 public:
  explicit Characters(CodePage page) : page_(page), bytes_(page) {}

 protected:
  bool put_character(uint32_t character, std::string& out) {
    const int byte = bytes_.byte_of(character);
    if (byte < 0) {
      return fail("character U+" + to_hex(character) + " is not in " + std::string(name(page_)));
    }
    out += static_cast<char>(byte);
    return true;
  }

  // In at least four digits, as Unicode does.
  static std::string to_hex(uint32_t character) {
    std::string out;
    for (; character != 0 || out.size() < 4; character >>= 4) {
      out.insert(out.begin(), "0123456789ABCDEF"[character & 15]);
    }
    return out;
  }

 private:
  CodePage page_;
  CodePageBytes bytes_;
};

class Utf16 : public Characters {
 public:
  Utf16(CodePage page, bool is_big) : Characters(page), is_big_(is_big) {}

  bool put(std::string_view in, std::string& out) override {
    for (const char c : in) {
      const auto byte = static_cast<uint8_t>(c);
      if (!has_first_) {
        first_ = byte;
        has_first_ = true;
        continue;
      }
      has_first_ = false;
      const uint32_t unit = is_big_ ? first_ << 8 | byte : uint32_t{byte} << 8 | first_;
      if (!put_character(unit, out)) return false;
    }
    return true;
  }
  bool end(std::string&) override {
    return !has_first_ || fail("the text ends inside a character");
  }

 private:
  bool is_big_;
  bool has_first_ = false;  // byte of a unit
  uint32_t first_ = 0;
};

// Sequences of up to three bytes, in the shortest form: no code page has characters beyond.
class Utf8 : public Characters {
 public:
  explicit Utf8(CodePage page) : Characters(page) {}

  bool put(std::string_view in, std::string& out) override {
    for (const char c : in) {
      const auto byte = static_cast<uint8_t>(c);
      if (left_ == 0 && byte < 0x80) {
        out += c;
      } else if (left_ == 0) {
        if (byte < 0xC2 || byte >= 0xF0) return fail("the text is not UTF-8");
        left_ = byte < 0xE0 ? 1 : 2;
        smallest_ = byte < 0xE0 ? 0x80 : 0x800;
        character_ = byte & (byte < 0xE0 ? 0x1FU : 0x0FU);
      } else {
        if ((byte & 0xC0) != 0x80) return fail("the text is not UTF-8");
        character_ = character_ << 6 | (byte & 0x3FU);
        if (--left_ != 0) continue;
        if (character_ < smallest_) return fail("the text is not UTF-8");
        if (!put_character(character_, out)) return false;
      }
    }
    return true;
  }
  bool end(std::string&) override { return left_ == 0 || fail("the text ends inside a character"); }

 private:
  unsigned left_ = 0;  // bytes of the sequence
  uint32_t character_ = 0;
  uint32_t smallest_ = 0;
};

// Digits of `bits` bits each, with blanks between them.
class Digits : public UndoStep {
 public:
  Digits(std::string_view alphabet, unsigned bits) : bits_(bits) {
    values_.fill(-1);
    for (size_t i = 0; i < alphabet.size(); ++i) set(alphabet[i], static_cast<int16_t>(i));
  }

  bool put(std::string_view in, std::string& out) override {
    for (const char c : in) {
      if (is_blank(c)) continue;
      const int value = values_[static_cast<uint8_t>(c)];
      if (c == '=' && bits_ == 6) {
        is_padded_ = true;
      } else if (value < 0 || is_padded_) {
        return fail(std::string("the text has a character that is no digit of ") +
                    (bits_ == 6 ? "base64" : "hexadecimal numbers"));
      } else {
        put_value(static_cast<unsigned>(value), out);
      }
    }
    return true;
  }
  bool end(std::string&) override {
    return held_bits_ < bits_ || fail("the text ends inside a byte");
  }

 protected:
  void set(char digit, int16_t value) { values_[static_cast<uint8_t>(digit)] = value; }

 private:
  void put_value(unsigned value, std::string& out) {
    held_ = held_ << bits_ | value;
    held_bits_ += bits_;
    if (held_bits_ < 8) return;
    held_bits_ -= 8;
    out += static_cast<char>(held_ >> held_bits_ & 0xFF);
    held_ &= (1U << held_bits_) - 1;
  }

  unsigned bits_;
  std::array<int16_t, 256> values_{};
  unsigned held_ = 0;
  unsigned held_bits_ = 0;
  bool is_padded_ = false;
};

// RFC 4648, with the two digits that URLs have as well.
class Base64 : public Digits {
 public:
  Base64() : Digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6) {
    set('-', 62);
    set('_', 63);
  }
};

class Hexadecimal : public Digits {
 public:
  Hexadecimal() : Digits("0123456789abcdef", 4) {
    for (int i = 0; i < 6; ++i) set(static_cast<char>('A' + i), static_cast<int16_t>(10 + i));
  }
};

std::unique_ptr<UndoStep> step_of(const Undo& undo) {
  switch (undo.text) {
    case Undo::Text::bytes:
      break;
    case Undo::Text::utf16_le:
    case Undo::Text::utf16_be:
      return std::make_unique<Utf16>(undo.page, undo.text == Undo::Text::utf16_be);
    case Undo::Text::utf8:
      return std::make_unique<Utf8>(undo.page);
    case Undo::Text::base64:
      return std::make_unique<Base64>();
    case Undo::Text::hex:
      return std::make_unique<Hexadecimal>();
  }
  return nullptr;
}

}  // namespace

UndoSource::UndoSource(ByteSource& from, const Undo& undo) : from_(from) {
  if (undo.has_mark) steps_.push_back(std::make_unique<Skip>(undo.mark_bytes()));
  if (auto step = step_of(undo)) steps_.push_back(std::move(step));
  if (undo.front != 0) steps_.push_back(std::make_unique<Skip>(undo.front));
  if (undo.line_ends) steps_.push_back(std::make_unique<LineEnds>());
  between_.resize(steps_.size());
}

bool UndoSource::read(char* to, size_t n, size_t& got) {
  got = 0;
  while (at_ == done_.size() && !is_ended_) {
    if (!fill()) break;
  }
  if (at_ == done_.size() && !failure_.ok()) return fail(failure_);
  got = std::string_view(done_).substr(at_).copy(to, n);
  at_ += got;
  return true;
}

// Reads a piece; false: there is no more, failure_ may say why.
bool UndoSource::fill() {
  done_.clear();
  at_ = 0;
  piece_.resize(kPieceBytes);
  size_t got = 0;
  const bool is_read = from_.read(piece_.data(), piece_.size(), got);
  if (!is_read) failure_ = from_.error();
  is_ended_ = !is_read || got == 0;
  if (is_ended_) return is_read && end_steps();
  if (pass(0, {piece_.data(), got})) return true;
  is_ended_ = true;
  return false;
}

// Passes bytes through the steps from that one on.
bool UndoSource::pass(size_t step, std::string_view in) {
  for (; step < steps_.size() && !in.empty(); ++step) {
    between_[step].clear();
    const bool is_put = steps_[step]->put(in, between_[step]);
    in = between_[step];
    if (is_put || !failure_.ok()) continue;
    failure_ = {.code = Code::bad_text, .words = steps_[step]->words()};
  }
  if (step >= steps_.size()) done_.append(in);
  return failure_.ok();
}

bool UndoSource::end_steps() {
  for (size_t step = 0; step < steps_.size(); ++step) {
    std::string last;
    const bool is_ended = steps_[step]->end(last);
    if (!pass(step + 1, last)) return false;
    if (is_ended) continue;
    failure_ = {.code = Code::bad_text, .words = steps_[step]->words()};
    return false;
  }
  return true;
}

}  // namespace rdb
