/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * session.c: see session.h.
 */
#include "host/session.h"

#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/peer.h"
#include "host/config/settings_read.h"
#include "host/control/environ.h"
#include "host/data/buffers.h"
#include "host/names.h"
#include "host/netio.h"
#include "log/log.h"
#include "tickets/tickets.h"
#include "vhost/vhosts.h"

/* The host exports it and declares it in none of its headers. */
extern int ServerUseReverseDNS;

static struct ftps_session *current;

struct ftps_session *ftps_session_current(void) {
  return current;
}

/* HOST and SNI choose among the servers at the address of main_server, which
 * may have been reached at another one of its addresses.
 */
static void drop_unreachable_keys(void) {
  struct ftps_place places[2];

  ftps_settings_read_place(main_server, main_server->addr, &places[0]);
  ftps_settings_read_place(main_server, session.c->local_addr, &places[1]);
  ftps_vhosts_drop_unreachable(places, 2);
}

/* Renewed files are picked up here, as long as the process still has root. */
static void refresh_vhost(struct ftps_vhost *vhost) {
  struct ftps_error err;
  int res;

  ftps_error_clear(&err);
  res = ftps_vhosts_refresh(vhost, &err);
  if (res < 0) {
    ftps_log_admin(PR_LOG_WARNING,
        "changed files cannot be used, the old "
        "certificate stays in use: %s",
        err.text);

  } else if (res > 0) {
    ftps_log("changed certificate files are in use now");
  }
}

