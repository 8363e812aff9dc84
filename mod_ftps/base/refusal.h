/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * refusal.h: every reason for which a client is refused, in one table: a word,
 * the reply, the line in TLSLog.
 *
 * Code that refuses names the reason and writes no text.  The word is in
 * brackets at the end of the line in TLSLog, and doc/troubleshooting.md has a
 * row for it, which t/00-house.t checks.
 *
 * Pure; the texts are constant.
 *
 * Source: RFC 2228 and RFC 4217 for the codes; doc/contract.md for the texts
 * that clients and sites know.
 */
#ifndef FTPS_BASE_REFUSAL_H
#define FTPS_BASE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

enum ftps_refusal {
  FTPS_REFUSAL_NONE,

  /* AUTH, and the handshake on the control connection */
  FTPS_REFUSAL_AUTH_NO_MECHANISM,
  FTPS_REFUSAL_AUTH_AFTER_CCC,
  FTPS_REFUSAL_AUTH_TWICE,
  FTPS_REFUSAL_AUTH_AFTER_LOGIN,
  FTPS_REFUSAL_AUTH_IN_TRANSFER,
  FTPS_REFUSAL_NO_CERTIFICATE,
  FTPS_REFUSAL_BYTES_AFTER_AUTH,
  FTPS_REFUSAL_TOO_MANY,
  FTPS_REFUSAL_CONTROL,
  FTPS_REFUSAL_SNI_UNKNOWN,
  FTPS_REFUSAL_SNI_NO_NAME,
  FTPS_REFUSAL_SNI_NOT_HOST,
  FTPS_REFUSAL_CLIENT_CERTIFICATE,

  /* PBSZ, PROT, CCC, SSCN */
  FTPS_REFUSAL_PARAMETERS,
  FTPS_REFUSAL_PBSZ_AFTER_CCC,
  FTPS_REFUSAL_PROT_IN_TRANSFER,
  FTPS_REFUSAL_PROT_AFTER_CCC,
  FTPS_REFUSAL_PROT_REQUIRED,
  FTPS_REFUSAL_PROT_UNSUPPORTED,
  FTPS_REFUSAL_PROT_UNKNOWN,
  FTPS_REFUSAL_CCC_AFTER_CCC,
  FTPS_REFUSAL_CCC_REQUIRED,
  FTPS_REFUSAL_LIMIT,
  FTPS_REFUSAL_SSCN_LIMIT,
  FTPS_REFUSAL_SSCN_PARAMETERS,
  FTPS_REFUSAL_SSCN_MODE,
  FTPS_REFUSAL_SSCN_AFTER_CCC,
  FTPS_REFUSAL_SSCN_LISTENING,

  /* TLSRequired, and logins */
  FTPS_REFUSAL_CONTROL_REQUIRED,
  FTPS_REFUSAL_DATA_REQUIRED,
  FTPS_REFUSAL_DATA_REQUIRED_LATE,
  FTPS_REFUSAL_CERTIFICATE_LOGIN,
  FTPS_REFUSAL_CERTIFICATE_AND_PASSWORD,
  FTPS_REFUSAL_USER_REQUIRED,
  FTPS_REFUSAL_PROTOCOLS,

  /* Data connections and uploads */
  FTPS_REFUSAL_STREAMS_TAKEN,
  FTPS_REFUSAL_DATA,
  FTPS_REFUSAL_DATA_NOT_REUSED,
  FTPS_REFUSAL_DATA_OF_MODULE,
  FTPS_REFUSAL_UNFINISHED,
  FTPS_REFUSAL_DOWNLOAD_RESET,
  FTPS_REFUSAL_UPLOAD_CUT,
  FTPS_REFUSAL_UPLOAD_NO_CLOSE_NOTIFY,
  FTPS_REFUSAL_UPLOAD_GONE,
  FTPS_REFUSAL_UPLOAD_EMPTY,
  FTPS_REFUSAL_UPLOAD_REPLACED,
  FTPS_REFUSAL_UPLOAD_EMPTIED,

  /* Why a handshake is not accepted: the detail of the refusals above */
  FTPS_REFUSAL_NOT_RESUMED,
  FTPS_REFUSAL_OTHER_SESSION,
  FTPS_REFUSAL_OTHER_CERTIFICATE,
  FTPS_REFUSAL_NO_CONTROL,
  FTPS_REFUSAL_NOT_TLS,
  FTPS_REFUSAL_NO_HANDSHAKE,
  FTPS_REFUSAL_HANDSHAKE_LATE,
  FTPS_REFUSAL_HANDSHAKE_SLOW,
  FTPS_REFUSAL_WAIT_INTERRUPTED,
  FTPS_REFUSAL_HANDSHAKE_INTERRUPTED,
  FTPS_REFUSAL_HANDSHAKE_CLOSED,
  FTPS_REFUSAL_HANDSHAKE_FAILED,
  FTPS_REFUSAL_SERVER_CERTIFICATE,
  FTPS_REFUSAL_SERVER_NO_CERTIFICATE,
  FTPS_REFUSAL_SERVER_SILENT,
  FTPS_REFUSAL_SERVER_INTERRUPTED,
  FTPS_REFUSAL_SERVER_ENDED,

  FTPS_REFUSAL_COUNT
};

struct ftps_refusal_row {
  const char *word;
  const char *code; /* of the reply; NULL: only a detail of other refusals */
  const char *text; /* of the reply; the detail replaces "%s" */
  const char *log;  /* in TLSLog, likewise; NULL: "refused: " and the reply */
  bool is_alarming; /* the line also goes to the system log */
};

/* Returns never NULL. */
const struct ftps_refusal_row *ftps_refusal_row(enum ftps_refusal refusal);

/* True if it is about a data connection or a transfer. */
bool ftps_refusal_is_of_data(enum ftps_refusal refusal);

/* Writes `pattern` with `detail` instead of its "%s"; NULL writes nothing. */
void ftps_refusal_write(const char *pattern, const char *detail, char *text,
    size_t size);

#endif /* FTPS_BASE_REFUSAL_H */
