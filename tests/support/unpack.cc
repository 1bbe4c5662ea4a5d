#include "tests/support/unpack.h"

#include <sys/resource.h>

namespace rdb {

size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) << 10;
}

}  // namespace rdb
