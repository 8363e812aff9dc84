/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * vhosts.c: see vhosts.h.
 *
 * One static structure holds all that the daemon owns.  The module is linked
 * with nodelete, so it survives the dlclose() of a SIGHUP.
 */
#include "context/vhosts.h"

#include <errno.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/conn_tag.h"
#include "context/conn_index.h"
#include "context/context.h"
#include "context/keypair.h"
#include "context/stamp.h"

#include "privs.h"

struct ftps_vhost {
  struct ftps_vhost *next;
  pool *pool;
  const void *owner;
  const struct ftps_settings *settings;

  struct ftps_keypair *pairs[FTPS_KEYTYPE_COUNT];
  SSL_CTX *ctx;
  bool is_faulty; /* its files did not make a context */

  struct ftps_stamps used;   /* what `ctx` was made of */
  struct ftps_stamps failed; /* what could not be used; n == 0: none */
};

static struct {
  pool *pool;
  unsigned int generation;
  struct ftps_vhost *vhosts;
  struct ftps_vhost *coming; /* being read, not in use yet */
  unsigned char ticket_keys[FTPS_TICKET_KEYS_SIZE];
} ftps_daemon;

static const char *const keytype_names[FTPS_KEYTYPE_COUNT] = { "RSA", "EC" };

int ftps_vhosts_init(void) {
  if (ftps_daemon.pool == NULL) {
    ftps_daemon.pool = make_sub_pool(permanent_pool);
    pr_pool_tag(ftps_daemon.pool, "mod_ftps");
    return RAND_priv_bytes(ftps_daemon.ticket_keys,
               sizeof(ftps_daemon.ticket_keys)) == 1
        ? 0
        : -1;
  }

  return 0;
}

pool *ftps_vhosts_new_pool(void) {
  pool *p = make_sub_pool(ftps_daemon.pool);

  pr_pool_tag(p, "mod_ftps virtual host");
  return p;
}

static void free_context(struct ftps_vhost *vhost) {
  SSL_CTX_free(vhost->ctx);
  vhost->ctx = NULL;
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    ftps_keypair_unref(vhost->pairs[i]);
    vhost->pairs[i] = NULL;
  }
}

static void free_list(struct ftps_vhost *vhost) {
  while (vhost != NULL) {
    struct ftps_vhost *next = vhost->next;

    free_context(vhost);
    destroy_pool(vhost->pool);
    vhost = next;
  }
}

void ftps_vhosts_begin(void) {
  free_list(ftps_daemon.coming);
  ftps_daemon.coming = NULL;
}

int ftps_vhosts_add(pool *p, const void *owner,
    const struct ftps_settings *settings) {
  struct ftps_vhost *vhost = pcalloc(p, sizeof(*vhost));

  vhost->pool = p;
  vhost->owner = owner;
  vhost->settings = settings;
  vhost->next = ftps_daemon.coming;
  ftps_daemon.coming = vhost;
  return 0;
}

static void take_stamps(const struct ftps_settings *settings,
    struct ftps_stamps *stamps) {
  stamps->n = 0;
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    ftps_stamps_add(stamps, settings->keyfiles[i].certificate);
    ftps_stamps_add(stamps, settings->keyfiles[i].key);
  }
  ftps_stamps_add(stamps, settings->chain_file);
  ftps_stamps_add(stamps, settings->ca_file);
  ftps_stamps_add(stamps, settings->ca_path);
}

/* Adds what a virtual host wants loaded; returns how many. */
static size_t list_loads(const struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads) {
  const struct ftps_settings *settings = vhost->settings;
  size_t n = 0;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (settings->keyfiles[i].certificate != NULL) {
      loads[n].type = keytype_names[i];
      loads[n].certificate = settings->keyfiles[i].certificate;
      loads[n].key = settings->keyfiles[i].key;
      loads[n].chain = settings->chain_file;
      n++;
    }
  }

  return n;
}

/* Moves the pairs that were loaded for a virtual host into `pairs`; -1 when
 * one of them failed.  The others are released then.
 */
static int take_pairs(struct ftps_keypair_load *loads, size_t n,
    struct ftps_keypair **pairs, struct ftps_error *err) {
  int res = 0;

  for (size_t i = 0; i < n; i++) {
    pairs[strcmp(loads[i].type, keytype_names[FTPS_KEYTYPE_EC]) == 0
            ? FTPS_KEYTYPE_EC
            : FTPS_KEYTYPE_RSA] = loads[i].pair;
    loads[i].pair = NULL;
    if (loads[i].error.text[0] != '\0') {
      ftps_error_set(err, "%s", loads[i].error.text);
      res = -1;
    }
  }

  return res;
}

