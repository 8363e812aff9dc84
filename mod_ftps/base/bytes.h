/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * bytes.h: bytes as digits, and numbers as bytes.
 *
 * Numbers in tickets and caches are big endian, for hosts may share them.
 */
#ifndef FTPS_BASE_BYTES_H
#define FTPS_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Writes two lower-case hexadecimal digits for each byte, and a NUL. */
static inline void ftps_bytes_to_hex(const void *bytes, size_t len, char *out) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *in = bytes;

  for (size_t i = 0; i < len; i++) {
    *out++ = digits[in[i] >> 4];
    *out++ = digits[in[i] & 0x0f];
  }
  *out = '\0';
}

/* A number of at most 8 bytes. */
static inline void ftps_bytes_put(unsigned char *out, size_t len,
    uint64_t number) {
  for (size_t i = len; i > 0; i--) {
    out[i - 1] = (unsigned char) (number & 0xff);
    number >>= 8;
  }
}

static inline uint64_t ftps_bytes_get(const unsigned char *in, size_t len) {
  uint64_t number = 0;

  for (size_t i = 0; i < len; i++) {
    number = number << 8 | in[i];
  }

  return number;
}

#endif /* FTPS_BASE_BYTES_H */
