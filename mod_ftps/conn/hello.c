/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * hello.c: see hello.h.
 */
#include "conn/hello.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#define NAME_TYPE_HOST_NAME   0
#define RECORD_TYPE_ALERT     21
#define RECORD_TYPE_HANDSHAKE 22

static bool is_host_char(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
      (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool is_address(const char *name) {
  struct in_addr v4;

  return inet_pton(AF_INET, name, &v4) == 1;
}

static unsigned char lower(unsigned char c) {
  return c >= 'A' && c <= 'Z' ? (unsigned char) (c + ('a' - 'A')) : c;
}

static bool holds_only(const unsigned char *bytes, size_t len,
    bool (*is_allowed)(unsigned char)) {
  for (size_t i = 0; i < len; i++) {
    if (!is_allowed(bytes[i])) {
      return false;
    }
  }

  return true;
}

/* RFC 6066 does not allow IPv6 literals in the extension, but clients send
 * them.
 */
static bool is_address_char(unsigned char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
      (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '[' || c == ']';
}

enum ftps_hello_name ftps_hello_server_name(const unsigned char *ext,
    size_t len, char *name) {
  size_t list_len, name_len;

  name[0] = '\0';
  if (len < FTPS_HELLO_NAME_AT) {
    return FTPS_HELLO_BAD_NAME;
  }

  list_len = ((size_t) ext[0] << 8) | ext[1];
  name_len = ((size_t) ext[3] << 8) | ext[4];
  if (list_len != len - 2 || ext[2] != NAME_TYPE_HOST_NAME ||
      name_len != len - FTPS_HELLO_NAME_AT) {
    return FTPS_HELLO_BAD_NAME;
  }
  if (name_len == 0 || name_len > FTPS_HOST_NAME_MAX) {
    return FTPS_HELLO_ODD_NAME;
  }

  ext += FTPS_HELLO_NAME_AT;
  if (memchr(ext, ':', name_len) != NULL &&
      holds_only(ext, name_len, is_address_char)) {
    return FTPS_HELLO_NO_NAME;
  }

  if (!holds_only(ext, name_len, is_host_char)) {
    return FTPS_HELLO_ODD_NAME;
  }

  for (size_t i = 0; i < name_len; i++) {
    name[i] = (char) lower(ext[i]);
  }
  name[name_len] = '\0';

  if (is_address(name)) {
    name[0] = '\0';
    return FTPS_HELLO_NO_NAME;
  }

  /* "host." and "host" are the same name. */
  if (name_len > 1 && name[name_len - 1] == '.') {
    name[name_len - 1] = '\0';
  }

  return FTPS_HELLO_NAME;
}

/* Length of the list, length of the first identity, identity (RFC 8446,
 * section 4.2.11).
 */
#define IDENTITY_AT 4

const unsigned char *ftps_hello_get0_identity(const unsigned char *ext,
    size_t len, size_t len_min) {
  size_t identity_len;

  if (len < IDENTITY_AT) {
    return NULL;
  }

  identity_len = ((size_t) ext[2] << 8) | ext[3];
  return identity_len >= len_min && identity_len <= len - IDENTITY_AT
      ? ext + IDENTITY_AT
      : NULL;
}

void ftps_hello_escape(const unsigned char *bytes, size_t len, char *text,
    size_t size) {
  size_t n = 0;

  for (size_t i = 0; i < len && n + 4 < size; i++) {
    unsigned char c = bytes[i];

    if (c >= ' ' && c < 0x7f && c != '\\' && c != '\'') {
      text[n++] = (char) c;
    } else {
      n += (size_t) snprintf(text + n, size - n, "\\x%02x", c);
    }
  }
  text[n] = '\0';
}

bool ftps_hello_is_tls(const unsigned char *bytes, size_t len) {
  if (len == 0) {
    return true;
  }

  if (bytes[0] == RECORD_TYPE_HANDSHAKE || bytes[0] == RECORD_TYPE_ALERT) {
    return len < 2 || bytes[1] == 3;
  }

  return (bytes[0] & 0x80) != 0;
}
