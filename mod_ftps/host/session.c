/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session.c: see session.h.
 */
#include "host/session.h"

#include "base/settings.h"
#include "conn/conn.h"
#include "host/config/settings_read.h"

static struct ftps_process process;

struct ftps_process *ftps_process(void) {
  return &process;
}

struct ftps_session *ftps_session_current(void) {
  return process.session;
}

void ftps_session_set_current(struct ftps_session *sess) {
  process.session = sess;
}

void ftps_session_read_options(struct ftps_session *sess) {
  unsigned long options;

  if (sess->settings->possible_options == 0) {
    return;
  }

  options = ftps_settings_read_options(main_server, sess->settings);
  if (options == sess->settings->options) {
    return;
  }

  if (sess->own == NULL) {
    sess->own = palloc(session.pool, sizeof(*sess->own));
  }
  if (sess->settings != sess->own) {
    *sess->own = *sess->settings;
    sess->settings = sess->own;
  }
  sess->own->options = options;
}

bool ftps_session_is_cleared(const struct ftps_session *sess) {
  return sess != NULL && sess->control != NULL &&
      sess->control->state == FTPS_CONN_RELEASED;
}
