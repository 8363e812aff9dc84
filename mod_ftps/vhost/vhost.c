/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * vhost.c: see vhost.h.
 */
#include "vhost/vhost.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/daemon.h"
#include "base/stamp.h"
#include "base/words.h"
#include "cache/sealkey.h"
#include "keys/keypair.h"
#include "keys/pairs.h"
#include "keys/signer/choice.h"
#include "keys/signer/loads.h"
#include "trust/shared.h"
#include "vhost/advice.h"
#include "vhost/client_context.h"
#include "vhost/context.h"
#include "vhost/psk.h"
#include "vhost/settings_advice.h"
#include "vhost/settings_check.h"

struct ftps_edition {
  struct ftps_daemon *daemon;
  pool *pool; /* the memory of the settings */
  const struct ftps_settings *settings;
  unsigned int namesakes; /* earlier servers with the same name and port */
  bool is_late;           /* made in a session: the daemon does not have it */
  struct ftps_keypair *pairs[FTPS_KEYTYPE_COUNT];
  SSL_CTX *ctx;
  SSL_CTX *client_ctx; /* SSCN: this server as the client */

  /* The stamps of the files when they were last tried, with or without success;
   * and whether to try again although they are the same.
   */
  struct ftps_stamps tried;
  bool is_due;
  bool must_build, is_same; /* and whether the files have the same stamps as
                             * before */

  /* Loaded together with those of other servers; NULL: not. */
  struct ftps_keypair_load *prepared;
  size_t prepared_count;
  char told[FTPS_ERROR_TEXT_SIZE]; /* the last fault that was logged */
};

static void take_stamps(const struct ftps_settings *settings,
    struct ftps_stamps *stamps) {
  stamps->n = 0;
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    ftps_stamps_add(stamps, settings->keyfiles[i].certificate);
    ftps_stamps_add(stamps, settings->keyfiles[i].key);
  }
  ftps_stamps_add_all(stamps, settings->dh_files.texts,
      settings->dh_files.count, false);
  for (size_t i = 0; i < settings->psk_count && i < FTPS_PSK_MAX; i++) {
    ftps_stamps_add(stamps, settings->psk_files[i].path);
  }
  ftps_stamps_add(stamps, settings->server_info_file);
  ftps_stamps_add(stamps, settings->chain_file);
  ftps_trust_look(settings, stamps);
  ftps_stamps_add(stamps, settings->user_map_file);
  ftps_stamps_add(stamps, settings->cache_secret_file);
}

static void free_contexts(struct ftps_edition *edition) {
  SSL_CTX_free(edition->ctx);
  SSL_CTX_free(edition->client_ctx);
  edition->ctx = edition->client_ctx = NULL;
  ftps_pairs_unref(edition->pairs);
}

static void unprepare(struct ftps_edition *edition) {
  for (size_t i = 0; i < edition->prepared_count; i++) {
    ftps_keypair_unref(edition->prepared[i].pair);
    edition->prepared[i].pair = NULL;
  }

  /* A write would give the daemon its own copy of a page, for all sessions. */
  if (edition->prepared != NULL) {
    edition->prepared = NULL;
    edition->prepared_count = 0;
  }
}

static void free_edition(struct ftps_edition *edition) {
  if (edition != NULL) {
    unprepare(edition);
    free_contexts(edition);
    destroy_pool(edition->pool);
    OPENSSL_free(edition);
  }
}

/* Not allocated from a pool: ProFTPD gives a large free block to any small
 * request, so each reload would need a new one, and the daemon would grow.
 */
struct ftps_vhost *ftps_vhost_new(struct ftps_daemon *daemon, pool *p,
    const void *owner, const struct ftps_settings *settings,
    unsigned int namesakes) {
  struct ftps_vhost *vhost = OPENSSL_zalloc(sizeof(*vhost));
  struct ftps_edition *edition = OPENSSL_zalloc(sizeof(*edition));

  if (vhost == NULL || edition == NULL) {
    OPENSSL_free(vhost);
    OPENSSL_free(edition);
    return NULL;
  }

  edition->daemon = daemon;
  edition->pool = p;
  edition->settings = settings;
  edition->namesakes = namesakes;
  vhost->owner = owner;
  vhost->place = settings->place;
  vhost->records = settings->records;
  vhost->used = edition;
  return vhost;
}

