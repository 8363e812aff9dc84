/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * setters_caches.c: see setters_caches.h.
 *
 * Source: contract section 1, issue 4.
 */
#include "host/config/setters_caches.h"

#include <limits.h>
#include <stdbool.h>

#include "base/words.h"
#include "cache/cache.h"
#include "host/config/rules.h"

static const struct {
  const char *type;
  const char *module;
} modules[] = { { "shm", "mod_ftps_shmcache.c" },
  { "memcache", "mod_ftps_memcache.c" } };

static const char *find_module(const char *value, size_t len) {
  for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
    if (strlen(modules[i].type) == len &&
        strncmp(modules[i].type, value, len) == 0) {
      return modules[i].module;
    }
  }

  return "mod_...";
}

/* NULL, or the error.  Puts type and information at argv[at] of the record. */
static modret_t *read_choice(cmd_rec *cmd, enum ftps_cache_name cache,
    config_rec *c, unsigned int at) {
  const char *value = cmd->argv[1], *directive = cmd->argv[0];
  size_t len = strcspn(value, ":");

  if (value[len] != ':' || len == 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  if (!ftps_cache_has_type(cache, value, len)) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\": no cache of this type is loaded; put \"LoadModule %s\" "
        "before this, or write \"%s off\"",
        value, find_module(value, len), directive);
  }

  c->argv[at] = pstrndup(c->pool, value, len);
  c->argv[at + 1] = pstrdup(c->pool, value + len + 1);
  return NULL;
}

modret_t *ftps_directives_set_session_cache(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int seconds = 0;
  config_rec *c;
  bool is_off;

  if (error != NULL) {
    return error;
  }

  is_off = pr_str_is_boolean(cmd->argv[1]) == FALSE;
  if (cmd->argc == 3 &&
      (is_off || ftps_words_parse_number(cmd->argv[2], INT_MAX, &seconds) < 0 ||
          seconds == 0)) {
    return ftps_rules_refuse_value(cmd, 2);
  }

  c = add_config_param(cmd->argv[0], 4, NULL, NULL, NULL, NULL);
  if (!is_off && strcasecmp(cmd->argv[1], "internal:") != 0) {
    error = read_choice(cmd, FTPS_CACHE_SESSIONS, c, 2);
  }

  c->argv[0] = palloc(c->pool, sizeof(unsigned char));
  *((unsigned char *) c->argv[0]) = is_off ? FALSE : TRUE;
  if (seconds > 0) {
    c->argv[1] = palloc(c->pool, sizeof(seconds));
    *((unsigned int *) c->argv[1]) = seconds;
  }
  return error != NULL ? error : PR_HANDLED(cmd);
}

modret_t *ftps_directives_set_stapling_cache(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  config_rec *c;

  if (error != NULL) {
    return error;
  }

  c = add_config_param(cmd->argv[0], 2, NULL, NULL);
  if (pr_str_is_boolean(cmd->argv[1]) != FALSE) {
    error = read_choice(cmd, FTPS_CACHE_RESPONSES, c, 0);
  }

  return error != NULL ? error : PR_HANDLED(cmd);
}
