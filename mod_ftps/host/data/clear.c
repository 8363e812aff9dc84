/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clear.c: see clear.h.
 */
#include "host/data/clear.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/settings.h"
#include "host/config/require.h"
#include "host/config/required.h"
#include "host/data/data_conn.h"
#include "host/data/fs_hook.h"
#include "host/data/target.h"
#include "host/data/transfer.h"
#include "host/reply.h"
#include "host/session.h"
#include "log/log.h"

#define HOOK_NAME   "ftps-clear"
#define ACCESS_FILE ".ftpaccess"

/* ProFTPD's replies, of success and of failure. */
extern pr_response_t *resp_list, *resp_err_list;

struct clear_hook {
  pr_fs_t *below; /* the hook that was topmost before ours */
  bool is_busy;   /* looks something up through the file system */
};

static struct clear_hook *find_hook(const pr_fs_t *fs) {
  return ftps_fs_hook_find(fs, HOOK_NAME);
}

static bool is_in_clear(const struct ftps_session *sess) {
  return sess != NULL && sess->prot == FTPS_PROT_CLEAR &&
      session.user != NULL &&
      strncmp(pr_session_get_protocol(0), "ftp", 3) == 0;
}

/* ProFTPD reads .ftpaccess files through the same hook, and must still be able
 * to do so.
 */
static bool is_access_file(const char *path) {
  const char *name = strrchr(path, '/');

  return strcmp(name != NULL ? name + 1 : path, ACCESS_FILE) == 0;
}

/* After another command in the middle of a transfer ProFTPD leaves the phase of
 * that one.
 */
static bool is_in_command(void) {
  return session.curr_phase == CMD || (session.sf_flags & SF_XFER) != 0;
}

static bool is_asked(const struct clear_hook *hook, const char *path) {
  return !hook->is_busy && is_in_command() &&
      is_in_clear(ftps_session_current()) && ftps_transfer_is_any() &&
      !is_access_file(path);
}

/* Returns the path that the system knows, or NULL if it does not exist, or
 * cannot be found out (in a chroot without /proc, where there are no aliases).
 */
static char *find_real(pool *p, const char *path) {
  char link[64], real[PR_TUNABLE_PATH_MAX + 1];
  pr_fh_t *fh = pr_fsio_open(path, O_PATH | O_CLOEXEC);
  ssize_t len;

  if (fh == NULL) {
    return NULL;
  }

  (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fh->fh_fd);
  len = readlink(link, real, sizeof(real) - 1);
  (void) pr_fsio_close(fh);
  return len > 0 && real[0] == '/' ? pstrndup(p, real, (size_t) len) : NULL;
}

/* A file that does not exist yet will be in its directory. */
static char *find_real_place(pool *p, const char *path) {
  const char *name = strrchr(path, '/');
  char *real = find_real(p, path);

  if (real == NULL && name != NULL && name != path) {
    real = find_real(p, pstrndup(p, path, (size_t) (name - path)));
    real = real != NULL ? pdircat(p, real, name + 1, NULL) : NULL;
  }

  return real;
}

/* Adds the requirement for the path that the system knows to `data`. */
static enum ftps_require add_real(pool *p, const char *path,
    enum ftps_require data) {
  char *real = data != FTPS_REQUIRE_ON ? find_real_place(p, path) : NULL;

  return real != NULL ? ftps_require_nest(data, ftps_required_match(p, real))
                      : data;
}

/* Most configurations have no such section. */
static bool is_required_anywhere(void) {
  return ftps_required_below("/");
}

static enum ftps_require look_up(pool *p, const char *path) {
  char *full = ftps_required_full_path(p, path);

  return add_real(p, path, ftps_required_match(p, full));
}

enum ftps_require ftps_clear_required_at(pool *p, const char *path) {
  enum ftps_require data = ftps_required_at(p, path);

  return is_required_anywhere() ? add_real(p, path, data) : data;
}

static bool is_required_by_server(const struct ftps_session *sess) {
  struct ftps_requirements server;

  ftps_required_read_server((sess->settings->options &
                                FTPS_OPT_ALLOW_PER_USER) != 0,
      &server);
  return server.data == FTPS_REQUIRE_ON;
}

