/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * offer.c: see offer.h.
 *
 * The library does not tell which groups openssl.cnf has set for a context, but
 * a client sends them: so a ClientHello is made and read here.
 */
#include "vhost/offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* The library may not have the oldest one: OpenSSL 4 has no SSLv3. */
static int set_lowest(SSL_CTX *ctx, unsigned int allowed, int at_least) {
  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    if ((allowed & protocols[i].bit) != 0 && protocols[i].version >= at_least &&
        SSL_CTX_set_min_proto_version(ctx, protocols[i].version) == 1) {
      return 0;
    }
  }

  return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 ? 0 : -1;
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

  if (set_lowest(ctx, settings->protocols, min) < 0) {
    ftps_error_set_ssl(err,
        "TLSProtocol: this OpenSSL cannot do any protocol from TLSv1.2 on");
    return -1;
  }

  ERR_clear_error();
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

/* The first ones are those of servers that name none. */
static const struct {
  const char *name;
  unsigned int id; /* of the IANA registry */
  int nid;
} groups[] = {
  { "X25519MLKEM768", 0x11ec, NID_undef },
  { "X25519", 0x001d, NID_X25519 },
  { "P-256", 0x0017, NID_X9_62_prime256v1 },
  { "P-384", 0x0018, NID_secp384r1 },
  { "P-521", 0x0019, NID_secp521r1 },
  { "X448", 0x001e, NID_X448 },
  { "SecP256r1MLKEM768", 0x11eb, NID_undef },
  { "SecP384r1MLKEM1024", 0x11ed, NID_undef },
  { "brainpoolP256r1", 0x001a, NID_brainpoolP256r1 },
  { "brainpoolP384r1", 0x001b, NID_brainpoolP384r1 },
  { "brainpoolP512r1", 0x001c, NID_brainpoolP512r1 },
  { "ffdhe2048", 0x0100, NID_ffdhe2048 },
  { "ffdhe3072", 0x0101, NID_ffdhe3072 },
  { "ffdhe4096", 0x0102, NID_ffdhe4096 },
  { "ffdhe6144", 0x0103, NID_ffdhe6144 },
  { "ffdhe8192", 0x0104, NID_ffdhe8192 },
};

#define HYBRID          0 /* its position */
#define CANDIDATE_COUNT 4
#define OF_CLIENTS      4 /* the position of P-521 */
#define GROUP_COUNT     (sizeof(groups) / sizeof(groups[0]))

/* Exchanges of keys without a group have numbers above those of the registry.
 */
#define FIRST_KIND 0x10000U

static const char *const kinds[] = { "DHE", "RSA", "PSK", "unnamed" };

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static const struct {
  const char *name;
  unsigned int id;
} signatures[] = {
  { "rsa_pkcs1_sha1", 0x0201 },
  { "dsa_sha1", 0x0202 },
  { "ecdsa_sha1", 0x0203 },
  { "rsa_pkcs1_sha224", 0x0301 },
  { "dsa_sha224", 0x0302 },
  { "ecdsa_sha224", 0x0303 },
  { "rsa_pkcs1_sha256", 0x0401 },
  { "dsa_sha256", 0x0402 },
  { "ecdsa_secp256r1_sha256", 0x0403 },
  { "rsa_pkcs1_sha384", 0x0501 },
  { "dsa_sha384", 0x0502 },
  { "ecdsa_secp384r1_sha384", 0x0503 },
  { "rsa_pkcs1_sha512", 0x0601 },
  { "dsa_sha512", 0x0602 },
  { "ecdsa_secp521r1_sha512", 0x0603 },
  { "rsa_pss_rsae_sha256", 0x0804 },
  { "rsa_pss_rsae_sha384", 0x0805 },
  { "rsa_pss_rsae_sha512", 0x0806 },
  { "ed25519", 0x0807 },
  { "ed448", 0x0808 },
  { "rsa_pss_pss_sha256", 0x0809 },
  { "rsa_pss_pss_sha384", 0x080a },
  { "rsa_pss_pss_sha512", 0x080b },
  { "ecdsa_brainpoolP256r1_sha256", 0x081a },
  { "ecdsa_brainpoolP384r1_sha384", 0x081b },
  { "ecdsa_brainpoolP512r1_sha512", 0x081c },
  { "mldsa44", 0x0904 },
  { "mldsa65", 0x0905 },
  { "mldsa87", 0x0906 },
};

