#include "cli/library_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "cli/library_child.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every system declares it

namespace cli {
namespace {

constexpr const char* kProgram = "/proc/self/exe";
// A process that does not get the processor, or does not want it, is waited for longer than it may
// use it.
constexpr int64_t kPatience = 3;
// Less than that is no time to judge anything.
constexpr uint64_t kLeastMs = 10;
constexpr uint64_t kSecondMs = 1000;
constexpr uint64_t kStartS = 1;  // processor time for the start of a process with sanitizers

uint64_t ms_of(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * kSecondMs +
         static_cast<uint64_t>(time.tv_usec) / 1000;
}

int64_t ms_of(const timespec& time) { return time.tv_sec * 1000 + time.tv_nsec / 1000000; }

int64_t clock_ms() {
  timespec now{};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return ms_of(now);
}

// Executes the program anew, with `socket` as its input and output. Returns an errno value.
int spawn(int socket, uint64_t seconds, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (const int cause = posix_spawn_file_actions_init(&actions); cause != 0) return cause;
  int cause = posix_spawnattr_init(&attributes);
  if (cause == 0) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    const auto then = [&cause](int result) { cause = cause == 0 ? result : cause; };
    then(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    then(posix_spawnattr_setsigdefault(&attributes, &all));
    then(posix_spawnattr_setsigmask(&attributes, &none));
    then(posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO));
    then(posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO));
    then(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0));
    std::string arguments[] = {"rdbferry", kLibraryChild, std::to_string(seconds)};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(), nullptr};
    if (cause == 0) cause = posix_spawn(&child, kProgram, &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
  }
  (void)posix_spawn_file_actions_destroy(&actions);
  return cause;
}

std::string cannot_start(int cause) {
  return std::string("no process can be started for it: ") + std::strerror(cause);
}

}  // namespace

LibraryProcess::~LibraryProcess() { end(); }

void LibraryProcess::begin_file() {
  end();
  ended_ms_ = 0;
}

void LibraryProcess::start() {
  failure_.clear();
  const uint64_t used = used_ms();
  const uint64_t share = (budget_ms_ - std::min(budget_ms_, used)) / 2;
  limit_ms_ = used + share;
  deadline_ms_ = clock_ms() + static_cast<int64_t>(share) * kPatience;
  if (share < kLeastMs) {
    (void)give_up("the time for the function libraries of this file is over (--library-time)");
    return;
  }
  if (child_ != 0 || begin()) (void)send(Message::start, "");
}

void LibraryProcess::add(std::string_view piece) {
  while (failure_.empty() && !piece.empty()) {
    const std::string_view part = piece.substr(0, kTextBytesMax);
    if (!send(Message::text, part)) return;
    piece.remove_prefix(part.size());
  }
}

rdb::LibraryAnswer LibraryProcess::load(const rdb::LibraryApi& api) {
  return ask(Message::load, format_api(api));
}

rdb::LibraryAnswer LibraryProcess::compile() { return ask(Message::compile, ""); }

rdb::LibraryAnswer LibraryProcess::ask(Message kind, std::string_view question) {
  rdb::LibraryAnswer out;
  char bytes[kMessageHeadBytes];
  if (failure_.empty() && send(kind, question) && receive(bytes, sizeof bytes)) {
    const MessageHead head = parse_message_head({bytes, sizeof bytes});
    std::string answer(std::min(head.size, kAnswerBytesMax), '\0');
    const bool is_answer = head.kind == Message::answer && head.size <= kAnswerBytesMax;
    if (is_answer && !receive(answer.data(), answer.size())) {
      // failure_ says why
    } else if (!is_answer || !parse_answer(answer, out)) {
      (void)give_up("the process that runs it gives no answer");
    }
  }
  if (!failure_.empty()) {
    out = {};
    out.words = failure_;
  }
  return out;
}

bool LibraryProcess::begin() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return give_up(cannot_start(errno));
  }
  const uint64_t left_s = (budget_ms_ - std::min(budget_ms_, ended_ms_)) / kSecondMs;
  const int cause = spawn(ends[1], left_s + 1 + kStartS, child_);
  (void)close(ends[1]);
  socket_ = ends[0];
  began_ms_ = clock_ms();
  if (cause == 0) return true;
  child_ = 0;
  return give_up(cannot_start(cause));
}

// Ends the process, and waits for that.
void LibraryProcess::end() {
  if (socket_ >= 0) (void)close(std::exchange(socket_, -1));
  if (child_ == 0) return;
  (void)kill(child_, SIGKILL);
  rusage used{};
  pid_t ended = 0;
  do ended = wait4(child_, nullptr, 0, &used);
  while (ended < 0 && errno == EINTR);
  ended_ms_ += ms_of(used.ru_utime) + ms_of(used.ru_stime);
  child_ = 0;
}

bool LibraryProcess::give_up(std::string words) {
  failure_ = std::move(words);
  end();
  return false;
}

bool LibraryProcess::send(Message kind, std::string_view bytes) {
  return send_bytes(message_head(kind, bytes.size())) && send_bytes(bytes);
}

bool LibraryProcess::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait(POLLOUT)) return false;
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return give_up("the process that runs it has ended");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool LibraryProcess::receive(char* to, size_t size) {
  while (size != 0) {
    if (!wait(POLLIN)) return false;
    const ssize_t n = recv(socket_, to, size, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return give_up("the process that runs it has ended");
    to += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

// Until the process is ready, has ended, or has had its time.
bool LibraryProcess::wait(short events) {
  for (;;) {
    pollfd ready{.fd = socket_, .events = events, .revents = 0};
    const uint64_t used = used_ms();
    const int64_t left = deadline_ms_ - clock_ms();
    if (used >= limit_ms_ || left <= 0)
      return give_up("it takes too long to load (--library-time)");
    const int64_t pause = std::min(left, static_cast<int64_t>(limit_ms_ - used));
    const int n = poll(&ready, 1, static_cast<int>(std::min<int64_t>(pause + 1, kSecondMs)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return give_up("the process that runs it cannot be waited for");
  }
}

uint64_t LibraryProcess::used_ms() const {
  if (child_ == 0) return ended_ms_;
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(child_, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return ended_ms_ + static_cast<uint64_t>(clock_ms() - began_ms_);
  }
  return ended_ms_ + static_cast<uint64_t>(ms_of(used));
}

}  // namespace cli
