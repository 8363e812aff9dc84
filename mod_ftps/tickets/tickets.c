/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * tickets.c: see tickets.h.
 *
 * A ring that is not shared uses a clock that cannot be set back.
 */
#include "tickets/tickets.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/ctx_index.h"
#include "base/daemon.h"
#include "base/pages.h"
#include "base/stamp.h"
#include "keys/secretfile.h"
#include "tickets/keyring.h"
#include "tickets/logins.h"
#include "tickets/ticketfile.h"
#include "tickets/tickets_own.h"
#include "tickets/tickets_shared.h"

#define IV_SIZE   16
#define FILE_NAME "TLSSessionTicketKeys file"

int ftps_tickets_init(struct ftps_daemon *daemon) {
  if (daemon->tickets == NULL) {
    daemon->tickets = OPENSSL_zalloc(sizeof(*daemon->tickets));
  }
  if (daemon->tickets == NULL) {
    return -1;
  }

  daemon->tickets->sharing.daemon = daemon;
  return 0;
}

static int64_t read_clock(const struct ftps_tickets *tickets) {
  return tickets->source == FTPS_TICKETS_SHARED
      ? (int64_t) time(NULL)
      : (int64_t) (ftps_clock_ms() / 1000);
}

/* The kernel clears pages before it uses them again. */
static void unmap_ring(struct ftps_tickets *tickets) {
  if (tickets->ring != NULL) {
    (void) munmap(tickets->ring, ftps_keyring_size(tickets->ring->room));
    tickets->ring = NULL;
  }
}

static size_t choose_room(const struct ftps_ticket_settings *settings) {
  size_t alive = settings->age / ftps_keyring_interval(settings->age) + 2;
  size_t room = settings->count < alive ? settings->count : alive;

  switch (settings->source) {
    case FTPS_TICKETS_FILE:
      return FTPS_TICKETFILE_KEYS_MAX;

    /* One for the next epoch, and room for some epochs with two secrets. */
    case FTPS_TICKETS_SHARED:
      return room + 4;

    default:
      return room;
  }
}

/* Oldest first, so that those of equal age keep their order. */
static int copy_ring(struct ftps_keyring *to, const struct ftps_keyring *from) {
  for (size_t i = from->n; i-- > 0;) {
    const struct ftps_ticket_secret *secret = &from->secrets[i];

    if (ftps_keyring_add(to, secret->bytes, secret->begins, secret->expires) <
        0) {
      return -1;
    }
  }

  return 0;
}

static int make_room(struct ftps_tickets *tickets, size_t room,
    struct ftps_error *err) {
  struct ftps_keyring *ring;

  if (tickets->own == NULL) {
    tickets->own = ftps_pages_locked(sizeof(*tickets->own));
  }
  if (tickets->logins == NULL) {
    tickets->logins = ftps_logins_new();
  }
  if (tickets->ring != NULL && tickets->ring->room == room) {
    return 0;
  }

  ring =
      tickets->own != NULL ? ftps_pages_locked(ftps_keyring_size(room)) : NULL;
  if (ring == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for the keys of session tickets");
    return -1;
  }

  ring->room = room;
  if (tickets->ring != NULL) {
    (void) copy_ring(ring, tickets->ring);
    unmap_ring(tickets);
  }
  tickets->ring = ring;
  return 0;
}

static ssize_t read_all(int fd, unsigned char *bytes, size_t room) {
  size_t len = 0;
  ssize_t got = 1;

  while (len < room && got > 0) {
    got = read(fd, bytes + len, room - len);
    if (got > 0) {
      len += (size_t) got;
    }
  }

  return got < 0 ? -1 : (ssize_t) len;
}

static int parse_descriptor(int fd, struct ftps_ticketfile *file,
    struct ftps_error *err) {
  const size_t room = FTPS_TICKETFILE_BYTES_MAX + 1;
  unsigned char *bytes = OPENSSL_malloc(room);
  ssize_t len = bytes != NULL ? read_all(fd, bytes, room) : -1;
  int res = -1;

  if (len < 0) {
    ftps_error_set_errno(err, errno, "cannot be read");
  } else {
    res = ftps_ticketfile_parse(bytes, (size_t) len, file, err);
  }

  OPENSSL_clear_free(bytes, room);
  return res;
}

