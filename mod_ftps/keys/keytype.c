/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keytype.c: see keytype.h.
 */
#include "keys/keytype.h"

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
};

static size_t find_row(enum ftps_keytype type) {
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
