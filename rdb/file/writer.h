// Writes an RDB file record by record, the counterpart of Reader; the grammar is in reader.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/file/record.h"
#include "rdb/io/output.h"

namespace rdb {

// One thread; distinct objects are independent. After the first failure every write fails.
class Writer {
 public:
  // `to` must outlive the Writer and have taken no bytes yet.
  explicit Writer(ByteSink& to) : out_(to) {}

  // The nine bytes of magic and version.
  [[nodiscard]] bool header(std::string_view magic_and_version) {
    return out_.write(magic_and_version);
  }

  [[nodiscard]] bool aux(std::string_view name, std::string_view value);
  // A function library from its whole source.
  [[nodiscard]] bool function(std::string_view source);

  // These write what stands before a payload, whose bytes must follow through payload().
  [[nodiscard]] bool begin_function();
  [[nodiscard]] bool begin_module_aux(const ModuleId& module, uint64_t when);
  // An entry; selects its database first. Where the sink can be patched, the database opens with a
  // RESIZEDB that is exact once the next one is selected; elsewhere the hint is left out.
  [[nodiscard]] bool begin(const Record& entry);
  [[nodiscard]] ByteSink& payload() { return out_; }

  // End mark and checksum; hands everything to the sink.
  [[nodiscard]] bool finish();

  [[nodiscard]] uint64_t pos() const { return out_.pos(); }
  [[nodiscard]] const Error& error() const { return out_.error(); }

 private:
  bool select(uint64_t db);
  bool close_database();
  bool lifetime(const Lifetime& lifetime);

  Output out_;
  bool has_database_ = false;
  uint64_t db_ = 0;
  uint64_t hint_offset_ = 0;
  uint64_t keys_ = 0;
  uint64_t expires_ = 0;
};

}  // namespace rdb
