#include "cli/paths.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <optional>
#include <system_error>

#include "cli/common.h"
#include "rdb/aof/aof_directory.h"

namespace cli {

void Paths::add_file(const std::string& path) {
  const auto found = path == "-" ? rdb::identify(STDIN_FILENO) : rdb::identify(path);
  if (found && found->exists()) inputs_.push_back(*found);
}

void Paths::add_input(const std::string& path) {
  add_file(path);
  if (path == "-" || !rdb::AofDirectory::is_one(path)) return;
  rdb::AofDirectory directory;
  (void)directory.open(path);  // what is wrong with it is told by the command
  add_file(directory.manifest());
  for (const rdb::AofDirectory::Member& member : directory.members()) add_file(member.path);
}

void Paths::add_inputs(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) add_input(path);
}

void Paths::add_output(const std::string& path, std::string_view name) {
  if (path.empty()) return;
  const auto found = path == "-" ? rdb::identify(STDOUT_FILENO) : rdb::identify(path);
  if (found) outputs_.push_back({path, std::string(name), *found});
}

void Paths::add_directory(const std::string& path, std::string_view name) {
  add_output(path, name);
  std::error_code cause;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator at(path, cause); at != end; at.increment(cause)) {
    const auto found = rdb::identify(at->path());
    if (found) outputs_.push_back({path, std::string(name), *found});
  }
  // Of another cause, and of a directory that is not there, the command tells.
  if (cause == std::errc::not_enough_memory) throw std::bad_alloc();
}

rdb::Error Paths::find_shared(std::string& shown) const {
  for (auto output = outputs_.begin(); output != outputs_.end(); ++output) {
    const auto is_it = [&](const rdb::FileIdentity& input) {
      return rdb::is_same_file(input, output->identity);
    };
    if (std::any_of(inputs_.begin(), inputs_.end(), is_it)) {
      shown = shown_output(output->path);
      return {.code = rdb::Code::same_file};
    }
    const auto is_twice = [&](const Output& other) {
      return other.name != output->name && rdb::is_same_file(other.identity, output->identity);
    };
    if (const auto other = std::find_if(outputs_.begin(), output, is_twice); other != output) {
      shown = shown_output(output->path);
      return {.code = rdb::Code::same_output, .words = other->name + " and " + output->name};
    }
  }
  return {};
}

int Paths::refuse() const {
  std::string shown;
  const rdb::Error error = find_shared(shown);
  return error.ok() ? 0 : fail(error, shown);
}

void tell_leftovers(const std::vector<rdb::Leftover>& leftovers, const std::string& output) {
  using Fate = rdb::Leftover::Fate;
  for (const rdb::Leftover& leftover : leftovers) {
    const std::string path = rdb::shown_path(leftover.path);
    const std::string words =
        leftover.fate == Fate::removed ? "removed " + path + ", which a killed run had left"
        : leftover.fate == Fate::left  ? "a killed run has left " + path + "; --force removes it"
                                       : "a killed run may have left " + path +
                                            ", which is not removed: it holds other files, or "
                                            "cannot be opened";
    std::fprintf(stderr, "%s: %s\n", shown_output(output).c_str(), words.c_str());
  }
}

}  // namespace cli
