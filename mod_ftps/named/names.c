/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * names.c: see names.h.
 */
#include "named/names.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/retry.h"
#include "keys/keypair.h"
#include "keys/reachable.h"
#include "keys/signer/loads.h"
#include "named/forget.h"
#include "named/list.h"
#include "named/load.h"
#include "vhost/cert_advice.h"
#include "vhost/vhosts.h"

#include "conf.h"
#include "privs.h"

/* The daemon accepts nobody meanwhile. */
#define REFRESH_MS 250U

/* A session that sends without end keeps nobody waiting. */
#define HEARD_MAX 64U

/* So many more than there are places for are forgotten at once. */
#define ADDED_MAX 64U

/* Returns true if it is new. */
static bool add_user(struct ftps_named_dir *dir,
    const struct ftps_settings *settings) {
  bool is_free = ftps_loads_are_free(settings);
  struct ftps_named_user *users;

  for (size_t i = 0; i < dir->user_count; i++) {
    if (ftps_reachable_is_same(&dir->users[i].place, &settings->place)) {
      bool is_more = is_free && !dir->users[i].is_free;

      dir->users[i].is_free = dir->users[i].is_free || is_free;
      return is_more;
    }
  }

  users = OPENSSL_realloc(dir->users, (dir->user_count + 1) * sizeof(*users));
  if (users == NULL) {
    return false;
  }

  dir->users = users;
  users[dir->user_count].place = settings->place;
  users[dir->user_count++].is_free = is_free;
  return true;
}

static void make_stale(void *arg, struct ftps_named *entry) {
  entry->is_stale = entry->is_stale || arg == NULL || arg == entry->dir;
}

static void drop_unused_dirs(struct ftps_daemon *daemon) {
  struct ftps_named_dir **link = &daemon->names->dirs;

  while (*link != NULL) {
    struct ftps_named_dir *dir = *link;

    if (dir->is_used) {
      link = &dir->next;
    } else {
      *link = dir->next;
      ftps_named_free_dir(daemon, dir);
    }
  }
}

/* The process that signs has to know each place, so a new one makes the keys
 * stale.
 */
static void sync_one(struct ftps_daemon *daemon,
    const struct ftps_settings *settings) {
  enum ftps_isolation isolation = ftps_loads_isolation(settings);
  struct ftps_named_dir *dir =
      ftps_names_find_dir(daemon, settings->certificate_dir, isolation);

  if (dir == NULL) {
    dir = ftps_names_add_dir(daemon, settings->certificate_dir, isolation);
  }
  if (dir != NULL) {
    dir->is_used = true;
    if (add_user(dir, settings)) {
      ftps_names_walk(daemon, make_stale, dir);
    }
  }
}

static struct ftps_named_dir *first_dir(const struct ftps_daemon *daemon) {
  return daemon->names != NULL ? daemon->names->dirs : NULL;
}

/* After SIGHUP their processes go on as long as sessions need them. */
static void drop_old(struct ftps_names *names) {
  while (names->old != NULL) {
    struct ftps_named_old *old = names->old;

    names->old = old->next;
    ftps_keypair_unref(old->pair);
    OPENSSL_free(old);
  }
}

void ftps_names_sync(struct ftps_daemon *daemon, bool is_restarted) {
  const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon);

  for (struct ftps_named_dir *d = first_dir(daemon); d != NULL; d = d->next) {
    d->is_used = false;
    if (is_restarted) {
      d->user_count = 0;
    }
  }
  if (is_restarted && daemon->names != NULL) {
    ftps_names_walk(daemon, make_stale, NULL);
    drop_old(daemon->names);
  }

  for (; v != NULL; v = v->next) {
    const struct ftps_settings *settings = ftps_vhost_settings(v);

    if (settings->certificate_dir != NULL && settings->is_standalone) {
      sync_one(daemon, settings);
    }
  }

  if (daemon->names != NULL) {
    drop_unused_dirs(daemon);
    if (daemon->names->dirs != NULL) {
      (void) ftps_requests_open(&daemon->names->requests);
    }
  }
}

