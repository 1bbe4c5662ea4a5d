#include "cli/digest.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "cli/paths.h"

namespace cli {
namespace {

std::string counted(const rdb::ContentSum& sum) { return ": " + plural(sum.count, "key"); }

class FileDigest {
 public:
  FileDigest(const DigestOptions& options, const rdb::DigestOptions& how, const std::string& path)
      : options_(options), is_redis_(how.redis), input_(path, options.common), digest_(how) {}

  rdb::Status read() {
    error_ = input_.open();
    if (error_.ok()) {
      rdb::Reader reader(input_.source(), input_.reader_options());
      input_.lend(reader);
      if (reader.open()) {
        if (!options_.key) (void)digest_.run(reader);
        if (options_.key) key_ = digest_.find(reader, options_.db, *options_.key);
        // A key may be changed by commands that follow.
        rdb::Record rest;
        while (options_.key && input_.may_have_commands(reader) && reader.next(rest)) {
        }
      }
      error_ = input_.aof().explain(reader.error());
      input_.end_progress();
      if (error_.ok()) error_ = input_.find_unread(reader);
    }
    error_ = input_.settled(std::move(error_));
    if (!error_.ok()) {
      (void)fail(error_, input_.shown());
      return rdb::status(error_.code);
    }
    if (options_.key && !key_) {
      std::fprintf(stderr, "%s: there is no key %s in database %llu\n", input_.shown().c_str(),
                   rdb::quoted(*options_.key).c_str(),
                   static_cast<unsigned long long>(options_.db));
      return rdb::Status::negative;
    }
    if (is_redis_) note_doubts();
    return rdb::Status::ok;
  }

  [[nodiscard]] const rdb::ContentSums& content() const { return digest_.content(); }

  [[nodiscard]] std::string text() const {
    if (options_.key) return hex(key_->content, key_->redis) + "  " + input_.shown() + "\n";
    const rdb::ContentSums& all = digest_.content();
    std::string out =
        hex(all.keys.hash, digest_.redis()) + "  " + input_.shown() + counted(all.keys) + "\n";
    for (const auto& [db, found] : digest_.databases()) {
      out += hex(found.content.hash, found.redis) + "    db" + std::to_string(db) +
             counted(found.content) + "\n";
    }
    if (is_redis_) return out;
    if (const auto& sum = all.functions; sum.count != 0) {
      out += to_hex(sum.hash) + "    functions: " + std::to_string(sum.count) + "\n";
    }
    if (const auto& sum = all.module_aux; sum.count != 0) {
      out += to_hex(sum.hash) + "    AUX data of modules: " + std::to_string(sum.count) + "\n";
    }
    return out;
  }

  bool json(rdb::Json& json) const {
    bool ok = json.open_object() && json.bytes("file", input_.path()) && json.name("error") &&
              (error_.ok() ? json.null() : json.text(rdb::message(error_, input_.shown())));
    if (!error_.ok()) return ok && json.close_object();
    if (options_.key) {
      ok = ok && json.name("digest") &&
           (key_ ? json.text(hex(key_->content, key_->redis)) : json.null());
      return ok && json.number("unknowable", unknowable()) && json.close_object();
    }
    const rdb::ContentSums& all = digest_.content();
    ok = ok && json.text("digest", hex(all.keys.hash, digest_.redis())) &&
         json.number("keys", all.keys.count) && json.number("unknowable", unknowable()) &&
         json.name("databases") && json.open_array();
    for (const auto& [db, found] : digest_.databases()) {
      ok = ok && json.open_object() && json.number("db", db) &&
           json.number("keys", found.content.count) &&
           json.text("digest", hex(found.content.hash, found.redis)) && json.close_object();
    }
    ok = ok && json.close_array();
    if (!is_redis_) {
      ok = ok && json_digest(json, "functions", all.functions) &&
           json_digest(json, "module_aux", all.module_aux);
    }
    return ok && json.close_object();
  }

