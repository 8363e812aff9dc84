/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sni.h: what a ClientHello requests: the virtual host, and ALPN.
 *
 * Callbacks of the library.  The virtual host is chosen in the client_hello
 * callback, before the library uses tickets, versions or certificates, so that
 * all of them are those of the chosen host.
 *
 * Source: RFC 6066 section 3, RFC 7301, RFC 7151 section 3.2.2.
 */
#ifndef FTPS_CONN_SNI_H
#define FTPS_CONN_SNI_H

#include <openssl/ssl.h>

int ftps_sni_client_hello(SSL *ssl, int *alert, void *arg);

int ftps_sni_alpn_select_cb(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned int in_len,
    void *arg);

#endif /* FTPS_CONN_SNI_H */
