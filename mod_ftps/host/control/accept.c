/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * accept.c: see accept.h.
 */
#include "host/control/accept.h"

#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/close.h"
#include "conn/conn.h"
#include "conn/handshake.h"
#include "conn/peer.h"
#include "conn/resume.h"
#include "host/config/settings_read.h"
#include "host/control/budget.h"
#include "host/control/by_name.h"
#include "host/control/dispatch.h"
#include "host/control/environ.h"
#include "host/control/policy.h"
#include "host/control/session_vhost.h"
#include "host/control/start.h"
#include "host/names.h"
#include "host/netio.h"
#include "host/reply.h"
#include "host/session.h"
#include "host/sight.h"
#include "log/log.h"
#include "named/names.h"
#include "tickets/tickets.h"
#include "vhost/held_keys.h"
#include "vhost/offer.h"
#include "vhost/vhosts.h"

/* ProFTPD exports it and declares it in none of its headers. */
extern int ServerUseReverseDNS;

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

/* A name that no host can have chooses no virtual host.  If names choose
 * servers here, the client would get another server than the one that it wants.
 */
static bool may_ignore_name(void *arg, const unsigned char *bytes, size_t len) {
  const struct ftps_session *sess = arg;
  char text[FTPS_HOST_NAME_MAX + 1];

  if ((sess->settings->options & FTPS_OPT_IGNORE_SNI) != 0 ||
      session.user != NULL || pr_namebind_count(main_server) == 0) {
    return true;
  }

  ftps_hello_escape(bytes, len, text, sizeof(text));
  ftps_reply_log(FTPS_REFUSAL_SNI_NO_NAME, text);
  return false;
}

/* Finds the virtual host of a ClientHello's server name (doc/contract.md: SNI).
 */
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

  /* A client that has logged in stays with this server. */
  if (session.user != NULL) {
    return sess->vhost;
  }

  if (!is_earlier_host(name)) {
    ftps_reply_log(FTPS_REFUSAL_SNI_NOT_HOST, name);
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
  if (s == main_server) {
    return sess->vhost;
  }

  /* The name of a certificate is a name of this server. */
  if (s == NULL && ftps_by_name_is_known(sess->vhost, name)) {
    return sess->vhost;
  }

  if (s == NULL || ftps_session_vhost_find(s, &vhost) < 0 || vhost == NULL) {
    ftps_reply_log(FTPS_REFUSAL_SNI_UNKNOWN, name);
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return NULL;
  }

  sess->chosen = s;
  return vhost;
}

/* Does what HOST would have done: modules read their configuration for the
 * other server again.
 */
static void move_to_chosen(struct ftps_session *sess) {
  if (sess->chosen == NULL) {
    return;
  }

  session.prev_server = main_server;
  main_server = sess->chosen;
  sess->chosen = NULL;
  pr_event_generate("core.session-reinit", main_server);
  ftps_dispatch(C_HOST, sess->control->server_name, CL_MISC, true);
}

/* A client that has resumed the session on a data connection can do so, and has
 * to do so after CCC as well.
 */
static bool may_ccc_need_key(const struct ftps_session *sess) {
  if (sess->control == NULL || sess->has_resumed ||
      (sess->settings->options & FTPS_OPT_REUSE_AFTER_CCC) != 0) {
    return false;
  }

  return ftps_policy_foresees_ccc();
}

/* After the control handshake a key is still needed if data connections may
 * make full handshakes; after a login without TLS, if AUTH may follow.
 */
static bool is_key_needed(const struct ftps_session *sess) {
  unsigned long needs, options;

  if (may_ccc_need_key(sess)) {
    return true;
  }

  needs = sess->control != NULL ? FTPS_OPTS_FULL_DATA : FTPS_OPT_ALLOW_PER_USER;
  options = sess->settings->options;
  if (session.user == NULL) {
    options |= sess->settings->possible_options;
  }
  return (options & needs) != 0;
}

void ftps_session_drop_keys(struct ftps_session *sess) {
  bool is_needed = sess != NULL && is_key_needed(sess);

  if (sess != NULL) {
    sess->has_key = is_needed;
  }
  if (is_needed && sess->control != NULL) {
    ftps_conn_mark_keys(sess->control);
  }
  ftps_held_keys_drop(ftps_daemon_get0(), is_needed ? sess->vhost : NULL);
  if (!is_needed) {
    ftps_names_be_silent(ftps_daemon_get0());
  }
  ftps_tickets_drop(ftps_daemon_get0()->tickets);
}

