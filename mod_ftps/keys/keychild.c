/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keychild.c: see keychild.h.
 */
#include "keys/keychild.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/pages.h"
#include "keys/keyfile.h"
#include "keys/keytype.h"
#include "keys/passphrase.h"
#include "keys/pkcs11.h"
#include "keys/signer/channel.h"
#include "keys/signer/provider.h"

static int append_der(X509 *cert, struct ftps_keychild_result *res) {
  unsigned char *at = res->certs + res->certs_len;
  int len = i2d_X509(cert, NULL);

  if (len <= 0 || (size_t) len > sizeof(res->certs) - res->certs_len) {
    return -1;
  }

  (void) i2d_X509(cert, &at);
  res->certs_len += (size_t) len;
  return 0;
}

/* True at the end of the file; false if a certificate stopped the reading. */
static bool is_at_end(BIO *bio) {
  int reason = ERR_GET_REASON(ERR_peek_last_error());

  return BIO_eof(bio) && reason == PEM_R_NO_START_LINE;
}

/* mod_tls starts with them, and clients refuse so long a message. */
static void refuse_many(const struct ftps_keyfile *file) {
  ftps_keyfile_set_fault(file, "holds too many certificates",
      "leave only the chain in it");
  file->error->is_of_server = true;
}

#define DAMAGED "is damaged behind its first certificate"

/* Somebody may be writing the file. */
static void refuse_damaged(const struct ftps_keyfile *file) {
  ftps_keyfile_set_fault(file, DAMAGED,
      "write it anew, or wait until that is done");
  file->error->is_of_server = true;
}

/* mod_tls sends what comes before. */
static void take_part(const struct ftps_keyfile *file,
    struct ftps_keychild_result *res) {
  res->is_part = true;
  (void) snprintf(res->warning, sizeof(res->warning),
      "%s %.200s: " DAMAGED ", so clients get only what comes before that, and "
      "many cannot check it; write it anew",
      file->directive, file->path);
}

/* The key is in the same file, behind the damage. */
static void refuse_part(const struct ftps_keyfile *file,
    struct ftps_keychild_result *res) {
  ftps_error_clear(file->error);
  res->warning[0] = '\0';
  refuse_damaged(file);
}

/* Appends the certificates of a file, except those equal to `leaf`.  Returns
 * the first one.
 */
static X509 *append_certs(const struct ftps_keyfile *file, const X509 *leaf,
    bool takes_part, struct ftps_keychild_result *res) {
  BIO *bio = ftps_keyfile_open(file);
  X509 *first = NULL, *cert;

  if (bio == NULL) {
    return NULL;
  }

  while ((cert = PEM_read_bio_X509(bio, NULL, ftps_keyfile_refuse_passphrase,
              NULL)) != NULL) {
    bool is_leaf = leaf != NULL && X509_cmp(cert, leaf) == 0;

    if (!is_leaf && append_der(cert, res) < 0) {
      refuse_many(file);
    }

    if (first == NULL) {
      first = cert;
    } else {
      X509_free(cert);
    }
  }

  if (first == NULL) {
    ftps_keyfile_set_fault(file, "holds no certificate in PEM form",
        "name the file with the certificate, or convert it with \"openssl "
        "x509\"");

  } else if (!is_at_end(bio)) {
    if (takes_part) {
      take_part(file, res);
    } else {
      refuse_damaged(file);
    }
  }

  BIO_free(bio);
  return first;
}

/* True if the certificate verifies the signatures of this private key. */
static bool is_pair(EVP_PKEY *key, X509 *cert) {
  static const unsigned char text[] = "certificate and key belong together";
  EVP_PKEY *pub = X509_get0_pubkey(cert);
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  unsigned char sig[FTPS_CHANNEL_SIGNATURE];
  size_t len = sizeof(sig);
  char md_name[64] = "";
  const char *md = NULL;
  bool fits = false;

  if (EVP_PKEY_get_default_digest_name(key, md_name, sizeof(md_name)) > 0 &&
      strcmp(md_name, "UNDEF") != 0) {
    md = md_name;
  }

  if (ctx != NULL && pub != NULL && EVP_PKEY_eq(pub, key) == 1 &&
      EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1 &&
      EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) == 1 &&
      EVP_MD_CTX_reset(ctx) == 1 &&
      EVP_DigestVerifyInit_ex(ctx, NULL, md, NULL, NULL, pub, NULL) == 1) {
    fits = EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;
  }

  EVP_MD_CTX_free(ctx);
  return fits;
}

