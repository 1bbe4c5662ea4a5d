// The seed of the hashes that are compared within one run only. It is random, so nobody can choose
// names that share a hash or a slot of a table.
#pragma once

#include <cstdint>

namespace rdb {

// Returns the seed of this process: random, taken from the system at the first call. Thread-safe.
[[nodiscard]] uint64_t run_seed();

// Replaces the seed, for tests: no object that holds seeded hashes may outlive the call.
void set_run_seed(uint64_t seed);

}  // namespace rdb
