#include "rdb/server/release.h"

#include <algorithm>

namespace rdb {
namespace {

struct Row {
  std::string_view target;
  Patch patch;
  std::string_view since;    // the first release with it; "" if none was made
  std::string_view package;  // Debian's first package of an older release with it; "" if none
};

constexpr Row kRows[] = {
    {"valkey-7.2", Patch::shared_pending, "7.2.14", ""},
    {"valkey-8.0", Patch::shared_pending, "8.0.10", ""},
    {"valkey-8.1", Patch::shared_pending, "8.1.9", "8.1.1+dfsg1-3+deb13u3"},
    {"valkey-9.0", Patch::shared_pending, "9.0.5", ""},
    {"valkey-9.1", Patch::shared_pending, "9.1.1", ""},
    {"redis-6.2", Patch::shared_pending, "6.2.23", ""},
    {"redis-7.0", Patch::shared_pending, "", "7.0.15-1~deb12u9"},
    {"redis-7.2", Patch::shared_pending, "7.2.15", ""},
    {"valkey-8.1", Patch::nan_scores, "8.1.9", ""},
    {"valkey-9.1", Patch::nan_scores, "9.1.1", ""},
    {"valkey-8.1", Patch::full_validation, "8.1.10", ""},
    {"valkey-9.0", Patch::full_validation, "9.0.6", ""},
};

const Row* find_row(const Target& target, Patch patch) {
  const auto is_it = [&](const Row& row) {
    return row.target == target.name && row.patch == patch;
  };
  const Row* const found = std::find_if(std::begin(kRows), std::end(kRows), is_it);
  return found == std::end(kRows) ? nullptr : found;
}

// "8.1.1" of "8.1.1+dfsg1-3+deb13u3".
std::string_view numbers_of(std::string_view version) {
  return version.substr(0, std::min(version.find_first_not_of("0123456789."), version.size()));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where letters come before other characters, and a tilde before the end of the text.
int rank(std::string_view text, size_t at) {
  if (at >= text.size() || is_digit(text[at])) return 0;
  const char c = text[at];
  if (c == '~') return -1;
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return static_cast<unsigned char>(c) + (is_letter ? 0 : 256);
}

// Takes the number at the front off `text`, without its zeros.
std::string_view take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  const std::string_view number = text.substr(0, size);
  text.remove_prefix(size);
  return number;
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    size_t same = 0;
    for (; rank(a, same) == rank(b, same) && rank(a, same) != 0; ++same) {
    }
    if (rank(a, same) != rank(b, same)) return rank(a, same) < rank(b, same) ? -1 : 1;
    a.remove_prefix(std::min(same, a.size()));
    b.remove_prefix(std::min(same, b.size()));
    const std::string_view first = take_number(a);
    const std::string_view second = take_number(b);
    if (first.size() != second.size()) return first.size() < second.size() ? -1 : 1;
    if (first != second) return first < second ? -1 : 1;
  }
  return 0;
}

HasPatch has_patch(const Target& target, std::string_view release, Patch patch) {
  const Row* const row = find_row(target, patch);
  if (row == nullptr) return HasPatch::no;
  if (release.empty()) return HasPatch::unsaid;
  const std::string_view numbers = numbers_of(release);
  if (!row->since.empty() && compare_versions(numbers, row->since) >= 0) return HasPatch::yes;
  if (row->package.empty() || numbers != numbers_of(row->package)) return HasPatch::no;
  if (release == numbers) return HasPatch::unsaid;
  return compare_versions(release, row->package) >= 0 ? HasPatch::yes : HasPatch::no;
}

bool takes_bare_exponent(std::string_view release) {
  for (const std::string_view debian : {"deb11", "deb12", "deb13", "bpo11", "bpo12", "bpo13"}) {
    if (release.find(debian) != std::string_view::npos) return true;
  }
  return false;
}

std::string patched_since(const Target& target, Patch patch) {
  const Row* const row = find_row(target, patch);
  if (row == nullptr) return "";
  std::string out(row->since);
  if (row->package.empty()) return out;
  return out + (out.empty() ? "" : " and ") + "Debian's " + std::string(row->package);
}

}  // namespace rdb
