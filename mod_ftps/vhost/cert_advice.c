/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * cert_advice.c: see cert_advice.h.
 */
#include "vhost/cert_advice.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "trust/crl.h"

#define DAY                86400L
#define LIST_NEAR_END_DAYS 7
#define LAST_DAYS          10
#define LONG_RSA_BITS      3072

__attribute__((format(printf, 2, 3))) static void say(const struct ftps_advice
                                                          *about,
    const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  ftps_error_report(about->report, FTPS_SEVERITY_NOTICE, "%s %.300s: %s",
      about->directive, about->path, text);
}

static long life_of(const ASN1_TIME *from, const ASN1_TIME *to, time_t now) {
  return ftps_text_until(to, now) - ftps_text_until(from, now);
}

/* What to do when so much of a life is left; NULL: nothing yet. */
static const char *choose_remedy(long left, long life) {
  if (!ftps_text_is_late(left, life, FTPS_TEXT_LATE_MOST)) {
    return NULL;
  }

  if (left < DAY) {
    return "renew it at once: clients will refuse it then";
  }

  return left < life / 10 && left < LAST_DAYS * DAY
      ? "renew it now: it is far too late for this life time"
      : "renew it, and see why that has not happened by itself";
}

static bool is_self_issued(X509 *cert) {
  return X509_check_issued(cert, cert) == X509_V_OK;
}

static void advise_leaf_dates(const struct ftps_advice *about, X509 *leaf) {
  const ASN1_TIME *from = X509_get0_notBefore(leaf);
  const ASN1_TIME *to = X509_get0_notAfter(leaf);
  long left = ftps_text_until(to, about->now);
  const char *remedy = choose_remedy(left, life_of(from, to, about->now));
  char when[64], rest[32];

  (void) ftps_text_time(to, when, sizeof(when));
  if (left < 0) {
    say(about,
        "the certificate has expired (%s); clients will refuse it: renew it",
        when);

  } else if (ftps_text_until(from, about->now) > 0) {
    say(about,
        "the certificate is not valid yet; clients will refuse it: check this "
        "machine's clock");

  } else if (remedy != NULL) {
    ftps_text_left(left, rest, sizeof(rest));
    say(about, "the certificate expires in %s (%s); %s", rest, when, remedy);
  }
}

void ftps_cert_advice_dates(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain) {
  char name[256], when[64];

  ERR_set_mark();
  advise_leaf_dates(about, leaf);
  for (int i = 0; i < sk_X509_num(chain); i++) {
    X509 *cert = sk_X509_value(chain, i);
    const ASN1_TIME *to = X509_get0_notAfter(cert);

    if (ftps_text_until(to, about->now) < 0) {
      (void) ftps_text_name(X509_get_subject_name(cert), name, sizeof(name));
      (void) ftps_text_time(to, when, sizeof(when));
      say(about,
          "the certificate of its CA \"%s\" has expired (%s), and clients may "
          "refuse the whole chain; get the new one from the CA",
          name, when);
    }
  }
  ERR_pop_to_mark();
}

/* ServerName may be any text; "ftp.example.com" is the name of a host. */
static bool is_host_name(const char *name) {
  const char *dot = strrchr(name, '.');

  return dot != NULL && isalpha((unsigned char) dot[1]) &&
      strspn(name,
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
          "0123456789-.") == strlen(name);
}

static bool is_made_out_to(X509 *leaf, const char *name) {
  return !is_host_name(name) ||
      X509_check_host(leaf, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
          NULL) == 1;
}

void ftps_cert_advice_names(const struct ftps_advice *about, X509 *leaf,
    const struct ftps_settings *settings) {
  const char *directive = "ServerName", *missing = NULL;

  ERR_set_mark();
  if (X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0) {
    say(about,
        "the certificate has no subjectAltName, and clients that no longer "
        "read the CN will refuse it; have it issued anew with its host names");
    ERR_pop_to_mark();
    return;
  }

  if (!is_made_out_to(leaf, settings->server_name)) {
    missing = settings->server_name;
  }
  for (size_t i = 0; missing == NULL && i < settings->alias_count; i++) {
    if (!is_made_out_to(leaf, settings->aliases[i])) {
      directive = "ServerAlias";
      missing = settings->aliases[i];
    }
  }

  if (missing != NULL) {
    say(about,
        "the certificate is not made out to \"%.255s\" (%s), so clients that "
        "connect to that name will refuse it; have it issued for that name "
        "too, or correct the %s",
        missing, directive, directive);
  }
  ERR_pop_to_mark();
}