/* Builds aside from what is in use, then swaps. */
static int build_vhost(struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads, size_t n, struct ftps_error *err) {
  struct ftps_keypair *pairs[FTPS_KEYTYPE_COUNT] = { NULL };
  struct ftps_context_props props;
  SSL_CTX *ctx = NULL;

  if (take_pairs(loads, n, pairs, err) == 0) {
    props.settings = vhost->settings;
    props.pairs = pairs;
    props.ticket_keys = ftps_daemon.ticket_keys;
    props.owner = vhost;
    ctx = ftps_context_build(&props, err);
  }

  if (ctx == NULL) {
    for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
      ftps_keypair_unref(pairs[i]);
    }
    return -1;
  }

  free_context(vhost);
  vhost->ctx = ctx;
  memcpy(vhost->pairs, pairs, sizeof(pairs));
  return 0;
}

static bool is_same_server(const struct ftps_vhost *a,
    const struct ftps_vhost *b) {
  return a->settings->port == b->settings->port &&
      strcmp(a->settings->server_name, b->settings->server_name) == 0 &&
      strcmp(a->settings->address, b->settings->address) == 0;
}

/* Replaces a virtual host that could not be built by its predecessor. */
static struct ftps_vhost *keep_old(struct ftps_vhost *faulty) {
  struct ftps_vhost **link = &ftps_daemon.vhosts;
  struct ftps_vhost *old;

  while (*link != NULL && !is_same_server(*link, faulty)) {
    link = &(*link)->next;
  }

  old = *link;
  if (old == NULL || old->ctx == NULL) {
    return faulty;
  }

  *link = old->next;
  old->owner = faulty->owner;
  old->next = faulty->next;
  old->failed = faulty->failed;
  faulty->next = NULL;
  free_list(faulty);
  return old;
}

static int build_coming(struct ftps_keypair_load *loads,
    void (*report)(bool, const char *)) {
  struct ftps_error err;
  int faults = 0;

  for (struct ftps_vhost **link = &ftps_daemon.coming; *link != NULL;
       link = &(*link)->next) {
    size_t n = list_loads(*link, loads);

    for (size_t i = 0; i < n; i++) {
      if (loads[i].warning[0] != '\0') {
        report(false, loads[i].warning);
      }
    }

    ftps_error_clear(&err);
    if (n > 0 && build_vhost(*link, loads, n, &err) < 0) {
      report(true, err.text);
      faults++;
      (*link)->is_faulty = true;
      (*link)->failed = (*link)->used;
      *link = keep_old(*link);
    }
    loads += n;
  }

  return faults;
}

/* Room for the loads of all coming virtual hosts, in their order. */
static struct ftps_keypair_load *list_coming(size_t *n_out) {
  struct ftps_keypair_load *loads;
  size_t hosts = 0;

  for (struct ftps_vhost *v = ftps_daemon.coming; v != NULL; v = v->next) {
    take_stamps(v->settings, &v->used);
    hosts++;
  }

  *n_out = 0;
  loads = OPENSSL_zalloc((hosts * FTPS_KEYTYPE_COUNT + 1) * sizeof(*loads));
  for (struct ftps_vhost *v = ftps_daemon.coming; v != NULL && loads != NULL;
       v = v->next) {
    *n_out += list_loads(v, loads + *n_out);
  }

  return loads;
}

int ftps_vhosts_commit(void (*report)(bool is_fault, const char *text)) {
  struct ftps_keypair_load *loads;
  struct ftps_error err;
  size_t n;
  int faults = -1;

  ftps_error_clear(&err);
  PRIVS_ROOT
  loads = list_coming(&n);
  if (loads != NULL && ftps_keypair_load(loads, n, &err) == 0) {
    faults = build_coming(loads, report);
  }
  PRIVS_RELINQUISH
  OPENSSL_free(loads);

  if (faults < 0) {
    ftps_error_set(&err, "memory for certificates ran out");
    report(true, err.text);
    ftps_vhosts_begin();
    return -1;
  }

  free_list(ftps_daemon.vhosts);
  ftps_daemon.vhosts = ftps_daemon.coming;
  ftps_daemon.coming = NULL;
  ftps_daemon.generation++;
  return faults;
}

bool ftps_vhosts_is_restart(void) {
  return ftps_daemon.generation > 1;
}

struct ftps_vhost *ftps_vhosts_find(const void *owner) {
  struct ftps_vhost *vhost = ftps_daemon.vhosts;

  while (vhost != NULL && vhost->owner != owner) {
    vhost = vhost->next;
  }

  return vhost;
}

