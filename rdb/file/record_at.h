// One record, read at its place. Of a key that is the key itself, whatever stands between its
// expiry and its type byte: servers take an expiry to the next key (redis 7.2.6 src/rdb.c,
// rdbLoadRioWithLoadingCtx).
#pragma once

#include "rdb/file/reader.h"
#include "rdb/io/random.h"

namespace rdb {

struct RecordAt {
  // `bytes` are of a file with such a header, and must outlive it.
  RecordAt(RandomAccess& bytes, const Header& header, uint64_t offset, ReaderOptions options = {})
      : source(bytes, offset), reader(source, options) {
    reader.open_at(header, offset);
    reader.reread_from(bytes);
    do is_there = reader.next(record);
    while (is_there && record.kind != RecordKind::entry && reader.is_in_entry());
  }

  [[nodiscard]] bool is_entry() const { return is_there && record.kind == RecordKind::entry; }

  RandomSource source;
  Reader reader;
  Record record;  // its payload is unread
  bool is_there = false;
};

}  // namespace rdb
