/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * response.c: see response.h.
 */
#include "ocsp/response.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/x509_text.h"

/* The largest difference between the clocks of responder and server. */
#define CLOCK_SKEW 300

#define DEFAULT_AGE  3600
#define FIRST_DELAY  15
#define LONGEST_WAIT 900

/* A certificate may be revoked while an old answer is still valid. */
#define LONGEST_TRUST (24L * 60 * 60)

OCSP_REQUEST *ftps_response_new_request(X509 *cert, X509 *issuer,
    bool with_nonce, struct ftps_error *err) {
  OCSP_REQUEST *req = OCSP_REQUEST_new();
  OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, issuer);

  if (req == NULL || id == NULL || OCSP_request_add0_id(req, id) == NULL) {
    OCSP_CERTID_free(id);
    goto fail;
  }

  if (with_nonce && OCSP_request_add1_nonce(req, NULL, -1) != 1) {
    goto fail;
  }

  return req;

fail:
  ftps_error_set_ssl(err, "making an OCSP request");
  OCSP_REQUEST_free(req);
  return NULL;
}

/* Parses all of the bytes.  Returns NULL if they are not a response. */
static OCSP_RESPONSE *parse(const unsigned char *der, size_t len) {
  const unsigned char *at = der;
  OCSP_RESPONSE *resp = NULL;

  if (len > 0 && len <= FTPS_RESPONSE_MAX_SIZE) {
    resp = d2i_OCSP_RESPONSE(NULL, &at, (long) len);
  }

  if (resp != NULL && at != der + len) {
    OCSP_RESPONSE_free(resp);
    resp = NULL;
  }

  return resp;
}

/* Only the CA itself is trusted; a chain may end with it although it is not a
 * root.
 */
static int check_signature(const struct ftps_response_rules *rules,
    OCSP_BASICRESP *basic) {
  X509_STORE *store = X509_STORE_new();
  STACK_OF(X509) *certs = sk_X509_new_null();
  int res = -1;

  if (store != NULL && certs != NULL &&
      X509_STORE_add_cert(store, rules->issuer) == 1 &&
      sk_X509_push(certs, rules->issuer) > 0) {
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), rules->now);
    res = OCSP_basic_verify(basic, certs, store, OCSP_PARTIAL_CHAIN);
  }

  sk_X509_free(certs);
  X509_STORE_free(store);
  return res == 1 ? 0 : -1;
}

static int check_nonce(const struct ftps_response_rules *rules,
    OCSP_BASICRESP *basic, struct ftps_error *err) {
  if (rules->request == NULL) {
    return 0;
  }

  /* 1: equal; 2: none in both; 3: in the response only; -1: in the request
   * only.
   */
  switch (OCSP_check_nonce(rules->request, basic)) {
    case 1:
    case 2:
    case 3:
      return 0;

    case -1:
      ftps_error_set(err,
          "lacks the nonce of the request: it may have been made long ago; "
          "write \"TLSStaplingOptions NoNonce\" if this responder prepares its "
          "responses");
      return -1;

    default:
      ftps_error_set(err, "has the nonce of another request");
      return -1;
  }
}

static int read_time(const ASN1_GENERALIZEDTIME *from, time_t *to) {
  struct tm tm;

  if (from == NULL || ASN1_TIME_to_tm(from, &tm) != 1) {
    return -1;
  }

  *to = timegm(&tm);
  return 0;
}

static int check_times(const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update, time_t now,
    struct ftps_response_answer *answer, struct ftps_error *err) {
  if (read_time(this_update, &answer->from) < 0 ||
      (next_update != NULL && read_time(next_update, &answer->expires) < 0)) {
    ftps_error_set(err, "has a time that cannot be read");
    return -1;
  }

  answer->has_expiry = next_update != NULL;
  if (!answer->has_expiry) {
    answer->expires = answer->from + DEFAULT_AGE;
  }

  if (answer->from > now + CLOCK_SKEW) {
    ftps_error_set(err,
        "is from the future: check the clocks of this machine and of the "
        "responder");
    return -1;
  }

  if (answer->expires <= now || answer->expires < answer->from) {
    ftps_error_set(err, "is out of date");
    return -1;
  }

  return 0;
}

