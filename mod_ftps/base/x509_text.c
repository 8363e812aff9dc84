/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * x509_text.c: see x509_text.h.
 *
 * Source: UTF-8 as in RFC 3629; names as in RFC 2253.
 */
#include "base/x509_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include "base/bytes.h"

/* The longest name of an algorithm in OpenSSL, or a dotted OID. */
#define MAX_ALGORITHM 128

/* Bytes of a serial number (RFC 5280, section 4.1.2.2). */
#define MAX_SERIAL 20

struct writer {
  char *out;
  size_t size;
  size_t len;
  bool full;
};

static struct writer start_text(char *out, size_t size) {
  struct writer w = { out, size, 0, size == 0 };

  if (size > 0) {
    out[0] = '\0';
  }

  return w;
}

/* Adds all of it; if it does not fit, nothing is added from then on. */
static void add_piece(struct writer *w, const void *piece, size_t len) {
  if (w->full || len >= w->size - w->len) {
    w->full = true;
    return;
  }

  memcpy(w->out + w->len, piece, len);
  w->len += len;
  w->out[w->len] = '\0';
}

static void add_escape(struct writer *w, unsigned char byte) {
  char piece[] = "\\xHH";

  ftps_bytes_to_hex(&byte, 1, piece + 2);
  add_piece(w, piece, sizeof(piece) - 1);
}

/* Returns the length of the character at `s`, and its code, or 0 if it is not
 * UTF-8.
 */
static size_t scan_utf8(const unsigned char *s, size_t len, uint32_t *code) {
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t i, n;

  if (s[0] < 0x80) {
    *code = s[0];
    return 1;
  }

  if (s[0] >= 0xc2 && s[0] <= 0xdf) {
    n = 2;
    *code = s[0] & 0x1f;
  } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
    n = 3;
    *code = s[0] & 0x0f;
  } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
    n = 4;
    *code = s[0] & 0x07;
  } else {
    return 0;
  }

  if (n > len) {
    return 0;
  }

  for (i = 1; i < n; i++) {
    if ((s[i] & 0xc0) != 0x80) {
      return 0;
    }
    *code = (*code << 6) | (s[i] & 0x3f);
  }

  if (*code < least[n] || *code > 0x10ffff ||
      (*code >= 0xd800 && *code <= 0xdfff)) {
    return 0;
  }

  return n;
}

