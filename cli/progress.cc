#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cli {
namespace {

constexpr auto kFirst = std::chrono::seconds(1);
constexpr auto kBarStep = std::chrono::milliseconds(200);
constexpr auto kLineStep = std::chrono::seconds(1);

std::string mib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", bytes / (1 << 20));
  return text;
}

std::string clock(double seconds) {
  const auto s = static_cast<unsigned long>(std::lround(seconds));
  char text[32];
  std::snprintf(text, sizeof text, "%lu:%02lu", s / 60, s % 60);
  return text;
}

}  // namespace

Progress::Progress(rdb::ByteSource& source, std::string_view mode)
    : source_(source), start_(Clock::now()), next_(start_ + kFirst) {
  mode_ = mode == "plain"                                ? Mode::plain
          : mode == "json"                               ? Mode::json
          : mode == "auto" && isatty(STDERR_FILENO) != 0 ? Mode::bar
                                                         : Mode::never;
}

bool Progress::read(char* to, size_t n, size_t& got) {
  if (!source_.read(to, n, got)) return fail(source_.error());
  bytes_ += got;
  if (mode_ == Mode::never) return true;
  const Clock::time_point now = Clock::now();
  if (now >= next_) show(now);
  return true;
}

void Progress::show(Clock::time_point now) {
  next_ = now + (mode_ == Mode::bar ? kBarStep : kLineStep);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(bytes_) / seconds;
  const uint64_t total = source_.size().value_or(0);
  const auto done = static_cast<double>(bytes_) / static_cast<double>(total == 0 ? 1 : total);
  const double left = done > 0 && done < 1 ? seconds / done - seconds : 0;
  const unsigned long long keys = survey_ != nullptr ? survey_->keys() : 0;
  if (mode_ == Mode::json) {
    std::fprintf(stderr,
                 "{\"progress\":{\"bytes\":%llu,\"total\":%llu,\"seconds\":%.1f,\"keys\":%llu}}\n",
                 static_cast<unsigned long long>(bytes_), static_cast<unsigned long long>(total),
                 seconds, keys);
    return;
  }
  std::string line = mib(static_cast<double>(bytes_));
  if (total != 0) {
    char percent[16];
    std::snprintf(percent, sizeof percent, " (%.0f%%)", done * 100);
    line += " of " + mib(static_cast<double>(total)) + percent;
  }
  line += ", " + mib(rate) + "/s";
  if (total != 0) line += ", " + clock(left) + " left";
  if (keys != 0) line += ", " + std::to_string(keys) + " keys";
  if (mode_ == Mode::plain) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  winsize window{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
    line.resize(std::min<size_t>(line.size(), window.ws_col - 1));
  }
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  is_shown_ = true;
}

void Progress::finish() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
  mode_ = Mode::never;
}

}  // namespace cli
