/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ccc_fuzz.c: what a client sends after CCC, TLS records and commands in clear
 * (conn/ccc.c).  The bytes are in a socket; records are taken out of it as the
 * library would do it, and the first byte that begins none ends that for ever.
 */
#include "conn/ccc.h"

#include <sys/socket.h>
#include <unistd.h>

#include "conn/close.h"
#include "conn/conn.h"
#include "conn/io.h"
#include "conn/resume.h"
#include "conn/wait.h"

#include "t/fuzz/fuzz.h"

#define HEADER    5
#define INPUT_MAX 8192

static unsigned int waits;

/* The rest of the module, as far as ccc.c asks it. */

int ftps_conn_wait(const struct ftps_conn *conn, short events,
    uint64_t deadline) {
  (void) conn;
  (void) events;
  (void) deadline;
  waits++;
  return 1;
}

bool ftps_io_is_pending(const struct ftps_conn *conn) {
  (void) conn;
  return false;
}

bool ftps_io_has_begun(const struct ftps_conn *conn) {
  (void) conn;
  return false;
}

void ftps_conn_close(struct ftps_conn *conn, bool is_patient) {
  CHECK(is_patient);
  conn->state = FTPS_CONN_CLOSED;
}

void ftps_resume_send_ticket(struct ftps_conn *control, int64_t now) {
  (void) control;
  CHECK(now > 0);
}

/* Returns false at the end of the bytes. */
static bool take_record(int fd) {
  unsigned char record[65536];
  ssize_t got = recv(fd, record, HEADER, MSG_DONTWAIT);
  size_t len;

  if (got != HEADER) {
    return false;
  }

  CHECK(record[0] >= 20 && record[0] <= 23);
  len = (size_t) (record[3] << 8 | record[4]);
  return len == 0 || recv(fd, record, len, MSG_DONTWAIT) == (ssize_t) len;
}

static void go_on(struct ftps_conn *control) {
  unsigned char first;

  while (ftps_ccc_is_record_next(control)) {
    CHECK(!control->peer_closed);
    if (!take_record(control->fd)) {
      return;
    }
  }

  /* Nothing of the clear text is lost, and TLS does not come back. */
  if (recv(control->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
    CHECK(first < 20 || first > 23);
    CHECK(control->peer_closed);
    waits = 0;
    CHECK(!ftps_ccc_is_record_next(control) && waits == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ftps_conn control = { .state = FTPS_CONN_OPEN };
  int ends[2];

  if (size == 0 || size > INPUT_MAX) {
    return 0;
  }

  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK(send(ends[0], data, size, 0) == (ssize_t) size);
  control.fd = ends[1];
  ftps_ccc_send_tickets(&control);
  ftps_ccc_start(&control);
  CHECK(control.state == FTPS_CONN_RELEASED);
  go_on(&control);

  (void) close(ends[0]);
  (void) close(ends[1]);
  return 0;
}
