/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * fips.c: see fips.h.
 *
 * The base provider reads PEM and DER; the FIPS provider cannot.
 */
#include "vhost/fips.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

int ftps_fips_enable(struct ftps_error *err) {
  if (ftps_fips_is_enabled() && OSSL_PROVIDER_available(NULL, "fips") == 1) {
    return 0;
  }

  if (OSSL_PROVIDER_load(NULL, "fips") == NULL ||
      OSSL_PROVIDER_load(NULL, "base") == NULL ||
      EVP_default_properties_enable_fips(NULL, 1) != 1) {
    ftps_error_set_ssl(err,
        "-DTLS_USE_FIPS: OpenSSL's FIPS provider cannot be used; set it up "
        "with \"openssl fipsinstall\", or start the daemon without that word");
    return -1;
  }

  return 0;
}

bool ftps_fips_is_enabled(void) {
  return EVP_default_properties_is_fips_enabled(NULL) == 1;
}
