/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */

/* host/data/uploads.c - the file-system hook behind uploads.h
 *
 * Called by the module's PRE_CMD, LOG_CMD and LOG_CMD_ERR
 * handlers and at session end; the callbacks are called by the core's FSIO.
 *
 * One hook for "/" per session, named "ftps-uploads".  Its fs_data is a
 * struct upload, the state of the upload that runs now (a session has never
 * more than one).  No statics: the hook is found in the core's list by its
 * own open callback.  Where it is not the first in that list, or other hooks
 * lie below (mod_vroot, mod_quotatab, mod_statcache), every call goes on to
 * the next one that has such a callback.
 *
 *   IDLE --protect--> ARMED --open--> UNTOUCHED --write, complete--> RELEASED
 *                                         `--close of a failure----> KEPT
 *   end leads back to IDLE from everywhere but UNTOUCHED.
 *
 * Only in UNTOUCHED and KEPT the hook does anything.  From the first write
 * on, all is as the core alone does it: a transfer that breaks in the middle
 * leaves what has arrived (for REST), unless DeleteAbortedStores is on.
 *
 * What remains: a new name exists as an empty file from STOR until the data
 * connection stands, and stays when the process is killed in between;
 * UserOwner and GroupOwner are applied by the core before that, too.
 *
 * DIAGNOSTICS: callbacks return -1 and errno as the calls that they stand
 * for; unlink of a kept target is answered with ENOENT, which the core takes
 * as "already gone".
 */

#include "host/data/uploads.h"

#include "host/data/fs_hook.h"

#include "conf.h"

#include <stdbool.h>

#define FTPS_UPLOADS_FS_NAME "ftps-uploads"

enum upload_state {
  UPLOAD_IDLE,      /* no protected command runs */
  UPLOAD_ARMED,     /* one runs, its target is not open yet */
  UPLOAD_UNTOUCHED, /* target open, nothing written */
  UPLOAD_RELEASED,  /* written to, or complete: the core's business */
  UPLOAD_KEPT       /* closed without a byte: must stay as it was */
};

struct upload {
  enum upload_state state;
  pr_fs_t *below;      /* the hook that was topmost before ours */
  const pr_fh_t *fh;   /* the target; the core's, valid in UNTOUCHED */
  bool is_unique;      /* STOU: the core made the file in its PRE_CMD */
  bool is_made;        /* this command made the file */
  bool wants_truncate; /* O_TRUNC was asked for and is still due */
  bool has_ended;      /* ftps_uploads_end() came before the close */
  dev_t dev;           /* the target, whatever its name */
  ino_t ino;
  char path[PR_TUNABLE_PATH_MAX + 1]; /* as given to open */
};

/* The next hook down that has this callback; the system's own, at the end of
 * the list, has them all. */
#define SKIP_TO(fs, callback) \
  while ((fs)->fs_next != NULL && (fs)->callback == NULL) { \
    (fs) = (fs)->fs_next; \
  }

static int open_target(pr_fh_t *fh, const char *path, int flags);

static struct upload *find_upload(pr_fs_t *fs) {
  while (fs != NULL && fs->open != open_target) {
    fs = fs->fs_next;
  }

  return fs != NULL ? fs->fs_data : NULL;
}

/* A handle refers to the hook that was topmost when it was opened.  That
 * one is in front of ours or is ours, even if it was taken off since. */
static struct upload *get_upload(pr_fs_t *fs) {
  struct upload *up;

  up = find_upload(fs);
  if (up == NULL) {
    up = find_upload(pr_get_fs("/", NULL));
  }

  return up;
}

static bool is_untouched(const struct upload *up, const pr_fh_t *fh) {
  return up->state == UPLOAD_UNTOUCHED && up->fh == fh;
}

static int call_fstat(const struct upload *up, pr_fh_t *fh, int fd,
    struct stat *st) {
  pr_fs_t *fs = up->below;

  SKIP_TO(fs, fstat);
  return (fs->fstat)(fh, fd, st);
}

