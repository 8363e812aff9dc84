/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * offer.c: see offer.h.
 *
 * The library does not tell which groups openssl.cnf has set for a context, but
 * a client sends them: so a ClientHello is made and read here.
 */
#include "vhost/offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/tls1.h>

#include "base/ctx_index.h"
#include "base/daemon.h"
#include "vhost/fips.h"

#define PROTOCOL_OPTIONS \
  (SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | \
      SSL_OP_NO_TLSv1_3)

/* Lowest first. */
static const struct {
  unsigned int bit;
  int version;
  uint64_t off;
} protocols[] = { { FTPS_PROTO_SSLV3, SSL3_VERSION, SSL_OP_NO_SSLv3 },
  { FTPS_PROTO_TLSV1_0, TLS1_VERSION, SSL_OP_NO_TLSv1 },
  { FTPS_PROTO_TLSV1_1, TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
  { FTPS_PROTO_TLSV1_2, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
  { FTPS_PROTO_TLSV1_3, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 } };

#define PROTOCOL_COUNT (sizeof(protocols) / sizeof(protocols[0]))

static uint64_t forbidden(unsigned int allowed) {
  uint64_t options = 0;

  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    if ((allowed & protocols[i].bit) == 0) {
      options |= protocols[i].off;
    }
  }

  return options;
}

static int lowest(unsigned int allowed) {
  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    if (allowed & protocols[i].bit) {
      return protocols[i].version;
    }
  }

  return TLS1_2_VERSION;
}

int ftps_offer_set_protocols(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  int min = lowest(settings->protocols);
  int max = (int) SSL_CTX_get_max_proto_version(ctx);

  if (settings->has_protocols) {
    (void) SSL_CTX_clear_options(ctx, PROTOCOL_OPTIONS);
  } else if (SSL_CTX_get_min_proto_version(ctx) > min) {
    min = (int) SSL_CTX_get_min_proto_version(ctx);
  }

  /* Otherwise nothing would be left. */
  if (settings->has_protocols || max < min) {
    (void) SSL_CTX_set_max_proto_version(ctx, 0);
  }

  if (SSL_CTX_set_min_proto_version(ctx, min) != 1) {
    ftps_error_set_ssl(err,
        "TLSProtocol: this OpenSSL cannot do the oldest "
        "protocol named; remove it");
    return -1;
  }

  (void) SSL_CTX_set_options(ctx, forbidden(settings->protocols));
  return 0;
}

int ftps_offer_move_protocols(SSL *ssl, SSL_CTX *to) {
  (void) SSL_clear_options(ssl, PROTOCOL_OPTIONS);
  (void) SSL_set_options(ssl, SSL_CTX_get_options(to) & PROTOCOL_OPTIONS);
  return SSL_set_min_proto_version(ssl,
             (int) SSL_CTX_get_min_proto_version(to)) == 1 &&
          SSL_set_max_proto_version(ssl,
              (int) SSL_CTX_get_max_proto_version(to)) == 1
      ? 0
      : -1;
}

/* The library has no call that brings its own list back. */
#define LIBRARY_GROUPS      "X25519:P-256:X448:P-521:P-384"
#define LIBRARY_GROUPS_FIPS "P-256:P-521:P-384"

#define LIST_SIZE 64
#define OFFER_MAX 64

static const struct {
  const char *name;
  unsigned int id; /* of the IANA registry */
} candidates[] = { { "X25519MLKEM768", 0x11ec }, { "X25519", 0x001d },
  { "P-256", 0x0017 }, { "P-384", 0x0018 } };

#define CANDIDATE_COUNT (sizeof(candidates) / sizeof(candidates[0]))

/* The groups that clients of this system offer. */
struct offer {
  unsigned int ids[OFFER_MAX];
  size_t n;
};

/* Reads the extension, and ends the handshake. */
static int read_offer_cb(SSL *ssl, int *alert, void *arg) {
  struct offer *offer = arg;
  const unsigned char *ext;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_groups, &ext,
          &len) == 1) {
    for (size_t at = 2; at + 1 < len && offer->n < OFFER_MAX; at += 2) {
      offer->ids[offer->n++] = (unsigned int) ext[at] << 8 | ext[at + 1];
    }
  }

  *alert = SSL_AD_USER_CANCELLED;
  return SSL_CLIENT_HELLO_ERROR;
}

static void say_hello(SSL *server, SSL *client) {
  BIO *a, *b;

  if (BIO_new_bio_pair(&a, 0, &b, 0) == 1) {
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    (void) SSL_connect(client);
    (void) SSL_accept(server);
  }
}

static void find_offer(struct offer *offer) {
  SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
  SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
  SSL *server = NULL, *client = NULL;

  if (server_ctx != NULL && client_ctx != NULL) {
    SSL_CTX_set_client_hello_cb(server_ctx, read_offer_cb, offer);
    server = SSL_new(server_ctx);
    client = SSL_new(client_ctx);
  }
  if (server != NULL && client != NULL) {
    say_hello(server, client);
  }

  SSL_free(server);
  SSL_free(client);
  SSL_CTX_free(server_ctx);
  SSL_CTX_free(client_ctx);
}

static bool is_offered(const struct offer *offer, unsigned int id) {
  size_t i = 0;

  while (i < offer->n && offer->ids[i] != id) {
    i++;
  }

  return i < offer->n;
}

static void list_groups(const struct offer *offer, char *list, size_t size) {
  list[0] = '\0';
  for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
    if (is_offered(offer, candidates[i].id)) {
      if (list[0] != '\0') {
        (void) strncat(list, ":", size - strlen(list) - 1);
      }
      (void) strncat(list, candidates[i].name, size - strlen(list) - 1);
    }
  }
}

/* Returns an empty list where openssl.cnf has groups, and none of ours: its
 * list stays.
 */
static const char *choose_default(struct ftps_daemon *daemon) {
  struct offer offer = { .n = 0 };
  char list[LIST_SIZE];

  if (daemon->groups == NULL) {
    find_offer(&offer);
    list_groups(&offer, list, sizeof(list));
    daemon->groups = OPENSSL_strdup(list);
    ERR_clear_error();
  }

  return daemon->groups != NULL ? daemon->groups : "";
}

int ftps_offer_set_groups(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  const char *groups = settings->groups;

  if (groups == NULL) {
    groups = choose_default(ftps_ctx_index_daemon(ctx));
    if (groups[0] == '\0' || SSL_CTX_set1_groups_list(ctx, groups) == 1) {
      return 0;
    }
    ftps_error_set_ssl(err, "choosing groups for the exchange of keys");
    return -1;
  }

  if (SSL_CTX_set1_groups_list(ctx, groups) != 1) {
    ftps_error_set_ssl(err,
        "TLSECDHCurve %s: not a list of curves that this "
        "OpenSSL knows; see \"openssl ecparam -list_curves\"",
        groups);
    return -1;
  }

  return 0;
}

int ftps_offer_move_groups(SSL *ssl, const struct ftps_settings *from,
    const struct ftps_settings *settings) {
  const char *groups = settings->groups;

  if (groups == NULL && from->groups == NULL) {
    return 0;
  }

  if (groups == NULL) {
    groups = choose_default(ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl)));
  }
  if (groups[0] == '\0') {
    groups = ftps_fips_is_enabled() ? LIBRARY_GROUPS_FIPS : LIBRARY_GROUPS;
  }
  return SSL_set1_groups_list(ssl, groups) == 1 ? 0 : -1;
}
