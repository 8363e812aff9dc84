/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * sections.c: see sections.h.
 *
 * mod_ifsession goes through the section from its first record to its last and
 * inserts each at the head of the server's records.  First it removes those of
 * the same name, unless the record is marked as one of several.
 */
#include "host/config/sections.h"

#include <stdbool.h>
#include <string.h>

#include "base/settings.h"
#include "host/config/settings_read.h"

static const config_rec *first_of(const xaset_t *set) {
  return set != NULL ? (const config_rec *) set->xas_list : NULL;
}

const config_rec *ftps_sections_next(const server_rec *s,
    const config_rec *section) {
  const config_rec *c = section != NULL ? section->next : first_of(s->conf);

  while (c != NULL &&
      (c->name == NULL || strcmp(c->name, "<IfClass>") != 0 ||
          ftps_settings_fingerprint(c->subset) == 0)) {
    c = c->next;
  }

  return c;
}

static config_rec *copy_record(pool *p, const config_rec *c, xaset_t *set) {
  config_rec *copy = pcalloc(p, sizeof(*copy));

  *copy = *c;
  copy->next = copy->prev = NULL;
  copy->set = set;
  return copy;
}

static void remove_namesakes(xaset_t *set, const char *name) {
  config_rec *c = (config_rec *) set->xas_list;

  while (c != NULL) {
    config_rec *next = c->next;

    if (c->config_type == CONF_PARAM && c->name != NULL &&
        strcmp(c->name, name) == 0) {
      (void) xaset_remove(set, (xasetmember_t *) c);
    }
    c = next;
  }
}

static xaset_t *merge(pool *p, const xaset_t *server, const xaset_t *section) {
  xaset_t *set = xaset_create(p, NULL);

  for (const config_rec *c = first_of(server); c != NULL; c = c->next) {
    (void) xaset_insert_end(set, (xasetmember_t *) copy_record(p, c, set));
  }

  for (const config_rec *c = first_of(section); c != NULL; c = c->next) {
    if (c->config_type != CONF_PARAM || c->name == NULL) {
      continue;
    }

    if ((c->flags & (CF_MULTI | CF_MERGEDOWN_MULTI)) == 0) {
      remove_namesakes(set, c->name);
    }
    (void) xaset_insert(set, (xasetmember_t *) copy_record(p, c, set));
  }

  return set;
}

/* The words after IfClass, as they were written. */
static const char *read_label(pool *p, const config_rec *section) {
  const config_rec *c = first_of(section->subset);

  while (
      c != NULL && (c->name == NULL || strcmp(c->name, "_IfClassList") != 0)) {
    c = c->next;
  }

  return pstrcat(p, "<IfClass ", c != NULL ? (char *) c->argv[0] : "", ">",
      NULL);
}

struct ftps_settings *ftps_sections_read(pool *p, const server_rec *s,
    const config_rec *section) {
  pool *tmp_pool = make_sub_pool(p);
  server_rec merged = *s;
  struct ftps_settings *settings;

  merged.conf = merge(tmp_pool, s->conf, section->subset);
  settings = ftps_settings_read(p, &merged);
  settings->section = read_label(p, section);
  destroy_pool(tmp_pool);
  return settings;
}
