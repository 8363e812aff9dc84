/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_provider.c: stands where mod_ftps stands, so that a cache module
 * can be asked directly; built and loaded by t/41-shmcache.t, without mod_ftps.
 *
 *   ProbeCache SPACE INFO       opens a cache; a fault ends the daemon
 *
 * and the command CACHE, also before the login:
 *
 *   CACHE put|add SPACE KEY SIZE SECONDS   the value is SIZE times the first
 *                                          byte of KEY
 *   CACHE get|del SPACE KEY                get answers with size and a byte
 *   CACHE clear|remove|status|iterate SPACE
 *   CACHE fill SPACE FROM TO               put of keys that are numbers
 *   CACHE find SPACE FROM TO               how many of them are there
 */
#include "conf.h"
#include "privs.h"

#include "ftps_cache.h"

#define N_CACHES    4
#define DEADLINE_MS 250
#define MAX_VALUE   65536

static const struct ftps_cache_ops *provider;
static struct {
  char space[16];
  struct ftps_cache *cache;
} caches[N_CACHES];
static unsigned char value[MAX_VALUE];
static bool is_restarting;

extern module probe_provider_module;

int ftps_cache_register(const struct ftps_cache_ops *ops) {
  provider = ops;
  return 0;
}

int ftps_cache_unregister(const char *name) {
  (void) name;
  return 0;
}

static struct ftps_cache *find_cache(const char *space) {
  for (size_t i = 0; i < N_CACHES; i++) {
    if (caches[i].cache != NULL && strcmp(caches[i].space, space) == 0) {
      return caches[i].cache;
    }
  }
  return NULL;
}

static const char *word_of(enum ftps_cache_result res) {
  return res == FTPS_CACHE_OK  ? "ok"
      : res == FTPS_CACHE_MISS ? "miss"
                               : "unavailable";
}

static enum ftps_cache_result put(struct ftps_cache *cache, const char *key,
    size_t size, bool adds) {
  size_t key_len = strlen(key);

  memset(value, key[0], size);
  return (adds ? provider->add : provider->put)(cache, key, key_len, value,
      size, time(NULL) + 1000, DEADLINE_MS);
}

static void store(cmd_rec *cmd, struct ftps_cache *cache, const char *what) {
  size_t size = (size_t) atoi(cmd->argv[4]);
  const char *key = cmd->argv[3];
  enum ftps_cache_result res;

  memset(value, key[0], size);
  res = (what[0] == 'a' ? provider->add : provider->put)(cache, key,
      strlen(key), value, size, time(NULL) + atoi(cmd->argv[5]), DEADLINE_MS);
  pr_response_add(R_200, "%s", word_of(res));
}

static void fetch(cmd_rec *cmd, struct ftps_cache *cache) {
  const char *key = cmd->argv[3];
  size_t len = sizeof(value);
  enum ftps_cache_result res;

  res = provider->get(cache, key, strlen(key), value, &len, DEADLINE_MS);
  if (res == FTPS_CACHE_OK) {
    pr_response_add(R_200, "ok %lu %c", (unsigned long) len,
        len > 0 ? value[0] : '-');
  } else {
    pr_response_add(R_200, "%s", word_of(res));
  }
}

static void many(cmd_rec *cmd, struct ftps_cache *cache, bool fills) {
  char key[32];
  long found = 0;

  for (int i = atoi(cmd->argv[3]); i < atoi(cmd->argv[4]); i++) {
    size_t len = sizeof(value);

    (void) snprintf(key, sizeof(key), "%d", i);
    if (fills) {
      found += put(cache, key, 300, false) == FTPS_CACHE_OK;
    } else {
      found += provider->get(cache, key, strlen(key), value, &len,
                   DEADLINE_MS) == FTPS_CACHE_OK &&
          len == 300 && value[0] == key[0] && value[299] == key[0];
    }
  }
  pr_response_add(R_200, "%ld", found);
}

static bool count_cb(void *arg, const void *key, size_t key_len,
    const void *bytes, size_t len, time_t expires) {
  long *n = arg;

  *n += ((const char *) bytes)[len - 1] == ((const char *) key)[0] &&
      key_len < 10 && expires > time(NULL);
  return *n < 1000;
}