/* "NAME:PORT", as TLSPassPhraseProvider gets it. */
static void describe_server(const struct ftps_keychild_request *req, char *text,
    size_t size) {
  (void) snprintf(text, size, "%s:%u", req->server_name, req->port);
}

static bool is_type_known(const struct ftps_keyfile *file,
    enum ftps_keytype type) {
  EVP_KEYMGMT *dsa;

  if (type != FTPS_KEYTYPE_DSA) {
    return true;
  }

  dsa = EVP_KEYMGMT_fetch(NULL, "DSA", NULL);
  if (dsa == NULL) {
    ftps_keyfile_set_fault(file, "this OpenSSL was built without DSA",
        "take it out, and use an RSA or EC certificate");
  }

  EVP_KEYMGMT_free(dsa);
  return dsa != NULL;
}

/* The words of TLSPassPhraseProvider for the key of this certificate. */
static const char *name_type(enum ftps_keytype type, X509 *leaf) {
  if (type >= FTPS_KEYTYPE_ANY) {
    switch (EVP_PKEY_get_base_id(X509_get0_pubkey(leaf))) {
      case EVP_PKEY_RSA:
      case EVP_PKEY_RSA_PSS:
        type = FTPS_KEYTYPE_RSA;
        break;

      case EVP_PKEY_DSA:
        type = FTPS_KEYTYPE_DSA;
        break;

      default:
        break;
    }
  }

  return ftps_keytype_name(type);
}

/* The certificates of a chain file come after the leaf, and replace those that
 * come after it in its own file.
 */
static void append_chain(const struct ftps_keychild_request *req, X509 *leaf,
    struct ftps_keychild_result *res) {
  struct ftps_keyfile file = { .directive = "TLSCertificateChainFile",
    .path = req->chain,
    .error = &res->error,
    .warning = res->warning };

  if (req->chain != NULL) {
    res->certs_len = (size_t) i2d_X509(leaf, NULL);
    X509_free(append_certs(&file, leaf, req->takes_part, res));
  }
}

static void finish_pair(const struct ftps_keyfile *cert_file, X509 *leaf,
    const char *key_path, EVP_PKEY *key, struct ftps_keychild_result *res) {
  struct ftps_error why;

  ftps_error_clear(&why);
  if (key == NULL || res->error.text[0] != '\0') {
    return;
  }

  if (!ftps_pkcs11_is_page(res->numbers) &&
      ftps_keynumbers_write(key, res->numbers, &why) < 0) {
    ftps_error_set(&res->error,
        "%s %s: the private key in %s: %s; make a key of type RSA, EC or "
        "Ed25519, and have a certificate issued for it",
        cert_file->directive, cert_file->path, key_path, why.text);

  } else if (!is_pair(key, leaf)) {
    OPENSSL_cleanse(res->numbers, sizeof(res->numbers));
    ftps_error_set(&res->error,
        "%s %s: the private key in %s does not fit this certificate; "
        "configure the key that the certificate was made for",
        cert_file->directive, cert_file->path, key_path);
    res->error.is_of_server = true;
  }

  res->done = res->error.text[0] == '\0';
}

static void hide_numbers(const struct ftps_keychild_request *req,
    const EVP_PKEY *key, struct ftps_keychild_result *res) {
  bool is_here = req->decrypts && key != NULL && EVP_PKEY_is_a(key, "RSA");

  if (req->is_public_only && key != NULL && !is_here &&
      ftps_provider_knows(key)) {
    ftps_keynumbers_reduce(res->numbers);
  }
}

static void read_pair(const struct ftps_keychild_request *req,
    struct ftps_keyfile *file, struct ftps_keychild_result *res) {
  struct ftps_keyfile key_file = *file;
  X509 *leaf = append_certs(file, NULL, req->takes_part, res);
  bool may_hide_key = res->is_part && req->key == NULL;
  char shown[FTPS_ERROR_TEXT_SIZE / 2];
  EVP_PKEY *key;

  if (leaf == NULL) {
    return;
  }

  append_chain(req, leaf, res);
  key_file.type = name_type(req->type, leaf);
  if (req->key != NULL) {
    key_file.directive = ftps_keytype_key_directive(req->type);
    key_file.path = req->key;
  }

  if (ftps_pkcs11_is_uri(key_file.path)) {
    key = ftps_pkcs11_read_key(&key_file, res->numbers);
  } else {
    key = ftps_keyfile_read_key(&key_file);
  }
  file->is_for_daemon = key_file.is_for_daemon;
  if (key == NULL && may_hide_key && !file->is_for_daemon) {
    refuse_part(file, res);
  }
  ftps_pkcs11_describe(key_file.path, shown, sizeof(shown));
  finish_pair(file, leaf, shown, key, res);
  hide_numbers(req, key, res);
  EVP_PKEY_free(key);
  X509_free(leaf);
}

