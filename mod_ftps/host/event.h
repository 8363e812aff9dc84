/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * event.h: handshakes and refusals as events of TLSLog, with what ProFTPD knows
 * of the session: peer, user, server name.
 *
 * Every event has the same keys in the same order.
 */
#ifndef FTPS_HOST_EVENT_H
#define FTPS_HOST_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* NULL, and negative: not known. */
struct ftps_event {
  const char *kind; /* "handshake", "refusal" */
  bool is_data;
  const char *version, *suite, *group, *resumed;
  const char *certificate;        /* subject of the server's, if it was sent */
  const char *client_certificate; /* subject of the client's */
  int64_t ms, in, out;            /* bytes */
  const char *reason;
};

/* `text` is the line of TLSLogFormat text. */
void ftps_event_log(const struct ftps_event *event, const char *text);

#endif /* FTPS_HOST_EVENT_H */
