#include "cli/output_aof.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "cli/chown.h"
#include "cli/paths.h"

namespace cli {
namespace {

constexpr std::string_view kManifest = "appendonly.aof.manifest";
constexpr std::string_view kPrefix = "appendonly.aof.";
constexpr std::string_view kIncrement = ".incr.aof";
constexpr std::string_view kBase = ".base.rdb";

// True for the names of files that are written here, with any number.
bool is_own(std::string_view name) {
  if (name == kManifest) return true;
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const size_t end = std::min(name.find('.'), name.size());
  const std::string_view number = name.substr(0, end);
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number && (name.substr(end) == kIncrement || name.substr(end) == kBase);
}

// Counts and hashes what is written.
class HashSink : public rdb::ByteSink {
 public:
  explicit HashSink(rdb::Hasher128& to) : to_(to) {}
  [[nodiscard]] bool write(std::string_view bytes) override {
    to_.add(bytes);
    size_ += bytes.size();
    return true;
  }
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  rdb::Hasher128& to_;
  uint64_t size_ = 0;
};

// The server that starts on the files writes to them, also where the input may only be read.
rdb::Access served(rdb::Access access) {
  access.mode |= S_IRUSR | S_IWUSR;
  return access;
}

}  // namespace

bool OutputAof::File::write(std::string_view bytes) {
  size_ += bytes.size();
  if (content_) content_->add(bytes);
  if (directory_ == nullptr) return true;
  if (file_ == nullptr) file_ = directory_->create(name_);
  if (file_ == nullptr) return fail(directory_->error());
  return file_->write(bytes) || fail(file_->error());
}

bool OutputAof::File::patch(uint64_t offset, std::string_view bytes) {
  content_.reset();
  return file_ == nullptr || file_->patch(offset, bytes) || fail(file_->error());
}

bool OutputAof::File::truncate(uint64_t size) {
  content_.reset();
  size_ = size;
  return file_ == nullptr || file_->truncate(size) || fail(file_->error());
}

rdb::Error OutputAof::open(const rdb::Access& access) {
  outlet_.emplace(base_, true);
  if (options_.is_dry) return {};
  rdb::Error error = directory_.open(options_.aof_dir, options_.force, is_own, served(access));
  tell_leftovers(directory_.leftovers(), options_.aof_dir);
  return error;
}

rdb::ByteSink* OutputAof::begin_commands() {
  return &increments_.emplace_back(
      directory(),
      std::string(kPrefix) + std::to_string(increments_.size() + 1) + std::string(kIncrement));
}

bool OutputAof::finish() {
  using Type = rdb::AofFile::Type;
  std::vector<rdb::AofFile> files;
  if (base_.size() != 0) files.push_back({Type::base, base_.name(), 1});
  // A manifest has to name a file.
  if (files.empty() && increments_.empty() && !begin_commands()->write("")) return false;
  for (size_t i = 0; i < increments_.size(); ++i) {
    files.push_back({Type::increment, increments_[i].name(), static_cast<int64_t>(i) + 1});
  }
  if (options_.is_dry) return true;
  rdb::ByteSink* const manifest = directory_.create(std::string(kManifest));
  return manifest != nullptr && manifest->write(rdb::format_aof_manifest(files));
}

bool OutputAof::commit() {
  const bool is_written = directory_.commit();
  if (is_written) missing_owner_ = missing_owner(options_.aof_dir);
  return is_written;
}

std::vector<std::string> OutputAof::written() const {
  if (base_.size() == 0) return {};
  return {directory_.temporary() + "/" + base_.name()};
}

rdb::Error OutputAof::verify_commands(const rdb::Loading& loading) const {
  rdb::Commands commands(loading);
  for (size_t i = 0; i < increments_.size(); ++i) {
    const File& increment = increments_[i];
    rdb::FileSource file;
    const std::string path = directory_.temporary() + "/" + increment.name();
    if (rdb::Error error = file.open(path); !error.ok()) return error;
    rdb::Hasher128 found;
    HashSink hash(found);
    const bool is_last = i + 1 == increments_.size();
    if (!rdb::read_commands(file, {.name = increment.name(), .is_last = is_last}, commands,
                            &hash)) {
      return file.error();
    }
    const bool is_same = !increment.content() || found.get() == increment.content()->get();
    if (!is_same || hash.size() != increment.size()) {
      return {.code = rdb::Code::output_differs, .words = increment.name()};
    }
  }
  return commands.error();
}

std::string OutputAof::words() const {
  return increments_.empty() ? "" : ", " + plural(increments_.size(), "increment");
}

std::string OutputAof::lines() const {
  std::string out;
  for (const File& increment : increments_) {
    out += "  increment  " + increment.name() + ": " + plural(increment.size(), "byte") + "\n";
  }
  if (missing_owner_.empty()) return out;
  return out + "  missing    chown -R " + missing_owner_ + " " + shell_word(options_.aof_dir) +
         ": the server that starts on it writes there\n";
}

bool OutputAof::json(rdb::Json& json) const {
  bool ok = json.text("output_wrapper", "") && json.name("increments") && json.open_array();
  for (const File& increment : increments_) {
    ok = ok && json.open_object() && json.text("file", increment.name()) &&
         json.number("bytes", increment.size()) && json.close_object();
  }
  ok = ok && json.close_array();
  return ok && (missing_owner_.empty() || json.text("missing_owner", missing_owner_));
}

}  // namespace cli
