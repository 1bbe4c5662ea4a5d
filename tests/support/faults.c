// Preloaded by tests/faults and tests/kill: lets chosen calls of the program fail.
//
//   RDBFERRY_FAULT=read:3:5           the third read() of the program fails with errno 5
//   RDBFERRY_FAULT=read:3+:short      the third and all later ones do half of what is asked
//   RDBFERRY_FAULT=openat:1:24,…      several
//   RDBFERRY_FAULT=read@child:1:5     the first one of the process that runs function libraries
//   RDBFERRY_FAULT=call:40:kill       SIGKILL in place of the 40th call of any kind
//   RDBFERRY_FAULT=call:0:kill        the program ends as it does; the number of calls is written to
//                                     RDBFERRY_FAULT_FD in decimal
//   RDBFERRY_FAULT_FD=7               a byte is written there whenever a call is made to fail
//
// tmpfile is an open() of a file without a name, of which nothing is told; touch changes the time of
// modification of a regular file before a read() or pread() of it, if it is open for reading alone.
//
// Calls count while main() runs; those that libc makes by itself do not count. All allocations are
// called malloc, and those after the first open() alloc.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kFaultsMax = 4, kShort = -1, kKill = -2 };

static struct {
  char call[24];
  long at, seen;
  bool stays;
  int error;
} faults[kFaultsMax];
static int count;
static bool has_opened, is_child;
static int report_fd = -1;

// Allocations, and what is no call of its own, are not calls of any kind.
static bool is_meant(const char* meant, const char* call) {
  if (strcmp(meant, "call") != 0) return strcmp(meant, call) == 0;
  return strcmp(call, "malloc") != 0 && strcmp(call, "alloc") != 0 &&
         strcmp(call, "tmpfile") != 0 && strcmp(call, "touch") != 0;
}

// 0: the call is to be made; kShort; or an errno.
static int fault(const char* call) {
  for (int i = 0; i < count; ++i) {
    if (!is_meant(faults[i].call, call)) continue;
    const long n = ++faults[i].seen;
    if (faults[i].error == kKill && n == faults[i].at) kill(getpid(), SIGKILL);
    if (faults[i].error == kKill) continue;
    if (n != faults[i].at && !(faults[i].stays && n > faults[i].at)) continue;
    const int before = errno;
    if (strcmp(call, "tmpfile") != 0) syscall(SYS_write, report_fd, "!", 1);
    errno = before;
    return faults[i].error;
  }
  return 0;
}

static void parse(const char* text) {
  int used = 0;
  char mark[2], error[16];
  for (; count < kFaultsMax; text += used + 1) {
    const int at = count++;
    if (sscanf(text, "%23[^:]:%ld%1[+:]%15[^,]%n", faults[at].call, &faults[at].at, mark, error,
               &used) != 4) {
      abort();
    }
    const char* const name = error + (error[0] == ':');
    faults[at].stays = mark[0] == '+';
    faults[at].error = strcmp(name, "short") == 0  ? kShort
                       : strcmp(name, "kill") == 0 ? kKill
                                                   : atoi(name);
    if (text[used] == '\0') break;
  }
}

static int (*program)(int, char**, char**);

// Each process has the faults that are meant for it.
static void choose(void) {
  for (int i = 0; i < count; ++i) {
    char* const mark = strchr(faults[i].call, '@');
    if ((mark != NULL) != is_child) faults[i].call[0] = '\0';
    if (mark != NULL) *mark = '\0';
  }
}

static int begin(int argc, char** argv, char** env) {
  const char* const text = getenv("RDBFERRY_FAULT");
  const char* const fd = getenv("RDBFERRY_FAULT_FD");
  if (fd != NULL) report_fd = atoi(fd);
  if (text != NULL && *text != '\0') parse(text);
  is_child = argc > 1 && strcmp(argv[1], "--judge-libraries") == 0;
  choose();
  const int exits = program(argc, argv, env);
  for (int i = 0; i < count; ++i) {
    if (faults[i].error == kKill) dprintf(report_fd, "%ld", faults[i].seen);
  }
  count = 0;
  return exits;
}

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack) {
  int (*real)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void),
              void (*)(void), void*) = dlsym(RTLD_NEXT, "__libc_start_main");
  program = main;
  return real(begin, argc, argv, init, fini, rtld_fini, stack);
}

#define REAL(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))

