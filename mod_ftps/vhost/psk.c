/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * psk.c: see psk.h.
 *
 * A slot of the key area begins with the length of its key, in two bytes.
 */
#include "vhost/psk.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/bytes.h"
#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "base/ctx_index.h"
#include "base/fds.h"
#include "base/x509_text.h"
#include "keys/keyarea.h"
#include "keys/keynumbers.h"
#include "keys/secretfile.h"
#include "log/log.h"

#include "conf.h"

#define RANDOM_KEY_SIZE 32

/* The suite is chosen before keys are searched.  A suite with another hash than
 * SHA-256 would make every key useless, and the library's own order begins with
 * such a suite.
 */
#define SUITES_FOR_KEYS \
  "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"

struct psk {
  size_t n;
  char *identities[FTPS_PSK_MAX]; /* by slot of `area` */
  struct ftps_keyarea *area;
};

static void free_psk(void *data) {
  struct psk *psk = data;

  for (size_t i = 0; i < psk->n; i++) {
    OPENSSL_free(psk->identities[i]);
  }
  ftps_keyarea_unref(psk->area);
  OPENSSL_free(psk);
}

static struct psk *psk_of(const SSL_CTX *ctx) {
  return ftps_ctx_index_get(ctx, FTPS_CTX_PSK);
}

static void set_unreadable(const struct ftps_psk_file *file,
    struct ftps_error *err) {
  ftps_error_set_errno(err, errno, "TLSPreSharedKey %s hex:%s: cannot be read",
      file->identity, file->path);
}

/* Whoever can read or change the file can be any client.  Returns 1 when it is
 * to be used, 0 when not, -1 with `err` set.
 */
static int check_file(const struct ftps_psk_file *file, int fd,
    struct ftps_error *err) {
  char name[sizeof("TLSPreSharedKey  hex") + FTPS_PSK_IDENTITY_MAX];
  struct ftps_error fault;
  struct stat st;

  if (fstat(fd, &st) < 0) {
    set_unreadable(file, err);
    return -1;
  }

  if (!S_ISREG(st.st_mode)) {
    ftps_error_set(err,
        "TLSPreSharedKey %s hex:%s: is not a regular file; name one",
        file->identity, file->path);
    return -1;
  }

  ftps_error_clear(&fault);
  (void) snprintf(name, sizeof(name), "TLSPreSharedKey %s hex", file->identity);
  if (ftps_secretfile_check(&st, name, file->path, &fault) < 0) {
    ftps_log_admin(PR_LOG_WARNING, "%s", fault.text);
    return 0;
  }

  return 1;
}

/* Reads the digits of the file, without white space at the end.  Returns how
 * many, or -1 with `err` set.
 */
static int read_digits(const struct ftps_psk_file *file, int fd, char *digits,
    size_t size, struct ftps_error *err) {
  ssize_t got = read(fd, digits, size);

  if (got < 0) {
    set_unreadable(file, err);
    return -1;
  }

  while (got > 0 && isspace((unsigned char) digits[got - 1])) {
    got--;
  }

  return (int) got;
}

/* Writes length and bytes of the key.  Returns 0, or -1 with `err` set. */
static int decode(const struct ftps_psk_file *file, unsigned char *slot,
    const char *digits, int n, struct ftps_error *err) {
  if (n < FTPS_PSK_MIN_DIGITS || n > FTPS_PSK_MAX_DIGITS || n % 2 != 0) {
    ftps_error_set(err,
        "TLSPreSharedKey %s hex:%s: has %s%d hexadecimal digits; write an even "
        "number of them, from %d to %d, as in \"openssl rand -hex 32\"",
        file->identity, file->path, n > FTPS_PSK_MAX_DIGITS ? "more than " : "",
        n > FTPS_PSK_MAX_DIGITS ? FTPS_PSK_MAX_DIGITS : n, FTPS_PSK_MIN_DIGITS,
        FTPS_PSK_MAX_DIGITS);
    return -1;
  }

  slot[0] = (unsigned char) (n / 2 / 256);
  slot[1] = (unsigned char) (n / 2 % 256);
  for (int i = 0; i < n; i += 2) {
    int high = OPENSSL_hexchar2int((unsigned char) digits[i]);
    int low = OPENSSL_hexchar2int((unsigned char) digits[i + 1]);

    if (high < 0 || low < 0) {
      ftps_error_set(err,
          "TLSPreSharedKey %s hex:%s: there is something else than hexadecimal "
          "digits in it; write one line, as of \"openssl rand -hex 32\"",
          file->identity, file->path);
      return -1;
    }
    slot[2 + i / 2] = (unsigned char) (high * 16 + low);
  }

  return 0;
}

