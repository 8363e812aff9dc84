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

static uint64_t in_ns(const struct timespec *t) {
  return (uint64_t) t->tv_sec * UINT64_C(1000000000) + (uint64_t) t->tv_nsec;
}

/* A sum changes with each file.  The latest time need not: one of the files may
 * have a time in the future, because the clock was wrong when it was written.
 */
static void add_state(struct ftps_stamp *stamp, const struct stat *st) {
  stamp->dev += st->st_dev;
  stamp->ino += st->st_ino;
  stamp->size += st->st_size;
  stamp->mtime += in_ns(&st->st_mtim);
  stamp->ctime += in_ns(&st->st_ctim);
}

static void add_entries(struct ftps_stamp *stamp, const char *path) {
  const struct dirent *entry;
  struct stat st;
  DIR *dir = opendir(path);

  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.' &&
        fstatat(dirfd(dir), entry->d_name, &st, 0) == 0) {
      add_state(stamp, &st);
    }
  }

  if (dir != NULL) {
    (void) closedir(dir);
  }
}

static void add_path(struct ftps_stamp *stamp, const char *path) {
  struct stat st;

  if (stat(path, &st) < 0) {
    return;
  }

  add_state(stamp, &st);
  if (stamp->with_entries) {
    add_entries(stamp, path);
  }
}

/* `what` names the files and says nothing of their state. */
static void take_stamp(struct ftps_stamp *stamp,
    const struct ftps_stamp *what) {
  *stamp = (struct ftps_stamp){ .path = what->path,
    .paths = what->paths,
    .count = what->count,
    .with_entries = what->with_entries };

  if (stamp->count == 0) {
    add_path(stamp, stamp->path);
  }
  for (size_t i = 0; i < stamp->count; i++) {
    add_path(stamp, stamp->paths[i]);
  }
}

static void add_stamp(struct ftps_stamps *stamps,
    const struct ftps_stamp *what) {
  if (what->path != NULL && stamps->n < FTPS_STAMPS_MAX) {
    take_stamp(&stamps->list[stamps->n++], what);
  }
}

void ftps_stamps_add(struct ftps_stamps *stamps, const char *path) {
  add_stamp(stamps, &(struct ftps_stamp){ .path = path });
}

void ftps_stamps_add_entries(struct ftps_stamps *stamps, const char *path) {
  add_stamp(stamps, &(struct ftps_stamp){ .path = path, .with_entries = true });
}

void ftps_stamps_add_all(struct ftps_stamps *stamps, const char *const *paths,
    size_t count, bool with_entries) {
  const struct ftps_stamp what = { .path = count > 0 ? paths[0] : NULL,
    .paths = paths,
    .count = count > 1 ? count : 0,
    .with_entries = with_entries };

  add_stamp(stamps, &what);
}

static const struct ftps_stamp *find_stamp(const struct ftps_stamps *stamps,
    const struct ftps_stamp *like) {
  for (size_t i = 0; i < stamps->n && like->count == 0; i++) {
    if (stamps->list[i].count == 0 &&
        strcmp(stamps->list[i].path, like->path) == 0) {
      return &stamps->list[i];
    }
  }

  return NULL;
}

static void take_directory(struct ftps_stamp *stamp,
    const struct ftps_stamp *what, struct ftps_stamps *seen) {
  const struct ftps_stamp *known = find_stamp(seen, what);

  if (known != NULL) {
    *stamp = *known;
    stamp->path = what->path;
    return;
  }

  take_stamp(stamp, what);
  if (stamp->count == 0 && seen->n < FTPS_STAMPS_MAX) {
    seen->list[seen->n++] = *stamp;
  }
}

void ftps_stamps_again(const struct ftps_stamps *stamps,
    struct ftps_stamps *seen, struct ftps_stamps *now_out) {
  now_out->n = stamps->n;
  for (size_t i = 0; i < stamps->n; i++) {
    const struct ftps_stamp before = stamps->list[i];

    if (before.with_entries && seen != NULL) {
      take_directory(&now_out->list[i], &before, seen);
    } else {
      take_stamp(&now_out->list[i], &before);
    }
  }
}

static bool is_same_file(const struct ftps_stamp *a,
    const struct ftps_stamp *b) {
  return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
      a->mtime == b->mtime && a->ctime == b->ctime;
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
    const struct ftps_stamp *known = find_stamp(from, &stamps->list[i]);

    if (known != NULL) {
      stamps->list[i] = *known;
      stamps->list[i].path = path;
    }
  }
}
