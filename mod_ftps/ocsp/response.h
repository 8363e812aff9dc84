/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * response.h: OCSP requests and responses, as pure functions.
 *
 * No network, no clock: the time is an argument, in seconds since 1970.  A
 * response is the bytes of a stranger until ftps_response_judge() has accepted
 * it.
 *
 * These may sign a response for a certificate: the CA that issued it, or the
 * owner of a certificate that this CA issued for this purpose.
 *
 * DIAGNOSTICS: `err` says what is wrong with the response, in words that follow
 * "OCSP response "; it has no bytes of the response.
 *
 * Source: RFC 6960, sections 3.2, 4.2 and 4.4.1.
 */
#ifndef FTPS_OCSP_RESPONSE_H
#define FTPS_OCSP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "base/error.h"

#define FTPS_RESPONSE_MAX_SIZE 65536

enum ftps_response_state {
  FTPS_RESPONSE_GOOD,
  FTPS_RESPONSE_REVOKED,
  FTPS_RESPONSE_UNKNOWN
};

struct ftps_response_answer {
  enum ftps_response_state state;
  time_t from;
  time_t expires;  /* an hour after `from` if the response names none */
  bool has_expiry; /* the response names one */
};

struct ftps_response_rules {
  X509 *cert; /* the certificate in question, and its issuer */
  X509 *issuer;
  OCSP_REQUEST *request; /* its nonce must come back; NULL: does not matter */
  bool is_unverified;    /* the signature is not checked */
  time_t now;
};

/* Returns NULL with `err` set if there is no memory.  SHA-1 identifies the
 * certificate, because every responder knows it.
 */
OCSP_REQUEST *ftps_response_new_request(X509 *cert, X509 *issuer,
    bool with_nonce, struct ftps_error *err);

/* Returns 0 if the response is for the certificate, is valid now and is signed
 * correctly; otherwise -1 with `err` set.
 */
int ftps_response_judge(const struct ftps_response_rules *rules,
    const unsigned char *der, size_t len,
    struct ftps_response_answer *answer_out, struct ftps_error *err);

/* The time of the next request to a responder: after an answer, half of its
 * lifetime, but at most a day; after `failures` without an answer, later and
 * later.
 */
time_t ftps_response_next_request(const struct ftps_response_answer *answer,
    time_t now);
time_t ftps_response_next_attempt(unsigned int failures, time_t now);

/* True if it is time, after `due` was computed at `decided`.  Also true if the
 * clock was set back since then.
 */
bool ftps_response_is_due(time_t decided, time_t due, time_t now);

/* What clients get while the responder has no answer: "no response", or "the
 * last response" and, if it should have been renewed already, its time.  NULL:
 * there was no answer yet.
 */
void ftps_response_describe_last(const struct ftps_response_answer *answer,
    time_t now, char *out, size_t size);

#endif /* FTPS_OCSP_RESPONSE_H */
