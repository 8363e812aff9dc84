/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * host/data/uploads.c - the file-system hook behind uploads.h
 *
 * The module's PRE_CMD, LOG_CMD and LOG_CMD_ERR handlers use it, at the end of
 * a data connection and of the session; ProFTPD's FSIO calls the callbacks.
 *
 * One hook for "/" per session, named "ftps-uploads".  Its fs_data is a struct
 * upload, the state of the upload that runs now (a session has at most one).
 * There are no statics: the hook is found in ProFTPD's list by its name.  If it
 * is not the first in that list, or if there are other hooks below it
 * (mod_vroot, mod_quotatab, mod_statcache), every call goes on to the next one
 * that has such a callback.
 *
 *   IDLE --protect--> ARMED --open--> UNTOUCHED --write, complete--> RELEASED
 *                                         `--close of a failure----> KEPT
 *   end leads back to IDLE from everywhere but UNTOUCHED.
 *
 * The hook removes nothing.  When ProFTPD removes something after a failure
 * (DeleteAbortedStores, HiddenStores), it allows only what belongs to this
 * upload: its hidden file, or a file that it has written to, as long as the
 * name still means that file and nobody else has changed it since, or has it
 * open.
 * From the first write on, a transfer that fails keeps the bytes that have
 * arrived (for REST), as in ProFTPD alone.
 *
 * Limits: ProFTPD makes STOU's file at the command, and it stays empty if the
 * upload fails; doc/security.md says why nothing can remove it safely.  ProFTPD
 * applies UserOwner and GroupOwner before the first byte, so an existing file
 * of a refused upload has been given away.  Two uploads that write at the same
 * time mix their bytes in one file, as in ProFTPD alone; an upload whose bytes
 * are missing then is not reported as complete.
 *
 * DIAGNOSTICS: callbacks return -1 and errno like the calls that they replace.
 * A refused unlink returns ENOENT, which ProFTPD takes as "already removed".
 * ECONNABORTED: somebody else has removed the file; the reply has the reason
 * before ProFTPD's line, and TLSLog has it too.
 */

#include "host/data/uploads.h"

#include "conf.h"

#include <stdbool.h>

#include "host/data/fs_hook.h"
#include "host/data/stored.h"
#include "host/data/transfer.h"
#include "host/reply.h"
#include "log/log.h"

#define FTPS_UPLOADS_FS_NAME "ftps-uploads"

enum upload_state {
  UPLOAD_IDLE,      /* no protected command runs, or not for a file */
  UPLOAD_ARMED,     /* one runs, its target is not open yet */
  UPLOAD_UNTOUCHED, /* target open, nothing written */
  UPLOAD_RELEASED,  /* written to, or complete */
  UPLOAD_KEPT       /* closed without a byte: must not be changed */
};

struct upload {
  enum upload_state state;
  bool has_ended;   /* ftps_uploads_end() came before the close */
  bool has_arrived; /* the data connection has come to its end, in order */
  off_t range_len;  /* RANG, when it was opened; 0: none */
  off_t written;    /* bytes */
  bool is_sole;     /* when closed, the file had only what this upload wrote */
  struct ftps_stored file;
};

static struct upload *find_upload(void) {
  return ftps_fs_hook_find_top(FTPS_UPLOADS_FS_NAME);
}

/* A handle refers to the hook that was topmost when it was opened, which is
 * above ours or is ours, also if it was removed since.
 */
static struct upload *get_upload(pr_fs_t *fs) {
  struct upload *up = ftps_fs_hook_find(fs, FTPS_UPLOADS_FS_NAME);

  return up != NULL ? up : find_upload();
}

static bool is_target(const struct upload *up, const pr_fh_t *fh) {
  return up->file.fh != NULL && up->file.fh == fh;
}

/* mod_xfer sets both paths just before it opens one of them, so no other file
 * that is opened during the command can be taken for the target.
 */
static bool is_upload_path(const char *path) {
  return (session.xfer.path != NULL && strcmp(path, session.xfer.path) == 0) ||
      (session.xfer.path_hidden != NULL &&
          strcmp(path, session.xfer.path_hidden) == 0);
}

static int open_target(pr_fh_t *fh, const char *path, int flags) {
  int fd;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (up->state != UPLOAD_ARMED || !(flags & O_CREAT) ||
      !is_upload_path(path)) {
    fs = up->file.below;
    FTPS_FS_SKIP_TO(fs, open);
    return (fs->open)(fh, path, flags);
  }

  fd = ftps_stored_open(&up->file, fh, path, flags);
  up->range_len = session.range_len;
  if (fd >= 0) {
    up->state = up->file.fh != NULL ? UPLOAD_UNTOUCHED : UPLOAD_IDLE;
  }

  return fd;
}

/* Returns 0 if there is no reason to fail. */
static int fail_for(enum ftps_refusal reason, bool is_closing) {
  if (reason == FTPS_REFUSAL_NONE) {
    return 0;
  }

  ftps_reply_log(reason, NULL);
  if (is_closing) {
    ftps_reply_add_closing(reason);
  } else {
    ftps_reply_add(reason, NULL);
  }
  errno = ECONNABORTED;
  return -1;
}

/* What ProFTPD requested at open is done before the first byte. */
static int prepare_write(struct upload *up, int fd) {
  if (up->state == UPLOAD_UNTOUCHED) {
    if (ftps_stored_begin(&up->file, fd) < 0) {
      return -1;
    }
    up->state = UPLOAD_RELEASED;
    if (up->file.end == 0) {
      return 0;
    }
  } else {
    ftps_stored_watch(&up->file, fd);
  }

  return fail_for(ftps_stored_fault(&up->file, fd), false);
}

static int write_target(pr_fh_t *fh, int fd, const char *buf, size_t len) {
  int res, xerrno;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (is_target(up, fh) && prepare_write(up, fd) < 0) {
    return -1;
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, write);
  res = (fs->write)(fh, fd, buf, len);
  xerrno = errno;
  if (res > 0 && is_target(up, fh)) {
    up->written += res;
    ftps_stored_count(&up->file, fd, (size_t) res);
  } else if (is_target(up, fh)) {
    ftps_stored_count_refused(&up->file, fd);
  }

  errno = xerrno;
  return res;
}

static ssize_t pwrite_target(pr_fh_t *fh, int fd, const void *buf, size_t len,
    off_t offset) {
  ssize_t res;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (is_target(up, fh) && prepare_write(up, fd) < 0) {
    return -1;
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, pwrite);
  res = (fs->pwrite)(fh, fd, buf, len, offset);
  if (res > 0 && is_target(up, fh)) {
    up->written += res;
  }

  return res;
}

/* MaxStoreFileSize adds this size to what arrives: for a file that will be
 * emptied first it is zero.
 */
static int fstat_target(pr_fh_t *fh, int fd, struct stat *st) {
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, fstat);
  if ((fs->fstat)(fh, fd, st) < 0) {
    return -1;
  }

  if (is_target(up, fh) && up->file.wants_truncate) {
    st->st_size = 0;
    st->st_blocks = 0;
  }

  return 0;
}

/* The data connection has come to its end, or the range (RANG) is full, and the
 * file has got every byte.  A RANG in the middle of the upload is not about it.
 */
static bool is_complete(const struct upload *up) {
  bool has_all = up->range_len > 0 ? session.xfer.total_bytes == up->range_len
                                   : up->has_arrived;

  return has_all && session.xfer.total_bytes <= up->written;
}

/* Called when a target is closed: true if the upload has failed.  ProFTPD
 * closes it before it notes why, if its limits, the disk or a timer
 * (TimeoutSession) end an upload.  So what is not complete has failed.
 */
static bool has_broken(const struct upload *up) {
  return up->has_ended || XFER_ABORTED ||
      session.curr_cmd_id == PR_CMD_ABOR_ID ||
      session.disconnect_reason != PR_SESS_DISCONNECT_UNSPECIFIED ||
      !is_complete(up);
}

/* Returns 0 if the upload is complete or has failed by itself. */
static int judge_end(const struct upload *up, int fd) {
  if (has_broken(up)) {
    return 0;
  }

  if (fail_for(ftps_stored_fault(&up->file, fd), true) < 0) {
    return -1;
  }

  ftps_stored_sign(&up->file, fd);
  return 0;
}

static int finish_target(struct upload *up, int fd) {
  if (up->state == UPLOAD_UNTOUCHED && has_broken(up)) {
    up->state = UPLOAD_KEPT;
    return 0;
  }

  if (up->state == UPLOAD_UNTOUCHED) {
    up->state = UPLOAD_RELEASED;
    if (ftps_stored_finish_empty(&up->file, fd) < 0) {
      return -1;
    }
  }

  return judge_end(up, fd);
}

static int close_target(pr_fh_t *fh, int fd) {
  int res, xerrno;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    return close(fd);
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, close);

  if (!is_target(up, fh)) {
    return (fs->close)(fh, fd);
  }

  res = finish_target(up, fd);
  xerrno = errno;
  up->is_sole = ftps_stored_is_sole(&up->file, fd);
  ftps_stored_close(&up->file);
  if ((fs->close)(fh, fd) < 0 && res == 0) {
    res = -1;
    xerrno = errno;
  }

  errno = xerrno;
  return res;
}

/* The words of another command, in the middle of the upload, do not count. */
static bool is_of_command(const char *path) {
  return ftps_transfer_is_upload() && session.curr_cmd_rec != NULL &&
      session.curr_cmd_rec->arg != NULL &&
      strcmp(path, session.curr_cmd_rec->arg) == 0;
}

/* ProFTPD names the target by its absolute path, mod_quotatab by the words of
 * the client.
 */
static bool is_about(const struct upload *up, const char *path) {
  return strcmp(path, up->file.path) == 0 || is_upload_path(path) ||
      is_of_command(path) || ftps_stored_is_at(&up->file, path);
}

/* mod_quotatab removes the file of an upload that it has refused.  ProFTPD
 * removes the one that it has made for a STOU before it refuses that.
 */
static bool is_refused(const struct upload *up, const char *path) {
  return up->state == UPLOAD_ARMED &&
      (session.curr_phase == POST_CMD_ERR ||
          session.curr_phase == LOG_CMD_ERR) &&
      (is_upload_path(path) || is_of_command(path));
}

static bool may_unlink(const struct upload *up, const char *path) {
  if (is_refused(up, path)) {
    return false;
  }

  if (up->state == UPLOAD_IDLE || up->state == UPLOAD_ARMED ||
      !is_about(up, path)) {
    return true;
  }

  if (up->state != UPLOAD_RELEASED && !up->file.is_hidden) {
    return false;
  }

  return up->is_sole && ftps_stored_is_at(&up->file, path);
}

static int unlink_target(pr_fs_t *fs, const char *path) {
  struct upload *up;

  up = get_upload(fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (!may_unlink(up, path)) {
    errno = ENOENT;
    return -1;
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, unlink);
  return (fs->unlink)(fs, path);
}

static int lchown_target(pr_fs_t *fs, const char *path, uid_t uid, gid_t gid) {
  struct upload *up;

  up = get_upload(fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (ftps_stored_give_away(&up->file, path, uid, gid)) {
    return 0;
  }

  fs = up->file.below;
  FTPS_FS_SKIP_TO(fs, lchown);
  return (fs->lchown)(fs, path, uid, gid);
}

static struct upload *register_hook(void) {
  struct upload *up;
  pr_fs_t *fs;

  fs = ftps_fs_hook_put(FTPS_UPLOADS_FS_NAME, sizeof(*up));
  if (fs == NULL) {
    return NULL;
  }

  up = fs->fs_data;
  up->state = UPLOAD_IDLE;
  up->file.below = fs->fs_next;

  fs->open = open_target;
  fs->write = write_target;
  fs->pwrite = pwrite_target;
  fs->fstat = fstat_target;
  fs->close = close_target;
  fs->unlink = unlink_target;
  fs->lchown = lchown_target;
  return up;
}

int ftps_uploads_protect(cmd_rec *cmd) {
  struct upload *up;

  if (cmd == NULL ||
      (pr_cmd_cmp(cmd, PR_CMD_STOR_ID) != 0 &&
          pr_cmd_cmp(cmd, PR_CMD_STOU_ID) != 0 &&
          pr_cmd_cmp(cmd, PR_CMD_APPE_ID) != 0)) {
    errno = EINVAL;
    return -1;
  }

  if (session.user == NULL ||
      strncmp(pr_session_get_protocol(0), "ftp", 3) != 0) {
    return 0;
  }

  up = find_upload();
  if (up == NULL) {
    up = register_hook();
    if (up == NULL) {
      return -1;
    }
  }

  up->state = UPLOAD_ARMED;
  up->file.fh = NULL;
  up->is_sole = up->has_ended = up->has_arrived = false;
  up->written = 0;
  return 0;
}

void ftps_uploads_arrived(void) {
  struct upload *up = find_upload();

  if (up != NULL && up->file.fh != NULL) {
    up->has_arrived = true;
  }
}

void ftps_uploads_end(void) {
  struct upload *up;

  up = find_upload();
  if (up == NULL) {
    return;
  }

  if (up->state == UPLOAD_UNTOUCHED) {
    up->has_ended = true;

  } else {
    up->state = UPLOAD_IDLE;
  }
}

/* For a file of any name, so that HiddenStores does not replace bytes by none.
 */
static bool has_bytes(const struct upload *up) {
  struct stat st;

  return session.xfer.path != NULL &&
      ftps_stored_stat(&up->file, session.xfer.path, &st) == 0 &&
      S_ISREG(st.st_mode) && st.st_size > 0;
}

bool ftps_uploads_is_lost(bool is_orderly) {
  const struct upload *up = find_upload();
  enum ftps_refusal fault;

  if (up == NULL || up->file.fh == NULL) {
    return false;
  }

  fault = ftps_stored_fault(&up->file, PR_FH_FD(up->file.fh));
  if (!is_orderly && up->state == UPLOAD_UNTOUCHED && has_bytes(up)) {
    fault = FTPS_REFUSAL_UPLOAD_EMPTY;
  }

  return fail_for(fault, false) < 0;
}
