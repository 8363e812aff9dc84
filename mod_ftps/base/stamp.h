/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * stamp.h: has a file changed since it was read?
 *
 * A list of stamps belongs to one virtual host and names every
 * file its context was made of.  The caller raises privileges: certificate
 * directories are often closed to others.
 */
#ifndef FTPS_BASE_STAMP_H
#define FTPS_BASE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define FTPS_STAMPS_MAX 48

struct ftps_stamp {
  const char *path;  /* borrowed from the settings */
  bool with_entries; /* a directory, and what is in it */
  dev_t dev;
  ino_t ino;
  off_t size;
  struct timespec mtime;
  struct timespec ctime;
};

struct ftps_stamps {
  struct ftps_stamp list[FTPS_STAMPS_MAX];
  size_t n;
};

/* Adds `path` as it is on disk now; NULL is ignored.  A file that is not
 * there has a stamp as well: all zero.
 */
void ftps_stamps_add(struct ftps_stamps *stamps, const char *path);

/* The same for a directory and everything in it: its own times do not tell when
 * a file within is written anew.
 */
void ftps_stamps_add_entries(struct ftps_stamps *stamps, const char *path);

/* The same files, as they are on disk now.  `seen`: directories that somebody
 * has looked at a moment ago are not looked through again, and those that are
 * looked through are added; NULL: none.
 */
void ftps_stamps_again(const struct ftps_stamps *stamps,
    struct ftps_stamps *seen, struct ftps_stamps *now_out);

/* What is known of files in `from` holds for the same paths in `stamps`. */
void ftps_stamps_learn(struct ftps_stamps *stamps,
    const struct ftps_stamps *from);

bool ftps_stamps_are_equal(const struct ftps_stamps *a,
    const struct ftps_stamps *b);

#endif /* FTPS_BASE_STAMP_H */
