/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clients_test.c: names of client software, tables that are full, fingerprints
 * of ClientHellos.
 */
#include "counts/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

static const char *find(const char *clnt, const char *steps) {
  return ftps_clients_name(ftps_clients_find(clnt, steps));
}

static void names(void **state) {
  (void) state;
  assert_string_equal(find("FileZilla 3.67.1", "UP"), "FileZilla");
  assert_string_equal(find("lftp/4.9.2", ""), "lftp");
  assert_string_equal(find("\xff\n", "UPBCT"), "other");
  assert_string_equal(find("", "UPBCT"), "other");
  assert_string_equal(find(NULL, "sUPBCW"), "curl?");
  assert_string_equal(find(NULL, "UPBCT"), "Python ftplib?");
  assert_string_equal(find(NULL, "UPBCD"), "Python ftplib?");
  assert_string_equal(find(NULL, "UPBC"), "unknown");
  assert_string_equal(find(NULL, ""), "unknown");
  assert_string_equal(ftps_clients_name(UINT32_MAX), "unknown");
  assert_int_equal(ftps_clients_find("coreftp", ""),
      ftps_clients_find("Core FTP", ""));
}

/* Each name has one number. */
static void numbers(void **state) {
  size_t named = 0;

  (void) state;
  for (unsigned int i = 0; i < 2 * FTPS_CLIENTS_SOFTWARE; i++) {
    for (unsigned int k = 0; k < i && ftps_clients_is_named(i); k++) {
      assert_true(!ftps_clients_is_named(k) ||
          strcmp(ftps_clients_name(i), ftps_clients_name(k)) != 0);
    }
    named += ftps_clients_is_named(i) ? 1 : 0;
  }
  assert_true(named > 20 && named < FTPS_CLIENTS_SOFTWARE);
}

static void steps(void **state) {
  (void) state;
  assert_int_equal(ftps_clients_step("AUTH", "ssl"), 's');
  assert_int_equal(ftps_clients_step("AUTH", "TLS"), 0);
  assert_int_equal(ftps_clients_step("AUTH", NULL), 0);
  assert_int_equal(ftps_clients_step("EPSV", NULL), 'D');
  assert_int_equal(ftps_clients_step("NOOP", NULL), 0);
}

static void full_table(void **state) {
  struct ftps_clients *clients = ftps_clients_new();
  struct ftps_print print = { { 1, 2, 0 } };
  struct ftps_clients_row row;
  uint64_t sum = 0;

  (void) state;
  for (uint64_t i = 0; i < 1000; i++) {
    print.words[2] = i;
    ftps_clients_add(clients, 3, &print, FTPS_CLIENTS_REFUSED);
  }
  print.words[2] = 0;
  ftps_clients_add(clients, 3, &print, FTPS_CLIENTS_SESSION);
  print.words[0] = 0;
  ftps_clients_add(clients, 3, &print, FTPS_CLIENTS_SESSION);
  ftps_clients_add(clients, FTPS_CLIENTS_SOFTWARE, &print,
      FTPS_CLIENTS_SESSION);
  ftps_clients_add(NULL, 3, &print, FTPS_CLIENTS_SESSION);

  assert_int_equal(ftps_clients_get(clients, 3, FTPS_CLIENTS_REFUSED), 1000);
  assert_int_equal(ftps_clients_get(clients, 3, FTPS_CLIENTS_SESSION), 2);
  for (size_t i = 0; i < FTPS_CLIENTS_ROWS; i++) {
    assert_true(ftps_clients_row(clients, i, &row));
    if (i < FTPS_CLIENTS_ROWS - 1) {
      assert_string_equal(row.software, ftps_clients_name(3));
      assert_int_equal(strtoul(row.print + 24, NULL, 16), i);
      assert_int_equal(row.counts[FTPS_CLIENTS_SESSION], i == 0 ? 1 : 0);
    }
    sum += row.counts[FTPS_CLIENTS_REFUSED];
  }
  assert_int_equal(sum, 1000);
  assert_false(ftps_clients_row(clients, FTPS_CLIENTS_ROWS, &row));
  assert_false(ftps_clients_row(NULL, 0, &row));
}

/* Whatever a session has written there, the text is harmless. */
static void any_numbers(void **state) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  const struct ftps_print all = { { UINT64_MAX, UINT64_MAX, UINT64_MAX } };
  const struct ftps_print quotes = { { 0x2222222222, 1, 2 } };
  char text[FTPS_PRINT_SIZE];

  (void) state;
  ftps_print_write(&all, text);
  assert_int_equal(strlen(text), FTPS_PRINT_SIZE - 1);
  assert_int_equal(strspn(text, allowed), strlen(text));
  ftps_print_write(&quotes, text);
  assert_string_equal(text, "t00i343400_000000000001_000000000002");
}

static struct ftps_print seen;

static int on_hello(SSL *ssl, int *alert, void *arg) {
  (void) arg;
  *alert = SSL_AD_HANDSHAKE_FAILURE;
  ftps_print_read(ssl, &seen);
  return SSL_CLIENT_HELLO_ERROR;
}

