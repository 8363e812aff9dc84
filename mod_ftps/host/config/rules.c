/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * rules.c: see rules.h.
 *
 * A text for a directive is cut at 200 bytes of its value, so that the end of
 * the line, which says what to do, is never lost.
 */
#include "host/config/rules.h"

#include <stdarg.h>

#include "base/error.h"
#include "host/config/refused.h"

/* The intended value is not known, so it counts as "on". */
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

  if (ftps_refused_add(cmd, text)) {
    leave_closed(cmd->argv[0]);
    return PR_HANDLED(cmd);
  }

  CONF_ERROR(cmd, text)
}

void ftps_rules_remark(const cmd_rec *cmd, const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE + 512];
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  ftps_refused_add_remark(cmd, text);
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

config_rec *ftps_rules_own_record(const char *name) {
  const config_rec *section = pr_parser_config_ctxt_get();
  const server_rec *s = pr_parser_server_ctxt_get();
  xaset_t *set = section != NULL ? section->subset : s != NULL ? s->conf : NULL;

  return set != NULL ? find_config(set, CONF_PARAM, name, FALSE) : NULL;
}

/* The first record of a server counts.  In other sections the values of
 * TLSRequired add up.
 */
static void note_second(cmd_rec *cmd, const struct ftps_directive *row) {
  const config_rec *section = pr_parser_config_ctxt_get();
  char line[512];

  if (row->may_repeat ||
      (section != NULL && section->config_type != CONF_GLOBAL)) {
    return;
  }

  if (ftps_rules_own_record(row->name) != NULL) {
    (void) pr_snprintf(line, sizeof(line),
        "%s: \"%.200s\" on line %u does not count, because an earlier line of "
        "the same server has %s already; take one of them out",
        row->name, cmd->arg, pr_parser_get_lineno(), row->name);
    ftps_refused_add_second(line);
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

  if (n > row->max && row->drops_surplus) {
    ftps_rules_remark(cmd,
        "\"%.200s\" is not used, because \"%.200s\" has too many values; write "
        "\"%s %s\" (and a value with spaces in quotes)",
        (const char *) cmd->argv[row->max + 1], cmd->arg, row->name,
        row->syntax);
    cmd->argc = row->max + 1;
    n = row->max;
  }

  if (n > row->max) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is %u values, too many; write \"%s %s\" "
        "(and a value with spaces in quotes)",
        cmd->arg, n, row->name, row->syntax);
  }

  for (unsigned int i = 1; i <= n; i++) {
    if (*((const char *) cmd->argv[i]) == '\0' && !row->takes_empty) {
      return ftps_rules_refuse(cmd, "\"\" is an empty value; write \"%s %s\"",
          row->name, row->syntax);
    }
  }

  note_second(cmd, row);
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

/* mod_ifsession replaces a record without this mark. */
void ftps_rules_allow_several(config_rec *c) {
  if (pr_module_exists("mod_ifsession.c")) {
    c->flags |= CF_MULTI;
  }
}

config_rec *ftps_rules_next(config_rec *c) {
  return find_config_next(c, c->next, CONF_PARAM, c->name, FALSE);
}