static void set_vhost(struct ftps_session *sess, struct ftps_vhost *vhost) {
  sess->vhost = vhost;
  sess->settings = ftps_vhost_settings(vhost);

  /* A client that said PROT P before HOST relies on it. */
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

static int start_for(struct ftps_vhost *vhost) {
  struct ftps_session *sess = pcalloc(session.pool, sizeof(*sess));

  ftps_log_open(ftps_vhost_settings(vhost)->log_path);
  refresh_vhost(vhost);
  if (RAND_bytes(sess->token, sizeof(sess->token)) != 1) {
    ftps_log_admin(PR_LOG_ERR, "no random bytes for a session token");
    return -1;
  }

  set_vhost(sess, vhost);
  current = sess;
  announce();
  return ftps_netio_ensure();
}

int ftps_session_start(void) {
  struct ftps_vhost *vhost = ftps_vhosts_find(main_server);

  drop_unreachable_keys();
  if (vhost == NULL) {
    return 0;
  }

  ftps_buffers_make_line();
  return start_for(vhost);
}

int ftps_session_switch(void) {
  struct ftps_vhost *vhost = ftps_vhosts_find(main_server);

  if (current == NULL) {
    return vhost != NULL ? start_for(vhost) : 0;
  }

  /* The client's certificate was judged for that server alone. */
  if (current->control != NULL && current->control->vhost != vhost) {
    return -1;
  }

  if (vhost == NULL) {
    current = NULL;
    ftps_log_close();
    withdraw();
    return 0;
  }

  ftps_log_open(ftps_vhost_settings(vhost)->log_path);
  if (current->control == NULL) {
    refresh_vhost(vhost);
  }
  set_vhost(current, vhost);
  return 0;
}

static bool is_earlier_host(const char *name) {
  const char *host = pr_table_get(session.notes, FTPS_NOTE_HOST, NULL);

  return host == NULL || pr_netaddr_is_v4(host) == TRUE ||
      pr_netaddr_is_v6(host) == TRUE || strcasecmp(host, name) == 0;
}

static void note_name(const char *name) {
  if (pr_table_exists(session.notes, FTPS_NOTE_SNI) <= 0) {
    (void) pr_table_add_dup(session.notes, FTPS_NOTE_SNI, name, 0);
  }
}

/* A ClientHello's server name -> virtual host (contract, section 9). */
static const struct ftps_vhost *choose_vhost(void *arg, const char *name,
    int *alert) {
  struct ftps_session *sess = arg;
  struct ftps_vhost *vhost;
  server_rec *s;

  if (sess->settings->options & FTPS_OPT_IGNORE_SNI) {
    return sess->vhost;
  }

  note_name(name);
  pr_event_generate(FTPS_EVENT_SNI, name);

  /* Whoever has logged in has done so to this server, and to no other. */
  if (session.user != NULL) {
    return sess->vhost;
  }

  if (!is_earlier_host(name)) {
    ftps_log("client-sent SNI '%s' is not the name of its HOST command, "
             "refusing handshake",
        name);
    *alert = SSL_AD_ACCESS_DENIED;
    return NULL;
  }

  if (pr_namebind_count(main_server) == 0) {
    return sess->vhost;
  }

  s = pr_namebind_get_server(name, main_server->addr, session.c->local_port);
  if (s == NULL && ftps_settings_has_name(main_server, name)) {
    s = main_server;
  }
  vhost = s != NULL ? ftps_vhosts_find(s) : NULL;
  if (vhost == NULL) {
    ftps_log(FTPS_LOG_NO_SNI_SERVER " '%s', refusing handshake", name);
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return NULL;
  }

  if (s != main_server) {
    refresh_vhost(vhost);
    sess->chosen = s;
  }
  return vhost;
}

/* A command that the client did not send, for modules that listen to it.  The
 * host keeps pointers to the command that it works on.
 */
static void dispatch(const char *name, const char *value, int class,
    bool is_logged) {
  const char *curr_cmd = session.curr_cmd;
  struct cmd_struc *curr_cmd_rec = session.curr_cmd_rec;
  int curr_cmd_id = session.curr_cmd_id;
  int curr_phase = session.curr_phase;
  pool *p = make_sub_pool(session.pool);
  cmd_rec *cmd = pr_cmd_alloc(p, 2, pstrdup(p, name), pstrdup(p, value));

  cmd->arg = pstrdup(p, value);
  cmd->cmd_class = class;
  (void) pr_cmd_dispatch_phase(cmd, POST_CMD, 0);
  if (is_logged) {
    (void) pr_cmd_dispatch_phase(cmd, LOG_CMD, 0);
  }

  session.curr_cmd = curr_cmd;
  session.curr_cmd_rec = curr_cmd_rec;
  session.curr_cmd_id = curr_cmd_id;
  session.curr_phase = curr_phase;
  destroy_pool(p);
}

/* What HOST would have done, done for it: modules read their configuration
 * for the other server anew.
 */
static void move_to_chosen(struct ftps_session *sess) {
  if (sess->chosen == NULL) {
    return;
  }

  session.prev_server = main_server;
  main_server = sess->chosen;
  sess->chosen = NULL;
  pr_event_generate("core.session-reinit", main_server);
  dispatch(C_HOST, sess->control->server_name, CL_MISC, true);
}

/* After the control handshake a key is needed again only where data connections
 * may do full handshakes, and after a login without TLS where AUTH may follow.
 */
static bool is_key_needed(const struct ftps_session *sess) {
  unsigned long needs, options;

  needs = sess->control != NULL ? FTPS_OPT_NO_SESSION_REUSE
                                : FTPS_OPT_ALLOW_PER_USER;
  options = sess->settings->options;
  if (session.user == NULL) {
    options |= sess->settings->possible_options;
  }
  return (options & needs) != 0;
}

void ftps_session_drop_keys(struct ftps_session *sess) {
  bool is_needed = sess != NULL && is_key_needed(sess);

  ftps_vhosts_drop_keys(is_needed ? sess->vhost : NULL);
  ftps_tickets_drop();
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

static const char *describe_session(const struct ftps_conn *conn) {
  if (!SSL_session_reused(conn->ssl)) {
    return "";
  }

  return conn->tag.has_psk ? ", pre-shared key" : ", resumed session";
}

static void log_accepted(const struct ftps_conn *conn) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);

  ftps_log("%s connection accepted, using cipher %s (%d bits)%s",
      SSL_get_version(conn->ssl), SSL_CIPHER_get_name(cipher),
      SSL_CIPHER_get_bits(cipher, NULL), describe_session(conn));
}

static void describe_place(const struct ftps_session *sess,
    struct ftps_peer_place *place) {
  const unsigned long by_name =
      FTPS_OPT_DNS_NAME_REQUIRED | FTPS_OPT_COMMON_NAME_REQUIRED;

  place->address = pr_netaddr_get_inaddr(session.c->remote_addr);
  place->address_len = pr_netaddr_get_inaddr_len(session.c->remote_addr);
  place->name = ServerUseReverseDNS ? session.c->remote_name : NULL;
  if (place->name == NULL && (sess->settings->options & by_name) != 0) {
    ftps_log("name of the client's host not compared with its certificate: "
             "UseReverseDNS is off");
  }
}

/* Where clients must show a certificate, a session without one can only come
 * from a pre-shared key: such sessions are resumed under that policy alone.
 */
static bool has_shared_key(const struct ftps_conn *conn) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);

  if (SSL_get0_peer_certificate(conn->ssl) != NULL) {
    return false;
  }

  return SSL_session_reused(conn->ssl) ||
      SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk;
}

