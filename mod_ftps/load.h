/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * load.h: may a module of ours be loaded into this ProFTPD?
 *
 * Top layer, linked into each of our modules; called in their init.
 *
 * An init that returns -1 is an error of LoadModule, and ProFTPD takes an error
 * in an included file for a warning: the daemon would run without TLS.  So a
 * start ends here.
 */
#ifndef FTPS_LOAD_H
#define FTPS_LOAD_H

#include <stdbool.h>

#include "conf.h"

/* Does this ProFTPD have the structures of the headers that we were built with?
 * 0, or -1 after ftps_load_refuse(); one line says why.
 */
int ftps_load_check_host(const char *our_name);

/* To be called when a line has said why.  Does not return while a configuration
 * is read; returns -1 otherwise ("ftpdctl insmod").
 */
int ftps_load_refuse(void);

/* Takes `m` out of the daemon when that leaves nothing of it behind: it is
 * linked into the daemon, or we have been loaded before (`is_again`), and no
 * directive has been read yet that one of us would read in its own way.  Its
 * listeners stay.  False: it has been left alone.
 */
bool ftps_load_replace(module *m, const char *our_name, bool is_again);

/* Is there a module whose listeners have stayed? */
bool ftps_load_has_replaced(void);

#endif /* FTPS_LOAD_H */
