#include "rdb/server/release.h"

#include <string_view>

#include <doctest/doctest.h>

namespace rdb {
namespace {

HasPatch shared(std::string_view target, std::string_view release) {
  return has_patch(*find_target(target), release, Patch::shared_pending);
}

}  // namespace

// deb-version(7), and what `dpkg --compare-versions` says of each pair.
TEST_CASE("release: versions are compared as dpkg compares them") {
  constexpr std::string_view kAscending[] = {"8.1.1~rc1",
                                             "8.1.1",
                                             "8.1.1+dfsg1-3",
                                             "8.1.1+dfsg1-3+deb13u1",
                                             "8.1.1+dfsg1-3+deb13u3",
                                             "8.1.1+dfsg1-3+deb13u10",
                                             "8.1.9",
                                             "8.1.10"};
  for (size_t i = 0; i < std::size(kAscending); ++i) {
    for (size_t k = 0; k < std::size(kAscending); ++k) {
      const int found = compare_versions(kAscending[i], kAscending[k]);
      CHECK((found < 0) == (i < k));
      CHECK((found > 0) == (i > k));
    }
  }
  CHECK(compare_versions("7.0.15-1~deb12u9", "7.0.15-1") < 0);
  CHECK(compare_versions("1.01", "1.1") == 0);
  CHECK(compare_versions("1a", "1+") < 0);
}

// Seen: Debian's redis 7.0.15-1~deb12u7 and u10, its valkey 8.0.1 and 8.1.1+dfsg1-3+deb13u3, valkey
// 9.1.2. The release notes: 8.0.10, 8.1.9, 9.1.1.
TEST_CASE("release: which releases refuse an entry that is pending for two consumers") {
  CHECK(shared("valkey-8.0", "") == HasPatch::unsaid);
  CHECK(shared("valkey-8.0", "8.0.1+dfsg1-1~bpo12+1") == HasPatch::no);
  CHECK(shared("valkey-8.0", "8.0.10") == HasPatch::yes);
  CHECK(shared("valkey-8.1", "8.1.1") == HasPatch::unsaid);  // the package may have it
  CHECK(shared("valkey-8.1", "8.1.1+dfsg1-3+deb13u2") == HasPatch::no);
  CHECK(shared("valkey-8.1", "8.1.1+dfsg1-3+deb13u3") == HasPatch::yes);
  CHECK(shared("valkey-8.1", "8.1.8") == HasPatch::no);
  CHECK(shared("valkey-8.1", "8.1.9") == HasPatch::yes);
  CHECK(shared("valkey-9.1", "9.1.0") == HasPatch::no);
  CHECK(shared("valkey-9.1", "9.1.2-1") == HasPatch::yes);
  CHECK(shared("redis-7.0", "7.0.15-1~deb12u7") == HasPatch::no);
  CHECK(shared("redis-7.0", "7.0.15-1~deb12u10") == HasPatch::yes);
  CHECK(shared("redis-6.0", "") == HasPatch::no);
}

// Seen: ZSCORE of such a score in Debian's valkey 8.0.1, 8.1.1 and redis 7.0.15; 9.1.2-1 refuses
// it.
TEST_CASE("release: whose C library takes an exponent without digits") {
  CHECK(takes_bare_exponent("8.0.1+dfsg1-1~bpo12+1"));
  CHECK(takes_bare_exponent("8.1.1+dfsg1-3+deb13u3"));
  CHECK(takes_bare_exponent("7.0.15-1~deb12u7"));
  CHECK(!takes_bare_exponent("9.1.2-1"));
  CHECK(!takes_bare_exponent("8.0.1"));
  CHECK(!takes_bare_exponent(""));
}

TEST_CASE("release: the first patched releases are named") {
  const auto since = [](std::string_view target) {
    return patched_since(*find_target(target), Patch::shared_pending);
  };
  CHECK(since("valkey-8.0") == "8.0.10");
  CHECK(since("valkey-8.1") == "8.1.9 and Debian's 8.1.1+dfsg1-3+deb13u3");
  CHECK(since("redis-7.0") == "Debian's 7.0.15-1~deb12u9");
  CHECK(since("redis-5.0").empty());
}

}  // namespace rdb
