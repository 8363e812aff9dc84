/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_ftps_shmcache.c: "TLSSessionCache shm:/file=PATH[&size=BYTES]", a cache
 * in memory that the processes of one host share.
 *
 * Top layer of the module: its record and its events.  ProFTPD finds it as
 * mod_tls_shmcache.c as well.
 */
#include "conf.h"

#include "alias.h"
#include "load.h"
#include "provider.h"
#include "segments.h"
#include "version.h"

extern module ftps_shmcache_module;

/* Weak: if mod_ftps is not loaded before, this is NULL, and an error is logged.
 */
#pragma weak ftps_cache_register
#pragma weak ftps_cache_unregister

static void on_startup(const void *data, void *arg) {
  (void) data;
  (void) arg;
  ftps_shm_shared_start();
}

/* This also happens if the module is loaded into a running daemon (ftpdctl
 * insmod).
 */
static void on_restart(const void *data, void *arg) {
  (void) data;
  (void) arg;
  ftps_shm_shared_restart();
}

static void on_unload(const void *data, void *arg) {
  (void) arg;
  if (strcmp(data, "mod_ftps_shmcache.c") == 0) {
    (void) ftps_cache_unregister("shm");
    pr_event_unregister(&ftps_shmcache_module, NULL, NULL);
  }
}

static int init_module(void) {
  static const struct ftps_alias alias = { .self = &ftps_shmcache_module,
    .name = "tls_shmcache",
    .file = "mod_tls_shmcache.c",
    .our_name = "mod_ftps_shmcache" };
  if (ftps_cache_register == NULL) {
    pr_log_pri(PR_LOG_ERR,
        "mod_ftps_shmcache: LoadModule mod_ftps_shmcache.c: mod_ftps is not "
        "loaded yet; put the line \"LoadModule mod_ftps.c\" before this one");
    return ftps_load_refuse();
  }
  if (ftps_load_check_host(alias.our_name) < 0 || ftps_alias_load(&alias) < 0) {
    return ftps_load_refuse();
  }
  if (ftps_cache_register(&ftps_shm_cache_ops) < 0) {
    pr_log_pri(PR_LOG_ERR, "mod_ftps_shmcache: cannot register: %s",
        strerror(errno));
    return ftps_load_refuse();
  }

  pr_event_register(&ftps_shmcache_module, "core.startup", on_startup, NULL);
  pr_event_register(&ftps_shmcache_module, "core.restart", on_restart, NULL);
  pr_event_register(&ftps_shmcache_module, "core.module-unload", on_unload,
      NULL);
  return 0;
}

__attribute__((visibility("default")))
module ftps_shmcache_module = { NULL, NULL, 0x20, "ftps_shmcache", NULL, NULL,
  NULL, init_module, NULL, FTPS_VERSION, NULL, 0 };
