/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * badfile.c: preloaded into the daemon by t/54-faulty-restarts.t.  As long as
 * the file that BADFILE_WHILE names is there, the file that BADFILE_PATH names
 * is bad: it cannot be opened for lack of descriptors, or, when BADFILE_READ is
 * set, not be read behind the first bytes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_bad(const char *path) {
  const char *flag = getenv("BADFILE_WHILE"), *bad = getenv("BADFILE_PATH");

  return flag != NULL && bad != NULL && strcmp(path, bad) == 0 &&
      access(flag, F_OK) == 0;
}

static int open_it(const char *name, const char *path, int flags, int mode) {
  int (*real)(const char *, int, ...);

  if (is_bad(path) && getenv("BADFILE_READ") == NULL) {
    errno = EMFILE;
    return -1;
  }

  *(void **) &real = dlsym(RTLD_NEXT, name);
  return real(path, flags, mode);
}

static FILE *fopen_it(const char *name, const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *);

  if (is_bad(path) && getenv("BADFILE_READ") == NULL) {
    errno = EMFILE;
    return NULL;
  }

  *(void **) &real = dlsym(RTLD_NEXT, name);
  return real(path, mode);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list args; \
    int mode; \
    va_start(args, flags); \
    mode = flags & O_CREAT ? va_arg(args, int) : 0; \
    va_end(args); \
    return open_it(#name, path, flags, mode); \
  }

OPEN(open)
OPEN(open64)

FILE *fopen(const char *path, const char *mode) {
  return fopen_it("fopen", path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  return fopen_it("fopen64", path, mode);
}

ssize_t read(int fd, void *buf, size_t size) {
  ssize_t (*real)(int, void *, size_t);
  char link[64], path[4096] = "";

  if (getenv("BADFILE_READ") != NULL && lseek(fd, 0, SEEK_CUR) > 0) {
    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof(path) - 1) > 0 && is_bad(path)) {
      errno = EIO;
      return -1;
    }
  }

  *(void **) &real = dlsym(RTLD_NEXT, "read");
  return real(fd, buf, size);
}
