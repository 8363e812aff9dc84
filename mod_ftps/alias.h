/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * alias.h: mod_ftps answers to the name mod_tls.c as well.
 *
 * Top layer.  A second module record named "tls", without tables, makes
 * <IfModule mod_tls.c> sections used, and a later LoadModule mod_tls.c skipped
 * by the host.
 */
#ifndef FTPS_ALIAS_H
#define FTPS_ALIAS_H

/* 0, or -1 when the real mod_tls is loaded already: one line says so. */
int ftps_alias_load(void);

#endif /* FTPS_ALIAS_H */
