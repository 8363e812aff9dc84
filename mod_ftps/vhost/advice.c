/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * advice.c: see advice.h.
 */
#include "vhost/advice.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/ctx_index.h"
#include "base/error.h"
#include "base/settings.h"
#include "keys/file_advice.h"
#include "keys/keypair.h"
#include "keys/keytype.h"
#include "trust/crl.h"
#include "trust/verify_client.h"
#include "vhost/cert_advice.h"
#include "vhost/context.h"
#include "vhost/settings_advice.h"

static void advise_order(const struct ftps_advice *about,
    const struct ftps_keypair *pair, const struct ftps_settings *settings,
    enum ftps_keytype type) {
  struct ftps_advice elsewhere = *about;

  if (settings->chain_file != NULL && type < FTPS_KEYTYPE_ANY) {
    elsewhere.directive = "TLSCertificateChainFile";
    elsewhere.path = settings->chain_file;
  }

  ftps_cert_advice_order(&elsewhere, ftps_keypair_get0_certificate(pair),
      ftps_keypair_get0_chain(pair));
}

static void advise_pair(const struct ftps_advice *about,
    const struct ftps_keypair *pair, const struct ftps_settings *settings,
    SSL_CTX *ctx, enum ftps_keytype type) {
  X509 *leaf = ftps_keypair_get0_certificate(pair);
  STACK_OF(X509) *chain = ftps_keypair_get0_chain(pair);
  struct ftps_error unused;

  ftps_error_clear(&unused);
  ftps_cert_advice_dates(about, leaf, chain);
  ftps_cert_advice_names(about, leaf, settings);
  ftps_cert_advice_cost(about, leaf);
  advise_order(about, pair, settings, type);
  if (ftps_cert_advice_lacks_issuer(leaf, chain, SSL_CTX_get_cert_store(ctx)) &&
      ftps_cert_advice_lacks_issuer(leaf, chain,
          ftps_verify_get0_defaults(ftps_ctx_index_daemon(ctx), &unused))) {
    ftps_cert_advice_incomplete(about, leaf);
  }
}

/* For people who replace the one directive and keep the other. */
static void advise_chain(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_needed = false;

  for (size_t i = 0; i < FTPS_KEYTYPE_ANY; i++) {
    is_needed = is_needed || settings->keyfiles[i].certificate != NULL;
  }

  if (settings->chain_file != NULL && settings->certificate_count > 0 &&
      !is_needed) {
    ftps_settings_advise(settings, report,
        "TLSCertificateChainFile %.300s: has no effect on TLSCertificate, "
        "whose file has the chain behind the certificate; take it out",
        settings->chain_file);
  }
}

/* A list has the name of its CA, not that of its file. */
static void advise_lists(struct ftps_advice *about,
    const struct ftps_settings *settings, SSL_CTX *ctx) {
  STACK_OF(X509_OBJECT) *objects =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

  size_t files = settings->crl_files.count, dirs = settings->crl_dirs.count;

  if (files + dirs == 0) {
    return;
  }

  about->directive = files > 0 ? "TLSCARevocationFile" : "TLSCARevocationPath";
  about->path =
      files > 0 ? settings->crl_files.texts[0] : settings->crl_dirs.texts[0];
  if (files > 0 && dirs > 0) {
    about->directive = "TLSCARevocationPath or TLSCARevocationFile";
  }
  for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
    const X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);

    if (X509_OBJECT_get_type(object) == X509_LU_CRL) {
      ftps_cert_advice_list(about, X509_OBJECT_get0_X509_CRL(object));
    }
  }
}

/* True if there is a list of the CA, a complete one or a delta list. */
static bool has_list(const STACK_OF(X509_OBJECT) * objects, X509 *ca,
    bool is_delta) {
  const X509_NAME *name = X509_get_subject_name(ca);

  for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
    const X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
    const X509_CRL *list = X509_OBJECT_get_type(object) == X509_LU_CRL
        ? X509_OBJECT_get0_X509_CRL(object)
        : NULL;

    if (list != NULL && X509_NAME_cmp(X509_CRL_get_issuer(list), name) == 0 &&
        ftps_crl_is_delta(list) == is_delta) {
      return true;
    }
  }

  return false;
}

