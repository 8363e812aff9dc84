/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shown.c: see shown.h.
 */
#include "named/shown.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/daemon.h"
#include "cache/sealkey.h"
#include "keys/keyarea.h"
#include "keys/keypair.h"
#include "named/list.h"

/* `i` is the name of a variable, so no parentheses are around it. */
#define EACH(i, cert) \
  size_t i = 0; \
  i < FTPS_FOLDER_LAYOUTS; i++) if ((cert)->pairs[i] != NULL /* NOLINT: above */

static bool has_kind(const struct ftps_shown *cert, int kind) {
  for (EACH(i, cert)) {
    if (ftps_keypair_kind(cert->pairs[i]) == kind) {
      return true;
    }
  }

  return false;
}

static bool is_made_out_to(const struct ftps_keypair *pair, const char *host) {
  return X509_check_host(ftps_keypair_get0_certificate(pair), host, 0,
             X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

bool ftps_shown_choose(struct ftps_daemon *daemon,
    const struct ftps_named *entry, const char *host,
    struct ftps_shown *cert_out) {
  memset(cert_out, 0, sizeof(*cert_out));
  for (EACH(i, entry)) {
    struct ftps_keypair *pair = entry->pairs[i];

    if (is_made_out_to(pair, host) &&
        !has_kind(cert_out, ftps_keypair_kind(pair))) {
      cert_out->pairs[i] = pair;
      cert_out->daemon = daemon;
      cert_out->entry = entry;
    }
  }

  ERR_clear_error();
  return ftps_shown_is_set(cert_out);
}

bool ftps_shown_is_set(const struct ftps_shown *cert) {
  return cert->entry != NULL;
}

/* The id context of the server, and the name. */
static int make_id(const SSL *ssl, const char *host, unsigned char *id) {
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  struct ftps_seal seal;
  unsigned int len = 0;
  bool is_done;

  memset(&seal, 0, sizeof(seal));
  (void) ftps_sealkey_get0(SSL_get_SSL_CTX(ssl), &seal);
  is_done = md != NULL && seal.host != NULL &&
      EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
      EVP_DigestUpdate(md, seal.host, FTPS_SEAL_HOST_SIZE) == 1 &&
      EVP_DigestUpdate(md, host, strlen(host)) == 1 &&
      EVP_DigestFinal_ex(md, id, &len) == 1 && len == FTPS_SHOWN_ID_SIZE;
  EVP_MD_CTX_free(md);
  return is_done ? 0 : -1;
}

/* The library replaces a certificate of the same kind only if it admits the new
 * one.
 */
static bool drop_unfit(struct ftps_shown *cert, SSL *ssl) {
  bool found = false;

  for (EACH(i, cert)) {
    if (ftps_keypair_fits(cert->pairs[i], ssl)) {
      found = true;
    } else {
      cert->pairs[i] = NULL;
    }
  }

  return found;
}

int ftps_shown_use(struct ftps_shown *cert, SSL *ssl, const char *host) {
  if (make_id(ssl, host, cert->id) < 0 || !drop_unfit(cert, ssl)) {
    memset(cert, 0, sizeof(*cert));
    ERR_clear_error();
    return -1;
  }

  ERR_clear_error();
  return ftps_shown_use_again(cert, ssl);
}

int ftps_shown_use_again(const struct ftps_shown *cert, SSL *ssl) {
  SSL_certs_clear(ssl);
  for (EACH(i, cert)) {
    if (ftps_keypair_use(cert->pairs[i], ssl) < 0) {
      return -1;
    }
  }

  return SSL_set_session_id_context(ssl, cert->id, sizeof(cert->id)) == 1 ? 0
                                                                          : -1;
}

/* A key that the daemon has forgotten comes again. */
static void ask_for_key(const struct ftps_shown *cert) {
  const struct ftps_names *names = cert->daemon->names;
  const struct ftps_named *entry = cert->entry;

  if (entry->place.serial == 0) {
    return;
  }
  if (ftps_uses_has(names->uses, &entry->place)) {
    ftps_uses_note(names->uses, &entry->place, ftps_names_now());
    return;
  }

  for (EACH(i, cert)) {
    ftps_keypair_expect(cert->pairs[i]);
  }
  (void) ftps_requests_send(&names->requests, entry->dir->serial, entry->name);
}

int ftps_shown_lend(const struct ftps_shown *cert, SSL *ssl) {
  ask_for_key(cert);
  for (EACH(i, cert)) {
    if (ftps_keypair_lend(cert->pairs[i], ssl) < 0) {
      return -1;
    }
  }

  return 0;
}

void ftps_shown_take_back(const struct ftps_shown *cert, SSL *ssl) {
  for (EACH(i, cert)) {
    ftps_keypair_take_back(cert->pairs[i], ssl);
  }
}

bool ftps_shown_can_sign(const struct ftps_shown *cert) {
  for (EACH(i, cert)) {
    if (!ftps_keypair_can_sign(cert->pairs[i])) {
      return false;
    }
  }

  return true;
}

void ftps_shown_mark(const struct ftps_shown *cert) {
  for (EACH(i, cert)) {
    ftps_keypair_each_slot(cert->pairs[i], ftps_keyarea_mark);
  }
}