static enum ftps_response_state state_of(int status) {
  switch (status) {
    case V_OCSP_CERTSTATUS_GOOD:
      return FTPS_RESPONSE_GOOD;

    case V_OCSP_CERTSTATUS_REVOKED:
      return FTPS_RESPONSE_REVOKED;

    default:
      return FTPS_RESPONSE_UNKNOWN;
  }
}

static int judge_basic(const struct ftps_response_rules *rules,
    OCSP_BASICRESP *basic, struct ftps_response_answer *answer,
    struct ftps_error *err) {
  OCSP_CERTID *id = OCSP_cert_to_id(NULL, rules->cert, rules->issuer);
  ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
  int status = V_OCSP_CERTSTATUS_UNKNOWN, found = 0;

  if (id != NULL) {
    found = OCSP_resp_find_status(basic, id, &status, NULL, NULL, &this_update,
        &next_update);
  }
  OCSP_CERTID_free(id);
  if (found != 1) {
    ftps_error_set(err, "is about another certificate");
    return -1;
  }

  if (!rules->is_unverified && check_signature(rules, basic) < 0) {
    ftps_error_set(err,
        "is not signed by the CA of the certificate, nor by a responder that "
        "this CA named");
    return -1;
  }

  answer->state = state_of(status);
  if (check_nonce(rules, basic, err) < 0) {
    return -1;
  }

  return check_times(this_update, next_update, rules->now, answer, err);
}

int ftps_response_judge(const struct ftps_response_rules *rules,
    const unsigned char *der, size_t len,
    struct ftps_response_answer *answer_out, struct ftps_error *err) {
  struct ftps_response_answer answer = { FTPS_RESPONSE_UNKNOWN, 0, 0, false };
  OCSP_RESPONSE *resp = parse(der, len);
  OCSP_BASICRESP *basic = NULL;
  int status, res = -1;

  if (resp == NULL) {
    ftps_error_set(err, "cannot be read");
    goto done;
  }

  status = OCSP_response_status(resp);
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    ftps_error_set(err, "says that the request failed: %s",
        OCSP_response_status_str(status));
    goto done;
  }

  basic = OCSP_response_get1_basic(resp);
  if (basic == NULL) {
    ftps_error_set(err, "is of a kind that cannot be read");
    goto done;
  }

  res = judge_basic(rules, basic, &answer, err);
  if (res == 0) {
    *answer_out = answer;
  }

done:
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(resp);
  ERR_clear_error();
  return res;
}

time_t ftps_response_next_request(const struct ftps_response_answer *answer,
    time_t now) {
  time_t delay = (answer->expires - now) / 2;

  if (delay > LONGEST_TRUST) {
    delay = LONGEST_TRUST;
  }

  return now + (delay > FIRST_DELAY ? delay : FIRST_DELAY);
}

time_t ftps_response_next_attempt(unsigned int failures, time_t now) {
  time_t delay = FIRST_DELAY;

  for (unsigned int i = 1; i < failures && delay < LONGEST_WAIT; i++) {
    delay *= 2;
  }

  return now + (delay < LONGEST_WAIT ? delay : LONGEST_WAIT);
}

bool ftps_response_is_due(time_t decided, time_t due, time_t now) {
  return now >= due || now < decided;
}

void ftps_response_describe_last(const struct ftps_response_answer *answer,
    time_t now, char *out, size_t size) {
  long left = answer != NULL ? (long) (answer->expires - now) : 0;
  char rest[32];

  if (left <= 0) {
    (void) snprintf(out, size, "no response");
  } else if (ftps_text_is_late(left, (long) (answer->expires - answer->from),
                 left + 1)) {
    ftps_text_left(left, rest, sizeof(rest));
    (void) snprintf(out, size, "the last response, which expires in %s", rest);
  } else {
    (void) snprintf(out, size, "the last response while that is valid");
  }
}
