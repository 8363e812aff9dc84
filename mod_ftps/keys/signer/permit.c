/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * permit.c: see permit.h.
 */
#include "keys/signer/permit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/daemon.h"
#include "keys/keyarea.h"
#include "keys/keynumbers.h"
#include "keys/reachable.h"

#define SECRET_SIZE 32
#define SIGNED_SIZE offsetof(struct ftps_permit, mac)

struct ftps_permits {
  struct ftps_keyarea *area;
  bool has_own;
  struct ftps_permit own;
};

static int fill_secret(struct ftps_keyarea *area, struct ftps_error *err) {
  unsigned char *page = OPENSSL_zalloc(FTPS_KEYNUMBERS_SIZE);
  int res = -1;

  if (page == NULL || RAND_priv_bytes(page, SECRET_SIZE) != 1) {
    ftps_error_set_ssl(err, "random bytes for the signer");
  } else {
    ftps_keyarea_put(area, 0, page);
    res = ftps_keyarea_seal(area, err);
  }

  OPENSSL_clear_free(page, FTPS_KEYNUMBERS_SIZE);
  return res;
}

int ftps_permit_prepare(struct ftps_daemon *daemon, struct ftps_error *err) {
  struct ftps_permits *permits = daemon->permits;

  if (permits == NULL) {
    permits = daemon->permits = OPENSSL_zalloc(sizeof(*permits));
  }
  if (permits == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for the signer");
    return -1;
  }
  if (permits->area != NULL) {
    return 0;
  }

  permits->area = ftps_keyarea_new(daemon, 1, err);
  if (permits->area != NULL && fill_secret(permits->area, err) < 0) {
    ftps_keyarea_unref(permits->area);
    permits->area = NULL;
  }

  return permits->area != NULL ? 0 : -1;
}

static const unsigned char *get0_secret(const struct ftps_daemon *daemon) {
  return daemon->permits != NULL ? ftps_keyarea_get0(daemon->permits->area, 0)
                                 : NULL;
}

void ftps_permit_mark(const struct ftps_daemon *daemon) {
  if (get0_secret(daemon) != NULL) {
    ftps_keyarea_mark(daemon->permits->area, 0);
  }
}

static int make_mac(const struct ftps_daemon *daemon,
    const struct ftps_permit *permit, unsigned char *mac) {
  const unsigned char *secret = get0_secret(daemon);
  size_t len = 0;

  return secret != NULL &&
          EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, SECRET_SIZE,
              (const unsigned char *) permit, SIGNED_SIZE, mac,
              FTPS_PERMIT_MAC_SIZE, &len) != NULL &&
          len == FTPS_PERMIT_MAC_SIZE
      ? 0
      : -1;
}

/* The bytes between members are authenticated as well. */
static int write_permit(const struct ftps_daemon *daemon,
    const struct ftps_place *places, size_t n, struct ftps_permit *permit) {
  permit->pid = getpid();
  for (size_t i = 0; i < FTPS_PERMIT_PLACES && n > 0; i++) {
    const struct ftps_place *place = &places[i < n ? i : 0];

    permit->here[i].port = place->port;
    permit->here[i].is_anywhere = place->is_anywhere;
    memcpy(permit->here[i].address, place->address, sizeof(place->address));
  }

  return make_mac(daemon, permit, permit->mac);
}

int ftps_permit_write_trial(const struct ftps_daemon *daemon,
    const struct ftps_place *place, struct ftps_permit *permit) {
  memset(permit, 0, sizeof(*permit));
  permit->is_trial = 1;
  return write_permit(daemon, place, place != NULL, permit);
}

int ftps_permit_write_own(struct ftps_daemon *daemon,
    const struct ftps_place *places, size_t n) {
  struct ftps_permits *permits = daemon->permits;

  if (permits == NULL) {
    return -1;
  }

  memset(&permits->own, 0, sizeof(permits->own));
  permits->has_own = write_permit(daemon, places, n, &permits->own) == 0;
  ftps_keyarea_drop(permits->area, 0);
  return permits->has_own ? 0 : -1;
}

bool ftps_permit_is_valid(const struct ftps_daemon *daemon,
    const struct ftps_permit *permit, pid_t pid) {
  unsigned char mac[FTPS_PERMIT_MAC_SIZE];

  return permit->pid == pid && make_mac(daemon, permit, mac) == 0 &&
      CRYPTO_memcmp(mac, permit->mac, sizeof(mac)) == 0;
}

bool ftps_permit_admits(const struct ftps_permit *permit,
    const struct ftps_place *place) {
  for (size_t i = 0; i < FTPS_PERMIT_PLACES; i++) {
    if (ftps_reachable_leads_to(&permit->here[i], place)) {
      return true;
    }
  }

  return false;
}

const struct ftps_permit *ftps_permit_get0_own(
    const struct ftps_daemon *daemon) {
  return daemon->permits != NULL && daemon->permits->has_own
      ? &daemon->permits->own
      : NULL;
}
