/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * secretfile.c: see secretfile.h.
 */
#include "keys/secretfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fds.h"

int ftps_secretfile_check(const struct stat *st, const char *name,
    const char *path, struct ftps_error *err) {
  if (!S_ISREG(st->st_mode)) {
    ftps_error_set(err, "%s %s: is not a regular file; name one", name, path);
    return -1;
  }

  if (st->st_mode & (S_IROTH | S_IWOTH)) {
    ftps_error_set(err,
        "%s %s: everybody may %s it, so it is not used; run chmod o-rw on it "
        "and write a new secret",
        name, path, st->st_mode & S_IROTH ? "read" : "write to");
    return -1;
  }

  if (st->st_uid != 0 && st->st_uid != geteuid()) {
    ftps_error_set(err, "%s %s: belongs to another user; run chown root on it",
        name, path);
    return -1;
  }

  return 0;
}

int ftps_secretfile_open(const char *name, const char *path,
    struct ftps_error *err) {
  int fd = ftps_fds_open_file(path);
  struct stat st;

  if (fd < 0 || fstat(fd, &st) < 0) {
    ftps_error_set_path(err, name, path, errno);

  } else if (ftps_secretfile_check(&st, name, path, err) == 0) {
    return fd;
  }

  if (fd >= 0) {
    (void) close(fd);
  }
  return -1;
}
