// Runs rdbferry once for each line of standard input, each time in a child process of its own: what
// a run does, without the milliseconds that starting the program takes (for tests/writers.py).
//
//   in    <argument> TAB <argument> ... LF
//   out   <status> <bytes of output> <bytes of errors> LF, then the output, then the errors
//
// The status is that of the exit, or 128 and the number of the signal that ended the run.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

int rdbferry_main(int argc, char** argv);  // main() of cli/main.cc, under another name

namespace {

constexpr unsigned kSecondsMax = 30;  // then SIGALRM ends a run
constexpr int kSignal = 128;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(3);
}

// What one of the streams of a run gets, in memory.
class Capture {
 public:
  Capture() : file_(memfd_create("runner", 0)) {
    if (file_ < 0) fail("memfd_create");
  }
  void clear() const {
    if (ftruncate(file_, 0) != 0 || lseek(file_, 0, SEEK_SET) != 0) fail("ftruncate");
  }
  void take_over(int stream) const {
    if (dup2(file_, stream) < 0) fail("dup2");
  }
  [[nodiscard]] std::string text() const {
    const off_t size = lseek(file_, 0, SEEK_END);
    std::string out(static_cast<size_t>(size < 0 ? 0 : size), '\0');
    if (pread(file_, out.data(), out.size(), 0) != size) fail("pread");
    return out;
  }

 private:
  int file_;
};

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> out{"rdbferry"};
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find('\t', at), line.size());
    out.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

int run(std::string_view line, const Capture& output, const Capture& errors) {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    std::vector<std::string> arguments = split(line);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) fail("/dev/null");
    output.take_over(STDOUT_FILENO);
    errors.take_over(STDERR_FILENO);
    alarm(kSecondsMax);
    std::exit(rdbferry_main(static_cast<int>(arguments.size()), argv.data()));
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) fail("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignal + WTERMSIG(status);
}

void write_all(std::string& answers) {
  for (size_t at = 0; at < answers.size();) {
    const ssize_t n = write(STDOUT_FILENO, answers.data() + at, answers.size() - at);
    if (n <= 0) fail("write");
    at += static_cast<size_t>(n);
  }
  answers.clear();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return rdbferry_main(argc, argv);  // as the program executes itself
  std::ios::sync_with_stdio(false);
  const Capture output;
  const Capture errors;
  std::string answers;  // not in a stream, which a child would write as well
  for (std::string line; std::getline(std::cin, line);) {
    output.clear();
    errors.clear();
    const int status = run(line, output, errors);
    const std::string out = output.text();
    const std::string err = errors.text();
    answers += std::to_string(status) + ' ' + std::to_string(out.size()) + ' ' +
               std::to_string(err.size()) + '\n' + out + err;
    if (std::cin.rdbuf()->in_avail() <= 0) write_all(answers);
  }
  write_all(answers);
  return 0;
}
