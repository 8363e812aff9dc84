/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rules.c: see rules.h.
 *
 * A text for a directive is cut at 200 bytes of its value, so that the end of
 * the line, which says what to do, is never lost.
 *
 * ProFTPD takes an error in an included file for a warning, leaves out the rest
 * of the including file, and goes on.  So refusals are counted, and postparse
 * ends the start when there was one.  At a restart a refusal is no error for
 * ProFTPD: it would either end the daemon or leave out lines that have nothing
 * to do with it.  The line is kept until the system log is open again.
 */
#include "host/config/rules.h"

#include <stdarg.h>

#include "base/error.h"

#define OWN "mod_ftps: "

static struct {
  bool is_restart;
  bool is_cut; /* an Include failed */
  unsigned int count;
  pool *pool;
  array_header *lines;   /* at a restart */
  array_header *seconds; /* directives that do not count */
} refused;

void ftps_rules_begin(bool is_restart) {
  if (refused.pool != NULL) {
    destroy_pool(refused.pool);
  }

  memset(&refused, 0, sizeof(refused));
  refused.is_restart = is_restart;
}

unsigned int ftps_rules_refused(void) {
  return refused.count;
}

static void each(const array_header *lines, enum ftps_severity severity,
    ftps_report report) {
  for (int i = 0; lines != NULL && i < (int) lines->nelts; i++) {
    report(severity, ((char **) lines->elts)[i]);
  }
}

void ftps_rules_each_line(ftps_report report) {
  each(refused.lines, FTPS_SEVERITY_FAULT, report);
}

void ftps_rules_each_second(ftps_report report) {
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

static void keep_refusal(cmd_rec *cmd, const char *text) {
  char line[FTPS_ERROR_TEXT_SIZE + 1024];

  (void) pr_snprintf(line, sizeof(line),
      "%s: %s (line %u of its file, server \"%.200s\")",
      (const char *) cmd->argv[0], text, pr_parser_get_lineno(),
      cmd->server != NULL && cmd->server->ServerName != NULL
          ? cmd->server->ServerName
          : "");
  keep_line(line);
}

/* A directive whose name is wrong comes to nobody, but ProFTPD logs it. */
void ftps_rules_hear(const char *line) {
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

bool ftps_rules_is_cut(void) {
  return refused.is_cut;
}

/* What was meant is not known, so it counts as "on". */
static void leave_closed(const char *directive) {
  config_rec *c;

  if (strcmp(directive, "TLSEngine") == 0) {
    ftps_rules_add_flag(directive, true);

  } else if (strcmp(directive, "TLSRequired") == 0) {
    c = add_config_param("TLSRequired", 3, NULL, NULL, NULL);
    for (unsigned int i = 0; i < 3; i++) {
      c->argv[i] = palloc(c->pool, sizeof(int));
      *((int *) c->argv[i]) = 1;
    }
    c->flags |= CF_MERGEDOWN;
  }
}

modret_t *ftps_rules_refuse(cmd_rec *cmd, const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE + 512];
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);

  refused.count++;
  if (refused.is_restart) {
    keep_refusal(cmd, text);
    leave_closed(cmd->argv[0]);
    return PR_HANDLED(cmd);
  }

  CONF_ERROR(cmd, text)
}

modret_t *ftps_rules_refuse_value(cmd_rec *cmd,
    const struct ftps_directive *row, unsigned int i) {
  return ftps_rules_refuse(cmd,
      "\"%.200s\" is not a known value; write \"%s %s\"",
      (const char *) cmd->argv[i], row->name, row->syntax);
}

modret_t *ftps_rules_refuse_path(cmd_rec *cmd, const struct ftps_directive *row,
    const char *path) {
  return ftps_rules_refuse(cmd,
      "\"%.200s\" must be an absolute path; write \"%s %s\"", path, row->name,
      row->syntax);
}

modret_t *ftps_rules_refuse_unfinished(cmd_rec *cmd,
    const struct ftps_directive *row) {
  return ftps_rules_refuse(cmd,
      "\"%.200s\" is not followed by its value; write \"%s %s\"",
      (const char *) cmd->argv[cmd->argc - 1], row->name, row->syntax);
}

