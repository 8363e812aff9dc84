/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * verify.c: see verify.h.
 *
 * Trust decisions are the library's; the callback only says in TLSLog why a
 * chain was refused.
 */
#include "context/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/x509.h>

#include "base/x509_text.h"
#include "host/log.h"

static int check_path(const char *directive, const char *path, mode_t type,
    struct ftps_error *err) {
  struct stat st;

  if (stat(path, &st) < 0) {
    ftps_error_set(err,
        "%s %s: %s; check the path and the permissions of its "
        "directories",
        directive, path, strerror(errno));
    return -1;
  }

  if ((st.st_mode & S_IFMT) != type) {
    ftps_error_set(err, "%s %s: is not a %s; name one", directive, path,
        type == S_IFDIR ? "directory" : "regular file");
    return -1;
  }

  if (st.st_mode & S_IWOTH) {
    ftps_error_set(err,
        "%s %s: is world-writable, anybody could add a CA; "
        "run chmod o-w on it",
        directive, path);
    return -1;
  }

  return 0;
}

static int load_file(SSL_CTX *ctx, const char *path, bool ask_clients,
    struct ftps_error *err) {
  if (check_path("TLSCACertificateFile", path, S_IFREG, err) < 0) {
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

static int load_directory(SSL_CTX *ctx, const char *path, bool ask_clients,
    struct ftps_error *err) {
  STACK_OF(X509_NAME) * names;

  if (check_path("TLSCACertificatePath", path, S_IFDIR, err) < 0) {
    return -1;
  }

  if (SSL_CTX_load_verify_dir(ctx, path) != 1) {
    ftps_error_set_ssl(err, "TLSCACertificatePath %s: cannot be used", path);
    return -1;
  }

  if (ask_clients) {
    names = SSL_CTX_get_client_CA_list(ctx);
    if (names == NULL) {
      names = sk_X509_NAME_new_null();
      SSL_CTX_set_client_CA_list(ctx, names);
    }
    (void) SSL_add_dir_cert_subjects_to_stack(names, path);
  }

  return 0;
}

int ftps_verify_load_trust(SSL_CTX *ctx, const struct ftps_settings *settings,
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
      SSL_CTX_set_default_verify_paths(ctx) != 1) {
    ftps_error_set_ssl(err,
        "TLSVerifyClient: the library's default CA "
        "certificates cannot be loaded; set TLSCACertificateFile");
    return -1;
  }

  return 0;
}

static int report_failure(int ok, X509_STORE_CTX *store_ctx) {
  X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
  int code = X509_STORE_CTX_get_error(store_ctx);
  char subject[512] = "(none)";

  if (!ok) {
    if (cert != NULL) {
      (void) ftps_text_name(X509_get_subject_name(cert), subject,
          sizeof(subject));
    }

    ftps_log("client certificate refused: %s (depth %d, subject \"%s\")",
        X509_verify_cert_error_string(code),
        X509_STORE_CTX_get_error_depth(store_ctx), subject);
  }

  return ok;
}

void ftps_verify_set_mode(SSL_CTX *ctx, const struct ftps_settings *settings) {
  int mode = SSL_VERIFY_NONE;

  if (settings->verify != FTPS_VERIFY_OFF) {
    mode = SSL_VERIFY_PEER;
  }
  if (settings->verify == FTPS_VERIFY_ON) {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }

  SSL_CTX_set_verify(ctx, mode, report_failure);
  SSL_CTX_set_verify_depth(ctx, settings->verify_depth);
}
