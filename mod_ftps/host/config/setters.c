/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters.c: see setters.h.
 *
 * Source: contract section 1, issue 3.
 */
#include "host/config/setters.h"

#include <limits.h>
#include <stdbool.h>

#include "base/settings.h"
#include "base/words.h"
#include "host/config/record.h"
#include "host/config/rules.h"

#define HEX_PREFIX "hex:"

static modret_t *refuse_path(cmd_rec *cmd, const char *path) {
  const char *directive = cmd->argv[0];

  return ftps_rules_refuse(cmd,
      "\"%.200s\" must be an absolute path; write \"%s %s\"", path, directive,
      ftps_rules_syntax(directive));
}

modret_t *ftps_directives_set_crypto_device(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *device = cmd->argc > 1 ? cmd->argv[1] : "";

  if (error != NULL) {
    return error;
  }

  if (strcasecmp(device, "none") != 0) {
    pr_log_pri(PR_LOG_NOTICE,
        "notice: TLSCryptoDevice: \"%.200s\" is ignored: OpenSSL 3 has "
        "providers in the place of engines, and reads from openssl.cnf which; "
        "take the directive out",
        device);
  }
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_set_dh_param_file(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *path;

  if (error != NULL) {
    return error;
  }

  path = cmd->argv[1];
  if (*path != '/') {
    return refuse_path(cmd, path);
  }

  ftps_record_allow_several(add_config_param_str(cmd->argv[0], 1, path));
  return PR_HANDLED(cmd);
}

/* The core uses the address without asking whether there is one, and an error
 * at a restart would end the daemon: so a name that cannot be resolved leaves
 * no record.
 */
modret_t *ftps_directives_set_masquerade(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const pr_netaddr_t *address;
  const char *name;
  config_rec *c;

  if (error != NULL) {
    return error;
  }

  name = cmd->argv[1];
  address = pr_netaddr_get_addr2(cmd->server->pool, name, NULL,
      PR_NETADDR_GET_ADDR_FL_INCL_DEVICE);
  if (address == NULL) {
    pr_log_pri(PR_LOG_WARNING,
        "warning: TLSMasqueradeAddress: \"%.200s\" cannot be resolved (%s) and "
        "is not used; write an address, or restart when the name is known",
        name, strerror(errno));
    return PR_HANDLED(cmd);
  }

  c = add_config_param(cmd->argv[0], 2, NULL, NULL);
  c->argv[0] = pr_netaddr_dup(c->pool, address);
  c->argv[1] = pstrdup(c->pool, name);
  return PR_HANDLED(cmd);
}

modret_t *ftps_directives_set_pre_shared_key(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *identity, *file;
  config_rec *c;

  if (error != NULL) {
    return error;
  }

  identity = cmd->argv[1];
  file = cmd->argv[2];
  if (strlen(identity) > FTPS_PSK_IDENTITY_MAX) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" has more than %d bytes; write \"%s %s\"", identity,
        FTPS_PSK_IDENTITY_MAX, (const char *) cmd->argv[0],
        ftps_rules_syntax(cmd->argv[0]));
  }

  if (strncasecmp(file, HEX_PREFIX, strlen(HEX_PREFIX)) != 0) {
    return ftps_rules_refuse_value(cmd, 2);
  }

  file += strlen(HEX_PREFIX);
  if (*file != '/') {
    return refuse_path(cmd, file);
  }

  c = add_config_param_str(cmd->argv[0], 2, identity, file);
  ftps_record_allow_several(c);
  return PR_HANDLED(cmd);
}

/* What TLSRenegotiate can limit.  `timeout` and `required` are about peers that
 * do not answer, which a KeyUpdate does not depend on.
 */
enum limit {
  LIMIT_CONTROL,
  LIMIT_DATA,
  LIMIT_TIMEOUT,
  LIMIT_REQUIRED,
  LIMIT_COUNT
};

static const char *const limit_words[LIMIT_COUNT] = { "ctrl", "data", "timeout",
  "required" };

static enum limit find_limit(const char *word) {
  int i = 0;

  while (i < LIMIT_COUNT && strcasecmp(limit_words[i], word) != 0) {
    i++;
  }

  return (enum limit) i;
}

