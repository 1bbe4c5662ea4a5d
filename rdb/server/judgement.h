// The verdict on a whole file, put together in one pass: values, functions, counts, databases,
// modules, duplicate keys, placement in a cluster.
//
//   Judgement judgement(loading, {.now_ms = now});
//   if (reader.open()) (void)judgement.read(reader);
//   const std::vector<Finding> findings = judgement.findings(reader);
//   // status(findings) is the exit status, verdict(findings) what the server does
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "rdb/base/slot.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"
#include "rdb/pass/survey.h"
#include "rdb/server/counts.h"
#include "rdb/server/findings.h"
#include "rdb/server/loading.h"
#include "rdb/server/placement.h"
#include "rdb/server/verdict.h"

namespace rdb {

struct JudgementOptions {
  int64_t now_ms = 0;         // unix time at which keys and fields count as expired
  size_t findings_max = 100;  // findings about values that are listed
  size_t memory = Duplicates::kMemoryDefault;  // bytes for the search for duplicate keys
  bool opens_values = true;                    // false: framing, checksum and counts alone
  bool requires_checksum = false;
  std::optional<SlotSet> slots = {};       // of the node, with Loading::is_cluster; absent: all
  const Expectations* expected = nullptr;  // borrowed; must outlive the Judgement
};

// Not thread-safe; distinct objects are independent. Judges one file.
class Judgement {
 public:
  // `loading` is borrowed and must outlive the Judgement. Without a target in it, values are judged
  // by what any Valkey from 7.2 to 9.1 would do with them.
  Judgement(const Loading& loading, JudgementOptions options);

  // The options of a reader whose file is judged, from those that are wanted otherwise.
  [[nodiscard]] ReaderOptions reader_options(ReaderOptions wanted) const;

  // Reads an open reader to the end of its file. False: error(reader) says why it stopped.
  [[nodiscard]] bool read(Reader& reader);
  // Why reading stopped: an error of the file, or of a temporary file.
  [[nodiscard]] const Error& error(const Reader& reader) const;

  // Returns what was found, whether or not read() came to the end; `failed` is the error that ended
  // opening or reading, if any. With `bytes`, the file itself, a duplicate key that was found late
  // gets its name.
  [[nodiscard]] std::vector<Finding> findings(const Reader& reader, const Error& failed,
                                              RandomAccess* bytes) const;

  [[nodiscard]] const Survey& survey() const { return survey_; }

 private:
  bool add(Reader& reader, const Record& record);
  void keep_expired();  // servers load them from an append-only file
  void find_in_whole(const Reader& reader, RandomAccess* bytes, std::vector<Finding>& out) const;

  const Loading& loading_;
  JudgementOptions options_;
  Placement placement_;
  Survey survey_;
  Verdict verdict_;
};

}  // namespace rdb
