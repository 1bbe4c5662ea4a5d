#include "rdb/sets/key_list.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace rdb {
namespace {

// What \c stands for, or 0. Source: redis 7.2.6 src/sds.c, sdscatrepr.
char escaped(char c) {
  constexpr std::string_view kLetters = "nrtab\"\\";
  constexpr std::string_view kBytes = "\n\r\t\a\b\"\\";
  const size_t at = kLetters.find(c);
  return at == kLetters.npos ? '\0' : kBytes[at];
}

// Takes a name out of its quotes, in place. False: it is not what sdscatrepr writes.
bool unquote(std::string& line) {
  if (line.size() < 2 || line.back() != '"') return false;
  line.pop_back();
  size_t size = 0;
  for (size_t i = 1; i < line.size(); ++i) {
    char c = line[i];
    if (c == '"') return false;
    if (c == '\\') {
      if (++i == line.size()) return false;
      c = escaped(line[i]);
      if (c == '\0') {
        const char* const digits = line.data() + i + 1;
        uint8_t byte = 0;
        if (line[i] != 'x' || line.size() - i < 3) return false;
        if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return false;
        c = static_cast<char>(byte);
        i += 2;
      }
    }
    line[size++] = c;
  }
  line.resize(size);
  return true;
}

}  // namespace

bool KeyList::read(ByteSource& source, std::string& why, uint64_t held_max) {
  why.clear();
  std::string buffer(kPieceBytes, '\0');
  std::string line;
  uint64_t lines = 1;
  for (size_t got = 1; got != 0;) {
    if (!source.read(buffer.data(), buffer.size(), got)) return false;
    std::string_view rest(buffer.data(), got);
    for (;;) {
      const size_t end = rest.find('\n');
      line += rest.substr(0, end);
      if (held_ + line.size() > held_max) {
        why = "makes the names take more than " + std::to_string(held_max) +
              " bytes of memory, --max-memory allows more";
      }
      const bool is_whole = end != rest.npos || got == 0;
      if (!why.empty() || (is_whole && !add_line(line, why))) {
        why = "line " + std::to_string(lines) + " " + why;
        return false;
      }
      if (end == rest.npos) break;
      ++lines;
      rest.remove_prefix(end + 1);
    }
  }
  return true;
}

bool KeyList::add_line(std::string& line, std::string& why) {
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return true;
  if (line[0] == '"' && !unquote(line)) {
    why = R"(begins with a quote and is no name in quotes, with \n \r \t \a \b \" \\ \xHH)";
    return false;
  }
  constexpr uint64_t kNameHeld = 80;
  if (names_.emplace(line, false).second) held_ += kNameHeld + line.size();
  line.clear();
  return true;
}

bool KeyList::has(std::string_view name) {
  const auto at = names_.find(name);
  if (at == names_.end()) return false;
  at->second = true;
  return true;
}

std::vector<std::string_view> KeyList::missing() const {
  std::vector<std::string_view> out;
  for (const auto& [name, is_found] : names_) {
    if (!is_found) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace rdb
