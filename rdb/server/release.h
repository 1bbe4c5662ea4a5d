// Releases of one version number that load files differently: security updates refuse what the
// releases before them loaded. A distribution's package may have a patch before the release that
// is named after it.
// Source: valkey 8.1.1 of Debian 13 (3+deb13u3), redis 7.0.15 of Debian 12 (1~deb12u7 and u10) and
// valkey 9.1.2 were seen to do so; the other numbers stand in the release notes of Valkey and Redis
// of May to September 2026 (CVE-2026-63639, CVE-2026-66373, valkey pull requests 3721 and 3921).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/server/target.h"

namespace rdb {

enum class Patch : uint8_t {
  shared_pending,   // an entry that is pending for two consumers is refused
  nan_scores,       // a score that is not a number is refused in packed sorted sets as well
  full_validation,  // every element is looked at, whatever sanitize-dump-payload says
};

enum class HasPatch : uint8_t {
  no,
  yes,
  unsaid,  // some releases of the target are, others are not, and none is named
};

// Whether a release of the target has the patch. `release`: as release_in() returns it.
[[nodiscard]] HasPatch has_patch(const Target& target, std::string_view release, Patch patch);

// The first releases with the patch: "8.1.9 and Debian's 8.1.1+dfsg1-3+deb13u3"; "" if there is
// none.
[[nodiscard]] std::string patched_since(const Target& target, Patch patch);

// Whether the C library of the release takes a number with an exponent without digits, "1e". True
// for Debian's packages up to Debian 13; a release on its own does not say.
// Source: sscanf of glibc 2.31, 2.36 and 2.41 takes it, that of 2.43 (valkey 9.1.2-1) fails.
[[nodiscard]] bool takes_bare_exponent(std::string_view release);

// Compares versions of Debian packages, or of releases, as dpkg does: negative, 0 or positive.
// Source: deb-version(7).
[[nodiscard]] int compare_versions(std::string_view a, std::string_view b);

}  // namespace rdb
