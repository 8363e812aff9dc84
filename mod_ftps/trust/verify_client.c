/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * verify_client.c: see verify_client.h.
 *
 * The library decides about trust.  The callback limits the depth, and logs in
 * TLSLog why a chain was refused.
 */
#include "trust/verify_client.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/x509_text.h"
#include "log/log.h"
#include "trust/crl.h"
#include "trust/files.h"
#include "trust/shared.h"
#include "trust/verify_ocsp.h"

static int load_file(SSL_CTX *ctx, const char *path, bool ask_clients,
    struct ftps_error *err) {
  if (ftps_trustfile_check("TLSCACertificateFile", path, S_IFREG, err) < 0) {
    return -1;
  }

  if (SSL_CTX_load_verify_file(ctx, path) != 1) {
    ftps_error_set_ssl(err,
        "TLSCACertificateFile %s: holds no readable CA "
        "certificates; name a PEM file",
        path);
    return -1;
  }

  if (ask_clients) {
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(path));
  }

  return 0;
}

static int load_certificate(X509_STORE *store, const char *directive,
    const char *path, struct ftps_error *err) {
  if (X509_STORE_load_file(store, path) != 1) {
    ftps_error_set_ssl(err,
        "%s %s: holds no readable CA certificate; take it out, or name PEM "
        "files only",
        directive, path);
    return -1;
  }

  return 0;
}

/* All files, as SSL_add_dir_cert_subjects_to_stack() does; but that would wait
 * for ever at a FIFO.
 */
static void add_names(STACK_OF(X509_NAME) * names, const char *path) {
  const struct dirent *entry;
  DIR *dir = opendir(path);
  char file[4096];

  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    int len = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);

    if (len > 0 && (size_t) len < sizeof(file) &&
        ftps_trustfile_is_finite(file)) {
      (void) SSL_add_file_cert_subjects_to_stack(names, file);
    }
  }

  if (dir != NULL) {
    (void) closedir(dir);
  }
  ERR_clear_error();
}

static int load_directory(SSL_CTX *ctx, const char *path, bool ask_clients,
    struct ftps_error *err) {
  const struct ftps_trustdir dir = { "TLSCACertificatePath", path, ".", true,
    load_certificate };
  STACK_OF(X509_NAME) * names;

  if (ftps_trustfile_load_all(&dir, SSL_CTX_get_cert_store(ctx), err) < 0) {
    return -1;
  }

  if (ask_clients) {
    names = SSL_CTX_get_client_CA_list(ctx);
    if (names == NULL) {
      names = sk_X509_NAME_new_null();
      SSL_CTX_set_client_CA_list(ctx, names);
    }
    add_names(names, path);
  }

  return 0;
}

static const char *choose(const char *variable, const char *otherwise) {
  const char *value = getenv(variable);

  return value != NULL ? value : otherwise;
}

/* The places that OpenSSL was built with.  What is wrong there is no fault of
 * the site's.  But a lack of memory or descriptors is one, because then we do
 * not know what is there; it passes.
 */
static X509_STORE *load_defaults(struct ftps_error *err) {
  X509_STORE *store = X509_STORE_new();
  const struct ftps_trustdir dir = { "default CA certificates",
    choose(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()), ".",
    true, load_certificate };
  struct ftps_error fault;
  int res;

  if (store == NULL) {
    ftps_error_set_ssl(err, "loading the default CA certificates");
    return NULL;
  }

  ftps_error_clear(&fault);
  res = load_certificate(store, dir.directive,
      choose(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
      &fault);
  if (res < 0 && !fault.is_passing) {
    ftps_error_clear(&fault);
    (void) ftps_trustfile_load_all(&dir, store, &fault);
  }
  if (fault.is_passing) {
    ftps_error_take(err, &fault);
    X509_STORE_free(store);
    store = NULL;
  }

  ERR_clear_error();
  return store;
}

X509_STORE *ftps_verify_get0_defaults(struct ftps_daemon *daemon,
    struct ftps_error *err) {
  if (daemon->default_cas == NULL) {
    daemon->default_cas = load_defaults(err);
  }

  return daemon->default_cas;
}

void ftps_verify_forget_trust(struct ftps_daemon *daemon) {
  ftps_trust_forget(daemon);
  X509_STORE_free(daemon->default_cas);
  daemon->default_cas = NULL;
}

/* Servers with revocation lists add the default CAs to a store of their own. */
int ftps_verify_use_defaults(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  X509_STORE *store = NULL;

  if (settings->crl_files.count + settings->crl_dirs.count > 0) {
    store = load_defaults(err);
  } else {
    store = ftps_verify_get0_defaults(ftps_ctx_index_daemon(ctx), err);
    if (store != NULL) {
      (void) X509_STORE_up_ref(store);
    }
  }

  if (store == NULL) {
    return -1;
  }

  SSL_CTX_set_cert_store(ctx, store);
  return 0;
}

static int read_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  bool ask_clients = settings->verify != FTPS_VERIFY_OFF;

  if (settings->ca_file != NULL &&
      load_file(ctx, settings->ca_file, ask_clients, err) < 0) {
    return -1;
  }

  if (settings->ca_path != NULL &&
      load_directory(ctx, settings->ca_path, ask_clients, err) < 0) {
    return -1;
  }

  if (ask_clients && settings->ca_file == NULL && settings->ca_path == NULL &&
      ftps_verify_use_defaults(ctx, settings, err) < 0) {
    return -1;
  }

  return ftps_crl_load(ctx, settings, err);
}

