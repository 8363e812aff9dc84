/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_blob_test.c: sessions as bytes (conn/session_blob.h), and bytes that
 * are none.
 */
#include "conn/session_blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>

#define ID_SIZE  32U
#define KEY_SIZE 48U

static unsigned char id[ID_SIZE], key[KEY_SIZE];

static SSL_SESSION *make_session(int version, size_t id_len) {
  static const unsigned char suite[] = { 0xc0, 0x2b };
  SSL_CTX *ctx = SSL_CTX_new(TLS_method());
  SSL *ssl = SSL_new(ctx);
  SSL_SESSION *session = SSL_SESSION_new();

  memset(id, 0x5a, sizeof(id));
  memset(key, 0xa5, sizeof(key));
  assert_non_null(session);
  assert_true(SSL_SESSION_set1_id(session, id, (unsigned int) id_len));
  assert_true(SSL_SESSION_set1_master_key(session, key, sizeof(key)));
  assert_true(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)));
  assert_true(SSL_SESSION_set_protocol_version(session, version));
  SSL_free(ssl);
  SSL_CTX_free(ctx);
  return session;
}

static size_t make_blob(unsigned char *blob) {
  SSL_SESSION *session = make_session(TLS1_2_VERSION, ID_SIZE);
  size_t len = ftps_session_blob_write(session, blob);

  assert_true(len > 0);
  SSL_SESSION_free(session);
  return len;
}

static void there_and_back(void **state) {
  unsigned char blob[FTPS_SESSION_BLOB_MAX], found[KEY_SIZE];
  size_t len = make_blob(blob);
  SSL_SESSION *session = ftps_session_blob_read(blob, len, id, ID_SIZE);

  (void) state;
  assert_non_null(session);
  assert_int_equal(SSL_SESSION_get_master_key(session, found, sizeof(found)),
      KEY_SIZE);
  assert_memory_equal(found, key, KEY_SIZE);
  assert_int_equal(SSL_SESSION_get_protocol_version(session), TLS1_2_VERSION);
  SSL_SESSION_free(session);
}

static void only_what_ids_resume(void **state) {
  static const struct {
    size_t id_len;
    int version;
    bool is_written;
  } rows[] = { { ID_SIZE, TLS1_2_VERSION, true },
    { ID_SIZE, TLS1_VERSION, true }, { 1, TLS1_2_VERSION, true },
    { 0, TLS1_2_VERSION, false }, { ID_SIZE, TLS1_3_VERSION, false },
    { ID_SIZE, SSL3_VERSION, false } };
  unsigned char blob[FTPS_SESSION_BLOB_MAX];

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    SSL_SESSION *session = make_session(rows[i].version, rows[i].id_len);

    assert_int_equal(ftps_session_blob_write(session, blob) > 0,
        rows[i].is_written);
    SSL_SESSION_free(session);
  }
}

static void too_large(void **state) {
  static unsigned char data[FTPS_SESSION_BLOB_MAX];
  unsigned char blob[FTPS_SESSION_BLOB_MAX];
  SSL_SESSION *session = make_session(TLS1_2_VERSION, ID_SIZE);

  (void) state;
  assert_true(SSL_SESSION_set1_ticket_appdata(session, data, sizeof(data)));
  assert_int_equal(ftps_session_blob_write(session, blob), 0);
  SSL_SESSION_free(session);
}

static void another_session(void **state) {
  unsigned char blob[FTPS_SESSION_BLOB_MAX], other[ID_SIZE] = { 1 };
  size_t len = make_blob(blob);

  (void) state;
  assert_null(ftps_session_blob_read(blob, len, other, ID_SIZE));
  assert_null(ftps_session_blob_read(blob, len, id, ID_SIZE - 1));
  assert_null(ftps_session_blob_read(blob, len, id, 0));
}

/* Nothing but whole sessions; and no bit that is turned does any harm. */
static void damaged(void **state) {
  unsigned char blob[FTPS_SESSION_BLOB_MAX + 1] = { 0 };
  size_t len = make_blob(blob);

  (void) state;
  for (size_t n = 0; n < len; n++) {
    assert_null(ftps_session_blob_read(blob, n, id, ID_SIZE));
  }
  assert_null(ftps_session_blob_read(blob, len + 1, id, ID_SIZE));
  assert_null(
      ftps_session_blob_read(blob, FTPS_SESSION_BLOB_MAX + 1, id, ID_SIZE));

  for (size_t bit = 0; bit < 8 * len; bit++) {
    blob[bit / 8] ^= (unsigned char) (1U << bit % 8);
    SSL_SESSION_free(ftps_session_blob_read(blob, len, id, ID_SIZE));
    blob[bit / 8] ^= (unsigned char) (1U << bit % 8);
  }
  assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(there_and_back),
    cmocka_unit_test(only_what_ids_resume),
    cmocka_unit_test(too_large),
    cmocka_unit_test(another_session),
    cmocka_unit_test(damaged),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