/* Controls, separators, and marks that change the direction of writing. */
static bool is_unfit(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
      code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void add_bytes(struct writer *w, const unsigned char *s, size_t len,
    bool keep_backslash) {
  uint32_t code = 0;
  size_t i, n;

  while (len > 0 && !w->full) {
    n = scan_utf8(s, len, &code);
    if (n > 0 && !is_unfit(code) && (code != '\\' || keep_backslash)) {
      add_piece(w, s, n);
    } else {
      n = n > 0 ? n : 1;
      for (i = 0; i < n; i++) {
        add_escape(w, s[i]);
      }
    }

    s += n;
    len -= n;
  }
}

size_t ftps_text_escape(const void *bytes, size_t len, char *out, size_t size) {
  struct writer w = start_text(out, size);

  add_bytes(&w, bytes, len, false);
  return w.len;
}

/* Adds what was printed into memory; the memory has no NUL at its end. */
static void add_printed(struct writer *w, BIO *mem) {
  char *data = NULL;
  long len = BIO_get_mem_data(mem, &data);

  if (len > 0) {
    add_bytes(w, (unsigned char *) data, (size_t) len, true);
  }
}

static bool print_name(BIO *mem, const X509_NAME *name, unsigned long flags) {
  if (X509_NAME_print_ex(mem, name, 0, flags) >= 0) {
    return true;
  }

  /* A string that contradicts its own type: show the bytes. */
  flags |= ASN1_STRFLGS_DUMP_ALL | ASN1_STRFLGS_DUMP_DER;
  return BIO_reset(mem) == 1 && X509_NAME_print_ex(mem, name, 0, flags) >= 0;
}

static size_t write_name(const X509_NAME *name, unsigned long flags, char *out,
    size_t size) {
  struct writer w = start_text(out, size);
  BIO *mem = NULL;

  (void) ERR_set_mark();
  mem = BIO_new(BIO_s_mem());
  if (mem != NULL && name != NULL && print_name(mem, name, flags)) {
    add_printed(&w, mem);
  }

  (void) BIO_free(mem);
  (void) ERR_pop_to_mark();
  return w.len;
}

size_t ftps_text_name(const X509_NAME *name, char *out, size_t size) {
  return write_name(name,
      XN_FLAG_ONELINE & ~(unsigned long) ASN1_STRFLGS_ESC_MSB, out, size);
}

size_t ftps_text_name_ascii(const X509_NAME *name, char *out, size_t size) {
  return write_name(name, XN_FLAG_ONELINE, out, size);
}

static const ASN1_STRING *find_part(const X509_NAME *name, int nid) {
  int i, last = -1;

  for (i = X509_NAME_get_index_by_NID(name, nid, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(name, nid, last)) {
    last = i;
  }

  return last < 0 ? NULL
                  : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
}

size_t ftps_text_name_part(const X509_NAME *name, int nid, char *out,
    size_t size) {
  struct writer w = start_text(out, size);
  const ASN1_STRING *value;
  unsigned char *utf8 = NULL;
  int len;

  value = name != NULL ? find_part(name, nid) : NULL;
  if (value == NULL) {
    return 0;
  }

  (void) ERR_set_mark();
  len = ASN1_STRING_to_UTF8(&utf8, value);
  if (len >= 0) {
    add_bytes(&w, utf8, (size_t) len, false);
    OPENSSL_free(utf8);
  } else {
    add_bytes(&w, ASN1_STRING_get0_data(value),
        (size_t) ASN1_STRING_length(value), false);
  }

  (void) ERR_pop_to_mark();
  return w.len;
}

size_t ftps_text_serial_decimal(const X509 *cert, char *out, size_t size) {
  struct writer w = start_text(out, size);
  const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
  BIGNUM *number = NULL;
  char *digits = NULL;

  (void) ERR_set_mark();
  if (ASN1_STRING_length(serial) <= MAX_SERIAL) {
    number = ASN1_INTEGER_to_BN(serial, NULL);
  }

  if (number != NULL) {
    digits = BN_bn2dec(number);
  }

  if (digits != NULL) {
    add_piece(&w, digits, strlen(digits));
  }

  OPENSSL_free(digits);
  BN_free(number);
  (void) ERR_pop_to_mark();
  return w.len;
}

size_t ftps_text_time(const ASN1_TIME *when, char *out, size_t size) {
  struct writer w = start_text(out, size);
  BIO *mem = NULL;

  (void) ERR_set_mark();
  mem = BIO_new(BIO_s_mem());
  if (mem != NULL && when != NULL && ASN1_TIME_print(mem, when) == 1) {
    add_printed(&w, mem);
  }

  (void) BIO_free(mem);
  (void) ERR_pop_to_mark();
  return w.len;
}

static size_t write_object(const ASN1_OBJECT *object, char *out, size_t size) {
  struct writer w = start_text(out, size);
  char text[MAX_ALGORITHM];

  (void) ERR_set_mark();
  if (object != NULL && OBJ_obj2txt(text, (int) sizeof(text), object, 0) > 0) {
    add_bytes(&w, (unsigned char *) text, strlen(text), true);
  }

  (void) ERR_pop_to_mark();
  return w.len;
}

#define HOUR 3600L
#define DAY  (24 * HOUR)

/* If memory ran out, `start` is NULL, which is the time of the clock. */
long ftps_text_until(const ASN1_TIME *then, time_t now) {
  int days = 0, seconds = 0;
  ASN1_TIME *start;

  (void) ERR_set_mark();
  start = ASN1_TIME_set(NULL, now);
  (void) ASN1_TIME_diff(&days, &seconds, start, then);
  ASN1_TIME_free(start);
  (void) ERR_pop_to_mark();
  return days * DAY + seconds;
}

void ftps_text_left(long seconds, char *out, size_t size) {
  if (seconds >= 2 * DAY) {
    (void) snprintf(out, size, "%ld days", seconds / DAY);
  } else {
    (void) snprintf(out, size, "%ld hours", seconds / HOUR);
  }
}

bool ftps_text_is_late(long left, long life, long most) {
  return left < most && left < life / 10 * 3;
}

size_t ftps_text_signature_type(const X509 *cert, char *out, size_t size) {
  const ASN1_OBJECT *object = NULL;

  X509_ALGOR_get0(&object, NULL, NULL, X509_get0_tbs_sigalg(cert));
  return write_object(object, out, size);
}

size_t ftps_text_key_type(const X509 *cert, char *out, size_t size) {
  ASN1_OBJECT *object = NULL;
  const X509_PUBKEY *key = X509_get_X509_PUBKEY(cert);

  if (key != NULL) {
    (void) X509_PUBKEY_get0_param(&object, NULL, NULL, NULL, key);
  }

  return write_object(object, out, size);
}

const char *ftps_text_key_kind(const X509 *cert) {
  return OBJ_nid2sn(EVP_PKEY_get_base_id(X509_get0_pubkey(cert)));
}

size_t ftps_text_fingerprint(const X509 *cert, char *out, size_t size) {
  struct writer w = start_text(out, size);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int i, len = 0;
  char piece[3];

  (void) ERR_set_mark();
  if (X509_digest(cert, EVP_sha256(), digest, &len) == 1) {
    for (i = 0; i < len; i++) {
      ftps_bytes_to_hex(&digest[i], 1, piece);
      add_piece(&w, piece, 2);
    }
  }

  (void) ERR_pop_to_mark();
  return w.len;
}

size_t ftps_text_pem(const X509 *cert, char *out, size_t size) {
  struct writer w = start_text(out, size);
  char *data = NULL;
  BIO *mem = NULL;
  long len = 0;

  (void) ERR_set_mark();
  mem = BIO_new(BIO_s_mem());
  if (mem != NULL && PEM_write_bio_X509(mem, cert) == 1) {
    len = BIO_get_mem_data(mem, &data);
  }

  if (len > 0) {
    add_piece(&w, data, (size_t) len);
  }

  (void) BIO_free(mem);
  (void) ERR_pop_to_mark();
  return len > 0 ? (size_t) len : 0;
}
