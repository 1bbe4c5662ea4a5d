#include "tests/support/vectors.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>

#include "tests/support/nlohmann.h"

namespace rdb {
namespace {

using Json = nlohmann::json;

uint8_t nibble(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const size_t at = kDigits.find(c);
  if (at == std::string_view::npos) throw std::runtime_error("vectors.json: no hexadecimal digit");
  return static_cast<uint8_t>(at);
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
  }
  return bytes;
}

std::string to_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Vector parse(const Json& row) {
  Vector out;
  for (const auto& [key, value] : row.items()) {
    if (key == "name") {
      out.name = value.get<std::string>();
    } else if (key == "meaning") {
      out.meaning = value.get<std::string>();
    } else if (key == "hex") {
      out.bytes = from_hex(value.get<std::string>());
    } else if (key == "error") {
      out.is_error = value.get<bool>();
    } else if (key == "items" || key == "members") {
      for (const Json& item : value) out.items.push_back(to_text(item));
    } else if (key == "pairs") {
      for (const Json& pair : value) out.pairs.emplace_back(to_text(pair[0]), to_text(pair[1]));
    } else if (!value.is_structured()) {
      out.texts[key] = to_text(value);
    }
  }
  return out;
}

std::vector<Vector> load() {
  std::ifstream in("testdata/vectors.json");
  if (!in) throw std::runtime_error("cannot open testdata/vectors.json");
  std::vector<Vector> out;
  for (const Json& row : Json::parse(in)) out.push_back(parse(row));
  return out;
}

const std::vector<Vector>& all() {
  static const std::vector<Vector> vectors = load();
  return vectors;
}

}  // namespace

const Vector& vector_named(std::string_view name) {
  for (const Vector& vector : all()) {
    if (vector.name == name) return vector;
  }
  throw std::runtime_error("vectors.json has no " + std::string(name));
}

std::vector<Vector> vectors_with_prefix(std::string_view prefix) {
  std::vector<Vector> out;
  for (const Vector& vector : all()) {
    if (vector.name.starts_with(prefix)) out.push_back(vector);
  }
  if (out.empty()) throw std::runtime_error("vectors.json has no " + std::string(prefix) + "*");
  return out;
}

}  // namespace rdb
