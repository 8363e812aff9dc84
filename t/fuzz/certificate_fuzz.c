/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certificate_fuzz.c: every reader of a certificate's fields: texts for logs
 * (base/x509_text.c), names (base/certname.c, base/usermap.c, base/peername.c)
 * and advice (vhost/cert_advice.c).  The input is certificates in DER, one
 * after the other: the first is the client's, the others its chain.
 *
 * What becomes a text is safe in a log: UTF-8 without control characters.
 */
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/certname.h"
#include "base/peername.h"
#include "base/settings.h"
#include "base/usermap.h"
#include "base/x509_text.h"
#include "vhost/cert_advice.h"

#include "t/fuzz/fuzz.h"

#define CHAIN_MAX 3
#define NOW       1800000000

static const char *const rules =
    "cn:alice alice\ndn:CN = alice alice\nsan-dns:host.example alice\n"
    "san-email:alice@example.org alice\nsan-uri:urn:alice alice\n"
    "san-upn:alice@example.org alice\n"
    "sha256:"
    "0000000000000000000000000000000000000000000000000000000000000000 alice\n";

static const char *const names[] = { "alice", "127.0.0.1", "host.example",
  "2001:db8::1", "" };

static void check_text(const char *text, size_t len, size_t size) {
  CHECK(len < size && strlen(text) == len);
  for (size_t i = 0; i < len; i++) {
    CHECK((unsigned char) text[i] >= ' ' && text[i] != 0x7f);
  }
}

/* Into rooms of several sizes, so that every text is cut somewhere. */
static void write_texts(const X509 *cert, size_t size) {
  char *text = malloc(size);
  const X509_NAME *subject = X509_get_subject_name(cert);

  CHECK(text != NULL);
  check_text(text, ftps_text_name(subject, text, size), size);
  check_text(text, ftps_text_name(X509_get_issuer_name(cert), text, size),
      size);
  check_text(text, ftps_text_name_part(subject, NID_commonName, text, size),
      size);
  check_text(text, ftps_text_serial_decimal(cert, text, size), size);
  check_text(text, ftps_text_time(X509_get0_notAfter(cert), text, size), size);
  check_text(text, ftps_text_signature_type(cert, text, size), size);
  check_text(text, ftps_text_key_type(cert, text, size), size);
  check_text(text, ftps_text_fingerprint(cert, text, size), size);
  (void) ftps_text_pem(cert, text, size);
  CHECK(strlen(text) < size);
  free(text);
}

static void compare_names(X509 *cert) {
  char text[FTPS_PEERNAME_FINGERPRINT_SIZE];
  struct ftps_error err;
  struct ftps_usermap *map;

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    for (int kind = FTPS_CERTNAME_NONE; kind <= FTPS_CERTNAME_FINGERPRINT;
         kind++) {
      (void) ftps_certname_is(cert, (enum ftps_certname) kind, names[i]);
    }
    (void) ftps_peername_is_in(names[i], cert);
    (void) ftps_certname_extension_is(cert, "1.2.3.4", names[i]);
    (void) ftps_certname_extension_is(cert, "2.5.29.17", names[i]);
  }
  CHECK(!ftps_certname_is(cert, FTPS_CERTNAME_NONE, "alice"));

  ftps_peername_describe(cert, text);
  check_text(text, strlen(text), sizeof(text));
  ftps_error_clear(&err);
  map = ftps_usermap_parse(rules, strlen(rules), &err);
  CHECK(map != NULL);
  (void) ftps_usermap_admits(map, "alice", ftps_certname_is, cert);
  CHECK(!ftps_usermap_admits(map, "bob", ftps_certname_is, cert));
  ftps_usermap_free(map);
}

static void take_line(enum ftps_severity severity, const char *text) {
  CHECK(severity == FTPS_SEVERITY_NOTICE);
  check_text(text, strlen(text), SIZE_MAX);
}

static void advise(X509 *leaf, STACK_OF(X509) * chain) {
  const char *aliases[] = { "*.example", "host.example" };
  const struct ftps_advice about = { .directive = "TLSRSACertificateFile",
    .path = "file",
    .now = NOW,
    .report = take_line };
  struct ftps_settings settings = { .server_name = "host.example",
    .aliases = aliases,
    .alias_count = 2 };

  ftps_cert_advice_dates(&about, leaf, chain);
  ftps_cert_advice_names(&about, leaf, &settings);
  ftps_cert_advice_order(&about, leaf, chain);
  if (ftps_cert_advice_lacks_issuer(leaf, chain, NULL)) {
    ftps_cert_advice_incomplete(&about, leaf);
  }
  ftps_advice_without_list(&about, leaf, false);
  ftps_advice_without_list(&about, leaf, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t sizes[] = { 1, 2, 9, 40, 300, 8192 };
  const unsigned char *at = data;
  X509 *leaf = d2i_X509(NULL, &at, (long) size);
  STACK_OF(X509) *chain = sk_X509_new_null();
  X509 *next = leaf;

  CHECK(chain != NULL);
  while (next != NULL && sk_X509_num(chain) < CHAIN_MAX) {
    next = d2i_X509(NULL, &at, (long) (size - (size_t) (at - data)));
    if (next != NULL) {
      CHECK(sk_X509_push(chain, next) > 0);
    }
  }
  ERR_clear_error();

  if (leaf != NULL) {
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
      write_texts(leaf, sizes[i]);
    }
    compare_names(leaf);
    advise(leaf, chain);
    CHECK(ERR_peek_error() == 0);
  }

  sk_X509_pop_free(chain, X509_free);
  X509_free(leaf);
  return 0;
}