/* The chain of the store, or otherwise that of the chain file. */
static void read_store(const struct ftps_keychild_request *req,
    struct ftps_keyfile *file, struct ftps_keychild_result *res) {
  struct ftps_keyfile_store store;
  int res_len;

  if (ftps_keyfile_read_store(file, &store) == 0) {
    res_len = append_der(store.leaf, res);
    for (int i = 0; i < sk_X509_num(store.chain) && res_len == 0; i++) {
      res_len = append_der(sk_X509_value(store.chain, i), res);
    }

    if (res_len < 0) {
      refuse_many(file);
    }
    if (sk_X509_num(store.chain) <= 0) {
      append_chain(req, store.leaf, res);
    }

    finish_pair(file, store.leaf, file->path, store.key, res);
    hide_numbers(req, store.key, res);
  }

  EVP_PKEY_free(store.key);
  X509_free(store.leaf);
  sk_X509_pop_free(store.chain, X509_free);
}

static void read_request(struct ftps_passphrases *passphrases,
    const struct ftps_keychild_request *req, struct ftps_keychild_result *res) {
  char server[256];
  struct ftps_keyfile file = {
    .directive = ftps_keytype_certificate_directive(req->type),
    .path = req->certificate,
    .passphrases = passphrases,
    .server = server,
    .type = ftps_keytype_name(req->type),
    .provider = req->provider,
    .error = &res->error,
    .warning = res->warning,
  };

  describe_server(req, server, sizeof(server));
  if (req->type == FTPS_KEYTYPE_PKCS12) {
    read_store(req, &file, res);
  } else if (is_type_known(&file, req->type)) {
    read_pair(req, &file, res);
  }

  res->is_for_daemon = file.is_for_daemon;
}

static void run_child(struct ftps_passphrases *passphrases,
    const struct ftps_keychild_request *requests, size_t n, uint64_t until,
    struct ftps_keychild_result *results) {
  (void) signal(SIGTERM, SIG_DFL);
  (void) signal(SIGALRM, SIG_DFL);
  (void) alarm(0);

  for (size_t i = 0; i < n; i++) {
    results[i].is_left = !requests[i].is_first && ftps_clock_ms() >= until;
    if (!results[i].is_left) {
      read_request(passphrases, &requests[i], &results[i]);
    }
  }

  _exit(0);
}

/* The daemon reaps children that it does not know, so SIGCHLD is held back
 * while we wait for the end of this one.
 */
struct ftps_keychild_result *ftps_keychild_read(struct ftps_passphrases
                                                    *passphrases,
    const struct ftps_keychild_request *requests, size_t n, uint64_t until,
    struct ftps_error *err) {
  struct ftps_keychild_result *results;
  sigset_t child, before;
  pid_t pid;

  results = ftps_pages_secret(n * sizeof(*results), MAP_SHARED | MAP_NORESERVE);
  if (results == NULL) {
    ftps_error_set_errno(err, errno, "memory for reading %zu private keys", n);
    return NULL;
  }

  (void) sigemptyset(&child);
  (void) sigaddset(&child, SIGCHLD);
  (void) sigprocmask(SIG_BLOCK, &child, &before);

  ftps_passphrase_begin(passphrases);
  pid = fork();
  if (pid == 0) {
    run_child(passphrases, requests, n, until, results);
  }

  if (pid < 0) {
    ftps_error_set_errno(err, errno, "starting a process to read keys");
    (void) munmap(results, n * sizeof(*results));
    results = NULL;

  } else {
    (void) ftps_child_wait(pid);
  }

  ftps_passphrase_end(passphrases);
  (void) sigprocmask(SIG_SETMASK, &before, NULL);
  return results;
}

void ftps_keychild_free(struct ftps_keychild_result *results, size_t n) {
  (void) munmap(results, n * sizeof(*results));
}
