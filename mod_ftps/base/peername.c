/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peername.c: see peername.h.
 */
#include "base/peername.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/x509_text.h"

#define PREFIX     "sha256:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define DIGITS     64

static bool is_address(const char *name) {
  ASN1_OCTET_STRING *address;
  bool is_one;

  (void) ERR_set_mark();
  address = a2i_IPADDRESS(name);
  is_one = address != NULL;
  ASN1_OCTET_STRING_free(address);
  (void) ERR_pop_to_mark();
  return is_one;
}

/* The colons are those of "openssl x509 -fingerprint". */
static int read_fingerprint(const char *digits, char *name) {
  size_t n = 0;

  memcpy(name, PREFIX, PREFIX_LEN);
  for (; *digits != '\0'; digits++) {
    if (*digits == ':') {
      continue;
    }
    if (!isxdigit((unsigned char) *digits) || n == DIGITS) {
      return -1;
    }
    name[PREFIX_LEN + n] = (char) tolower((unsigned char) *digits);
    n++;
  }

  name[PREFIX_LEN + n] = '\0';
  return n == DIGITS ? 0 : -1;
}

/* The last label of a host name is never a number. */
static bool is_host_name(const char *word) {
  const char *last = strrchr(word, '.');
  size_t len = strlen(word);

  last = last != NULL ? last + 1 : word;
  return len > 0 && len < FTPS_PEERNAME_SIZE && *last != '\0' &&
      !isdigit((unsigned char) *last) && *word != '.' && *word != '-' &&
      strspn(word,
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
          "_") == len;
}

int ftps_peername_read(const char *word, char name[FTPS_PEERNAME_SIZE]) {
  size_t i = 0;

  if (strncasecmp(word, PREFIX, PREFIX_LEN) == 0) {
    return read_fingerprint(word + PREFIX_LEN, name);
  }

  if (strlen(word) >= FTPS_PEERNAME_SIZE ||
      (!is_address(word) && !is_host_name(word))) {
    return -1;
  }

  for (; word[i] != '\0'; i++) {
    name[i] = (char) tolower((unsigned char) word[i]);
  }
  name[i] = '\0';
  return 0;
}

bool ftps_peername_is_fingerprint(const char *name) {
  return strncmp(name, PREFIX, PREFIX_LEN) == 0;
}

bool ftps_peername_is_in(const char *name, X509 *cert) {
  bool is_in;

  if (ftps_peername_is_fingerprint(name)) {
    return false;
  }

  (void) ERR_set_mark();
  is_in = is_address(name)
      ? X509_check_ip_asc(cert, name, 0) == 1
      : X509_check_host(cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
            NULL) == 1;
  (void) ERR_pop_to_mark();
  return is_in;
}

void ftps_peername_describe(X509 *cert,
    char text[FTPS_PEERNAME_FINGERPRINT_SIZE]) {
  memcpy(text, PREFIX, PREFIX_LEN);
  if (ftps_text_fingerprint(cert, text + PREFIX_LEN,
          FTPS_PEERNAME_FINGERPRINT_SIZE - PREFIX_LEN) != DIGITS) {
    text[0] = '\0';
  }
}
