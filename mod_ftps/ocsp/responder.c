/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * responder.c: see responder.h.
 */
#include "ocsp/responder.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/daemon.h"

struct ftps_responder {
  struct ftps_daemon *daemon; /* the daemon whose list contains it */
  struct ftps_responder *next;
  unsigned int refs;
  char *url;
  unsigned int questions; /* open requests */
  bool is_silent;         /* the last one brought no response */
};

static struct ftps_responder *make_responder(struct ftps_daemon *daemon,
    const char *url) {
  struct ftps_responder *responder = OPENSSL_zalloc(sizeof(*responder));

  if (responder == NULL || (responder->url = OPENSSL_strdup(url)) == NULL) {
    OPENSSL_free(responder);
    return NULL;
  }

  responder->daemon = daemon;
  responder->next = daemon->responders;
  daemon->responders = responder;
  return responder;
}

struct ftps_responder *ftps_responder_get1(struct ftps_daemon *daemon,
    const char *url) {
  struct ftps_responder *responder = daemon->responders;

  while (responder != NULL && strcmp(responder->url, url) != 0) {
    responder = responder->next;
  }

  if (responder == NULL) {
    responder = make_responder(daemon, url);
  }
  if (responder != NULL) {
    responder->refs++;
  }
  return responder;
}

void ftps_responder_unref(struct ftps_responder *responder) {
  struct ftps_responder **link;

  if (responder == NULL || --responder->refs > 0) {
    return;
  }

  link = &responder->daemon->responders;
  while (*link != responder) {
    link = &(*link)->next;
  }
  *link = responder->next;
  OPENSSL_free(responder->url);
  OPENSSL_free(responder);
}

const char *ftps_responder_get0_url(const struct ftps_responder *responder) {
  return responder->url;
}

bool ftps_responder_is_spared(const struct ftps_responder *responder) {
  return responder->is_silent && responder->questions > 0;
}

void ftps_responder_begin(struct ftps_responder *responder) {
  responder->questions++;
}

void ftps_responder_end(struct ftps_responder *responder) {
  responder->questions--;
}

void ftps_responder_note(struct ftps_responder *responder, bool has_answered) {
  responder->is_silent = !has_answered;
}
