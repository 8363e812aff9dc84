/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * record.c: see record.h.
 */
#include "host/config/record.h"

void ftps_record_add_number(const char *directive, unsigned int value) {
  config_rec *c = add_config_param(directive, 1, NULL);

  c->argv[0] = palloc(c->pool, sizeof(value));
  *((unsigned int *) c->argv[0]) = value;
}

/* mod_ifsession replaces a record that is not marked so. */
void ftps_record_allow_several(config_rec *c) {
  if (pr_module_exists("mod_ifsession.c")) {
    c->flags |= CF_MULTI;
  }
}
