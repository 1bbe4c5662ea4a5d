#include "cli/convert.h"

#include <sys/stat.h>

#include <optional>
#include <string_view>

#include "cli/chown.h"
#include "cli/output_file.h"

namespace cli {
namespace {

// What a server with `appendonly yes` begins with, under the names that it has by default: valkey
// 8.0.1 src/aof.c, aofLoadManifestFromFile.
constexpr std::string_view kBase = "appendonly.aof.1.base.rdb";
constexpr std::string_view kManifest = "appendonly.aof.manifest";

bool is_aof_name(std::string_view name) { return name == kBase || name == kManifest; }

// The server that starts on the files writes to them, also where the input may only be read.
rdb::Access served(rdb::Access access) {
  access.mode |= S_IRUSR | S_IWUSR;
  return access;
}

class OutputAof : public Destination {
 public:
  explicit OutputAof(const ConvertOptions& options) : options_(options) {}

  [[nodiscard]] const std::string& path() const override { return options_.aof_dir; }
  [[nodiscard]] std::string_view schema() const override { return "convert"; }
  [[nodiscard]] bool holds(const rdb::FileSource& in) const override {
    return directory_holds(options_.aof_dir, in);
  }
  [[nodiscard]] bool keeps_expired() const override { return true; }
  [[nodiscard]] rdb::Error open(const rdb::Access& access) override {
    if (options_.is_dry) {
      outlet_.emplace(nothing_);
      return {};
    }
    if (rdb::Error error =
            directory_.open(options_.aof_dir, options_.force, is_aof_name, served(access));
        !error.ok()) {
      return error;
    }
    const std::string manifest = "file " + std::string(kBase) + " seq 1 type b\n";
    rdb::ByteSink* const to = directory_.create(std::string(kManifest));
    rdb::ByteSink* const base = directory_.create(std::string(kBase));
    if (to == nullptr || base == nullptr || !to->write(manifest)) return directory_.error();
    outlet_.emplace(*base);
    return {};
  }
  [[nodiscard]] rdb::Outlet& outlet() override { return *outlet_; }
  [[nodiscard]] bool is_direct() const override { return false; }
  [[nodiscard]] bool finish() override { return true; }
  [[nodiscard]] bool commit() override {
    const bool is_written = directory_.commit();
    if (is_written) missing_owner_ = missing_owner(options_.aof_dir);
    return is_written;
  }
  [[nodiscard]] const rdb::Error& error() const override { return directory_.error(); }
  [[nodiscard]] std::vector<std::string> written() const override {
    return {directory_.temporary() + "/" + std::string(kBase)};
  }
  [[nodiscard]] std::string about() const override {
    return directory_.error().ok() ? shown_output(options_.aof_dir) : directory_.about();
  }

  [[nodiscard]] uint64_t bytes() const override { return outlet_->bytes(); }
  [[nodiscard]] std::string lines() const override {
    if (missing_owner_.empty()) return "";
    return "  missing    chown -R " + missing_owner_ + " " + shell_word(options_.aof_dir) +
           ": the server that starts on it writes there\n";
  }
  bool json(rdb::Json& json) const override {
    return json.text("output_wrapper", "") &&
           (missing_owner_.empty() || json.text("missing_owner", missing_owner_));
  }

 private:
  const ConvertOptions& options_;
  rdb::NullSink nothing_;
  rdb::OutputDirectory directory_;
  std::optional<rdb::FileOutlet> outlet_;
  std::string missing_owner_;
};

int run_to_aof(const ConvertOptions& options, const rdb::Target& target) {
  if (!options.out.empty()) return fail(bad_option("takes the place of OUT"), "--aof-dir");
  if (options.wrap) return fail(bad_option("servers read no wrapper there"), "--aof-dir");
  if (target.version < rdb::kHasFunctions) {  // 7.0 as well
    return fail(bad_option("servers before 7.0 have none; convert to a file and name it "
                           "appendonly.aof"),
                "--aof-dir");
  }
  OutputAof to(options);
  return carry(options, loading_of(options, target), to);
}

}  // namespace

int run(const ConvertOptions& options) {
  const rdb::Target* const target = find_target(options);
  if (target == nullptr) return exit_status(rdb::Status::usage);
  if (!options.aof_dir.empty()) return run_to_aof(options, *target);
  if (options.out.empty() && !options.is_dry) return fail(bad_option("it is missing"), "OUT");
  if (options.common.json && options.out == "-" && !options.is_dry) {
    return fail(bad_option("the report would stand in the output"), "--json");
  }
  const std::optional<rdb::Wrap> wrap = find_wrap(options.wrap, options.out, *target);
  if (!wrap) return exit_status(rdb::Status::usage);
  OutputFile to(options, options.out, *wrap);
  return carry(options, loading_of(options, *target), to);
}

}  // namespace cli
