// Finds out what happened to a file on its way here: it went through a terminal, through FTP in
// text mode, through a shell or an editor that took it for text.
//
// 1. The first bytes, as they are and in each form of text that they can have been written in, are
//    searched for what an RDB file, a wrapper or a capture begins with.
// 2. From each such place the file is read as it would have been: this and that taken back. The
//    checksum proves one of these ways, or the way that leads furthest is taken.
// 3. If there is none, what cannot be taken back is looked for: bytes that were replaced, zeros at
//    the end, and what is the dump of one key.
//
// Only for files that cannot be read as they are. Constant memory; the file is read as often as
// there are ways that lead past its first bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rdb/arrive/rereadable.h"
#include "rdb/arrive/undo.h"
#include "rdb/base/error.h"

namespace rdb {

// What speaks for something having happened to a file.
enum class Proof : uint8_t {
  none,      // it cannot be undone, or this was not tried to the end
  part,      // undone, the file can be read further
  end,       // undone, it can be read to its end, and no checksum is recorded, or another one
  checksum,  // undone, the checksum is right
};

struct Arrival {
  Undo undo;  // nothing: it cannot be undone
  Proof proof = Proof::none;
  // What happened: "every LF became CR LF, …".
  std::string happened;
  // As a Reader tells it: what happened, what is known of it, the cure.
  Error error;

  [[nodiscard]] bool is_reversible() const { return !undo.is_nothing(); }
};

// Looks for what happened to a file of which reading ended with `error`, at `pos`. Nothing: nothing
// that is known of. Errors in reading the file again are passed over.
[[nodiscard]] std::optional<Arrival> find_arrival(Rereadable& file, const Error& error,
                                                  uint64_t pos);

// The same for a file that is read here first; nothing where it is sound.
[[nodiscard]] std::optional<Arrival> find_arrival(Rereadable& file);

}  // namespace rdb
