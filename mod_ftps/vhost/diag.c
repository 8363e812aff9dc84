/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * diag.c: see diag.h.
 */
#include "vhost/diag.h"

#include "base/conn_index.h"
#include "base/conn_tag.h"
#include "log/log.h"

/* The alert is how the library refuses a renegotiation; it does not end the
 * connection.  One line is enough, because a client may try without end.
 */
static void watch_state(const SSL *ssl, int where, int value) {
  struct ftps_conn_tag *tag = NULL;

  if (where == SSL_CB_WRITE_ALERT &&
      (value & 0xff) == SSL_AD_NO_RENEGOTIATION) {
    tag = ftps_conn_index_get(ssl);
  }

  if (tag != NULL && !tag->has_renegotiated) {
    tag->has_renegotiated = true;
    ftps_log("client-initiated session renegotiation detected, and refused");
  }
}

static void trace_state(const SSL *ssl, int where, int value) {
  watch_state(ssl, where, value);
  if (where & SSL_CB_ALERT) {
    ftps_log("[info] %s alert: %s, %s",
        where & SSL_CB_READ ? "received" : "sent",
        SSL_alert_type_string_long(value), SSL_alert_desc_string_long(value));

  } else if (where & (SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE)) {
    ftps_log("[info] handshake %s: %s %s",
        where & SSL_CB_HANDSHAKE_START ? "starts" : "done",
        SSL_get_version(ssl), SSL_get_cipher_name(ssl));

  } else {
    ftps_log("[info] %s", SSL_state_string_long(ssl));
  }
}

static const char *name_content(int type) {
  switch (type) {
    case SSL3_RT_CHANGE_CIPHER_SPEC:
      return "ChangeCipherSpec";
    case SSL3_RT_ALERT:
      return "Alert";
    case SSL3_RT_HANDSHAKE:
      return "Handshake";
    case SSL3_RT_APPLICATION_DATA:
      return "ApplicationData";
    default:
      return NULL;
  }
}

static const char *name_handshake(unsigned char type) {
  static const char *const names[] = { [SSL3_MT_HELLO_REQUEST] = "HelloRequest",
    [SSL3_MT_CLIENT_HELLO] = "ClientHello",
    [SSL3_MT_SERVER_HELLO] = "ServerHello",
    [SSL3_MT_NEWSESSION_TICKET] = "NewSessionTicket",
    [SSL3_MT_END_OF_EARLY_DATA] = "EndOfEarlyData",
    [SSL3_MT_ENCRYPTED_EXTENSIONS] = "EncryptedExtensions",
    [SSL3_MT_CERTIFICATE] = "Certificate",
    [SSL3_MT_SERVER_KEY_EXCHANGE] = "ServerKeyExchange",
    [SSL3_MT_CERTIFICATE_REQUEST] = "CertificateRequest",
    [SSL3_MT_SERVER_DONE] = "ServerHelloDone",
    [SSL3_MT_CERTIFICATE_VERIFY] = "CertificateVerify",
    [SSL3_MT_CLIENT_KEY_EXCHANGE] = "ClientKeyExchange",
    [SSL3_MT_FINISHED] = "Finished",
    [SSL3_MT_KEY_UPDATE] = "KeyUpdate" };

  if (type >= sizeof(names) / sizeof(names[0]) || names[type] == NULL) {
    return "unknown message";
  }

  return names[type];
}

/* The library defines the signature. */
static void trace_message_cb(int is_sent, int version, int type,
    const void *bytes, size_t len, SSL *ssl, void *arg) {
  const char *content = name_content(type);

  (void) version;
  (void) arg;
  if (content == NULL) {
    return;
  }

  if (type == SSL3_RT_HANDSHAKE && len > 0) {
    content = name_handshake(*(const unsigned char *) bytes);
  }

  ftps_log("[msg] %s %s (%zu bytes) %s", is_sent ? "sent" : "received", content,
      len, SSL_get_version(ssl));
}

void ftps_diag_trace(SSL_CTX *ctx, bool is_on) {
  SSL_CTX_set_info_callback(ctx, is_on ? trace_state : watch_state);
  SSL_CTX_set_msg_callback(ctx, is_on ? trace_message_cb : NULL);
}

void ftps_diag_trace_one(SSL *ssl, bool is_on) {
  SSL_set_info_callback(ssl, is_on ? trace_state : watch_state);
  SSL_set_msg_callback(ssl, is_on ? trace_message_cb : NULL);
}
