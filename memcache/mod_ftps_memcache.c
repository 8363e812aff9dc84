/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_ftps_memcache.c: caches of mod_ftps in memcached, for all hosts of a
 * cluster.  TLSSessionCache memcache:[/json] and TLSStaplingCache memcache:.
 *
 * Read it from the bottom up.  The servers come from MemcacheServers, a
 * directive of mod_memcache that this module reads as well, so that it works
 * with mod_memcache and without it.  Only the line of the server config or of
 * <Global> counts, because a cache belongs to the daemon.
 *
 * "/json" is accepted and changes nothing: entries are sealed, so nobody could
 * read them in JSON either.
 *
 * DIAGNOSTICS: a line in the system log when a server fails and when it answers
 * again.
 */
#include <stdio.h>

#include "conf.h"

#include "alias.h"
#include "entries.h"
#include "include/ftps_cache.h"
#include "load.h"
#include "lookup.h"
#include "memcached.h"
#include "servers.h"
#include "version.h"

extern module ftps_memcache_module;

/* Weak, so that this file can be loaded before mod_ftps, and log what is wrong.
 */
#pragma weak ftps_cache_register
#pragma weak ftps_cache_unregister

#define OUR_NAME "mod_ftps_memcache"

/* The words of MemcacheServers, as strings. */
#define SERVERS_RECORD "mod_ftps_memcache.servers"

static struct ftps_cache *open_caches;

static int remove_cache(struct ftps_cache *cache) {
  return ftps_entries_clear(cache) < 0 ? -1 : 0;
}

static void report_server(const char *server, const char *why) {
  if (why == NULL) {
    pr_log_pri(PR_LOG_NOTICE, OUR_NAME ": memcached at %s answers again",
        server);
  } else {
    pr_log_pri(PR_LOG_WARNING,
        OUR_NAME ": memcached at %s: %s; asked again every %d seconds", server,
        why, FTPS_MEMCACHED_RETRY_MS / 1000);
  }
}

/* Returns the configured servers, or NULL and a reason if there are none. */
static const config_rec *find_servers(const char **why_out) {
  const config_rec *engine, *servers;

  engine = find_config(main_server->conf, CONF_PARAM, "MemcacheEngine", FALSE);
  if (engine != NULL && *((const int *) engine->argv[0]) == FALSE) {
    *why_out = "MemcacheEngine is off; switch it on";
    return NULL;
  }

  servers = find_config(main_server->conf, CONF_PARAM, SERVERS_RECORD, FALSE);
  if (servers == NULL) {
    *why_out = "there is no MemcacheServers in the server config; add "
               "\"MemcacheServers HOST:PORT ...\", behind "
               "LoadModule mod_ftps_memcache.c";
  }
  return servers;
}

static struct ftps_memcached *connect_servers(pool *p, const config_rec *c,
    const char **why_out) {
  struct ftps_server servers[FTPS_SERVERS_MAX];
  const char *faults[FTPS_SERVERS_MAX];
  size_t count = c->argc, found = 0;
  struct ftps_memcached *m;

  memset(servers, 0, sizeof(servers));
  for (size_t i = 0; i < count; i++) {
    servers[i].name = c->argv[i];
  }

  ftps_lookup_addresses(servers, count, faults);
  for (size_t i = 0; i < count; i++) {
    bool is_found = servers[i].address_len > 0;

    found += is_found;
    if (faults[i] == NULL) {
      continue;
    }
    pr_log_pri(PR_LOG_WARNING, OUR_NAME ": MemcacheServers %s: %s; %s",
        servers[i].name, faults[i],
        is_found ? "the address that it had is used"
                 : "it is not used until a reload");
    *why_out = pstrcat(p, "MemcacheServers ", servers[i].name, ": ", faults[i],
        "; correct the name, or write the address", NULL);
  }

  if (found == 0) {
    return NULL;
  }

  m = ftps_memcached_new(servers, count, report_server);
  if (m == NULL) {
    *why_out = "no memory";
  }
  return m;
}

/* Copies the names of the servers: the configuration is freed before the cache
 * is.
 */
