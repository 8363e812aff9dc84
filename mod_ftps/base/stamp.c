/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * stamp.c: see stamp.h.
 *
 * ctime is part of a stamp: tools that keep mtime ("cp -p", "rsync -t") would
 * otherwise hide a renewed file of equal size.
 */
#include "base/stamp.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static void keep_later(struct timespec *latest, const struct timespec *t) {
  if (t->tv_sec > latest->tv_sec ||
      (t->tv_sec == latest->tv_sec && t->tv_nsec > latest->tv_nsec)) {
    *latest = *t;
  }
}

/* A file that is written now has the latest time.  Other changes (a link that
 * points elsewhere, to an older file) change a sum.
 */
static void add_entries(struct ftps_stamp *stamp) {
  const struct dirent *entry;
  struct stat st;
  DIR *dir = opendir(stamp->path);

  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.' &&
        fstatat(dirfd(dir), entry->d_name, &st, 0) == 0) {
      stamp->ino += st.st_ino;
      stamp->size += st.st_size;
      keep_later(&stamp->mtime, &st.st_mtim);
      keep_later(&stamp->ctime, &st.st_ctim);
    }
  }

  if (dir != NULL) {
    (void) closedir(dir);
  }
}

static void take_stamp(struct ftps_stamp *stamp, const char *path,
    bool with_entries) {
  struct stat st;

  memset(stamp, 0, sizeof(*stamp));
  stamp->path = path;
  stamp->with_entries = with_entries;
  if (stat(path, &st) < 0) {
    return;
  }

  stamp->dev = st.st_dev;
  stamp->ino = st.st_ino;
  stamp->size = st.st_size;
  stamp->mtime = st.st_mtim;
  stamp->ctime = st.st_ctim;
  if (with_entries) {
    add_entries(stamp);
  }
}

static void add_stamp(struct ftps_stamps *stamps, const char *path,
    bool with_entries) {
  if (path != NULL && stamps->n < FTPS_STAMPS_MAX) {
    take_stamp(&stamps->list[stamps->n++], path, with_entries);
  }
}

void ftps_stamps_add(struct ftps_stamps *stamps, const char *path) {
  add_stamp(stamps, path, false);
}

void ftps_stamps_add_entries(struct ftps_stamps *stamps, const char *path) {
  add_stamp(stamps, path, true);
}

static const struct ftps_stamp *find_stamp(const struct ftps_stamps *stamps,
    const char *path) {
  for (size_t i = 0; i < stamps->n; i++) {
    if (strcmp(stamps->list[i].path, path) == 0) {
      return &stamps->list[i];
    }
  }

  return NULL;
}

static void take_directory(struct ftps_stamp *stamp, const char *path,
    struct ftps_stamps *seen) {
  const struct ftps_stamp *known = find_stamp(seen, path);

  if (known != NULL) {
    *stamp = *known;
    stamp->path = path;
    return;
  }

  take_stamp(stamp, path, true);
  if (seen->n < FTPS_STAMPS_MAX) {
    seen->list[seen->n++] = *stamp;
  }
}

void ftps_stamps_again(const struct ftps_stamps *stamps,
    struct ftps_stamps *seen, struct ftps_stamps *now_out) {
  now_out->n = stamps->n;
  for (size_t i = 0; i < stamps->n; i++) {
    const struct ftps_stamp *before = &stamps->list[i];

    if (before->with_entries && seen != NULL) {
      take_directory(&now_out->list[i], before->path, seen);
    } else {
      take_stamp(&now_out->list[i], before->path, before->with_entries);
    }
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

void ftps_stamps_learn(struct ftps_stamps *stamps,
    const struct ftps_stamps *from) {
  for (size_t i = 0; i < stamps->n; i++) {
    const char *path = stamps->list[i].path;
    const struct ftps_stamp *known = find_stamp(from, path);

    if (known != NULL) {
      stamps->list[i] = *known;
      stamps->list[i].path = path;
    }
  }
}
