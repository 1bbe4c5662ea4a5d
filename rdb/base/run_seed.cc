#include "rdb/base/run_seed.h"

#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

namespace rdb {
namespace {

uint64_t random_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
  // A kernel without getrandom(2), or one that has just started: hard to guess is enough.
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto address = reinterpret_cast<uintptr_t>(&seed);  // the kernel places stacks at random
  return static_cast<uint64_t>(now) * 0x9E3779B97F4A7C15 ^ address ^
         static_cast<uint64_t>(getpid()) << 32;
}

std::atomic<uint64_t>& current() {
  static std::atomic<uint64_t> seed{random_seed()};
  return seed;
}

}  // namespace

uint64_t run_seed() { return current().load(std::memory_order_relaxed); }

void set_run_seed(uint64_t seed) { current().store(seed, std::memory_order_relaxed); }

}  // namespace rdb
