/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * psk_fuzz.c: the file of a pre-shared key (vhost/psk.c), and the identity that
 * a client names.  The first byte is the length of the identity, which follows;
 * the rest is the file.
 *
 * A key that is taken has the bytes that the digits of the file say.
 */
#include "vhost/psk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "keys/keyarea.h"
#include "log/log.h"

#include "t/fuzz/fuzz.h"

#define IDENTITY "client"

static const uint8_t *digits;
static size_t digits_size;
static bool is_refused; /* a line said that the key is not used */

/* The rest of the module, as far as psk.c asks it. */

static void check_text(const char *fmt, va_list args) {
  char text[2048];

  (void) vsnprintf(text, sizeof(text), fmt, args);
  for (const char *c = text; *c != '\0'; c++) {
    CHECK((unsigned char) *c >= ' ' && *c != 0x7f);
  }
}

void ftps_log(const char *fmt, ...) {
  va_list args;

  va_start(args, fmt);
  check_text(fmt, args);
  va_end(args);
}

void ftps_log_admin(int priority, const char *fmt, ...) {
  va_list args;

  (void) priority;
  is_refused = true;
  va_start(args, fmt);
  check_text(fmt, args);
  va_end(args);
}

static int number_of(uint8_t digit) {
  return digit >= '0' && digit <= '9' ? digit - '0'
      : digit >= 'a' && digit <= 'f'  ? digit - 'a' + 10
      : digit >= 'A' && digit <= 'F'  ? digit - 'A' + 10
                                      : -1;
}

static void check_slot(struct ftps_keyarea *area, size_t index) {
  const unsigned char *slot = ftps_keyarea_get0(area, index);
  size_t len;

  CHECK(slot != NULL);
  len = slot[0] * 256U + slot[1];
  CHECK(len >= FTPS_PSK_MIN_DIGITS / 2 && len <= FTPS_PSK_MAX_DIGITS / 2);
  CHECK(digits_size >= 2 * len);
  for (size_t i = 0; i < len; i++) {
    CHECK(number_of(digits[2 * i]) * 16 + number_of(digits[2 * i + 1]) ==
        slot[2 + i]);
  }
}

static int make_file(const uint8_t *data, size_t size) {
  int fd = memfd_create("psk", MFD_CLOEXEC);

  CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
  CHECK(write(fd, data, size) == (ssize_t) size);
  return fd;
}

/* What the library would call, and the version that a client has chosen. */
static SSL_psk_server_cb_func give_key;
static SSL_psk_find_session_cb_func find_session;
static int version;

void SSL_CTX_set_psk_server_callback(SSL_CTX *ctx, SSL_psk_server_cb_func cb) {
  (void) ctx;
  give_key = cb;
}

void SSL_CTX_set_psk_find_session_callback(SSL_CTX *ctx,
    SSL_psk_find_session_cb_func cb) {
  (void) ctx;
  find_session = cb;
}

int SSL_version(const SSL *ssl) {
  (void) ssl;
  return version;
}

static void check_key(const unsigned char *key, size_t len) {
  for (size_t i = 0; i < len; i++) {
    CHECK(
        number_of(digits[2 * i]) * 16 + number_of(digits[2 * i + 1]) == key[i]);
  }
}

static void ask(SSL *ssl, const char *identity, size_t len) {
  bool is_ours = len == strlen(IDENTITY) && strcmp(identity, IDENTITY) == 0;
  unsigned char key[PSK_MAX_PSK_LEN], master[PSK_MAX_PSK_LEN];
  SSL_SESSION *session = NULL;
  unsigned int n;

  version = TLS1_2_VERSION;
  n = give_key(ssl, identity, key, sizeof(key));
  CHECK(n > 0 && n <= sizeof(key));
  if (strcmp(identity, IDENTITY) == 0) {
    check_key(key, n);
  }

  version = TLS1_3_VERSION;
  CHECK(give_key(ssl, identity, key, sizeof(key)) == 0);
  CHECK(
      find_session(ssl, (const unsigned char *) identity, len, &session) == 1);
  CHECK((session != NULL) == is_ours);
  if (session != NULL) {
    check_key(master,
        SSL_SESSION_get_master_key(session, master, sizeof(master)));
  }
  SSL_SESSION_free(session);
}

/* A client with any identity, where there is a key. */
static void connect_client(SSL_CTX *ctx, const uint8_t *identity, size_t len) {
  struct ftps_conn_tag tag = { .kind = FTPS_KIND_CONTROL };
  SSL *ssl = SSL_new(ctx);
  char digest[FTPS_PSK_DIGEST_SIZE], *text = malloc(len + 1);

  CHECK(ssl != NULL && text != NULL && ftps_conn_index_set(ssl, &tag) == 0);
  memcpy(text, identity, len);
  text[len] = '\0';
  ftps_psk_each_slot(ctx, check_slot);
  ftps_psk_digest(ctx, digest);
  CHECK(strlen(digest) == sizeof(digest) - 1);
  ask(ssl, text, len);
  SSL_free(ssl);
  free(text);
}

static SSL_CTX *make_context(struct ftps_daemon *daemon) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_method());

  CHECK(ftps_conn_index_init() == 0 && ftps_ctx_index_init() == 0);
  CHECK(ctx != NULL && ftps_ctx_index_begin(ctx, daemon) == 0);
  return ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ftps_daemon daemon;
  char path[64];
  struct ftps_settings settings = { .psk_count = 1 };
  size_t len = size > 0 ? *data : 0;
  struct ftps_error err;
  SSL_CTX *ctx;
  int fd;

  if (size < 1 + len) {
    return 0;
  }

  digits = data + 1 + len;
  digits_size = size - 1 - len;
  fd = make_file(digits, digits_size);
  (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  settings.psk_files[0].identity = IDENTITY;
  settings.psk_files[0].path = path;
  ctx = make_context(&daemon);
  ftps_error_clear(&err);
  is_refused = false;
  CHECK(ftps_psk_set(ctx, &settings, &err) == 0);
  CHECK(ftps_psk_is_set(ctx) != is_refused);
  if (!is_refused) {
    connect_client(ctx, data + 1, len);
  }

  SSL_CTX_free(ctx);
  (void) close(fd);
  return 0;
}
