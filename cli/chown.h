// Whether the server that is to start on a directory may write there.
#pragma once

#include <string>

namespace cli {

// The owner that the directory and its files lack, as chown takes it ("valkey:valkey"): that of the
// directory around it, in which the server lives; "USER:GROUP" where root has all of them, which
// runs no server. Empty: nothing is missing.
[[nodiscard]] std::string missing_owner(const std::string& directory);

}  // namespace cli
