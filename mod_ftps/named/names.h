/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * names.h: the certificates of TLSCertificateDirectory, in the daemon.
 *
 * The daemon reads what sessions request, checks its files as it does those of
 * servers, and forgets what nobody has used for an hour.  It has
 * FTPS_USES_MAX certificates at most.  After SIGHUP it keeps them, and reads
 * them again, some at a time.
 *
 * DIAGNOSTICS: `report` gets a line for each renewal, and for each fault once.
 */
#ifndef FTPS_NAMED_NAMES_H
#define FTPS_NAMED_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <openssl/x509.h>

#include "base/error.h"

struct ftps_daemon;

/* After each change of the virtual hosts: which of them have directories. */
void ftps_names_sync(struct ftps_daemon *daemon, bool is_restarted);

/* True if a refresh has to read some again. */
bool ftps_names_are_stale(const struct ftps_daemon *daemon);

/* Reads what sessions have requested, some folders at a time.  Returns true if
 * there is more.
 */
bool ftps_names_hear(struct ftps_daemon *daemon, ftps_report report);

/* Checks whether files have changed, and forgets what nobody uses.  Returns
 * true if there was no time for all: call it again soon.
 */
bool ftps_names_refresh(struct ftps_daemon *daemon, ftps_report report);

/* What failed, and took long, is tried again with the next request. */
void ftps_names_hurry(struct ftps_daemon *daemon);

/* When the process id of the daemon will not change any more. */
void ftps_names_watch(struct ftps_daemon *daemon);

/* In a session: closes what is the daemon's. */
void ftps_names_leave(struct ftps_daemon *daemon);

/* In a session that needs no key any more: it requests nothing from then on. */
void ftps_names_be_silent(struct ftps_daemon *daemon);

/* A certificate that is in memory; all is borrowed, until files are read again.
 */
struct ftps_names_item {
  const char *dir;  /* TLSCertificateDirectory */
  const char *path; /* of the certificate's file */
  X509 *certificate;
};

void ftps_names_each(const struct ftps_daemon *daemon,
    void (*act)(void *arg, const struct ftps_names_item *item), void *arg);

/* Another number whenever one of them is another one. */
uint64_t ftps_names_generation(const struct ftps_daemon *daemon);

/* The same for each fault that has not been mended. */
void ftps_names_each_fault(const struct ftps_daemon *daemon,
    void (*act)(void *arg, const char *text), void *arg);

/* Frees all memory, when the module is unloaded. */
void ftps_names_free(struct ftps_daemon *daemon);

#endif /* FTPS_NAMED_NAMES_H */