static const char *describe_contexts(int contexts) {
  switch (contexts) {
    case FTPS_IN_MAIN:
      return "the server config, outside of all sections";

    case FTPS_IN_HOSTS:
      return "the server config or <VirtualHost>";

    case FTPS_IN_SERVERS:
      return "the server config, <VirtualHost> or <Global>";

    default:
      return "the server config, <VirtualHost>, <Global>, <Anonymous>, "
             "<Directory> or .ftpaccess";
  }
}

/* Directives whose lines add up. */
static bool may_repeat(const char *directive) {
  static const char *const names[] = { "TLSCARevocationFile",
    "TLSCARevocationPath", "TLSCipherSuite", "TLSControlsACLs",
    "TLSDHParamFile", "TLSOptions", "TLSPreSharedKey", "TLSStaplingOptions",
    "TLSTransferServers", NULL };
  size_t i = 0;

  while (names[i] != NULL && strcmp(names[i], directive) != 0) {
    i++;
  }

  return names[i] != NULL;
}

/* The first record of a server counts.  In other sections the values of
 * TLSRequired add up.
 */
static void note_second(cmd_rec *cmd) {
  const config_rec *section = pr_parser_config_ctxt_get(), *c;
  const server_rec *s = pr_parser_server_ctxt_get();
  const char *directive = cmd->argv[0];
  const xaset_t *set;
  char line[512];

  if (s == NULL || may_repeat(directive) ||
      (section != NULL && section->config_type != CONF_GLOBAL)) {
    return;
  }

  set = section != NULL ? section->subset : s->conf;
  c = set != NULL ? (const config_rec *) set->xas_list : NULL;
  while (c != NULL && (c->name == NULL || strcmp(c->name, directive) != 0)) {
    c = c->next;
  }

  if (c != NULL) {
    (void) pr_snprintf(line, sizeof(line),
        "%s: \"%.200s\" on line %u does not count, because an earlier line of "
        "the same server has %s already; take one of them out",
        directive, cmd->arg, pr_parser_get_lineno(), directive);
    keep(&refused.seconds, line);
  }
}

modret_t *ftps_rules_check(cmd_rec *cmd, const struct ftps_directive *row) {
  unsigned int n = cmd->argc - 1;

  if (!check_context(cmd, row->contexts)) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not allowed in %s context; write it in %s", cmd->arg,
        get_context_name(cmd), describe_contexts(row->contexts));
  }

  if (n < row->min) {
    return ftps_rules_refuse(cmd, "missing value; write \"%s %s\"", row->name,
        row->syntax);
  }

  if (n > row->max) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is %u values, too many; write \"%s %s\" "
        "(and a value with spaces in quotes)",
        cmd->arg, n, row->name, row->syntax);
  }

  for (unsigned int i = 1; i <= n; i++) {
    if (*((const char *) cmd->argv[i]) == '\0') {
      return ftps_rules_refuse(cmd, "\"\" is an empty value; write \"%s %s\"",
          row->name, row->syntax);
    }
  }

  note_second(cmd);
  return NULL;
}

void ftps_rules_add_flag(const char *directive, bool value) {
  config_rec *c = add_config_param(directive, 1, NULL);

  c->argv[0] = palloc(c->pool, sizeof(unsigned char));
  *((unsigned char *) c->argv[0]) = value ? TRUE : FALSE;
}

void ftps_rules_add_number(const char *directive, unsigned int value) {
  config_rec *c = add_config_param(directive, 1, NULL);

  c->argv[0] = palloc(c->pool, sizeof(value));
  *((unsigned int *) c->argv[0]) = value;
}

void ftps_rules_add_bits(const char *directive, unsigned long bits) {
  config_rec *c = add_config_param(directive, 1, NULL);

  c->argv[0] = palloc(c->pool, sizeof(bits));
  *((unsigned long *) c->argv[0]) = bits;
  ftps_rules_allow_several(c);
}

/* mod_ifsession replaces a record that is not marked so. */
void ftps_rules_allow_several(config_rec *c) {
  if (pr_module_exists("mod_ifsession.c")) {
    c->flags |= CF_MULTI;
  }
}

config_rec *ftps_rules_next(config_rec *c) {
  return find_config_next(c, c->next, CONF_PARAM, c->name, FALSE);
}
