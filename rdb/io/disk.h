// What the sinks over files share: whole writes, syncing, temporary names, signals. Private to io.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/error.h"

namespace rdb {

[[nodiscard]] Error failed(Code code, int cause);

// All of `bytes`, where the file stands or at `offset`. False: errno.
[[nodiscard]] bool write_all(int fd, std::string_view bytes);
[[nodiscard]] bool write_all_at(int fd, uint64_t offset, std::string_view bytes);

// True also for what has no disk behind it: pipes, terminals, devices.
[[nodiscard]] bool sync_bytes(int fd);

[[nodiscard]] bool close_checked(int fd);

// Syncs the directory in which `path` is.
[[nodiscard]] bool sync_directory(const std::string& path);

// The directory part of a path, with its slash; empty for a bare name.
[[nodiscard]] std::string directory_of(const std::string& path);

// ".dump.rdb.rdbferry-XXXXXX" in the directory of `path`. O_EXCL makes it safe, so the six
// letters need to be different, not secret. The prefix is all but these.
[[nodiscard]] std::string temporary_prefix(const std::string& path);
inline constexpr std::string_view kTemporaryAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
inline constexpr size_t kTemporaryLetters = 6;
[[nodiscard]] std::string temporary_name(const std::string& path, unsigned attempt);
inline constexpr unsigned kTemporaryAttempts = 100;

// Where an open file can be opened again, whether it has a name or not. Empty: nowhere.
[[nodiscard]] std::string path_of_open_file(int fd);
// Gives an open file, which may have none, a name that must be free: errno is EEXIST otherwise.
[[nodiscard]] bool link_open_file(int fd, const char* to);
// All bytes of a file, to where another stands. False: errno.
[[nodiscard]] bool copy_file(int from, int to);

// Gives a file a name that must be free: errno is EEXIST otherwise. The old name may remain.
[[nodiscard]] bool rename_to_free(const char* from, const char* to);

// The files of a directory and then itself, as far as they can be removed.
void remove_directory(const char* path);

// A file, or a directory of files, that is to be removed when a signal ends the process. The place
// taken in the list of these, or -1 when there is none: it then outlives a signal, no more.
[[nodiscard]] int remember_temporary(const std::string& path);
void forget_temporary(int place);

// While it lives no signal can come between creating a file and remembering it.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace rdb