static void note_stale(void *arg, struct ftps_named *entry) {
  bool *is_stale = arg;

  *is_stale = *is_stale || entry->is_stale;
}

bool ftps_names_are_stale(const struct ftps_daemon *daemon) {
  bool is_stale = false;

  ftps_names_walk(daemon, note_stale, &is_stale);
  return is_stale;
}

static bool is_told(struct ftps_named *entry, const char *text) {
  bool is_known = entry->told != NULL && strcmp(entry->told, text) == 0;

  if (!is_known) {
    OPENSSL_free(entry->told);
    entry->told = OPENSSL_strdup(text);
  }
  return is_known;
}

static void report_fault(struct ftps_named *entry, const char *text,
    ftps_report report) {
  if (is_told(entry, text)) {
    return;
  }

  ftps_error_report(report, FTPS_SEVERITY_FAULT, "%.900s; %s", text,
      ftps_named_has_pair(entry)
          ? "the old certificate stays in use"
          : "clients of that name get the server's own certificate");
}

/* Returns NULL for a wildcard, which is found by other names. */
static const char *host_of(const struct ftps_named *entry) {
  return strncmp(entry->name, "*.", 2) == 0 ? NULL : entry->name;
}

/* certbot keeps the wildcard of a domain in the folder of that. */
static bool is_made_out_to(X509 *cert, const char *host) {
  char below[FTPS_FOLDER_NAME_MAX + 1];

  (void) pr_snprintf(below, sizeof(below), "x.%s", host);
  return X509_check_host(cert, host, 0, 0, NULL) == 1 ||
      X509_check_host(cert, below, 0, 0, NULL) == 1;
}

/* A folder that has another name than its certificate is never used. */
static void check_name(struct ftps_named *entry, ftps_report report) {
  const char *host = host_of(entry);
  struct ftps_error line;
  X509 *cert = NULL;

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    if (entry->pairs[i] != NULL) {
      cert = ftps_keypair_get0_certificate(entry->pairs[i]);
    }
  }

  if (cert == NULL || host == NULL || is_made_out_to(cert, host)) {
    return;
  }

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "TLSCertificateDirectory %.300s: the certificate in the folder \"%s\" is "
      "not made out to that name, so clients of it get another one; have it "
      "issued for the name, or rename the folder",
      entry->dir->path, entry->name);
  if (!is_told(entry, line.text)) {
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

static void report_renewal(const struct ftps_named *entry, ftps_report report) {
  ftps_error_report(report, FTPS_SEVERITY_NOTICE,
      "TLSCertificateDirectory %.300s: the changed certificate of \"%s\" is in "
      "use now",
      entry->dir->path, entry->name);
}

/* One that is renewed has been told before. */
static void check_dates(const struct ftps_named *entry, ftps_report report) {
  struct ftps_advice about = { .directive = "TLSCertificateDirectory",
    .now = time(NULL),
    .report = report };

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    if (entry->pairs[i] != NULL) {
      about.path = entry->files[i].certificate;
      ftps_cert_advice_dates(&about,
          ftps_keypair_get0_certificate(entry->pairs[i]), NULL);
    }
  }
}

/* What failed for want of resources is tried again when it is used. */
static void finish_load(struct ftps_daemon *daemon,
    struct ftps_named_load *load, ftps_report report) {
  struct ftps_named *entry = load->entry;
  bool was_there = ftps_named_has_pair(entry);
  bool was_same = load->look.is_same;

  ftps_named_take(load, daemon->names);
  daemon->names->generation++;
  entry->is_stale = false;
  entry->is_due = load->error.is_passing;
  if (load->error.text[0] != '\0') {
    report_fault(entry, load->error.text, report);
    return;
  }

  if (was_there && !was_same) {
    report_renewal(entry, report);
  }
  if (!was_there) {
    check_dates(entry, report);
  }
  OPENSSL_free(entry->told);
  entry->told = NULL;
  check_name(entry, report);
}

