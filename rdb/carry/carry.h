// Carries a whole file with one call, every value in the form in which a server of the writer's
// version would save it:
//
//   Writer writer(sink, encoding_for(*find_target("valkey-8.0"), reader.header()));
//   if (Error error = carry(reader, writer); !error.ok()) …
//
// Nothing is lost in silence: what the version has no place for is an error, and so are a file that
// is cut or damaged and commands of an append-only file behind the snapshot. AUX fields that older
// versions do not have, idle times, access frequencies and hints are left out. Whether a server
// takes each value is not asked; a Converter (convert.h) asks it, and leaves out what it may.
#pragma once

#include "rdb/base/error.h"
#include "rdb/file/reader.h"
#include "rdb/file/writer.h"

namespace rdb {

// The reader has been opened, the writer has taken nothing yet; it is finished if this is ok.
// Otherwise what was written is not a whole file and must be dropped.
[[nodiscard]] Error carry(Reader& from, Writer& to);

}  // namespace rdb
