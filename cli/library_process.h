// Judges function libraries in a process of their own, which is the program executed anew
// (library_child.h), begun when the first library of a file comes.
//
// Whatever a library does there, the worst that comes of it is that it is undecided: that process
// may end, hang or answer nonsense. A file has its own process, so that nothing of it is left for
// the next one; after a library that ended it another one begins.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/library_wire.h"
#include "rdb/server/library_judge.h"

namespace cli {

inline constexpr uint64_t kLibraryTimeDefault = 3;  // seconds
inline constexpr uint64_t kLibraryTimeMax = 86400;

// Not thread-safe.
class LibraryProcess : public rdb::LibraryJudge {
 public:
  // `seconds`: the processor time that the libraries of a file may take together. One of them may
  // take half of what those before it have left, so that there is always something for the next.
  explicit LibraryProcess(uint64_t seconds) : budget_ms_(seconds * 1000) {}
  ~LibraryProcess() override;

  // The libraries of another file come next.
  void begin_file();

  void start() override;
  void add(std::string_view piece) override;
  [[nodiscard]] rdb::LibraryAnswer load(const rdb::LibraryApi& api) override;
  [[nodiscard]] rdb::LibraryAnswer compile() override;

 private:
  bool begin();
  void end();
  [[nodiscard]] rdb::LibraryAnswer ask(Message kind, std::string_view question);
  bool send(Message kind, std::string_view bytes);
  bool send_bytes(std::string_view bytes);
  bool receive(char* to, size_t size);
  bool wait(short events);
  bool give_up(std::string words);
  [[nodiscard]] uint64_t used_ms() const;

  uint64_t budget_ms_;
  uint64_t ended_ms_ = 0;  // processor time of this file's processes that have ended
  // Of the library that comes.
  std::string failure_;      // why it is undecided; empty: it is not yet
  uint64_t limit_ms_ = 0;    // as used_ms()
  int64_t deadline_ms_ = 0;  // of the clock
  pid_t child_ = 0;          // 0: there is none
  int socket_ = -1;
  int64_t began_ms_ = 0;  // of the clock: when the child did
};

}  // namespace cli