static int call_unlink(const struct upload *up, const char *path) {
  pr_fs_t *fs = up->below;

  SKIP_TO(fs, unlink);
  return (fs->unlink)(fs, path);
}

static bool is_same_file(const struct upload *up, const char *path) {
  struct stat st;
  pr_fs_t *fs = up->below;

  SKIP_TO(fs, lstat);
  return (fs->lstat)(fs, path, &st) == 0 && st.st_dev == up->dev &&
      st.st_ino == up->ino;
}

/* mod_xfer sets both paths just before it opens one of them, so no other
 * file that is opened during the command can be taken for the target. */
static bool is_upload_path(const char *path) {
  return (session.xfer.path != NULL && strcmp(path, session.xfer.path) == 0) ||
      (session.xfer.path_hidden != NULL &&
          strcmp(path, session.xfer.path_hidden) == 0);
}

static void take_target(struct upload *up, pr_fh_t *fh, int fd,
    const char *path) {
  struct stat st;

  up->state = UPLOAD_RELEASED;
  if (call_fstat(up, fh, fd, &st) < 0 || !S_ISREG(st.st_mode)) {
    return;
  }

  if (up->is_unique && st.st_size == 0) {
    up->is_made = true;
  }

  up->dev = st.st_dev;
  up->ino = st.st_ino;
  up->fh = fh;
  sstrncpy(up->path, path, sizeof(up->path));
  up->state = UPLOAD_UNTOUCHED;
}

/* With O_EXCL first, because that alone tells without a race whether this
 * call made the file.  O_CREAT stays in the second attempt, so that the
 * kernel's rules for files in sticky directories (fs.protected_regular)
 * hold as before. */
static int open_target(pr_fh_t *fh, const char *path, int flags) {
  int fd;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  fs = up->below;
  SKIP_TO(fs, open);

  if (up->state != UPLOAD_ARMED || !(flags & O_CREAT) ||
      !is_upload_path(path)) {
    return (fs->open)(fh, path, flags);
  }

  fd = (fs->open)(fh, path, (flags & ~O_TRUNC) | O_EXCL);
  up->is_made = fd >= 0;

  if (fd < 0 && !(flags & O_EXCL)) {
    fd = (fs->open)(fh, path, flags & ~O_TRUNC);
    up->wants_truncate = (flags & O_TRUNC) != 0;
  }

  if (fd >= 0) {
    take_target(up, fh, fd, path);
  }

  return fd;
}

/* The upload has begun: what the core had asked for at open is done now. */
static int release_target(struct upload *up, pr_fh_t *fh) {
  if (up->wants_truncate && pr_fsio_ftruncate(fh, 0) < 0) {
    return -1;
  }

  up->wants_truncate = false;
  up->state = UPLOAD_RELEASED;
  return 0;
}

static int write_target(pr_fh_t *fh, int fd, const char *buf, size_t len) {
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (is_untouched(up, fh) && release_target(up, fh) < 0) {
    return -1;
  }

  fs = up->below;
  SKIP_TO(fs, write);
  return (fs->write)(fh, fd, buf, len);
}

static ssize_t pwrite_target(pr_fh_t *fh, int fd, const void *buf, size_t len,
    off_t offset) {
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (is_untouched(up, fh) && release_target(up, fh) < 0) {
    return -1;
  }

  fs = up->below;
  SKIP_TO(fs, pwrite);
  return (fs->pwrite)(fh, fd, buf, len, offset);
}

/* MaxStoreFileSize adds this size to what arrives: for a file that will be
 * emptied first it is zero. */
static int fstat_target(pr_fh_t *fh, int fd, struct stat *st) {
  struct upload *up;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if (call_fstat(up, fh, fd, st) < 0) {
    return -1;
  }

  if (is_untouched(up, fh) && up->wants_truncate) {
    st->st_size = 0;
    st->st_blocks = 0;
  }

  return 0;
}

/* Asked at the close of a target to which nothing was written: is that the
 * end of an empty upload (false), or of one that failed?  The core sets
 * SF_XFER exactly when both postopens have succeeded.  After that a failure
 * shows in the stream's errno (zero after an orderly end of file), in ABOR,
 * in the end of the session, or in bytes that came and were not written
 * (MaxStoreFileSize).  A range (RANG) is never empty. */
