/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * daemon.c: see daemon.h.
 *
 * The structure is static: the module is linked with nodelete, so it survives
 * the dlclose() of a SIGHUP.
 */
#include "base/daemon.h"

static struct ftps_daemon the_daemon;

struct ftps_daemon *ftps_daemon_get0(void) {
  return &the_daemon;
}
