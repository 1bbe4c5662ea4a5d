#include "cli/split.h"

#include <memory>
#include <vector>

#include "cli/paths.h"

namespace cli {
namespace {

constexpr uint64_t kNodesBytesMax = 16 << 20;

class OutputParts : public Destination {
 public:
  // Without `divisions` by database.
  OutputParts(const SplitOptions& options, std::vector<rdb::Division> divisions)
      : options_(options),
        parts_([this](const std::string& name, rdb::Error& error) { return create(name, error); },
               std::move(divisions)) {}

  [[nodiscard]] const std::string& path() const override { return options_.out_dir; }
  [[nodiscard]] std::string_view schema() const override { return "split"; }
  [[nodiscard]] rdb::Error open(const rdb::Access& access) override {
    if (options_.is_dry) return {};
    rdb::Error error = directory_.open(options_.out_dir, options_.force, rdb::is_part_name, access);
    tell_leftovers(directory_.leftovers(), options_.out_dir);
    return error;
  }
  [[nodiscard]] rdb::Outlet& outlet() override { return parts_; }
  [[nodiscard]] bool is_direct() const override { return false; }
  [[nodiscard]] bool finish() override { return true; }
  [[nodiscard]] bool commit() override { return directory_.commit(); }
  [[nodiscard]] const rdb::Error& error() const override { return directory_.error(); }
  [[nodiscard]] std::vector<std::string> written() const override {
    std::vector<std::string> out;
    for (const rdb::Parts::Part& part : parts_.parts()) {
      out.push_back(directory_.temporary() + "/" + part.file);
    }
    return out;
  }
  [[nodiscard]] std::string about() const override {
    return directory_.error().ok() ? shown_output(options_.out_dir)
                                   : shown_output(directory_.about());
  }

  [[nodiscard]] uint64_t bytes() const override { return parts_.bytes(); }
  [[nodiscard]] std::string words() const override {
    return ", " + plural(parts_.parts().size(), "part");
  }
  [[nodiscard]] std::string lines() const override;
  bool json(rdb::Json& json) const override;

 private:
  rdb::ByteSink* create(const std::string& name, rdb::Error& error) {
    if (options_.is_dry) return &nothing_;
    rdb::ByteSink* const file = directory_.create(name);
    if (file == nullptr) error = directory_.error();
    return file;
  }

  const SplitOptions& options_;
  rdb::NullSink nothing_;
  rdb::OutputDirectory directory_;
  rdb::Parts parts_;
};

std::string OutputParts::lines() const {
  std::string out;
  for (const rdb::Parts::Part& part : parts_.parts()) {
    out += "  part       " + rdb::shown_path(part.file) + ": " + plural(part.keys, "key") + ", " +
           plural(part.bytes, "byte");
    if (!part.division.address.empty()) out += ", " + rdb::quoted(part.division.address);
    out += "\n";
  }
  return out;
}

bool OutputParts::json(rdb::Json& json) const {
  bool ok = json.name("parts") && json.open_array();
  for (const rdb::Parts::Part& part : parts_.parts()) {
    ok = ok && json.open_object() && json.bytes("file", part.file);
    if (part.division.slots.empty()) ok = ok && json.number("db", part.db);
    if (!part.division.slots.empty()) {
      ok = ok && json.text("slots", rdb::to_text(part.division.slots));
    }
    if (!part.division.node.empty()) {
      ok = ok && json.bytes("node", part.division.node) &&
           json.bytes("address", part.division.address);
    }
    ok = ok && json.number("keys", part.keys) && json.number("bytes", part.bytes) &&
         json.close_object();
  }
  return ok && json.close_array();
}

// How the options divide; a division is empty for one by database.
rdb::Error divide(const SplitOptions& options, std::vector<rdb::Division>& to, std::string& about) {
  std::string why;
  const auto done = [&why](bool ok) { return ok ? rdb::Error{} : bad_option(why); };
  if (!options.slots.empty()) {
    about = "--slots";
    return done(rdb::divide_by_ranges(options.slots, to, why));
  }
  if (!options.nodes_conf.empty()) {
    about = shown_output(options.nodes_conf);
    std::string text;
    if (rdb::Error error = read_text(options.nodes_conf, kNodesBytesMax, text); !error.ok()) {
      return error;
    }
    return done(rdb::divide_by_nodes(text, to, why));
  }
  if (options.nodes != 0) to = rdb::divide_evenly(options.nodes);
  if (options.nodes != 0 || options.by_db) return {};
  about = "how to split";
  return bad_option("give one of --slots, --nodes, --nodes-conf and --by-db");
}

}  // namespace

int run(const SplitOptions& options) {
  const rdb::Target* const target = find_target(options);
  if (target == nullptr) return exit_status(rdb::Status::usage);
  if (options.out_dir.empty() && !options.is_dry)
    return fail(bad_option("is missing"), "--out-dir");
  std::vector<rdb::Division> divisions;
  std::string about;
  if (const rdb::Error error = divide(options, divisions, about); !error.ok()) {
    return fail(error, about);
  }
  Paths paths = paths_of(options);
  if (!options.nodes_conf.empty()) paths.add_input(options.nodes_conf);
  paths.add_directory(options.out_dir, "--out-dir");
  OutputParts to(options, std::move(divisions));
  return carry(options, loading_of(options, *target, !options.by_db), paths, to);
}

}  // namespace cli