static void set_words(SSL *client, int max) {
  static const unsigned char alpn[] = { 3, 'f', 't', 'p' };

  assert_int_equal(SSL_set_max_proto_version(client, max), 1);
  assert_int_equal(SSL_set_cipher_list(client, "ECDHE-RSA-AES128-GCM-SHA256"),
      1);
  assert_int_equal(SSL_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256"), 1);
  assert_int_equal(SSL_set_alpn_protos(client, alpn, sizeof(alpn)), 0);
  assert_int_equal(SSL_set_tlsext_host_name(client, "a.test"), 1);
}

static void greet(int max, char *text) {
  SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
  SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
  SSL *server, *client;
  BIO *a, *b;

  SSL_CTX_set_client_hello_cb(server_ctx, on_hello, NULL);
  server = SSL_new(server_ctx);
  client = SSL_new(client_ctx);
  assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
  SSL_set_bio(server, a, a);
  SSL_set_bio(client, b, b);
  set_words(client, max);
  assert_true(SSL_connect(client) <= 0);
  assert_true(SSL_accept(server) <= 0);
  ftps_print_write(&seen, text);
  SSL_free(server);
  SSL_free(client);
  SSL_CTX_free(server_ctx);
  SSL_CTX_free(client_ctx);
}

/* The hash is that of "00ff,1301,c02f".  From 3.5 on the library sends an
 * extension in place of the signalling cipher 00ff.
 */
static void prints(void **state) {
  bool has_signal = OpenSSL_version_num() < 0x30500000UL;
  char text[FTPS_PRINT_SIZE];

  (void) state;
  greet(TLS1_2_VERSION, text);
  assert_memory_equal(text, has_signal ? "t12d02" : "t12d01", 6);
  assert_memory_equal(text + 8, "fp_", 3);
  greet(TLS1_3_VERSION, text);
  assert_memory_equal(text, has_signal ? "t13d03" : "t13d02", 6);
  assert_memory_equal(text + 8,
      has_signal ? "fp_938715873a05_" : "fp_c1929292aa6b_", 16);
}

/* A ClientHello of TLS 1.2 with this many ciphers, and ALPN as it is given. */
static size_t make_hello(unsigned char *out, size_t ciphers, const char *alpn) {
  size_t alpn_len = strlen(alpn), exts = 4 + alpn_len;
  size_t body = 2 + 32 + 1 + 2 + 2 * ciphers + 2 + 2 + exts, at = 0;
  const unsigned char head[] = { 22, 3, 1, (unsigned char) ((body + 4) >> 8),
    (unsigned char) (body + 4), 1, 0, (unsigned char) (body >> 8),
    (unsigned char) body, 3, 3 };

  memset(out, 0, body + 9);
  memcpy(out, head, sizeof(head));
  at = sizeof(head) + 32 + 1;
  out[at++] = (unsigned char) (2 * ciphers >> 8);
  out[at++] = (unsigned char) (2 * ciphers);
  for (size_t i = 0; i < ciphers; i++) {
    out[at++] = (unsigned char) ((i + 0x1301) >> 8);
    out[at++] = (unsigned char) (i + 0x1301);
  }
  out[at++] = 1; /* one compression method, none */
  at++;
  out[at++] = (unsigned char) (exts >> 8);
  out[at++] = (unsigned char) exts;
  out[at++] = 0;
  out[at++] = 16;
  out[at++] = (unsigned char) (alpn_len >> 8);
  out[at++] = (unsigned char) alpn_len;
  memcpy(out + at, alpn, alpn_len);
  return at + alpn_len;
}

static void hear(size_t ciphers, const char *alpn, char *text) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  unsigned char hello[4096];
  size_t len = make_hello(hello, ciphers, alpn);
  SSL *server;

  SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
  server = SSL_new(ctx);
  SSL_set_bio(server, in, out);
  memset(&seen, 0, sizeof(seen));
  assert_int_equal(BIO_write(in, hello, (int) len), (int) len);
  assert_true(SSL_accept(server) <= 0);
  ftps_print_write(&seen, text);
  SSL_free(server);
  SSL_CTX_free(ctx);
}

static void odd_hellos(void **state) {
  char text[FTPS_PRINT_SIZE];

  (void) state;
  hear(1, "", text);
  assert_memory_equal(text, "t12i010100_", 11);
  hear(1000, "xx\5h2", text); /* longer than what follows */
  assert_memory_equal(text, "t12i990100_", 11);
  hear(2, "xx\2h2", text);
  assert_memory_equal(text, "t12i0201h2_", 11);
  hear(2, "xx\2\xab\xcd", text);
  assert_memory_equal(text, "t12i0201ad_", 11);
  hear(2, "xx\1a", text);
  assert_memory_equal(text, "t12i0201aa_", 11);
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(names),
    cmocka_unit_test(numbers), cmocka_unit_test(steps),
    cmocka_unit_test(full_table), cmocka_unit_test(any_numbers),
    cmocka_unit_test(prints), cmocka_unit_test(odd_hellos) };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
