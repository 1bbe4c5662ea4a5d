#include "cli/suggest.h"

#include <algorithm>

namespace cli {
namespace {

// How many letters are added, left out, replaced or swapped with their neighbour from `a` to `b`.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> steps(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      size_t& least = steps[i][j];
      least = std::max(i, j);
      if (i == 0 || j == 0) continue;
      least = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1,
                        steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) least = std::min(least, steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  constexpr size_t kTypedMax = 64;
  if (typed.size() > kTypedMax) return "";
  constexpr size_t kPrefixMin = 5;  // a name cut short is meant from here on
  for (const std::string& name : names) {
    if (typed.size() >= kPrefixMin && name.starts_with(typed)) return "did you mean " + name + "?";
  }
  const auto is_nearer = [typed](const std::string& a, const std::string& b) {
    return distance(typed, a) < distance(typed, b);
  };
  const auto nearest = std::min_element(names.begin(), names.end(), is_nearer);
  if (nearest == names.end()) return "";
  const size_t letters = nearest->size() - std::min(nearest->find_first_not_of('-'), size_t{2});
  const size_t allowed = letters < 4 ? 1 : 2;
  return distance(typed, *nearest) > allowed ? "" : "did you mean " + *nearest + "?";
}

}  // namespace cli