void ftps_vhost_free(struct ftps_vhost *vhost) {
  if (vhost != NULL) {
    free_edition(vhost->used);
    free_edition(vhost->wanted);
    OPENSSL_free(vhost);
  }
}

/* `used` stays in use if the loads fail; NULL: nothing does. */
static size_t list_loads(const struct ftps_edition *edition,
    struct ftps_keypair *const *used, struct ftps_keypair_load *loads) {
  return ftps_loads_list(edition->daemon, edition->settings, edition->is_late,
      used, loads);
}

size_t ftps_vhost_list_loads(struct ftps_vhost *vhost,
    const struct ftps_vhost *old, struct ftps_keypair_load *loads) {
  take_stamps(vhost->used->settings, &vhost->used->tried);
  return list_loads(vhost->used, old != NULL ? old->used->pairs : NULL, loads);
}

/* Builds new contexts while the old ones are in use, then swaps them.  Without
 * certificate and pre-shared key there is nothing to build.
 */
static int build(struct ftps_edition *edition, struct ftps_keypair_load *loads,
    size_t n, struct ftps_error *err) {
  struct ftps_edition fresh = { .settings = edition->settings };
  struct ftps_context_props props = { .daemon = edition->daemon,
    .settings = edition->settings,
    .pairs = fresh.pairs,
    .namesakes = edition->namesakes,
    .kept = edition->pairs };

  if ((edition->daemon->is_session ||
          ftps_isolation_check(edition->settings, err) == 0) &&
      ftps_settings_check(edition->settings, err) == 0 && n == 0 &&
      edition->settings->psk_count == 0) {
    return 0;
  }

  for (size_t i = 0; i < n; i++) {
    edition->is_due = edition->is_due || loads[i].is_lost || loads[i].is_unkept;
  }
  if (ftps_pairs_take(loads, n, edition->pairs, fresh.pairs, err) == 0 &&
      err->text[0] == '\0') {
    fresh.ctx = ftps_context_build(&props, err);
  }
  if (fresh.ctx != NULL) {
    fresh.client_ctx =
        ftps_client_context_get1(edition->settings, fresh.ctx, err);
  }

  if (fresh.client_ctx == NULL) {
    free_contexts(&fresh);
    return -1;
  }

  free_contexts(edition);
  edition->ctx = fresh.ctx;
  edition->client_ctx = fresh.client_ctx;
  memcpy(edition->pairs, fresh.pairs, sizeof(fresh.pairs));
  return 0;
}

/* The stamps of the files do not show a fault that is in a program, or in a
 * lack of processes, memory or descriptors.  So the build is tried again; the
 * same text is logged once.
 */
static int note_fault(struct ftps_edition *edition, bool is_same_files,
    const struct ftps_error *err) {
  bool is_known = is_same_files && strcmp(err->text, edition->told) == 0;

  edition->is_due = edition->is_due || err->is_passing ||
      edition->settings->passphrase_provider != NULL;
  (void) snprintf(edition->told, sizeof(edition->told), "%s", err->text);
  return is_known || err->text[0] == '\0' ? 0 : -1;
}

int ftps_vhost_build(struct ftps_vhost *vhost, struct ftps_keypair_load *loads,
    size_t n, struct ftps_error *err) {
  if (build(vhost->used, loads, n, err) < 0) {
    (void) note_fault(vhost->used, false, err);
    return -1;
  }

  return 0;
}

/* All pairs come from `from`, without those that it has left out; or all are
 * loaded.
 */
