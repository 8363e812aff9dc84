/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_ftps.c: table of contents.  Read it from the bottom up: the module's
 * record, its tables, what happens when it is loaded and when a session starts.
 *
 * This is the only file that knows all layers.  It connects the callbacks of
 * lower layers to functions of higher ones.
 */
#include "alias.h"
#include "base/conn_index.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/settings.h"
#include "cache/cache.h"
#include "cache/mod_tls_cache.h"
#include "cache/sealkey.h"
#include "conn/conn.h"
#include "conn/resume.h"
#include "conn/sni.h"
#include "conn/wait.h"
#include "counts/clients.h"
#include "counts/counts.h"
#include "host/config/directives.h"
#include "host/config/hidden.h"
#include "host/config/refused.h"
#include "host/control/accept.h"
#include "host/control/budget.h"
#include "host/control/by_name.h"
#include "host/control/ccc.h"
#include "host/control/commands.h"
#include "host/control/dispatch.h"
#include "host/control/login.h"
#include "host/control/peruser.h"
#include "host/control/policy.h"
#include "host/control/sscn.h"
#include "host/control/start.h"
#include "host/daemon/controls.h"
#include "host/daemon/events.h"
#include "host/daemon/heap.h"
#include "host/daemon/notices.h"
#include "host/daemon/random_seed.h"
#include "host/data/buffers.h"
#include "host/data/clear.h"
#include "host/data/data.h"
#include "host/data/early.h"
#include "host/data/ending.h"
#include "host/names.h"
#include "host/netio.h"
#include "host/session.h"
#include "host/sight.h"
#include "keys/passphrase.h"
#include "keys/reachable.h"
#include "load.h"
#include "log/log.h"
#include "tickets/tickets.h"
#include "version.h"
#include "vhost/context.h"
#include "vhost/fips.h"
#include "vhost/vhosts.h"

#include "conf.h"

extern module ftps_module;

static void tie_layers(void) {
  static const struct ftps_conn_hooks conn_hooks = {
    .handle_signals = ftps_netio_handle_signals,
    .interrupted = ftps_netio_interrupted
  };
  static const struct ftps_context_hooks context_hooks = {
    .client_hello = ftps_sni_client_hello,
    .ticket_made = ftps_resume_ticket_made,
    .ticket_read = ftps_resume_ticket_read_cb,
    .session_find = ftps_resume_session_find,
    .alpn_select = ftps_sni_alpn_select_cb,
    .certificate_needed = ftps_resume_certificate_needed
  };
  struct ftps_daemon *daemon = ftps_daemon_get0();

  ftps_conn_set_hooks(&conn_hooks);
  daemon->hooks = &context_hooks;
  daemon->client_verified = ftps_events_client_verified;
  daemon->make_room = ftps_heap_free_filling;
  daemon->forget_tickets = ftps_tickets_free;
  daemon->set_title = pr_proctitle_set_str;
}

static int restrict_library(void) {
  struct ftps_error err;

  ftps_error_clear(&err);
  if (pr_define_exists("TLS_USE_FIPS") == FALSE) {
    return 0;
  }

  if (ftps_fips_enable(&err) < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_ftps: %s", err.text);
    return -1;
  }

  pr_log_pri(PR_LOG_NOTICE, "mod_ftps: OpenSSL uses its FIPS provider only");
  return 0;
}

static int give_up(void) {
  pr_event_unregister(&ftps_module, NULL, NULL);
  return ftps_load_refuse();
}

/* Without memory for it handshakes are not limited. */
static void make_budget(struct ftps_daemon *daemon) {
  if (daemon->budget == NULL) {
    daemon->budget = ftps_budget_new();
  }
  if (daemon->budget == NULL) {
    pr_log_pri(PR_LOG_WARNING,
        "mod_ftps: TLSHandshakeLimit: there is no shared memory, so "
        "handshakes are not limited: %s",
        strerror(errno));
  }
}

