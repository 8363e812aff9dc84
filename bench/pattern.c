/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pattern.c: see pattern.h.
 */
#include "pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PERIOD 1000003
#define CHUNK  (128 * 1024)

static unsigned char pattern[PERIOD];

void ftps_pattern_fill(void) {
  uint64_t x = 88172645463325252ULL;

  for (size_t i = 0; i < PERIOD; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    pattern[i] = (unsigned char) (x >> 32);
  }
}

size_t ftps_pattern_piece(uint64_t offset, size_t want,
    const unsigned char **at_out) {
  size_t from = (size_t) (offset % PERIOD);

  *at_out = pattern + from;
  return want < PERIOD - from ? want : PERIOD - from;
}

bool ftps_pattern_equals(const unsigned char *bytes, size_t len,
    uint64_t offset) {
  while (len > 0) {
    const unsigned char *right;
    size_t n = ftps_pattern_piece(offset, len, &right);

    if (memcmp(bytes, right, n) != 0) {
      return false;
    }
    bytes += n;
    len -= n;
    offset += n;
  }
  return true;
}

static int report(const char *path, uint64_t offset, const char *why) {
  (void) fprintf(stderr, "load: %s at %llu: %s\n", path,
      (unsigned long long) offset, why);
  return -1;
}

int ftps_pattern_make(const char *path, uint64_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  uint64_t offset = 0;
  ssize_t n = fd;

  while (n >= 0 && offset < size) {
    const unsigned char *at;
    uint64_t left = size - offset;
    size_t len =
        ftps_pattern_piece(offset, left < CHUNK ? (size_t) left : CHUNK, &at);

    n = write(fd, at, len);
    offset += n > 0 ? (uint64_t) n : 0;
  }
  return n < 0 || close(fd) < 0 ? report(path, offset, strerror(errno)) : 0;
}

int ftps_pattern_check(const char *path, uint64_t size) {
  static unsigned char buf[CHUNK];
  int fd = open(path, O_RDONLY);
  uint64_t offset = 0;
  ssize_t n;

  if (fd < 0) {
    return report(path, 0, strerror(errno));
  }
  while ((n = read(fd, buf, sizeof(buf))) > 0) {
    if (!ftps_pattern_equals(buf, (size_t) n, offset)) {
      return report(path, offset, "wrong bytes here or later");
    }
    offset += (uint64_t) n;
  }
  if (n < 0 || close(fd) < 0) {
    return report(path, offset, strerror(errno));
  }
  return offset == size ? 0 : report(path, offset, "wrong size");
}
