/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * rekey.c: see rekey.h.
 */
#include "conn/rekey.h"

#include <openssl/err.h>

#include "base/clock.h"
#include "conn/conn.h"
#include "conn/conn_own.h"
#include "log/log.h"
#include "vhost/vhost.h"

void ftps_rekey_start(struct ftps_conn *conn) {
  const struct ftps_settings *settings = ftps_vhost_settings(conn->vhost);
  struct ftps_rekey *rekey = &conn->own->rekey;

  if (SSL_version(conn->ssl) < TLS1_3_VERSION) {
    return;
  }

  if (conn->tag.kind == FTPS_KIND_CONTROL) {
    rekey->every_ms = settings->rekey_control_seconds * 1000ULL;
    rekey->due_ms = ftps_clock_ms() + rekey->every_ms;
  } else {
    rekey->every_bytes = settings->rekey_data_kilobytes * 1024ULL;
  }
  rekey->is_on = rekey->every_ms > 0 || rekey->every_bytes > 0;
}

static bool is_due(const struct ftps_rekey *rekey) {
  return rekey->every_bytes > 0 ? rekey->sent_bytes >= rekey->every_bytes
                                : ftps_clock_ms() >= rekey->due_ms;
}

void ftps_rekey_before_write(struct ftps_conn *conn, size_t len) {
  struct ftps_rekey *rekey = &conn->own->rekey;
  int type = conn->tag.kind == FTPS_KIND_CONTROL ? SSL_KEY_UPDATE_REQUESTED
                                                 : SSL_KEY_UPDATE_NOT_REQUESTED;

  /* If a ticket waits for the next write, it is sent first. */
  if (is_due(rekey) && SSL_is_init_finished(conn->ssl) &&
      SSL_key_update(conn->ssl, type) == 1) {
    rekey->sent_bytes = 0;
    rekey->due_ms = ftps_clock_ms() + rekey->every_ms;
    ftps_log_trace(9, "new keys for the %s connection",
        conn->tag.kind == FTPS_KIND_CONTROL ? "control" : "data");
  }

  ERR_clear_error();
  rekey->sent_bytes += len;
}
