/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * environ.c: see environ.h.
 *
 * Values live in `session.pool` (notes) or in the caller's pool (variables).
 * Texts of a peer have passed base/x509_text.h.  A fact that does not exist
 * sets nothing; so TLS_CIPHER_EXPORT, which is for export ciphers only, is
 * never set with current libraries.
 *
 * DIAGNOSTICS: none; if a name cannot be set, the trace channel has a line.
 *
 * Source: doc/contract.md: Notes, variables, events.
 */
#include "host/control/environ.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/x509_text.h"
#include "conn/conn.h"
#include "log/log.h"
#include "vhost/offer.h"

/* The longest value; the length of a PEM text is computed instead. */
#define VALUE_SIZE 1024

/* More than the deepest chain that a verifier accepts by default. */
#define MAX_CHAIN 20

struct dn_part {
  const char *name;
  int nid;
};

static const struct dn_part dn_parts[] = { { "C", NID_countryName },
  { "CN", NID_commonName }, { "D", NID_description }, { "I", NID_initials },
  { "G", NID_givenName }, { "L", NID_localityName },
  { "O", NID_organizationName }, { "OU", NID_organizationalUnitName },
  { "S", NID_surname }, { "ST", NID_stateOrProvinceName }, { "T", NID_title },
  { "UID", NID_userId }, { "Email", NID_pkcs9_emailAddress } };

static void set_note(const char *key, const char *value) {
  const char *copy;
  int res;

  if (value == NULL || *value == '\0') {
    return;
  }

  copy = pstrdup(session.pool, value);
  if (pr_table_exists(session.notes, key) > 0) {
    res = pr_table_set(session.notes, key, copy, 0);
  } else {
    res = pr_table_add(session.notes, key, copy, 0);
  }

  if (res < 0) {
    ftps_log_trace(3, "cannot set session note %s: %s", key, strerror(errno));
  }
}

static void set_variable(pool *p, const char *key, const char *value) {
  if (value == NULL || *value == '\0') {
    return;
  }

  if (pr_env_set(p, key, pstrdup(p, value)) < 0) {
    ftps_log_trace(3, "cannot set variable %s: %s", key, strerror(errno));
  }
}

void ftps_environ_set_notes(SSL *ssl, const char *server_name) {
  char value[VALUE_SIZE], buffer[FTPS_OFFER_NAME_SIZE];
  X509 *cert;

  set_note("FTPS", "1");
  set_note("TLS_PROTOCOL", SSL_get_version(ssl));
  set_note("TLS_CIPHER", SSL_get_cipher_name(ssl));
  set_note("TLS_KEY_EXCHANGE", ftps_offer_key_exchange(ssl, buffer));
  set_note("TLS_LIBRARY_VERSION", OpenSSL_version(OPENSSL_VERSION));

  (void) ftps_text_escape(server_name, strlen(server_name), value,
      sizeof(value));
  set_note("TLS_SERVER_NAME", value);

  cert = SSL_get1_peer_certificate(ssl);
  if (cert == NULL) {
    return;
  }

  (void) ftps_text_name_part(X509_get_subject_name(cert), NID_commonName, value,
      sizeof(value));
  set_note("TLS_CLIENT_S_DN_CN", value);
  (void) ftps_text_key_type(cert, value, sizeof(value));
  set_note("TLS_CLIENT_A_KEY", value);
  (void) ftps_text_signature_type(cert, value, sizeof(value));
  set_note("TLS_CLIENT_A_SIG", value);
  X509_free(cert);
}

/* A TLS 1.2 session that the client keeps in a ticket has no id.  Then a hash
 * of the token names it, which reveals nothing of the token.
 */
static const unsigned char *find_id(const SSL *ssl, unsigned char *hash,
    unsigned int *len_out) {
  const SSL_SESSION *sess = SSL_get_session(ssl);
  const struct ftps_conn *conn = ftps_conn_of(ssl);
  const unsigned char *id = NULL;

  *len_out = 0;
  if (sess != NULL) {
    id = SSL_SESSION_get_id(sess, len_out);
  }
  if (*len_out > 0) {
    return id;
  }

  if (conn == NULL ||
      EVP_Digest(conn->tag.token, FTPS_TOKEN_SIZE, hash, len_out, EVP_sha256(),
          NULL) != 1) {
    *len_out = 0;
  }

  return hash;
}

static void set_session_id(pool *p, const SSL *ssl) {
  static const char digits[] = "0123456789ABCDEF";
  char value[SSL_MAX_SSL_SESSION_ID_LENGTH * 2 + 1];
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int len;
  const unsigned char *id = find_id(ssl, hash, &len);
  size_t i;

  for (i = 0; i < len && i < SSL_MAX_SSL_SESSION_ID_LENGTH; i++) {
    value[i * 2] = digits[id[i] >> 4];
    value[i * 2 + 1] = digits[id[i] & 0x0f];
  }

  value[i * 2] = '\0';
  set_variable(p, "TLS_SESSION_ID", value);
}