static bool borrow_pairs(struct ftps_keypair_load *loads, size_t n,
    const struct ftps_edition *from) {
  struct ftps_keypair_load theirs[FTPS_KEYTYPE_COUNT];
  size_t count;

  memset(theirs, 0, sizeof(theirs));
  count = list_loads(from, NULL, theirs);
  if (count != n || (n > 0 && !ftps_pairs_are_there(from->pairs))) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (theirs[i].request.type != loads[i].request.type ||
        !ftps_keypair_is_same(&loads[i].request, &theirs[i].request)) {
      return false;
    }
  }

  for (size_t i = 0; i < n; i++) {
    struct ftps_keypair *pair = from->pairs[loads[i].request.type];

    loads[i].pair = pair != NULL ? ftps_keypair_ref(pair) : NULL;
  }
  return true;
}

int ftps_vhost_build_late(struct ftps_vhost *vhost,
    const struct ftps_vhost *base, ftps_report report, struct ftps_error *err) {
  struct ftps_keypair_load *loads =
      OPENSSL_zalloc(FTPS_KEYTYPE_COUNT * sizeof(*loads));
  int res = -1;
  size_t n;

  if (loads == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for certificates");
    return -1;
  }

  vhost->used->is_late = true;
  n = ftps_vhost_list_loads(vhost, NULL, loads);
  if ((base != NULL && borrow_pairs(loads, n, base->used)) ||
      ((n == 0 || ftps_loads_check_late(vhost->used->settings, err) == 0) &&
          ftps_keypair_load(vhost->used->daemon, loads, n,
              FTPS_KEYPAIR_NO_LIMIT, err) == 0)) {
    res = ftps_vhost_build(vhost, loads, n, err);
    ftps_pairs_report(loads, n, &vhost->used->settings->place, report);
  }

  OPENSSL_free(loads);
  return res;
}

/* A file used by both editions has changed.  It may be the fault that we have
 * logged, or a renewal, so the edition in use is tried again.
 */
static void inherit_look(struct ftps_edition *used,
    const struct ftps_edition *wanted) {
  struct ftps_stamps before = used->tried;

  ftps_stamps_learn(&used->tried, &wanted->tried);
  if (!ftps_stamps_are_equal(&before, &used->tried)) {
    used->is_due = true;
    memcpy(used->told, wanted->told, sizeof(used->told));
  }
}

void ftps_vhost_succeed(struct ftps_vhost *faulty, struct ftps_vhost *old) {
  if (old != NULL && old->used->ctx != NULL) {
    faulty->wanted = faulty->used;
    faulty->used = old->used;
    old->used = NULL;
    inherit_look(faulty->used, faulty->wanted);
  }
}

void ftps_vhost_continue(struct ftps_vhost *vhost, struct ftps_vhost *old) {
  free_edition(vhost->used);
  vhost->used = old->used;
  vhost->wanted = old->wanted;
  old->used = old->wanted = NULL;
}

void ftps_vhost_try_again(struct ftps_vhost *vhost) {
  vhost->used->is_due = true;
}

void ftps_vhost_try_failed(struct ftps_vhost *vhost,
    const struct ftps_keypair_load *loads, size_t n) {
  for (size_t i = 0; i < n; i++) {
    vhost->used->is_due |= loads[i].error.text[0] != '\0' &&
        loads[i].place == &vhost->used->settings->place;
  }
}

bool ftps_vhost_is_of(const struct ftps_vhost *vhost,
    const struct ftps_settings *settings) {
  const struct ftps_settings *own = ftps_vhost_settings(vhost);

  return own->port == settings->port &&
      strcmp(own->server_name, settings->server_name) == 0 &&
      strcmp(own->address, settings->address) == 0 &&
      ftps_words_are_same(own->section, settings->section);
}

/* In a session: true if only the daemon can make the files usable. */
static bool is_for_daemon(const struct ftps_keypair_load *loads, size_t n) {
  bool found = false;

  for (size_t i = 0; i < n; i++) {
    if (loads[i].pair == NULL && !loads[i].is_for_daemon) {
      return false;
    }
    found = found || loads[i].pair == NULL;
  }

  return found;
}

/* Returns -1 without a text in `err` if a session waits for the daemon. */
static int build_loaded(struct ftps_edition *edition,
    struct ftps_keypair_load *loads, size_t n, struct ftps_error *err) {
  bool is_waiting = is_for_daemon(loads, n);
  int res = build(edition, loads, n, err);

  if (res < 0 && is_waiting) {
    ftps_error_clear(err);
  }

  return res;
}

