/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mark.c: see mark.h.
 */
#include "tickets/mark.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/bytes.h"
#include "base/conn_tag.h"

/* The token, the time as 8 bytes, big endian, and the proof. */
#define TIME_SIZE 8
#define PROOF_AT  (FTPS_TOKEN_SIZE + TIME_SIZE)
#define MARK_SIZE (PROOF_AT + FTPS_TICKET_PROOF_SIZE)

const unsigned char *ftps_mark_get0(SSL_SESSION *session) {
  void *data = NULL;
  size_t len = 0;

  return SSL_SESSION_get0_ticket_appdata(session, &data, &len) == 1 &&
          len == MARK_SIZE
      ? data
      : NULL;
}

bool ftps_mark_has_token(SSL_SESSION *session, const unsigned char *token) {
  const unsigned char *mark = ftps_mark_get0(session);

  return mark != NULL && CRYPTO_memcmp(mark, token, FTPS_TOKEN_SIZE) == 0;
}

const unsigned char *ftps_mark_get0_proof(SSL_SESSION *session) {
  const unsigned char *mark = ftps_mark_get0(session);

  return mark != NULL ? mark + PROOF_AT : NULL;
}

/* In TLS 1.3 the library's time is that of the last ticket.  It is right for
 * sessions without a ticket.
 */
int64_t ftps_mark_time(SSL_SESSION *session) {
  const unsigned char *mark = ftps_mark_get0(session);

  return mark != NULL
      ? (int64_t) ftps_bytes_get(mark + FTPS_TOKEN_SIZE, TIME_SIZE)
      : (int64_t) SSL_SESSION_get_time(session);
}

int ftps_mark_set(SSL_SESSION *session, const unsigned char *token,
    const unsigned char *proof) {
  uint64_t time = (uint64_t) ftps_mark_time(session);
  unsigned char mark[MARK_SIZE];

  memcpy(mark, token, FTPS_TOKEN_SIZE);
  ftps_bytes_put(mark + FTPS_TOKEN_SIZE, TIME_SIZE, time);
  memcpy(mark + PROOF_AT, proof, FTPS_TICKET_PROOF_SIZE);
  return SSL_SESSION_set1_ticket_appdata(session, mark, MARK_SIZE);
}

/* Each part has its length before it. */
int ftps_mark_describe(SSL_SESSION *session,
    unsigned char holder_out[FTPS_TICKET_HOLDER_SIZE]) {
  unsigned char text[TIME_SIZE + 2 + SSL_MAX_SID_CTX_LENGTH + EVP_MAX_MD_SIZE];
  X509 *cert = SSL_SESSION_get0_peer(session);
  unsigned int place_len = 0, print_len = 0;
  const unsigned char *place = SSL_SESSION_get0_id_context(session, &place_len);
  size_t len = TIME_SIZE;

  if (place_len > SSL_MAX_SID_CTX_LENGTH) {
    return -1;
  }
  ftps_bytes_put(text, TIME_SIZE, (uint64_t) ftps_mark_time(session));
  text[len++] = (unsigned char) place_len;
  memcpy(text + len, place, place_len);
  len += place_len;
  if (cert != NULL &&
      X509_digest(cert, EVP_sha256(), text + len + 1, &print_len) != 1) {
    return -1;
  }
  text[len] = (unsigned char) print_len;
  len += 1 + print_len;
  return EVP_Digest(text, len, holder_out, NULL, EVP_sha256(), NULL) == 1 ? 0
                                                                          : -1;
}