#define FAIL(call, bad)        \
  const int cause = fault(#call); \
  if (cause > 0) {             \
    errno = cause;             \
    return bad;                \
  }

#define WRAP(type, bad, call, parameters, ...) \
  type call parameters {                       \
    FAIL(call, bad)                            \
    return REAL(call)(__VA_ARGS__);            \
  }

#define WRAP_SIZED(call, parameters, n, ...) \
  ssize_t call parameters {                  \
    FAIL(call, -1)                           \
    if (cause == kShort) n = (n + 1) / 2;    \
    return REAL(call)(__VA_ARGS__);          \
  }

// The process that runs function libraries may not ask what this asks.
static bool is_asked(const char* call) {
  for (int i = 0; i < count; ++i) {
    if (strcmp(call, faults[i].call) == 0) return true;
  }
  return false;
}

static void touch(int fd) {
  if (!is_asked("touch")) return;
  struct stat status;
  const int how = REAL(fcntl)(fd, F_GETFL);
  if (how < 0 || (how & O_ACCMODE) != O_RDONLY || REAL(fstat)(fd, &status) != 0 ||
      !S_ISREG(status.st_mode) || fault("touch") == 0) {
    return;
  }
  const struct timespec times[] = {{1, 0}, {1, 0}};
  futimens(fd, times);
}

ssize_t read(int fd, void* to, size_t n) {
  touch(fd);
  FAIL(read, -1)
  if (cause == kShort) n = (n + 1) / 2;
  return REAL(read)(fd, to, n);
}

ssize_t pread(int fd, void* to, size_t n, off_t at) {
  touch(fd);
  FAIL(pread, -1)
  if (cause == kShort) n = (n + 1) / 2;
  return REAL(pread)(fd, to, n, at);
}

WRAP_SIZED(write, (int fd, const void* from, size_t n), n, fd, from, n)
WRAP_SIZED(pwrite, (int fd, const void* from, size_t n, off_t at), n, fd, from, n, at)
WRAP_SIZED(send, (int fd, const void* from, size_t n, int flags), n, fd, from, n, flags)
WRAP_SIZED(recv, (int fd, void* to, size_t n, int flags), n, fd, to, n, flags)
WRAP(ssize_t, -1, getdents64, (int fd, void* to, size_t n), fd, to, n)

WRAP(int, -1, socketpair, (int domain, int type, int protocol, int ends[2]), domain, type, protocol,
     ends)
WRAP(pid_t, -1, wait4, (pid_t pid, int* status, int options, struct rusage* used), pid, status,
     options, used)
WRAP(int, -1, fsync, (int fd), fd)
WRAP(off_t, -1, lseek, (int fd, off_t to, int whence), fd, to, whence)
WRAP(int, -1, rename, (const char* from, const char* to), from, to)
WRAP(int, -1, renameat2, (int a, const char* from, int b, const char* to, unsigned how), a, from, b,
     to, how)
WRAP(int, -1, link, (const char* from, const char* to), from, to)
WRAP(int, -1, linkat, (int a, const char* from, int b, const char* to, int flags), a, from, b, to,
     flags)
WRAP(int, -1, flock, (int fd, int operation), fd, operation)
WRAP(int, -1, unlink, (const char* path), path)
WRAP(int, -1, unlinkat, (int fd, const char* path, int flags), fd, path, flags)
WRAP(int, -1, mkdir, (const char* path, mode_t mode), path, mode)
WRAP(int, -1, rmdir, (const char* path), path)
WRAP(int, -1, mkostemp, (char* path, int flags), path, flags)
WRAP(int, -1, stat, (const char* path, struct stat* to), path, to)
WRAP(int, -1, lstat, (const char* path, struct stat* to), path, to)
WRAP(int, -1, fstat, (int fd, struct stat* to), fd, to)
WRAP(int, -1, fstatat, (int fd, const char* path, struct stat* to, int flags), fd, path, to, flags)
WRAP(int, -1, fchmod, (int fd, mode_t mode), fd, mode)
WRAP(int, -1, fchown, (int fd, uid_t owner, gid_t group), fd, owner, group)
WRAP(int, -1, poll, (struct pollfd * fds, nfds_t n, int timeout), fds, n, timeout)
WRAP(char*, NULL, realpath, (const char* path, char* to), path, to)
WRAP(DIR*, NULL, opendir, (const char* path), path)
WRAP(struct dirent*, NULL, readdir, (DIR * entries), entries)

int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const argv[], char* const env[]) {
  const int cause = fault("posix_spawn");
  if (cause > 0) return cause;
  return REAL(posix_spawn)(child, path, actions, attributes, argv, env);
}

// The descriptor is gone even so: Linux close(2).
int close(int fd) {
  const int cause = fault("close");
  const int result = REAL(close)(fd);
  if (cause == 0) return result;
  errno = cause;
  return -1;
}

int open(const char* path, int flags, ...) {
  has_opened = true;
  const int no_tmpfile = (flags & O_TMPFILE) == O_TMPFILE ? fault("tmpfile") : 0;
  if (no_tmpfile != 0) {
    errno = no_tmpfile;
    return -1;
  }
  FAIL(open, -1)
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return REAL(open)(path, flags, mode);
}

int openat(int fd, const char* path, int flags, ...) {
  FAIL(openat, -1)
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return REAL(openat)(fd, path, flags, mode);
}

int fcntl(int fd, int command, ...) {
  FAIL(fcntl, -1)
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  return REAL(fcntl)(fd, command, argument);
}

// dlsym() itself may allocate, so these are glibc's own names.
void* __libc_malloc(size_t n);
void* __libc_calloc(size_t n, size_t size);
void* __libc_realloc(void* old, size_t n);
void* __libc_memalign(size_t align, size_t n);

// operator new(nothrow), of the C++ library's sorting, which does without what it does not get.
void* _ZnwmRKSt9nothrow_t(size_t n, const void* nothrow) {
  (void)nothrow;
  return __libc_malloc(n);
}

#define FAIL_MEMORY                                     \
  if (fault("malloc") || (has_opened && fault("alloc"))) { \
    errno = ENOMEM;                                     \
    return NULL;                                        \
  }

void* malloc(size_t n) {
  FAIL_MEMORY
  return __libc_malloc(n);
}
void* calloc(size_t n, size_t size) {
  FAIL_MEMORY
  return __libc_calloc(n, size);
}
void* realloc(void* old, size_t n) {
  FAIL_MEMORY
  return __libc_realloc(old, n);
}
void* aligned_alloc(size_t align, size_t n) {
  FAIL_MEMORY
  return __libc_memalign(align, n);
}
