/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * buffers.c: see buffers.h.
 */
#include "host/data/buffers.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "host/data/in_place.h"
#include "host/session.h"

/* Files from the first size on are sent in pieces of the second size.  1 MiB is
 * hardly faster than 512 KiB, or slower: the second-level caches of processors
 * are not larger.
 */
static const struct {
  off_t size;
  int piece;
} pieces[] = {
  { 16 * 1024 * 1024, 512 * 1024 },
  { 1024 * 1024, 256 * 1024 },
  { 128 * 1024, 64 * 1024 },
};

#define PIECE_COUNT (sizeof(pieces) / sizeof(pieces[0]))

/* One record: as much as mod_tls gives to ProFTPD at a time. */
#define SLOW_PIECE 16384

/* Smaller buffers are kept: a transfer of their size would notice that they are
 * new each time.  The records of a piece of 512 KiB are larger than the last
 * one.
 */
#define RETURNED_FROM (256 * 1024)
#define MAPPED_FROM   (384 * 1024)

/* Commands have at most 4103 bytes.  This is more than twice as much, because
 * ProFTPD loses a CRLF that is split at the end of the buffer.
 */
#define LINE_SIZE 8192
#define LINE_ROOM 1024

static int choose_piece(off_t size) {
  for (size_t i = 0; i < PIECE_COUNT; i++) {
    if (size >= pieces[i].size) {
      return pieces[i].piece;
    }
  }

  return 0;
}

static off_t size_of(cmd_rec *cmd) {
  struct stat st;

  if (cmd->argc < 2 ||
      pr_fsio_stat(pr_fs_decode_path(cmd->tmp_pool, cmd->arg), &st) < 0 ||
      !S_ISREG(st.st_mode)) {
    return 0;
  }

  return st.st_size - session.restart_pos;
}

modret_t *ftps_buffers_pre_retr(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();
  int piece;

  if (sess == NULL || sess->control == NULL ||
      sess->prot != FTPS_PROT_PRIVATE || session.xfer.p != NULL ||
      sess->raised != NULL || main_server->tcp_sndbuf_override) {
    return PR_DECLINED(cmd);
  }

  piece = choose_piece(size_of(cmd));
  errno = 0;
  if (piece > main_server->tcp_sndbuf_len) {
    (void) ftps_in_place_prepare();
    sess->piece = piece;
  }

  return PR_DECLINED(cmd);
}

void ftps_buffers_begin(struct ftps_session *sess) {
  /* Without a buffer it is a module's own transfer. */
  if (sess->piece == 0 || sess->raised != NULL || session.xfer.buf == NULL ||
      session.xfer.direction != PR_NETIO_IO_WR || pr_throttle_have_rate()) {
    return;
  }

  FTPS_MAP_FROM(MAPPED_FROM);
  sess->buffer = session.xfer.buf =
      palloc(session.xfer.p, (size_t) sess->piece);
  session.xfer.bufsize = (size_t) sess->piece;
  sess->raised = main_server;
  sess->normal_piece = main_server->tcp_sndbuf_len;
  main_server->tcp_sndbuf_len = sess->piece;
}

size_t ftps_buffers_limit(size_t size) {
  return size > SLOW_PIECE && pr_throttle_have_rate() ? SLOW_PIECE : size;
}

/* What is read there next are zeros, in new pages. */
static void give_pages_back(char *buffer, size_t size) {
  uintptr_t page = (uintptr_t) getpagesize();
  uintptr_t first = ((uintptr_t) buffer + page - 1) / page * page;
  uintptr_t end = ((uintptr_t) buffer + size) / page * page;

  if (size >= RETURNED_FROM) {
    (void) madvise(buffer + (first - (uintptr_t) buffer), end - first,
        MADV_DONTNEED);
  }
}

/* ProFTPD's pools give no memory back, and the next small pool that takes the
 * place of such a buffer keeps all of it, so that the next download takes
 * another one.  Nobody reads in either buffer any more, and the command that
 * ProFTPD's belongs to has not ended.
 */
void ftps_buffers_end(struct ftps_session *sess) {
  if (sess->buffer != NULL && session.xfer.p != NULL) {
    session.xfer.buf = sess->buffer;
    give_pages_back(sess->buffer, (size_t) sess->piece);
  }
  if (sess->source != NULL && (session.sf_flags & SF_XFER)) {
    give_pages_back(sess->source, (size_t) sess->piece);
  }
  sess->buffer = sess->source = NULL;
}

modret_t *ftps_buffers_log_retr(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->raised != NULL) {
    sess->raised->tcp_sndbuf_len = sess->normal_piece;
    sess->raised = NULL;
  }
  if (sess != NULL) {
    sess->piece = 0;
    sess->buffer = sess->source = NULL;
  }

  return PR_DECLINED(cmd);
}

void ftps_buffers_make_line(void) {
  const size_t *command_size =
      get_param_ptr(main_server->conf, "CommandBufferSize", FALSE);
  int rcvbuf_len = main_server->tcp_rcvbuf_len;

  if (session.c == NULL || session.c->instrm->strm_buf != NULL ||
      rcvbuf_len <= LINE_SIZE ||
      (command_size != NULL && *command_size > LINE_SIZE - LINE_ROOM)) {
    return;
  }

  main_server->tcp_rcvbuf_len = LINE_SIZE;
  (void) pr_netio_buffer_alloc(session.c->instrm);
  main_server->tcp_rcvbuf_len = rcvbuf_len;
}
