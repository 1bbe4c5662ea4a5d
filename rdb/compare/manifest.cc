#include "rdb/compare/manifest.h"

#include <algorithm>
#include <array>
#include <map>

#include "rdb/base/limits.h"

namespace rdb {
namespace {

// Takes scalars off a document. Numbers and strings are not looked into further than to their ends.
class ItemReader {
 public:
  ItemReader(std::string_view document, JsonItems& to) : left_(document), to_(to) {}

  bool read() {
    blanks();
    return value("", 0) && left_.empty();
  }

 private:
  bool value(const std::string& path, int depth) {
    constexpr int kDepthMax = 32;
    if (depth == kDepthMax || left_.empty()) return false;
    if (take('{')) return members(path, depth);
    if (take('[')) return elements(path, depth);
    std::string_view token;
    if (!scalar(token)) return false;
    to_.emplace_back(path, token);
    blanks();
    return true;
  }

  bool members(const std::string& path, int depth) {
    if (take('}')) return true;
    do {
      std::string_view name;
      if (left_.empty() || left_[0] != '"' || !scalar(name)) return false;
      blanks();
      name = name.substr(1, name.size() - 2);
      if (!take(':') || !value((path.empty() ? "" : path + ".") + std::string(name), depth + 1)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  bool elements(const std::string& path, int depth) {
    if (take(']')) return true;
    uint64_t at = 0;
    do {
      if (!value(path + "[" + std::to_string(at++) + "]", depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool scalar(std::string_view& token) {
    size_t end = 0;
    if (left_[0] == '"') {
      for (end = 1; end < left_.size() && left_[end] != '"'; ++end) end += left_[end] == '\\';
      if (end++ >= left_.size()) return false;
    } else {
      end = std::min(left_.find_first_of(",:]}[{\" \t\r\n"), left_.size());
    }
    token = left_.substr(0, end);
    left_.remove_prefix(end);
    return end != 0;
  }

  bool take(char c) {
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    blanks();
    return true;
  }

  void blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size())); }

  std::string_view left_;
  JsonItems& to_;
};

}  // namespace

bool HashedSource::read(char* to, size_t n, size_t& got) {
  if (!source_.read(to, n, got)) return fail(source_.error());
  sha256_.add({to, got});
  bytes_ += got;
  return true;
}

bool HashedSource::drain() {
  std::array<char, kPieceBytes> piece;
  size_t got = 1;
  while (got != 0) {
    if (!read(piece.data(), piece.size(), got)) return false;
  }
  return true;
}

bool json_items(std::string_view document, JsonItems& to) {
  return ItemReader(document, to).read();
}

std::optional<std::vector<std::string>> compare_manifests(std::string_view found,
                                                          std::string_view recorded) {
  JsonItems own;
  JsonItems items;
  if (!json_items(recorded, items) || !json_items(found, own)) return {};
  const std::map<std::string, std::string> said(items.begin(), items.end());
  const auto schema = said.find("schema");
  if (schema == said.end() || schema->second != '"' + std::string(kManifestSchema) + '"') return {};
  std::vector<std::string> out;
  std::map<std::string, std::string> unseen = said;
  for (const auto& [path, value] : own) {
    unseen.erase(path);
    if (path == "tool" || path == "file") continue;
    const auto at = said.find(path);
    if (at == said.end()) {
      out.push_back(path + " is " + value + ", which the manifest does not have");
    } else if (at->second != value) {
      out.push_back(path + " is " + value + ", the manifest says " + at->second);
    }
  }
  for (const auto& [path, value] : unseen) {
    out.push_back(path + " is not there, the manifest says " + value);
  }
  return out;
}

}  // namespace rdb