static const config_rec *copy_servers(pool *p, const config_rec *c) {
  config_rec *copy = pcalloc(p, sizeof(*copy));

  copy->argc = c->argc;
  copy->argv = pcalloc(p, c->argc * sizeof(*copy->argv));
  for (unsigned int i = 0; i < c->argc; i++) {
    copy->argv[i] = pstrdup(p, c->argv[i]);
  }
  return copy;
}

static struct ftps_cache *create(pool *p, const char *space, const char *info,
    const char **why_out) {
  const config_rec *servers;
  struct ftps_cache *cache;
  pool *own;

  if (*info != '\0' && strcmp(info, "/") != 0 && strcmp(info, "/json") != 0) {
    *why_out = pstrcat(p, "behind \"memcache:\" stands \"", info,
        "\"; leave it empty, or write /json", NULL);
    return NULL;
  }

  servers = find_servers(why_out);
  if (servers == NULL) {
    return NULL;
  }
  if (strlen(space) > FTPS_ENTRIES_SPACE_MAX) {
    *why_out = "no room for the name of what is kept";
    return NULL;
  }

  own = make_sub_pool(permanent_pool);
  pr_pool_tag(own, OUR_NAME);
  cache = pcalloc(own, sizeof(*cache));
  cache->pool = own;
  cache->m = connect_servers(p, copy_servers(own, servers), why_out);
  if (cache->m == NULL) {
    destroy_pool(own);
    return NULL;
  }

  sstrncpy(cache->space, space, sizeof(cache->space));
  (void) snprintf(cache->generation_key, sizeof(cache->generation_key),
      FTPS_ENTRIES_PREFIX "%s:generation", space);
  cache->next = open_caches;
  open_caches = cache;
  return cache;
}

static void destroy(struct ftps_cache *cache) {
  struct ftps_cache **at = &open_caches;

  while (*at != NULL && *at != cache) {
    at = &(*at)->next;
  }
  if (*at != NULL) {
    *at = cache->next;
  }
  ftps_memcached_free(cache->m);
  destroy_pool(cache->pool);
}

static void hang_up_all(void) {
  for (struct ftps_cache *cache = open_caches; cache != NULL;
       cache = cache->next) {
    ftps_memcached_hang_up(cache->m);
  }
}

/* The TLS handshake is over, and the session will hardly use the cache again.
 * An open connection per session would be one per user who is logged in.
 */
MODRET hang_up(cmd_rec *cmd) {
  (void) cmd;
  hang_up_all();
  return PR_DECLINED(cmd);
}

/* The login: the session may be in a chroot now, and has the user's rights. */
MODRET leave_paths(cmd_rec *cmd) {
  (void) cmd;
  for (const struct ftps_cache *cache = open_caches;
       cache != NULL && session.user != NULL; cache = cache->next) {
    ftps_memcached_leave_paths(cache->m);
  }
  return PR_DECLINED(cmd);
}

static bool is_refused, has_started;

/* At a reload the line is ignored: an error would end the daemon, or make
 * ProFTPD skip the rest after an Include.
 */
static modret_t *refuse(cmd_rec *cmd, const char *text) {
  if (has_started) {
    pr_log_pri(PR_LOG_ERR, OUR_NAME ": MemcacheServers %s; it is left out",
        text);
    return PR_HANDLED(cmd);
  }

  is_refused = true;
  CONF_ERROR(cmd, text)
}

