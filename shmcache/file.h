/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * file.h: the files of a cache: which may be used, what their header says, how
 * they are made, and what becomes of those that are not usable.
 *
 * Below segment.h; libc and libcrypto, no header of ProFTPD, no log.  Called in
 * the daemon as root, never in sessions.
 *
 * Beside PATH there are PATH.lock, which is empty and holds the locks; for a
 * moment PATH.new, which becomes PATH; and PATH.bad, PATH.bad.1 and so on:
 * files that stood at PATH and were none of ours, or damaged.
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

/* Where the stripes begin. */
#define FTPS_SHM_HEADER_SIZE 65536U

/* What happened, for people: a line each, empty if there is nothing to say. */
struct ftps_shm_report {
  char fault[FTPS_SHM_TEXT_SIZE]; /* why there is no segment */
  char note[FTPS_SHM_TEXT_SIZE];  /* what was done besides */
};

struct ftps_shm_header {
  char magic[8];
  uint32_t byte_order;
  uint32_t layout;
  uint32_t n_stripes;
  uint32_t stripe_size;
  unsigned char secret[FTPS_SHM_SECRET_SIZE];
  unsigned char digest[32]; /* SHA-256 of what stands before it */
};

uint32_t ftps_shm_file_stripes(uint64_t size);

/* `text` is one of a report's. */
void ftps_shm_file_say(char *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Could a cache be opened there, as far as can be told by looking.  0, or -1:
 * report->fault.
 */
int ftps_shm_file_check(const char *path, uint64_t size,
    struct ftps_shm_report *report);

/* PATH with an ending, in a buffer of FTPS_SHM_MAX_PATH + 16. */
void ftps_shm_file_name(char *name, const char *path, const char *ending);

/* open() for files of ours: close-on-exec, no link, 3 or above. */
int ftps_shm_file_open(const char *path, int flags);

/* A descriptor of PATH.lock, or -1: report->fault. */
int ftps_shm_file_open_lock(const char *path, struct ftps_shm_report *report);

/* NULL, or what is wrong with the file. */
const char *ftps_shm_file_judge(int fd, const struct stat *st,
    struct ftps_shm_header *header_out);

/* What stands at PATH, if it is ours and whole; what is not, is set aside.
 * 0, with a descriptor or -1 in *fd_out; or -1: report->fault.
 */
int ftps_shm_file_open_old(const char *path, int *fd_out,
    struct ftps_shm_report *report);

/* An empty one at PATH.new.  A descriptor, or -1: report->fault. */
int ftps_shm_file_make(const char *path, uint32_t n_stripes,
    struct ftps_shm_report *report);

/* PATH and PATH.lock go.  0, or -1 and errno. */
int ftps_shm_file_unlink(const char *path);

#endif /* FTPS_SHM_FILE_H */
