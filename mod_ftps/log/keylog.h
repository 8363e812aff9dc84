/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keylog.h: TLSKeyLogFile, a file with the keys of connections, from which
 * Wireshark decrypts a recording.
 *
 * Its form is that of NSS (SSLKEYLOGFILE).  A session opens it while it has
 * root and is outside of a chroot; the daemon writes nothing.
 */
#ifndef FTPS_LOG_KEYLOG_H
#define FTPS_LOG_KEYLOG_H

#include <openssl/ssl.h>

struct ftps_daemon;

/* Connections of the context write to this file; NULL: to none.  Returns 0, or
 * -1 if there is no memory.
 */
int ftps_keylog_attach(SSL_CTX *ctx, const char *path);

/* The callback of the library for such contexts. */
void ftps_keylog_write_cb(const SSL *ssl, const char *line);

/* Opens the file of the session's server, and closes the one before.  A file
 * that others could read is not used, and the system log says so.
 */
void ftps_keylog_open(struct ftps_daemon *daemon, const char *path);

#endif /* FTPS_LOG_KEYLOG_H */
