/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * by_name.h: the certificate of TLSCertificateDirectory for this client.
 *
 * The name is that of the ClientHello; if it has none, that of an earlier HOST
 * command.  ProFTPD refuses HOST for names that no virtual host has; such a
 * name is accepted here if it has a folder.
 *
 * Source: RFC 7151.
 */
#ifndef FTPS_HOST_CONTROL_BY_NAME_H
#define FTPS_HOST_CONTROL_BY_NAME_H

#include <stdbool.h>

#include "conf.h"

struct ftps_shown;
struct ftps_vhost;

/* True if the name has a folder in the directory of this server, although its
 * certificate may have a fault.
 */
bool ftps_by_name_is_known(const struct ftps_vhost *vhost, const char *name);

/* As conn/conn.h says; `arg` is not used. */
const char *ftps_by_name_certify(void *arg, const struct ftps_vhost *vhost,
    const char *name, struct ftps_shown *cert_out);

/* HOST */
modret_t *ftps_by_name_host(cmd_rec *cmd);

#endif /* FTPS_HOST_CONTROL_BY_NAME_H */