static bool is_required_at(const char *path) {
  pool *p = make_sub_pool(session.pool);
  const char *best = dir_best_path(p, path);
  bool is_on = look_up(p, best != NULL ? best : path) == FTPS_REQUIRE_ON;

  destroy_pool(p);
  return is_on;
}

static void refuse(struct ftps_session *sess) {
  if (!sess->is_clear_refused) {
    ftps_reply_log(FTPS_REFUSAL_DATA_REQUIRED_LATE, session.curr_cmd);
  }

  sess->is_clear_refused = true;
  errno = EPERM;
}

static bool may_open(struct clear_hook *hook, const char *path) {
  struct ftps_session *sess = ftps_session_current();
  bool is_on;

  if (!is_asked(hook, path)) {
    return true;
  }

  hook->is_busy = true;
  is_on = is_required_by_server(sess) ||
      (is_required_anywhere() && is_required_at(path));
  hook->is_busy = false;
  if (is_on) {
    refuse(sess);
  }
  return !is_on;
}

/* A handle refers to the hook that was topmost when it was opened, which is
 * above ours or is ours.
 */
static int open_file(pr_fh_t *fh, const char *path, int flags) {
  struct clear_hook *hook = find_hook(fh->fh_fs);
  pr_fs_t *fs;

  if (hook == NULL) {
    errno = EIO;
    return -1;
  }
  if (!may_open(hook, path)) {
    return -1;
  }

  fs = hook->below;
  FTPS_FS_SKIP_TO(fs, open);
  return (fs->open)(fh, path, flags);
}

static void *open_directory(pr_fs_t *ours, const char *path) {
  struct clear_hook *hook = find_hook(ours);
  pr_fs_t *fs;

  if (hook == NULL) {
    errno = EIO;
    return NULL;
  }
  if (!may_open(hook, path)) {
    return NULL;
  }

  fs = hook->below;
  FTPS_FS_SKIP_TO(fs, opendir);
  return (fs->opendir)(fs, path);
}

static void put_hook(void) {
  struct clear_hook *hook;
  pr_fs_t *fs;

  if (ftps_fs_hook_find_top(HOOK_NAME) != NULL) {
    return;
  }

  fs = ftps_fs_hook_put(HOOK_NAME, sizeof(*hook));
  if (fs == NULL) {
    ftps_log("TLSRequired is not judged where files are opened: %s",
        strerror(errno));
    return;
  }

  hook = fs->fs_data;
  hook->below = fs->fs_next;
  fs->open = open_file;
  fs->opendir = open_directory;
}

modret_t *ftps_clear_pre_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (is_in_clear(sess) && ftps_transfer_is_any()) {
    sess->is_clear_refused = false;
    put_hook();
  }

  return PR_DECLINED(cmd);
}

modret_t *ftps_clear_post_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  const struct ftps_refusal_row *row =
      ftps_refusal_row(FTPS_REFUSAL_DATA_REQUIRED_LATE);

  (void) cmd;
  if (sess != NULL && sess->is_clear_refused) {
    sess->is_clear_refused = false;
    pr_response_clear(&resp_list);
    pr_response_clear(&resp_err_list);
    pr_response_add(row->code, "%s", row->text);
    pr_response_add_err(row->code, "%s", row->text);
  }

  return PR_DECLINED(cmd);
}

/* For a file, the path is the one that mod_xfer has opened.  For a listing, the
 * present words of the command are checked again: it may list a file, and then
 * opens no directory.
 */
static bool is_required_for_transfer(void) {
  if (ftps_transfer_is_listing()) {
    return ftps_target_required(session.curr_cmd_rec, look_up) ==
        FTPS_REQUIRE_ON;
  }

  return session.xfer.path != NULL && is_required_at(session.xfer.path);
}

int ftps_clear_accept(struct ftps_session *sess) {
  struct clear_hook *hook = ftps_fs_hook_find_top(HOOK_NAME);

  if (!is_in_clear(sess) || !ftps_transfer_is_any()) {
    return 0;
  }

  if (hook != NULL) {
    hook->is_busy = true;
  }
  if (is_required_by_server(sess) ||
      (is_required_anywhere() && is_required_for_transfer())) {
    refuse(sess);
  }
  if (hook != NULL) {
    hook->is_busy = false;
  }
  if (!sess->is_clear_refused) {
    return 0;
  }

  ftps_data_close_sockets(false);
  session.d->xerrno = EPERM;
  errno = EPERM;
  return -1;
}
