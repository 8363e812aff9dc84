/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rules.h: what a row of the table of directives says, how a directive is
 * checked against it, and the records that setters leave in ProFTPD's
 * configuration.  All refusals have one form, which is here.
 *
 * Setters use it; `cmd` is ProFTPD's.  A record's memory is its own.
 *
 * DIAGNOSTICS: errors are the daemon's: "fatal: DIRECTIVE: TEXT on line ...";
 * at a restart host/config/refused.h keeps them.
 */
#ifndef FTPS_HOST_CONFIG_RULES_H
#define FTPS_HOST_CONFIG_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "base/words.h"

#include "conf.h"

/* The sections in which a directive may stand.  What may stand in the server
 * config only is one value for all servers.
 */
#define FTPS_IN_MAIN    (CONF_ROOT)
#define FTPS_IN_HOSTS   (CONF_ROOT | CONF_VIRTUAL)
#define FTPS_IN_SERVERS (CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL)
#define FTPS_IN_ALL     (FTPS_IN_SERVERS | CONF_ANON | CONF_DIR | CONF_DYNDIR)

/* What the values of a directive are: how they are written, and the type of
 * the member of struct ftps_settings that they are read into.
 */
enum ftps_value {
  FTPS_VALUE_OTHER,    /* the row's own functions know; no member */
  FTPS_VALUE_FLAG,     /* on or off: bool */
  FTPS_VALUE_NUMBER,   /* digits, from `least` to `most`: unsigned int */
  FTPS_VALUE_DURATION, /* seconds, `least` or more: unsigned int */
  FTPS_VALUE_WORD,     /* one of `words`: an enum */
  FTPS_VALUE_WORDS,    /* any of `words`, which add up: unsigned long */
  FTPS_VALUE_TEXT,     /* const char *; the row has a setter of its own */
  FTPS_VALUE_TEXTS,    /* the same, repeated: struct ftps_texts */
  FTPS_VALUE_PATH,     /* an absolute path: const char * */
  FTPS_VALUE_PATHS     /* the same, repeated: struct ftps_texts */
};

/* One directive. */
struct ftps_directive {
  char *name;            /* not const in ProFTPD's own table */
  int contexts;          /* FTPS_IN_* */
  unsigned int min, max; /* the number of values */
  const char *syntax;    /* what stands behind the name, for messages */

  enum ftps_value kind;
  size_t offset; /* of the member of struct ftps_settings */

  /* What a flag, a number, a duration or a word is where the directive is
   * missing.  A text and a path are NULL then, words and paths are none.
   */
  unsigned int unset;

  bool may_repeat; /* all lines of a server count, not the first alone */

  const struct ftps_word *words;
  unsigned int least, most;
  const char *none;   /* the word for NULL, if a text or path has one */
  const char *prefix; /* of what may stand in the place of a path, or NULL */

  /* In the place of what the kind does, where they are not NULL.  set() gets a
   * directive that has been checked against its row.  read() gets the first
   * record of the server, or NULL, and fills in the default as well.
   */
  modret_t *(*set)(cmd_rec *cmd, const struct ftps_directive *row);
  void (*read)(pool *p, config_rec *first, struct ftps_settings *settings);
};

/* Context, number of values, no empty value: NULL, or the error. */
modret_t *ftps_rules_check(cmd_rec *cmd, const struct ftps_directive *row);

/* An error whose text says what is refused, why, and what to write. */
modret_t *ftps_rules_refuse(cmd_rec *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The error for a value that is not one of the directive's words. */
modret_t *ftps_rules_refuse_value(cmd_rec *cmd,
    const struct ftps_directive *row, unsigned int i);

/* The error for a path that does not begin with "/". */
modret_t *ftps_rules_refuse_path(cmd_rec *cmd, const struct ftps_directive *row,
    const char *path);

/* The error for a last word that a value should follow. */
modret_t *ftps_rules_refuse_unfinished(cmd_rec *cmd,
    const struct ftps_directive *row);

/* Adds a record of one unsigned char, which is what mod_sftp expects of
 * TLSEngine.
 */
void ftps_rules_add_flag(const char *directive, bool value);

/* Adds a record of one unsigned int. */
void ftps_rules_add_number(const char *directive, unsigned int value);

/* Adds a record of one unsigned long, beside those that are there already.
 * mod_proxy reads that of TLSOptions.
 */
void ftps_rules_add_bits(const char *directive, unsigned long bits);

/* Lets a directive stand more than once. */
void ftps_rules_allow_several(config_rec *c);

/* Returns the next record of this directive, or NULL. */
config_rec *ftps_rules_next(config_rec *c);

#endif /* FTPS_HOST_CONFIG_RULES_H */
