/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * envelope.c: see envelope.h.
 */
#include "cache/envelope.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

/* The shortest session that OpenSSL reads: TLS 1.2, a cipher that every library
 * has, no id, a master secret of 48 zeros, and a group, P-256, at the end.
 * Without the group the last byte would be 0, and since ProFTPD 1.3.9c
 * mod_tls_memcache and mod_tls_redis lose a last 0 when they read JSON.
 */
static const unsigned char blank_session[] = { 0x30, 0x44, 0x02, 0x01, 0x01,
  0x02, 0x02, 0x03, 0x03, 0x04, 0x02, 0xc0, 0x2f, 0x04, 0x00, 0x04, 0x30, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb3, 0x03, 0x02,
  0x01, 0x17 };

/* id-pkix-ocsp-basic, with its tag and length. */
static const unsigned char basic[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05,
  0x07, 0x30, 0x01, 0x01 };

/* responseStatus: successful */
static const unsigned char successful[] = { 0x0a, 0x01, 0x00 };

SSL_SESSION *ftps_envelope_session(const unsigned char *id, size_t id_len,
    const void *bytes, size_t len, time_t expires) {
  const unsigned char *der = blank_session;
  SSL_SESSION *session = d2i_SSL_SESSION(NULL, &der, sizeof(blank_session));
  long now = (long) time(NULL);

  if (session == NULL || id_len > SSL_MAX_SSL_SESSION_ID_LENGTH ||
      SSL_SESSION_set1_id(session, id, (unsigned int) id_len) != 1 ||
      SSL_SESSION_set1_ticket_appdata(session, bytes, len) != 1) {
    SSL_SESSION_free(session);
    return NULL;
  }

  (void) SSL_SESSION_set_time(session, now);
  (void) SSL_SESSION_set_timeout(session, (long) expires - now);
  return session;
}

static int copy(void *to, size_t *room, const void *from, size_t len) {
  if (len == 0 || len > *room) {
    return -1;
  }

  memcpy(to, from, len);
  *room = len;
  return 0;
}

int ftps_envelope_open_session(SSL_SESSION *session, void *bytes, size_t *len) {
  void *inside = NULL;
  size_t n = 0;

  if (SSL_SESSION_get0_ticket_appdata(session, &inside, &n) != 1 ||
      inside == NULL) {
    return -1;
  }

  return copy(bytes, len, inside, n);
}

/* OCSPResponse, responseBytes, ResponseBytes, response: RFC 6960, 4.2.1. */
OCSP_RESPONSE *ftps_envelope_response(const void *bytes, size_t len) {
  int octets = ASN1_object_size(0, (int) len, V_ASN1_OCTET_STRING);
  int sequence = octets + (int) sizeof(basic);
  int tagged = ASN1_object_size(1, sequence, V_ASN1_SEQUENCE);
  int outer = ASN1_object_size(1, tagged, 0) + (int) sizeof(successful);
  int size = ASN1_object_size(1, outer, V_ASN1_SEQUENCE);
  OCSP_RESPONSE *response;
  const unsigned char *start;
  unsigned char *der, *p;

  if (len > 0xffff) {
    return NULL;
  }

  der = p = OPENSSL_malloc((size_t) size);
  if (der == NULL) {
    return NULL;
  }

  ASN1_put_object(&p, 1, outer, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  memcpy(p, successful, sizeof(successful));
  p += sizeof(successful);
  ASN1_put_object(&p, 1, tagged, 0, V_ASN1_CONTEXT_SPECIFIC);
  ASN1_put_object(&p, 1, sequence, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  memcpy(p, basic, sizeof(basic));
  p += sizeof(basic);
  ASN1_put_object(&p, 0, (int) len, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
  memcpy(p, bytes, len);

  start = der;
  response = d2i_OCSP_RESPONSE(NULL, &start, size);
  OPENSSL_free(der);
  return response;
}

/* Skips the head of an object of this kind.  Returns -1 if it is another one.
 */
static int enter(const unsigned char **p, const unsigned char *end, int tag,
    int tag_class) {
  long len;
  int found_tag, found_class;

  if ((ASN1_get_object(p, &len, &found_tag, &found_class, end - *p) & 0x80) ||
      found_tag != tag || found_class != tag_class || len != end - *p) {
    return -1;
  }

  return 0;
}

static int step_over(const unsigned char **p, const unsigned char *end,
    const unsigned char *what, size_t len) {
  if ((size_t) (end - *p) < len || memcmp(*p, what, len) != 0) {
    return -1;
  }

  *p += len;
  return 0;
}

int ftps_envelope_open_response(OCSP_RESPONSE *response, void *bytes,
    size_t *len) {
  unsigned char *der = NULL;
  int size = i2d_OCSP_RESPONSE(response, &der), res = -1;
  const unsigned char *p = der, *end = der + (size > 0 ? size : 0);

  if (size > 0 && enter(&p, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL) == 0 &&
      step_over(&p, end, successful, sizeof(successful)) == 0 &&
      enter(&p, end, 0, V_ASN1_CONTEXT_SPECIFIC) == 0 &&
      enter(&p, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL) == 0 &&
      step_over(&p, end, basic, sizeof(basic)) == 0 &&
      enter(&p, end, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL) == 0) {
    res = copy(bytes, len, p, (size_t) (end - p));
  }

  OPENSSL_free(der);
  return res;
}
