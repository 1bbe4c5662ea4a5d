#include "rdb/pass/library_head.h"

#include <algorithm>
#include <cctype>

#include "rdb/base/word.h"

namespace rdb {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool ends_word(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The value of a hexadecimal digit; -1: it is none.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Splits a line into words, as servers do.
class Words {
 public:
  Words(std::string_view line, Quoting quoting) : line_(line), quoting_(quoting) {}

  // Takes the next word; false: there is none, or is_bad(). Then `word` has what there is of it.
  bool next(std::string& word) {
    word.clear();
    while (!line_.empty() && is_space(line_.front())) line_.remove_prefix(1);
    if (line_.empty()) return false;
    while (!line_.empty() && !ends_word(line_.front())) {
      const char c = take();
      if (c != '"' && c != '\'') {
        word += c;
        continue;
      }
      if (!unquote(c, word)) return false;
      if (quoting_ == Quoting::joined) continue;
      is_bad_ = !line_.empty() && !is_space(line_.front());
      return !is_bad_;
    }
    return true;
  }

  // A quote is left open, or has something right after it that may not be there.
  [[nodiscard]] bool is_bad() const { return is_bad_; }

 private:
  char take() {
    const char c = line_.front();
    line_.remove_prefix(1);
    return c;
  }

  // What is in quotes, up to the closing one.
  bool unquote(char quote, std::string& word) {
    while (!line_.empty()) {
      const char c = take();
      if (c == quote) return true;
      const bool is_escape =
          c == '\\' && !line_.empty() && (quote == '"' || line_.front() == quote);
      word += is_escape ? escaped(quote) : c;
    }
    is_bad_ = true;
    return false;
  }

  // What an escape in quotes means.
  char escaped(char quote) {
    const char c = take();
    if (quote == '\'') return c;
    if (c == 'x' && line_.size() >= 2 && digit(line_[0]) >= 0 && digit(line_[1]) >= 0) {
      const int high = digit(take());
      return static_cast<char>(high * 16 + digit(take()));
    }
    constexpr std::string_view kLetters = "nrtba";
    const size_t at = kLetters.find(c);
    return at == std::string_view::npos ? c : "\n\r\t\b\a"[at];
  }

  std::string_view line_;
  Quoting quoting_;
  bool is_bad_ = false;
};

}  // namespace

std::string_view parse_library_head(std::string_view source, std::string& engine, std::string& name,
                                    Quoting quoting) {
  engine.clear();
  name.clear();
  if (!source.starts_with("#!")) return "does not begin with #!<engine> name=<library>";
  const std::string_view line = source.substr(0, source.find('\n'));
  std::string_view fault;
  bool has_name = false;
  Words words(line, quoting);
  std::string word;
  if (words.next(word)) engine = word.substr(2);
  while (words.next(word)) {
    const bool is_name = is_same_word(std::string_view(word).substr(0, 5), "name=");
    if (!is_name) fault = "has something other than name= in its first line";
    if (is_name && has_name) fault = "is named twice";
    if (is_name) name = word.substr(5);
    has_name |= is_name;
  }
  const auto is_valid = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  if (line.size() == source.size()) return "has no code behind its first line";
  if (line.find('\0') != std::string_view::npos) return "has a zero byte in its first line";
  if (words.is_bad())
    return "has a first line with a quote that is not closed, or closed too early";
  if (!has_name || name.empty()) return "has no name";
  if (!std::all_of(name.begin(), name.end(), is_valid)) {
    return "has a name with other than letters, digits and underscores";
  }
  return fault;
}

}  // namespace rdb