/* The first one is added last, because it is placed before the others of its
 * time.
 */
static int take_secrets(struct ftps_tickets *tickets,
    const struct ftps_ticketfile *file) {
  int64_t now = read_clock(tickets);
  int res = 0;

  ftps_keyring_clear(tickets->ring);
  for (size_t i = file->n; i-- > 0;) {
    if (ftps_keyring_add(tickets->ring, file->secrets[i], now, INT64_MAX) < 0) {
      res = -1;
    }
  }

  return res;
}

static int load_file(struct ftps_tickets *tickets, struct ftps_error *err) {
  int fd = ftps_secretfile_open(FILE_NAME, tickets->path, err);
  struct ftps_ticketfile file;
  struct ftps_error why;
  int res;

  if (fd < 0) {
    return -1;
  }

  ftps_error_clear(&why);
  memset(&file, 0, sizeof(file));
  res = parse_descriptor(fd, &file, &why);
  if (res == 0 && take_secrets(tickets, &file) < 0) {
    ftps_error_set_ssl(&why, "cannot be used");
    res = -1;
  }

  (void) close(fd);
  OPENSSL_cleanse(&file, sizeof(file));
  if (res < 0) {
    ftps_error_set(err, FILE_NAME " %s: %s", tickets->path, why.text);
    err->is_passing = why.is_passing;
  }
  return res;
}

/* A fault that is not in the file may have passed; it is logged once. */
int ftps_tickets_reread(struct ftps_tickets *tickets, struct ftps_error *err) {
  struct ftps_stamps now = { .n = 0 };
  bool is_same;

  if (tickets->source != FTPS_TICKETS_FILE || tickets->ring == NULL) {
    return 0;
  }

  ftps_stamps_add(&now, tickets->path);
  is_same = ftps_stamps_are_equal(&now, &tickets->tried);
  if (is_same && !tickets->is_due) {
    return 0;
  }

  tickets->tried = now;
  tickets->is_faulty = load_file(tickets, err) < 0;
  tickets->is_due = tickets->is_faulty && err->is_passing;
  if (!tickets->is_faulty) {
    return 1;
  }

  return is_same && tickets->is_due ? 0 : -1;
}

/* Returns 1 with `err` set if the cache has stopped answering, or answers
 * again.
 */
static int share(struct ftps_tickets *tickets, struct ftps_error *err) {
  bool was_silent = tickets->is_faulty;

  if (ftps_tickets_share(tickets->ring, &tickets->sharing,
          read_clock(tickets)) < 0) {
    return -1;
  }

  tickets->is_faulty = !tickets->sharing.is_reachable;
  if (tickets->is_faulty == was_silent) {
    return 0;
  }

  ftps_error_set(err,
      tickets->is_faulty
          ? "TLSSessionTicketKeys shared: the cache does not answer; the keys "
            "at hand stay in use, and this host makes its own when they expire"
          : "TLSSessionTicketKeys shared: the cache answers again");
  return 1;
}

int ftps_tickets_rotate(struct ftps_tickets *tickets, struct ftps_error *err) {
  int res = 0;

  if (tickets->ring == NULL) {
    return 0;
  }

  if (tickets->source == FTPS_TICKETS_SHARED) {
    res = share(tickets, err);
  } else if (tickets->source == FTPS_TICKETS_MEMORY) {
    res = ftps_keyring_rotate(tickets->ring, tickets->age, FTPS_TICKETS_TICK,
        read_clock(tickets));
  }

  if (res < 0) {
    ftps_error_set_ssl(err, "new keys for session tickets");
  }
  return res;
}

/* Secrets of another source have another clock, or none.  If they are to be
 * replaced by a file, they stay until it can be read.
 */
static void set_source(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings) {
  if (settings->source != tickets->source &&
      settings->source != FTPS_TICKETS_FILE) {
    ftps_keyring_clear(tickets->ring);
  } else if (settings->source != FTPS_TICKETS_FILE &&
      settings->age != tickets->age) {
    ftps_keyring_set_age(tickets->ring, settings->age);
  }

  tickets->source = settings->source;
  tickets->age = settings->age;
  tickets->is_faulty = false;
  tickets->sharing =
      (struct ftps_tickets_sharing){ .daemon = tickets->sharing.daemon,
        .age = settings->age };
}

