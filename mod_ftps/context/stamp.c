/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * stamp.c: see stamp.h.
 *
 * ctime is part of a stamp: tools that keep mtime ("cp -p", "rsync -t") would
 * otherwise hide a renewal of equal size.
 */
#include "context/stamp.h"

#include <string.h>
#include <sys/stat.h>

static void take_stamp(struct ftps_stamp *stamp, const char *path) {
  struct stat st;

  memset(stamp, 0, sizeof(*stamp));
  stamp->path = path;
  if (stat(path, &st) < 0) {
    return;
  }

  stamp->dev = st.st_dev;
  stamp->ino = st.st_ino;
  stamp->size = st.st_size;
  stamp->mtime = st.st_mtim;
  stamp->ctime = st.st_ctim;
}

void ftps_stamps_add(struct ftps_stamps *stamps, const char *path) {
  if (path == NULL || stamps->n == FTPS_STAMPS_MAX) {
    return;
  }

  take_stamp(&stamps->list[stamps->n++], path);
}

void ftps_stamps_again(const struct ftps_stamps *stamps,
    struct ftps_stamps *now_out) {
  now_out->n = stamps->n;
  for (size_t i = 0; i < stamps->n; i++) {
    take_stamp(&now_out->list[i], stamps->list[i].path);
  }
}

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same_file(const struct ftps_stamp *a,
    const struct ftps_stamp *b) {
  return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
      is_same_time(&a->mtime, &b->mtime) && is_same_time(&a->ctime, &b->ctime);
}

bool ftps_stamps_are_equal(const struct ftps_stamps *a,
    const struct ftps_stamps *b) {
  if (a->n != b->n) {
    return false;
  }

  for (size_t i = 0; i < a->n; i++) {
    if (!is_same_file(&a->list[i], &b->list[i])) {
      return false;
    }
  }

  return true;
}
