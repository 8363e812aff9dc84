/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_ocsp.c: see setters_ocsp.h.
 *
 * Source: contract section 1.
 */
#include "host/config/setters_ocsp.h"

#include "base/error.h"
#include "base/settings.h"
#include "base/words.h"
#include "host/config/record.h"
#include "host/config/rules.h"
#include "ocsp/ask.h"

modret_t *ftps_directives_ocsp_set_options(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned long options = 0;
  config_rec *c;

  for (unsigned int i = 1; error == NULL && i < cmd->argc; i++) {
    unsigned long bit = ftps_words_find_staple_option(cmd->argv[i]);

    if (bit == 0) {
      error = ftps_rules_refuse_value(cmd, i);
    }
    options |= bit;
  }

  if (error != NULL) {
    return error;
  }

  c = add_config_param(cmd->argv[0], 1, NULL);
  c->argv[0] = palloc(c->pool, sizeof(options));
  *((unsigned long *) c->argv[0]) = options;
  ftps_record_allow_several(c);
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_ocsp_set_responder(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *directive = cmd->argv[0];
  struct ftps_error err;

  if (error != NULL) {
    return error;
  }

  ftps_error_clear(&err);
  if (ftps_ocsp_check_url(cmd->argv[1], &err) < 0) {
    return ftps_rules_refuse(cmd, "\"%.200s\" %s; write \"%s %s\"",
        (const char *) cmd->argv[1], err.text, directive,
        ftps_rules_syntax(directive));
  }

  (void) add_config_param_str(directive, 1, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_ocsp_set_timeout(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int seconds;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_duration(cmd->argv[1], &seconds) < 0 || seconds == 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number(cmd->argv[0], seconds);
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_ocsp_set_verify_order(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_verify_order order;
  unsigned int last = cmd->argc - 1;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_verify_order(cmd->argv[1],
          last == 2 ? cmd->argv[2] : NULL, &order) < 0) {
    return ftps_rules_refuse_value(cmd, last);
  }

  ftps_record_add_number(cmd->argv[0], (unsigned int) order);
  return PR_HANDLED(cmd);
}
