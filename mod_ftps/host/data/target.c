/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * target.c: see target.h.
 */
#include "host/data/target.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "host/config/required.h"

/* The target of a transfer. */
struct target {
  const char *name; /* as the client wrote it, without options */
  bool descends;    /* directories below may be listed too */
  bool also_here;   /* ProFTPD may use it as the working directory */
};

static const char *skip_blanks(const char *text) {
  while (isspace((unsigned char) *text)) {
    text++;
  }

  return text;
}

/* Skips options in the same way as mod_ls, which may be surprising: after two
 * blanks the name begins with a blank.  Text that directly follows an option is
 * a name or part of the option, depending on ListOptions.
 */
static void skip_options(struct target *target) {
  const char *rest = target->name;
  const char *word = skip_blanks(rest);

  if (*word != '-') {
    return;
  }

  while (*word == '-') {
    for (rest = word + 1; isalnum((unsigned char) *rest); rest++) {
      target->descends = target->descends || *rest == 'R';
    }

    if (*rest != '\0' && !isspace((unsigned char) *rest)) {
      target->also_here = true;
    }

    word = skip_blanks(rest);
  }

  target->name = rest[0] != '\0' && rest[1] == ' ' ? rest + 1 : word;
}

/* A listing may have options, and wildcards that lead into directories. */
static void read_listing(cmd_rec *cmd, struct target *target) {
  size_t plain;
  struct stat st;

  /* A single word is a name if such a file exists. */
  if (cmd->argc > 2 || pr_fsio_stat(target->name, &st) < 0) {
    skip_options(target);
  }

  plain = strcspn(target->name, "*?[{");
  if (strchr(target->name + plain, '/') != NULL) {
    target->descends = true;
    target->name = pstrndup(cmd->tmp_pool, target->name, plain);
  }
}

static void find_target(cmd_rec *cmd, struct target *target) {
  memset(target, 0, sizeof(*target));

  /* STOU: ProFTPD ignores an argument and makes a new name. */
  if (strcasecmp(cmd->argv[0], C_STOU) == 0) {
    target->name = "ftpXXXXXX";
    return;
  }

  target->name = cmd->argc > 1 && cmd->arg != NULL
      ? pr_fs_decode_path(cmd->tmp_pool, cmd->arg)
      : "";

  if (strcasecmp(cmd->argv[0], C_LIST) == 0 ||
      strcasecmp(cmd->argv[0], C_NLST) == 0) {
    read_listing(cmd, target);
  }

  if (*target->name == '\0') {
    target->name = ".";
  }
}

/* The data requirement of the sections that apply to a transfer. */
enum ftps_require ftps_target_required(cmd_rec *cmd,
    ftps_target_look_up look_up) {
  pool *p = cmd->tmp_pool;
  struct target target;
  const char *path;
  enum ftps_require data;

  find_target(cmd, &target);
  path = dir_best_path(p, target.name);
  if (path == NULL) {
    return FTPS_REQUIRE_UNSET;
  }

  data = look_up(p, path);
  if (target.also_here) {
    data = ftps_require_nest(look_up(p, dir_best_path(p, ".")), data);
  }

  if (!target.descends || data == FTPS_REQUIRE_ON) {
    return data;
  }

  return ftps_required_below(ftps_required_full_path(p, path)) ? FTPS_REQUIRE_ON
                                                               : data;
}
