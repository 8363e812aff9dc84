/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * find.c: see find.h.
 */
#include "named/find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/fds.h"
#include "keys/reachable.h"
#include "log/log.h"
#include "named/list.h"
#include "named/load.h"

#include "conf.h"
#include "privs.h"

#define ASK_TRIES    50
#define ASK_PAUSE_MS 10

struct search {
  struct ftps_daemon *daemon;
  const struct ftps_settings *settings;
  struct ftps_named_dir *dir;
  const char *host;
  bool is_own; /* the daemon does not know the directory for this server */
};

static bool has_user(const struct ftps_named_dir *dir,
    const struct ftps_place *place) {
  for (size_t i = 0; i < dir->user_count; i++) {
    if (ftps_reachable_is_same(&dir->users[i].place, place)) {
      return true;
    }
  }

  return false;
}

/* A server that was made in this session, or in a process of inetd, has a
 * directory of its own, and reads its keys.
 */
static bool make_own_dir(struct search *search) {
  const char *path = search->settings->certificate_dir;
  struct ftps_named_dir *dir =
      ftps_names_find_dir(search->daemon, path, FTPS_ISOLATION_OFF);

  search->is_own = true;
  search->dir = dir != NULL && dir->user_count == 0
      ? dir
      : ftps_names_add_dir(search->daemon, path, FTPS_ISOLATION_OFF);
  return search->dir != NULL;
}

/* The daemon has chosen one of the two (ftps_loads_isolation()), which takes
 * too long for each connection.
 */
static bool find_dir(struct search *search) {
  const struct ftps_settings *settings = search->settings;
  const enum ftps_isolation choice[] = { settings->isolation,
    FTPS_ISOLATION_OFF };

  for (size_t i = 0; i < 2; i++) {
    struct ftps_named_dir *dir = ftps_names_find_dir(search->daemon,
        settings->certificate_dir, choice[i]);

    if (dir != NULL && has_user(dir, &settings->place)) {
      search->dir = dir;
      return true;
    }
  }

  return settings->isolation != FTPS_ISOLATION_REQUIRED && make_own_dir(search);
}

/* The folder may be somebody else's; at a FIFO in it this session would wait
 * until its next alarm.
 */
static BIO *open_certificate(const char *path) {
  int fd = ftps_fds_open_file(path);
  FILE *stream = NULL;
  BIO *file = NULL;
  struct stat st;

  if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
    stream = fdopen(fd, "r");
  }
  if (stream != NULL) {
    file = BIO_new_fp(stream, BIO_CLOSE);
  }

  if (stream == NULL && fd >= 0) {
    (void) close(fd);
  } else if (stream != NULL && file == NULL) {
    (void) fclose(stream);
  }
  return file;
}

/* Only the certificate: the file of the key stays closed for names that this
 * folder has nothing for. -1: it cannot be read.
 */
static int is_leaf_for(const char *path, const char *host) {
  BIO *file = open_certificate(path);
  X509 *leaf = file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
  int res = -1;

  if (leaf != NULL) {
    res = X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
              NULL) == 1;
  }

  X509_free(leaf);
  BIO_free(file);
  ERR_clear_error();
  return res;
}

/* Returns -1 if a file cannot be read and none of the others is for the host.
 */
static int has_leaf(const struct ftps_named *entry,
    const struct ftps_named_look *look, const char *host) {
  int res = 0;

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    struct ftps_error unused;
    int one = 0;

    ftps_error_clear(&unused);
    if (look->stamps[i][0].ino != 0) {
      one = ftps_folder_check(entry->dir->path, entry->files[i].certificate,
                &unused) == 0
          ? is_leaf_for(entry->files[i].certificate, host)
          : -1;
    }
    if (one > 0) {
      return 1;
    }
    res = one < 0 ? -1 : res;
  }

  return res;
}

/* The kernel holds some hundred requests, and the daemon takes them in a
 * moment.
 */
static bool ask_daemon(const struct search *search, const char *name) {
  const struct ftps_names *names = search->daemon->names;
  bool is_sent = false;

  for (int tries = 0; tries < ASK_TRIES && !is_sent && !search->is_own;
       tries++) {
    if (tries > 0) {
      ftps_clock_pause(ASK_PAUSE_MS);
    }
    is_sent = ftps_requests_send(&names->requests, search->dir->serial, name);
  }

  return is_sent;
}

/* The daemon reads the same files, and logs what is wrong with them once. */
static void tell_fault(const struct ftps_error *err, bool is_daemon_told) {
  if (is_daemon_told) {
    ftps_log("%s; the certificate before it stays in use, or the server's own",
        err->text);
  } else {
    ftps_log_admin(PR_LOG_ERR,
        "%s; the certificate before it stays in use, or the server's own",
        err->text);
  }
}

