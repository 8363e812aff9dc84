/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * start.c: see start.h.
 */
#include "host/control/start.h"

#include <openssl/rand.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "host/config/settings_read.h"
#include "host/control/session_vhost.h"
#include "host/data/buffers.h"
#include "host/data/early.h"
#include "host/data/ending.h"
#include "host/data/linger.h"
#include "host/netio.h"
#include "host/session.h"
#include "host/sight.h"
#include "keys/signer/permit.h"
#include "log/log.h"
#include "named/names.h"
#include "tickets/login_tickets.h"
#include "vhost/held_keys.h"
#include "vhost/vhosts.h"

#include "conf.h"

/* HOST and SNI choose among the servers at the address of main_server.  The
 * client may have reached main_server at another of its addresses.
 */
static void drop_unreachable_keys(void) {
  struct ftps_place places[2];

  ftps_settings_read_place(main_server, main_server->addr, &places[0]);
  ftps_settings_read_place(main_server, session.c->local_addr, &places[1]);
  (void) ftps_permit_write_own(ftps_daemon_get0(), places, 2);
  ftps_held_keys_drop_unreachable(ftps_daemon_get0(), places, 2);
  ftps_names_leave(ftps_daemon_get0());
}

static void set_vhost(struct ftps_session *sess,
    const struct ftps_vhost *vhost) {
  sess->vhost = vhost;
  sess->settings = ftps_vhost_settings(vhost);

  /* A client that sent PROT P before HOST relies on it. */
  if (sess->control == NULL) {
    sess->prot = FTPS_PROT_CLEAR;
  }
}

static const char *const features[] = { "AUTH TLS", "AUTH SSL", "CCC", "PBSZ",
  "PROT", "SSCN" };

static void announce(void) {
  for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
    (void) pr_feat_add(features[i]);
  }

  pr_help_add(C_AUTH, "<sp> base64-data", TRUE);
  pr_help_add(C_PBSZ, "<sp> protection buffer size", TRUE);
  pr_help_add(C_PROT, "<sp> protection code", TRUE);
}

static void withdraw(void) {
  for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
    (void) pr_feat_remove(features[i]);
  }
}

static struct ftps_session *new_session(void) {
  struct ftps_session *sess = pcalloc(session.pool, sizeof(*sess));

  if (RAND_bytes(sess->token, sizeof(sess->token)) != 1) {
    ftps_log_admin(PR_LOG_ERR, "no random bytes for a session token");
    return NULL;
  }

  sess->early = ftps_early_new(session.pool);
  sess->linger = ftps_linger_new(session.pool);
  return sess;
}

static int start_for(const struct ftps_vhost *vhost) {
  struct ftps_process *process = ftps_process();

  if (process->idle == NULL) {
    process->idle = new_session();
  }
  if (process->idle == NULL) {
    return -1;
  }

  set_vhost(process->idle, vhost);
  ftps_session_set_current(process->idle);
  announce();
  return ftps_netio_ensure();
}

int ftps_session_start(void) {
  struct ftps_vhost *vhost;

  drop_unreachable_keys();
  if (ftps_session_vhost_find(main_server, &vhost) < 0) {
    return -1;
  }

  if (vhost == NULL) {
    ftps_log_close();
    return 0;
  }

  ftps_buffers_make_line();
  return start_for(vhost);
}

/* The client's certificate was checked for one server only. */
static int switch_protected(struct ftps_session *sess) {
  const struct ftps_vhost *vhost = sess->control->vhost;

  if (ftps_vhost_owner(vhost) != main_server) {
    return -1;
  }

  ftps_log_open(ftps_vhost_settings(vhost)->log_path,
      ftps_vhost_settings(vhost)->log_format);
  set_vhost(sess, vhost);
  return 0;
}

int ftps_session_switch(void) {
  struct ftps_session *sess = ftps_session_current();
  struct ftps_vhost *vhost;

  if (sess != NULL && sess->control != NULL) {
    return switch_protected(sess);
  }

  if (ftps_session_vhost_find(main_server, &vhost) < 0) {
    return -1;
  }

  if (vhost != NULL && sess != NULL) {
    set_vhost(sess, vhost);
    return 0;
  }

  if (vhost != NULL) {
    return start_for(vhost);
  }

  ftps_log_close();
  if (sess != NULL) {
    ftps_session_set_current(NULL);
    withdraw();
  }
  return 0;
}

int ftps_session_look_again(void) {
  const struct ftps_session *sess = ftps_session_current();

  if (session.user != NULL || (sess != NULL && sess->control != NULL) ||
      !ftps_session_vhost_is_stale(sess != NULL ? sess->vhost : NULL,
          main_server)) {
    return 0;
  }

  return ftps_session_switch();
}

void ftps_session_end(void) {
  struct ftps_session *sess = ftps_session_current();

  if (sess == NULL) {
    return;
  }

  ftps_sight_session(sess);
  ftps_early_drop(sess);
  ftps_linger_end(sess->linger);
  ftps_tickets_leave(ftps_daemon_get0()->tickets);
  ftps_session_set_current(NULL);
  if (sess->data != NULL) {
    ftps_data_end(sess->data, false);
    ftps_conn_free(sess->data);
    sess->data = NULL;
  }

  if (sess->control != NULL) {
    ftps_conn_close(sess->control, false);
    ftps_conn_free(sess->control);
    sess->control = NULL;
  }
}
