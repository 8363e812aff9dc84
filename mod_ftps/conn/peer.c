/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * peer.c: see peer.h.
 */
#include "conn/peer.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/certname.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/conn.h"

#define IPV4_LENGTH 4
#define IPV6_LENGTH 16

static const unsigned char mapped_prefix[IPV6_LENGTH - IPV4_LENGTH] = { 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

X509 *ftps_peer_get0_verified(const struct ftps_conn *conn) {
  X509 *cert = SSL_get0_peer_certificate(conn->ssl);

  if (cert == NULL || SSL_get_verify_mode(conn->ssl) == SSL_VERIFY_NONE ||
      SSL_get_verify_result(conn->ssl) != X509_V_OK ||
      X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0 ||
      X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0) {
    return NULL;
  }

  return cert;
}

static bool has_address(X509 *cert, const unsigned char *address, size_t len) {
  bool has;

  (void) ERR_set_mark();
  has = X509_check_ip(cert, address, len, 0) == 1;
  (void) ERR_pop_to_mark();
  return has;
}

/* An IPv4 client on an IPv6 socket has a mapped address, and a certificate may
 * have one too.  Both forms are the same address.
 */
static bool is_at(X509 *cert, const struct ftps_peer_place *place) {
  unsigned char mapped[IPV6_LENGTH];

  if (place->address == NULL) {
    return false;
  }

  if (has_address(cert, place->address, place->address_len)) {
    return true;
  }

  if (place->address_len == IPV4_LENGTH) {
    memcpy(mapped, mapped_prefix, sizeof(mapped_prefix));
    memcpy(mapped + sizeof(mapped_prefix), place->address, IPV4_LENGTH);
    return has_address(cert, mapped, IPV6_LENGTH);
  }

  return place->address_len == IPV6_LENGTH &&
      memcmp(place->address, mapped_prefix, sizeof(mapped_prefix)) == 0 &&
      has_address(cert, place->address + sizeof(mapped_prefix), IPV4_LENGTH);
}

static int refuse_name(const char *option, const char *what, const char *name,
    struct ftps_error *err) {
  char text[512];

  (void) ftps_text_escape(name, strlen(name), text, sizeof(text));
  ftps_error_set(err, "TLSOptions %s: no %s in it is \"%s\"", option, what,
      text);
  return -1;
}

/* If a required name cannot be checked, the client is refused. */
static int check_names(const X509 *cert, unsigned long options,
    const char *name, struct ftps_error *err) {
  if (name == NULL) {
    ftps_error_set(err,
        "TLSOptions %s: the name of the client's host is not known, because "
        "UseReverseDNS is off",
        (options & FTPS_OPT_DNS_NAME_REQUIRED) != 0 ? "dNSNameRequired"
                                                    : "CommonNameRequired");
    return -1;
  }

  if ((options & FTPS_OPT_DNS_NAME_REQUIRED) != 0 &&
      !ftps_certname_is(cert, FTPS_CERTNAME_DNS, name)) {
    return refuse_name("dNSNameRequired", "dNSName", name, err);
  }

  if ((options & FTPS_OPT_COMMON_NAME_REQUIRED) != 0 &&
      !ftps_certname_is(cert, FTPS_CERTNAME_COMMON_HOST, name)) {
    return refuse_name("CommonNameRequired", "common name", name, err);
  }

  return 0;
}

int ftps_peer_check(X509 *cert, unsigned long options,
    const struct ftps_peer_place *place, struct ftps_error *err) {
  if ((options & FTPS_OPT_IP_ADDRESS_REQUIRED) != 0 && !is_at(cert, place)) {
    ftps_error_set(err,
        "TLSOptions iPAddressRequired: no iPAddress in it is the client's");
    return -1;
  }

  return (options & FTPS_OPTS_BY_NAME) != 0
      ? check_names(cert, options, place->name, err)
      : 0;
}
