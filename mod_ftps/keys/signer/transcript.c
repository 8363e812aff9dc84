/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transcript.c: see transcript.h.
 */
#include "keys/signer/transcript.h"

#include <string.h>
#include <strings.h>

#define RANDOMS      64 /* bytes: the client's and the server's */
#define NAMED_CURVE  3
#define DH_BYTES_MIN 128
#define DH_BYTES_MAX 1024

static const char server_context[] = "TLS 1.3, server CertificateVerify";

static const struct {
  unsigned int group;
  size_t point; /* bytes */
} groups[] = { { 21, 57 }, { 22, 65 }, { 23, 65 }, { 24, 97 }, { 25, 133 },
  { 26, 65 }, { 27, 97 }, { 28, 129 }, { 29, 32 }, { 30, 56 } };

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static bool is_tls13(const unsigned char *text, size_t len) {
  const size_t context = sizeof(server_context); /* with its zero byte */

  if (len != RANDOMS + context + 32 && len != RANDOMS + context + 48) {
    return false;
  }

  for (size_t i = 0; i < RANDOMS; i++) {
    if (text[i] != ' ') {
      return false;
    }
  }

  return memcmp(text + RANDOMS, server_context, context) == 0;
}

/* Curve type, group, length of the point, point. */
static bool is_ecdhe(const unsigned char *at, size_t len) {
  unsigned int group;

  if (len < 4 || at[0] != NAMED_CURVE) {
    return false;
  }

  group = (unsigned int) at[1] << 8 | at[2];
  for (size_t i = 0; i < GROUP_COUNT; i++) {
    if (groups[i].group == group) {
      return at[3] == groups[i].point && len == 4 + groups[i].point;
    }
  }

  return false;
}

/* Reads a number with its length before it.  Returns 0 if there is none. */
static size_t read_number(const unsigned char **at, size_t *left) {
  size_t len;

  if (*left < 2) {
    return 0;
  }

  len = (size_t) (*at)[0] << 8 | (*at)[1];
  if (len > *left - 2) {
    return 0;
  }

  *at += 2 + len;
  *left -= 2 + len;
  return len;
}

/* Prime, generator, public value, and nothing after them. */
static bool is_dhe(const unsigned char *at, size_t left) {
  size_t prime = read_number(&at, &left);
  size_t generator = prime > 0 ? read_number(&at, &left) : 0;
  size_t value = generator > 0 ? read_number(&at, &left) : 0;

  return prime >= DH_BYTES_MIN && prime <= DH_BYTES_MAX && generator <= prime &&
      value > 0 && value <= prime && left == 0;
}

enum ftps_transcript ftps_transcript_judge(const unsigned char *text,
    size_t len) {
  if (len <= RANDOMS || len > FTPS_TRANSCRIPT_MAX) {
    return FTPS_TRANSCRIPT_NONE;
  }

  if (is_tls13(text, len)) {
    return FTPS_TRANSCRIPT_TLS13;
  }

  return is_ecdhe(text + RANDOMS, len - RANDOMS) ||
          is_dhe(text + RANDOMS, len - RANDOMS)
      ? FTPS_TRANSCRIPT_TLS12
      : FTPS_TRANSCRIPT_NONE;
}

/* The first number is for private use: before TLS 1.2 nothing had one. */
static const struct ftps_scheme schemes[] = {
  { 0xfe01, "RSA", "MD5-SHA1", false, true },
  { 0x0201, "RSA", "SHA1", false, true },
  { 0x0301, "RSA", "SHA224", false, true },
  { 0x0401, "RSA", "SHA256", false, true },
  { 0x0501, "RSA", "SHA384", false, true },
  { 0x0601, "RSA", "SHA512", false, true },
  { 0x0804, "RSA", "SHA256", true, false },
  { 0x0805, "RSA", "SHA384", true, false },
  { 0x0806, "RSA", "SHA512", true, false },
  { 0x0809, "RSA-PSS", "SHA256", true, false },
  { 0x080a, "RSA-PSS", "SHA384", true, false },
  { 0x080b, "RSA-PSS", "SHA512", true, false },
  { 0x0203, "EC", "SHA1", false, true },
  { 0x0303, "EC", "SHA224", false, true },
  { 0x0403, "EC", "SHA256", false, false },
  { 0x0503, "EC", "SHA384", false, false },
  { 0x0603, "EC", "SHA512", false, false },
  { 0x0807, "ED25519", NULL, false, false },
  { 0x0808, "ED448", NULL, false, false },
  { 0x0904, "ML-DSA-44", NULL, false, false },
  { 0x0905, "ML-DSA-65", NULL, false, false },
  { 0x0906, "ML-DSA-87", NULL, false, false },
};

#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

const struct ftps_scheme *ftps_scheme_find(uint16_t code) {
  for (size_t i = 0; i < SCHEME_COUNT; i++) {
    if (schemes[i].code == code) {
      return &schemes[i];
    }
  }

  return NULL;
}

/* OpenSSL's name is "SHA256" or "SHA2-256". */
static bool is_digest(const char *own, const char *asked) {
  if (own == NULL || asked == NULL || *asked == '\0') {
    return own == NULL && (asked == NULL || *asked == '\0');
  }
  if (strncasecmp(asked, "SHA2-", 5) == 0 && strncmp(own, "SHA", 3) == 0) {
    return strcmp(own + 3, asked + 5) == 0;
  }
  if (strcasecmp(asked, "SHA-1") == 0) {
    return strcmp(own, "SHA1") == 0;
  }

  return strcasecmp(own, asked) == 0;
}

const struct ftps_scheme *ftps_scheme_choose(const char *type,
    const char *digest, bool is_pss) {
  for (size_t i = 0; i < SCHEME_COUNT; i++) {
    if (strcmp(schemes[i].type, type) == 0 && schemes[i].is_pss == is_pss &&
        is_digest(schemes[i].digest, digest)) {
      return &schemes[i];
    }
  }

  return NULL;
}

bool ftps_scheme_fits(const struct ftps_scheme *scheme,
    const unsigned char *text, size_t len) {
  switch (ftps_transcript_judge(text, len)) {
    case FTPS_TRANSCRIPT_TLS12:
      return true;

    case FTPS_TRANSCRIPT_TLS13:
      return !scheme->is_old;

    case FTPS_TRANSCRIPT_NONE:
      break;
  }

  return false;
}
