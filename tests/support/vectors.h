// Known bytes and what they mean, as real servers wrote or judged them: testdata/vectors.json.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rdb {

struct Vector {
  std::string name;
  std::string meaning;
  std::string bytes;
  bool is_error = false;  // servers refuse the bytes

  // Numbers are in decimal, doubles as they stand in the file.
  std::vector<std::string> items;  // "items" of a list or "members" of a set
  std::vector<std::pair<std::string, std::string>> pairs;
  std::map<std::string, std::string> texts;  // every other member that is a string or a number

  // A member of `texts`; a test that asks for one that is not there ends with an exception.
  [[nodiscard]] const std::string& text(const std::string& member) const {
    return texts.at(member);
  }
};

// The vector of that name; the program ends with an exception if there is none. Tests run in the
// root of the repository.
[[nodiscard]] const Vector& vector_named(std::string_view name);

// All vectors whose names begin so, in the order of the file; never empty.
[[nodiscard]] std::vector<Vector> vectors_with_prefix(std::string_view prefix);

}  // namespace rdb