static void administer(const char *what, struct ftps_cache *cache) {
  struct ftps_cache_status status;
  long n = 0;

  memset(&status, 0, sizeof(status));
  if (strcmp(what, "clear") == 0) {
    n = provider->clear(cache);
    pr_response_add(R_200, "%ld", n);
  } else if (strcmp(what, "remove") == 0) {
    n = provider->remove(cache);
    pr_response_add(R_200, "%ld", n);
  } else if (strcmp(what, "iterate") == 0) {
    long visited = provider->iterate(cache, count_cb, &n);

    pr_response_add(R_200, "%ld %ld", visited, n);
  } else if (provider->status(cache, &status) < 0) {
    pr_response_add(R_200, "%s", strerror(errno));
  } else {
    pr_response_add(R_200, "%lu entries %lu evictions %lu expired %lu of %lu",
        (unsigned long) status.entries, (unsigned long) status.evictions,
        (unsigned long) status.expired, (unsigned long) status.memory_used,
        (unsigned long) status.memory_size);
  }
}

static modret_t *command(cmd_rec *cmd) {
  const char *what = cmd->argc > 2 ? cmd->argv[1] : "";
  struct ftps_cache *cache = cmd->argc > 2 ? find_cache(cmd->argv[2]) : NULL;

  if (cache == NULL) {
    pr_response_add(R_200, "no cache");
  } else if (cmd->argc == 6) {
    store(cmd, cache, what);
  } else if (cmd->argc == 5) {
    many(cmd, cache, strcmp(what, "fill") == 0);
  } else if (strcmp(what, "get") == 0) {
    fetch(cmd, cache);
  } else if (strcmp(what, "del") == 0) {
    pr_response_add(R_200, "%s",
        word_of(provider->del(cache, cmd->argv[3], strlen(cmd->argv[3]),
            DEADLINE_MS)));
  } else {
    administer(what, cache);
  }
  return PR_HANDLED(cmd);
}

static modret_t *set_cache(cmd_rec *cmd) {
  (void) add_config_param_str(cmd->argv[0], 2, cmd->argv[1], cmd->argv[2]);
  return PR_HANDLED(cmd);
}

/* At SIGHUP it is not open yet; mod_ftps does the same. */
static void open_system_log(void) {
  const char *path = get_param_ptr(main_server->conf, "SystemLog", FALSE);

  if (path != NULL && is_restarting) {
    (void) log_opensyslog(path);
  }
  is_restarting = false;
}

static void on_restart(const void *data, void *arg) {
  (void) data;
  (void) arg;
  is_restarting = true;
}

/* As the interface has it: all are created before the old ones go. */
static void on_postparse(const void *data, void *arg) {
  struct ftps_cache *old[N_CACHES];
  config_rec *c;
  size_t n = 0;

  (void) data;
  (void) arg;
  for (size_t i = 0; i < N_CACHES; i++) {
    old[i] = caches[i].cache;
    caches[i].cache = NULL;
  }

  PRIVS_ROOT
  open_system_log();
  c = find_config(main_server->conf, CONF_PARAM, "ProbeCache", FALSE);
  for (; c != NULL && n < N_CACHES; n++) {
    const char *why = "no provider";

    (void) snprintf(caches[n].space, sizeof(caches[n].space), "%s",
        (const char *) c->argv[0]);
    caches[n].cache = provider != NULL
        ? provider->create(c->pool, c->argv[0], c->argv[1], &why)
        : NULL;
    if (caches[n].cache == NULL) {
      pr_log_pri(PR_LOG_ERR, "probe: ProbeCache %s: %s",
          (const char *) c->argv[1], why);
      pr_session_end(PR_SESS_END_FL_ERROR);
    }
    c = find_config_next(c, c->next, CONF_PARAM, "ProbeCache", FALSE);
  }
  PRIVS_RELINQUISH

  for (size_t i = 0; i < N_CACHES; i++) {
    if (old[i] != NULL) {
      provider->destroy(old[i]);
    }
  }
}

static void on_unload(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, "mod_probe_provider.c") == 0) {
    pr_event_unregister(&probe_provider_module, NULL, NULL);
  }
}

static int start_probe(void) {
  pr_event_register(&probe_provider_module, "core.postparse", on_postparse,
      NULL);
  pr_event_register(&probe_provider_module, "core.restart", on_restart, NULL);
  pr_event_register(&probe_provider_module, "core.module-unload", on_unload,
      NULL);
  return 0;
}

static conftable directives[] = { { "ProbeCache", set_cache, NULL },
  { NULL, NULL, NULL } };

static cmdtable commands[] = { { CMD, "CACHE", G_NONE, command, FALSE, FALSE,
                                   CL_MISC, NULL },
  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

module probe_provider_module = { NULL, NULL, 0x20, "probe_provider", directives,
  commands, NULL, start_probe, NULL, "mod_probe_provider/1.0", NULL, 0 };
