/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * alias.h: a module answers to a second name as well, that of the module whose
 * place it takes.
 *
 * Top layer, linked into each of our modules.  A second module record, without
 * tables, makes <IfModule mod_tls.c> sections used, and a later LoadModule
 * mod_tls.c skipped by the host.
 */
#ifndef FTPS_ALIAS_H
#define FTPS_ALIAS_H

#include "conf.h"

struct ftps_alias {
  module *self;         /* our own record */
  const char *name;     /* of the record, without "mod_" and ".c" */
  const char *file;     /* as others ask for it: "mod_NAME.c" */
  const char *our_name; /* in messages: without ".c" */
};

/* Called in a module's init; `alias` lives as long as the module.  0, or -1
 * when the module whose name it is, is loaded already: one line says so.
 */
int ftps_alias_load(const struct ftps_alias *alias);

#endif /* FTPS_ALIAS_H */
