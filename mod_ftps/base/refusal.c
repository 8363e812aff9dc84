/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * refusal.c: see refusal.h.
 */
#include "base/refusal.h"

#include <stdio.h>
#include <string.h>

#define UNWILLING "Unwilling to accept security parameters"

static const struct ftps_refusal_row rows[FTPS_REFUSAL_COUNT] = {
  [FTPS_REFUSAL_NONE] = { "none", NULL, "", NULL, false },

  /* AUTH, and the handshake on the control connection */
  [FTPS_REFUSAL_AUTH_NO_MECHANISM] = { "auth-no-mechanism", "504",
      "AUTH requires at least one argument", NULL, false },
  [FTPS_REFUSAL_AUTH_AFTER_CCC] = { "auth-after-ccc", "534", UNWILLING,
      "AUTH refused: after CCC", false },
  [FTPS_REFUSAL_AUTH_TWICE] = { "auth-twice", "503",
      "Unwilling to accept second AUTH", NULL, false },
  [FTPS_REFUSAL_AUTH_AFTER_LOGIN] = { "auth-after-login", "534", UNWILLING,
      "AUTH refused: after login", false },
  [FTPS_REFUSAL_AUTH_IN_TRANSFER] = { "auth-in-transfer", "503",
      "AUTH not allowed during a transfer", NULL, false },
  [FTPS_REFUSAL_NO_CERTIFICATE] = { "no-certificate", "431",
      "Necessary security resource unavailable", "AUTH refused: %s", false },
  [FTPS_REFUSAL_BYTES_AFTER_AUTH] = { "bytes-after-auth", "421",
      "Bytes in clear behind AUTH, closing connection",
      "bytes sent in clear behind AUTH, possibly an injected command; ending "
      "the session",
      true },
  [FTPS_REFUSAL_TOO_MANY] = { "too-many-handshakes", "421",
      "Too many TLS handshakes without a login from your address, try again "
      "later",
      "handshake refused: too many handshakes without a login from this "
      "address (TLSHandshakeLimit)",
      false },
  [FTPS_REFUSAL_CONTROL] = { "control-failed", "421", "TLS handshake failed",
      "unable to accept TLS connection: %s", false },
  [FTPS_REFUSAL_SNI_UNKNOWN] = { "sni-unknown", NULL, "",
      "no matching server found for client-sent SNI '%s', refusing handshake",
      false },
  [FTPS_REFUSAL_SNI_NO_NAME] = { "sni-no-name", NULL, "",
      "no matching server found for client-sent SNI '%s', which is no host "
      "name, refusing handshake",
      false },
  [FTPS_REFUSAL_SNI_NOT_HOST] = { "sni-not-host", NULL, "",
      "client-sent SNI '%s' is not the name of its HOST command, refusing "
      "handshake",
      false },
  [FTPS_REFUSAL_CLIENT_CERTIFICATE] = { "client-certificate", "421",
      "Client certificate not accepted",
      "client certificate refused after the handshake: %s", false },

  /* PBSZ, PROT, CCC, SSCN */
  [FTPS_REFUSAL_PARAMETERS] = { "parameters", "501",
      "Invalid number of parameters", NULL, false },
  [FTPS_REFUSAL_PBSZ_AFTER_CCC] = { "pbsz-after-ccc", "503",
      "PBSZ not allowed on insecure control connection", NULL, false },
  [FTPS_REFUSAL_PROT_IN_TRANSFER] = { "prot-in-transfer", "503",
      "PROT not allowed during a transfer", NULL, false },
  [FTPS_REFUSAL_PROT_AFTER_CCC] = { "prot-after-ccc", "534", UNWILLING,
      "refused: PROT C: after CCC", false },
  [FTPS_REFUSAL_PROT_REQUIRED] = { "prot-required", "534", UNWILLING,
      "refused: PROT %s: TLSRequired", false },
  [FTPS_REFUSAL_PROT_UNSUPPORTED] = { "prot-unsupported", "536",
      "PROT %s unsupported", "refused: PROT: only C and P are supported",
      false },
  [FTPS_REFUSAL_PROT_UNKNOWN] = { "prot-unknown", "504", "PROT %s unsupported",
      "refused: PROT: no such level", false },
  [FTPS_REFUSAL_CCC_AFTER_CCC] = { "ccc-after-ccc", "533",
      "CCC not allowed on insecure control connection", NULL, false },
  [FTPS_REFUSAL_CCC_REQUIRED] = { "ccc-required", "534", UNWILLING,
      "refused: CCC: TLSRequired", false },
  [FTPS_REFUSAL_LIMIT] = { "limit", "534", UNWILLING,
      "refused: %s: denied by <Limit>", false },
  [FTPS_REFUSAL_SSCN_LIMIT] = { "sscn-limit", "550",
      "SSCN: Operation not permitted", "refused: SSCN: denied by <Limit>",
      false },
  [FTPS_REFUSAL_SSCN_PARAMETERS] = { "sscn-parameters", "504",
      "SSCN: Invalid argument", NULL, false },
  [FTPS_REFUSAL_SSCN_MODE] = { "sscn-mode", "501", "SSCN: Invalid argument",
      NULL, false },
  [FTPS_REFUSAL_SSCN_AFTER_CCC] = { "sscn-after-ccc", "503",
      "SSCN ON not allowed on insecure control connection",
      "refused: SSCN ON: after CCC", false },
  [FTPS_REFUSAL_SSCN_LISTENING] = { "sscn-listening", "503",
      "SSCN ON on a passive data connection needs TLSTransferServers; use PORT "
      "or SSCN OFF",
      NULL, false },

  /* TLSRequired, and logins */
  [FTPS_REFUSAL_CONTROL_REQUIRED] = { "control-required", "550",
      "SSL/TLS required on the control channel", NULL, false },
  [FTPS_REFUSAL_DATA_REQUIRED] = { "data-required", "522",
      "SSL/TLS required on the data channel", NULL, false },
  [FTPS_REFUSAL_DATA_REQUIRED_LATE] = { "data-required-late", "522",
      "SSL/TLS required on the data channel",
      "refused: %s: 522 SSL/TLS required on the data channel, by the path in "
      "use",
      false },
  [FTPS_REFUSAL_CERTIFICATE_LOGIN] = { "certificate-login", "421",
      "Login refused, closing connection",
      "login by certificate was refused, ending the session", false },
  [FTPS_REFUSAL_CERTIFICATE_AND_PASSWORD] = { "certificate-and-password", "530",
      "Login incorrect.",
      "login of user '%s' refused: TLSOptions CertificateAndPassword: no "
      "client certificate admits this user",
      false },
  [FTPS_REFUSAL_USER_REQUIRED] = { "user-required", "530", "Login incorrect.",
      "login refused: TLSRequired: this user must use TLS", false },
  [FTPS_REFUSAL_PROTOCOLS] = { "protocols", "530", "Login incorrect.",
      "login refused: ftps protocol denied by Protocols config", false },

  /* Data connections and uploads */
  [FTPS_REFUSAL_STREAMS_TAKEN] = { "streams-taken", "451",
      "Protected data connections are not possible", NULL, false },
  [FTPS_REFUSAL_DATA] = { "data-failed", "425", "%s",
      "unable to accept data connection: %s", false },
  [FTPS_REFUSAL_DATA_NOT_REUSED] = { "not-reused", "425",
      "%s; switch on TLS session reuse in the client",
      "client did not reuse TLS session, rejecting data connection (see the "
      "NoSessionReuseRequired TLSOptions parameter): %s",
      false },
  [FTPS_REFUSAL_DATA_OF_MODULE] = { "data-of-module", "421",
      "%s; closing connection",
      "data connection refused that another module would have used; ending the "
      "session: %s",
      false },
  [FTPS_REFUSAL_UNFINISHED] = { "data-unfinished", "426", "%s",
      "data connection failed behind the first data: %s", false },
  [FTPS_REFUSAL_DOWNLOAD_RESET] = { "download-reset", "426",
      "data connection was reset by the client before it had read all",
      "data connection was reset by the client before it had read all", false },
  [FTPS_REFUSAL_UPLOAD_CUT] = { "upload-cut", "426",
      "upload ended in the middle of a TLS record, it is truncated",
      "upload ended in the middle of a TLS record, the file is truncated",
      false },
  [FTPS_REFUSAL_UPLOAD_NO_CLOSE_NOTIFY] = { "upload-no-close-notify", "426",
      "upload ended without TLS close_notify, it may be truncated",
      "upload ended without TLS close_notify, the file may be truncated "
      "(TLSTruncation strict)",
      false },
  [FTPS_REFUSAL_UPLOAD_GONE] = { "upload-gone", "426",
      "upload ended without TLS close_notify, and the control connection has "
      "ended too",
      "upload ended without TLS close_notify, and the control connection has "
      "ended too: the file may be truncated",
      false },
  [FTPS_REFUSAL_UPLOAD_EMPTY] = { "upload-empty", "426",
      "upload ended without a byte and without TLS close_notify, the file "
      "stays as it was",
      "upload failed: upload ended without a byte and without TLS "
      "close_notify, "
      "the file stays as it was",
      false },
  [FTPS_REFUSAL_UPLOAD_REPLACED] = { "upload-replaced", "426",
      "the file was removed, or replaced, while it was being uploaded",
      "upload failed: the file was removed, or replaced, while it was being "
      "uploaded",
      false },
  [FTPS_REFUSAL_UPLOAD_EMPTIED] = { "upload-emptied", "426",
      "the file was emptied by somebody else while it was being uploaded",
      "upload failed: the file was emptied by somebody else while it was being "
      "uploaded",
      false },

  /* Why a handshake is not accepted: the detail of the refusals above */
  [FTPS_REFUSAL_NOT_RESUMED] = { "session-not-resumed", NULL,
      "TLS session of the control connection was not resumed", NULL, false },
  [FTPS_REFUSAL_OTHER_SESSION] = { "session-of-another", NULL,
      "TLS session of another control connection was resumed", NULL, false },
  [FTPS_REFUSAL_OTHER_CERTIFICATE] = { "certificate-of-another", NULL,
      "client certificate is not the one of the control connection", NULL,
      false },
  [FTPS_REFUSAL_NO_CONTROL] = { "no-control", NULL,
      "no TLS control connection to belong to", NULL, false },
  [FTPS_REFUSAL_NOT_TLS] = { "not-tls", NULL,
      "peer did not start a TLS handshake but sent other bytes", NULL, false },
  [FTPS_REFUSAL_NO_HANDSHAKE] = { "no-handshake", NULL,
      "peer closed the connection instead of a TLS handshake", NULL, false },
  [FTPS_REFUSAL_HANDSHAKE_LATE] = { "handshake-late", NULL,
      "no TLS handshake within the TLSTimeoutHandshake limit", NULL, false },
  [FTPS_REFUSAL_HANDSHAKE_SLOW] = { "handshake-slow", NULL,
      "TLS handshake not finished within the TLSTimeoutHandshake limit", NULL,
      false },
  [FTPS_REFUSAL_WAIT_INTERRUPTED] = { "wait-interrupted", NULL,
      "waiting for a TLS handshake was interrupted", NULL, false },
  [FTPS_REFUSAL_HANDSHAKE_INTERRUPTED] = { "handshake-interrupted", NULL,
      "TLS handshake was interrupted", NULL, false },
  [FTPS_REFUSAL_HANDSHAKE_CLOSED] = { "handshake-closed", NULL,
      "TLS handshake failed: peer closed the connection", NULL, false },
  [FTPS_REFUSAL_HANDSHAKE_FAILED] = { "handshake-failed", NULL,
      "TLS handshake failed: %s", NULL, false },
  [FTPS_REFUSAL_SERVER_CERTIFICATE] = { "server-certificate", NULL,
      "certificate of the other server refused: %s", NULL, false },
  [FTPS_REFUSAL_SERVER_NO_CERTIFICATE] = { "server-no-certificate", NULL,
      "the other server showed no certificate", NULL, false },
  [FTPS_REFUSAL_SERVER_SILENT] = { "server-silent", NULL,
      "the other server sent nothing within the TLSTimeoutHandshake limit",
      NULL, false },
  [FTPS_REFUSAL_SERVER_INTERRUPTED] = { "server-interrupted", NULL,
      "waiting for the other server was interrupted", NULL, false },
  [FTPS_REFUSAL_SERVER_ENDED] = { "server-ended", NULL,
      "the other server ended the TLS connection: %s", NULL, false },
};

const struct ftps_refusal_row *ftps_refusal_row(enum ftps_refusal refusal) {
  return &rows[refusal < FTPS_REFUSAL_COUNT ? refusal : FTPS_REFUSAL_NONE];
}

bool ftps_refusal_is_of_data(enum ftps_refusal refusal) {
  return refusal >= FTPS_REFUSAL_STREAMS_TAKEN &&
      refusal <= FTPS_REFUSAL_UPLOAD_EMPTIED;
}

void ftps_refusal_write(const char *pattern, const char *detail, char *text,
    size_t size) {
  const char *place = strstr(pattern, "%s");

  if (place == NULL) {
    (void) snprintf(text, size, "%s", pattern);
    return;
  }

  (void) snprintf(text, size, "%.*s%s%s", (int) (place - pattern), pattern,
      detail != NULL ? detail : "", place + 2);
}
