/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * lifetime.c: see lifetime.h.
 */
#include "conn/lifetime.h"

bool ftps_lifetime_is_stale(int64_t made, int64_t now) {
  return now < made || now - made > FTPS_LIFETIME_FRESH;
}
