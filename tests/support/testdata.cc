#include "tests/support/testdata.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "tests/support/nlohmann.h"

namespace rdb {
namespace {

using Json = nlohmann::json;

Counts counts(const Json& object) {
  Counts out;
  for (const auto& [name, count] : object.items()) {
    if (count.get<uint64_t>() != 0) out[name] = count.get<uint64_t>();
  }
  return out;
}

}  // namespace

std::string read_whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> rdb_files(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".rdb") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

ServerRecord server_record(const std::string& rdb_path) {
  const std::string path = rdb_path.substr(0, rdb_path.size() - 4) + ".json";
  const Json json = Json::parse(read_whole_file(path));
  ServerRecord out;
  out.header = json.at("header").get<std::string>();
  out.types = counts(json.at("rdb_types"));
  out.opcodes = counts(json.at("rdb_opcodes"));
  out.encodings = counts(json.at("string_encodings"));
  out.keys = counts(json.at("keys_per_db"));
  out.expires = counts(json.at("expires_per_db"));
  for (const auto& [name, value] : json.at("aux").items()) {
    out.aux[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  const Json& checksum = json.at("checksum");
  out.checksum = checksum.is_string() ? checksum.get<std::string>() : checksum.dump();
  return out;
}

std::vector<ManifestLine> manifest() {
  std::istringstream in(read_whole_file("testdata/MANIFEST"));
  std::vector<ManifestLine> out;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    ManifestLine row;
    std::istringstream words(line);
    words >> row.file >> row.server >> row.case_name;
    out.push_back(row);
  }
  return out;
}

}  // namespace rdb
