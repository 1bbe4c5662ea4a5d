#include "cli/manifest.h"

#include <utility>

#include "cli/digest.h"
#include "cli/paths.h"

namespace cli {
namespace {

constexpr uint64_t kManifestBytesMax = 16 << 20;

class FileManifest {
 public:
  FileManifest(std::string path, const CommonOptions& options)
      : path_(std::move(path)),
        options_(options),
        progress_(file_, options.progress),
        reader_(wrap_, reader_options()) {}

  // As InputFile shows it.
  [[nodiscard]] std::string shown() const {
    const std::string& file = aof_.base().empty() ? path_ : aof_.base();
    const std::string name = file == "-" ? "standard input" : shown_output(file);
    const bool is_unwrapped = !wrap_.wrapper().empty() && wrap_.error().ok();
    return is_unwrapped ? name + " (unwrapped)" : name;
  }

  // `no_rdb_part`: of a directory that has commands alone.
  [[nodiscard]] rdb::Error open() {
    if (rdb::Error error = aof_.open(path_); !error.ok()) return error;
    if (rdb::Error error = aof_.read_increments(options_.progress); !error.ok()) return error;
    if (!aof_.has_base()) return aof_.explain({.code = rdb::Code::no_rdb_part});
    return file_.open(aof_.base());
  }
  [[nodiscard]] const rdb::FileSource& file() const { return file_; }

  // Once open.
  [[nodiscard]] rdb::Error read() { return settled(file_, read_all()); }
  // Once it has been read.
  [[nodiscard]] rdb::Error find_unread() const {
    return aof_.find_unread(reader_, shown(), options_.allowed_losses);
  }

  bool json(rdb::Json& json) const {
    const rdb::ContentSums& all = digest_.content();
    bool ok = json.open_object() && json.text("schema", rdb::kManifestSchema) &&
              json.text("tool", "rdbferry " RDBFERRY_VERSION) && json.bytes("file", path_) &&
              json.number("size", hashed_.bytes()) && json.text("sha256", rdb::to_hex(sha256_)) &&
              json_format(json, wrap_.wrapper(), reader_, aux_) &&
              json.number("keys", all.keys.count) &&
              json.text("xxh3", rdb::to_hex(all.keys.hash)) &&
              json.text("redis", rdb::to_hex(digest_.redis())) && json.name("databases") &&
              json.open_object();
    for (const auto& [db, found] : digest_.databases()) {
      ok = ok && json.name("db" + std::to_string(db)) && json.open_object() &&
           json.number("keys", found.content.count) && json.number("expires", found.expires) &&
           json.text("xxh3", rdb::to_hex(found.content.hash)) &&
           json.text("redis", rdb::to_hex(found.redis)) && json.close_object();
    }
    return ok && json.close_object() && json_digest(json, "functions", all.functions) &&
           json_digest(json, "module_aux", all.module_aux) && json.close_object() &&
           json.end_line();
  }

 private:
  [[nodiscard]] rdb::Error read_all() {
    if (rdb::Error error = wrap_.open(hashed_, file_.size() ? &bytes_ : nullptr); !error.ok()) {
      return error;
    }
    if (file_.size() && wrap_.wrapper().empty()) reader_.reread_from(bytes_);
    if (reader_.open()) read_records();
    progress_.finish();
    if (!reader_.finished()) return aof_.explain(reader_.error());
    (void)hashed_.drain();
    sha256_ = hashed_.sha256();
    return hashed_.error();
  }
  rdb::ReaderOptions reader_options() {
    rdb::ReaderOptions out = options_.reader();
    out.tail = &aof_.tail();
    return out;
  }

  void read_records() {
    for (rdb::Record record; reader_.next(record);) {
      const bool is_aux = record.kind == rdb::RecordKind::aux;
      if (!(is_aux ? aux_.add(reader_, record, false) : digest_.add(reader_, record))) return;
    }
  }

  std::string path_;
  const CommonOptions& options_;
  CommandSource aof_;
  rdb::FileSource file_;
  rdb::FileAccess bytes_{file_};
  Progress progress_;
  rdb::HashedSource hashed_{progress_};
  rdb::ArrivingSource wrap_;
  rdb::Reader reader_;
  rdb::Survey aux_{rdb::kNeverExpired};  // of AUX fields alone: who wrote the file
  // At no time, so that it says the same at any.
  rdb::Digest digest_{{.content = true, .redis = true, .now_ms = rdb::kNeverExpired}};
  rdb::Sha256Digest sha256_{};
};

std::string text_of(const FileManifest& manifest) {
  rdb::MemorySink to;
  rdb::Output out(to);
  rdb::Json json(out);
  (void)(manifest.json(json) && out.flush());
  return to.bytes();
}

}  // namespace

int run(const ManifestOptions& options) {
  Paths paths;
  paths.add_input(options.file);
  paths.add_output(options.output, "-o");
  if (const int status = paths.refuse(); status != 0) return status;
  FileManifest manifest(options.file, options.common);
  if (const rdb::Error error = manifest.open(); !error.ok()) return fail(error, manifest.shown());
  rdb::FileSink sink;
  if (const rdb::Error error = open_output(sink, options.output, options.force, manifest.file());
      !error.ok()) {
    return fail(error, shown_output(options.output));
  }
  rdb::Error error = manifest.read();
  if (error.ok()) error = manifest.find_unread();
  if (!error.ok()) return fail(error, manifest.shown());
  if (sink.write(text_of(manifest)) && sink.commit()) return 0;
  return fail(sink.error(), shown_output(options.output));
}

rdb::Error read_manifest(const std::string& path, std::string& text) {
  rdb::Error error = read_text(path, kManifestBytesMax, text);
  if (!error.ok() || rdb::compare_manifests("{}", text)) return error;
  return {.code = rdb::Code::bad_option, .words = "is no manifest, as rdbferry manifest writes it"};
}

rdb::Error compare_manifest(const std::string& manifest, const InputFile& input,
                            const CommonOptions& options, std::vector<rdb::Finding>& findings) {
  FileManifest found(input.path(), options);
  if (rdb::Error error = found.open(); !error.ok()) return error;
  if (rdb::Error error = found.file().changed_since(input.file()); !error.ok()) return error;
  if (rdb::Error error = found.read(); !error.ok()) return error;
  const auto differences = rdb::compare_manifests(text_of(found), manifest);
  for (const std::string& words : *differences) {
    rdb::Finding& finding = findings.emplace_back();
    finding.stage = rdb::Stage::counts;
    finding.severity = rdb::Severity::differs;
    finding.status = rdb::Status::unexpected;
    finding.name = "manifest_differs";
    finding.words = words;
  }
  return {};
}

}  // namespace cli
