/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * events.c: see events.h.
 *
 * DIAGNOSTICS: a fault found in postparse ends the start of the daemon, and
 * "proftpd -t", with status 1 and one line per fault in the system log.  At a
 * reload the virtual host with the fault keeps its old context, and the daemon
 * goes on.
 */
#include "host/daemon/events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "base/wake.h"
#include "cache/cache.h"
#include "cache/mod_tls_cache.h"
#include "host/config/refused.h"
#include "host/config/sections.h"
#include "host/config/hidden.h"
#include "host/config/settings_read.h"
#include "host/control/start.h"
#include "host/control/start_order.h"
#include "host/daemon/check.h"
#include "host/daemon/effective.h"
#include "host/daemon/heap.h"
#include "host/daemon/notices.h"
#include "host/daemon/random_seed.h"
#include "host/daemon/renewals.h"
#include "host/daemon/ticket_keys.h"
#include "host/data/sendfile.h"
#include "host/names.h"
#include "host/session.h"
#include "log/log.h"
#include "ocsp/stapling.h"
#include "keys/signer/keeper.h"
#include "named/names.h"
#include "vhost/held_keys.h"
#include "vhost/vhosts.h"

extern module ftps_module;
extern xaset_t *server_list;

/* How many sections of mod_ifsession are prepared. */
#define SECTIONS_MAX 64

static void warn_cache_off(const struct ftps_settings *settings) {
  if (!settings->cache &&
      (settings->options & FTPS_OPT_NO_SESSION_REUSE) != 0) {
    pr_log_pri(PR_LOG_NOTICE,
        "mod_ftps: TLSSessionCache off: data connections of server \"%s\" need "
        "not resume the TLS session of their control connection, so anybody "
        "who "
        "is quicker than the client gets them; take it out, or write "
        "\"TLSSessionReuse require\"",
        settings->server_name);
  }
}

/* Ticket keys in a cache open all recorded tickets of all hosts.  A private
 * key, which is kept for years and in other places as well, must not be enough
 * to read them.
 */
static int check_shared_keys(bool has_secret_file) {
  struct ftps_cache_choice caches[FTPS_CACHE_NAMES];

  ftps_settings_read_caches(caches);
  if (caches[FTPS_CACHE_SESSIONS].type == NULL) {
    ftps_check_report(FTPS_SEVERITY_FAULT,
        "TLSSessionTicketKeys shared: there is no cache to share them by; set "
        "TLSSessionCache to one that all hosts use, or take \"shared\" out");
    return -1;
  }

  if (!has_secret_file) {
    ftps_check_report(FTPS_SEVERITY_FAULT,
        "TLSSessionTicketKeys shared: there is no secret to seal them with; "
        "set TLSCacheSecretFile to a file of random bytes, as \"openssl rand "
        "-hex 32\" writes, the same on all hosts");
    return -1;
  }

  return 0;
}

struct found {
  unsigned int servers;  /* with TLS */
  unsigned int sections; /* of mod_ifsession */
  bool has_secret_file;
  bool must_have_cache; /* for shared ticket keys */
};

/* Returns -1 for a fault in settings that all servers share.  If no server has
 * TLS, a module may make one with TLS when a session starts; then its sessions
 * use keys of this daemon.
 */
static int set_ticket_keys(struct found *found) {
  pool *p = make_sub_pool(permanent_pool);
  server_rec *main_config = (server_rec *) server_list->xas_list;
  struct ftps_ticket_settings keys =
      ftps_settings_read(p, main_config)->ticket_keys;
  int res = 0;

  if (keys.source == FTPS_TICKETS_SHARED) {
    if (found->servers == 0) {
      keys.source = FTPS_TICKETS_MEMORY;
    } else {
      found->must_have_cache = true;
      res = check_shared_keys(found->has_secret_file);
    }
  }

  if (res == 0) {
    res = ftps_ticket_keys_set(ftps_daemon_get0()->tickets, &keys,
        ftps_check_report);
  }
  destroy_pool(p);
  return res;
}

/* If the server were skipped, its sessions would run in clear although
 * TLSRequired is on.  Out of memory here is fatal.
 */
static void add_server(pool *p, const server_rec *s,
    const struct ftps_settings *settings) {
  if (ftps_vhosts_add(ftps_daemon_get0(), p, s, settings) < 0) {
    ftps_log_admin(PR_LOG_ALERT, "server \"%s\": no memory for its TLS",
        settings->server_name);
    pr_session_end(PR_SESS_END_FL_ERROR);
  }
}