static int load_digits(struct psk *psk, const struct ftps_psk_file *file,
    int fd, struct ftps_error *err) {
  char digits[FTPS_PSK_MAX_DIGITS + 16];
  unsigned char slot[FTPS_KEYNUMBERS_SIZE];
  int n = read_digits(file, fd, digits, sizeof(digits), err), res;

  memset(slot, 0, sizeof(slot));
  res = n < 0 ? -1 : decode(file, slot, digits, n, err);
  if (res == 0) {
    ftps_keyarea_put(psk->area, psk->n, slot);
    psk->identities[psk->n] = OPENSSL_strdup(file->identity);
    if (psk->identities[psk->n] != NULL) {
      psk->n++;
    } else {
      ftps_error_set_errno(err, ENOMEM, "memory for pre-shared keys");
      res = -1;
    }
  }

  OPENSSL_cleanse(digits, sizeof(digits));
  OPENSSL_cleanse(slot, sizeof(slot));
  return res;
}

static int load_one(struct psk *psk, const struct ftps_psk_file *file,
    struct ftps_error *err) {
  int fd = ftps_fds_open_file(file->path);
  int res;

  if (fd < 0) {
    set_unreadable(file, err);
    return -1;
  }

  res = check_file(file, fd, err);
  if (res > 0) {
    res = load_digits(psk, file, fd, err);
  }
  (void) close(fd);
  return res;
}

/* A key that cannot be used admits nobody, so it does not stop the others. */
static int load_or_skip(struct psk *psk, const struct ftps_psk_file *file,
    struct ftps_error *err) {
  struct ftps_error fault;

  ftps_error_clear(&fault);
  if (load_one(psk, file, &fault) == 0) {
    return 0;
  }

  if (fault.is_passing) {
    ftps_error_take(err, &fault);
    return -1;
  }

  ftps_log_admin(PR_LOG_WARNING, "%s; the key is not used", fault.text);
  return 0;
}

static int load_all(struct ftps_daemon *daemon, struct psk *psk,
    const struct ftps_settings *settings, struct ftps_error *err) {
  size_t n =
      settings->psk_count < FTPS_PSK_MAX ? settings->psk_count : FTPS_PSK_MAX;

  psk->area = ftps_keyarea_new(daemon, n, err);
  if (psk->area == NULL) {
    return -1;
  }

  for (size_t i = 0; i < n; i++) {
    if (load_or_skip(psk, &settings->psk_files[i], err) < 0) {
      return -1;
    }
  }

  return ftps_keyarea_seal(psk->area, err);
}

/* Returns the key of an identity, in the key area, or NULL if there is none. */
static const unsigned char *find_key(const SSL *ssl, const void *identity,
    size_t len, size_t *size_out) {
  const struct ftps_conn_tag *tag = ftps_conn_index_get(ssl);
  const struct psk *psk = psk_of(SSL_get_SSL_CTX(ssl));

  if (psk == NULL || tag == NULL || tag->must_resume) {
    return NULL;
  }

  for (size_t i = 0; i < psk->n; i++) {
    const unsigned char *slot = ftps_keyarea_get0(psk->area, i);

    if (slot != NULL && strlen(psk->identities[i]) == len &&
        memcmp(psk->identities[i], identity, len) == 0) {
      *size_out = slot[0] * 256U + slot[1];
      ftps_log("pre-shared key of identity '%s' found", psk->identities[i]);
      return slot + 2;
    }
  }

  return NULL;
}

/* For SSL_CTX_set_psk_server_callback().  The library also calls this in TLS
 * 1.3, after find_session_cb() has found nothing.
 */
