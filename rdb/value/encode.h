// Writes values: Sinks that take the events of one value of any type and write it as the server of
// an RDB version would keep it, packed where it fits that server's default limits and plain
// otherwise. What decides is what valkey 8.0.1 makes of each type on load (src/rdb.c,
// rdbLoadObject; setTypeConvertAndExpand, hashTypeConvert, zsetConvert, quicklistPushTail), which
// all of 7.2 to 9.1 share; for older versions the packed forms of their time.
#pragma once

#include <cstdint>
#include <memory>

#include "rdb/io/output.h"
#include "rdb/value/sink.h"
#include "rdb/value/type.h"

namespace rdb {

// Limits below which a server keeps a sorted set packed, and the bytes of one member, field or
// value of any packed value.
inline constexpr uint64_t kZsetEntries = 128;
inline constexpr uint64_t kPackedValueBytes = 64;

// What the encoders need to know of a target.
struct EncodeOptions {
  unsigned version = 11;            // types up to this RDB version
  bool has_field_expiries = false;  // may write hash-2
  bool raises_header = false;       // of the file, REDIS0011, where it has (Writer::is_raised)
  bool has_big_plain_nodes = true;  // list elements over 8192 bytes get a node of their own
  bool compress = true;             // strings by LZF where that makes them smaller
  int64_t now_ms = 0;               // fields that expired before this have no value to keep
};

// What values had that their new form has not.
struct EncodeLosses {
  uint64_t field_expiries = 0;     // of fields that are kept
  uint64_t stream_histories = 0;   // streams and groups whose counters older servers do not have
  uint64_t stream_activities = 0;  // consumers whose last activity is not when they were last seen
  uint64_t expired_fields = 0;     // left out, as servers leave them out on load
  uint64_t expired_hashes = 0;     // all of whose fields are: not written at all
};

// Writes what stands before a value: its type is known only once the encoder has seen enough of it.
class ValueStart {
 public:
  virtual ~ValueStart() = default;
  virtual bool start(const Type& type) = 0;
};

// Encoders for all kinds; one thread. Holds what may be packed: a node, a value within the limits
// of packed forms, a string up to 1 MiB (longer ones are not compressed). Values whose length
// stands before elements that are not counted yet get it patched in where the output can be
// patched; where it cannot they are held, past 1 MiB in a temporary file.
class Encoder {
 public:
  // `out` and `start` must outlive the Encoder.
  Encoder(Output& out, ValueStart& start, const EncodeOptions& options);
  ~Encoder();

  // True when values of this type can be written in some form that the version has.
  [[nodiscard]] static bool can_encode(const Type& type, unsigned version);

  // The Sink for the next value, of this type.
  [[nodiscard]] Sink& sink(const Type& type);

  // Whether a value has begun and not ended.
  [[nodiscard]] bool is_open() const;

  // Gives back the memory that values took.
  void trim();

  [[nodiscard]] const EncodeLosses& losses() const;
  // Why a Sink stopped, if it was not the output.
  [[nodiscard]] const Error& error() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  bool is_used_ = false;
};

}  // namespace rdb