/* Prepares the settings that <IfClass> sections of mod_ifsession give to the
 * server.  Each has contexts of its own, so their number is limited.  Sessions
 * build the others.
 */
static void add_sections(const server_rec *s, struct found *found) {
  const config_rec *section = ftps_sections_next(s, NULL);

  while (section != NULL && found->sections < SECTIONS_MAX) {
    pool *p = ftps_vhosts_new_pool(ftps_daemon_get0());
    const struct ftps_settings *settings = ftps_sections_read(p, s, section);

    if (settings->engine) {
      ftps_sendfile_prepare(settings);
      add_server(p, s, settings);
      found->sections++;
    } else {
      destroy_pool(p);
    }
    section = ftps_sections_next(s, section);
  }
}

static void add_with_settings(server_rec *s, struct found *found) {
  pool *p = ftps_vhosts_new_pool(ftps_daemon_get0());
  const struct ftps_settings *settings = ftps_settings_read(p, s);

  if (!settings->engine) {
    destroy_pool(p);
    return;
  }

  warn_cache_off(settings);
  ftps_sendfile_prepare(settings);
  ftps_notices_server(settings);
  ftps_random_seed_load(settings->random_seed);
  add_server(p, s, settings);
  found->servers++;
  found->has_secret_file |= settings->cache_secret_file != NULL;
}

/* Returns -1 as above. */
static int add_servers(struct found *found) {
  ftps_vhosts_begin(ftps_daemon_get0());
  ftps_notices_begin();
  ftps_random_seed_forget();
  for (server_rec *s = (server_rec *) server_list->xas_list; s != NULL;
       s = s->next) {
    if (s->ServerPort != 0) {
      if (ftps_settings_are_open(s)) {
        ftps_notices_open_server(s);
      }
      add_with_settings(s, found);
      add_sections(s, found);
    }
  }

  return set_ticket_keys(found);
}

static void open_caches(void) {
  struct ftps_cache_choice caches[FTPS_CACHE_NAMES];

  ftps_settings_read_caches(caches);
  (void) ftps_caches_open(ftps_daemon_get0(), caches, ftps_check_report);
}

/* A server that had TLS keeps it, and requires it as before, for any new
 * configuration.
 */
static void keep_server(server_rec *s) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  pool *p = ftps_vhosts_new_pool(daemon);
  const struct ftps_settings *settings = ftps_settings_read(p, s);
  const struct ftps_settings *old = ftps_vhosts_find_old(daemon, settings);

  if (!settings->engine && old == NULL) {
    destroy_pool(p);
    return;
  }

  if (old != NULL) {
    ftps_settings_require_too(s, old);
  }
  ftps_notices_server(old != NULL ? old : settings);
  add_server(p, s, settings);
}

/* Directives that were refused at a reload are not known, so nothing new is
 * used.
 */
static void keep_servers(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  struct found found = { 0 };

  ftps_log_admin(PR_LOG_ERR,
      "%u directive%s refused, so all servers go on with the TLS settings that "
      "they had, and new servers have no TLS; correct what the lines above "
      "name, and reload",
      ftps_refused_count(), ftps_refused_count() == 1 ? " was" : "s were");

  ftps_vhosts_begin(daemon);
  ftps_notices_begin();
  for (server_rec *s = (server_rec *) server_list->xas_list; s != NULL;
       s = s->next) {
    if (s->ServerPort != 0) {
      keep_server(s);
      add_sections(s, &found);
    }
  }

  open_caches();
  ftps_vhosts_keep(daemon, ftps_check_report);
  ftps_names_sync(daemon, true);
  ftps_notices_end();
  ftps_ticket_keys_refresh(daemon->tickets, ftps_check_report);
  ftps_check_start();
}

/* ProFTPD has gone on after a fault in an included file. */
static void end_refused(void) {
  ftps_log_admin(PR_LOG_ERR,
      "%u directive%s refused above; ProFTPD takes faults in included files "
      "for "
      "warnings and leaves out what follows the Include, so the daemon does "
      "not "
      "start; correct what the lines above name",
      ftps_refused_count(), ftps_refused_count() == 1 ? " was" : "s were");
  pr_session_end(PR_SESS_END_FL_ERROR);
}

/* Without a cache only some clients make full handshakes, so a fault of one
 * does not stop the start: its directory may not be there yet after a boot.
 */
