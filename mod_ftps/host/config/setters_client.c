/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_client.c: see setters_client.h.
 */
#include "host/config/setters_client.h"

#include "base/certname.h"
#include "base/peername.h"
#include "base/words.h"
#include "host/config/record.h"
#include "host/config/rules.h"

modret_t *ftps_directives_client_set_user_name(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_certname kind = FTPS_CERTNAME_NONE;
  const char *oid = NULL;
  config_rec *c;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_user_name(cmd->argv[1], &kind) < 0) {
    oid = cmd->argv[1];
    if (!ftps_certname_is_oid(oid)) {
      return ftps_rules_refuse_value(cmd, 1);
    }
  }

  c = add_config_param("TLSUserName", 2, NULL, NULL);
  c->argv[0] = palloc(c->pool, sizeof(unsigned int));
  *((unsigned int *) c->argv[0]) = (unsigned int) kind;
  c->argv[1] = pstrdup(c->pool, oid);
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_client_set_transfer_servers(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  char name[FTPS_PEERNAME_SIZE];

  if (error != NULL) {
    return error;
  }

  for (unsigned int i = 1; i < cmd->argc; i++) {
    if (ftps_peername_read(cmd->argv[i], name) < 0) {
      return ftps_rules_refuse_value(cmd, i);
    }
  }

  for (unsigned int i = 1; i < cmd->argc; i++) {
    (void) ftps_peername_read(cmd->argv[i], name);
    ftps_record_allow_several(add_config_param_str(cmd->argv[0], 1, name));
  }
  return PR_HANDLED(cmd);
}
