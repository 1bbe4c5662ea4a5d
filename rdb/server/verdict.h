// Judges the values and functions of a file one by one: what a server does with each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rdb/file/reader.h"
#include "rdb/server/audit.h"
#include "rdb/server/findings.h"
#include "rdb/server/library.h"
#include "rdb/server/loading.h"

namespace rdb {

// One thread; distinct objects are independent.
class Verdict {
 public:
  // Lists up to `listed_max` findings. `now_ms` as in Audit. `loading` is borrowed and must outlive
  // the Verdict.
  Verdict(const Loading& loading, int64_t now_ms, size_t listed_max)
      : loading_(loading),
        scrutiny_(scrutiny_of(loading)),
        has_scripts_(has_scripts(loading)),
        now_ms_(now_ms),
        listed_max_(listed_max),
        audit_(now_ms, score_reader_of(loading)),
        libraries_(loading) {}

  // From here on keys that have expired are loaded.
  void keep_expired() { now_ms_ = kNeverExpired; }

  // Entries, functions, and scripts in AUX fields where the server loads them.
  [[nodiscard]] bool judges(const Record& record) const;
  // Before the payload of one; its events go to the Sink that comes back.
  [[nodiscard]] Sink& start(const Reader& reader, const Record& record);
  // After it. False: error().
  // `is_rewritten`: what is written is another form of the value, for which the target is no milder
  // if the key has expired.
  [[nodiscard]] bool judge(const Reader& reader, const Record& record, bool is_rewritten = false);

  // For those who carry values: what a server takes, but cannot be told what it will then hold,
  // fails as well.
  void refuse_unknown() { refuses_unknown_ = true; }

  // True once something was judged that makes the file fail: its status is not Status::ok. What is
  // undecided is no failure.
  [[nodiscard]] bool has_failure() const { return has_failure_; }

  // Forgets failures so far, for has_failure().
  void forget() { has_failure_ = false; }

  // The findings, in the order of the file; the last of them says how many more there are.
  void find(std::vector<Finding>& findings) const;

  // Of a temporary file.
  [[nodiscard]] const Error& error() const { return audit_.error(); }

 private:
  // What a server does because of a defect in the value of `record`.
  struct Outcome {
    Severity severity = Severity::accepts;
    std::string since;  // words: which releases refuse it, if others do not and none is named
  };
  [[nodiscard]] Outcome outcome(Defect defect, const Record& record);
  [[nodiscard]] bool is_met(Severity severity, const Record& record) const;
  void judge_function(const Record& record);
  void judge_script(const Record& record);
  void add_source(const Record& record, Severity severity, std::string_view name,
                  std::string words);
  void add_value(Finding finding, Severity severity, bool is_unknown);
  void add(Finding finding, Severity severity, Status if_not_accepted = Status::damaged);

  const Loading& loading_;
  Scrutiny scrutiny_;
  bool has_scripts_;
  int64_t now_ms_;
  size_t listed_max_;
  Audit audit_;
  Libraries libraries_;
  LibrarySource source_{libraries_};
  std::vector<Finding> listed_;
  bool has_failure_ = false;
  bool refuses_unknown_ = false;
  bool is_rewritten_ = false;  // the value judged now
  uint64_t more_ = 0;
  Severity worst_of_more_ = Severity::accepts;
  Status status_of_more_ = Status::ok;
  Sighting refused_later_;
};

}  // namespace rdb