int ftps_verify_load_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct ftps_stamps stamps = { .n = 0 };

  ftps_trust_look(settings, &stamps);
  if (stamps.n > 0 && ftps_trust_take(ctx, settings, &stamps)) {
    return 0;
  }

  if (read_trust(ctx, settings, err) < 0) {
    return -1;
  }

  if (stamps.n > 0) {
    ftps_trust_keep(ctx, settings, &stamps);
  }
  return 0;
}

/* The digest of one certificate or list; its kind comes first. */
struct digest {
  unsigned char bytes[1 + SHA256_DIGEST_LENGTH];
};

static int digest_object(const X509_OBJECT *object, struct digest *digest) {
  unsigned char *one = digest->bytes + 1;
  X509_LOOKUP_TYPE type = X509_OBJECT_get_type(object);
  int res = 0;

  digest->bytes[0] = (unsigned char) type;
  if (type == X509_LU_X509) {
    res = X509_digest(X509_OBJECT_get0_X509(object), EVP_sha256(), one, NULL);
  } else if (type == X509_LU_CRL) {
    res = X509_CRL_digest(X509_OBJECT_get0_X509_CRL(object), EVP_sha256(), one,
        NULL);
  }

  return res == 1 ? 0 : -1;
}

static int compare_digests_cb(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct digest));
}

/* The order in the store and in the file system may differ, so the digests are
 * sorted before they are hashed.
 */
int ftps_verify_digest(const SSL_CTX *ctx,
    char text_out[FTPS_VERIFY_DIGEST_SIZE]) {
  STACK_OF(X509_OBJECT) *objects =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
  int n = sk_X509_OBJECT_num(objects), res = 0;
  size_t count = n > 0 ? (size_t) n : 0;
  struct digest *digests = OPENSSL_zalloc((count + 1) * sizeof(*digests));
  unsigned char all[EVP_MAX_MD_SIZE];

  if (digests == NULL) {
    return -1;
  }

  for (size_t i = 0; i < count && res == 0; i++) {
    res = digest_object(sk_X509_OBJECT_value(objects, (int) i), &digests[i]);
  }
  qsort(digests, count, sizeof(*digests), compare_digests_cb);
  if (EVP_Digest(digests, count * sizeof(*digests), all, NULL, EVP_sha256(),
          NULL) != 1) {
    res = -1;
  }

  if (res == 0) {
    ftps_bytes_to_hex(all, SHA256_DIGEST_LENGTH, text_out);
  }
  OPENSSL_free(digests);
  return res;
}

static SSL *ssl_of(X509_STORE_CTX *store_ctx) {
  return X509_STORE_CTX_get_ex_data(store_ctx,
      SSL_get_ex_data_X509_STORE_CTX_idx());
}

/* The library counts intermediates only.  Here the depth is that of any
 * certificate, the leaf being 0 (doc/contract.md: TLSVerifyDepth).  The library
 * gets one more, so that this check decides.
 */
static bool is_too_deep(X509_STORE_CTX *store_ctx) {
  const SSL *ssl = ssl_of(store_ctx);

  return ssl != NULL &&
      X509_STORE_CTX_get_error_depth(store_ctx) >= SSL_get_verify_depth(ssl);
}

static void describe(X509_STORE_CTX *store_ctx, char *text, size_t size) {
  const X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
  char subject[512] = "(none)";

  if (cert != NULL) {
    (void) ftps_text_name(X509_get_subject_name(cert), subject,
        sizeof(subject));
  }

  (void) snprintf(text, size, "(depth %d, subject \"%s\")",
      X509_STORE_CTX_get_error_depth(store_ctx), subject);
}

