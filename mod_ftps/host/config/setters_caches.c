/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * setters_caches.c: see setters_caches.h.
 */
#include "host/config/setters_caches.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/settings.h"
#include "base/words.h"
#include "cache/cache.h"

/* Seconds, if TLSSessionCache names a cache and no time. */
#define NAMED_CACHE_LIFETIME 1800U

/* mod_tls ignores what is written after it. */
#define INTERNAL "internal:"

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

/* Puts type and information at argv[at] of the record.  Returns NULL, or the
 * error.
 */
static modret_t *read_choice(cmd_rec *cmd, const struct ftps_directive *row,
    enum ftps_cache_name cache, config_rec *c, unsigned int at) {
  const char *value = cmd->argv[1];
  size_t len = strcspn(value, ":");

  if (value[len] != ':' || len == 0) {
    return ftps_rules_refuse_value(cmd, row, 1);
  }

  if (!ftps_caches_has_type(cache, value, len)) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\": no cache of this type is loaded; put \"LoadModule %s\" "
        "before this, or write \"%s off\"",
        value, find_module(value, len), row->name);
  }

  c->argv[at] = pstrndup(c->pool, value, len);
  c->argv[at + 1] = pstrdup(c->pool, value + len + 1);
  return NULL;
}

/* mod_tls takes a number of any length. */
static int read_seconds(const cmd_rec *cmd, const struct ftps_directive *row,
    unsigned int *seconds_out) {
  const char *value = cmd->argv[2];

  if (ftps_words_parse_number(value, INT_MAX, seconds_out) == 0) {
    return *seconds_out > 0 ? 0 : -1;
  }

  if (value[strspn(value, "0123456789")] != '\0') {
    return -1;
  }

  *seconds_out = INT_MAX;
  ftps_rules_remark(cmd, "\"%.200s\" is read as %u; write \"%s %s\"", value,
      *seconds_out, row->name, row->syntax);
  return 0;
}

modret_t *ftps_setters_set_session_cache(cmd_rec *cmd,
    const struct ftps_directive *row) {
  bool is_off = pr_str_is_boolean(cmd->argv[1]) == FALSE;
  modret_t *error = NULL;
  unsigned int seconds = 0;
  config_rec *c;

  if (cmd->argc == 3 && is_off) {
    ftps_rules_remark(cmd, "\"%.200s\" is not used with \"off\"; take it out",
        (const char *) cmd->argv[2]);
  } else if (cmd->argc == 3 && read_seconds(cmd, row, &seconds) < 0) {
    return ftps_rules_refuse_value(cmd, row, 2);
  }

  c = add_config_param(row->name, 4, NULL, NULL, NULL, NULL);
  if (!is_off && strncasecmp(cmd->argv[1], INTERNAL, strlen(INTERNAL)) != 0) {
    error = read_choice(cmd, row, FTPS_CACHE_SESSIONS, c, 2);
  }

  c->argv[0] = palloc(c->pool, sizeof(unsigned char));
  *((unsigned char *) c->argv[0]) = is_off ? FALSE : TRUE;
  if (seconds > 0) {
    c->argv[1] = palloc(c->pool, sizeof(seconds));
    *((unsigned int *) c->argv[1]) = seconds;
  }
  return error != NULL ? error : PR_HANDLED(cmd);
}

/* A client cannot resume a session that is not stored.  So with "off" data
 * connections need not resume either (settings_read.c).
 */
void ftps_setters_read_session_cache(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  (void) p;
  settings->cache = true;
  settings->session_lifetime = FTPS_DEFAULT_SESSION_LIFETIME;
  if (first == NULL) {
    return;
  }

  if (*((const unsigned char *) first->argv[0]) == FALSE) {
    settings->cache = false;
  } else {
    settings->session_lifetime = first->argv[1] != NULL
        ? *((const unsigned int *) first->argv[1])
        : NAMED_CACHE_LIFETIME;
  }
}

