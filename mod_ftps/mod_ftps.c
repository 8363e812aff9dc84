/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * mod_ftps.c: table of contents.  Read it from the bottom up: the module's
 * record, its tables, what happens when it is loaded and when a session starts.
 *
 * This is the only file that knows all layers; it ties the callbacks of lower
 * ones to functions of higher ones.
 */
#include "base/settings.h"
#include "conn/conn.h"
#include "conn/resume.h"
#include "conn/sni.h"
#include "context/conn_index.h"
#include "context/context.h"
#include "context/vhosts.h"
#include "host/commands.h"
#include "host/directives.h"
#include "host/events.h"
#include "host/names.h"
#include "host/netio.h"
#include "host/policy.h"
#include "host/session.h"
#include "alias.h"

#include "conf.h"

extern module ftps_module;

static void tie_layers(void) {
  static const struct ftps_conn_hooks conn_hooks = {
    .interrupted = ftps_netio_interrupted
  };
  static const struct ftps_context_hooks context_hooks = {
    .client_hello = ftps_sni_client_hello,
    .ticket_made = ftps_resume_ticket_made,
    .ticket_read = ftps_resume_ticket_read_cb,
    .session_find = ftps_resume_session_find,
    .alpn_select = ftps_sni_alpn_select_cb,
    .certificate_needed = ftps_vhost_certificate_needed
  };

  ftps_conn_set_hooks(&conn_hooks);
  ftps_context_set_hooks(&context_hooks);
}

/* Runs again after every SIGHUP, on statics that have kept their values. */
static int init_module(void) {
  if (ftps_alias_load() < 0) {
    return -1;
  }

  if (ftps_conn_index_init() < 0 || ftps_vhosts_init() < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_ftps: OpenSSL cannot be initialised");
    return -1;
  }

  tie_layers();
  ftps_events_listen();
  return 0;
}

/* Implicit TLS: the handshake comes before the banner (RFC 4217, section 15,
 * names it as the way not to be taken, and clients take it all the same).
 */
static void accept_implicit(struct ftps_session *sess) {
  struct ftps_error err;
  bool is_text;

  ftps_error_clear(&err);
  if (ftps_session_accept(sess, &is_text, &err) < 0) {
    ftps_commands_end_failed(is_text);
  }
}

static int init_session(void) {
  struct ftps_session *sess;

  ftps_events_listen_session();
  if (ftps_session_start() < 0) {
    return -1;
  }

  sess = ftps_session_current();
  if (sess != NULL && (sess->settings->options & FTPS_OPT_IMPLICIT_SSL) &&
      ftps_vhost_get0_context(sess->vhost) != NULL) {
    accept_implicit(sess);
  }
  return 0;
}

static cmdtable commands[] = { { PRE_CMD, C_ANY, G_NONE, ftps_policy_pre_any,
                                   FALSE, FALSE, 0, NULL },

  { CMD, C_AUTH, G_NONE, ftps_commands_auth, FALSE, FALSE, CL_SEC, NULL },
  { CMD, C_PBSZ, G_NONE, ftps_commands_pbsz, FALSE, FALSE, CL_SEC, NULL },
  { CMD, C_PROT, G_NONE, ftps_commands_prot, FALSE, FALSE, CL_SEC, NULL },

  { PRE_CMD, C_PASV, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_EPSV, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_PORT, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_EPRT, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },

#define UPLOAD(command) \
  { PRE_CMD, command, G_NONE, ftps_commands_pre_upload, FALSE, FALSE, 0, \
    NULL }, \
      { LOG_CMD, command, G_NONE, ftps_commands_log_upload, FALSE, FALSE, 0, \
        NULL }, \
  { \
    LOG_CMD_ERR, command, G_NONE, ftps_commands_log_upload, FALSE, FALSE, 0, \
        NULL \
  }

  UPLOAD(C_STOR), UPLOAD(C_STOU), UPLOAD(C_APPE),

  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

__attribute__((visibility("default")))
module ftps_module = { NULL, NULL, 0x20,   /* API version of the host */
  "ftps", ftps_directives, commands, NULL, /* authentication handlers */
  init_module, init_session, FTPS_VERSION, NULL, 0 };