int ftps_tickets_configure(struct ftps_tickets *tickets,
    const struct ftps_ticket_settings *settings, struct ftps_error *err) {
  if (make_room(tickets, choose_room(settings), err) < 0) {
    return -1;
  }

  set_source(tickets, settings);
  OPENSSL_free(tickets->path);
  tickets->path = NULL;
  if (settings->source != FTPS_TICKETS_FILE) {
    return settings->source == FTPS_TICKETS_MEMORY
        ? ftps_tickets_rotate(tickets, err)
        : 0;
  }

  tickets->path = OPENSSL_strdup(settings->path);
  if (tickets->path == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for the keys of session tickets");
    return -1;
  }

  /* A fault is logged at every reload. */
  tickets->tried.n = 0;
  tickets->is_due = false;
  return ftps_tickets_reread(tickets, err) < 0 ? -1 : 0;
}

void ftps_tickets_lock(const struct ftps_tickets *tickets) {
  if (tickets->ring != NULL) {
    (void) mlock(tickets->ring, ftps_keyring_size(tickets->ring->room));
  }
  ftps_logins_lock(tickets->logins);
}

void ftps_tickets_free(struct ftps_tickets *tickets) {
  unmap_ring(tickets);
  ftps_logins_free(tickets->logins);
  tickets->logins = NULL;
  if (tickets->own != NULL) {
    (void) munmap(tickets->own, sizeof(*tickets->own));
    tickets->own = NULL;
  }
  OPENSSL_free(tickets->path);
  tickets->path = NULL;
}

/* Without a secret the keys are valid for this session only, which is enough
 * for its data connections.
 */
static int make_keys(const struct ftps_tickets *tickets,
    struct ftps_ticket_keys *keys) {
  const struct ftps_ticket_secret *secret = tickets->ring != NULL
      ? ftps_keyring_current(tickets->ring, read_clock(tickets))
      : NULL;
  unsigned char salt[FTPS_TICKET_SALT_SIZE];

  if (secret == NULL) {
    return RAND_bytes(keys->name, sizeof(keys->name)) == 1 &&
            RAND_priv_bytes(keys->aes, sizeof(keys->aes)) == 1 &&
            RAND_priv_bytes(keys->hmac, sizeof(keys->hmac)) == 1
        ? 0
        : -1;
  }

  return RAND_bytes(salt, sizeof(salt)) == 1
      ? ftps_keyring_derive(secret, salt, keys)
      : -1;
}

/* For new tickets.  Returns NULL if libcrypto failed. */
static struct ftps_ticket_keys *own_keys(struct ftps_tickets *tickets) {
  struct ftps_tickets_own *own = tickets->own;

  if (own != NULL && !own->is_made) {
    (void) mlock(own, sizeof(*own));
    own->is_made = make_keys(tickets, &own->made) == 0;
  }

  return own != NULL && own->is_made ? &own->made : NULL;
}

void ftps_tickets_drop(struct ftps_tickets *tickets) {
  if (tickets->ring != NULL) {
    (void) own_keys(tickets);
    unmap_ring(tickets);
  }

  ftps_logins_begin(tickets->logins, NULL, 0);
}

static bool prove(const struct ftps_tickets *tickets, const unsigned char *name,
    const unsigned char *holder, unsigned char *proof_out) {
  const struct ftps_ticket_secret *secret = tickets->ring != NULL
      ? ftps_keyring_find(tickets->ring, name, read_clock(tickets))
      : NULL;

  return secret != NULL &&
      ftps_keyring_prove(secret, name, holder, proof_out) == 0;
}

bool ftps_tickets_prove(struct ftps_tickets *tickets,
    const unsigned char *holder, unsigned char *proof_out) {
  const struct ftps_ticket_keys *keys = own_keys(tickets);

  return keys != NULL && prove(tickets, keys->name, holder, proof_out);
}