#define SIGNATURE_COUNT (sizeof(signatures) / sizeof(signatures[0]))

static const char *name_number(unsigned int id, char *buffer) {
  (void) snprintf(buffer, FTPS_OFFER_NAME_SIZE, "0x%04x", id & 0xffffU);
  return buffer;
}

const char *ftps_offer_name_group(unsigned int id, char *buffer) {
  if (id >= FIRST_KIND && id - FIRST_KIND < KIND_COUNT) {
    return kinds[id - FIRST_KIND];
  }

  for (size_t i = 0; i < GROUP_COUNT; i++) {
    if (groups[i].id == id) {
      return groups[i].name;
    }
  }

  return name_number(id, buffer);
}

unsigned int ftps_offer_number_of(const char *exchange) {
  unsigned int id = 0;

  for (size_t i = 0; i < GROUP_COUNT; i++) {
    if (strcmp(groups[i].name, exchange) == 0) {
      return groups[i].id;
    }
  }

  if (sscanf(exchange, "0x%4x", &id) == 1) {
    return id;
  }

  while (id < KIND_COUNT - 1 && strcmp(kinds[id], exchange) != 0) {
    id++;
  }
  return FIRST_KIND + id;
}

/* The library returns NIDs, and marks numbers that have none. */
static const char *name_negotiated(int nid, char *buffer) {
  if ((nid & TLSEXT_nid_unknown) != 0) {
    return (nid & 0xffff) != 0
        ? ftps_offer_name_group((unsigned int) nid & 0xffffU, buffer)
        : NULL;
  }

  for (size_t i = 0; i < GROUP_COUNT; i++) {
    if (groups[i].nid == nid && nid != NID_undef) {
      return groups[i].name;
    }
  }

  return nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
}

/* Before TLS 1.3 a resumed handshake has no exchange of keys. */
const char *ftps_offer_key_exchange(SSL *ssl, char *buffer) {
  int nid = (int) SSL_get_negotiated_group(ssl);

  if (SSL_version(ssl) >= TLS1_3_VERSION) {
    return name_negotiated(nid, buffer);
  }
  if (SSL_session_reused(ssl)) {
    return NULL;
  }

  switch (SSL_CIPHER_get_kx_nid(SSL_get_current_cipher(ssl))) {
    case NID_kx_ecdhe:
    case NID_kx_ecdhe_psk:
      return name_negotiated(nid, buffer);

    case NID_kx_dhe:
    case NID_kx_dhe_psk:
      return "DHE";

    case NID_kx_psk:
      return "PSK";

    default:
      return "RSA";
  }
}

const char *ftps_offer_name_signature(unsigned int id, char *buffer) {
  for (size_t i = 0; i < SIGNATURE_COUNT; i++) {
    if (signatures[i].id == id) {
      return signatures[i].name;
    }
  }

  return name_number(id, buffer);
}

/* Reads the list of an extension, behind its length. */
static void read_ids(SSL *ssl, unsigned int type, struct ftps_offer_ids *list) {
  const unsigned char *ext;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl, type, &ext, &len) == 1) {
    for (size_t at = 2; at + 1 < len && list->n < FTPS_OFFER_MAX; at += 2) {
      list->ids[list->n++] = (unsigned int) ext[at] << 8 | ext[at + 1];
    }
  }
}

static void read_ciphers(SSL *ssl, struct ftps_offer *offer) {
  const unsigned char *ids;
  size_t len = SSL_client_hello_get0_ciphers(ssl, &ids);

  for (size_t at = 0; at + 1 < len && offer->cipher_count < FTPS_OFFER_MAX;
       at += 2) {
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, ids + at);

    if (cipher != NULL && SSL_CIPHER_get_bits(cipher, NULL) > 0) {
      offer->ciphers[offer->cipher_count++] = cipher;
    }
  }
}

