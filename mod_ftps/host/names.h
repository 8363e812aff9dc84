/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * names.h: strings that other modules compare letter by letter
 * (doc/contract.md: Who it is; Notes, variables, events).
 */
#ifndef FTPS_HOST_NAMES_H
#define FTPS_HOST_NAMES_H

/* session.rfc2228_mech, and the protocol's name. */
#define FTPS_NAME_MECH     "TLS"
#define FTPS_NAME_PROTOCOL "ftps"

/* session.auth_mech: logged in by certificate. */
#define FTPS_NAME_AUTH_MECH "mod_tls.c"

/* ProFTPD has no name for it. */
#define C_SSCN "SSCN"

/* session.notes */
#define FTPS_NOTE_SNI  "mod_tls.sni"
#define FTPS_NOTE_HOST "mod_core.host"
#define FTPS_NOTE_CLNT "clnt"

/* Read: the sections of a user are in force from USER on. */
#define FTPS_NOTE_PER_USER "mod_ifsession.per-unauthenticated-user"

#define FTPS_EVENT_SNI               "mod_tls.sni"
#define FTPS_EVENT_CONTROL_HANDSHAKE "mod_tls.ctrl-handshake"
#define FTPS_EVENT_CONTROL_FAILED    "mod_tls.ctrl-handshake-failed"
#define FTPS_EVENT_DATA_FAILED       "mod_tls.data-handshake-failed"
#define FTPS_EVENT_VERIFIED          "mod_tls.verify-client"
#define FTPS_EVENT_VERIFY_FAILED     "mod_tls.verify-client-failed"

#endif /* FTPS_HOST_NAMES_H */