/* Without memory for them nothing is counted. */
static void make_counts(struct ftps_daemon *daemon) {
  if (daemon->counts == NULL) {
    daemon->counts = ftps_counts_new();
  }
  if (daemon->clients == NULL) {
    daemon->clients = ftps_clients_new();
  }
  if (daemon->counts == NULL || daemon->clients == NULL) {
    pr_log_pri(PR_LOG_WARNING,
        "mod_ftps: there is no shared memory for counters, so \"ftpdctl tls "
        "metrics\" lacks them: %s",
        strerror(errno));
  }
}

/* Parts that exist already are kept. */
static int make_parts(struct ftps_daemon *daemon) {
  ftps_vhosts_init(daemon);
  make_budget(daemon);
  make_counts(daemon);
  return ftps_reachable_init(daemon) < 0 || ftps_passphrase_init(daemon) < 0 ||
          ftps_sealkey_init(daemon) < 0 || ftps_caches_init(daemon) < 0 ||
          ftps_mod_tls_store_init(daemon) < 0 ||
          ftps_tickets_init(daemon) < 0 || ftps_notices_init(daemon) < 0 ||
          ftps_refused_init(daemon) < 0 || ftps_random_seed_init(daemon) < 0
      ? -1
      : 0;
}

/* Runs again after every SIGHUP; statics have kept their values. */
static int init_module(void) {
  static const struct ftps_alias alias = { .self = &ftps_module,
    .name = "tls",
    .file = "mod_tls.c",
    .our_name = "mod_ftps" };

  if (make_parts(ftps_daemon_get0()) < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_ftps: there is no memory for its own data");
    return give_up();
  }

  ftps_events_hear();
  if (ftps_load_check_host(alias.our_name) < 0 || restrict_library() < 0 ||
      ftps_alias_load(&alias) < 0) {
    return give_up();
  }

  if (ftps_conn_index_init() < 0 || ftps_ctx_index_init() < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_ftps: OpenSSL cannot be initialised");
    return give_up();
  }

  ftps_directives_init();
  tie_layers();
  ftps_events_listen(ftps_load_has_replaced());
  ftps_controls_start();
  return 0;
}

/* Implicit TLS: the handshake comes before the banner. (RFC 4217, section 15,
 * advises against it, but clients use it.)  Its clients need not send PROT P.
 */
static void accept_implicit(struct ftps_session *sess) {
  struct ftps_error err;
  bool is_text;

  if (ftps_vhost_get0_context(sess->vhost) == NULL) {
    ftps_log_admin(PR_LOG_ERR,
        "TLSOptions UseImplicitSSL: there is no usable certificate, so "
        "sessions are ended; correct the certificate files");
    ftps_commands_end_failed(false);
  }

  if (!ftps_session_may_accept(sess)) {
    ftps_commands_end_failed(false);
  }

  ftps_error_clear(&err);
  if (ftps_session_accept(sess, &is_text, &err) < 0) {
    ftps_commands_end_failed(is_text);
  }

  ftps_session_set_prot(sess, FTPS_PROT_PRIVATE);
}

static int init_session(void) {
  struct ftps_session *sess;

  ftps_hidden_show(ftps_daemon_get0());
  ftps_events_listen_session();
  if (ftps_session_start() < 0) {
    return -1;
  }

  sess = ftps_session_current();
  if (sess != NULL && (sess->settings->options & FTPS_OPT_IMPLICIT_SSL)) {
    accept_implicit(sess);
  }
  return 0;
}

/* What runs at every command.  ProFTPD makes a text for its debug log for each
 * entry of the table, also when nobody reads it, so each phase has one entry.
 */
typedef modret_t *command_handler(cmd_rec *cmd);

static modret_t *run_until_answered(command_handler *const *handlers,
    cmd_rec *cmd) {
  modret_t *answer = PR_DECLINED(cmd);

  while (answer == NULL && *handlers != NULL) {
    answer = (*handlers++)(cmd);
  }

  return answer;
}

static modret_t *pre_any(cmd_rec *cmd) {
  static command_handler *const handlers[] = { ftps_commands_pre_any,
    ftps_early_pre_any, ftps_clear_pre_any, ftps_policy_pre_any,
    ftps_login_pre_any, ftps_commands_pre_upload, NULL };

  return run_until_answered(handlers, cmd);
}

