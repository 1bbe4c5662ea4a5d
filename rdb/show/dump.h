// Prints the records of a file as JSON Lines, one key a line, streaming inside a key:
//   {"db":0,"key":K,"type":T,"encoding":E,"expire_at_ms":ms|null,["idle":s|"freq":n,]
//    ["aux":[[name,value],…],]"value":V
//    [,"field_expire_at_ms":[[field,ms],…]|,"member_expire_at_ms":[[member,ms],…]]}
// V by type: string K; list and set [K…]; hash [[field,value]…]; zset [[member,score text]…];
// stream and module objects. What KeyDB writes in AUX fields beside a key is printed with the key
// (members.h). cli/schema/dump.json has it all. Before them one header line, with more where the
// file has other AUX fields or libraries further on, or AUX fields behind libraries:
//   {"header":true,"format":"REDIS0011","aux":[[name,value],…],"functions":[{"library_name":…,
//    "engine":…,"library_code":…},…],"module_aux":[…]}
#pragma once

#include <cstdint>

#include "rdb/file/reader.h"
#include "rdb/show/json.h"

namespace rdb {

// One thread; distinct objects are independent. What is held in memory: a string of up to
// 4 MiB; of a hash the fields that expire; of a stream one group's pending entries and the names of
// its consumers.
class Dump {
 public:
  // `out` must outlive the Dump.
  Dump(Output& out, BytesMode mode, uint64_t held_max = kHeldDefault)
      : json_(out, mode), mode_(mode), held_max_(held_max) {}

  // Prints the record just read, its payload included. False: the reader or the output failed.
  // So does the reader where more would have to be held than the Dump may (`too_large`).
  [[nodiscard]] bool add(Reader& reader, const Record& record);
  // Prints the header line if no entry did.
  [[nodiscard]] bool finish(const Reader& reader);
  // After a failure of the reader: ends the line that stays unfinished, if there is one.
  [[nodiscard]] bool break_off();

 private:
  // The array of a header line that is open.
  enum class Open : uint8_t { none, aux, functions };

  bool print(Reader& reader, const Record& record);
  bool add_entry(Reader& reader, const Record& record);
  bool add_aux(Reader& reader, const Record& record);
  bool add_library(Reader& reader, const Record& record);
  bool begin_header(const Reader& reader);
  bool begin_functions();
  bool close_header();
  bool print_module_aux(Reader& reader, const Record& record);

  Json json_;
  BytesMode mode_;
  uint64_t held_max_;
  bool has_header_ = false;
  Open open_ = Open::none;
  bool is_in_record_ = false;
};

}  // namespace rdb
