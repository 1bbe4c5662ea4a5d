// A directory of append-only files that a command writes: what a server with `appendonly yes`
// starts with, under the names that it has by default.
//   appendonly.aof.manifest
//   appendonly.aof.1.base.rdb     the data, if there is an RDB part
//   appendonly.aof.N.incr.aof     commands, one file for each of the input
// Source: valkey 8.0.1 src/aof.c, aofLoadManifestFromFile.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/carry.h"
#include "cli/convert.h"
#include "rdb/base/hash128.h"

namespace cli {

class OutputAof : public Destination {
 public:
  // Borrows `options`.
  explicit OutputAof(const ConvertOptions& options) : options_(options) {}

  [[nodiscard]] const std::string& path() const override { return options_.aof_dir; }
  [[nodiscard]] std::string_view schema() const override { return "convert"; }
  [[nodiscard]] bool keeps_expired() const override { return true; }
  [[nodiscard]] rdb::Error open(const rdb::Access& access) override;
  [[nodiscard]] rdb::Outlet& outlet() override { return *outlet_; }
  [[nodiscard]] bool is_direct() const override { return false; }
  [[nodiscard]] bool takes_commands() const override { return true; }
  [[nodiscard]] rdb::ByteSink* begin_commands() override;
  // Writes the manifest.
  [[nodiscard]] bool finish() override;
  [[nodiscard]] bool commit() override;
  [[nodiscard]] const rdb::Error& error() const override { return directory_.error(); }
  [[nodiscard]] std::vector<std::string> written() const override;
  [[nodiscard]] rdb::Error verify_commands(const rdb::Loading& loading) const override;
  [[nodiscard]] std::string about() const override {
    return directory_.error().ok() ? shown_output(options_.aof_dir)
                                   : shown_output(directory_.about());
  }

  [[nodiscard]] uint64_t bytes() const override { return base_.size(); }
  [[nodiscard]] std::string words() const override;
  [[nodiscard]] std::string lines() const override;
  bool json(rdb::Json& json) const override;

 private:
  // A file that is made once there is something to write.
  class File : public rdb::ByteSink {
   public:
    // Borrows `directory`; nullptr: nothing is written.
    File(rdb::OutputDirectory* directory, std::string name)
        : directory_(directory), name_(std::move(name)) {}

    [[nodiscard]] bool write(std::string_view bytes) override;
    [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override;
    [[nodiscard]] bool truncate(uint64_t size) override;
    [[nodiscard]] bool is_seekable() const override { return true; }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] uint64_t size() const { return size_; }
    // Of what was written, unless it was patched; after truncate() absent.
    [[nodiscard]] const std::optional<rdb::Hasher128>& content() const { return content_; }

   private:
    rdb::OutputDirectory* directory_;
    std::string name_;
    rdb::ByteSink* file_ = nullptr;
    uint64_t size_ = 0;
    std::optional<rdb::Hasher128> content_{std::in_place};
  };

  [[nodiscard]] rdb::OutputDirectory* directory() {
    return options_.is_dry ? nullptr : &directory_;
  }

  const ConvertOptions& options_;
  rdb::OutputDirectory directory_;
  File base_{directory(), "appendonly.aof.1.base.rdb"};
  std::deque<File> increments_;
  std::optional<rdb::FileOutlet> outlet_;
  std::string missing_owner_;
};

}  // namespace cli
