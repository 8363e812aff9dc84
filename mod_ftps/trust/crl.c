/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * crl.c: see crl.h.
 */
#include "trust/crl.h"

#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/compat.h"
#include "base/ctx_index.h"
#include "keys/keyfile.h"
#include "trust/files.h"

#include "conf.h"

#define DIRECTIVE_FILE "TLSCARevocationFile"
#define DIRECTIVE_PATH "TLSCARevocationPath"

/* Returns how many lists were read, or -1 if there is text that is not a list.
 */
static int read_lists(X509_STORE *store, BIO *bio) {
  X509_CRL *crl;
  int n = 0;

  ERR_clear_error();
  while ((crl = PEM_read_bio_X509_CRL(bio, NULL, ftps_keyfile_refuse_passphrase,
              NULL)) != NULL) {
    int res = X509_STORE_add_crl(store, crl);

    X509_CRL_free(crl);
    if (res != 1) {
      return -1;
    }
    n++;
  }

  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return -1;
  }

  ERR_clear_error();
  return n;
}

/* Returns how many lists are in the file, or -1 with `err` set. */
static int read_file(X509_STORE *store, const char *directive, const char *path,
    struct ftps_error *err) {
  BIO *bio = BIO_new_file(path, "r");
  int n;

  if (bio == NULL) {
    ftps_error_set_ssl(err, "%s %s: cannot be opened", directive, path);
    return -1;
  }

  n = read_lists(store, bio);
  BIO_free(bio);
  if (n < 0) {
    ftps_error_set_ssl(err,
        "%s %s: holds a revocation list that cannot be read; check it with "
        "\"openssl crl -noout -text\"",
        directive, path);
  }

  return n;
}

static int load_file(X509_STORE *store, const char *directive, const char *path,
    struct ftps_error *err) {
  int n = read_file(store, directive, path, err);

  if (n == 0) {
    ftps_error_set(err,
        "%s %s: holds no revocation list in PEM form; make it one with "
        "\"openssl crl -inform DER -in FILE\"",
        directive, path);
  }

  return n > 0 ? 0 : -1;
}

/* Where nobody is asked for a certificate, a file without lists leaves nothing
 * open, and a line says that the directive has no effect.
 */
static int load_named_file(X509_STORE *store,
    const struct ftps_settings *settings, const char *path,
    struct ftps_error *err) {
  if (ftps_trustfile_check(DIRECTIVE_FILE, path, S_IFREG, err) < 0) {
    return -1;
  }

  return settings->verify != FTPS_VERIFY_OFF
      ? load_file(store, DIRECTIVE_FILE, path, err)
      : read_file(store, DIRECTIVE_FILE, path, err);
}

static int load_directory(X509_STORE *store,
    const struct ftps_settings *settings, const char *path,
    struct ftps_error *err) {
  const struct ftps_trustdir dir = { DIRECTIVE_PATH, path, ".r", false,
    load_file };
  int n = ftps_trustfile_load_all(&dir, store, err);

  if (n == 0 && settings->verify != FTPS_VERIFY_OFF) {
    ftps_error_set(err,
        DIRECTIVE_PATH " %s: holds no revocation list with a hashed name; run "
                       "\"openssl rehash\" on it",
        path);
    return -1;
  }

  return n;
}

/* The library chooses from these lists. */
static STACK_OF(X509_CRL) *
    find_complete_cb(const X509_STORE_CTX *store_ctx, const X509_NAME *name) {
  STACK_OF(X509_CRL) *lists = X509_STORE_CTX_get1_crls(store_ctx, name);

  for (int i = sk_X509_CRL_num(lists) - 1; i >= 0; i--) {
    if (ftps_crl_is_delta(sk_X509_CRL_value(lists, i))) {
      X509_CRL_free(sk_X509_CRL_delete(lists, i));
    }
  }

  return lists;
}

int ftps_crl_load(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  X509_STORE *store = SSL_CTX_get_cert_store(ctx);

  if (settings->verify_order == FTPS_ORDER_OCSP) {
    return 0;
  }

  for (size_t i = 0; i < settings->crl_files.count; i++) {
    if (load_named_file(store, settings, settings->crl_files.texts[i], err) <
        0) {
      return -1;
    }
  }

  for (size_t i = 0; i < settings->crl_dirs.count; i++) {
    if (load_directory(store, settings, settings->crl_dirs.texts[i], err) < 0) {
      return -1;
    }
  }

  if (settings->crl_files.count + settings->crl_dirs.count > 0) {
    (void) X509_STORE_set_flags(store,
        X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_STORE_set_lookup_crls(store, find_complete_cb);
  }

  return 0;
}

bool ftps_crl_has_list(X509_STORE_CTX *store_ctx, const X509 *cert) {
  STACK_OF(X509_CRL) *lists =
      X509_STORE_CTX_get1_crls(store_ctx, X509_get_issuer_name(cert));
  int n = sk_X509_CRL_num(lists);

  sk_X509_CRL_pop_free(lists, X509_CRL_free);
  return n > 0;
}

bool ftps_crl_wants_all(const SSL_CTX *ctx) {
  return pr_version_get_number() >= FTPS_FIRST_TO_WANT_ALL_LISTS &&
      ftps_ctx_index_get(ctx, FTPS_CTX_ORDER) == NULL;
}

bool ftps_crl_has_no_list(X509_STORE_CTX *store_ctx) {
  const X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);

  return X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_UNABLE_TO_GET_CRL &&
      cert != NULL && !ftps_crl_has_list(store_ctx, cert);
}

/* The issuer of the root is the root itself. */
static X509 *get0_issuer(X509_STORE_CTX *store_ctx) {
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
  int next = X509_STORE_CTX_get_error_depth(store_ctx) + 1;

  return sk_X509_value(chain,
      next < sk_X509_num(chain) ? next : sk_X509_num(chain) - 1);
}

static bool has_revoked(X509_CRL *delta, X509 *cert, X509 *issuer) {
  X509_REVOKED *entry = NULL;

  /* It returns 2 for a revocation that was taken back. */
  return X509_CRL_get0_by_cert(delta, &entry, cert) == 1 && issuer != NULL &&
      X509_CRL_verify(delta, X509_get0_pubkey(issuer)) == 1;
}

bool ftps_crl_is_revoked_since(X509_STORE_CTX *store_ctx) {
  X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
  STACK_OF(X509_CRL) *lists = cert != NULL
      ? X509_STORE_CTX_get1_crls(store_ctx, X509_get_issuer_name(cert))
      : NULL;
  bool found = false;

  (void) ERR_set_mark();
  for (int i = 0; i < sk_X509_CRL_num(lists) && !found; i++) {
    X509_CRL *list = sk_X509_CRL_value(lists, i);

    found = ftps_crl_is_delta(list) &&
        has_revoked(list, cert, get0_issuer(store_ctx));
  }

  (void) ERR_pop_to_mark();
  sk_X509_CRL_pop_free(lists, X509_CRL_free);
  return found;
}
