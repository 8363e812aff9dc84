/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pairs.c: see pairs.h.
 */
#include "keys/pairs.h"

int ftps_pairs_lend(struct ftps_keypair *const *pairs, SSL *ssl) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_lend(pairs[i], ssl) < 0) {
      return -1;
    }
  }

  return 0;
}

void ftps_pairs_take_back(struct ftps_keypair *const *pairs, SSL *ssl) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_take_back(pairs[i], ssl);
    }
  }
}

bool ftps_pairs_can_sign(struct ftps_keypair *const *pairs) {
  bool has_any = false;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && !ftps_keypair_can_sign(pairs[i])) {
      return false;
    }
    has_any = has_any || pairs[i] != NULL;
  }

  return has_any;
}

bool ftps_pairs_have_key(struct ftps_keypair *const *pairs,
    const struct ftps_keypair *pair) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_has_same_key(pairs[i], pair)) {
      return true;
    }
  }

  return false;
}

bool ftps_pairs_are_isolated(struct ftps_keypair *const *pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_is_isolated(pairs[i])) {
      return true;
    }
  }

  return false;
}

void ftps_pairs_hide(struct ftps_keypair *const *pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_hide(pairs[i]);
    }
  }
}

static bool has_certificate_of_kind(struct ftps_keypair *const *pairs,
    int kind) {
  for (size_t i = FTPS_KEYTYPE_ANY; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL && ftps_keypair_kind(pairs[i]) == kind) {
      return true;
    }
  }

  return false;
}

void ftps_pairs_drop_doubles(struct ftps_keypair **pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_ANY; i++) {
    if (pairs[i] != NULL &&
        has_certificate_of_kind(pairs, ftps_keypair_kind(pairs[i]))) {
      ftps_keypair_unref(pairs[i]);
      pairs[i] = NULL;
    }
  }
}

void ftps_pairs_each_slot(struct ftps_keypair *const *pairs,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (pairs[i] != NULL) {
      ftps_keypair_each_slot(pairs[i], act);
    }
  }
}

void ftps_pairs_unref(struct ftps_keypair **pairs) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    ftps_keypair_unref(pairs[i]);
    pairs[i] = NULL;
  }
}
