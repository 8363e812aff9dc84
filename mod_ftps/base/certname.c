/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certname.c: see certname.h.
 */
#include "base/certname.h"

#include <string.h>
#include <strings.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/x509_text.h"

/* Longer than any value that a rule or a login can have, so a text that was cut
 * is equal to none of them.
 */
#define NAME_SIZE 8192

typedef bool (
    *compare_fn)(const unsigned char *bytes, size_t len, const char *value);

static bool is_plain(const unsigned char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
      return false;
    }
  }

  return len > 0;
}

static bool is_same(const unsigned char *bytes, size_t len, const char *value) {
  return is_plain(bytes, len) && len == strlen(value) &&
      memcmp(bytes, value, len) == 0;
}

static bool is_same_host(const unsigned char *bytes, size_t len,
    const char *value) {
  return is_plain(bytes, len) && len == strlen(value) &&
      strncasecmp((const char *) bytes, value, len) == 0;
}

static bool is_string(const ASN1_STRING *string, const char *value,
    compare_fn compare) {
  unsigned char *utf8 = NULL;
  int len = ASN1_STRING_to_UTF8(&utf8, string);
  bool res = len >= 0 && compare(utf8, (size_t) len, value);

  OPENSSL_free(utf8);
  return res;
}

static bool has_common_name(const X509 *cert, const char *value,
    compare_fn compare) {
  const X509_NAME *name = X509_get_subject_name(cert);
  int i = -1;

  while ((i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0) {
    if (is_string(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)), value,
            compare)) {
      return true;
    }
  }

  return false;
}

static bool has_subject(const X509 *cert, const char *value) {
  char text[NAME_SIZE];
  size_t len;

  len = ftps_text_name(X509_get_subject_name(cert), text, sizeof(text));
  return is_same((const unsigned char *) text, len, value);
}

static bool has_fingerprint(const X509 *cert, const char *value) {
  char text[2 * EVP_MAX_MD_SIZE + 1];
  size_t len = ftps_text_fingerprint(cert, text, sizeof(text));

  return is_same((const unsigned char *) text, len, value);
}

static bool is_upn(const OTHERNAME *other, const char *value) {
  return OBJ_obj2nid(other->type_id) == NID_ms_upn &&
      other->value->type == V_ASN1_UTF8STRING &&
      is_string(other->value->value.utf8string, value, is_same);
}

static bool is_alt_name(const GENERAL_NAME *name, enum ftps_certname kind,
    const char *value) {
  switch (kind) {
    case FTPS_CERTNAME_DNS:
      return name->type == GEN_DNS &&
          is_string(name->d.dNSName, value, is_same_host);

    case FTPS_CERTNAME_EMAIL:
      return name->type == GEN_EMAIL &&
          is_string(name->d.rfc822Name, value, is_same);

    case FTPS_CERTNAME_URI:
      return name->type == GEN_URI &&
          is_string(name->d.uniformResourceIdentifier, value, is_same);

    case FTPS_CERTNAME_UPN:
      return name->type == GEN_OTHERNAME && is_upn(name->d.otherName, value);

    default:
      return false;
  }
}

static bool has_alt_name(const X509 *cert, enum ftps_certname kind,
    const char *value) {
  GENERAL_NAMES *names;
  bool res = false;

  names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !res; i++) {
    res = is_alt_name(sk_GENERAL_NAME_value(names, i), kind, value);
  }

  GENERAL_NAMES_free(names);
  return res;
}

bool ftps_certname_is(const X509 *cert, enum ftps_certname kind,
    const char *value) {
  bool res = false;

  (void) ERR_set_mark();
  switch (kind) {
    case FTPS_CERTNAME_COMMON:
      res = has_common_name(cert, value, is_same);
      break;

    case FTPS_CERTNAME_COMMON_HOST:
      res = has_common_name(cert, value, is_same_host);
      break;

    case FTPS_CERTNAME_SUBJECT:
      res = has_subject(cert, value);
      break;

    case FTPS_CERTNAME_FINGERPRINT:
      res = has_fingerprint(cert, value);
      break;

    case FTPS_CERTNAME_DNS:
    case FTPS_CERTNAME_EMAIL:
    case FTPS_CERTNAME_URI:
    case FTPS_CERTNAME_UPN:
      res = has_alt_name(cert, kind, value);
      break;

    case FTPS_CERTNAME_NONE:
      break;
  }

  (void) ERR_pop_to_mark();
  return res;
}

static bool is_text_type(int type) {
  return type == V_ASN1_UTF8STRING || type == V_ASN1_IA5STRING ||
      type == V_ASN1_PRINTABLESTRING || type == V_ASN1_T61STRING ||
      type == V_ASN1_BMPSTRING || type == V_ASN1_UNIVERSALSTRING;
}

static bool is_extension_value(const ASN1_OCTET_STRING *data,
    const char *value) {
  const unsigned char *bytes = ASN1_STRING_get0_data(data);
  const unsigned char *p = bytes;
  int len = ASN1_STRING_length(data);
  ASN1_TYPE *type = d2i_ASN1_TYPE(NULL, &p, len);
  bool res;

  if (type != NULL && p == bytes + len && is_text_type(type->type)) {
    res = is_string(type->value.asn1_string, value, is_same);
  } else {
    res = is_same(bytes, (size_t) len, value);
  }

  ASN1_TYPE_free(type);
  return res;
}

bool ftps_certname_extension_is(const X509 *cert, const char *oid,
    const char *value) {
  ASN1_OBJECT *object;
  bool res = false;
  int i = -1;

  (void) ERR_set_mark();
  object = OBJ_txt2obj(oid, 1);
  while (object != NULL && !res &&
      (i = X509_get_ext_by_OBJ(cert, object, i)) >= 0) {
    res = is_extension_value(X509_EXTENSION_get_data(X509_get_ext(cert, i)),
        value);
  }

  ASN1_OBJECT_free(object);
  (void) ERR_pop_to_mark();
  return res;
}

bool ftps_certname_is_oid(const char *text) {
  ASN1_OBJECT *object;

  if (strspn(text, "0123456789.") != strlen(text)) {
    return false;
  }

  (void) ERR_set_mark();
  object = OBJ_txt2obj(text, 1);
  ASN1_OBJECT_free(object);
  (void) ERR_pop_to_mark();
  return object != NULL;
}