static bool has_failed(const struct upload *up) {
  if (up->has_ended || !(session.sf_flags & SF_XFER) || XFER_ABORTED) {
    return true;
  }

  if (session.curr_cmd_id == PR_CMD_ABOR_ID ||
      session.disconnect_reason != PR_SESS_DISCONNECT_UNSPECIFIED) {
    return true;
  }

  if (session.xfer.total_bytes > 0 || session.range_len > 0) {
    return true;
  }

  return session.d == NULL || session.d->instrm == NULL ||
      session.d->instrm->strm_errno != 0;
}

static bool is_empty(const struct upload *up, pr_fh_t *fh, int fd) {
  struct stat st;

  return call_fstat(up, fh, fd, &st) == 0 && st.st_size == 0;
}

static int close_target(pr_fh_t *fh, int fd) {
  int res = 0, xerrno = 0;
  bool is_leftover = false;
  struct upload *up;
  pr_fs_t *fs;

  up = get_upload(fh->fh_fs);
  if (up == NULL) {
    return close(fd);
  }

  fs = up->below;
  SKIP_TO(fs, close);

  if (!is_untouched(up, fh)) {
    return (fs->close)(fh, fd);
  }

  if (has_failed(up)) {
    is_leftover = up->is_made && is_empty(up, fh, fd);
    up->state = UPLOAD_KEPT;

  } else {
    res = release_target(up, fh);
    xerrno = errno;
    up->state = UPLOAD_RELEASED;
  }

  up->fh = NULL;
  if ((fs->close)(fh, fd) < 0 && res == 0) {
    res = -1;
    xerrno = errno;
  }

  if (is_leftover && is_same_file(up, up->path)) {
    /* Cannot be helped when it fails: an empty file stays, as without us. */
    (void) call_unlink(up, up->path);
  }

  errno = xerrno;
  return res;
}

/* By name and by file, because the core uses the absolute path of the open
 * and mod_quotatab the client's words. */
static int unlink_target(pr_fs_t *fs, const char *path) {
  struct upload *up;

  up = get_upload(fs);
  if (up == NULL) {
    errno = EIO;
    return -1;
  }

  if ((up->state == UPLOAD_UNTOUCHED || up->state == UPLOAD_KEPT) &&
      (strcmp(path, up->path) == 0 || is_same_file(up, path))) {
    errno = ENOENT;
    return -1;
  }

  return call_unlink(up, path);
}

static struct upload *register_hook(void) {
  struct upload *up;
  pr_fs_t *fs;

  fs = pr_register_fs(session.pool, FTPS_UPLOADS_FS_NAME, "/");
  if (fs == NULL) {
    return NULL;
  }

  up = pcalloc(fs->fs_pool, sizeof(*up));
  up->state = UPLOAD_IDLE;
  up->below = fs->fs_next;

  fs->fs_data = up;
  ftps_fs_hook_pass_on(fs);
  fs->open = open_target;
  fs->write = write_target;
  fs->pwrite = pwrite_target;
  fs->fstat = fstat_target;
  fs->close = close_target;
  fs->unlink = unlink_target;
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

  up = find_upload(pr_get_fs("/", NULL));
  if (up == NULL) {
    up = register_hook();
    if (up == NULL) {
      return -1;
    }
  }

  up->state = UPLOAD_ARMED;
  up->fh = NULL;
  up->is_unique = pr_cmd_cmp(cmd, PR_CMD_STOU_ID) == 0;
  up->is_made = false;
  up->wants_truncate = false;
  up->has_ended = false;
  return 0;
}

void ftps_uploads_end(void) {
  struct upload *up;

  up = find_upload(pr_get_fs("/", NULL));
  if (up == NULL) {
    return;
  }

  if (up->state == UPLOAD_UNTOUCHED) {
    up->has_ended = true;

  } else {
    up->state = UPLOAD_IDLE;
  }
}