/* Pairs that cannot be read are those of the entry before, if there is one. */
static void keep_pairs(struct ftps_named_load *load,
    const struct ftps_named *before) {
  for (size_t i = 0; before != NULL && i < FTPS_FOLDER_LAYOUTS; i++) {
    if (load->pairs[i] == NULL && before->pairs[i] != NULL &&
        load->look.stamps[i][0].ino != 0) {
      load->pairs[i] = ftps_keypair_ref(before->pairs[i]);
    }
  }
}

/* Another process has the key as soon as the daemon has read it. */
static const struct ftps_named *read_folder(const struct search *search,
    struct ftps_named_load *load, const struct ftps_named *before) {
  const char *name = load->entry->name;
  bool is_isolated = search->dir->isolation != FTPS_ISOLATION_OFF;
  bool is_told = is_isolated && ask_daemon(search, name);

  if (is_isolated && !is_told) {
    ftps_log("TLSCertificateDirectory: the daemon does not take the name '%s' "
             "now",
        name);
    ftps_named_free(load->entry);
    return before;
  }

  ftps_named_read(search->daemon, search->settings, load, 1);
  if (load->error.text[0] != '\0') {
    tell_fault(&load->error, is_told || ask_daemon(search, name));
  }
  keep_pairs(load, before);
  ftps_named_take(load, NULL);
  ftps_named_add(load->entry);
  return load->entry;
}

/* What the session has inherited is right if the files are still the same. */
static const struct ftps_named *look_in(const struct search *search,
    const char *name, const struct ftps_named *known, bool *is_there_out) {
  struct ftps_named_load load = { .entry = ftps_named_new(search->dir, name) };
  int leaf;

  if (load.entry == NULL) {
    return known;
  }

  ftps_named_look(known != NULL ? known : load.entry, &load.look);
  *is_there_out = load.look.is_there;
  if (!load.look.is_there ||
      (known != NULL && load.look.is_same && !known->is_for_sessions)) {
    ftps_named_free(load.entry);
    return load.look.is_there ? known : NULL;
  }

  leaf = has_leaf(load.entry, &load.look, search->host);
  if (leaf > 0) {
    return read_folder(search, &load, known);
  }

  if (leaf < 0 || known != NULL || strcmp(name, search->host) == 0) {
    (void) ask_daemon(search, name);
  }
  ftps_named_free(load.entry);
  return known;
}

static bool is_usable(const struct search *search,
    const struct ftps_named *entry, struct ftps_shown *cert_out) {
  if (entry == NULL ||
      !ftps_shown_choose(search->daemon, entry, search->host, cert_out)) {
    return false;
  }

  if (entry->is_due || entry->is_stale) {
    (void) ask_daemon(search, entry->name);
  }
  return true;
}

static enum ftps_found find(const struct search *search, bool may_read,
    struct ftps_shown *cert_out) {
  ftps_folder_name names[FTPS_FOLDER_CHOICES];
  size_t n = ftps_folder_list(search->host, names);
  enum ftps_found res = FTPS_FOUND_NOTHING;

  for (size_t i = 0; i < n; i++) {
    const struct ftps_named *entry =
        ftps_names_find_entry(search->dir, names[i]);
    bool is_there = entry != NULL;

    if (may_read) {
      entry = look_in(search, names[i], entry, &is_there);
    }
    if (is_usable(search, entry, cert_out)) {
      return FTPS_FOUND_CERTIFICATE;
    }
    if (i == 0 && is_there) {
      res = FTPS_FOUND_FOLDER;
    }
  }

  return res;
}

enum ftps_found ftps_names_find(struct ftps_daemon *daemon,
    const struct ftps_settings *settings, const char *host, bool may_read,
    struct ftps_shown *cert_out) {
  struct search search = { .daemon = daemon,
    .settings = settings,
    .host = host };
  enum ftps_found found;

  memset(cert_out, 0, sizeof(*cert_out));
  if (settings->certificate_dir == NULL || !find_dir(&search)) {
    return FTPS_FOUND_NOTHING;
  }

  if (may_read) {
    PRIVS_ROOT
  }
  found = find(&search, may_read, cert_out);
  if (may_read) {
    PRIVS_RELINQUISH
  }

  if (found != FTPS_FOUND_CERTIFICATE) {
    ftps_log_trace(7,
        "TLSCertificateDirectory %s: has no certificate for '%s', which gets "
        "that of the server",
        settings->certificate_dir, host);
  }
  return found;
}