static int rebuild(struct ftps_vhost *vhost, struct ftps_error *err) {
  struct ftps_keypair_load *loads;
  int res = -1;
  size_t n;

  loads = OPENSSL_zalloc(FTPS_KEYTYPE_COUNT * sizeof(*loads));
  if (loads == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for certificates");
    return -1;
  }

  n = list_loads(vhost, loads);
  if (ftps_keypair_load(loads, n, err) == 0) {
    res = build_vhost(vhost, loads, n, err);
  }

  OPENSSL_free(loads);
  return res;
}

static int refresh(struct ftps_vhost *vhost, struct ftps_error *err) {
  struct ftps_stamps now;

  ftps_stamps_again(&vhost->used, &now);
  if (now.n == 0 ||
      (!vhost->is_faulty && ftps_stamps_are_equal(&now, &vhost->used)) ||
      ftps_stamps_are_equal(&now, &vhost->failed)) {
    return 0;
  }

  if (rebuild(vhost, err) < 0) {
    vhost->failed = now;
    return -1;
  }

  vhost->used = now;
  vhost->failed.n = 0;
  vhost->is_faulty = false;
  return 1;
}

int ftps_vhosts_refresh(struct ftps_vhost *vhost, struct ftps_error *err) {
  int res;

  PRIVS_ROOT
  res = refresh(vhost, err);
  PRIVS_RELINQUISH
  return res;
}

void ftps_vhosts_refresh_all(void (*report)(bool is_fault, const char *text)) {
  struct ftps_error err, line;
  int res;

  PRIVS_ROOT
  for (struct ftps_vhost *v = ftps_daemon.vhosts; v != NULL; v = v->next) {
    ftps_error_clear(&err);
    ftps_error_clear(&line);
    res = refresh(v, &err);
    if (res < 0) {
      ftps_error_set(&line,
          "server \"%s\": changed files cannot be used, the "
          "old certificate stays in use: %s",
          v->settings->server_name, err.text);
      report(true, line.text);

    } else if (res > 0) {
      ftps_error_set(&line,
          "server \"%s\": changed certificate files are in "
          "use now",
          v->settings->server_name);
      report(false, line.text);
    }
  }
  PRIVS_RELINQUISH
}

static void for_each_pair(void (*act)(struct ftps_keypair *pair)) {
  for (struct ftps_vhost *v = ftps_daemon.vhosts; v != NULL; v = v->next) {
    for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
      if (v->pairs[i] != NULL) {
        act(v->pairs[i]);
      }
    }
  }
}

void ftps_vhosts_drop_keys(bool (*is_needed)(void *arg, const void *owner),
    void *arg) {
  for_each_pair(ftps_keypair_unmark);
  for (struct ftps_vhost *v = ftps_daemon.vhosts; v != NULL; v = v->next) {
    if (!is_needed(arg, v->owner)) {
      continue;
    }

    for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
      if (v->pairs[i] != NULL) {
        ftps_keypair_mark(v->pairs[i]);
      }
    }
  }

  for_each_pair(ftps_keypair_drop_unmarked);
}

void ftps_vhosts_lock_keys(void) {
  for_each_pair(ftps_keypair_lock);
}

void ftps_vhost_take_keys_back(const struct ftps_vhost *vhost, SSL *ssl) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (vhost->pairs[i] != NULL) {
      ftps_keypair_take_back(vhost->pairs[i], ssl);
    }
  }
}

SSL_CTX *ftps_vhost_get0_context(const struct ftps_vhost *vhost) {
  return vhost->ctx;
}

const struct ftps_settings *ftps_vhost_settings(
    const struct ftps_vhost *vhost) {
  return vhost->settings;
}

const void *ftps_vhost_owner(const struct ftps_vhost *vhost) {
  return vhost->owner;
}

/* A data connection that must resume gets no certificate at all, so that a
 * full handshake ends with handshake_failure before a key would be needed.
 */
int ftps_vhost_certificate_needed(SSL *ssl, void *arg) {
  const struct ftps_vhost *vhost = arg;
  struct ftps_conn_tag *tag = ftps_conn_index_get(ssl);

  if (tag != NULL && tag->must_resume) {
    tag->refused_full = true;
    SSL_certs_clear(ssl);
    return 1;
  }

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (vhost->pairs[i] != NULL &&
        ftps_keypair_lend(vhost->pairs[i], ssl) < 0) {
      return 0;
    }
  }

  return 1;
}

void ftps_vhosts_free(void) {
  ftps_vhosts_begin();
  free_list(ftps_daemon.vhosts);
  ftps_daemon.vhosts = NULL;
}
