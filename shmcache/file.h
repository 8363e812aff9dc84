/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * file.h: the files of a cache: which files may be used, what their header
 * says, how they are made, and what happens to unusable ones.
 *
 * Below segment.h; libc and libcrypto, no header of ProFTPD, no log.  Runs in
 * the daemon as root, never in sessions.
 *
 * There are other files next to PATH: PATH.lock is empty and holds the locks;
 * PATH.new exists for a moment and becomes PATH; PATH.bad, PATH.bad.1 and so on
 * were at PATH, and were damaged or not made by this module.
 */
#ifndef FTPS_SHM_FILE_H
#define FTPS_SHM_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "entries.h"

#define FTPS_SHM_DEFAULT_SIZE 16842752UL
#define FTPS_SHM_MINIMUM_SIZE 196608UL
#define FTPS_SHM_MAXIMUM_SIZE 68719476736UL
#define FTPS_SHM_MAX_PATH     1024U
#define FTPS_SHM_TEXT_SIZE    (FTPS_SHM_MAX_PATH * 3)

/* The stripes begin here. */
#define FTPS_SHM_HEADER_SIZE 65536U

/* Lines for the log: one line each, empty if there is nothing to log. */
struct ftps_shm_report {
  char fault[FTPS_SHM_TEXT_SIZE]; /* why there is no segment */
  char note[FTPS_SHM_TEXT_SIZE];  /* what else was done */
};

struct ftps_shm_header {
  char magic[8];
  uint32_t byte_order;
  uint32_t layout;
  uint32_t n_stripes;
  uint32_t stripe_size;
  unsigned char secret[FTPS_SHM_SECRET_SIZE];
  unsigned char digest[32]; /* SHA-256 of the bytes before it */
};

uint32_t ftps_shm_file_stripes(uint64_t size);

/* `text` is one of the texts of a report. */
void ftps_shm_file_say(char *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Checks, without a change, whether a cache could be opened there.  Returns 0,
 * or -1 with report->fault set.
 */
int ftps_shm_file_check(const char *path, uint64_t size,
    struct ftps_shm_report *report);

/* PATH with an ending, in a buffer of FTPS_SHM_MAX_PATH + 16 bytes. */
void ftps_shm_file_name(char *name, const char *path, const char *ending);

/* open() for our files: close-on-exec, no link, descriptor 3 or above. */
int ftps_shm_file_open(const char *path, int flags);

/* Returns a descriptor of PATH.lock, or -1 with report->fault set. */
int ftps_shm_file_open_lock(const char *path, struct ftps_shm_report *report);

/* Returns NULL, or what is wrong with the file. */
const char *ftps_shm_file_judge(int fd, const struct stat *st,
    struct ftps_shm_header *header_out);

/* Opens the file at PATH if it belongs to us and is complete; any other file is
 * renamed.  Returns 0, with a descriptor or -1 in *fd_out, or -1 with
 * report->fault set.
 */
int ftps_shm_file_open_old(const char *path, int *fd_out,
    struct ftps_shm_report *report);

/* The same without a lock, which nobody needs who changes no file: returns a
 * descriptor if the file at PATH has this size and can be used as it is, or -1.
 */
int ftps_shm_file_open_ready(const char *path, uint32_t n_stripes);

/* Makes an empty file at PATH.new.  Returns a descriptor, or -1 with
 * report->fault set.
 */
int ftps_shm_file_make(const char *path, uint32_t n_stripes,
    struct ftps_shm_report *report);

/* Removes PATH and PATH.lock.  Returns 0, or -1 with errno set. */
int ftps_shm_file_unlink(const char *path);

#endif /* FTPS_SHM_FILE_H */
