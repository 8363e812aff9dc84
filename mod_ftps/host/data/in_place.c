/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * in_place.c: see in_place.h.
 *
 * One file-system hook for "/" per session.
 */
#include "host/data/in_place.h"

#include <string.h>

#include "conf.h"

#include "host/data/fs_hook.h"
#include "host/session.h"

#define HOOK_NAME "ftps-in-place"

struct in_place_hook {
  pr_fs_t *below;         /* the hook that was topmost before ours */
  const pr_fh_t *sending; /* the file of this download; NULL before its first
                           * piece.  ProFTPD closes it at the end */
};

/* Commands that the client sends meanwhile may read other files.  Their buffers
 * may be smaller than a piece, or gone before ProFTPD copies.
 */
static bool is_sent(struct in_place_hook *hook, const pr_fh_t *fh) {
  if (hook->sending == NULL && session.xfer.path != NULL &&
      strcmp(fh->fh_path, session.xfer.path) == 0) {
    hook->sending = fh;
  }

  return hook->sending == fh;
}

/* ProFTPD copies as many bytes as were read, so a buffer of a whole piece is
 * large enough.  The translation of ASCII makes its own buffers.
 */
static bool is_piece(const struct ftps_session *sess, size_t size) {
  return sess != NULL && sess->raised != NULL && session.xfer.buf != NULL &&
      size == (size_t) sess->raised->tcp_sndbuf_len &&
      (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0;
}

static int read_file(pr_fh_t *fh, int fd, char *buf, size_t size) {
  struct in_place_hook *hook = ftps_fs_hook_find(fh->fh_fs, HOOK_NAME);
  struct ftps_session *sess = ftps_session_current();
  pr_fs_t *fs;

  if (hook == NULL) {
    hook = ftps_fs_hook_find_top(HOOK_NAME);
  }
  if (hook == NULL) {
    errno = EIO;
    return -1;
  }

  if (is_piece(sess, size) && is_sent(hook, fh)) {
    session.xfer.buf = sess->source = buf;
  }

  fs = hook->below;
  FTPS_FS_SKIP_TO(fs, read);
  return (fs->read)(fh, fd, buf, size);
}

int ftps_in_place_prepare(void) {
  struct in_place_hook *hook = ftps_fs_hook_find_top(HOOK_NAME);
  pr_fs_t *fs;

  if (hook == NULL) {
    fs = ftps_fs_hook_put(HOOK_NAME, sizeof(*hook));
    if (fs == NULL) {
      return -1;
    }

    hook = fs->fs_data;
    hook->below = fs->fs_next;
    fs->read = read_file;
  }

  hook->sending = NULL;
  return 0;
}
