/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * crl_fuzz.c: what the daemon says of a revocation list (vhost/cert_advice.c).
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "vhost/cert_advice.h"

#include "t/fuzz/fuzz.h"

#define NOW 1800000000

static void take_line(enum ftps_severity severity, const char *text) {
  CHECK(severity == FTPS_SEVERITY_NOTICE);
  for (const char *c = text; *c != '\0'; c++) {
    CHECK((unsigned char) *c >= ' ' && *c != 0x7f);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const unsigned char *at = data;
  X509_CRL *list = d2i_X509_CRL(NULL, &at, (long) size);
  const struct ftps_advice about = { .directive = "TLSCARevocationFile",
    .path = "file",
    .now = NOW,
    .report = take_line };

  ERR_clear_error();
  if (list != NULL) {
    ftps_cert_advice_list(&about, list);
    CHECK(ERR_peek_error() == 0);
  }

  X509_CRL_free(list);
  return 0;
}
