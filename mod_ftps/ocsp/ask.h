/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ask.h: sends a request to an OCSP responder, in a process of its own.
 *
 * A child without privileges, private keys or descriptors resolves names, makes
 * connections and reads the answer of a stranger; the kernel ends it when its
 * time is over.  Its result is checked again here, because the child may have
 * been taken over.
 *
 * stapling.c uses it in the daemon, which goes on meanwhile, and
 * trust/verify_ocsp.c in a session, which waits.
 *
 * http and https; no proxy, no redirection.  The certificate of an https
 * responder must have its name, and come from a CA of `trust` or a default CA.
 */
#ifndef FTPS_OCSP_ASK_H
#define FTPS_OCSP_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "ocsp/response.h"

struct ftps_daemon;

/* Borrowed while ftps_ocsp_ask() runs. */
struct ftps_ocsp_question {
  struct ftps_daemon *daemon; /* the child wipes its secrets */
  X509 *cert;
  X509 *issuer;
  const char *url;
  unsigned int seconds; /* > 0 */
  bool with_nonce;
  bool is_unverified;
  X509_STORE *trust; /* for https; may be NULL */
  SSL *ssl; /* the child frees its private key; not in a handshake: NULL */
};

/* An open request, and its answer. */
struct ftps_ocsp;

/* Returns NULL with `err` set on failure. */
struct ftps_ocsp *ftps_ocsp_ask(const struct ftps_ocsp_question *question,
    struct ftps_error *err);

/* Returns 1 if there is an answer, which nobody has checked yet; 0 if there is
 * none yet; or -1 with `err` set if there will be none.  With `is_patient` it
 * waits for 1 or -1.
 */
int ftps_ocsp_poll(struct ftps_ocsp *ocsp, bool is_patient,
    struct ftps_error *err);

/* After 1 or -1: true if the responder sent a response, even a useless one. */
bool ftps_ocsp_has_response(const struct ftps_ocsp *ocsp);

/* After 1. */
const unsigned char *ftps_ocsp_get0_response(const struct ftps_ocsp *ocsp,
    size_t *len_out);

/* NULL is allowed. */
void ftps_ocsp_free(struct ftps_ocsp *ocsp);

/* The responders that a certificate names and that can be used, to be freed
 * with X509_email_free(); the list may be empty or NULL.  And the first one, to
 * be freed with OPENSSL_free(); NULL: there is none.
 */
STACK_OF(OPENSSL_STRING) * ftps_ocsp_find_responders(X509 *cert);
char *ftps_ocsp_find_responder(X509 *cert);

/* Checks the address of a responder.  Returns 0, or -1 with `err` set. */
int ftps_ocsp_check_url(const char *url, struct ftps_error *err);

#endif /* FTPS_OCSP_ASK_H */