/* Reads the ClientHello, and ends the handshake. */
static int read_offer_cb(SSL *ssl, int *alert, void *arg) {
  struct ftps_offer *offer = arg;

  read_ciphers(ssl, offer);
  read_ids(ssl, TLSEXT_TYPE_supported_groups, &offer->groups);
  read_ids(ssl, TLSEXT_TYPE_signature_algorithms, &offer->signatures);
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

static void find_offer(SSL_CTX *client_ctx, struct ftps_offer *offer) {
  SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
  SSL *server = NULL, *client = NULL;

  memset(offer, 0, sizeof(*offer));
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
}

static bool is_offered(const struct ftps_offer *offer, unsigned int id) {
  size_t i = 0;

  while (i < offer->groups.n && offer->groups.ids[i] != id) {
    i++;
  }

  return i < offer->groups.n;
}

static void add_group(const struct ftps_offer *offer, size_t i, char *list,
    size_t size) {
  if (!is_offered(offer, groups[i].id)) {
    return;
  }

  if (list[0] != '\0') {
    (void) strncat(list, ":", size - strlen(list) - 1);
  }
  (void) strncat(list, groups[i].name, size - strlen(list) - 1);
}

/* Those of servers that name none, from `first` on, the earlier ones last. */
static void list_groups(const struct ftps_offer *offer, size_t first,
    char *list, size_t size) {
  list[0] = '\0';
  for (size_t n = 0; n < CANDIDATE_COUNT; n++) {
    add_group(offer, (first + n) % CANDIDATE_COUNT, list, size);
  }
}

/* In TLS 1.2 the library refuses a client certificate whose curve is not among
 * the groups, so servers that ask for certificates have one more, as the
 * last choice.
 */
static void prepare_groups(struct ftps_daemon *daemon) {
  SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
  struct ftps_offer offer;
  char list[LIST_SIZE];

  find_offer(client_ctx, &offer);
  SSL_CTX_free(client_ctx);
  list_groups(&offer, 0, list, sizeof(list));
  daemon->groups = OPENSSL_strdup(list);
  add_group(&offer, OF_CLIENTS, list, sizeof(list));
  daemon->asking_groups = OPENSSL_strdup(list);
  if (is_offered(&offer, groups[HYBRID].id)) {
    list_groups(&offer, HYBRID + 1, list, sizeof(list));
    daemon->plain_groups = OPENSSL_strdup(list);
  }
  ERR_clear_error();
}

static bool asks_clients(const struct ftps_settings *settings) {
  return settings->verify != FTPS_VERIFY_OFF;
}

/* Returns an empty list where openssl.cnf has groups, and none of ours: its
 * list stays.
 */
static const char *choose_default(struct ftps_daemon *daemon,
    const struct ftps_settings *settings) {
  const char *list;

  if (daemon->groups == NULL) {
    prepare_groups(daemon);
  }

  list = asks_clients(settings) ? daemon->asking_groups : daemon->groups;
  return list != NULL ? list : "";
}

/* A client with the same settings offers what the server accepts. */
void ftps_offer_read(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_offer *offer) {
  const char *list = settings->groups != NULL
      ? settings->groups
      : choose_default(ftps_ctx_index_daemon(ctx), settings);
  SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
  struct ftps_error unused;

  ftps_error_clear(&unused);
  if (client_ctx != NULL) {
    SSL_CTX_set_security_level(client_ctx, SSL_CTX_get_security_level(ctx));
    (void) ftps_offer_set_protocols(client_ctx, settings, &unused);
    (void) SSL_CTX_set_cipher_list(client_ctx, settings->cipher_list);
    if (settings->ciphersuites != NULL) {
      (void) SSL_CTX_set_ciphersuites(client_ctx, settings->ciphersuites);
    }
    (void) ftps_offer_set_signatures(client_ctx, settings, &unused);
    if (list[0] != '\0') {
      (void) SSL_CTX_set1_groups_list(client_ctx, list);
    }
  }

  find_offer(client_ctx, offer);
  SSL_CTX_free(client_ctx);
  ERR_clear_error();
}

/* At the other levels the library accepts no protocol before TLS 1.2. */
unsigned int ftps_offer_protocols(SSL_CTX *ctx) {
  uint64_t off = SSL_CTX_get_options(ctx);
  long min = SSL_CTX_get_min_proto_version(ctx);
  long max = SSL_CTX_get_max_proto_version(ctx);
  unsigned int bits = 0;

  for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
    bool is_old = protocols[i].version < TLS1_2_VERSION;

    if ((off & protocols[i].off) == 0 && protocols[i].version >= min &&
        (max == 0 || protocols[i].version <= max) &&
        (!is_old || SSL_CTX_get_security_level(ctx) == 0)) {
      bits |= protocols[i].bit;
    }
  }

  return bits;
}

