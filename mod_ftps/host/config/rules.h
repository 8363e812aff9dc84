/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * rules.h: the form of a row of the table of directives, the check of a
 * directive against it, and the records that setters leave in ProFTPD's
 * configuration.  All refusals have one form, which is here.
 *
 * Setters use it; `cmd` is ProFTPD's.  A record owns its memory.
 *
 * DIAGNOSTICS: errors are logged by the daemon: "fatal: DIRECTIVE: TEXT on line
 * ..."; at a reload host/config/refused.h keeps them.
 */
#ifndef FTPS_HOST_CONFIG_RULES_H
#define FTPS_HOST_CONFIG_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "base/words.h"

#include "conf.h"

/* The sections in which a directive is allowed.  A directive that is allowed in
 * the server config only has one value for all servers.
 */
#define FTPS_IN_MAIN    (CONF_ROOT)
#define FTPS_IN_HOSTS   (CONF_ROOT | CONF_VIRTUAL)
#define FTPS_IN_SERVERS (CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL)
#define FTPS_IN_ALL     (FTPS_IN_SERVERS | CONF_ANON | CONF_DIR | CONF_DYNDIR)

/* The kind of a directive's values: how they are written, and the type of their
 * member in struct ftps_settings.
 */
enum ftps_value {
  FTPS_VALUE_OTHER,    /* only the row's own functions know; no member */
  FTPS_VALUE_FLAG,     /* on or off: bool */
  FTPS_VALUE_NUMBER,   /* digits, from `least` to `most`: unsigned int */
  FTPS_VALUE_DURATION, /* seconds, `least` or more: unsigned int */
  FTPS_VALUE_WORD,     /* one of `words`: an enum */
  FTPS_VALUE_WORDS,    /* any of `words`, which add up: unsigned long */
  FTPS_VALUE_TEXT,     /* const char *; the row has a setter of its own */
  FTPS_VALUE_TEXTS,    /* likewise, repeated: struct ftps_texts */
  FTPS_VALUE_PATH,     /* an absolute path: const char * */
  FTPS_VALUE_PATHS     /* likewise, repeated: struct ftps_texts */
};

/* One directive. */
struct ftps_directive {
  char *name;            /* not const in ProFTPD's own table */
  int contexts;          /* FTPS_IN_* */
  unsigned int min, max; /* the number of values */
  const char *syntax;    /* the text after the name, for messages */

  enum ftps_value kind;
  size_t offset; /* of the member of struct ftps_settings */

  /* The value of a flag, a number, a duration or a word if the directive is
   * missing.  Then a text and a path are NULL, and there are no words and
   * paths.
   */
  unsigned int unset;

  bool may_repeat; /* all lines of a server count, not only the first */

  /* mod_tls ignores what follows the last value, and nothing is open then. */
  bool drops_surplus;

  bool takes_empty; /* mod_tls starts with ""; the setter says what it means */

  const struct ftps_word *words;
  unsigned int least, most;
  const char *none;   /* the word for NULL, if a text or path has one */
  const char *prefix; /* a prefix that may be used instead of a path, or NULL */

  /* If not NULL, they replace the functions of the kind. set() gets a directive
   * that was checked against its row. read() gets the first record of the
   * server, or NULL, and also sets the default.
   */
  modret_t *(*set)(cmd_rec *cmd, const struct ftps_directive *row);
  void (*read)(pool *p, config_rec *first, struct ftps_settings *settings);
};

/* Checks context, number of values, and that no value is empty.  Returns NULL,
 * or the error.
 */
modret_t *ftps_rules_check(cmd_rec *cmd, const struct ftps_directive *row);

/* An error whose text says what is refused, why, and what to write. */
modret_t *ftps_rules_refuse(cmd_rec *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Logs a line about a value that mod_tls takes, and that is used here otherwise
 * than it is written.  The text says how it is used and what to write.
 */
void ftps_rules_remark(const cmd_rec *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The error for a value that is not one of the directive's words. */
modret_t *ftps_rules_refuse_value(cmd_rec *cmd,
    const struct ftps_directive *row, unsigned int i);

/* The error for a path that does not begin with "/". */
modret_t *ftps_rules_refuse_path(cmd_rec *cmd, const struct ftps_directive *row,
    const char *path);

/* The error for a last word without its value. */
modret_t *ftps_rules_refuse_unfinished(cmd_rec *cmd,
    const struct ftps_directive *row);

/* Adds a record of one unsigned char, which mod_sftp expects of TLSEngine. */
void ftps_rules_add_flag(const char *directive, bool value);

/* Adds a record of one unsigned int. */
void ftps_rules_add_number(const char *directive, unsigned int value);

/* Adds a record of one unsigned long to those that exist already. mod_proxy
 * reads that of TLSOptions.
 */
void ftps_rules_add_bits(const char *directive, unsigned long bits);

/* Returns the record of a directive in the section that is being read, or NULL.
 */
config_rec *ftps_rules_own_record(const char *name);

/* Lets a directive be repeated. */
void ftps_rules_allow_several(config_rec *c);

/* Returns the next record of this directive, or NULL. */
config_rec *ftps_rules_next(config_rec *c);

#endif /* FTPS_HOST_CONFIG_RULES_H */
