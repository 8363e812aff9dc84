/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * seal.c: see seal.h.
 */
#include "cache/seal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/bytes.h"

#define VERSION        1U
#define TIME_SIZE      8U
#define SALT_AT        (1U + TIME_SIZE)
#define SALT_SIZE      32U
#define HEADER_SIZE    (SALT_AT + SALT_SIZE)
#define TAG_SIZE       16U
#define PLACE_NAME_MAX 255U

/* Larger than any value that is stored, and fits an int. */
#define VALUE_MAX (1024U * 1024U)

/* `header` has the salt; `i` is the number of the secret. */
static bool derive_key(const struct ftps_seal *seal, size_t i,
    const unsigned char *header, unsigned char key[EVP_MAX_MD_SIZE]) {
  unsigned char text[2 + FTPS_SEAL_HOST_SIZE + SALT_SIZE + PLACE_NAME_MAX];
  unsigned int key_len = 0;

  if (seal->name_len > PLACE_NAME_MAX) {
    return false;
  }

  text[0] = VERSION;
  text[1] = (unsigned char) seal->use;
  memcpy(text + 2, seal->host, FTPS_SEAL_HOST_SIZE);
  memcpy(text + 2 + FTPS_SEAL_HOST_SIZE, header + SALT_AT, SALT_SIZE);
  memcpy(text + 2 + FTPS_SEAL_HOST_SIZE + SALT_SIZE, seal->name,
      seal->name_len);
  return HMAC(EVP_sha256(), seal->secrets + i * FTPS_SEAL_SECRET_SIZE,
             (int) FTPS_SEAL_SECRET_SIZE, text,
             2 + FTPS_SEAL_HOST_SIZE + SALT_SIZE + seal->name_len, key,
             &key_len) != NULL;
}

/* All values may have the same nonce, because each key is used only once. */
static EVP_CIPHER_CTX *start(const struct ftps_seal *seal, size_t i,
    const unsigned char *header, int is_closing) {
  static const unsigned char nonce[12];
  unsigned char key[EVP_MAX_MD_SIZE];
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  int n;

  if (ctx == NULL || !derive_key(seal, i, header, key) ||
      EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, is_closing,
          NULL) != 1 ||
      EVP_CipherUpdate(ctx, NULL, &n, header, (int) HEADER_SIZE) != 1) {
    EVP_CIPHER_CTX_free(ctx);
    ctx = NULL;
  }

  OPENSSL_cleanse(key, sizeof(key));
  return ctx;
}

size_t ftps_seal_close(const struct ftps_seal *seal, const unsigned char *value,
    size_t len, time_t expires, unsigned char *out) {
  unsigned char *text = out + HEADER_SIZE;
  EVP_CIPHER_CTX *ctx;
  int n = 0, rest = 0;
  bool is_done;

  out[0] = VERSION;
  ftps_bytes_put(out + 1, TIME_SIZE, expires > 0 ? (uint64_t) expires : 0);
  if (len == 0 || len > VALUE_MAX ||
      RAND_bytes(out + SALT_AT, (int) SALT_SIZE) != 1) {
    return 0;
  }

  ctx = start(seal, 0, out, 1);
  is_done = ctx != NULL &&
      EVP_CipherUpdate(ctx, text, &n, value, (int) len) == 1 &&
      EVP_CipherFinal_ex(ctx, text + n, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int) TAG_SIZE,
          text + len) == 1;
  EVP_CIPHER_CTX_free(ctx);
  return is_done ? len + FTPS_SEAL_OVERHEAD : 0;
}

/* Checks GCM's tag, which is only read. */
static bool check_tag(EVP_CIPHER_CTX *ctx, const unsigned char *tag,
    unsigned char *end) {
  unsigned char copy[TAG_SIZE];
  int rest = 0;

  memcpy(copy, tag, TAG_SIZE);
  return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int) TAG_SIZE,
             copy) == 1 &&
      EVP_CipherFinal_ex(ctx, end, &rest) == 1;
}

/* Opens with secret number `i`. */
static bool open_with(const struct ftps_seal *seal, size_t i,
    const unsigned char *sealed, size_t size, unsigned char *out) {
  EVP_CIPHER_CTX *ctx = start(seal, i, sealed, 0);
  bool is_done;
  int n = 0;

  is_done = ctx != NULL &&
      EVP_CipherUpdate(ctx, out, &n, sealed + HEADER_SIZE, (int) size) == 1 &&
      check_tag(ctx, sealed + HEADER_SIZE + size, out + n);
  EVP_CIPHER_CTX_free(ctx);
  if (!is_done) {
    OPENSSL_cleanse(out, size);
  }

  return is_done;
}

size_t ftps_seal_open(const struct ftps_seal *seal, const unsigned char *sealed,
    size_t len, time_t now, unsigned char *out) {
  bool is_done = false;
  size_t size;

  if (len <= FTPS_SEAL_OVERHEAD || len > VALUE_MAX || sealed[0] != VERSION ||
      now < 0 || ftps_bytes_get(sealed + 1, TIME_SIZE) <= (uint64_t) now) {
    return 0;
  }

  size = len - FTPS_SEAL_OVERHEAD;
  for (size_t i = 0; i < seal->count && !is_done; i++) {
    is_done = open_with(seal, i, sealed, size, out);
  }

  return is_done ? size : 0;
}