/* Resumed sessions bring a certificate that may have expired meanwhile.  Who
 * knows a pre-shared key is not asked for one.
 */
static int check_client(const struct ftps_session *sess,
    struct ftps_error *err) {
  const unsigned long required = FTPS_OPT_DNS_NAME_REQUIRED |
      FTPS_OPT_IP_ADDRESS_REQUIRED | FTPS_OPT_COMMON_NAME_REQUIRED;
  X509 *cert = ftps_peer_get0_verified(sess->control);
  struct ftps_peer_place place;

  if (cert == NULL) {
    if (sess->settings->verify != FTPS_VERIFY_ON ||
        has_shared_key(sess->control)) {
      return 0;
    }
    ftps_error_set(err, "none that is valid now");
    return -1;
  }

  if ((sess->settings->options & required) == 0) {
    return 0;
  }

  describe_place(sess, &place);
  return ftps_peer_check(cert, sess->settings->options, &place, err);
}

static void refuse_client(struct ftps_session *sess, const char *why) {
  ftps_log("client certificate refused after the handshake: %s", why);
  pr_response_send(R_421, "Client certificate not accepted");
  ftps_conn_close(sess->control, false);
}

static void finish_accept(struct ftps_session *sess) {
  struct ftps_conn *conn = sess->control;

  session.rfc2228_mech = FTPS_NAME_MECH;
  (void) pr_session_set_protocol(FTPS_NAME_PROTOCOL);

  move_to_chosen(sess);
  log_accepted(conn);
  ftps_environ_set_notes(conn->ssl, conn->server_name);
  if (sess->settings->options & FTPS_OPT_STD_ENV_VARS) {
    ftps_environ_set_variables(session.pool, conn->ssl, conn->server_name);
  }
  if (sess->settings->options &
      (FTPS_OPT_STD_ENV_VARS | FTPS_OPT_EXPORT_CERT_DATA)) {
    ftps_environ_set_certificates(session.pool, conn->ssl);
  }
  ftps_session_drop_keys(sess);
}

int ftps_session_accept(struct ftps_session *sess, bool *is_text_out,
    struct ftps_error *err) {
  struct ftps_conn_props props = { .kind = FTPS_KIND_CONTROL,
    .fd = session.c->rfd,
    .vhost = sess->vhost,
    .token = sess->token,
    .chooser = { choose_vhost, sess } };
  struct ftps_conn *conn = ftps_conn_new(&props, err);

  *is_text_out = false;
  if (conn == NULL) {
    return -1;
  }

  ftps_netio_bind_control(conn);
  pr_event_generate(FTPS_EVENT_CONTROL_HANDSHAKE, session.c);
  if (ftps_handshake_run(conn, sess->settings->handshake_timeout, err) < 0) {
    *is_text_out = conn->plainly_not_tls;
    pr_event_generate(FTPS_EVENT_CONTROL_FAILED, &conn->ssl_error);
    ftps_log("unable to accept TLS connection: %s", err->text);
    if (conn->plainly_not_tls) {
      ftps_netio_bind_control(NULL);
    }
    ftps_conn_free(conn);
    return -1;
  }

  sess->control = conn;
  if (ftps_netio_ensure() < 0) {
    ftps_error_set(err, "another module keeps the network streams");
    return -1;
  }

  finish_accept(sess);
  if (check_client(sess, err) < 0) {
    refuse_client(sess, err->text);
    return -1;
  }

  return 0;
}

void ftps_session_set_prot(struct ftps_session *sess, enum ftps_prot prot) {
  sess->prot = prot;

  /* The core learns of the level from PROT alone, and must not use sendfile()
   * on a protected connection; AUTH SSL and implicit TLS imply PROT P.
   */
  dispatch(C_PROT, prot == FTPS_PROT_PRIVATE ? "P" : "C", CL_SEC, false);
  ftps_log("%s",
      prot == FTPS_PROT_PRIVATE ? FTPS_LOG_PROT_PRIVATE : FTPS_LOG_PROT_CLEAR);
}

void ftps_session_end(void) {
  struct ftps_session *sess = current;

  if (sess == NULL) {
    return;
  }

  ftps_early_drop(sess);
  ftps_linger_end(&sess->linger);
  current = NULL;
  if (sess->data != NULL) {
    ftps_conn_close(sess->data, false);
    ftps_conn_free(sess->data);
    sess->data = NULL;
  }

  if (sess->control != NULL) {
    ftps_conn_close(sess->control, false);
    ftps_conn_free(sess->control);
    sess->control = NULL;
  }
}