/* HOST may have changed the limit since the last one. */
static struct ftps_budget_client *find_payer(struct ftps_session *sess) {
  const pr_netaddr_t *address = session.c->remote_addr;

  if (sess->payer == NULL) {
    sess->payer = pcalloc(session.pool, sizeof(*sess->payer));
  }

  sess->payer->count = sess->settings->handshake_count;
  sess->payer->seconds = sess->settings->handshake_window;
  ftps_budget_identify(ftps_daemon_get0()->budget,
      pr_netaddr_get_inaddr(address), pr_netaddr_get_inaddr_len(address),
      sess->payer);
  return sess->payer;
}

static void refuse_many(struct ftps_budget *budget) {
  ftps_reply_log(FTPS_REFUSAL_TOO_MANY, NULL);
  if (ftps_budget_may_tell(budget, ftps_clock_ms())) {
    ftps_log_admin(PR_LOG_NOTICE,
        "%s makes more TLS handshakes without a login than TLSHandshakeLimit "
        "allows, so they are refused; mod_ban can refuse its connections "
        "(BanOnEvent TLSHandshake)",
        pr_netaddr_get_ipstr(session.c->remote_addr));
  }
}

/* No text goes to the client of an implicit port, also not from a module that
 * hears the event.
 */
bool ftps_session_may_accept(struct ftps_session *sess) {
  struct ftps_budget *budget = ftps_daemon_get0()->budget;

  if (session.user != NULL) {
    return true;
  }

  if (ftps_budget_take(budget, find_payer(sess), ftps_clock_ms())) {
    sess->charged = 1;
    return true;
  }

  refuse_many(budget);
  if (sess->settings->options & FTPS_OPT_IMPLICIT_SSL) {
    (void) shutdown(session.c->wfd, SHUT_WR);
  }
  pr_event_generate(FTPS_EVENT_CONTROL_HANDSHAKE, session.c);
  return false;
}

static void return_charge(struct ftps_session *sess) {
  ftps_budget_return(ftps_daemon_get0()->budget, sess->payer, sess->charged);
  sess->charged = 0;
}

modret_t *ftps_session_log_any(cmd_rec *cmd) {
  struct ftps_session *sess = ftps_session_current();

  (void) cmd;
  if (sess != NULL && sess->charged > 0 && session.user != NULL) {
    return_charge(sess);
  }

  if (sess != NULL && sess->has_key && sess->has_resumed &&
      !ftps_session_is_cleared(sess)) {
    ftps_session_drop_keys(sess);
  }

  return PR_DECLINED(cmd);
}

static const char *describe_session(const struct ftps_conn *conn) {
  if (!SSL_session_reused(conn->ssl)) {
    return "";
  }

  return conn->tag.has_psk ? ", pre-shared key" : ", resumed session";
}

static void log_accepted(const struct ftps_conn *conn) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);
  char buffer[FTPS_OFFER_NAME_SIZE];
  const char *exchange = ftps_offer_key_exchange(conn->ssl, buffer);

  ftps_sight_handshake(conn,
      "%s connection accepted, using cipher %s (%d bits)%s%s%s",
      SSL_get_version(conn->ssl), SSL_CIPHER_get_name(cipher),
      SSL_CIPHER_get_bits(cipher, NULL),
      exchange != NULL ? ", key exchange " : "",
      exchange != NULL ? exchange : "", describe_session(conn));
}

static void describe_place(struct ftps_peer_place *place) {
  place->address = pr_netaddr_get_inaddr(session.c->remote_addr);
  place->address_len = pr_netaddr_get_inaddr_len(session.c->remote_addr);
  place->name = ServerUseReverseDNS ? session.c->remote_name : NULL;
}

/* If clients must send a certificate, a session without one can only come from
 * a pre-shared key: such sessions are resumed only under this policy.
 */
static bool has_shared_key(const struct ftps_conn *conn) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(conn->ssl);

  if (SSL_get0_peer_certificate(conn->ssl) != NULL) {
    return false;
  }

  return SSL_session_reused(conn->ssl) ||
      SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk;
}