static int load_and_build(struct ftps_edition *edition,
    const struct ftps_edition *used, struct ftps_error *err) {
  struct ftps_keypair_load *loads;
  int res = -1;
  size_t n;

  if (edition->prepared != NULL) {
    res =
        build_loaded(edition, edition->prepared, edition->prepared_count, err);
    unprepare(edition);
    return res;
  }

  loads = OPENSSL_zalloc(FTPS_KEYTYPE_COUNT * sizeof(*loads));
  if (loads == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for certificates");
    return -1;
  }

  n = list_loads(edition, used->pairs, loads);
  if (ftps_keypair_load(edition->daemon, loads, n, FTPS_KEYPAIR_NO_LIMIT,
          err) == 0) {
    res = build_loaded(edition, loads, n, err);
  } else {
    edition->is_due = true;
  }

  OPENSSL_free(loads);
  return res;
}

/* `must_build` stays set until a build was tried. */
static void look(struct ftps_edition *edition, struct ftps_stamps *seen,
    bool may_retry) {
  struct ftps_stamps now;
  bool is_same;

  ftps_stamps_again(&edition->tried, seen, &now);
  is_same = ftps_stamps_are_equal(&now, &edition->tried);
  if (now.n > 0 && ((edition->is_due && may_retry) || !is_same)) {
    edition->tried = now;
    edition->is_due = false;
    edition->is_same = is_same;
    edition->must_build = true;
  }
}

static size_t count_loads(const struct ftps_edition *edition) {
  return edition->must_build
      ? ftps_settings_count_certificates(edition->settings)
      : 0;
}

static size_t look_and_count(struct ftps_edition *edition,
    struct ftps_stamps *seen, bool may_retry) {
  look(edition, seen, may_retry);
  return count_loads(edition);
}

size_t ftps_vhost_look(struct ftps_vhost *vhost, struct ftps_stamps *seen,
    bool may_retry) {
  size_t n = look_and_count(vhost->used, seen, may_retry);

  return vhost->wanted != NULL
      ? n + look_and_count(vhost->wanted, seen, may_retry)
      : n;
}

/* Only those whose keeper has ended. */
static size_t list_lost(const struct ftps_edition *edition,
    struct ftps_keypair_load *loads) {
  struct ftps_keypair_load all[FTPS_KEYTYPE_COUNT];
  size_t n = 0, count;

  if (edition == NULL || !ftps_pairs_are_isolated(edition->pairs)) {
    return 0;
  }

  memset(all, 0, sizeof(all));
  count = list_loads(edition, edition->pairs, all);
  for (size_t i = 0; i < count; i++) {
    const struct ftps_keypair *pair = edition->pairs[all[i].request.type];

    all[i].into = pair != NULL ? ftps_keypair_get0_lost(pair) : NULL;
    if (all[i].into != NULL) {
      loads[n++] = all[i];
    }
  }

  return n;
}

size_t ftps_vhost_list_lost(const struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads) {
  size_t n = list_lost(vhost->used, loads);

  return n + list_lost(vhost->wanted, loads + n);
}

static size_t prepare(struct ftps_edition *edition,
    const struct ftps_edition *used, struct ftps_keypair_load *loads,
    bool is_first) {
  if (edition == NULL || count_loads(edition) == 0) {
    return 0;
  }

  edition->prepared = loads;
  edition->prepared_count = list_loads(edition, used->pairs, loads);
  for (size_t i = 0; i < edition->prepared_count; i++) {
    loads[i].request.is_first = is_first;
  }
  return edition->prepared_count;
}

size_t ftps_vhost_prepare(struct ftps_vhost *vhost,
    struct ftps_keypair_load *loads, bool is_first) {
  size_t n = prepare(vhost->used, vhost->used, loads, is_first);

  return n + prepare(vhost->wanted, vhost->used, loads + n, is_first);
}

void ftps_vhost_unprepare(struct ftps_vhost *vhost) {
  unprepare(vhost->used);
  if (vhost->wanted != NULL) {
    unprepare(vhost->wanted);
  }
}