static modret_t *log_any(cmd_rec *cmd) {
  static command_handler *const handlers[] = { ftps_commands_log_any,
    ftps_peruser_log_any, ftps_session_log_any, ftps_early_log_any,
    ftps_sight_log_any, NULL };

  return run_until_answered(handlers, cmd);
}

static modret_t *log_any_failed(cmd_rec *cmd) {
  static command_handler *const handlers[] = { ftps_commands_log_any,
    ftps_commands_log_failed, ftps_session_log_any, ftps_early_log_any,
    ftps_sight_log_any, NULL };

  return run_until_answered(handlers, cmd);
}

static cmdtable commands[] = { { PRE_CMD, C_ANY, G_NONE, pre_any, FALSE, FALSE,
                                   0, NULL },
  { POST_CMD, C_ANY, G_NONE, ftps_clear_post_any, FALSE, FALSE, 0, NULL },
  { POST_CMD_ERR, C_ANY, G_NONE, ftps_clear_post_any, FALSE, FALSE, 0, NULL },
  { LOG_CMD, C_ANY, G_NONE, log_any, FALSE, FALSE, 0, NULL },
  { LOG_CMD_ERR, C_ANY, G_NONE, log_any_failed, FALSE, FALSE, 0, NULL },

  { CMD, C_AUTH, G_NONE, ftps_commands_auth, FALSE, FALSE, CL_SEC, NULL },
  { CMD, C_HOST, G_NONE, ftps_by_name_host, FALSE, FALSE, CL_AUTH, NULL },
  { CMD, C_CCC, G_NONE, ftps_ccc_command, TRUE, FALSE, CL_SEC, NULL },
  { CMD, C_PBSZ, G_NONE, ftps_commands_pbsz, FALSE, FALSE, CL_SEC, NULL },
  { CMD, C_PROT, G_NONE, ftps_commands_prot, FALSE, FALSE, CL_SEC, NULL },
  { CMD, C_SSCN, G_NONE, ftps_sscn_command, TRUE, FALSE, CL_SEC, NULL },

  { PRE_CMD, C_PASS, G_NONE, ftps_login_pre_pass, FALSE, FALSE, 0, NULL },

  { PRE_CMD, C_PASV, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_EPSV, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_PORT, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },
  { PRE_CMD, C_EPRT, G_NONE, ftps_commands_pre_data, FALSE, FALSE, 0, NULL },

  { POST_CMD, C_LIST, G_NONE, ftps_data_post_download, FALSE, FALSE, 0, NULL },
  { POST_CMD, C_MLSD, G_NONE, ftps_data_post_download, FALSE, FALSE, 0, NULL },
  { POST_CMD, C_NLST, G_NONE, ftps_data_post_download, FALSE, FALSE, 0, NULL },
  { POST_CMD, C_RETR, G_NONE, ftps_data_post_download, FALSE, FALSE, 0, NULL },
  { POST_CMD_ERR, C_NLST, G_NONE, ftps_data_post_failed, FALSE, FALSE, 0,
      NULL },

  { PRE_CMD, C_RETR, G_NONE, ftps_buffers_pre_retr, FALSE, FALSE, 0, NULL },
  { LOG_CMD, C_RETR, G_NONE, ftps_buffers_log_retr, FALSE, FALSE, 0, NULL },
  { LOG_CMD_ERR, C_RETR, G_NONE, ftps_buffers_log_retr, FALSE, FALSE, 0, NULL },

#define UPLOAD(command) \
  { LOG_CMD, command, G_NONE, ftps_commands_log_upload, FALSE, FALSE, 0, \
    NULL }, \
  { \
    LOG_CMD_ERR, command, G_NONE, ftps_commands_log_upload, FALSE, FALSE, 0, \
        NULL \
  }

  UPLOAD(C_STOR), UPLOAD(C_STOU), UPLOAD(C_APPE),

  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

__attribute__((visibility("default")))
module ftps_module = { NULL, NULL, 0x20, /* ProFTPD's API version */
  "ftps", ftps_conftable, commands, ftps_login_authtable, init_module,
  init_session, FTPS_VERSION, NULL, 0 };