static struct ftps_names *names_of(const struct ftps_daemon *daemon) {
  return daemon->names;
}

/* Returns NULL if there is nothing to do: no file, or the same as before. */
static struct ftps_named *find_work(struct ftps_daemon *daemon,
    const struct ftps_request *request, struct ftps_named_look *look) {
  struct ftps_named_dir *dir = ftps_names_find_serial(daemon, request->dir);
  struct ftps_named *entry;
  bool may_retry;

  if (dir == NULL) {
    return NULL;
  }

  entry = ftps_names_find_entry(dir, request->name);
  if (entry == NULL) {
    entry = ftps_named_new(dir, request->name);
    if (entry == NULL) {
      return NULL;
    }
    ftps_named_look(entry, look);
    if (!look->is_there) {
      ftps_named_free(entry);
      return NULL;
    }
    ftps_named_add(entry);
    ftps_uses_give(names_of(daemon)->uses, ftps_names_now(), &entry->place);
    names_of(daemon)->added++;
    return entry;
  }

  ftps_named_look(entry, look);
  may_retry = ftps_retry_is_due(&names_of(daemon)->retry);
  return look->is_there &&
          ((entry->is_due && may_retry) || entry->is_stale || !look->is_same)
      ? entry
      : NULL;
}

static bool is_listed(const struct ftps_named_load *loads, size_t n,
    const struct ftps_named *entry) {
  for (size_t i = 0; i < n; i++) {
    if (loads[i].entry == entry) {
      return true;
    }
  }

  return false;
}

static void load_batch(struct ftps_daemon *daemon,
    struct ftps_named_load *loads, size_t n, ftps_report report) {
  uint64_t start = ftps_clock_ms();

  if (n == 0) {
    return;
  }

  daemon->make_room(daemon);
  ftps_named_read(daemon, NULL, loads, n);
  ftps_retry_note(&names_of(daemon)->retry, start);
  for (size_t i = 0; i < n; i++) {
    finish_load(daemon, &loads[i], report);
  }
  ERR_clear_error();
}

/* Returns 0 if there is no request. */
static int hear_one(struct ftps_daemon *daemon, struct ftps_named_load *loads,
    size_t *n) {
  struct ftps_request request;
  struct ftps_named_look look = { 0 };
  struct ftps_named *entry = NULL;
  int res = ftps_requests_receive(&names_of(daemon)->requests, &request);

  if (res > 0) {
    entry = find_work(daemon, &request, &look);
  }
  if (entry != NULL && !is_listed(loads, *n, entry)) {
    loads[*n].entry = entry;
    loads[(*n)++].look = look;
  }

  return res;
}

bool ftps_names_hear(struct ftps_daemon *daemon, ftps_report report) {
  struct ftps_named_load loads[FTPS_NAMED_BATCH];
  int res = 1;
  size_t n = 0;

  if (first_dir(daemon) == NULL) {
    return false;
  }

  memset(loads, 0, sizeof(loads));
  PRIVS_ROOT
  for (unsigned int i = 0; i < HEARD_MAX && n < FTPS_NAMED_BATCH && res != 0;
       i++) {
    res = hear_one(daemon, loads, &n);
  }
  load_batch(daemon, loads, n, report);
  if (names_of(daemon)->added >= ADDED_MAX) {
    ftps_names_forget_idle(daemon);
  }
  PRIVS_RELINQUISH
  return res != 0;
}

/* Adds those whose files have changed.  Returns false if there is no room for
 * all.
 */
static bool look_in_bucket(struct ftps_daemon *daemon, struct ftps_named **link,
    struct ftps_named_load *loads, size_t *n) {
  while (*link != NULL && *n < FTPS_NAMED_BATCH) {
    struct ftps_named *entry = *link;
    struct ftps_named_look *look = &loads[*n].look;

    ftps_named_look(entry, look);
    if (!look->is_there) {
      *link = entry->next;
      ftps_named_forget(daemon, entry);
      continue;
    }

    if (!look->is_same || entry->is_stale) {
      loads[(*n)++].entry = entry;
    }
    link = &entry->next;
  }

  return *link == NULL;
}