bool ftps_tickets_is_proved(const struct ftps_tickets *tickets,
    const unsigned char *name, const unsigned char *holder,
    const unsigned char *proof) {
  unsigned char own[FTPS_TICKET_PROOF_SIZE];

  return prove(tickets, name, holder, own) &&
      CRYPTO_memcmp(own, proof, sizeof(own)) == 0;
}

static bool is_named(const struct ftps_ticket_keys *keys,
    const unsigned char *name) {
  return memcmp(keys->name, name, sizeof(keys->name)) == 0;
}

static bool derive_brought(struct ftps_tickets *tickets,
    struct ftps_tickets_own *own, const unsigned char *name) {
  const struct ftps_ticket_secret *secret =
      ftps_keyring_find(tickets->ring, name, read_clock(tickets));

  if (secret == NULL) {
    return false;
  }

  own->is_brought = ftps_keyring_derive(secret, name + FTPS_TICKET_ID_SIZE,
                        &own->brought) == 0;
  return own->is_brought;
}

static bool find_other(const struct ftps_tickets *tickets,
    struct ftps_tickets_own *own, const unsigned char *name) {
  own->is_other =
      ftps_logins_find(tickets->logins, FTPS_LOGINS_TICKET, name, &own->other);
  return own->is_other;
}

/* Keys for a ticket of the client.  Returns NULL if its key name is unknown. */
static struct ftps_ticket_keys *find_keys(struct ftps_tickets *tickets,
    const unsigned char *name) {
  struct ftps_tickets_own *own = tickets->own;

  if (own == NULL) {
    return NULL;
  }
  if (own->is_made && is_named(&own->made, name)) {
    return &own->made;
  }
  if (tickets->ring == NULL && find_other(tickets, own, name)) {
    return &own->other;
  }
  if (own->is_brought && is_named(&own->brought, name)) {
    return &own->brought;
  }

  return tickets->ring != NULL && derive_brought(tickets, own, name)
      ? &own->brought
      : NULL;
}

/* For SSL_CTX_set_tlsext_ticket_key_evp_cb(): returns 1 to go on, 0 if there is
 * no key, -1 if it failed.  Another callback, which sees what is in the ticket
 * (conn/resume.c), decides whether the client gets a new one.
 */
static int choose_keys_cb(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_new) {
  struct ftps_tickets *tickets =
      ftps_ctx_index_daemon(SSL_get_SSL_CTX(ssl))->tickets;
  struct ftps_ticket_keys *keys =
      is_new ? own_keys(tickets) : find_keys(tickets, name);
  char digest[] = "SHA256";
  OSSL_PARAM params[3];

  if (keys == NULL) {
    return is_new ? -1 : 0;
  }

  /* In TLS 1.2 a client that resumes has this ticket before the handshake is
   * over.
   */
  if (is_new) {
    ftps_logins_announce(tickets->logins, keys->name);
    memcpy(name, keys->name, sizeof(keys->name));
    if (RAND_bytes(iv, IV_SIZE) != 1) {
      return -1;
    }
  }

  params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, keys->hmac,
      sizeof(keys->hmac));
  params[1] =
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
  params[2] = OSSL_PARAM_construct_end();
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys->aes, iv,
             is_new) == 1 &&
          EVP_MAC_CTX_set_params(mac, params) == 1
      ? 1
      : -1;
}

void ftps_tickets_set(SSL_CTX *ctx) {
  (void) SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, choose_keys_cb);
}

bool ftps_tickets_status(const struct ftps_tickets *tickets,
    struct ftps_tickets_status *status_out) {
  static const char *const sources[] = { "memory", "file", "shared" };
  const struct ftps_ticket_secret *current;
  int64_t now = read_clock(tickets);

  memset(status_out, 0, sizeof(*status_out));
  current =
      tickets->ring != NULL ? ftps_keyring_current(tickets->ring, now) : NULL;
  status_out->source = sources[tickets->source];
  status_out->path = tickets->path;
  status_out->is_faulty = tickets->is_faulty;
  if (current != NULL) {
    status_out->count = tickets->ring->n;
    status_out->age = now - current->begins;
  }

  return tickets->ring != NULL;
}
