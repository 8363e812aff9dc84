/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * refused.c: see refused.h.
 */
#include "host/config/refused.h"

#include <string.h>

#define OWN "mod_ftps: "

static struct {
  bool is_restart;
  bool is_cut; /* an Include failed */
  unsigned int count;
  pool *pool;
  array_header *lines;   /* at a restart */
  array_header *seconds; /* directives that do not count */
} refused;

void ftps_refused_begin(bool is_restart) {
  if (refused.pool != NULL) {
    destroy_pool(refused.pool);
  }

  memset(&refused, 0, sizeof(refused));
  refused.is_restart = is_restart;
}

unsigned int ftps_refused_count(void) {
  return refused.count;
}

static void each(const array_header *lines, enum ftps_severity severity,
    ftps_report report) {
  for (int i = 0; lines != NULL && i < (int) lines->nelts; i++) {
    report(severity, ((char **) lines->elts)[i]);
  }
}

void ftps_refused_each(ftps_report report) {
  each(refused.lines, FTPS_SEVERITY_FAULT, report);
}

void ftps_refused_each_second(ftps_report report) {
  each(refused.seconds, FTPS_SEVERITY_NOTICE, report);
}

static void keep(array_header **lines, const char *line) {
  if (refused.pool == NULL) {
    refused.pool = make_sub_pool(permanent_pool);
    pr_pool_tag(refused.pool, "mod_ftps refused directives");
  }
  if (*lines == NULL) {
    *lines = make_array(refused.pool, 1, sizeof(char *));
  }

  *((char **) push_array(*lines)) = pstrdup(refused.pool, line);
}

static void keep_line(const char *line) {
  keep(&refused.lines, line);
}

static void keep_refusal(const cmd_rec *cmd, const char *text) {
  char line[FTPS_ERROR_TEXT_SIZE + 1024];

  (void) pr_snprintf(line, sizeof(line),
      "%s: %s (line %u of its file, server \"%.200s\")",
      (const char *) cmd->argv[0], text, pr_parser_get_lineno(),
      cmd->server != NULL && cmd->server->ServerName != NULL
          ? cmd->server->ServerName
          : "");
  keep_line(line);
}

bool ftps_refused_add(const cmd_rec *cmd, const char *text) {
  refused.count++;
  if (refused.is_restart) {
    keep_refusal(cmd, text);
  }

  return refused.is_restart;
}

void ftps_refused_add_second(const char *line) {
  keep(&refused.seconds, line);
}

/* No module gets a directive whose name is wrong, but ProFTPD logs it. */
void ftps_refused_hear(const char *line) {
  if (strstr(line, "unknown configuration directive 'TLS") != NULL) {
    refused.count++;
    if (refused.is_restart) {
      keep_line(line);
    }
  }

  /* What was said while SystemLog was closed. */
  if (refused.is_restart && strncmp(line, OWN, strlen(OWN)) == 0) {
    keep_line(line + strlen(OWN));
  }

  if (strstr(line, "warning: unable to include '") != NULL) {
    refused.is_cut = true;
  }
}

bool ftps_refused_is_cut(void) {
  return refused.is_cut;
}
