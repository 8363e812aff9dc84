/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * faults.c: preloaded into the daemon by t/soak/faults.pl: the n-th call of one
 * kind fails, in any process that has the page of the file FTPS_FAULTS, or all
 * calls from the n-th on.
 *
 * The page is armed by writing to it; see struct page.  Calls that OpenSSL or
 * ProFTPD make fail as well as those of the module, unless `only_ours` is set.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind {
  KIND_NONE,
  KIND_READ, /* also of sockets */
  KIND_WRITE,
  KIND_MMAP,
  KIND_FCNTL,
  KIND_FSYNC,
  KIND_ALLOC,
  KIND_OPEN, /* what makes a descriptor */
  KIND_STAT,
  KIND_FILE, /* writes to regular files */
  KINDS
};

struct page {
  _Atomic uint32_t kind;       /* which calls fail */
  _Atomic uint32_t at;         /* how many are left before one does */
  _Atomic uint32_t error;      /* errno */
  _Atomic uint32_t is_lasting; /* all calls after it fail too */
  _Atomic uint32_t spared;     /* a process that is not touched; 0: none */
  _Atomic uint32_t only;       /* the only process; 0: all */
  _Atomic uint32_t only_ours;  /* calls of mod_ftps alone */
  _Atomic uint32_t injected;   /* how many have failed */
  _Atomic int64_t jump;        /* seconds that the clock is ahead */
  _Atomic uint32_t counts[KINDS];
};

static struct page nothing, *page = &nothing;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int is_ours(const void *caller) {
  Dl_info info;

  return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
      strstr(info.dli_fname, "mod_ftps") != NULL;
}

static int fails(enum kind kind, const void *caller) {
  uint32_t left, pid = page == &nothing ? 0 : (uint32_t) getpid();

  if (pid == 0 || pid == page->spared ||
      (page->only != 0 && pid != page->only)) {
    return 0;
  }

  (void) atomic_fetch_add(&page->counts[kind], 1);
  if (page->kind != (uint32_t) kind || (page->only_ours && !is_ours(caller))) {
    return 0;
  }

  left = page->at;
  while (
      left > 0 && !atomic_compare_exchange_weak(&page->at, &left, left - 1)) {
  }
  if (left > 1 || (left == 0 && !page->is_lasting)) {
    return 0;
  }

  (void) atomic_fetch_add(&page->injected, 1);
  errno = (int) page->error;
  return 1;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (real == NULL) { \
    *(void **) &real = dlsym(RTLD_NEXT, #name); \
  }

#define FAILS(kind) fails(kind, __builtin_return_address(0))

ssize_t read(int fd, void *to, size_t n) {
  REAL(read)
  return FAILS(KIND_READ) ? -1 : real(fd, to, n);
}

ssize_t readv(int fd, const struct iovec *to, int n) {
  REAL(readv)
  return FAILS(KIND_READ) ? -1 : real(fd, to, n);
}

ssize_t pread(int fd, void *to, size_t n, off_t at) {
  REAL(pread)
  return FAILS(KIND_READ) ? -1 : real(fd, to, n, at);
}

ssize_t recv(int fd, void *to, size_t n, int flags) {
  REAL(recv)
  return FAILS(KIND_READ) ? -1 : real(fd, to, n, flags);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags) {
  REAL(recvmsg)
  return FAILS(KIND_READ) ? -1 : real(fd, msg, flags);
}

static int is_full(int fd, const void *caller) {
  struct stat st;

  return page->kind == KIND_FILE && fstat(fd, &st) == 0 &&
      S_ISREG(st.st_mode) && fails(KIND_FILE, caller);
}

#define WRITE_FAILS(fd) \
  (FAILS(KIND_WRITE) || is_full(fd, __builtin_return_address(0)))

ssize_t write(int fd, const void *from, size_t n) {
  REAL(write)
  return WRITE_FAILS(fd) ? -1 : real(fd, from, n);
}

ssize_t writev(int fd, const struct iovec *from, int n) {
  REAL(writev)
  return WRITE_FAILS(fd) ? -1 : real(fd, from, n);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at) {
  REAL(pwrite)
  return WRITE_FAILS(fd) ? -1 : real(fd, from, n, at);
}

ssize_t send(int fd, const void *from, size_t n, int flags) {
  REAL(send)
  return FAILS(KIND_WRITE) ? -1 : real(fd, from, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
  REAL(sendmsg)
  return FAILS(KIND_WRITE) ? -1 : real(fd, msg, flags);
}

#define MMAP(name, type) \
  void *name(void *where, size_t n, int prot, int flags, int fd, type at) { \
    REAL(name) \
    return FAILS(KIND_MMAP) ? MAP_FAILED \
                            : real(where, n, prot, flags, fd, at); \
  }

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

static long third(va_list args) {
  return va_arg(args, long);
}

#define FCNTL(name) \
  int name(int fd, int command, ...) { \
    REAL(name) \
    va_list args; \
    long arg; \
    va_start(args, command); \
    arg = third(args); \
    va_end(args); \
    return FAILS(KIND_FCNTL) ? -1 : real(fd, command, arg); \
  }

FCNTL(fcntl)
FCNTL(fcntl64)

int fsync(int fd) {
  REAL(fsync)
  return FAILS(KIND_FSYNC) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync)
  return FAILS(KIND_FSYNC) ? -1 : real(fd);
}

int close(int fd) {
  REAL(close)
  int res = real(fd);

  return FAILS(KIND_FSYNC) ? -1 : res;
}

int ftruncate(int fd, off_t size) {
  REAL(ftruncate)
  return WRITE_FAILS(fd) ? -1 : real(fd, size);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name) \
    va_list args; \
    long mode; \
    va_start(args, flags); \
    mode = third(args); \
    va_end(args); \
    return FAILS(KIND_OPEN) ? -1 : real(path, flags, (mode_t) mode); \
  }

OPEN(open)
OPEN(open64)

int socket(int family, int type, int protocol) {
  REAL(socket)
  return FAILS(KIND_OPEN) ? -1 : real(family, type, protocol);
}

int accept(int fd, struct sockaddr *address, socklen_t *len) {
  REAL(accept)
  return FAILS(KIND_OPEN) ? -1 : real(fd, address, len);
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags) {
  REAL(accept4)
  return FAILS(KIND_OPEN) ? -1 : real(fd, address, len, flags);
}

int dup(int fd) {
  REAL(dup)
  return FAILS(KIND_OPEN) ? -1 : real(fd);
}

int dup2(int fd, int to) {
  REAL(dup2)
  return FAILS(KIND_OPEN) ? -1 : real(fd, to);
}

int fstat(int fd, struct stat *st) {
  REAL(fstat)
  return FAILS(KIND_STAT) ? -1 : real(fd, st);
}

int lstat(const char *path, struct stat *st) {
  REAL(lstat)
  return FAILS(KIND_STAT) ? -1 : real(path, st);
}

void *malloc(size_t n) {
  return FAILS(KIND_ALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size) {
  return FAILS(KIND_ALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n) {
  return FAILS(KIND_ALLOC) ? NULL : __libc_realloc(old, n);
}

time_t time(time_t *out) {
  struct timespec now;

  (void) clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime)
  int res = real(clock, now);

  if (res == 0 && clock == CLOCK_REALTIME) {
    now->tv_sec += page->jump;
  }
  return res;
}

__attribute__((constructor)) static void open_page(void) {
  const char *path = getenv("FTPS_FAULTS");
  int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
  void *found;

  if (fd >= 0) {
    found =
        mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (found != MAP_FAILED) {
      page = found;
    }
    (void) close(fd);
  }
}