/* usage: MemcacheServers HOST[:PORT] ...; words may be lists with commas. */
MODRET set_servers(cmd_rec *cmd) {
  array_header *names = make_array(cmd->tmp_pool, 4, sizeof(char *));
  config_rec *c;

  if (cmd->argc < 2) {
    return refuse(cmd, "needs at least one server; write HOST:PORT");
  }
  CHECK_CONF(cmd, CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL);

  for (unsigned int i = 1; i < cmd->argc; i++) {
    char *list = pstrdup(cmd->tmp_pool, cmd->argv[i]), *rest = NULL, *name;

    for (name = strtok_r(list, ", ", &rest); name != NULL;
         name = strtok_r(NULL, ", ", &rest)) {
      const char *fault = ftps_servers_fault(name);

      if (fault != NULL) {
        return refuse(cmd,
            pstrcat(cmd->tmp_pool, name, " ", fault, "; write HOST:PORT",
                NULL));
      }
      *((char **) push_array(names)) = name;
    }
  }

  if (names->nelts == 0 || names->nelts > (int) FTPS_SERVERS_MAX) {
    return refuse(cmd, "has no server, or more than 16; write HOST:PORT");
  }

  c = add_config_param(SERVERS_RECORD, 0);
  c->argc = (unsigned int) names->nelts;
  c->argv = pcalloc(c->pool, (c->argc + 1) * sizeof(*c->argv));
  for (unsigned int i = 0; i < c->argc; i++) {
    c->argv[i] = pstrdup(c->pool, ((char **) names->elts)[i]);
  }
  return PR_HANDLED(cmd);
}

static const struct ftps_cache_ops ops = { .abi = FTPS_CACHE_ABI,
  .name = "memcache",
  .flags = FTPS_CACHE_REMOTE,
  .max_key = FTPS_ENTRIES_KEY_MAX,
  .max_value = FTPS_ENTRIES_VALUE_MAX,
  .create = create,
  .destroy = destroy,
  .put = ftps_entries_put_cb,
  .add = ftps_entries_add_cb,
  .get = ftps_entries_get_cb,
  .del = ftps_entries_del_cb,
  .clear = ftps_entries_clear,
  .remove = remove_cache,
  .status = ftps_entries_status };

/* ProFTPD continues after a fault in an included file. */
static void on_postparse(const void *data, void *arg) {
  (void) data;
  (void) arg;
  if (is_refused) {
    pr_log_pri(PR_LOG_ERR,
        OUR_NAME ": MemcacheServers above was refused, so the daemon does not "
                 "start; correct it");
    pr_session_end(PR_SESS_END_FL_ERROR);
  }
  has_started = true;
}

static void on_unload(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, OUR_NAME ".c") == 0) {
    (void) ftps_cache_unregister(ops.name);
    pr_event_unregister(&ftps_memcache_module, NULL, NULL);
  }
}

static int init_module(void) {
  static const struct ftps_alias alias = { .self = &ftps_memcache_module,
    .name = "tls_memcache",
    .file = "mod_tls_memcache.c",
    .our_name = OUR_NAME };

  if (ftps_cache_register == NULL) {
    pr_log_pri(PR_LOG_ERR,
        OUR_NAME ": LoadModule mod_ftps_memcache.c: mod_ftps.c is not loaded; "
                 "put its LoadModule before this one");
    return ftps_load_refuse();
  }

  if (ftps_load_check_host(alias.our_name) < 0 || ftps_alias_load(&alias) < 0) {
    return ftps_load_refuse();
  }

  if (ftps_cache_register(&ops) < 0) {
    pr_log_pri(PR_LOG_ERR,
        OUR_NAME ": LoadModule mod_ftps_memcache.c: cannot register: %s",
        strerror(errno));
    return ftps_load_refuse();
  }

  pr_event_register(&ftps_memcache_module, "core.postparse", on_postparse,
      NULL);
  pr_event_register(&ftps_memcache_module, "core.module-unload", on_unload,
      NULL);
  return 0;
}

/* A session does not use the daemon's connections; they would only stay open.
 */
static int init_session(void) {
  hang_up_all();
  return 0;
}

static conftable directives[] = { { "MemcacheServers", set_servers, NULL },
  { NULL, NULL, NULL } };

static cmdtable commands[] = { { LOG_CMD, C_USER, G_NONE, hang_up, FALSE, FALSE,
                                   0, NULL },
  { LOG_CMD_ERR, C_USER, G_NONE, hang_up, FALSE, FALSE, 0, NULL },
  { LOG_CMD, C_PASS, G_NONE, leave_paths, FALSE, FALSE, 0, NULL },
  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

__attribute__((visibility("default")))
module ftps_memcache_module = { NULL, NULL, 0x20, /* API version of the host */
  "ftps_memcache", directives, commands, NULL, init_module, init_session,
  FTPS_VERSION, NULL, 0 };
