/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * profile.c: see profile.h.
 *
 * `intermediate` leaves to the library and to openssl.cnf what they may make
 * stricter.  The other profiles say what they mean.
 */
#include "host/config/profile.h"

#define ALL_BUT_SSL \
  (FTPS_PROTO_DEFAULT | FTPS_PROTO_TLSV1_0 | FTPS_PROTO_TLSV1_1)

/* RSA+SHA256 and its like are not used in TLS 1.3, but clients look in this
 * list for the signatures in their own certificates as well.
 */
#define MODERN_SIGNATURES \
  "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:" \
  "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:" \
  "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:" \
  "RSA+SHA256:RSA+SHA384:RSA+SHA512"

#define OLD_SIGNATURES \
  MODERN_SIGNATURES ":ECDSA+SHA224:RSA+SHA224:ECDSA+SHA1:RSA+SHA1"

static const struct {
  unsigned int protocols; /* 0: the default, which openssl.cnf may restrict */
  const char *signatures;
  int security_level;
} profiles[] = {
  [FTPS_PROFILE_INTERMEDIATE] = { .security_level = FTPS_LEVEL_OF_SYSTEM },
  [FTPS_PROFILE_MODERN] = { FTPS_PROTO_TLSV1_3, MODERN_SIGNATURES, 2 },
  [FTPS_PROFILE_OLD] = { ALL_BUT_SSL, OLD_SIGNATURES, 0 },
};

static const char *choose_ciphers(const struct ftps_settings *settings) {
  return settings->profile != FTPS_PROFILE_OLD &&
          (settings->protocols & ~(unsigned int) FTPS_PROTO_DEFAULT) == 0
      ? FTPS_DEFAULT_CIPHER_LIST
      : FTPS_OLD_CIPHER_LIST;
}

void ftps_profile_apply(struct ftps_settings *settings) {
  unsigned int protocols = profiles[settings->profile].protocols;

  if (!settings->has_protocols && protocols != 0) {
    settings->protocols = protocols;
    settings->has_protocols = true;
  }

  if (settings->cipher_list == NULL) {
    settings->cipher_list = choose_ciphers(settings);
  }
  settings->signatures = profiles[settings->profile].signatures;
  settings->security_level = profiles[settings->profile].security_level;
}
