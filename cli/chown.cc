// Source of fact: redis 7.2.6 and valkey 9.1.2 src/aof.c: at start a server writes a manifest and
// an increment into its appendonlydir, and exits where it cannot.
#include "cli/chown.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <new>
#include <optional>
#include <system_error>

namespace cli {
namespace {

constexpr const char* kAnyOwner = "USER:GROUP";

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

std::optional<Owner> owner_of(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  return Owner{status.st_uid, status.st_gid};
}

std::string text(const Owner& owner) {
  const passwd* const user = getpwuid(owner.user);
  std::string out = user != nullptr ? user->pw_name : std::to_string(owner.user);
  const group* const all = getgrgid(owner.group);
  return out + ":" + (all != nullptr ? all->gr_name : std::to_string(owner.group));
}

bool is_all_of(uid_t user, const std::filesystem::path& directory) {
  std::error_code ignored;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator at(directory, ignored); at != end;
       at.increment(ignored)) {
    const std::optional<Owner> owner = owner_of(at->path());
    if (owner && owner->user != user) return false;
  }
  return true;
}

}  // namespace

std::string missing_owner(const std::string& directory) {
  std::error_code cause;
  const std::filesystem::path path = std::filesystem::canonical(directory, cause);
  if (cause == std::errc::not_enough_memory) throw std::bad_alloc();
  const std::optional<Owner> own = owner_of(path);
  if (!own) return geteuid() == 0 ? kAnyOwner : "";  // nobody can tell: root may not be the server
  std::optional<Owner> server = owner_of(path.parent_path());
  if (!server || server->user == 0) server = own;
  if (server->user == 0) return kAnyOwner;
  return own->user == server->user && is_all_of(server->user, path) ? "" : text(*server);
}

}  // namespace cli
