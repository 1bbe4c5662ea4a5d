#include "rdb/aof/aof_directory.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "rdb/aof/server_version.h"
#include "rdb/base/word.h"
#include "rdb/io/source.h"

namespace rdb {
namespace {

constexpr std::string_view kSuffix = ".manifest";
constexpr std::string_view kTemporary = "temp-";  // of a manifest that is being written

bool is_regular(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Up to `bytes_max` of a file from its beginning.
Error read_file(const std::string& path, size_t bytes_max, std::string& text) {
  FileSource source;
  if (Error error = source.open(path); !error.ok()) return error;
  std::array<char, 4096> piece;
  for (size_t got = 1; got != 0 && text.size() < bytes_max; text.append(piece.data(), got)) {
    if (!source.read(piece.data(), piece.size(), got)) return source.error();
  }
  return {};
}

Error bad(std::string words) { return {.code = Code::bad_manifest, .words = std::move(words)}; }
Error missing(std::string words) { return {.code = Code::missing_file, .words = std::move(words)}; }

// Names in a directory, sorted. False: it cannot be read.
bool list_names(const std::string& directory, std::vector<std::string>& names) {
  DIR* const entries = opendir(directory.c_str());
  if (entries == nullptr) return false;
  while (const dirent* entry = (errno = 0, readdir(entries))) names.emplace_back(entry->d_name);
  const int cause = errno;
  closedir(entries);
  errno = cause;
  std::sort(names.begin(), names.end());
  return cause == 0;
}

}  // namespace

void find_directory(const Loading& loading, std::vector<Finding>& findings) {
  if (loading.target == nullptr || version_of(*loading.target) >= kHasAnnotations) return;
  Finding& finding = findings.emplace_back();
  finding.stage = Stage::commands;
  finding.severity = Severity::refuses;
  finding.status = Status::unexpected;
  finding.name = "directory";
  finding.words = "servers before 7.0 read one append-only file, and no directory";
}

bool AofDirectory::is_one(const std::string& path) {
  return is_directory(path) || (is_regular(path) && path.ends_with(kSuffix));
}

Error AofDirectory::open(const std::string& path) {
  manifest_ = path;
  if (is_directory(path)) {
    if (Error error = find_manifest(path); !error.ok()) return error;
  }
  return read_manifest();
}

Error AofDirectory::find_manifest(const std::string& directory) {
  std::vector<std::string> names;
  if (!list_names(directory, names)) {
    return {.code = Code::open_failed, .words = std::strerror(errno)};
  }
  const auto is_append_only = [](const std::string& name) {
    return name.find(".aof") != name.npos || name.find(kSuffix) != name.npos;
  };
  if (std::none_of(names.begin(), names.end(), is_append_only)) return {.code = Code::is_directory};
  std::erase_if(names, [](const std::string& name) {
    return !name.ends_with(kSuffix) || name.starts_with(kTemporary);
  });
  if (names.empty()) {
    return missing("the directory has no manifest (*.manifest); a server starts empty there");
  }
  if (names.size() > 1) {
    return {.code = Code::open_failed,
            .words = "the directory has several manifests, name one of them: " + quoted(names[0]) +
                     ", " + quoted(names[1]) + (names.size() > 2 ? ", ..." : "")};
  }
  manifest_ = directory + (directory.ends_with('/') ? "" : "/") + names[0];
  if (!is_regular(manifest_))
    return bad("the manifest " + quoted(names[0]) + " is no regular file");
  return {};
}

Error AofDirectory::read_manifest() {
  std::string text;
  if (Error error = read_file(manifest_, kManifestBytesMax + 1, text); !error.ok()) return error;
  if (text.size() > kManifestBytesMax) {
    return bad("the manifest is longer than " + std::to_string(kManifestBytesMax) + " bytes");
  }
  std::vector<AofFile> files;
  if (Error error = parse_aof_manifest(text, files); !error.ok()) return error;
  const size_t slash = manifest_.rfind('/');
  const std::string folder = slash == manifest_.npos ? "" : manifest_.substr(0, slash + 1);
  for (const AofFile& file : files) find(file, folder);
  return {};
}

void AofDirectory::find(const AofFile& file, const std::string& folder) {
  Member& member = members_.emplace_back(Member{{file}});
  member.path = folder + file.name;
  const bool is_needed = file.type != AofFile::Type::history;
  struct stat status {};
  struct stat own {};
  if (stat(member.path.c_str(), &status) != 0) {
    member.is_missing = true;
    const std::string why = errno == ENOENT ? "is not there" : std::strerror(errno);
    if (is_needed) member.problem = why + "; a server does not start without it";
    return;
  }
  member.size = static_cast<uint64_t>(status.st_size);
  if (!is_needed) return;
  if (!S_ISREG(status.st_mode)) {
    member.problem = "is no regular file";
  } else if (stat(manifest_.c_str(), &own) == 0 && own.st_dev == status.st_dev &&
             own.st_ino == status.st_ino) {
    member.problem = "is the manifest itself";
  }
}

Error AofDirectory::problem() const {
  for (const Member& member : members_) {
    if (member.problem.empty()) continue;
    return {.code = member.is_missing ? Code::missing_file : Code::bad_manifest,
            .words = std::string(rdb::name(member.type)) + " file " + quoted(member.name) +
                     " of the manifest " + member.problem};
  }
  return {};
}

const AofDirectory::Member* AofDirectory::base() const {
  const auto at = std::find_if(members_.begin(), members_.end(),
                               [](const Member& m) { return m.type == AofFile::Type::base; });
  return at != members_.end() && at->size != 0 ? &*at : nullptr;
}

std::vector<const AofDirectory::Member*> AofDirectory::increments() const {
  std::vector<const Member*> out;
  for (const Member& member : members_) {
    if (member.type == AofFile::Type::increment) out.push_back(&member);
  }
  return out;
}

}  // namespace rdb
