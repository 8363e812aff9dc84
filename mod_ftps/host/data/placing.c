/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * placing.c: see placing.h.
 *
 * One file-system hook for "/" per session.  ProFTPD allocates the source,
 * calls the hook's read, and then copies from the source.
 */
#include "host/data/placing.h"

#include "conf.h"

#include "conn/conn.h"
#include "host/data/fs_hook.h"
#include "host/session.h"

#define HOOK_NAME "ftps-placing"

struct placing_hook {
  pr_fs_t *below; /* the hook that was topmost before ours */
  char *base;     /* the buffer as ProFTPD has made it */
  char *placed;   /* and as it was returned */
};

static struct placing_hook *find_hook(const pr_fs_t *fs) {
  return ftps_fs_hook_find(fs, HOOK_NAME);
}

static size_t distance(const char *from, const char *to) {
  return ((size_t) to - (size_t) from) % FTPS_PLACING_ROOM;
}

/* The offset from the source.  It is chosen so that the later copy, from here
 * to `record`, is not a bad one either: of two places that are a quarter apart,
 * one is always good.
 */
static size_t choose_offset(const char *source, const char *record) {
  size_t half = FTPS_PLACING_ROOM / 2, quarter = half / 2;
  size_t away = distance(source + half, record);

  return record != NULL &&
          (away < quarter / 2 || away > FTPS_PLACING_ROOM - quarter / 2)
      ? quarter
      : half;
}

/* A buffer that is not the placed one is a new one, with room. */
static void place_buffer(struct placing_hook *hook,
    const struct ftps_session *sess, const char *source) {
  const char *record = sess->data != NULL ? sess->data->record : NULL;

  if (session.xfer.buf != hook->placed) {
    hook->base = session.xfer.buf;
  }

  session.xfer.buf = hook->placed =
      hook->base + distance(hook->base, source + choose_offset(source, record));
}

/* The translation of ASCII makes its own buffers. */
static bool has_room(const struct ftps_session *sess) {
  return sess != NULL && sess->has_room && session.xfer.buf != NULL &&
      (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0;
}

static int read_file(pr_fh_t *fh, int fd, char *buf, size_t size) {
  const struct ftps_session *sess = ftps_session_current();
  struct placing_hook *hook = find_hook(fh->fh_fs);
  pr_fs_t *fs;

  if (hook == NULL) {
    hook = find_hook(pr_get_fs("/", NULL));
  }
  if (hook == NULL) {
    errno = EIO;
    return -1;
  }

  if (has_room(sess)) {
    place_buffer(hook, sess, buf);
  }

  fs = hook->below;
  while (fs->fs_next != NULL && fs->read == NULL) {
    fs = fs->fs_next;
  }
  return (fs->read)(fh, fd, buf, size);
}

int ftps_placing_prepare(void) {
  struct placing_hook *hook = find_hook(pr_get_fs("/", NULL));
  pr_fs_t *fs;

  if (hook == NULL) {
    fs = pr_register_fs(session.pool, HOOK_NAME, "/");
    if (fs == NULL) {
      return -1;
    }

    hook = pcalloc(fs->fs_pool, sizeof(*hook));
    hook->below = fs->fs_next;
    fs->fs_data = hook;
    ftps_fs_hook_pass_on(fs);
    fs->read = read_file;
  }

  hook->base = hook->placed = NULL;
  return 0;
}