void ftps_cert_advice_cost(const struct ftps_advice *about, X509 *leaf) {
  const EVP_PKEY *key = X509_get0_pubkey(leaf);
  int type = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;

  if ((type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) &&
      EVP_PKEY_get_bits(key) > LONG_RSA_BITS) {
    say(about,
        "the RSA key has %d bits, so that a handshake takes several times as "
        "much CPU time, which a client can cause before its login; use an EC "
        "key (prime256v1) or one of 2048 to %d bits",
        EVP_PKEY_get_bits(key), LONG_RSA_BITS);
  }
}

/* Returns the position of a certificate's issuer in `chain`, or -1. */
static int find_issuer(X509 *cert, STACK_OF(X509) * chain) {
  for (int i = 0; i < sk_X509_num(chain); i++) {
    if (X509_check_issued(sk_X509_value(chain, i), cert) == X509_V_OK) {
      return i;
    }
  }

  return -1;
}

/* Certificates that do not belong to the chain of this leaf are ignored: a
 * chain file may be for two certificates.
 */
void ftps_cert_advice_order(const struct ftps_advice *about, X509 *leaf,
    STACK_OF(X509) * chain) {
  X509 *cert = leaf;
  int last = -1;

  ERR_set_mark();
  for (int n = sk_X509_num(chain); n > 0 && !is_self_issued(cert); n--) {
    int i = find_issuer(cert, chain);

    if (i < 0) {
      break;
    }

    if (i < last) {
      say(about,
          "the certificates of its CAs are out of order; clients get them in "
          "order from here, but other programs may fail with this file: write "
          "each issuer behind what it issued");
      break;
    }

    last = i;
    cert = sk_X509_value(chain, i);
  }
  ERR_pop_to_mark();
}

static bool is_issuer_known(X509 *cert, X509_STORE *known) {
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509 *issuer = NULL;
  bool found = false;

  if (ctx != NULL && X509_STORE_CTX_init(ctx, known, NULL, NULL) == 1) {
    found = X509_STORE_CTX_get1_issuer(&issuer, ctx, cert) == 1;
  }

  X509_free(issuer);
  X509_STORE_CTX_free(ctx);
  return found;
}

bool ftps_cert_advice_lacks_issuer(X509 *leaf, STACK_OF(X509) * chain,
    X509_STORE *known) {
  bool is_lacking;

  ERR_set_mark();
  is_lacking = !is_self_issued(leaf) && find_issuer(leaf, chain) < 0 &&
      (known == NULL || !is_issuer_known(leaf, known));
  ERR_pop_to_mark();
  return is_lacking;
}

void ftps_cert_advice_incomplete(const struct ftps_advice *about, X509 *leaf) {
  char name[256];

  (void) ftps_text_name(X509_get_issuer_name(leaf), name, sizeof(name));
  say(about,
      "the certificate of its issuer \"%s\" is not there, so only clients that "
      "have it already can check the chain; append it to the file or name it "
      "with TLSCertificateChainFile, if it is no root",
      name);
}

void ftps_cert_advice_list(const struct ftps_advice *about,
    const X509_CRL *list) {
  const ASN1_TIME *to = X509_CRL_get0_nextUpdate(list);
  const ASN1_TIME *from = X509_CRL_get0_lastUpdate(list);
  char name[256], when[64], rest[32];
  long left;

  /* A delta list that has expired still counts, and nobody is refused because
   * of its age.
   */
  if (to == NULL || ftps_crl_is_delta(list)) {
    return;
  }

  ERR_set_mark();
  (void) ftps_text_name(X509_CRL_get_issuer(list), name, sizeof(name));
  (void) ftps_text_time(to, when, sizeof(when));
  left = ftps_text_until(to, about->now);
  if (left < 0) {
    say(about,
        "the revocation list of \"%s\" has expired (%s), so every client with "
        "a certificate of that CA is refused; fetch the new one",
        name, when);

  } else if (ftps_text_is_late(left, life_of(from, to, about->now),
                 LIST_NEAR_END_DAYS * DAY)) {
    ftps_text_left(left, rest, sizeof(rest));
    say(about,
        "the revocation list of \"%s\" expires in %s (%s), and then every "
        "client with a certificate of that CA is refused; fetch the new one",
        name, rest, when);
  }
  ERR_pop_to_mark();
}

void ftps_advice_without_list(const struct ftps_advice *about, const X509 *cert,
    bool is_refused) {
  char name[256];

  (void) ftps_text_name(X509_get_subject_name(cert), name, sizeof(name));
  say(about,
      "there is no complete revocation list of the CA \"%s\", so %s; add its "
      "list with TLSCARevocationFile, or take the CA out",
      name,
      is_refused ? "certificates of it, and of CAs below it, are refused"
                 : "certificates that it has revoked are accepted, and from "
                   "ProFTPD 1.3.9a on all of its certificates are refused");
}
