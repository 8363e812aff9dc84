/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * envelope_fuzz.c: what a cache that was made for mod_tls returns: a session or
 * an OCSP response of any kind (cache/envelope.c).  The first byte chooses the
 * kind.  What is opened can be put into an envelope again, and is the same.
 */
#include "cache/envelope.h"

#include <string.h>

#include <openssl/err.h>

#include "t/fuzz/fuzz.h"

#define ROOM 4096

static const unsigned char id[32] = "id";
static unsigned char opened[ROOM], again[ROOM];

static void open_session(const uint8_t *data, size_t size) {
  SSL_SESSION *session = d2i_SSL_SESSION(NULL, &data, (long) size);
  size_t len = sizeof(opened), len_again = sizeof(again);
  SSL_SESSION *made;

  if (session != NULL &&
      ftps_envelope_open_session(session, opened, &len) == 0) {
    CHECK(len <= sizeof(opened));
    made = ftps_envelope_session(id, sizeof(id), opened, len, 1800000000);
    CHECK(made != NULL);
    CHECK(ftps_envelope_open_session(made, again, &len_again) == 0);
    CHECK(len_again == len && memcmp(opened, again, len) == 0);
    SSL_SESSION_free(made);
  }
  SSL_SESSION_free(session);
}

static void open_response(const uint8_t *data, size_t size) {
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &data, (long) size);
  size_t len = sizeof(opened), len_again = sizeof(again);
  OCSP_RESPONSE *made;

  if (response != NULL &&
      ftps_envelope_open_response(response, opened, &len) == 0) {
    CHECK(len <= sizeof(opened));
    made = ftps_envelope_response(opened, len);
    CHECK(made != NULL);
    CHECK(ftps_envelope_open_response(made, again, &len_again) == 0);
    CHECK(len_again == len && memcmp(opened, again, len) == 0);
    OCSP_RESPONSE_free(made);
  }
  OCSP_RESPONSE_free(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0) {
    (*data % 2 == 0 ? open_session : open_response)(data + 1, size - 1);
  }
  ERR_clear_error();
  return 0;
}