modret_t *ftps_setters_set_stapling_cache(cmd_rec *cmd,
    const struct ftps_directive *row) {
  config_rec *c = add_config_param(row->name, 2, NULL, NULL);
  modret_t *error = NULL;

  if (pr_str_is_boolean(cmd->argv[1]) != FALSE) {
    error = read_choice(cmd, row, FTPS_CACHE_RESPONSES, c, 0);
  }

  return error != NULL ? error : PR_HANDLED(cmd);
}

/* As ProFTPD does, which has no limit of ours. */
static int read_age(const cmd_rec *cmd, const struct ftps_directive *row,
    const char *value, unsigned int *age_out) {
  int seconds = 0;

  if (ftps_words_parse_duration(value, age_out) == 0) {
    return 0;
  }

  if (pr_str_get_duration(value, &seconds) < 0 ||
      seconds < (int) FTPS_WORDS_MAX_DURATION) {
    return -1;
  }

  *age_out = FTPS_WORDS_MAX_DURATION;
  ftps_rules_remark(cmd, "\"%.200s\" is read as %u seconds; write \"%s %s\"",
      value, *age_out, row->name, row->syntax);
  return 0;
}

/* Reads "age" or "count", and its value.  Returns NULL, or the error. */
static modret_t *read_ticket_limit(cmd_rec *cmd,
    const struct ftps_directive *row, unsigned int i,
    struct ftps_ticket_settings *keys) {
  const char *word = cmd->argv[i], *value;
  bool is_age = strcasecmp(word, "age") == 0;

  if (!is_age && strcasecmp(word, "count") != 0) {
    return ftps_rules_refuse_value(cmd, row, i);
  }

  if (i + 1 == cmd->argc) {
    return ftps_rules_refuse_unfinished(cmd, row);
  }

  value = cmd->argv[i + 1];
  if (is_age ? read_age(cmd, row, value, &keys->age) < 0
             : ftps_words_parse_number(value, INT_MAX, &keys->count) < 0) {
    return ftps_rules_refuse_value(cmd, row, i + 1);
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
    const struct ftps_directive *row, struct ftps_ticket_settings *keys) {
  if (cmd->argc != 3) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not one file and nothing else; write \"%s file "
        "/path/to/file\"",
        cmd->arg, row->name);
  }

  keys->source = FTPS_TICKETS_FILE;
  keys->path = cmd->argv[2];
  return *keys->path == '/' ? NULL
                            : ftps_rules_refuse_path(cmd, row, keys->path);
}

modret_t *ftps_setters_set_ticket_keys(cmd_rec *cmd,
    const struct ftps_directive *row) {
  struct ftps_ticket_settings keys = { .age = FTPS_DEFAULT_TICKET_AGE,
    .count = FTPS_DEFAULT_TICKET_COUNT };
  struct ftps_ticket_settings *record;
  modret_t *error = NULL;
  unsigned int i = 1;
  config_rec *c;

  if (strcasecmp(cmd->argv[1], "file") == 0) {
    error = read_ticket_file(cmd, row, &keys);
    i = cmd->argc;
  } else if (strcasecmp(cmd->argv[1], "shared") == 0) {
    keys.source = FTPS_TICKETS_SHARED;
    i++;
  }

  for (; error == NULL && i < cmd->argc; i += 2) {
    error = read_ticket_limit(cmd, row, i, &keys);
  }
  if (error != NULL) {
    return error;
  }

  c = add_config_param(row->name, 1, NULL);
  record = pcalloc(c->pool, sizeof(*record));
  *record = keys;
  record->path = pstrdup(c->pool, keys.path);
  c->argv[0] = record;
  return PR_HANDLED(cmd);
}

void ftps_setters_read_ticket_keys(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  struct ftps_ticket_settings *keys = &settings->ticket_keys;

  keys->age = FTPS_DEFAULT_TICKET_AGE;
  keys->count = FTPS_DEFAULT_TICKET_COUNT;
  if (first != NULL) {
    const struct ftps_ticket_settings *record = first->argv[0];

    *keys = *record;
    keys->path = pstrdup(p, record->path);
  }
}
