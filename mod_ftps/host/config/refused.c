/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * refused.c: see refused.h.
 */
#include "host/config/refused.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/daemon.h"

#define OWN   "mod_ftps: "
#define CACHE "mod_ftps_"

struct ftps_refused {
  bool is_restart;
  bool is_cut; /* an Include failed */
  unsigned int count;
  pool *pool;
  array_header *lines;   /* at a reload */
  array_header *remarks; /* on directives that were not refused */
};

int ftps_refused_init(struct ftps_daemon *daemon) {
  if (daemon->refused == NULL) {
    daemon->refused = OPENSSL_zalloc(sizeof(*daemon->refused));
  }

  return daemon->refused != NULL ? 0 : -1;
}

static struct ftps_refused *own(void) {
  return ftps_daemon_get0()->refused;
}

void ftps_refused_begin(bool is_restart) {
  struct ftps_refused *mine = own();

  if (mine->pool != NULL) {
    destroy_pool(mine->pool);
  }

  memset(mine, 0, sizeof(*mine));
  mine->is_restart = is_restart;
}

unsigned int ftps_refused_count(void) {
  return own()->count;
}

static void each(const array_header *lines, enum ftps_severity severity,
    ftps_report report) {
  for (int i = 0; lines != NULL && i < (int) lines->nelts; i++) {
    report(severity, ((char **) lines->elts)[i]);
  }
}

void ftps_refused_each(ftps_report report) {
  each(own()->lines, FTPS_SEVERITY_FAULT, report);
}

void ftps_refused_each_remark(ftps_report report) {
  each(own()->remarks, FTPS_SEVERITY_NOTICE, report);
}

static void keep(array_header **lines, const char *line) {
  struct ftps_refused *mine = own();

  if (mine->pool == NULL) {
    mine->pool = make_sub_pool(permanent_pool);
    pr_pool_tag(mine->pool, "mod_ftps refused directives");
  }
  if (*lines == NULL) {
    *lines = make_array(mine->pool, 1, sizeof(char *));
  }

  *((char **) push_array(*lines)) = pstrdup(mine->pool, line);
}

static void keep_line(const char *line) {
  keep(&own()->lines, line);
}

static void keep_text(array_header **lines, const cmd_rec *cmd,
    const char *text) {
  char line[FTPS_ERROR_TEXT_SIZE + 1024];

  (void) pr_snprintf(line, sizeof(line),
      "%s: %s (line %u of its file, server \"%.200s\")",
      (const char *) cmd->argv[0], text, pr_parser_get_lineno(),
      cmd->server != NULL && cmd->server->ServerName != NULL
          ? cmd->server->ServerName
          : "");
  keep(lines, line);
}

bool ftps_refused_add(const cmd_rec *cmd, const char *text) {
  struct ftps_refused *mine = own();

  mine->count++;
  if (mine->is_restart) {
    keep_text(&mine->lines, cmd, text);
  }

  return mine->is_restart;
}

void ftps_refused_add_second(const char *line) {
  keep(&own()->remarks, line);
}

void ftps_refused_add_remark(const cmd_rec *cmd, const char *text) {
  keep_text(&own()->remarks, cmd, text);
}

/* A line, and not the name of a record: ProFTPD logs those too. */
static bool is_of_cache(const char *line) {
  return strncmp(line, CACHE, strlen(CACHE)) == 0 &&
      line[strcspn(line, ":. ")] == ':';
}

/* No module gets a directive with a wrong name, but ProFTPD logs it. */
void ftps_refused_hear(const char *line) {
  struct ftps_refused *mine = own();

  if (strstr(line, "unknown configuration directive 'TLS") != NULL) {
    mine->count++;
    if (mine->is_restart) {
      keep_line(line);
    }
  }

  /* Lines of our modules that were logged while SystemLog was closed. */
  if (mine->is_restart && strncmp(line, OWN, strlen(OWN)) == 0) {
    keep_line(line + strlen(OWN));
  } else if (mine->is_restart && is_of_cache(line)) {
    keep_line(line);
  }

  if (strstr(line, "warning: unable to include '") != NULL) {
    mine->is_cut = true;
  }
}

bool ftps_refused_is_cut(void) {
  return own()->is_cut;
}