static void load_servers(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  struct ftps_cache_choice caches[FTPS_CACHE_NAMES];
  struct found found = { 0 };
  struct ftps_vhosts_faults faults;
  bool is_common_fault;

  /* Until ftps_check_start(): a module that is linked in keeps its timers. */
  daemon->is_reading = true;
  is_common_fault = add_servers(&found) < 0;
  ftps_settings_read_caches(caches);
  if (ftps_caches_open(daemon, caches, ftps_check_report) > 0) {
    is_common_fault = is_common_fault || found.must_have_cache;
  }
  faults = ftps_vhosts_commit(daemon, ftps_check_report);
  ftps_renewals_note(daemon);
  ftps_names_sync(daemon, true);
  if ((faults.ends_start || is_common_fault) &&
      !ftps_vhosts_is_restart(daemon)) {
    pr_session_end(PR_SESS_END_FL_ERROR);
  }

  if (faults.count > 0) {
    pr_log_pri(PR_LOG_ERR,
        "mod_ftps: servers named above go on with their old settings and "
        "certificates, or without TLS where there are none (431 to AUTH); "
        "corrected files are picked up without another restart");
  }
  ftps_notices_end();
  if (ftps_vhosts_is_restart(daemon)) {
    ftps_ticket_keys_refresh(daemon->tickets, ftps_check_report);
  }
  ftps_check_start();
}

/* Before sessions are forked; inetd forks none. */
static void gather_heap(void) {
  if (ServerType == SERVER_STANDALONE) {
    ftps_heap_fill(ftps_daemon_get0());
    ftps_heap_gather();
  }
}

static void on_log(const void *data, void *arg) {
  const pr_log_event_t *event = data;
  int xerrno = errno;

  (void) arg;
  if (ftps_daemon_get0()->is_hearing && event->log_msg != NULL) {
    ftps_refused_hear(event->log_msg);
  }
  errno = xerrno;
}

/* The listener stays in the daemon: load.c says what ProFTPD does when one is
 * removed.
 */
static void stop_hearing(void) {
  ftps_daemon_get0()->is_hearing = false;
  ftps_refused_begin(false);
}

static void on_postparse(const void *data, void *arg) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) data;
  (void) arg;
  if (daemon->is_restarting) {
    ftps_log_open_system(ftps_settings_system_log());
    ftps_refused_each(ftps_check_report);
  }

  if (ftps_refused_count() == 0) {
    load_servers();
  } else if (daemon->is_restarting) {
    keep_servers();
  } else {
    end_refused();
  }
  daemon->is_read_only = !daemon->is_restarting;
  daemon->is_restarting = false;
  stop_hearing();
  if (daemon->hides_records) {
    ftps_hidden_hide(daemon);
  }
  if (ftps_vhosts_is_restart(daemon)) {
    daemon->is_unfinished = ftps_names_are_stale(daemon);
    ftps_check_responses();
  }
}

/* "ftpdctl insmod" loads the module when a configuration has been read already;
 * LoadModule is in one that is being read.
 */
static void on_load(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, "mod_ftps.c") == 0 && pr_parser_server_ctxt_get() == NULL) {
    stop_hearing();
    load_servers();
    ftps_check_responses();
    ftps_check_listen();
  }
}

/* Locks in memory do not survive the fork of the daemon. */
static void on_startup(const void *data, void *arg) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) data;
  (void) arg;
  daemon->is_read_only = false;
  ftps_held_keys_lock(daemon);
  if (ServerType == SERVER_STANDALONE) {
    ftps_notices_repeat();
    ftps_wake_start(daemon);
    ftps_keepers_watch(daemon);
    ftps_names_watch(daemon);
    ftps_check_listen();
  }
  ftps_caches_start(daemon);
  ftps_ticket_keys_refresh(daemon->tickets, ftps_check_report);
  ftps_check_start();
  ftps_check_responses();
  gather_heap();
}

/* Generated only in the daemon, as root. */
static void on_shutdown(const void *data, void *arg) {
  (void) data;
  (void) arg;
  ftps_mod_tls_store_stop(ftps_daemon_get0());
  ftps_random_seed_save();
}

static void print_line_cb(void *arg, const char *line) {
  (void) arg;
  (void) printf("%s\n", line);
}

/* "proftpd -t" ends before core.startup, and has no client, who might be behind
 * standard output under inetd.
 */
static void on_end(const void *data, void *arg) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) data;
  (void) arg;
  if (daemon->is_read_only && session.c == NULL) {
    ftps_effective_tell(daemon, print_line_cb, NULL);
    (void) fflush(stdout);
  }
}