/* Returns false if there may be more. */
static bool look_in_dir(struct ftps_daemon *daemon, struct ftps_named_dir *dir,
    ftps_report report) {
  struct ftps_named_load loads[FTPS_NAMED_BATCH];
  bool is_whole = true;
  size_t n = 0;

  memset(loads, 0, sizeof(loads));
  for (size_t i = 0; i < FTPS_NAMED_BUCKETS && is_whole; i++) {
    is_whole = look_in_bucket(daemon, &dir->buckets[i], loads, &n);
  }

  load_batch(daemon, loads, n, report);
  return is_whole;
}

bool ftps_names_refresh(struct ftps_daemon *daemon, ftps_report report) {
  uint64_t until = ftps_clock_ms() + REFRESH_MS;
  bool is_left = false;

  if (first_dir(daemon) == NULL) {
    return false;
  }

  PRIVS_ROOT
  for (struct ftps_named_dir *d = first_dir(daemon); d != NULL; d = d->next) {
    bool is_whole;

    do {
      is_whole = look_in_dir(daemon, d, report);
    } while (!is_whole && ftps_clock_ms() < until);
    is_left = is_left || !is_whole;
  }
  ftps_names_forget_idle(daemon);
  PRIVS_RELINQUISH
  return is_left;
}

void ftps_names_hurry(struct ftps_daemon *daemon) {
  if (daemon->names != NULL) {
    daemon->names->retry.at = 0;
  }
}

void ftps_names_watch(struct ftps_daemon *daemon) {
  if (daemon->names != NULL) {
    ftps_requests_watch(&daemon->names->requests);
  }
}

void ftps_names_be_silent(struct ftps_daemon *daemon) {
  if (daemon->names != NULL) {
    ftps_requests_close(&daemon->names->requests);
  }
}

void ftps_names_leave(struct ftps_daemon *daemon) {
  if (daemon->names != NULL) {
    ftps_requests_leave(&daemon->names->requests);
  }
}

struct each {
  void (*act)(void *arg, const struct ftps_names_item *item);
  void *arg;
};

static void tell_each(void *arg, struct ftps_named *entry) {
  const struct each *each = arg;

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    if (entry->pairs[i] != NULL) {
      const struct ftps_names_item item = { .dir = entry->dir->path,
        .path = entry->files[i].certificate,
        .certificate = ftps_keypair_get0_certificate(entry->pairs[i]) };

      each->act(each->arg, &item);
    }
  }
}

void ftps_names_each(const struct ftps_daemon *daemon,
    void (*act)(void *arg, const struct ftps_names_item *item), void *arg) {
  struct each each = { act, arg };

  ftps_names_walk(daemon, tell_each, &each);
}

uint64_t ftps_names_generation(const struct ftps_daemon *daemon) {
  return daemon->names != NULL ? daemon->names->generation : 0;
}

struct each_fault {
  void (*act)(void *arg, const char *text);
  void *arg;
};

static void tell_fault(void *arg, struct ftps_named *entry) {
  const struct each_fault *each = arg;

  if (entry->told != NULL) {
    each->act(each->arg, entry->told);
  }
}

void ftps_names_each_fault(const struct ftps_daemon *daemon,
    void (*act)(void *arg, const char *text), void *arg) {
  struct each_fault each = { act, arg };

  ftps_names_walk(daemon, tell_fault, &each);
}

void ftps_names_free(struct ftps_daemon *daemon) {
  struct ftps_names *names = names_of(daemon);

  if (names == NULL) {
    return;
  }

  while (names->dirs != NULL) {
    struct ftps_named_dir *dir = names->dirs;

    names->dirs = dir->next;
    ftps_named_free_dir(daemon, dir);
  }
  drop_old(names);
  ftps_requests_close(&names->requests);
  ftps_uses_free(names->uses);
  OPENSSL_free(names);
  daemon->names = NULL;
}
