/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * revive.c: see revive.h.
 *
 * Keys whose files have changed get into use as ever.  Those that cannot be
 * read now are tried again, although their files may not change: nobody has
 * them.
 */
#include "named/revive.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/daemon.h"
#include "keys/keypair.h"
#include "keys/signer/revival.h"
#include "named/list.h"
#include "vhost/vhosts.h"

#include "conf.h"
#include "privs.h"

/* The loads of all names, or their number if `loads` is NULL. */
struct gathering {
  struct ftps_keypair_load *loads;
  size_t n;
};

static void gather_pair(struct gathering *all, const struct ftps_named *entry,
    size_t i) {
  const struct ftps_named_dir *dir = entry->dir;
  struct ftps_keeper *lost =
      entry->pairs[i] != NULL ? ftps_keypair_get0_lost(entry->pairs[i]) : NULL;

  for (size_t j = 0; lost != NULL && j < dir->user_count; j++) {
    if (all->loads != NULL) {
      struct ftps_keypair_load *load = &all->loads[all->n];

      load->request = (struct ftps_keychild_request){
        .type = FTPS_KEYTYPE_NAMED,
        .certificate = entry->files[i].certificate,
        .key = entry->files[i].key,
        .server_name = "TLSCertificateDirectory",
      };
      load->isolation = dir->isolation;
      load->place = &dir->users[j].place;
      load->is_free = dir->users[j].is_free;
      load->into = lost;
    }
    all->n++;
  }
}

static void gather_entry(void *arg, struct ftps_named *entry) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    gather_pair(arg, entry, i);
  }
}

/* Their files are not those that they were read from any more. */
static void drop_old(struct ftps_names *names) {
  struct ftps_named_old **link = names != NULL ? &names->old : NULL;

  while (link != NULL && *link != NULL) {
    struct ftps_named_old *old = *link;

    if (ftps_keypair_get0_lost(old->pair) == NULL) {
      link = &old->next;
      continue;
    }

    *link = old->next;
    ftps_keypair_unref(old->pair);
    OPENSSL_free(old);
  }
}

static size_t gather_servers(const struct ftps_daemon *daemon,
    struct ftps_keypair_load *loads) {
  size_t n = 0;

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    n += loads != NULL ? ftps_vhost_list_lost(v, loads + n)
                       : (size_t) 2 * FTPS_KEYTYPE_COUNT;
  }

  return n;
}

/* The loads that were tried. */
struct tried {
  const struct ftps_keypair_load *loads;
  size_t n;
};

static bool has_failed(const struct tried *tried, const char *certificate) {
  for (size_t i = 0; i < tried->n; i++) {
    if (tried->loads[i].error.text[0] != '\0' &&
        tried->loads[i].request.certificate == certificate) {
      return true;
    }
  }

  return false;
}

static void note_failed(void *arg, struct ftps_named *entry) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    entry->is_due |=
        entry->pairs[i] != NULL && has_failed(arg, entry->files[i].certificate);
  }
}

void ftps_named_revive(struct ftps_daemon *daemon, ftps_report report) {
  size_t room = gather_servers(daemon, NULL);
  struct gathering all = { .n = room };
  struct tried tried;

  PRIVS_ROOT
  drop_old(daemon->names);
  ftps_names_walk(daemon, gather_entry, &all);
  all.loads = OPENSSL_zalloc((all.n + 1) * sizeof(*all.loads));
  if (all.loads != NULL) {
    all.n = gather_servers(daemon, all.loads);
    ftps_names_walk(daemon, gather_entry, &all);
    tried.loads = all.loads;
    tried.n = ftps_revival_run(daemon, all.loads, all.n, report);
    ftps_vhosts_try_again(daemon, tried.loads, tried.n);
    ftps_names_walk(daemon, note_failed, &tried);
    OPENSSL_free(all.loads);
  }
  PRIVS_RELINQUISH
  ERR_clear_error();
}
