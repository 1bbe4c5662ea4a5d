#include "rdb/arrive/arriving_source.h"

#include "rdb/arrive/arrival.h"
#include "rdb/arrive/rereadable.h"

namespace rdb {
namespace {

// Errors of files that something may have happened to.
bool may_be_explained(const Error& error) { return status(error.code) == Status::damaged; }

void explain_by(Rereadable& file, Error& error, uint64_t pos) {
  if (const auto found = find_arrival(file, error, pos)) error = found->error;
}

}  // namespace

Error ArrivingSource::open(ByteSource& raw, RandomAccess* again) {
  again_ = again;
  Error error = wrap_.open(raw);
  if (error.ok()) return error;
  explain(error, {});
  fail(error);
  return error;
}

void HeldSource::explain(Error& error, const Stop& stop) {
  if (!may_be_explained(error)) return;
  WholeFile file(bytes_);
  explain_by(file, error, stop.pos);
}

void ArrivingSource::explain(Error& error, const Stop& stop) {
  if (!may_be_explained(error)) return;
  const bool is_of_wrapper = !wrap_.error().ok();
  if (again_ != nullptr && (is_of_wrapper || wrapper().empty())) {
    WholeFile file(*again_);
    explain_by(file, error, is_of_wrapper ? error.offset : stop.pos);
  } else if (again_ != nullptr) {
    WrappedFile file(*again_);
    explain_by(file, error, stop.pos);
  } else if (!is_of_wrapper && stop.offset == 0) {
    FirstBytes file(stop.seen);
    explain_by(file, error, stop.pos);
  }
}

}  // namespace rdb
