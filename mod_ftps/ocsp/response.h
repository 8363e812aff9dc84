/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * response.h: OCSP requests and responses, as pure functions.
 *
 * No network, no clock: the time comes in as an argument, as
 * seconds since 1970.  A response is the bytes of a stranger until
 * ftps_response_judge() has taken it.
 *
 * Who may sign a response about a certificate: the CA that issued it, or
 * somebody whom this CA gave a certificate for that purpose.
 *
 * DIAGNOSTICS: "err" says what is wrong with the response, in words that go
 * behind "OCSP response "; it holds no bytes of the response.
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
  time_t expires;  /* an hour after `from` where the response does not say */
  bool has_expiry; /* it does */
};

struct ftps_response_rules {
  X509 *cert; /* the one that is asked about, and who issued it */
  X509 *issuer;
  OCSP_REQUEST *request; /* whose nonce must come back; NULL: no matter */
  bool is_unverified;    /* the signature does not matter */
  time_t now;
};

/* NULL and `err` without memory.  SHA-1 names the certificate, because every
 * responder knows it.
 */
OCSP_REQUEST *ftps_response_new_request(X509 *cert, X509 *issuer,
    bool with_nonce, struct ftps_error *err);

/* 0: the response is about the certificate, valid now and rightly signed. */
int ftps_response_judge(const struct ftps_response_rules *rules,
    const unsigned char *der, size_t len,
    struct ftps_response_answer *answer_out, struct ftps_error *err);

/* When a responder is to be asked again: after an answer half of the time that
 * it is good for, but within a day; after `failures` without one later and
 * later.
 */
time_t ftps_response_next_request(const struct ftps_response_answer *answer,
    time_t now);
time_t ftps_response_next_attempt(unsigned int failures, time_t now);

/* Is it time, if at `decided` that time was said to be `due`?  Also when the
 * clock has been set back since.
 */
bool ftps_response_is_due(time_t decided, time_t due, time_t now);

#endif /* FTPS_OCSP_RESPONSE_H */