/* For the CAs that the administrator named: if OCSP is not asked, clients of a
 * CA without a list are accepted unchecked, or all of them are refused.  Those
 * of a CA that has only a delta list are always refused.
 */
static void advise_without_list(struct ftps_advice *about,
    const struct ftps_settings *settings, SSL_CTX *ctx) {
  const STACK_OF(X509_OBJECT) *objects =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

  if (settings->crl_files.count + settings->crl_dirs.count == 0 ||
      settings->verify == FTPS_VERIFY_OFF ||
      settings->verify_order == FTPS_ORDER_OCSP) {
    return;
  }

  about->directive = settings->ca_file != NULL ? "TLSCACertificateFile"
                                               : "TLSCACertificatePath";
  about->path =
      settings->ca_file != NULL ? settings->ca_file : settings->ca_path;
  for (int i = 0; about->path != NULL && i < sk_X509_OBJECT_num(objects); i++) {
    const X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
    X509 *cert = X509_OBJECT_get_type(object) == X509_LU_X509
        ? X509_OBJECT_get0_X509(object)
        : NULL;
    bool is_lacking = cert != NULL && X509_check_ca(cert) != 0 &&
        !has_list(objects, cert, false);
    bool is_refused = is_lacking &&
        (ftps_crl_wants_all(ctx) || has_list(objects, cert, true));

    if (is_refused ||
        (is_lacking && settings->verify_order == FTPS_ORDER_CRL)) {
      ftps_advice_without_list(about, cert, is_refused);
    }
  }
}

/* Ciphers that the library would still accept at this level. */
static bool is_weak(const SSL_CIPHER *cipher, int level) {
  switch (SSL_CIPHER_get_cipher_nid(cipher)) {
    case NID_des_ede3_cbc:
      return true;

    case NID_rc4:
      return level < 2;

    case NID_undef:
      return level == 0;

    default:
      return level == 0 &&
          (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null ||
              SSL_CIPHER_get_bits(cipher, NULL) < 112);
  }
}

static void advise_ciphers(const struct ftps_settings *settings, SSL_CTX *ctx,
    ftps_report report) {
  STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
  const char *first = NULL;
  int n = 0;

  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);

    if (is_weak(cipher, SSL_CTX_get_security_level(ctx))) {
      first = first != NULL ? first : SSL_CIPHER_get_name(cipher);
      n++;
    }
  }

  if (n > 0) {
    ftps_settings_advise(settings, report,
        "TLSCipherSuite %.200s: accepts %s and %d more ciphers whose "
        "connections others can read; append "
        "\":!aNULL:!eNULL:!3DES:!RC4:!DES\" to it, or take it "
        "out",
        settings->cipher_list, first, n - 1);
  }
}

static void advise_unused(const struct ftps_settings *settings, SSL_CTX *ctx,
    int (*check)(SSL_CTX *, const struct ftps_settings *, struct ftps_error *),
    ftps_report report) {
  struct ftps_error err;

  ftps_error_clear(&err);
  if (check(ctx, settings, &err) < 0) {
    ftps_settings_advise(settings, report, "%s", err.text);
  }
}

void ftps_advice(const struct ftps_settings *settings,
    struct ftps_keypair *const *pairs, SSL_CTX *ctx, time_t now,
    ftps_report report) {
  struct ftps_advice about = { .now = now, .report = report };

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    enum ftps_keytype type = (enum ftps_keytype) i;

    about.directive = ftps_keytype_certificate_directive(type);
    about.path = settings->keyfiles[i].certificate;
    if (pairs[i] != NULL) {
      advise_pair(&about, pairs[i], settings, ctx, type);
    }
  }

  advise_chain(settings, report);
  advise_lists(&about, settings, ctx);
  advise_without_list(&about, settings, ctx);
  advise_ciphers(settings, ctx, report);

  /* Every handshake fails then; TLSRequired stays in force. */
  advise_unused(settings, ctx, ftps_context_check_usable, report);
  advise_unused(settings, ctx, ftps_context_check_server_info, report);
  ftps_file_advice(settings, report);
}