 private:
  [[nodiscard]] std::string hex(const rdb::Hash128& content, const rdb::Sha1Digest& redis) const {
    return is_redis_ ? rdb::to_hex(redis) : to_hex(content);
  }
  [[nodiscard]] uint64_t unknowable() const {
    return is_redis_ ? digest_.modules().count + digest_.unsorted().count : 0;
  }
  void note_doubt(const char* words, const char* what, const rdb::Sighting& seen) const {
    if (seen.count == 0) return;
    std::fprintf(stderr, "%s: %s: %s, the first db %llu key %s\n", input_.shown().c_str(), words,
                 plural(seen.count, what).c_str(), static_cast<unsigned long long>(seen.first.db),
                 seen.first.key.quoted().c_str());
  }

  // Why DEBUG DIGEST may be another.
  void note_doubts() const {
    if (digest_.has_slot_import()) {
      std::fprintf(stderr,
                   "%s: slots were being imported: their keys count, DEBUG DIGEST hides them\n",
                   input_.shown().c_str());
    }
    note_doubt("members that expire, as only KeyDB knows, are no part of the digest", "key",
               digest_.members());
    note_doubt("a server sorts the nodes of streams, and its digest is another", "stream",
               digest_.unsorted());
    note_doubt(
        "the digest is right if the module types have no digest function, which is in no file",
        "module value", digest_.modules());
  }

  const DigestOptions& options_;
  bool is_redis_;
  InputFile input_;
  rdb::Digest digest_;
  std::optional<rdb::Digest::Key> key_;
  rdb::Error error_;
};

rdb::DigestOptions digest_options(const DigestOptions& options) {
  constexpr std::string_view kLoadedBy = "valkey-8.0";  // if nothing else is said
  const bool names_none = options.target.empty() && options.as_loaded;
  return {.content = options.format == "xxh3",
          .redis = options.format == "redis",
          .now_ms = options.common.now(),
          .target = rdb::find_target(names_none ? kLoadedBy : options.target),
          .as_loaded = options.as_loaded};
}

}  // namespace

bool json_digest(rdb::Json& json, std::string_view name, const rdb::ContentSum& sum) {
  return json.name(name) && json.open_object() && json.number("count", sum.count) &&
         json.text("digest", to_hex(sum.hash)) && json.close_object();
}

int run(const DigestOptions& options) {
  const rdb::DigestOptions how = digest_options(options);
  Paths paths;
  paths.add_inputs(options.files);
  paths.add_output("-", "standard output");
  if (const int status = paths.refuse(); status != 0) return status;
  rdb::FileSink sink;
  if (const rdb::Error error = sink.open("-", false); !error.ok())
    return fail(error, shown_output("-"));
  rdb::Output out(sink);
  rdb::Json json(out);
  const bool is_json = options.common.json;
  bool ok = !is_json || (json.open_object() && json.text("schema", "rdbferry/digest/1") &&
                         json.text("format", options.format) && json.name("target") &&
                         (how.target != nullptr ? json.text(how.target->name) : json.null()) &&
                         json.boolean("as_loaded", options.as_loaded) && json.name("files") &&
                         json.open_array());
  rdb::ContentSum sum;
  std::vector<rdb::Finding> failures;
  for (const std::string& path : options.files) {
    FileDigest file(options, how, path);
    rdb::Finding failure;
    failure.status = file.read();
    failures.push_back(failure);
    sum += file.content().keys;
    if (is_json) ok = ok && file.json(json);
    if (!is_json && failure.status == rdb::Status::ok) ok = ok && out.write(file.text());
  }
  const rdb::Status status = rdb::status(failures);
  const bool has_sum = options.format == "xxh3" && !options.key && status == rdb::Status::ok;
  if (is_json && ok) {
    (void)(json.close_array() && json.name("sum") &&
           (has_sum ? json.open_object() && json.text("digest", to_hex(sum.hash)) &&
                          json.number("keys", sum.count) && json.close_object()
                    : json.null()) &&
           json.close_object() && json.end_line());
  } else if (ok && has_sum && options.files.size() > 1) {
    (void)out.write(to_hex(sum.hash) + "  sum" + counted(sum) + "\n");
  }
  const int written = finish(out, sink);
  return written != 0 ? written : exit_status(status);
}

}  // namespace cli
