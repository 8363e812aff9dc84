/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * envelope_test.c: what goes into an envelope comes out of it, also after it
 * was written as bytes and read again; what is no envelope is not opened.
 */
#include "cache/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/rand.h>

#define LONGEST 20000

static const size_t sizes[] = { 1, 2, 31, 127, 128, 129, 255, 256, 4000,
  LONGEST };

static unsigned char bytes[LONGEST], found[LONGEST];
static const unsigned char id[32] = { 1, 2, 3, 4 };

static int fill(void **state) {
  (void) state;
  return RAND_bytes(bytes, sizeof(bytes)) == 1 ? 0 : -1;
}

static SSL_SESSION *copy_session(SSL_SESSION *session) {
  unsigned char *der = NULL;
  int len = i2d_SSL_SESSION(session, &der);
  const unsigned char *p = der;

  SSL_SESSION_free(session);
  session = d2i_SSL_SESSION(NULL, &p, len);
  OPENSSL_free(der);
  return session;
}

static OCSP_RESPONSE *copy_response(OCSP_RESPONSE *response) {
  unsigned char *der = NULL;
  int len = i2d_OCSP_RESPONSE(response, &der);
  const unsigned char *p = der;

  OCSP_RESPONSE_free(response);
  response = d2i_OCSP_RESPONSE(NULL, &p, len);
  OPENSSL_free(der);
  return response;
}

static void test_session(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    time_t now = time(NULL);
    SSL_SESSION *session =
        ftps_envelope_session(id, sizeof(id), bytes, sizes[i], now + 600);
    unsigned int id_len;
    size_t len = sizes[i];
    long timeout;

    assert_non_null(session);
    session = copy_session(session);
    assert_non_null(session);
    assert_memory_equal(SSL_SESSION_get_id(session, &id_len), id, sizeof(id));
    assert_int_equal(id_len, sizeof(id));
    timeout = SSL_SESSION_get_timeout(session);
    assert_true(timeout >= 599 && timeout <= 600);
    assert_int_equal(ftps_envelope_open_session(session, found, &len), 0);
    assert_int_equal(len, sizes[i]);
    assert_memory_equal(found, bytes, len);
    SSL_SESSION_free(session);
  }
}

static void test_response(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    OCSP_RESPONSE *response = ftps_envelope_response(bytes, sizes[i]);
    size_t len = sizes[i];

    assert_non_null(response);
    response = copy_response(response);
    assert_non_null(response);
    assert_int_equal(ftps_envelope_open_response(response, found, &len), 0);
    assert_int_equal(len, sizes[i]);
    assert_memory_equal(found, bytes, len);
    OCSP_RESPONSE_free(response);
  }
}

static void test_refused(void **state) {
  SSL_SESSION *session = ftps_envelope_session(id, 32, bytes, 100, 0);
  OCSP_RESPONSE *response = ftps_envelope_response(bytes, 100);
  SSL_SESSION *empty = SSL_SESSION_new();
  OCSP_RESPONSE *status =
      OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, NULL);
  size_t len = 99;

  (void) state;
  assert_int_equal(ftps_envelope_open_session(session, found, &len), -1);
  assert_int_equal(ftps_envelope_open_response(response, found, &len), -1);
  len = sizeof(found);
  assert_int_equal(ftps_envelope_open_session(empty, found, &len), -1);
  assert_int_equal(ftps_envelope_open_response(status, found, &len), -1);
  assert_null(ftps_envelope_session(bytes, 33, bytes, 10, 0));
  assert_null(ftps_envelope_response(bytes, 0x10000));
  SSL_SESSION_free(session);
  SSL_SESSION_free(empty);
  OCSP_RESPONSE_free(response);
  OCSP_RESPONSE_free(status);
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(test_session),
    cmocka_unit_test(test_response), cmocka_unit_test(test_refused) };

  return cmocka_run_group_tests(tests, fill, NULL);
}
