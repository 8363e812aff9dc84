/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_neighbour.c: a module that lives beside the one for TLS, and writes
 * to the system log what it learns of it: the values of its configuration
 * records, its events with their data, and who logged in by which protocol.
 *
 * Built and loaded by t/82-neighbours.t.
 */
#include "conf.h"

module probe_neighbour_module;

static void say(const char *what, const char *value) {
  pr_log_pri(PR_LOG_NOTICE, "probe: %s %s", what, value);
}

static void say_number(const char *what, long number) {
  pr_log_pri(PR_LOG_NOTICE, "probe: %s %ld", what, number);
}

static config_rec *find(const char *name) {
  return find_config(main_server->conf, CONF_PARAM, name, FALSE);
}

static void on_postparse(const void *data, void *arg) {
  config_rec *c;

  (void) data;
  (void) arg;
  c = find("TLSEngine");
  if (c != NULL) {
    say_number("TLSEngine", *((unsigned char *) c->argv[0]));
  }

  c = find("TLSOptions");
  if (c != NULL) {
    say_number("TLSOptions", (long) *((unsigned long *) c->argv[0]));
  }

  c = find("TLSRequired");
  if (c != NULL) {
    say_number("TLSRequired control", *((int *) c->argv[0]));
    say_number("TLSRequired data", *((int *) c->argv[1]));
    say_number("TLSRequired auth", *((int *) c->argv[2]));
  }

  c = find("TLSMasqueradeAddress");
  if (c != NULL) {
    say("TLSMasqueradeAddress", pr_netaddr_get_ipstr(c->argv[0]));
    say("TLSMasqueradeAddress name", c->argv[1]);
  }
}

static void on_name(const void *data, void *arg) {
  say(arg, data);
}

static void on_connection(const void *data, void *arg) {
  say(arg, data == session.c ? "session.c" : "something else");
}

static void on_error(const void *data, void *arg) {
  say(arg, *((const int *) data) != 0 ? "with a number" : "with 0");
}

static void on_server(const void *data, void *arg) {
  say(arg, ((const server_rec *) data)->ServerName);
}

static int init_probe(void) {
  pr_event_register(&probe_neighbour_module, "core.postparse", on_postparse,
      NULL);
  return 0;
}

static int init_session(void) {
  module *m = &probe_neighbour_module;

  pr_event_register(m, "mod_tls.sni", on_name, "sni");
  pr_event_register(m, "mod_tls.ctrl-handshake", on_connection, "handshake");
  pr_event_register(m, "mod_tls.ctrl-handshake-failed", on_error,
      "control failed");
  pr_event_register(m, "mod_tls.data-handshake-failed", on_error,
      "data failed");
  pr_event_register(m, "core.session-reinit", on_server, "reinit");
  return 0;
}

static modret_t *after_login(cmd_rec *cmd) {
  (void) cmd;
  say("mech", session.rfc2228_mech != NULL ? session.rfc2228_mech : "none");
  say("protocol", pr_session_get_protocol(0));
  say("auth", session.auth_mech);
  return PR_DECLINED(cmd);
}

static cmdtable commands[] = { { POST_CMD, C_PASS, G_NONE, after_login, FALSE,
                                   FALSE, 0, NULL },
  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

module probe_neighbour_module = { NULL, NULL, 0x20, "probe_neighbour", NULL,
  commands, NULL, init_probe, init_session, "mod_probe_neighbour/1.0", NULL,
  0 };
