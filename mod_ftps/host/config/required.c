/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * required.c: see required.h.
 */
#include "host/config/required.h"

#include <string.h>
#include <sys/stat.h>

#define DIRECTIVE "TLSRequired"

static void read_record(const config_rec *record,
    struct ftps_requirements *out) {
  out->control = ftps_require_read(*((const int *) record->argv[0]));
  out->data = ftps_require_read(*((const int *) record->argv[1]));
  out->auth = ftps_require_read(*((const int *) record->argv[2]));
}

/* Adds `inner` to the requirements in `out`. */
static void add_requirements(struct ftps_requirements *out,
    const struct ftps_requirements *inner) {
  out->control = ftps_require_nest(out->control, inner->control);
  out->data = ftps_require_nest(out->data, inner->data);
  out->auth = ftps_require_nest(out->auth, inner->auth);
}

/* The requirements of one section alone.  There may be two records: an
 * .ftpaccess file adds its own to those of the <Directory> of the same path,
 * and must not weaken them.
 */
static bool read_section(xaset_t *set, struct ftps_requirements *out) {
  config_rec *record = NULL;
  bool found = false;

  memset(out, 0, sizeof(*out));

  if (set != NULL) {
    record = find_config(set, CONF_PARAM, DIRECTIVE, FALSE);
  }

  while (record != NULL) {
    struct ftps_requirements one;

    read_record(record, &one);
    add_requirements(out, &one);
    found = true;
    record =
        find_config_next(record, record->next, CONF_PARAM, DIRECTIVE, FALSE);
  }

  return found;
}

/* mod_tls heeds "!data" of a section under AllowPerUser alone, and clients that
 * send PROT P after the login would be lost.
 */
static void accept_private(struct ftps_requirements *section) {
  if (section->data == FTPS_REQUIRE_FORBIDDEN) {
    section->data = FTPS_REQUIRE_UNSET;
  }
}

/* The requirements for the whole session: the server's, and those of
 * <Anonymous> after a login there.
 */
void ftps_required_read_server(bool is_per_user,
    struct ftps_requirements *out) {
  const config_rec *record;
  struct ftps_requirements inner;

  /* <Global>'s record comes after the server's own, which replaces it. */
  memset(out, 0, sizeof(*out));
  record = find_config(main_server->conf, CONF_PARAM, DIRECTIVE, FALSE);
  if (record != NULL) {
    read_record(record, out);
  }

  if (session.anon_config != NULL &&
      read_section(session.anon_config->subset, &inner)) {
    if (is_per_user) {
      *out = inner;
    } else {
      accept_private(&inner);
      add_requirements(out, &inner);
    }
  }
}

char *ftps_required_full_path(pool *p, const char *path) {
  if (session.chroot_path != NULL) {
    return pdircat(p, session.chroot_path, path, NULL);
  }

  return pstrdup(p, path);
}

/* True for a section that ProFTPD has made from an .ftpaccess file.  Sections
 * of the configuration have room for two values.
 */
static bool is_dynamic(const config_rec *section) {
  return section->argc == 1 && section->argv[0] != NULL;
}

/* The data requirement for `path`: that of the innermost <Directory> that has
 * one, and those of .ftpaccess files in it, which users write and which
 * therefore cannot weaken it.
 *
 * The copies that ProFTPD merges into inner sections after it has parsed the
 * configuration are not enough: a section that is made from an .ftpaccess file
 * later has none.  So the sections are searched upwards.
 */
enum ftps_require ftps_required_match(pool *p, char *full) {
  struct ftps_requirements found;
  enum ftps_require data = FTPS_REQUIRE_UNSET;

  for (config_rec *c = dir_match_path(p, full); c != NULL; c = c->parent) {
    if (!read_section(c->subset, &found)) {
      continue;
    }

    data = ftps_require_nest(found.data, data);
    if (!is_dynamic(c)) {
      break;
    }
  }

  return data;
}

enum ftps_require ftps_required_at(pool *p, const char *path) {
  struct stat st;

  if (pr_fsio_stat(path, &st) < 0) {
    memset(&st, 0, sizeof(st));
  }

  build_dyn_config(p, path, &st, TRUE);
  return ftps_required_match(p, ftps_required_full_path(p, path));
}

/* True if a section of this name may have paths that begin with `top`.
 * ftps_required_match() decides about sections around `top` itself, but it
 * cannot decide about names with wildcards.
 */
static bool may_be_below(const config_rec *section, const char *top) {
  size_t plain = strcspn(section->name, "*?[{\\");
  size_t len = strlen(top);

  /* Inside <Anonymous> the name is relative to argv[1]. */
  if (section->argc > 1 && section->argv[1] != NULL) {
    return true;
  }

  if (plain < len && plain < strlen(section->name)) {
    len = plain;
  }

  return strncmp(section->name, top, len) == 0;
}

static bool is_required_below(xaset_t *set, const char *top) {
  struct ftps_requirements found;

  if (set == NULL) {
    return false;
  }

  for (config_rec *c = (config_rec *) set->xas_list; c != NULL; c = c->next) {
    if (c->config_type != CONF_DIR) {
      continue;
    }

    if (may_be_below(c, top) && read_section(c->subset, &found) &&
        found.data == FTPS_REQUIRE_ON) {
      return true;
    }

    if (is_required_below(c->subset, top)) {
      return true;
    }
  }

  return false;
}

bool ftps_required_below(const char *top) {
  return is_required_below(main_server->conf, top) ||
      (session.anon_config != NULL &&
          is_required_below(session.anon_config->subset, top));
}
