/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * secrets.c: see secrets.h.
 */
#include "cache/secrets.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/settings.h"
#include "keys/keypair.h"
#include "keys/secretfile.h"

#define FILE_NAME "TLSCacheSecretFile"
#define FILE_MIN  32
#define FILE_MAX  4096
#define LINE_MIN  64

/* HKDF's info.  Each use has its own text, and so its own secret. */
#define FOR_SESSIONS "mod_ftps: sessions in caches, 2"
#define FOR_DAEMON   "mod_ftps: values of the daemon, 2"
#define FOR_NAME     "mod_ftps: name of the secret, 2"

/* HKDF-SHA256 (RFC 5869) without salt. */
static int derive(const unsigned char *from, size_t len, const char *purpose,
    unsigned char *out) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
  char digest[] = "SHA256";
  OSSL_PARAM params[4];
  union {
    const void *in;
    void *out;
  } input, info;
  int res = -1;

  /* OSSL_PARAM has no const; both are only read. */
  input.in = from;
  info.in = purpose;
  params[0] =
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  params[1] =
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.out, len);
  params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.out,
      strlen(purpose));
  params[3] = OSSL_PARAM_construct_end();
  if (ctx != NULL &&
      EVP_KDF_derive(ctx, out, FTPS_SEAL_SECRET_SIZE, params) == 1) {
    res = 0;
  }

  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
  return res;
}

static int derive_all(const unsigned char *from, size_t len,
    struct ftps_secret *secret, struct ftps_error *err) {
  if (derive(from, len, FOR_SESSIONS, secret->sessions) < 0 ||
      derive(from, len, FOR_DAEMON, secret->daemon) < 0 ||
      derive(from, len, FOR_NAME, secret->name) < 0) {
    ftps_error_set_ssl(err, "deriving the secret for caches");
    return -1;
  }

  return 0;
}

/* Returns the length of the line at `bytes`, with its line end. */
static size_t measure_line(const unsigned char *bytes, size_t len) {
  const unsigned char *end = memchr(bytes, '\n', len);

  return end != NULL ? (size_t) (end - bytes) + 1 : len;
}

static bool is_secret_line(const unsigned char *line, size_t len) {
  size_t digits = 0;

  while (digits < len && isxdigit(line[digits])) {
    digits++;
  }

  for (size_t i = digits; i < len; i++) {
    if (line[i] != '\r' && line[i] != '\n') {
      return false;
    }
  }

  return digits >= LINE_MIN;
}

/* Returns how many secrets the file has, one in each line; 0: it is no list. */
static size_t count_lines(const unsigned char *bytes, size_t len) {
  size_t lines = 0;

  for (size_t at = 0, n; at < len; at += n) {
    n = measure_line(bytes + at, len - at);
    if (!is_secret_line(bytes + at, n)) {
      return 0;
    }
    lines++;
  }

  return lines;
}

int ftps_secrets_parse(const unsigned char *bytes, size_t len,
    struct ftps_secret *secrets, struct ftps_error *err) {
  size_t lines = count_lines(bytes, len), at = 0;

  if (lines <= 1) {
    return derive_all(bytes, len, &secrets[0], err) == 0 ? 1 : -1;
  }

  if (lines > FTPS_SEAL_SECRETS_MAX) {
    ftps_error_set(err,
        "has %zu secrets, one in each line; keep the newest %u of them", lines,
        FTPS_SEAL_SECRETS_MAX);
    return -1;
  }

  for (size_t i = 0; i < lines; i++) {
    size_t n = measure_line(bytes + at, len - at);

    if (derive_all(bytes + at, n, &secrets[i], err) < 0) {
      return -1;
    }
    at += n;
  }

  return (int) lines;
}

static int parse_file(const char *path, const unsigned char *bytes, size_t len,
    struct ftps_secret *secrets, struct ftps_error *err) {
  struct ftps_error why;
  int count;

  ftps_error_clear(&why);
  count = ftps_secrets_parse(bytes, len, secrets, &why);
  if (count < 0) {
    ftps_error_set(err, FILE_NAME " %s: %s", path, why.text);
  }

  return count;
}

int ftps_secrets_read(const char *path, struct ftps_secret *secrets,
    struct ftps_error *err) {
  int fd = ftps_secretfile_open(FILE_NAME, path, err), count = -1;
  unsigned char bytes[FILE_MAX + 1];
  ssize_t got;

  if (fd < 0) {
    return -1;
  }

  got = read(fd, bytes, sizeof(bytes));
  if (got < 0) {
    ftps_error_set_errno(err, errno, FILE_NAME " %s", path);

  } else if (got < FILE_MIN || got > FILE_MAX) {
    ftps_error_set(err,
        FILE_NAME " %s: has %s%zd bytes; write from %d to %d random ones, as "
                  "\"openssl rand -hex 32\" does, the same on all hosts",
        path, got > FILE_MAX ? "more than " : "",
        got > FILE_MAX ? (ssize_t) FILE_MAX : got, FILE_MIN, FILE_MAX);

  } else {
    count = parse_file(path, bytes, (size_t) got, secrets, err);
  }

  (void) close(fd);
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return count;
}

int ftps_secrets_of_keys(struct ftps_keypair *const *pairs,
    struct ftps_secret *secret, struct ftps_error *err) {
  unsigned char from[FTPS_KEYNUMBERS_DERIVED_SIZE];
  struct ftps_secret one;
  int found = 0;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT && found >= 0; i++) {
    if (pairs[i] == NULL || ftps_keypair_derive(pairs[i], from) < 0) {
      continue;
    }
    if (derive_all(from, sizeof(from), &one, err) < 0) {
      found = -1;
    } else if (found == 0 ||
        memcmp(one.name, secret->name, sizeof(one.name)) < 0) {
      *secret = one;
      found = 1;
    }
  }

  OPENSSL_cleanse(from, sizeof(from));
  OPENSSL_cleanse(&one, sizeof(one));
  return found;
}
