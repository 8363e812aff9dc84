/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * values.c: see values.h.
 *
 * A record has an unsigned char (flag), an unsigned int (number, duration,
 * word), an unsigned long (words) or a string (text, path).
 */
#include "host/config/values.h"

#include <stdlib.h>
#include <strings.h>

static modret_t *set_flag(cmd_rec *cmd, const struct ftps_directive *row) {
  int value = get_boolean(cmd, 1);

  if (value < 0) {
    return ftps_rules_refuse_value(cmd, row, 1);
  }

  ftps_rules_add_flag(row->name, value != FALSE);
  return PR_HANDLED(cmd);
}

/* ProFTPD's own reader takes more, for example "10seconds". */
static int parse_duration(const cmd_rec *cmd, const struct ftps_directive *row,
    unsigned int *number_out) {
  const char *value = cmd->argv[1];
  int seconds = 0;

  if (ftps_words_parse_duration(value, number_out) < 0) {
    if (pr_str_get_duration(value, &seconds) < 0 || seconds < 0) {
      return -1;
    }

    *number_out = (unsigned int) seconds < FTPS_WORDS_MAX_DURATION
        ? (unsigned int) seconds
        : FTPS_WORDS_MAX_DURATION;
    ftps_rules_remark(cmd, "\"%.200s\" is read as %u seconds; write \"%s %s\"",
        value, *number_out, row->name, row->syntax);
  }

  if (*number_out < row->least) {
    *number_out = row->unset;
    ftps_rules_remark(cmd,
        "\"%.200s\" is too short, and %u seconds are used; write \"%s %s\"",
        value, *number_out, row->name, row->syntax);
  }

  return 0;
}

/* As atoi(), which mod_tls uses. */
static int parse_digits(const cmd_rec *cmd, const struct ftps_directive *row,
    unsigned int *number_out) {
  const char *value = cmd->argv[1];
  long number;

  if (ftps_words_parse_number(value, row->most, number_out) == 0) {
    return 0;
  }

  number = strtol(value, NULL, 10);
  if (number < 0) {
    return -1;
  }

  *number_out = number < (long) row->most ? (unsigned int) number : row->most;
  ftps_rules_remark(cmd, "\"%.200s\" is read as %u; write \"%s %s\"", value,
      *number_out, row->name, row->syntax);
  return 0;
}

static int parse_number(const cmd_rec *cmd, const struct ftps_directive *row,
    unsigned int *number_out) {
  switch (row->kind) {
    case FTPS_VALUE_WORD:
      return ftps_words_find(row->words, cmd->argv[1], number_out);

    case FTPS_VALUE_DURATION:
      return parse_duration(cmd, row, number_out);

    default:
      return parse_digits(cmd, row, number_out);
  }
}

/* Numbers, durations, and words that mean a number. */
static modret_t *set_number(cmd_rec *cmd, const struct ftps_directive *row) {
  unsigned int number;

  if (parse_number(cmd, row, &number) < 0 || number < row->least) {
    return ftps_rules_refuse_value(cmd, row, 1);
  }

  ftps_rules_add_number(row->name, number);
  return PR_HANDLED(cmd);
}

static modret_t *set_words(cmd_rec *cmd, const struct ftps_directive *row) {
  unsigned long bits = 0;

  for (unsigned int i = 1; i < cmd->argc; i++) {
    unsigned int bit;

    if (ftps_words_find(row->words, cmd->argv[i], &bit) < 0) {
      return ftps_rules_refuse_value(cmd, row, i);
    }
    bits |= bit;
  }

  ftps_rules_add_bits(row->name, bits);
  return PR_HANDLED(cmd);
}

static modret_t *set_path(cmd_rec *cmd, const struct ftps_directive *row) {
  const char *path = cmd->argv[1];
  config_rec *c;

  if (row->none != NULL && strcasecmp(path, row->none) == 0) {
    path = row->none;
  } else if (*path != '/' &&
      (row->prefix == NULL ||
          strncasecmp(path, row->prefix, strlen(row->prefix)) != 0)) {
    return ftps_rules_refuse_path(cmd, row, path);
  }

  c = add_config_param_str(row->name, 1, path);
  if (row->kind == FTPS_VALUE_PATHS) {
    ftps_rules_allow_several(c);
  }
  return PR_HANDLED(cmd);
}

modret_t *ftps_values_set(cmd_rec *cmd, const struct ftps_directive *row) {
  switch (row->kind) {
    case FTPS_VALUE_FLAG:
      return set_flag(cmd, row);

    case FTPS_VALUE_NUMBER:
    case FTPS_VALUE_DURATION:
    case FTPS_VALUE_WORD:
      return set_number(cmd, row);

    case FTPS_VALUE_WORDS:
      return set_words(cmd, row);

    case FTPS_VALUE_PATH:
    case FTPS_VALUE_PATHS:
      return set_path(cmd, row);

    case FTPS_VALUE_OTHER:
    case FTPS_VALUE_TEXT:
    case FTPS_VALUE_TEXTS:
      break; /* the row has a setter of its own */
  }

  return PR_DECLINED(cmd);
}

static const char *read_text(pool *p, const struct ftps_directive *row,
    const config_rec *c) {
  if (c == NULL || (row->none != NULL && strcmp(c->argv[0], row->none) == 0)) {
    return NULL;
  }

  return pstrdup(p, c->argv[0]);
}

static struct ftps_texts read_texts(pool *p, config_rec *c) {
  array_header *list = make_array(p, 1, sizeof(char *));

  for (; c != NULL; c = ftps_rules_next(c)) {
    *((const char **) push_array(list)) = pstrdup(p, c->argv[0]);
  }

  return (struct ftps_texts){ .texts = list->elts, .count = list->nelts };
}

static unsigned long read_words(config_rec *c) {
  unsigned long bits = 0;

  for (; c != NULL; c = ftps_rules_next(c)) {
    bits |= *((const unsigned long *) c->argv[0]);
  }

  return bits;
}

void ftps_values_read(pool *p, const struct ftps_directive *row,
    config_rec *first, struct ftps_settings *settings) {
  void *member = (char *) settings + row->offset;

  switch (row->kind) {
    case FTPS_VALUE_FLAG:
      *((bool *) member) = first != NULL
          ? *((const unsigned char *) first->argv[0]) != FALSE
          : row->unset != 0;
      break;

    case FTPS_VALUE_NUMBER:
    case FTPS_VALUE_DURATION:
    case FTPS_VALUE_WORD:
      *((unsigned int *) member) =
          first != NULL ? *((const unsigned int *) first->argv[0]) : row->unset;
      break;

    case FTPS_VALUE_WORDS:
      *((unsigned long *) member) |= read_words(first);
      break;

    case FTPS_VALUE_TEXT:
    case FTPS_VALUE_PATH:
      *((const char **) member) = read_text(p, row, first);
      break;

    case FTPS_VALUE_TEXTS:
    case FTPS_VALUE_PATHS:
      *((struct ftps_texts *) member) = read_texts(p, first);
      break;

    case FTPS_VALUE_OTHER:
      break;
  }
}
