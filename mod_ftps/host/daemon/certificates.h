/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * certificates.h: the certificates in use, of servers and of names
 * (named/names.h), each once, those that end first at the beginning.
 */
#ifndef FTPS_HOST_DAEMON_CERTIFICATES_H
#define FTPS_HOST_DAEMON_CERTIFICATES_H

#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

struct ftps_daemon;
struct ftps_vhost;

/* A certificate, and the first of its servers; both are borrowed, until the
 * files are read again.
 */
struct ftps_certificate {
  X509 *cert;
  const struct ftps_vhost *vhost;
  const char *path; /* of TLSCertificateDirectory; NULL: the server's own */
  long left, life;  /* seconds */
};

struct ftps_certificates {
  struct ftps_certificate *list;
  size_t n, room;
  time_t now;
};

void ftps_certificates_read(const struct ftps_daemon *daemon,
    struct ftps_certificates *certificates_out);
void ftps_certificates_free(struct ftps_certificates *certificates);

enum ftps_certificate_state {
  FTPS_CERTIFICATE_FINE,
  FTPS_CERTIFICATE_LATE, /* it should have been renewed already */
  FTPS_CERTIFICATE_EXPIRED,
  FTPS_CERTIFICATE_STATES
};

enum ftps_certificate_state ftps_certificate_judge(
    const struct ftps_certificate *certificate);

#endif /* FTPS_HOST_DAEMON_CERTIFICATES_H */