static unsigned int give_key_cb(SSL *ssl, const char *identity,
    unsigned char *key, unsigned int size) {
  char name[256];
  const unsigned char *bytes;
  size_t len = 0;

  if (SSL_version(ssl) >= TLS1_3_VERSION || identity == NULL) {
    return 0;
  }

  bytes = find_key(ssl, identity, strlen(identity), &len);
  if (bytes != NULL && len <= size) {
    memcpy(key, bytes, len);
    return (unsigned int) len;
  }

  (void) ftps_text_escape(identity, strlen(identity), name, sizeof(name));
  ftps_log("no pre-shared key of identity '%s'", name);
  len = size < RANDOM_KEY_SIZE ? size : RANDOM_KEY_SIZE;
  return RAND_priv_bytes(key, (int) len) == 1 ? (unsigned int) len : 0;
}

/* If no hash was agreed on for a key, it is SHA-256 (RFC 8446, 4.2.11). */
static int find_session_cb(SSL *ssl, const unsigned char *identity, size_t len,
    SSL_SESSION **session_out) {
  static const unsigned char aes_128_gcm_sha256[] = { 0x13, 0x01 };
  const unsigned char *key;
  SSL_SESSION *session;
  size_t size = 0;

  *session_out = NULL;
  key = find_key(ssl, identity, len, &size);
  if (key == NULL) {
    return 1;
  }

  session = SSL_SESSION_new();
  if (session == NULL || !SSL_SESSION_set1_master_key(session, key, size) ||
      !SSL_SESSION_set_cipher(session,
          SSL_CIPHER_find(ssl, aes_128_gcm_sha256)) ||
      !SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION)) {
    SSL_SESSION_free(session);
    return 0;
  }

  ftps_conn_index_get(ssl)->has_psk = true;
  *session_out = session;
  return 1;
}

int ftps_psk_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct psk *psk;

  if (settings->psk_count == 0) {
    return 0;
  }

  psk = OPENSSL_zalloc(sizeof(*psk));
  if (psk == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for pre-shared keys");
    return -1;
  }

  ftps_ctx_index_set(ctx, FTPS_CTX_PSK, psk, free_psk);
  if (load_all(ftps_ctx_index_daemon(ctx), psk, settings, err) < 0) {
    return -1;
  }

  if (psk->n > 0) {
    if (settings->ciphersuites == NULL) {
      (void) SSL_CTX_set_ciphersuites(ctx, SUITES_FOR_KEYS);
    }
    SSL_CTX_set_psk_server_callback(ctx, give_key_cb);
    SSL_CTX_set_psk_find_session_callback(ctx, find_session_cb);
  }
  return 0;
}

bool ftps_psk_is_set(const SSL_CTX *ctx) {
  const struct psk *psk = psk_of(ctx);

  return psk != NULL && psk->n > 0;
}

/* Nobody sees this value: it becomes a part of another hash. */
void ftps_psk_digest(const SSL_CTX *ctx, char text_out[FTPS_PSK_DIGEST_SIZE]) {
  const struct psk *psk = psk_of(ctx);
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;

  text_out[0] = '\0';
  if (md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1) {
    for (size_t i = 0; psk != NULL && i < psk->n; i++) {
      (void) EVP_DigestUpdate(md, psk->identities[i],
          strlen(psk->identities[i]) + 1);
      (void) EVP_DigestUpdate(md, ftps_keyarea_get0(psk->area, i),
          FTPS_KEYNUMBERS_SIZE);
    }
    if (EVP_DigestFinal_ex(md, digest, &size) == 1) {
      ftps_bytes_to_hex(digest, size, text_out);
    }
  }

  EVP_MD_CTX_free(md);
  OPENSSL_cleanse(digest, sizeof(digest));
}

void ftps_psk_move(SSL *ssl, const SSL_CTX *to) {
  bool is_set = ftps_psk_is_set(to);

  SSL_set_psk_server_callback(ssl, is_set ? give_key_cb : NULL);
  SSL_set_psk_find_session_callback(ssl, is_set ? find_session_cb : NULL);
}

void ftps_psk_forbid(SSL *ssl) {
  SSL_set_psk_server_callback(ssl, NULL);
  SSL_set_psk_find_session_callback(ssl, NULL);
}

void ftps_psk_each_slot(const SSL_CTX *ctx,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  const struct psk *psk = psk_of(ctx);

  for (size_t i = 0; psk != NULL && i < psk->n; i++) {
    act(psk->area, i);
  }
}
