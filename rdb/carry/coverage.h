// Which cluster slots the files that are joined leave out: by the names of slot parts, where all of
// them are such parts, and otherwise by the slots of their keys.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/slot.h"
#include "rdb/carry/outlet.h"

namespace rdb {

// One thread; distinct objects are independent.
class SlotCoverage {
 public:
  // A file, by its path. Its slots are covered where its name tells them:
  // part-0000-slots-0-5460.rdb, as split calls it, also behind the suffix of a wrapper.
  void add_file(std::string_view path);
  // A key of the files. Of many only some are looked at.
  void add_key(std::string_view key) {
    if (keys_++ < kAllKeys || keys_ % kEvery == 0) look_at(key);
  }

  // Whether the names of all files tell their slots.
  [[nodiscard]] bool is_named() const { return files_ != 0 && named_files_ == files_; }
  // The slots of no file, ascending. Where keys must tell, these are ranges that are too large to
  // be without keys by chance, among others that have keys throughout; otherwise none.
  [[nodiscard]] std::vector<SlotRange> uncovered() const;
  // What a report says of these, or nothing.
  [[nodiscard]] std::string words() const;

 private:
  // A million keys leave no slot out by chance (the odds are 16384 e^-64); more cost time.
  static constexpr uint64_t kAllKeys = 1 << 20;
  static constexpr uint64_t kEvery = 64;

  void look_at(std::string_view key);
  [[nodiscard]] std::vector<SlotRange> gaps() const;

  std::bitset<kSlots> named_;
  std::bitset<kSlots> with_keys_;
  uint64_t files_ = 0;
  uint64_t named_files_ = 0;
  uint64_t keys_ = 0;
  uint64_t looked_at_ = 0;
};

// An outlet whose keys are also added to a coverage.
class CoveredOutlet : public Outlet {
 public:
  // Both must outlive it.
  CoveredOutlet(Outlet& to, SlotCoverage& coverage) : to_(to), coverage_(coverage) {}

  void shut_while(const bool& is_shut) override { to_.shut_while(is_shut); }
  [[nodiscard]] bool open(const EncodeOptions& options) override { return to_.open(options); }
  [[nodiscard]] Writer* begin(const Record& record) override {
    if (record.kind == RecordKind::entry) coverage_.add_key(record.key);
    return to_.begin(record);
  }
  [[nodiscard]] bool finish() override { return to_.finish(); }

  [[nodiscard]] const Error& error() const override { return to_.error(); }
  [[nodiscard]] uint64_t bytes() const override { return to_.bytes(); }
  [[nodiscard]] uint64_t keys() const override { return to_.keys(); }
  [[nodiscard]] bool can_patch() const override { return to_.can_patch(); }
  [[nodiscard]] bool is_raised() const override { return to_.is_raised(); }

 private:
  Outlet& to_;
  SlotCoverage& coverage_;
};

}  // namespace rdb
