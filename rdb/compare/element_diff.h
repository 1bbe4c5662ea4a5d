// How two values of one key differ, element by element, as text, in bounded memory: of those that
// are listed the values are read once more. Elements of lists are known by their positions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rdb/compare/diff.h"
#include "rdb/compare/value_hash.h"

namespace rdb {

// `field "a"`, and what it is on either side; long texts are cut.
struct ElementDifference {
  Change change = Change::changed;
  std::string name;
  std::string a;
  std::string b;
};

// One thread; one pair of values.
class ElementDiff {
 public:
  ElementDiff(const ContentForm& form, size_t listed_max) : form_(form), first_(listed_max) {}

  // Hands the value of that side to the sink, whenever it is called. False: it cannot.
  using Read = std::function<bool(bool is_b, Sink& to)>;
  // False: `read` failed, or error().
  [[nodiscard]] bool run(const Read& read);

  [[nodiscard]] const std::vector<ElementDifference>& listed() const { return listed_; }
  [[nodiscard]] uint64_t count() const { return first_.count(); }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  bool describe(const Read& read, const std::vector<Difference>& differences);

  ContentForm form_;
  FirstDifferences first_;
  std::vector<ElementDifference> listed_;
  Error error_;
};

}  // namespace rdb
