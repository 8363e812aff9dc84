/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * setters.h: setters, and readers, of directives whose values have a form of
 * their own.  Rows of the table (host/config/directives.c) name them. rules.h
 * says what set() and read() of a row get and do.
 */
#ifndef FTPS_HOST_CONFIG_SETTERS_H
#define FTPS_HOST_CONFIG_SETTERS_H

#include "host/config/rules.h"

/* TLSProtocol: an unsigned int, FTPS_PROTO_*. */
modret_t *ftps_setters_set_protocol(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSCipherSuite: the list and an unsigned int, FTPS_PROTO_* or 0; may be
 * repeated.
 */
modret_t *ftps_setters_set_cipher_suite(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_ciphers(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSLog: a path, or row->none. */
modret_t *ftps_setters_set_log(cmd_rec *cmd, const struct ftps_directive *row);

/* TLSECDHCurve: a string that OpenSSL takes, or row->none. */
modret_t *ftps_setters_set_ecdh_curve(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSRandomSeed: a path. */
modret_t *ftps_setters_set_random_seed(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSRequired: three ints, for control and data connections and for AUTH, which
 * host/control/policy.c reads at each command.
 */
modret_t *ftps_setters_set_required(cmd_rec *cmd,
    const struct ftps_directive *row);

void ftps_setters_read_required(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSOptions: an unsigned long, FTPS_OPT_*; may be repeated. */
modret_t *ftps_setters_set_options(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSUserName: an unsigned int (enum ftps_certname) and an object identifier or
 * NULL.
 */
modret_t *ftps_setters_set_user_name(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_user_name(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSTransferServers: a record for each name, in its one form. */
modret_t *ftps_setters_set_transfer_servers(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSVerifyOrder: an unsigned int (enum ftps_verify_order). */
modret_t *ftps_setters_set_verify_order(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSStaplingResponder: a URL. */
modret_t *ftps_setters_set_stapling_responder(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSCryptoDevice leaves no record: it is ignored, and a notice says so. */
modret_t *ftps_setters_set_crypto_device(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSMasqueradeAddress: an address and its name, which ProFTPD reads itself. */
modret_t *ftps_setters_set_masquerade(cmd_rec *cmd,
    const struct ftps_directive *row);

/* TLSCertificate: an array of struct ftps_keyfiles, with all lines of the
 * section.
 */
modret_t *ftps_setters_set_certificate(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_certificates(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSPreSharedKey: identity and path; may be repeated. */
modret_t *ftps_setters_set_pre_shared_key(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_pre_shared_keys(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSHandshakeLimit: two unsigned ints, the number and the seconds. */
modret_t *ftps_setters_set_handshake_limit(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_handshake_limit(pool *p, config_rec *first,
    struct ftps_settings *settings);

/* TLSRenegotiate: two unsigned ints, seconds for control connections and KB for
 * data connections; 0: never.
 */
modret_t *ftps_setters_set_renegotiate(cmd_rec *cmd,
    const struct ftps_directive *row);
void ftps_setters_read_renegotiate(pool *p, config_rec *first,
    struct ftps_settings *settings);

#endif /* FTPS_HOST_CONFIG_SETTERS_H */
