// The commands, their options bound to structs.
#pragma once

#include "cli/check.h"
#include "cli/convert.h"
#include "cli/diff.h"
#include "cli/digest.h"
#include "cli/dump.h"
#include "cli/explain.h"
#include "cli/info.h"
#include "cli/manifest.h"
#include "cli/merge.h"
#include "cli/options.h"
#include "cli/salvage.h"
#include "cli/split.h"
#include "cli/targets.h"

namespace cli {

struct Commands {
  InfoOptions info;
  CheckOptions check;
  DumpOptions dump;
  ConvertOptions convert;
  SplitOptions split;
  MergeOptions merge;
  TargetsOptions targets;
  DigestOptions digest;
  ManifestOptions manifest;
  DiffOptions diff;
  ExplainOptions explain;
  SalvageOptions salvage;
};

// `commands` must outlive the parsing.
void add_commands(CLI::App& app, Commands& commands);

// Runs the command that was parsed; the exit status.
int run(const CLI::App& app, const Commands& commands);

}  // namespace cli
