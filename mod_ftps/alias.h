/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * alias.h: gives a module a second name, that of the module which it replaces.
 *
 * Top layer, linked into each of our modules.  A second module record, without
 * tables, makes ProFTPD use <IfModule mod_tls.c> sections and skip a later
 * LoadModule mod_tls.c.
 */
#ifndef FTPS_ALIAS_H
#define FTPS_ALIAS_H

#include "conf.h"

struct ftps_alias {
  module *self;         /* our own record */
  const char *name;     /* of the record, without "mod_" and ".c" */
  const char *file;     /* as others look for it: "mod_NAME.c" */
  const char *our_name; /* in messages: without ".c" */
};

/* Called in a module's init; `alias` lives as long as the module.  Returns 0,
 * or -1 if the module with this name is loaded already; then one line says so.
 */
int ftps_alias_load(const struct ftps_alias *alias);

#endif /* FTPS_ALIAS_H */