/* One word and its value.  NULL, or the error. */
static modret_t *read_limit(cmd_rec *cmd, unsigned int i,
    unsigned int *limits) {
  const char *word = cmd->argv[i];
  enum limit limit = find_limit(word);
  bool is_known;

  if (limit == LIMIT_COUNT) {
    return ftps_rules_refuse_value(cmd, i);
  }

  if (i + 1 == cmd->argc) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not followed by its value; write \"%s %s\"", word,
        (const char *) cmd->argv[0], ftps_rules_syntax(cmd->argv[0]));
  }

  is_known = limit == LIMIT_REQUIRED
      ? get_boolean(cmd, (int) i + 1) >= 0
      : ftps_words_parse_number(cmd->argv[i + 1], INT_MAX, &limits[limit]) == 0;
  return is_known ? NULL : ftps_rules_refuse_value(cmd, i + 1);
}

modret_t *ftps_directives_set_renegotiate(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int limits[LIMIT_COUNT] = { 0 };
  bool is_none = cmd->argc == 2 && strcasecmp(cmd->argv[1], "none") == 0;
  config_rec *c;

  for (unsigned int i = 1; error == NULL && !is_none && i < cmd->argc; i += 2) {
    error = read_limit(cmd, i, limits);
  }
  if (error != NULL) {
    return error;
  }

  c = add_config_param(cmd->argv[0], 2, NULL, NULL);
  c->argv[0] = palloc(c->pool, sizeof(unsigned int));
  *((unsigned int *) c->argv[0]) = limits[LIMIT_CONTROL];
  c->argv[1] = palloc(c->pool, sizeof(unsigned int));
  *((unsigned int *) c->argv[1]) = limits[LIMIT_DATA];
  return PR_HANDLED(cmd);
}

/* "age" or "count", and its value.  NULL, or the error. */
static modret_t *read_ticket_limit(cmd_rec *cmd, unsigned int i,
    struct ftps_ticket_settings *keys) {
  const char *word = cmd->argv[i], *value;
  bool is_age = strcasecmp(word, "age") == 0;

  if (!is_age && strcasecmp(word, "count") != 0) {
    return ftps_rules_refuse_value(cmd, i);
  }

  if (i + 1 == cmd->argc) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not followed by its value; write \"%s %s\"", word,
        (const char *) cmd->argv[0], ftps_rules_syntax(cmd->argv[0]));
  }

  value = cmd->argv[i + 1];
  if (is_age ? ftps_words_parse_duration(value, &keys->age) < 0
             : ftps_words_parse_number(value, INT_MAX, &keys->count) < 0) {
    return ftps_rules_refuse_value(cmd, i + 1);
  }

  if (keys->age < FTPS_TICKET_AGE_MIN) {
    return ftps_rules_refuse(cmd,
        "age \"%.200s\" is too short; write %u seconds or more", value,
        FTPS_TICKET_AGE_MIN);
  }

  if (keys->count < FTPS_TICKET_COUNT_MIN) {
    return ftps_rules_refuse(cmd,
        "count \"%.200s\" is too small: one key is for new tickets, and "
        "another for those that clients have; write %u or more",
        value, FTPS_TICKET_COUNT_MIN);
  }

  return NULL;
}

static modret_t *read_ticket_file(cmd_rec *cmd,
    struct ftps_ticket_settings *keys) {
  if (cmd->argc != 3) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not one file and nothing else; write \"%s file "
        "/path/to/file\"",
        cmd->arg, (const char *) cmd->argv[0]);
  }

  keys->source = FTPS_TICKETS_FILE;
  keys->path = cmd->argv[2];
  return *keys->path == '/' ? NULL : refuse_path(cmd, keys->path);
}

modret_t *ftps_directives_set_ticket_keys(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  struct ftps_ticket_settings keys = { .age = FTPS_DEFAULT_TICKET_AGE,
    .count = FTPS_DEFAULT_TICKET_COUNT },
                              *record;
  unsigned int i = 1;
  config_rec *c;

  if (error == NULL && strcasecmp(cmd->argv[1], "file") == 0) {
    error = read_ticket_file(cmd, &keys);
    i = cmd->argc;
  } else if (error == NULL && strcasecmp(cmd->argv[1], "shared") == 0) {
    keys.source = FTPS_TICKETS_SHARED;
    i++;
  }

  for (; error == NULL && i < cmd->argc; i += 2) {
    error = read_ticket_limit(cmd, i, &keys);
  }
  if (error != NULL) {
    return error;
  }

  c = add_config_param(cmd->argv[0], 1, NULL);
  record = pcalloc(c->pool, sizeof(*record));
  *record = keys;
  record->path = pstrdup(c->pool, keys.path);
  c->argv[0] = record;
  return PR_HANDLED(cmd);
}
