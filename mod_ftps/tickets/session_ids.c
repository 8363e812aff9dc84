/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * session_ids.c: see session_ids.h.
 */
#include "tickets/session_ids.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define MASTER_SIZE SSL_MAX_MASTER_KEY_LENGTH
#define CIPHER_AT   MASTER_SIZE
#define VALUE_SIZE  64

int ftps_session_ids_name(const unsigned char *id, size_t len, bool has_ems,
    unsigned char *name_out) {
  unsigned char text[1 + SSL_MAX_SSL_SESSION_ID_LENGTH];
  unsigned char hash[EVP_MAX_MD_SIZE];

  if (len == 0 || len > SSL_MAX_SSL_SESSION_ID_LENGTH) {
    return -1;
  }

  text[0] = has_ems ? 1 : 0;
  memcpy(text + 1, id, len);
  if (EVP_Digest(text, len + 1, hash, NULL, EVP_sha256(), NULL) != 1) {
    return -1;
  }

  memcpy(name_out, hash, FTPS_TICKET_NAME_SIZE);
  return 0;
}

int ftps_session_ids_describe(const SSL_SESSION *session, bool has_ems,
    struct ftps_ticket_keys *record_out) {
  unsigned char value[VALUE_SIZE] = { 0 };
  const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
  unsigned int id_len = 0;
  const unsigned char *id = SSL_SESSION_get_id(session, &id_len);
  uint16_t number;

  if (cipher == NULL ||
      SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION ||
      ftps_session_ids_name(id, id_len, has_ems, record_out->name) < 0 ||
      SSL_SESSION_get_master_key(session, value, MASTER_SIZE) != MASTER_SIZE) {
    return -1;
  }

  number = SSL_CIPHER_get_protocol_id(cipher);
  value[CIPHER_AT] = (unsigned char) (number >> 8);
  value[CIPHER_AT + 1] = (unsigned char) (number & 0xff);
  memcpy(record_out->aes, value, sizeof(record_out->aes));
  memcpy(record_out->hmac, value + sizeof(record_out->aes),
      sizeof(record_out->hmac));
  OPENSSL_cleanse(value, sizeof(value));
  return 0;
}

static bool fill(SSL_SESSION *session, const unsigned char *value, SSL *ssl) {
  const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, value + CIPHER_AT);

  return cipher != NULL && SSL_SESSION_set_cipher(session, cipher) == 1 &&
      SSL_SESSION_set1_master_key(session, value, MASTER_SIZE) == 1;
}

SSL_SESSION *ftps_session_ids_make(const struct ftps_ticket_keys *record,
    const SSL_SESSION *own, SSL *ssl, const unsigned char *id, size_t len) {
  unsigned char value[VALUE_SIZE];
  SSL_SESSION *session = SSL_SESSION_dup(own);

  memcpy(value, record->aes, sizeof(record->aes));
  memcpy(value + sizeof(record->aes), record->hmac, sizeof(record->hmac));
  if (session != NULL &&
      (!fill(session, value, ssl) ||
          SSL_SESSION_set1_id(session, id, (unsigned int) len) != 1)) {
    SSL_SESSION_free(session);
    session = NULL;
  }

  OPENSSL_cleanse(value, sizeof(value));
  return session;
}
