/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * print.c: see print.h.
 *
 * The first word has, from its lowest bit on: version (8 bits), ciphers (8),
 * extensions (8), the two characters (8 each), server name (1), and a bit that
 * is always set.  The others are the hashes.
 */
#include "counts/print.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/tls1.h>

#include "base/bytes.h"

#define HASH_MASK 0xffffffffffffU
#define NAME_BIT  ((uint64_t) 1 << 40)
#define SET_BIT   ((uint64_t) 1 << 41)

/* Numbers of 16 bits, in the order in which they were sent. */
struct list {
  unsigned int ids[FTPS_PRINT_MAX];
  size_t n;
};

/* RFC 8701: values without a meaning, which browsers send at random. */
static bool is_grease(unsigned int id) {
  return (id & 0x0f0f) == 0x0a0a && id >> 8 == (id & 0xff);
}

static void add(struct list *list, unsigned int id) {
  if (!is_grease(id) && list->n < FTPS_PRINT_MAX) {
    list->ids[list->n++] = id;
  }
}

static void add_bytes(struct list *list, const unsigned char *bytes,
    size_t len) {
  for (size_t i = 0; i + 1 < len; i += 2) {
    add(list, (unsigned int) bytes[i] << 8 | bytes[i + 1]);
  }
}

static int compare(const void *a, const void *b) {
  unsigned int x = *(const unsigned int *) a, y = *(const unsigned int *) b;

  return (x > y) - (x < y);
}

static void sort(struct list *list) {
  qsort(list->ids, list->n, sizeof(list->ids[0]), compare);
}

/* The text that is hashed. */
struct text {
  char bytes[2 * 5 * FTPS_PRINT_MAX + 2];
  size_t len;
};

static void add_ids(struct text *text, const struct list *list) {
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < list->n; i++) {
    if (i > 0) {
      text->bytes[text->len++] = ',';
    }
    for (int shift = 12; shift >= 0; shift -= 4) {
      text->bytes[text->len++] = digits[list->ids[i] >> shift & 0x0f];
    }
  }
}

/* The first 48 bits of SHA-256; 0 for an empty text. */
static uint64_t hash(const struct text *text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int len = 0;

  if (text->len == 0 ||
      EVP_Digest(text->bytes, text->len, digest, &len, EVP_sha256(), NULL) !=
          1) {
    return 0;
  }

  return ftps_bytes_get(digest, 6);
}

static uint64_t hash_ciphers(struct list *ciphers) {
  struct text text = { .len = 0 };

  sort(ciphers);
  add_ids(&text, ciphers);
  return hash(&text);
}

static uint64_t hash_extensions(struct list *extensions,
    const struct list *algorithms) {
  struct text text = { .len = 0 };

  sort(extensions);
  add_ids(&text, extensions);
  if (text.len > 0 && algorithms->n > 0) {
    text.bytes[text.len++] = '_';
    add_ids(&text, algorithms);
  }
  return hash(&text);
}

/* The list in the body of an extension, behind a length of `head` bytes. */
static void read_list(SSL *ssl, unsigned int type, size_t head,
    struct list *list) {
  const unsigned char *ext;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl, type, &ext, &len) == 1 && len > head) {
    add_bytes(list, ext + head, len - head);
  }
}

/* Server name and ALPN are in the first part, and not hashed. */
static size_t read_extensions(SSL *ssl, struct list *hashed) {
  int *ids = NULL;
  size_t n = 0, count = 0;

  if (SSL_client_hello_get1_extensions_present(ssl, &ids, &n) != 1) {
    return 0;
  }

  for (size_t i = 0; i < n; i++) {
    unsigned int id = (unsigned int) ids[i];

    if (!is_grease(id)) {
      count++;
    }
    if (id != TLSEXT_TYPE_server_name &&
        id != TLSEXT_TYPE_application_layer_protocol_negotiation) {
      add(hashed, id);
    }
  }
  OPENSSL_free(ids);
  return count;
}

static unsigned int read_version(SSL *ssl) {
  struct list versions = { .n = 0 };
  unsigned int highest = SSL_client_hello_get0_legacy_version(ssl);

  read_list(ssl, TLSEXT_TYPE_supported_versions, 1, &versions);
  for (size_t i = 0; i < versions.n; i++) {
    if (i == 0 || versions.ids[i] > highest) {
      highest = versions.ids[i];
    }
  }

  return highest >= 0x0300 && highest <= 0x0304 ? highest & 0xff : 0xff;
}

static bool is_alnum(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
      (c >= 'A' && c <= 'Z');
}

/* If one of them is no letter or digit: the first and the last one of the
 * protocol's hexadecimal digits.
 */
static unsigned int read_alpn(SSL *ssl) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *ext;
  unsigned char first, last;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl,
          TLSEXT_TYPE_application_layer_protocol_negotiation, &ext,
          &len) != 1 ||
      len < 4 || ext[2] == 0 || ext[2] > len - 3) {
    return '0' << 8 | '0';
  }

  first = ext[3];
  last = ext[2 + ext[2]];
  if (!is_alnum(first) || !is_alnum(last)) {
    first = (unsigned char) digits[first >> 4];
    last = (unsigned char) digits[last & 0x0f];
  }
  return (unsigned int) first << 8 | last;
}

static uint64_t at_most_99(size_t n) {
  return n < 99 ? n : 99;
}

void ftps_print_read(SSL *ssl, struct ftps_print *print_out) {
  struct list ciphers = { .n = 0 }, extensions = { .n = 0 };
  struct list algorithms = { .n = 0 };
  const unsigned char *bytes = NULL;
  size_t len = SSL_client_hello_get0_ciphers(ssl, &bytes), count;
  uint64_t word = SET_BIT | read_version(ssl);

  add_bytes(&ciphers, bytes, len);
  count = read_extensions(ssl, &extensions);
  read_list(ssl, TLSEXT_TYPE_signature_algorithms, 2, &algorithms);
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &len)) {
    word |= NAME_BIT;
  }

  print_out->words[0] = word | at_most_99(ciphers.n) << 8 |
      at_most_99(count) << 16 | (uint64_t) read_alpn(ssl) << 24;
  print_out->words[1] = hash_ciphers(&ciphers);
  print_out->words[2] = hash_extensions(&extensions, &algorithms);
}

static const char *name_version(unsigned int version) {
  static const char *const names[] = { "s3", "10", "11", "12", "13" };

  return version < 5 ? names[version] : "00";
}

static char make_alnum(uint64_t c) {
  if (!is_alnum((unsigned char) (c & 0xff))) {
    return '0';
  }

  return (char) (c & 0xff);
}

void ftps_print_write(const struct ftps_print *print, char *text) {
  uint64_t word = print->words[0];

  (void) snprintf(text, FTPS_PRINT_SIZE, "t%s%c%02u%02u%c%c_%012llx_%012llx",
      name_version((unsigned int) (word & 0xff)),
      (word & NAME_BIT) != 0 ? 'd' : 'i',
      (unsigned int) (word >> 8 & 0xff) % 100,
      (unsigned int) (word >> 16 & 0xff) % 100, make_alnum(word >> 32),
      make_alnum(word >> 24),
      (unsigned long long) (print->words[1] & HASH_MASK),
      (unsigned long long) (print->words[2] & HASH_MASK));
}