static void on_restart(const void *data, void *arg) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) data;
  (void) arg;
  daemon->is_restarting = true;
  ftps_heap_free_filling(daemon);
  ftps_refused_begin(true);

  /* After this all modules are unloaded. */
  ftps_mod_tls_store_stop(daemon);
  ftps_mod_tls_forget(NULL);
}

static void forget_all(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  ftps_names_free(daemon);
  ftps_vhosts_free(daemon);
  ftps_caches_close(daemon);
  ftps_heap_free_filling(daemon);
}

/* At a reload the running generation stays, for the case that the new one
 * cannot be built.
 */
static void on_unload(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, "mod_ftps.c") != 0) {
    ftps_mod_tls_forget(data);
    return;
  }

  pr_event_unregister(&ftps_module, NULL, NULL);
  (void) pr_timer_remove(-1, &ftps_module);
  if (!ftps_daemon_get0()->is_restarting) {
    forget_all();
  }
}

/* The last listener.  ProFTPD does not unregister its own listeners with the
 * module.  The configuration of a reload may be without it.  Then private keys
 * must not stay in the daemon, and a later "insmod" must not find its servers,
 * which ProFTPD has freed.
 */
static void on_postparse_end(const void *data, void *arg) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  (void) data;
  (void) arg;
  ftps_hidden_show(daemon);
  if (!pr_module_exists("mod_ftps.c")) {
    daemon->is_restarting = false;
    forget_all();
  } else if (ftps_vhosts_is_restart(daemon)) {
    /* What other modules take at this event must be in holes: in front of the
     * free end of the heap it would move that on at each restart.
     */
    gather_heap();
  }
}

void ftps_events_hear(void) {
  ftps_daemon_get0()->is_hearing = true;
  pr_event_register(&ftps_module, PR_LOG_NAME_SYSLOG, on_log, NULL);
  pr_event_register(&ftps_module, PR_LOG_NAME_SYSTEMLOG, on_log, NULL);
}

/* Generated in the process of the session, before modules are initialised. */
static void on_connect(const void *data, void *arg) {
  (void) data;
  (void) arg;
  ftps_start_order_fix();
}

void ftps_events_listen(bool has_replaced) {
  ftps_daemon_get0()->hides_records = has_replaced;
  pr_event_register(&ftps_module, "core.postparse", on_postparse, NULL);
  pr_event_register(&ftps_module, "core.startup", on_startup, NULL);
  pr_event_register(&ftps_module, "core.exit", on_end, NULL);
  pr_event_register(&ftps_module, "core.connect", on_connect, NULL);
  pr_event_register(&ftps_module, "core.restart", on_restart, NULL);
  pr_event_register(&ftps_module, "core.shutdown", on_shutdown, NULL);
  pr_event_register(&ftps_module, "core.module-load", on_load, NULL);
  pr_event_register(&ftps_module, "core.module-unload", on_unload, NULL);
  pr_event_register(NULL, "core.postparse", on_postparse_end, NULL);
}

static void on_exit_session(const void *data, void *arg) {
  (void) data;
  (void) arg;
  ftps_session_end();
}

static void on_reinit(const void *data, void *arg) {
  (void) data;
  (void) arg;
  if (ftps_session_switch() < 0) {
    pr_session_disconnect(&ftps_module, PR_SESS_DISCONNECT_SESSION_INIT_FAILED,
        "TLS");
  }
}

void ftps_events_client_verified(int error) {
  if (error == X509_V_OK) {
    pr_event_generate(FTPS_EVENT_VERIFIED, NULL);
  } else {
    pr_event_generate(FTPS_EVENT_VERIFY_FAILED, &error);
  }
}

/* While somebody listens, ProFTPD formats every debug message, also those that
 * it does not log: half of all that it computes for a login.  A session has
 * nothing to hear.
 */
static void stop_listening(const char *event) {
  if (pr_event_listening(event) == 1) {
    (void) pr_event_unregister(&ftps_module, event, on_log);
  }
}

void ftps_events_listen_session(void) {
  stop_listening(PR_LOG_NAME_SYSLOG);
  stop_listening(PR_LOG_NAME_SYSTEMLOG);
  pr_event_register(&ftps_module, "core.exit", on_exit_session, NULL);
  pr_event_register(&ftps_module, "core.session-reinit", on_reinit, NULL);
}
