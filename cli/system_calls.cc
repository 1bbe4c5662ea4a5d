#include "cli/system_calls.h"

#include <unistd.h>

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <vector>
#endif

namespace cli {
namespace {

constexpr int kDescriptorsMax = 1024;  // that are closed one by one

}  // namespace

void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
  for (int fd = first; fd < kDescriptorsMax; ++fd) (void)close(fd);
}

void end_with_parent() {
#ifdef __linux__
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) && \
    defined(SECCOMP_RET_KILL_PROCESS)

// Source: Linux seccomp(2), Documentation/userspace-api/seccomp_filter.rst.
void forbid_system_calls() {
#ifdef __x86_64__
  constexpr uint32_t kMachine = AUDIT_ARCH_X86_64;
#else
  constexpr uint32_t kMachine = AUDIT_ARCH_AARCH64;
#endif
  // What allocators take, what tells the time, and what an abort does.
  constexpr uint32_t kAllowed[] = {
      SYS_read,   SYS_write,         SYS_brk,       SYS_mmap,           SYS_munmap,
      SYS_mremap, SYS_madvise,       SYS_mprotect,  SYS_futex,          SYS_exit_group,
      SYS_exit,   SYS_clock_gettime, SYS_getrandom, SYS_rt_sigreturn,   SYS_restart_syscall,
      SYS_gettid, SYS_getpid,        SYS_tgkill,    SYS_rt_sigprocmask,
  };
  const auto load = [](size_t offset) {
    return sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)));
  };
  const auto skip_if = [](uint32_t value) {  // skips the next one
    return sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
  };
  const auto skip_unless = [](uint32_t value) {
    return sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
  };
  const auto answer = [](uint32_t what) { return sock_filter(BPF_STMT(BPF_RET | BPF_K, what)); };
  std::vector<sock_filter> filter = {load(offsetof(seccomp_data, arch)), skip_if(kMachine),
                                     answer(SECCOMP_RET_KILL_PROCESS),
                                     load(offsetof(seccomp_data, nr))};
  for (const uint32_t call : kAllowed) {
    filter.push_back(skip_unless(call));
    filter.push_back(answer(SECCOMP_RET_ALLOW));
  }
  filter.push_back(answer(SECCOMP_RET_KILL_PROCESS));
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#else

void forbid_system_calls() {}

#endif

}  // namespace cli
