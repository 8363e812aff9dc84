/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * load.h: checks whether a module of ours may be loaded into this ProFTPD.
 *
 * Top layer, linked into each of our modules; called in their init.
 *
 * An init that returns -1 is an error of LoadModule.  In an included file
 * ProFTPD only warns about an error, and the daemon would run without TLS.  So
 * the start ends here.
 */
#ifndef FTPS_LOAD_H
#define FTPS_LOAD_H

#include <stdbool.h>

#include "conf.h"

/* Checks whether this ProFTPD has the structures of the headers with which we
 * were built.  Returns 0, or -1 after ftps_load_refuse(); one line has the
 * reason.
 */
int ftps_load_check_host(const char *our_name);

/* Call this after a line with the reason was logged.  Does not return while a
 * configuration is read; otherwise ("ftpdctl insmod") returns -1.
 */
int ftps_load_refuse(void);

/* Removes `m` from the daemon, if nothing of it stays: it is linked into the
 * daemon, or we were loaded before (`is_again`), and no directive was read yet
 * that one of us would read in its own way.  Its listeners stay.  Returns false
 * if nothing was changed.
 */
bool ftps_load_replace(module *m, const char *our_name, bool is_again);

/* True if there is a module whose listeners have stayed. */
bool ftps_load_has_replaced(void);

#endif /* FTPS_LOAD_H */
