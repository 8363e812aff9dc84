/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * choice.c: see choice.h.
 */
#include "keys/signer/choice.h"

#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Without a pre-shared key the library offers none of the second kind. */
static bool needs_decryption(const struct ftps_settings *settings,
    const SSL_CIPHER *cipher) {
  int exchange = SSL_CIPHER_get_kx_nid(cipher);

  return exchange == NID_kx_rsa ||
      (exchange == NID_kx_rsa_psk && settings->psk_count > 0);
}

/* The library expands words such as HIGH. */
bool ftps_isolation_decrypts(const struct ftps_settings *settings) {
  SSL_CTX *ctx;
  bool found = false;

  if ((settings->protocols & ~FTPS_PROTO_TLSV1_3) == 0) {
    return false;
  }

  ctx = SSL_CTX_new(TLS_server_method());
  if (ctx != NULL && SSL_CTX_set_cipher_list(ctx, settings->cipher_list) == 1) {
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);

    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers) && !found; i++) {
      found = needs_decryption(settings, sk_SSL_CIPHER_value(ciphers, i));
    }
  }

  SSL_CTX_free(ctx);
  ERR_clear_error();
  return found;
}

enum ftps_isolation ftps_isolation_of(const struct ftps_settings *settings,
    struct ftps_error *why) {
  if (settings->isolation == FTPS_ISOLATION_OFF) {
    return FTPS_ISOLATION_OFF;
  }

  if (!settings->is_standalone) {
    ftps_error_set(why,
        "TLSKeyIsolation: under ServerType inetd there is no daemon that could "
        "keep a process for the private keys; write \"ServerType standalone\"");
    return FTPS_ISOLATION_OFF;
  }

  return settings->isolation;
}

static void set_decrypts(const struct ftps_settings *settings,
    struct ftps_error *why) {
  ftps_error_set(why,
      "TLSKeyIsolation: TLSCipherSuite %.300s takes in RSA key exchange, "
      "which needs the private key in the session; append "
      "\":!kRSA:!kRSAPSK\" to it",
      settings->cipher_list);
}

int ftps_isolation_check(const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct ftps_error why;

  ftps_error_clear(&why);
  if (settings->isolation != FTPS_ISOLATION_REQUIRED) {
    return 0;
  }

  (void) ftps_isolation_of(settings, &why);
  if (settings->certificate_dir != NULL && ftps_isolation_decrypts(settings)) {
    set_decrypts(settings, &why);
  }
  if (why.text[0] == '\0') {
    return 0;
  }

  ftps_error_take(err, &why);
  return -1;
}

void ftps_isolation_warn(const struct ftps_settings *settings, bool has_rsa_key,
    ftps_report report) {
  struct ftps_error why;
  bool is_on;

  ftps_error_clear(&why);
  is_on = ftps_isolation_of(settings, &why) != FTPS_ISOLATION_OFF;
  if (is_on && (has_rsa_key || settings->certificate_dir != NULL) &&
      ftps_isolation_decrypts(settings)) {
    set_decrypts(settings, &why);
  }
  if (why.text[0] != '\0') {
    ftps_error_report(report, FTPS_SEVERITY_NOTICE,
        "server \"%.200s\": %s; until then each session has the private key "
        "for its handshake",
        settings->server_name, why.text);
  }
}
