/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ccc.c: see ccc.h.
 */
#include "conn/ccc.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "conn/io.h"
#include "conn/resume.h"
#include "conn/wait.h"

void ftps_ccc_send_tickets(struct ftps_conn *control) {
  for (int i = 0; i < FTPS_CCC_TICKETS; i++) {
    ftps_resume_send_ticket(control, time(NULL));
  }
}

/* Waits for the close_notify or the next command of a client that sends it as
 * soon as it has read the 200.
 */
static void await_answer(const struct ftps_conn *control) {
  if (!ftps_io_is_pending(control)) {
    (void) ftps_conn_wait(control, POLLIN, ftps_clock_ms() + FTPS_CCC_WAIT_MS);
  }
}

void ftps_ccc_start(struct ftps_conn *control) {
  await_answer(control);
  ftps_conn_close(control, true);
  if (control->state == FTPS_CONN_CLOSED) {
    control->state = FTPS_CONN_RELEASED;
  }
}

bool ftps_ccc_is_record_next(struct ftps_conn *control) {
  unsigned char type;

  if (control->peer_closed) {
    return false;
  }

  if (ftps_io_has_begun(control)) {
    return true;
  }

  if (ftps_conn_wait(control, POLLIN, 0) <= 0 ||
      recv(control->fd, &type, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
    return false;
  }

  if (ftps_conn_is_record(type)) {
    return true;
  }

  control->peer_closed = true;
  return false;
}
