#include "cli/command_source.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/progress.h"
#include "rdb/io/source.h"

namespace cli {
namespace {

const rdb::Loading kAnyServer{};

}  // namespace

CommandSource::CommandSource(const rdb::Loading* loading)
    : commands_(loading != nullptr ? *loading : kAnyServer) {}

rdb::Error CommandSource::open(const std::string& path) {
  base_ = path;
  if (path == "-" || !rdb::AofDirectory::is_one(path)) return {};
  if (rdb::Error error = directory_.emplace().open(path); !error.ok()) {
    directory_.reset();
    return error;
  }
  base_ = directory_->manifest();
  if (rdb::Error error = directory_->problem(); !error.ok()) return error;
  commands_.take_all_files();
  const rdb::AofDirectory::Member* const base = directory_->base();
  has_base_ = base != nullptr;
  if (!has_base_) return {};
  base_ = base->path;
  tail_.set_file(part(*base));
  tail_.take_all();
  return {};
}

rdb::CommandsFile CommandSource::part(const rdb::AofDirectory::Member& member) const {
  const auto increments = directory_->increments();
  return {.name = member.name,
          .is_last = increments.empty() || increments.back()->name == member.name};
}

rdb::Error CommandSource::read_increments(const std::string& progress, const Copy& copy) {
  if (!directory_) return {};
  for (const rdb::AofDirectory::Member* member : directory_->increments()) {
    rdb::FileSource file;
    Progress counted(file, progress);
    rdb::ByteSink* const to = copy ? copy(*member) : nullptr;
    rdb::Error error = file.open(member->path);
    if (error.ok() && !rdb::read_commands(counted, part(*member), commands_, to)) {
      error = file.error().ok() && to != nullptr ? to->error() : file.error();
    }
    if (error.ok()) continue;
    base_ = member->path;
    return error;
  }
  return {};
}

rdb::Error CommandSource::explain(const rdb::Error& error) const {
  if (error.code != rdb::Code::no_rdb_part) return error;
  if (!commands_.error().ok()) return commands_.error();
  rdb::Error out = error;
  out.words = rdb::describe(commands_) +
              " and no RDB part; convert --aof-dir DIR writes what a server starts with, and SAVE "
              "there an RDB file";
  out.has_offset = false;
  return out;
}

rdb::Error CommandSource::find_unread(const rdb::Reader& reader, const std::string& shown,
                                      const std::vector<std::string>& allowed) const {
  const std::string words = rdb::unread_words(reader, &commands_);
  if (words.empty()) return {};
  if (allows_commands(allowed)) {
    std::fprintf(stderr, "%s: %s\n", shown.c_str(), rdb::one_line(words).c_str());
    return {};
  }
  if (!commands_.error().ok()) return commands_.error();
  return {.code = rdb::Code::commands_unread,
          .words = words + " (--allow-loss commands; convert --aof-dir carries them)"};
}

bool allows_commands(const std::vector<std::string>& losses) {
  return std::find(losses.begin(), losses.end(), "commands") != losses.end();
}

}  // namespace cli
