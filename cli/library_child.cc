#include "cli/library_child.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "cli/library_wire.h"
#include "cli/system_calls.h"
#include "rdb/io/disk.h"
#include "rdb/rdb.h"
#include "rdb/server/library_run.h"

namespace cli {
namespace {

constexpr int kBadQuestion = 2;
// Two Luas of that size, one of which is a copy that grows, the text, and the program itself.
constexpr rlim_t kAddressSpace = rlim_t{1} << 30;
constexpr rlim_t kStack = rlim_t{8} << 20;  // as servers have

void limit(int what, rlim_t most) {
  rlimit now{};
  if (getrlimit(what, &now) != 0) return;
  now.rlim_max = std::min(now.rlim_max, most);
  now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
  (void)setrlimit(what, &now);
}

// A limit that cannot be set leaves the others.
void limit_all(rlim_t seconds) {
  end_with_parent();
  limit(RLIMIT_CPU, seconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_STACK, kStack);
  if (!kHasSanitizer) limit(RLIMIT_AS, kAddressSpace);
  close_from(STDERR_FILENO + 1);
  limit(RLIMIT_NOFILE, 0);
  if (!kHasSanitizer) forbid_system_calls();
}

// Reads `size` bytes. False: there are no more.
bool read_all(char* to, size_t size) {
  while (size != 0) {
    const ssize_t n = read(STDIN_FILENO, to, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

rdb::LibraryAnswer answer_to(const MessageHead& head, const std::string& question,
                             const std::string& text) {
  rdb::LibraryAnswer out;
  try {
    rdb::LibraryApi api;
    if (head.kind == Message::compile) return rdb::compile_script(text);
    if (parse_api(question, api)) return rdb::run_library(text, api);
  } catch (const std::bad_alloc&) {
    out.words = "there is not enough memory for it";
  }
  return out;
}

// Answers one question after another; 0: there are no more.
int answer_all() {
  std::string text;
  std::string question;
  for (char bytes[kMessageHeadBytes]; read_all(bytes, sizeof bytes);) {
    const MessageHead head = parse_message_head({bytes, sizeof bytes});
    if (head.size > kTextBytesMax) return kBadQuestion;
    question.resize(head.size);
    if (!read_all(question.data(), question.size())) return kBadQuestion;
    switch (head.kind) {
      case Message::start:
        text.clear();
        continue;
      case Message::text:
        if (text.size() + question.size() > rdb::kLibraryBytesMax) return kBadQuestion;
        text += question;
        continue;
      case Message::load:
      case Message::compile:
        break;
      default:
        return kBadQuestion;
    }
    const std::string answer = format_answer(answer_to(head, question, text));
    const std::string whole = message_head(Message::answer, answer.size()) + answer;
    if (!rdb::write_all(STDOUT_FILENO, whole)) return 0;
  }
  return 0;
}

}  // namespace

bool is_library_child(int argc, char** argv) {
  return argc == 3 && std::strcmp(argv[1], kLibraryChild) == 0;
}

int judge_libraries(char** argv) {
  const long seconds = std::strtol(argv[2], nullptr, 10);
  if (seconds <= 0) return kBadQuestion;
  limit_all(static_cast<rlim_t>(seconds));
  // What a program does at its end takes system calls that are not there any more.
  _exit(answer_all());
}

}  // namespace cli