/* The certificate of a resumed session may have expired meanwhile.  A client
 * with a pre-shared key need not send one.
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

  describe_place(&place);
  return ftps_peer_check(cert, sess->settings->options, &place, err);
}

static void refuse_client(struct ftps_session *sess, const char *why) {
  ftps_reply_log(FTPS_REFUSAL_CLIENT_CERTIFICATE, why);
  ftps_reply_send(FTPS_REFUSAL_CLIENT_CERTIFICATE, NULL);
  ftps_conn_close(sess->control, false);
}

/* An IPv4 client on an IPv6 socket has a mapped address; on another socket of
 * the server, the same client has the short form.
 */
static void tell_address(const struct ftps_conn *control) {
  const pr_netaddr_t *addr = session.c->remote_addr;
  const pr_netaddr_t *short_form = pr_netaddr_is_v4mappedv6(addr) == TRUE
      ? pr_netaddr_v6tov4(session.pool, addr)
      : NULL;

  if (short_form != NULL) {
    addr = short_form;
  }
  ftps_resume_know_client(control, pr_netaddr_get_inaddr(addr),
      pr_netaddr_get_inaddr_len(addr));
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
  tell_address(conn);
  ftps_session_drop_keys(sess);
}

/* With implicit TLS the handshake comes before mod_auth has started its timer,
 * so the smaller of the two limits counts here.
 */
static unsigned int find_timeout(const struct ftps_session *sess) {
  unsigned int timeout = sess->settings->handshake_timeout;
  const config_rec *c =
      find_config(main_server->conf, CONF_PARAM, "TimeoutLogin", FALSE);
  int login = c != NULL ? *((int *) c->argv[0]) : PR_TUNABLE_TIMEOUTLOGIN;

  return login > 0 && (timeout == 0 || (unsigned int) login < timeout)
      ? (unsigned int) login
      : timeout;
}

static uint64_t read_cpu_ms(void) {
  struct timespec ts = { 0, 0 };

  (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}

/* The size of the RSA key with which the server has signed, or 0. */
static int signed_with(const SSL *ssl) {
  const X509 *cert = SSL_session_reused(ssl) ? NULL : SSL_get_certificate(ssl);
  const EVP_PKEY *key = cert != NULL ? X509_get0_pubkey(cert) : NULL;

  return key != NULL && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
}

/* As ftps_handshake_run(); what has cost much is paid afterwards. */
static int run_handshake(struct ftps_session *sess, struct ftps_conn *conn,
    struct ftps_error *err) {
  uint64_t before = read_cpu_ms();
  int res = ftps_handshake_run(conn, find_timeout(sess), err);
  unsigned int extra = ftps_budget_extra(read_cpu_ms() - before) +
      ftps_budget_signature(signed_with(conn->ssl));

  if (sess->charged > 0) {
    ftps_budget_add(ftps_daemon_get0()->budget, sess->payer, extra,
        ftps_clock_ms());
    sess->charged += extra;
  }

  return res;
}

static void log_failure(const struct ftps_session *sess,
    const struct ftps_conn *conn, const struct ftps_error *err) {
  bool is_late = ftps_conn_is_late(conn) &&
      find_timeout(sess) != sess->settings->handshake_timeout;

  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line, "%s%s", err->text,
      is_late ? " (the limit of TimeoutLogin is smaller)" : "");
  line.refusal = err->refusal;
  ftps_reply_log_error(FTPS_REFUSAL_CONTROL, &line);
}

int ftps_session_accept(struct ftps_session *sess, bool *is_text_out,
    struct ftps_error *err) {
  struct ftps_conn_props props = { .kind = FTPS_KIND_CONTROL,
    .fd = session.c->rfd,
    .vhost = sess->vhost,
    .token = sess->token,
    .chooser = { choose_vhost, ftps_by_name_certify, may_ignore_name, sess } };
  struct ftps_conn *conn = ftps_conn_new(&props, err);

  *is_text_out = false;
  if (conn == NULL) {
    return -1;
  }

  ftps_netio_bind_control(conn);
  pr_event_generate(FTPS_EVENT_CONTROL_HANDSHAKE, session.c);
  if (run_handshake(sess, conn, err) < 0) {
    *is_text_out = conn->plainly_not_tls;
    pr_event_generate(FTPS_EVENT_CONTROL_FAILED, &conn->ssl_error);
    log_failure(sess, conn, err);
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
