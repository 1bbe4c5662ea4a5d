#include "rdb/aof/aof_manifest.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "rdb/base/word.h"

namespace rdb {
namespace {

constexpr size_t kLineBytesMax = 1024;
constexpr size_t kWordsMin = 6;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Splits a line into words as servers split lines of their configuration.
class Words {
 public:
  explicit Words(std::string_view line) : left_(line) {}

  // False: a quote is not closed, or something stands right after it.
  bool split(std::vector<std::string>& to) {
    for (;;) {
      while (!left_.empty() && is_space(left_[0])) left_.remove_prefix(1);
      if (left_.empty()) return true;
      if (!read(to.emplace_back())) return false;
    }
  }

 private:
  bool read(std::string& word) {
    while (!left_.empty() && !is_space(left_[0])) {
      const char c = take();
      if (c != '"' && c != '\'') {
        word += c;
      } else if (!(c == '"' ? read_double_quoted(word) : read_single_quoted(word))) {
        return false;
      }
    }
    return true;
  }

  bool read_double_quoted(std::string& word) {
    while (!left_.empty()) {
      const char c = take();
      if (c == '"') return left_.empty() || is_space(left_[0]);
      word += c == '\\' && !left_.empty() ? take_escape() : c;
    }
    return false;
  }

  char take_escape() {
    if (left_.size() >= 3 && left_[0] == 'x' && digit_of(left_[1]) >= 0 &&
        digit_of(left_[2]) >= 0) {
      const int byte = digit_of(left_[1]) * 16 + digit_of(left_[2]);
      left_.remove_prefix(3);
      return static_cast<char>(byte);
    }
    constexpr std::string_view kNames = "nrtba";
    constexpr std::string_view kBytes = "\n\r\t\b\a";
    const char c = take();
    const size_t at = kNames.find(c);
    return at == kNames.npos ? c : kBytes[at];
  }

  bool read_single_quoted(std::string& word) {
    while (!left_.empty()) {
      char c = take();
      if (c == '\'') return left_.empty() || is_space(left_[0]);
      if (c == '\\' && left_.starts_with('\'')) c = take();
      word += c;
    }
    return false;
  }

  char take() {
    const char c = left_[0];
    left_.remove_prefix(1);
    return c;
  }

  std::string_view left_;
};

// Returns why a line is refused, or nothing.
std::string parse_line(std::string_view line, AofFile& file) {
  std::vector<std::string> words;
  if (!Words(line).split(words)) return "a quote is not closed";
  if (words.empty()) return "it is empty";
  if (words.size() < kWordsMin || words.size() % 2 != 0) {
    return "it has " + std::to_string(words.size()) +
           " words, not pairs of which there are at least three";
  }
  char type = '\0';
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& value = words[i + 1];
    if (is_same_word(words[i], "file")) file.name = value;
    if (is_same_word(words[i], "seq")) file.seq = std::strtoll(value.c_str(), nullptr, 10);
    if (is_same_word(words[i], "type")) type = value.empty() ? '\0' : value[0];
  }
  if (file.name.empty()) return "it names no file";
  if (file.name.find_first_of("/\\") != std::string::npos) {
    return quoted(file.name) + " is a path, and must be the name of a file beside the manifest";
  }
  if (file.name == "." || file.name == ".." || file.name.find('\0') != std::string::npos) {
    return quoted(file.name) + " is not the name of a file";
  }
  if (file.seq == 0) return "its sequence number is missing, or 0";
  if (type != 'b' && type != 'h' && type != 'i') return "its type is none of b, h and i";
  file.type = type == 'b'   ? AofFile::Type::base
              : type == 'h' ? AofFile::Type::history
                            : AofFile::Type::increment;
  return "";
}

// Returns why a file cannot follow those before it, or nothing.
std::string find_conflict(const AofFile& file, const std::vector<AofFile>& before) {
  const auto is_base = [](const AofFile& f) { return f.type == AofFile::Type::base; };
  if (file.type == AofFile::Type::base && std::any_of(before.begin(), before.end(), is_base)) {
    return "there is a base file already";
  }
  if (file.type != AofFile::Type::increment) return "";
  int64_t highest = 0;
  for (const AofFile& f : before) {
    if (f.type == AofFile::Type::increment) highest = std::max(highest, f.seq);
  }
  if (file.seq > highest) return "";
  return "increment " + std::to_string(file.seq) + " comes after " + std::to_string(highest) +
         ", and sequence numbers must rise";
}

Error bad(size_t line, std::string_view why) {
  return {.code = Code::bad_manifest,
          .words = "line " + std::to_string(line) + " of the manifest: " + std::string(why)};
}

}  // namespace

std::string_view name(AofFile::Type type) {
  constexpr std::string_view kNames[] = {"base", "history", "increment"};
  return kNames[static_cast<size_t>(type)];
}

Error parse_aof_manifest(std::string_view text, std::vector<AofFile>& to) {
  to.clear();
  if (text.empty()) return {.code = Code::bad_manifest, .words = "the manifest is empty"};
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.substr(0, kLineBytesMax).find('\n');
    const std::string_view line = text.substr(0, std::min(end, kLineBytesMax));
    text.remove_prefix(std::min(text.size(), line.size() + (end == text.npos ? 0 : 1)));
    if (line.starts_with('#')) continue;
    if (line.find('\0') != line.npos) return bad(number, "it holds a zero byte");
    if (end == text.npos) {
      return bad(number, line.size() < kLineBytesMax ? "it does not end in a newline"
                                                     : "it is longer than 1024 bytes");
    }
    AofFile file;
    std::string why = parse_line(line, file);
    if (why.empty()) why = find_conflict(file, to);
    if (!why.empty()) return bad(number, why);
    to.push_back(std::move(file));
  }
  return {};
}

std::string format_aof_manifest(const std::vector<AofFile>& files) {
  std::string out;
  for (const AofFile& file : files) {
    out += "file " + file.name + " seq " + std::to_string(file.seq) + " type " +
           std::string(name(file.type).substr(0, 1)) + "\n";
  }
  return out;
}

}  // namespace rdb
