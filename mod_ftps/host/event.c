/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event.c: see event.h.
 */
#include "host/event.h"

#include <string.h>

#include "base/x509_text.h"
#include "host/names.h"
#include "log/log.h"

#include "conf.h"

/* Longer words of the client are cut. */
#define WORD_SIZE 256

static const char *get_note(const char *name) {
  return session.notes != NULL ? pr_table_get(session.notes, name, NULL) : NULL;
}

/* Before the login, the name that the client has sent. */
static const char *get_user(void) {
  return session.user != NULL ? session.user : get_note("mod_auth.orig-user");
}

/* Returns NULL if there is none. */
static const char *escape(const char *bytes, char *text) {
  if (bytes != NULL) {
    (void) ftps_text_escape(bytes, strlen(bytes), text, WORD_SIZE);
  }
  return bytes != NULL ? text : NULL;
}

void ftps_event_log(const struct ftps_event *event, const char *text) {
  char user[WORD_SIZE], clnt[WORD_SIZE];
  const pr_netaddr_t *peer = session.c != NULL ? session.c->remote_addr : NULL;
  const struct ftps_log_pair pairs[] = {
    { "peer", peer != NULL ? pr_netaddr_get_ipstr(peer) : NULL, -1 },
    { "user", escape(get_user(), user), -1 },
    { "channel", event->is_data ? "data" : "control", -1 },
    { "clnt", escape(get_note(FTPS_NOTE_CLNT), clnt), -1 },
    { "sni", get_note(FTPS_NOTE_SNI), -1 },
    { "version", event->version, -1 },
    { "suite", event->suite, -1 },
    { "group", event->group, -1 },
    { "resumed", event->resumed, -1 },
    { "certificate", event->certificate, -1 },
    { "client_certificate", event->client_certificate, -1 },
    { "ms", NULL, event->ms },
    { "in", NULL, event->in },
    { "out", NULL, event->out },
    { "reason", event->reason, -1 },
  };
  const struct ftps_log_event line = { event->kind, pairs,
    sizeof(pairs) / sizeof(pairs[0]) };

  ftps_log_event(&line, text);
}