static void set_cipher(pool *p, const SSL *ssl) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  char value[16];
  int possible = 0, used;

  if (cipher == NULL) {
    return;
  }

  used = SSL_CIPHER_get_bits(cipher, &possible);
  set_variable(p, "TLS_CIPHER", SSL_CIPHER_get_name(cipher));
  (void) snprintf(value, sizeof(value), "%d", possible);
  set_variable(p, "TLS_CIPHER_KEYSIZE_POSSIBLE", value);
  (void) snprintf(value, sizeof(value), "%d", used);
  set_variable(p, "TLS_CIPHER_KEYSIZE_USED", value);
}

/* `prefix` is the variable's name without the component. */
static void set_name_parts(pool *p, const char *prefix, const X509_NAME *name) {
  char value[VALUE_SIZE];
  size_t i;

  for (i = 0; i < sizeof(dn_parts) / sizeof(dn_parts[0]); i++) {
    (void) ftps_text_name_part(name, dn_parts[i].nid, value, sizeof(value));
    set_variable(p, pstrcat(p, prefix, dn_parts[i].name, NULL), value);
  }
}

static void set_names(pool *p, const char *prefix, const X509 *cert) {
  const X509_NAME *subject = X509_get_subject_name(cert);
  const X509_NAME *issuer = X509_get_issuer_name(cert);
  char value[VALUE_SIZE];

  (void) ftps_text_name_ascii(subject, value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "S_DN", NULL), value);
  (void) ftps_text_name_ascii(issuer, value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "I_DN", NULL), value);

  set_name_parts(p, pstrcat(p, prefix, "S_DN_", NULL), subject);
  set_name_parts(p, pstrcat(p, prefix, "I_DN_", NULL), issuer);
}

static void set_certificate(pool *p, const char *prefix, const X509 *cert) {
  char value[VALUE_SIZE];

  (void) snprintf(value, sizeof(value), "%ld", X509_get_version(cert) + 1);
  set_variable(p, pstrcat(p, prefix, "M_VERSION", NULL), value);
  (void) ftps_text_serial_decimal(cert, value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "M_SERIAL", NULL), value);

  set_names(p, prefix, cert);

  (void) ftps_text_time(X509_get0_notBefore(cert), value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "V_START", NULL), value);
  (void) ftps_text_time(X509_get0_notAfter(cert), value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "V_END", NULL), value);
  (void) ftps_text_signature_type(cert, value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "A_SIG", NULL), value);
  (void) ftps_text_key_type(cert, value, sizeof(value));
  set_variable(p, pstrcat(p, prefix, "A_KEY", NULL), value);
}

static void set_pem(pool *p, const char *key, const X509 *cert) {
  size_t size;
  char *text;

  if (cert == NULL) {
    return;
  }

  size = ftps_text_pem(cert, NULL, 0) + 1;
  text = palloc(p, size);
  (void) ftps_text_pem(cert, text, size);
  set_variable(p, key, text);
}

/* The texts of all certificates, for other programs that want to examine them.
 */
void ftps_environ_set_certificates(pool *p, const SSL *ssl) {
  const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
  X509 *peer = SSL_get1_peer_certificate(ssl);
  char number[16];
  int i;

  set_pem(p, "TLS_SERVER_CERT", SSL_get_certificate(ssl));
  set_pem(p, "TLS_CLIENT_CERT", peer);
  X509_free(peer);

  for (i = 0; i < sk_X509_num(chain) && i < MAX_CHAIN; i++) {
    (void) snprintf(number, sizeof(number), "%d", i + 1);
    set_pem(p, pstrcat(p, "TLS_CLIENT_CERT_CHAIN", number, NULL),
        sk_X509_value(chain, i));
  }
}

void ftps_environ_set_variables(pool *p, SSL *ssl, const char *server_name) {
  char value[VALUE_SIZE], buffer[FTPS_OFFER_NAME_SIZE];
  const X509 *own = SSL_get_certificate(ssl);
  X509 *peer = SSL_get1_peer_certificate(ssl);

  set_variable(p, "FTPS", "1");
  set_variable(p, "TLS_PROTOCOL", SSL_get_version(ssl));
  set_session_id(p, ssl);
  set_cipher(p, ssl);
  set_variable(p, "TLS_KEY_EXCHANGE", ftps_offer_key_exchange(ssl, buffer));
  set_variable(p, "TLS_LIBRARY_VERSION", OpenSSL_version(OPENSSL_VERSION));

  (void) ftps_text_escape(server_name, strlen(server_name), value,
      sizeof(value));
  set_variable(p, "TLS_SERVER_NAME", value);

  if (own != NULL) {
    set_certificate(p, "TLS_SERVER_", own);
  }

  if (peer != NULL) {
    set_certificate(p, "TLS_CLIENT_", peer);
  }

  X509_free(peer);
}
