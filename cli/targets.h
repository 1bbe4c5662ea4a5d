// rdbferry targets: the servers that convert writes for, and what their files can hold.
#pragma once

namespace cli {

struct TargetsOptions {
  bool json = false;
};

int run(const TargetsOptions& options);

}  // namespace cli
