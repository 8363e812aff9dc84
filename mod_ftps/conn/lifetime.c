/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lifetime.c: see lifetime.h.
 */
#include "conn/lifetime.h"

bool ftps_lifetime_is_stale(int64_t made, int64_t now) {
  return now < made || now - made > FTPS_LIFETIME_FRESH;
}
