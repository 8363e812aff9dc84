/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keytype.c: see keytype.h.
 */
#include "keys/keytype.h"

/* A row behind that of TLSCertificate, whose other numbers are not needed. */
#define NAMED_ROW (FTPS_KEYTYPE_ANY + 1)

static const struct {
  const char *name;
  const char *certificate;
  const char *key;
} words[FTPS_KEYTYPE_COUNT] = {
  [FTPS_KEYTYPE_RSA] = { "RSA", "TLSRSACertificateFile",
      "TLSRSACertificateKeyFile" },
  [FTPS_KEYTYPE_EC] = { "EC", "TLSECCertificateFile",
      "TLSECCertificateKeyFile" },
  [FTPS_KEYTYPE_DSA] = { "DSA", "TLSDSACertificateFile",
      "TLSDSACertificateKeyFile" },
  [FTPS_KEYTYPE_PKCS12] = { "PKCS12", "TLSPKCS12File", "TLSPKCS12File" },
  [FTPS_KEYTYPE_ANY] = { "EC", "TLSCertificate", "TLSCertificate" },
  [NAMED_ROW] = { "EC", "TLSCertificateDirectory", "TLSCertificateDirectory" },
};

static size_t find_row(enum ftps_keytype type) {
  if (type == FTPS_KEYTYPE_NAMED) {
    return NAMED_ROW;
  }

  return type < FTPS_KEYTYPE_ANY ? type : FTPS_KEYTYPE_ANY;
}

const char *ftps_keytype_name(enum ftps_keytype type) {
  return words[find_row(type)].name;
}

const char *ftps_keytype_certificate_directive(enum ftps_keytype type) {
  return words[find_row(type)].certificate;
}

const char *ftps_keytype_key_directive(enum ftps_keytype type) {
  return words[find_row(type)].key;
}