int ftps_offer_set_groups(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  const char *list = settings->groups;

  if (list == NULL) {
    list = choose_default(ftps_ctx_index_daemon(ctx), settings);
    if (list[0] == '\0' || SSL_CTX_set1_groups_list(ctx, list) == 1) {
      return 0;
    }
    ftps_error_set_ssl(err, "choosing groups for the exchange of keys");
    return -1;
  }

  if (SSL_CTX_set1_groups_list(ctx, list) != 1) {
    ftps_error_set_ssl(err,
        "TLSECDHCurve %s: not a list of curves that this "
        "OpenSSL knows; see \"openssl ecparam -list_curves\"",
        list);
    return -1;
  }

  return 0;
}

int ftps_offer_set_signatures(SSL_CTX *ctx,
    const struct ftps_settings *settings, struct ftps_error *err) {
  if (settings->signatures != NULL &&
      SSL_CTX_set1_sigalgs_list(ctx, settings->signatures) != 1) {
    ftps_error_set_ssl(err,
        "TLSProfile: this OpenSSL does not know all of its signature "
        "algorithms; take the directive out");
    return -1;
  }

  return 0;
}

int ftps_offer_move_groups(SSL *ssl, const struct ftps_settings *from,
    const struct ftps_settings *settings) {
  const char *list = settings->groups;

  if (list == NULL) {
    list =
        choose_default(ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl)), settings);
    if (from->groups == NULL &&
        (list[0] == '\0' || asks_clients(from) == asks_clients(settings))) {
      return 0;
    }
  }
  if (list[0] == '\0') {
    list = ftps_fips_is_enabled() ? LIBRARY_GROUPS_FIPS : LIBRARY_GROUPS;
  }
  return SSL_set1_groups_list(ssl, list) == 1 ? 0 : -1;
}

void ftps_offer_prefer_plain(SSL *ssl, const struct ftps_settings *settings) {
  const struct ftps_daemon *daemon =
      ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl));

  if (settings->groups == NULL && daemon->plain_groups != NULL) {
    (void) SSL_set1_groups_list(ssl, daemon->plain_groups);
  }
}

static bool has_cipher(const SSL *ssl, const SSL_CIPHER *cipher) {
  const STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);

  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
    if (SSL_CIPHER_get_id(sk_SSL_CIPHER_value(ciphers, i)) ==
        SSL_CIPHER_get_id(cipher)) {
      return true;
    }
  }

  return false;
}

/* The security level may be higher than it was. */
static bool is_secure(const SSL *ssl, const SSL_CIPHER *cipher) {
  union {
    const void *in;
    void *out;
  } other = { cipher }; /* which is only read */

  return SSL_get_security_callback(ssl)(ssl, NULL, SSL_SECOP_CIPHER_SHARED,
             SSL_CIPHER_get_bits(cipher, NULL), 0, other.out,
             SSL_get0_security_ex_data(ssl)) == 1;
}

bool ftps_offer_takes_session(const SSL *ssl, const SSL_SESSION *session) {
  const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);

  return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION ||
      (cipher != NULL && has_cipher(ssl, cipher) && is_secure(ssl, cipher));
}
