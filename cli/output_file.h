// One file that a command writes, with the wrapper that its name or an option asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/carry.h"
#include "cli/paths.h"

namespace cli {

// The wrapper that --wrap asks for, or that the suffix of `path` promises. Nothing: that is none
// that can be written, or that the target reads, and that is told.
[[nodiscard]] std::optional<rdb::Wrap> find_wrap(const std::optional<std::string>& asked,
                                                 const std::string& path,
                                                 const rdb::Target& target);

class OutputFile : public Destination {
 public:
  // `options` and `path` must outlive it.
  OutputFile(const CarryOptions& options, const std::string& path, rdb::Wrap wrap)
      : options_(options), path_(path), wrap_(wrap) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] std::string_view schema() const override { return "convert"; }
  [[nodiscard]] rdb::Error open(const rdb::Access& access) override {
    rdb::Error error;
    if (!options_.is_dry) error = file_.open(path_, options_.force, access);
    tell_leftovers(file_.leftovers(), path_);
    if (file_.is_terminal()) {
      return bad_option("is a terminal, and a snapshot is binary; write it to a file or a pipe");
    }
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
  [[nodiscard]] std::vector<std::string> written() const override {
    if (file_.temporary().empty()) return {};
    return {file_.temporary()};
  }
  [[nodiscard]] std::string about() const override { return shown_output(path_); }

  // For a commit together with others.
  [[nodiscard]] rdb::FileSink& file() { return file_; }

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

  const CarryOptions& options_;
  const std::string& path_;
  rdb::Wrap wrap_;
  rdb::FileSink file_;
  rdb::NullSink nothing_;
  std::optional<rdb::WrapSink> wrapped_;
  std::optional<rdb::FileOutlet> outlet_;
};

}  // namespace cli
