/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * ask.h: asks an OCSP responder, in a process of its own.
 *
 * Names are resolved, connections are made and the answer of a
 * stranger is read in a child without privileges, private keys or descriptors,
 * which the kernel ends when its time is over.  What it finds good is
 * judged once more here: the child is a stranger too.
 *
 * Called by stapling.c in the daemon, which goes on meanwhile, and by
 * trust/verify_ocsp.c in a session, which waits.
 *
 * http and https; no proxy, no redirection.  The certificate of an https
 * responder must be made out to its name by a CA of `trust` or a default one.
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
  struct ftps_daemon *daemon; /* whose secrets the child forgets */
  X509 *cert;
  X509 *issuer;
  const char *url;
  unsigned int seconds; /* > 0 */
  bool with_nonce;
  bool is_unverified;
  X509_STORE *trust; /* for https; may be NULL */
  SSL *ssl; /* in a handshake: whose private key the child forgets; or NULL */
};

/* A question on its way, and its answer. */
struct ftps_ocsp;

/* NULL and `err`. */
struct ftps_ocsp *ftps_ocsp_ask(const struct ftps_ocsp_question *question,
    struct ftps_error *err);

/* 1: there is an answer, which nobody has judged yet; 0: not yet; -1 and `err`:
 * there will be none.  With `is_patient` it waits for 1 or -1.
 */
int ftps_ocsp_poll(struct ftps_ocsp *ocsp, bool is_patient,
    struct ftps_error *err);

/* After 1 or -1: did the responder respond, be it with something useless? */
bool ftps_ocsp_has_response(const struct ftps_ocsp *ocsp);

/* After 1. */
const unsigned char *ftps_ocsp_get0_response(const struct ftps_ocsp *ocsp,
    size_t *len_out);

/* NULL is allowed. */
void ftps_ocsp_free(struct ftps_ocsp *ocsp);

/* The responder that a certificate names, to be freed with OPENSSL_free();
 * NULL: none that can be asked.
 */
char *ftps_ocsp_find_responder(X509 *cert);

/* Is this the address of a responder?  -1 and `err`: why not. */
int ftps_ocsp_check_url(const char *url, struct ftps_error *err);

#endif /* FTPS_OCSP_ASK_H */
