#include "cli/convert.h"

#include <optional>

namespace cli {
namespace {

// Which wrapper `--wrap` names; an envelope only for a target that reads it.
rdb::Error parse_wrap(const std::string& name, const rdb::Target& target, rdb::Wrap& wrap) {
  const std::optional<rdb::Wrap> found = rdb::find_wrap(name);
  if (!found) {
    return bad_option("no such wrapper, there are none, gzip, zstd and lz4");
  }
  wrap = *found;
  if (wrap != rdb::Wrap::vkcs || target.reads_vkcs) return {};
  return bad_option("target " + std::string(target.name) +
                    " does not read Valkey's compressed-stream envelope, no "
                    "server before Valkey 9.2 does");
}

class OutputFile : public Destination {
 public:
  OutputFile(const ConvertOptions& options, rdb::Wrap wrap) : options_(options), wrap_(wrap) {}

  [[nodiscard]] const std::string& path() const override { return options_.out; }
  [[nodiscard]] std::string_view schema() const override { return "convert"; }
  [[nodiscard]] bool holds(const rdb::FileSource& in) const override {
    return options_.out != "-" && is_same_file(in, options_.out);
  }
  [[nodiscard]] rdb::Error open() override {
    rdb::Error error;
    if (!options_.is_dry) error = file_.open(options_.out, options_.force);
    if (error.ok()) outlet_.emplace(wrapped_.emplace(wrap_, sink()));
    return error;
  }
  [[nodiscard]] rdb::Outlet& outlet() override { return *outlet_; }
  [[nodiscard]] bool is_direct() const override { return !sink().is_seekable(); }
  [[nodiscard]] bool finish() override { return wrapped_->finish(); }
  [[nodiscard]] bool commit() override { return file_.commit(); }
  [[nodiscard]] const rdb::Error& error() const override {
    return wrapped_->error().ok() ? sink().error() : wrapped_->error();
  }
  [[nodiscard]] std::string about() const override { return shown_output(options_.out); }

  [[nodiscard]] uint64_t bytes() const override { return wrapped_->written(); }
  [[nodiscard]] std::string words() const override {
    if (wrap_ == rdb::Wrap::none) return "";
    return ", " + std::to_string(bytes()) + " in " + std::string(rdb::name(wrap_));
  }
  bool json(rdb::Json& json) const override {
    return json.text("output_wrapper", wrap_ == rdb::Wrap::none ? "" : rdb::name(wrap_));
  }

 private:
  [[nodiscard]] const rdb::ByteSink& sink() const {
    return options_.is_dry ? static_cast<const rdb::ByteSink&>(nothing_) : file_;
  }
  [[nodiscard]] rdb::ByteSink& sink() {
    return options_.is_dry ? static_cast<rdb::ByteSink&>(nothing_) : file_;
  }

  const ConvertOptions& options_;
  rdb::Wrap wrap_;
  rdb::FileSink file_;
  rdb::NullSink nothing_;
  std::optional<rdb::WrapSink> wrapped_;
  std::optional<rdb::FileOutlet> outlet_;
};

// What a server with `appendonly yes` begins with, under the names that it has by default: valkey
// 8.0.1 src/aof.c, aofLoadManifestFromFile.
constexpr std::string_view kBase = "appendonly.aof.1.base.rdb";
constexpr std::string_view kManifest = "appendonly.aof.manifest";

bool is_aof_name(std::string_view name) { return name == kBase || name == kManifest; }

class OutputAof : public Destination {
 public:
  explicit OutputAof(const ConvertOptions& options) : options_(options) {}

  [[nodiscard]] const std::string& path() const override { return options_.aof_dir; }
  [[nodiscard]] std::string_view schema() const override { return "convert"; }
  [[nodiscard]] bool holds(const rdb::FileSource& in) const override {
    return directory_holds(options_.aof_dir, in);
  }
  [[nodiscard]] bool keeps_expired() const override { return true; }
  [[nodiscard]] rdb::Error open() override {
    if (options_.is_dry) {
      outlet_.emplace(nothing_);
      return {};
    }
    if (rdb::Error error = directory_.open(options_.aof_dir, options_.force, is_aof_name);
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
  [[nodiscard]] bool commit() override { return directory_.commit(); }
  [[nodiscard]] const rdb::Error& error() const override { return directory_.error(); }
  [[nodiscard]] std::string about() const override {
    return directory_.error().ok() ? shown_output(options_.aof_dir) : directory_.about();
  }

  [[nodiscard]] uint64_t bytes() const override { return outlet_->bytes(); }
  bool json(rdb::Json& json) const override { return json.text("output_wrapper", ""); }

 private:
  const ConvertOptions& options_;
  rdb::NullSink nothing_;
  rdb::OutputDirectory directory_;
  std::optional<rdb::FileOutlet> outlet_;
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
  return carry(options, target, target.databases, to);
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
  rdb::Wrap wrap = rdb::wrap_of_suffix(options.out);
  if (options.wrap) {
    const rdb::Error error = parse_wrap(*options.wrap, *target, wrap);
    if (!error.ok()) return fail(error, "--wrap " + *options.wrap);
  }
  OutputFile to(options, wrap);
  return carry(options, *target, target->databases, to);
}

}  // namespace cli
