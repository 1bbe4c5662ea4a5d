// Divides what a Converter writes among several files, by the cluster slot or the database of each
// key. What is not a key is in all of them: AUX fields, functions, module AUX data.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/slot.h"
#include "rdb/carry/division.h"
#include "rdb/carry/outlet.h"
#include "rdb/io/spill.h"

namespace rdb {

// `part-0000-slots-0-5460.rdb`, `part-0000-node-<id>.rdb`, `part-db-3.rdb`.
[[nodiscard]] std::string part_name(size_t number, const Division& division);
[[nodiscard]] std::string part_name(uint64_t db);
// Whether a file may be a part, by its name.
[[nodiscard]] bool is_part_name(std::string_view name);

// One thread; distinct objects are independent.
class Parts : public Outlet {
 public:
  // The sink of a new part, by its name; it can be patched and outlives the Parts. nullptr: failed.
  using Create = std::function<ByteSink*(const std::string& name, Error& error)>;

  struct Part {
    std::string file;
    Division division = {};  // without slots: a database
    uint64_t db = 0;
    uint64_t keys = 0;
    uint64_t bytes = 0;
  };

  // By slot: one part for each division, also for those that no key falls into; every slot is in
  // one of them. Without divisions by database: one part for each that occurs.
  Parts(Create create, std::vector<Division> divisions);
  ~Parts() override;

  [[nodiscard]] bool open(const EncodeOptions& options) override;
  [[nodiscard]] Writer* begin(const Record& record) override;
  [[nodiscard]] bool finish() override;

  [[nodiscard]] const Error& error() const override;
  [[nodiscard]] uint64_t bytes() const override;
  [[nodiscard]] uint64_t keys() const override;
  [[nodiscard]] bool can_patch() const override { return true; }
  [[nodiscard]] bool is_raised() const override;

  // In the order of their slots or databases.
  [[nodiscard]] std::vector<Part> parts() const;

 private:
  struct Open;

  Open* create(Part part);
  Open* find(const Record& record);
  bool catch_up(Open& part);

  Create create_;
  std::vector<Division> divisions_;
  EncodeOptions options_;
  SpillSink common_bytes_;  // what all parts begin with, and take over before their next key
  std::optional<Gate> common_gate_;
  std::optional<Writer> common_;
  std::vector<std::unique_ptr<Open>> parts_;
  std::vector<Open*> by_slot_;  // empty: by database
  std::map<uint64_t, Open*> by_db_;
  Open* last_ = nullptr;
  Error error_;  // of create_
};

}  // namespace rdb
