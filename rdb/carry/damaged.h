// Values that a server would refuse, or break on, and what can be done about each of them.
//
//   DamagedValues damaged(loading, now_ms);
//   if (reader.open() && damaged.add(reader)) converter.mend(damaged.offsets(), file);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/carry/change.h"
#include "rdb/carry/select.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"
#include "rdb/server/loadable.h"
#include "rdb/server/loading.h"

namespace rdb {

// Finds them in a pass of its own. Not thread-safe; distinct objects are independent.
class DamagedValues {
 public:
  // `now_ms`: the unix time at which keys count as expired. `memory`: bytes for the offsets, eight
  // for each.
  DamagedValues(const Loading& loading, int64_t now_ms, size_t memory)
      : loading_(loading), now_ms_(now_ms), listed_max_(memory / sizeof(uint64_t)) {}

  // Reads an open reader with ReaderOptions::tolerates_flaws to its end, or to an error of its own.
  // Looks at what `selection` takes, as `changes` make it; both may be null. False: error().
  [[nodiscard]] bool add(Reader& reader, Selection* selection, Changes* changes);

  // Offsets of the records of these values, ascending.
  [[nodiscard]] const std::vector<uint64_t>& offsets() const { return offsets_; }

  // `too_many_damaged`, or of a temporary file.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  const Loading& loading_;
  int64_t now_ms_;
  size_t listed_max_;
  std::vector<uint64_t> offsets_;
  Error error_;
};

// Looks at them once more, each at its place. Not thread-safe.
class Mender {
 public:
  // `file`, with that header, is borrowed and must outlive the Mender.
  Mender(RandomAccess& file, Header header, const Loading& loading)
      : file_(file),
        header_(std::move(header)),
        loadable_({scrutiny_of(loading), Scrutiny::always}) {}

  // Says what to do with the value of the record at `offset`: Remedy::is_lossless, or why the value
  // cannot stay. False: error().
  [[nodiscard]] bool look(uint64_t offset, Remedy& remedy);

  [[nodiscard]] const Error& error() const { return error_; }

 private:
  RandomAccess& file_;
  Header header_;
  Loadable loadable_;
  Error error_;
};

}  // namespace rdb