/* OCSP comes with the leaf, which is last: then the chain is trusted. */
static int judge(int ok, X509_STORE_CTX *store_ctx, bool may_ask) {
  char about[640];
  int error;

  if (!ok && ftps_crl_has_no_list(store_ctx) &&
      !ftps_crl_wants_all(SSL_get_SSL_CTX(ssl_of(store_ctx)))) {
    describe(store_ctx, about, sizeof(about));
    ftps_log("client certificate not checked for revocation: there is no list "
             "of its CA %s",
        about);
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
  }

  if (ok && is_too_deep(store_ctx)) {
    X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    return 0;
  }

  if (ok && ftps_crl_is_revoked_since(store_ctx)) {
    X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_CERT_REVOKED);
    return 0;
  }

  if (ok && X509_STORE_CTX_get_error_depth(store_ctx) == 0) {
    error = ftps_verify_ocsp_chain(store_ctx, ssl_of(store_ctx), may_ask);
    if (error != X509_V_OK) {
      X509_STORE_CTX_set_error(store_ctx, error);
      return 0;
    }
  }

  return ok;
}

/* Responders are used in the full handshake that follows, not twice. */
static int check_again(int ok, X509_STORE_CTX *store_ctx) {
  return judge(ok, store_ctx, false);
}

static int check_certificate(int ok, X509_STORE_CTX *store_ctx) {
  const struct ftps_daemon *daemon =
      ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl_of(store_ctx)));
  char about[640];

  ok = judge(ok, store_ctx, true);
  if (!ok) {
    describe(store_ctx, about, sizeof(about));
    ftps_log("client certificate refused: %s %s",
        X509_verify_cert_error_string(X509_STORE_CTX_get_error(store_ctx)),
        about);
  }

  daemon->client_verified(ok ? X509_V_OK : X509_STORE_CTX_get_error(store_ctx));
  return ok;
}

/* The library takes 100 KB.  Each certificate costs it a third of a millisecond
 * before anything is verified, and a chain of ten has 10 to 20 KB.
 */
#define CHAIN_MAX (32 * 1024)

void ftps_verify_set_mode(SSL_CTX *ctx, const struct ftps_settings *settings) {
  int mode = SSL_VERIFY_NONE;

  if (settings->verify != FTPS_VERIFY_OFF) {
    mode = SSL_VERIFY_PEER;
  }
  if (settings->verify == FTPS_VERIFY_ON) {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }

  SSL_CTX_set_verify(ctx, mode, check_certificate);
  SSL_CTX_set_verify_depth(ctx, (int) settings->verify_depth + 1);
  (void) SSL_CTX_set_max_cert_list(ctx, CHAIN_MAX);
}

/* Does what the library does, but without the chain. */
static int verify_with(X509_STORE_CTX *store_ctx, SSL *ssl, X509 *cert) {
  X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  X509_VERIFY_PARAM *param;
  if (X509_STORE_CTX_init(store_ctx, store, cert, NULL) != 1 ||
      X509_STORE_CTX_set_ex_data(store_ctx,
          SSL_get_ex_data_X509_STORE_CTX_idx(), ssl) != 1 ||
      X509_STORE_CTX_set_default(store_ctx, "ssl_client") != 1) {
    return X509_V_ERR_OUT_OF_MEM;
  }

  param = X509_STORE_CTX_get0_param(store_ctx);
  X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(ssl));
  if (X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl)) != 1) {
    return X509_V_ERR_OUT_OF_MEM;
  }

  X509_STORE_CTX_set_verify_cb(store_ctx, check_again);
  if (X509_verify_cert(store_ctx) == 1) {
    return X509_V_OK;
  }

  return X509_STORE_CTX_get_error(store_ctx) != X509_V_OK
      ? X509_STORE_CTX_get_error(store_ctx)
      : X509_V_ERR_UNSPECIFIED;
}

int ftps_verify_again(SSL *ssl, X509 *cert) {
  X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();
  int error = X509_V_ERR_OUT_OF_MEM;

  if (store_ctx != NULL) {
    error = verify_with(store_ctx, ssl, cert);
  }
  if (error != X509_V_OK) {
    ftps_log("session not resumed, a full handshake is asked for: the client "
             "certificate in it is not accepted now: %s",
        X509_verify_cert_error_string(error));
  }

  X509_STORE_CTX_free(store_ctx);
  ERR_clear_error();
  return error;
}
