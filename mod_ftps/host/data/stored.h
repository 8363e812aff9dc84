/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * host/data/stored.h - the file of one upload, and what others do to it
 *
 * Two sessions may store to one name at the same time.  ProFTPD does not check
 * for this, so each upload checks its file by itself:
 *
 *   - A new file is made with its first byte, not with the command.  Until
 *     then ProFTPD has an empty file in memory.  So an upload that fails
 *     before its first byte has nothing to remove, and never removes what is
 *     another session's.
 *   - An existing file is emptied with the first byte.  An empty upload
 *     empties it at its end, unless somebody has written to it meanwhile.
 *   - What APPE writes goes behind what others have appended meanwhile, unless
 *     REST has named another place before.
 *   - An upload whose file was removed, or emptied by somebody else, has
 *     failed: ftps_stored_fault().
 *   - With DeleteAbortedStores an upload that is complete signs its file by a
 *     mark in the time of its last change.  One that has failed removes the
 *     file only if all of it is its own, the last change too, and nobody else
 *     has the file open.
 *
 * A file of HiddenStores is made at the command, as ProFTPD does it, because no
 * other session has its name.
 *
 * The struct belongs to uploads.c; nothing is kept here.
 */

#ifndef FTPS_HOST_DATA_STORED_H
#define FTPS_HOST_DATA_STORED_H

#include "base/refusal.h"

#include "conf.h"

#include <stdbool.h>

struct ftps_stored {
  pr_fs_t *below;     /* the hook that was topmost before ours */
  pr_fh_t *fh;        /* ProFTPD's; NULL unless a regular file is open */
  bool is_hidden;     /* HiddenStores: another name until it is complete */
  bool is_appended;   /* APPE without REST */
  bool may_meet_file; /* AllowOverwrite, or AllowStoreRestart for APPE, for a
                       * file that somebody makes before we do */
  bool is_missing;    /* not made yet; the descriptor is a stand-in */
  int folder;         /* where it will be made, open while it is missing */
  mode_t mask;        /* the command's umask, if it is missing */
  bool is_given_away; /* UserOwner, GroupOwner, before it was made */
  bool is_given_by_root;
  uid_t uid; /* the later owner */
  gid_t gid;
  bool wants_truncate;  /* O_TRUNC was requested and is not done yet */
  bool has_true_size;   /* the sizes of this file system can be trusted */
  bool may_be_deleted;  /* DeleteAbortedStores */
  bool has_others;      /* the file has bytes of other uploads */
  struct timespec last; /* the time of the file after our last byte */
  off_t end;            /* where the last byte of this upload ends */
  struct stat seen;     /* as it was when it was opened or made */
  char path[PR_TUNABLE_PATH_MAX + 1]; /* as given to open */
};

/* Opens ProFTPD's target, and neither makes nor empties it.  Returns the
 * descriptor, or -1 with errno as from open. stored->fh stays NULL if it is not
 * a regular file: then everything is as without us.
 */
int ftps_stored_open(struct ftps_stored *stored, pr_fh_t *fh, const char *path,
    int flags);

/* ProFTPD gives the file away by its name, before there is a data connection.
 * Returns true if the file does not exist yet; it is given away when it is
 * made.
 */
bool ftps_stored_give_away(struct ftps_stored *stored, const char *path,
    uid_t uid, gid_t gid);

/* Before the first byte: makes or empties the file.  Returns 0, or -1 with
 * errno set.
 */
int ftps_stored_begin(struct ftps_stored *stored, int fd);

/* Before each later byte. */
void ftps_stored_watch(struct ftps_stored *stored, int fd);

/* `len` bytes were written. */
void ftps_stored_count(struct ftps_stored *stored, int fd, size_t len);

/* A write has failed.  mod_quotatab reports that the bytes are too many when it
 * has written them; and on a full disk the file has another time all the same.
 */
void ftps_stored_count_refused(struct ftps_stored *stored, int fd);

/* At the end of an upload without a byte.  Returns 0, or -1 with errno set. */
int ftps_stored_finish_empty(struct ftps_stored *stored, int fd);

/* Returns what somebody else did to the file, if this upload is lost by it. */
enum ftps_refusal ftps_stored_fault(const struct ftps_stored *stored, int fd);

/* At the end of an upload that is complete. */
void ftps_stored_sign(const struct ftps_stored *stored, int fd);

/* True if the file contains only what this upload wrote, and nobody else uses
 * it.  Checked before the file of a failed upload is removed.
 */
bool ftps_stored_is_sole(const struct ftps_stored *stored, int fd);

/* The file is being closed. */
void ftps_stored_close(struct ftps_stored *stored);

/* True if this path names the file. */
bool ftps_stored_is_at(const struct ftps_stored *stored, const char *path);

int ftps_stored_stat(const struct ftps_stored *stored, const char *path,
    struct stat *st);

#endif
