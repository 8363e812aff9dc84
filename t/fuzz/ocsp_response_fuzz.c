/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ocsp_response_fuzz.c: OCSP responses (ocsp/response.c).  The input is a byte
 * of flags, the time in four bytes, the certificate and its issuer, each with
 * its length in two bytes, and the response; all numbers are big endian.
 *
 * A response that is taken has a validity that holds at that time.
 */
#include "ocsp/response.h"

#include <openssl/err.h>

#include "t/fuzz/fuzz.h"

#define IS_UNVERIFIED 0x01
#define HAS_REQUEST   0x02

struct input {
  const uint8_t *at;
  size_t left;
};

static size_t take_number(struct input *input, size_t bytes) {
  size_t number = 0;

  while (bytes-- > 0 && input->left > 0) {
    number = number << 8 | *input->at++;
    input->left--;
  }

  return number;
}

static X509 *take_certificate(struct input *input) {
  size_t len = take_number(input, 2);
  const unsigned char *at = input->at;

  if (len > input->left) {
    return NULL;
  }

  input->at += len;
  input->left -= len;
  return d2i_X509(NULL, &at, (long) len);
}

static void judge(const struct ftps_response_rules *rules,
    const struct input *input) {
  struct ftps_response_answer answer;
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_response_judge(rules, input->at, input->left, &answer, &err) < 0) {
    CHECK(err.text[0] != '\0');
    return;
  }

  CHECK(input->left <= FTPS_RESPONSE_MAX_SIZE);
  CHECK(answer.state <= FTPS_RESPONSE_UNKNOWN);
  CHECK(answer.expires >= answer.from);
  CHECK(ftps_response_next_request(&answer, rules->now) > rules->now);
  (void) ftps_response_is_due(rules->now, answer.expires, rules->now + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input input = { .at = data, .left = size };
  size_t flags = take_number(&input, 1);
  struct ftps_response_rules rules = { .now = (time_t) take_number(&input, 4),
    .is_unverified = (flags & IS_UNVERIFIED) != 0 };
  struct ftps_error err;

  ftps_error_clear(&err);
  rules.cert = take_certificate(&input);
  rules.issuer = take_certificate(&input);
  if (rules.cert != NULL && rules.issuer != NULL) {
    if ((flags & HAS_REQUEST) != 0) {
      rules.request =
          ftps_response_new_request(rules.cert, rules.issuer, true, &err);
    }
    judge(&rules, &input);
  }

  OCSP_REQUEST_free(rules.request);
  X509_free(rules.cert);
  X509_free(rules.issuer);
  ERR_clear_error();
  return 0;
}
