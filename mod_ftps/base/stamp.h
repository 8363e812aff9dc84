/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * stamp.h: finds out whether a file has changed since it was read.
 *
 * A list of stamps belongs to one virtual host and names every file of its
 * context.  The caller raises privileges, because certificate directories are
 * often closed to others.
 */
#ifndef FTPS_BASE_STAMP_H
#define FTPS_BASE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All files that a virtual host can have. */
#define FTPS_STAMPS_MAX 45

struct ftps_stamp {
  const char *path;         /* borrowed from the settings */
  const char *const *paths; /* likewise: it is one stamp of all of these */
  size_t count;             /* of `paths`; 0: `path` alone */
  bool with_entries;        /* a directory, with its entries */
  dev_t dev;                /* sums of all files, like those that follow */
  ino_t ino;
  off_t size;
  uint64_t mtime; /* ns */
  uint64_t ctime; /* ns */
};

struct ftps_stamps {
  struct ftps_stamp list[FTPS_STAMPS_MAX];
  size_t n;
};

/* Adds the present state of `path` on disk; NULL is ignored.  A file that does
 * not exist has a stamp as well: all zero.
 */
void ftps_stamps_add(struct ftps_stamps *stamps, const char *path);

/* The same for a directory with all its entries: the times of a directory do
 * not change when a file in it is written.
 */
void ftps_stamps_add_entries(struct ftps_stamps *stamps, const char *path);

/* The same for any number of files, or directories with their entries, with one
 * stamp.
 */
void ftps_stamps_add_all(struct ftps_stamps *stamps, const char *const *paths,
    size_t count, bool with_entries);

/* The present state of the same files.  Directories in `seen` were checked a
 * moment ago and are not read again; directories that are read are added to it.
 * NULL: none.
 */
void ftps_stamps_again(const struct ftps_stamps *stamps,
    struct ftps_stamps *seen, struct ftps_stamps *now_out);

/* Copies what `from` knows of single files to the same paths in `stamps`. */
void ftps_stamps_learn(struct ftps_stamps *stamps,
    const struct ftps_stamps *from);

bool ftps_stamps_are_equal(const struct ftps_stamps *a,
    const struct ftps_stamps *b);

#endif /* FTPS_BASE_STAMP_H */