static bool is_left(const struct ftps_edition *edition) {
  for (size_t i = 0; edition != NULL && i < edition->prepared_count; i++) {
    if (edition->prepared[i].is_left) {
      return true;
    }
  }

  return false;
}

bool ftps_vhost_is_left(const struct ftps_vhost *vhost) {
  return is_left(vhost->used) || is_left(vhost->wanted);
}

static int refresh(struct ftps_edition *edition,
    const struct ftps_edition *used, bool is_looked, struct ftps_error *err) {
  if (!is_looked) {
    look(edition, NULL, false);
  }
  if (!edition->must_build) {
    return 0;
  }

  edition->must_build = false;
  if (edition->ctx == NULL &&
      ftps_loads_are_daemons(edition->daemon, edition->settings)) {
    return FTPS_VHOST_LEFT;
  }
  if (load_and_build(edition, used, err) < 0) {
    return note_fault(edition, edition->is_same, err);
  }

  edition->told[0] = '\0';
  return 1;
}

/* A renewal under the old settings is used even while the wanted ones fail. */
int ftps_vhost_refresh(struct ftps_vhost *vhost, bool is_looked,
    struct ftps_error *err) {
  struct ftps_error unused;
  int res = 0;

  if (vhost->wanted != NULL) {
    res = refresh(vhost->wanted, vhost->used, is_looked, err);
  }

  if (res == 1) {
    free_edition(vhost->used);
    vhost->used = vhost->wanted;
    vhost->wanted = NULL;
    return 1;
  }

  if (res < 0) {
    ftps_error_clear(&unused);
    (void) refresh(vhost->used, vhost->used, is_looked, &unused);
    return -1;
  }

  return refresh(vhost->used, vhost->used, is_looked, err);
}

SSL_CTX *ftps_vhost_get0_context(const struct ftps_vhost *vhost) {
  return vhost->used->ctx;
}

SSL_CTX *ftps_vhost_get0_client_context(const struct ftps_vhost *vhost) {
  return vhost->used->client_ctx;
}

const struct ftps_settings *ftps_vhost_settings(
    const struct ftps_vhost *vhost) {
  return vhost->used->settings;
}

const char *ftps_vhost_fault(const struct ftps_vhost *vhost) {
  return vhost->wanted != NULL ? vhost->wanted->told : vhost->used->told;
}

unsigned int ftps_vhost_namesakes(const struct ftps_vhost *vhost) {
  return vhost->used->namesakes;
}

const void *ftps_vhost_owner(const struct ftps_vhost *vhost) {
  return vhost->owner;
}

void ftps_vhost_each_slot(const struct ftps_vhost *vhost,
    void (*act)(struct ftps_keyarea *area, size_t slot)) {
  const struct ftps_edition *used = vhost->used;

  ftps_pairs_each_slot(used->pairs, act);
  ftps_psk_each_slot(used->ctx, act);
  ftps_sealkey_each_slot(used->ctx, act);
}

void ftps_vhost_hide_keys(const struct ftps_vhost *vhost) {
  ftps_pairs_hide(vhost->used->pairs);
}

bool ftps_vhost_has_key(const struct ftps_vhost *vhost,
    const struct ftps_keypair *pair) {
  return ftps_pairs_have_key(vhost->used->pairs, pair);
}

bool ftps_vhost_can_sign(const struct ftps_vhost *vhost) {
  return ftps_pairs_can_sign(vhost->used->pairs);
}

void ftps_vhost_advise(const struct ftps_vhost *vhost, time_t now,
    ftps_report report) {
  const struct ftps_edition *used = vhost->used;

  ftps_settings_warn(used->settings, report);
  ftps_isolation_warn(used->settings,
      ftps_pairs_have_kind(used->pairs, EVP_PKEY_RSA), report);
  if (used->ctx != NULL) {
    ftps_advice(used->settings, used->pairs, used->ctx, now, report);
  }
}

void ftps_vhost_take_keys_back(const struct ftps_vhost *vhost, SSL *ssl) {
  ftps_pairs_take_back(vhost->used->pairs, ssl);
}
