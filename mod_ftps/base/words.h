/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * words.h: the words of the configuration, to values and back.
 *
 * Pure: no allocation, no state, no library except libc. host/config/ parses
 * with it, and its tables name the lists here; other files print with it.
 * Upper and lower case do not matter, in ASCII.
 *
 * Times are seconds.
 *
 * DIAGNOSTICS: parsers return 0, or -1 and leave their out-parameter alone.
 * Parsers of more than one word set an ftps_error, whose text names the word,
 * what is wrong with it and what to write instead.
 */
#ifndef FTPS_BASE_WORDS_H
#define FTPS_BASE_WORDS_H

#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"

/* A word of a directive that accepts one or several words of a list. */
struct ftps_word {
  const char *word;
  unsigned int value;
};

/* Each list ends with a row without a word.  TLSUserName also accepts an object
 * identifier.
 */
extern const struct ftps_word ftps_words_alpn[];       /* TLSNextProtocol */
extern const struct ftps_word ftps_words_isolation[];  /* TLSKeyIsolation */
extern const struct ftps_word ftps_words_log_format[]; /* TLSLogFormat */
extern const struct ftps_word ftps_words_profile[];    /* TLSProfile */
extern const struct ftps_word ftps_words_reuse[];      /* TLSSessionReuse */
extern const struct ftps_word ftps_words_stapling[];   /* FTPS_STAPLE_* */
extern const struct ftps_word ftps_words_truncation[];
extern const struct ftps_word ftps_words_user_name[];
extern const struct ftps_word ftps_words_verify[];
extern const struct ftps_word ftps_words_verify_server[];

enum ftps_word_use {
  FTPS_WORD_USED,     /* has an effect */
  FTPS_WORD_NO_EFFECT /* known, obsolete: accepted with a notice */
};

struct ftps_option_word {
  const char *word;
  unsigned long bit; /* FTPS_OPT_*, or 0: no bit of the record */
  enum ftps_word_use use;
};

/* What TLSRequired demands for the two channels. */
struct ftps_required_word {
  const char *word;
  int control; /* 0 or 1 */
  int data;    /* 0, 1, or -1: forbidden */
  int auth;    /* 0 or 1: protected before USER */
};

/* Finds a word of TLSOptions.  Returns NULL if there is no such option. */
const struct ftps_option_word *ftps_words_find_option(const char *word);

/* The words of all bits in `options`, separated by spaces, cut to `size`. */
void ftps_words_print_options(unsigned long options, char *text, size_t size);

/* The bits of all options that have an effect. */
unsigned long ftps_words_used_options(void);

/* Returns one word of TLSProtocol as FTPS_PROTO_* bits, or 0 if there is no
 * such protocol.
 */
unsigned int ftps_words_find_protocol(const char *word);

/* The word of one FTPS_PROTO_* bit. */
const char *ftps_words_name_protocol(unsigned int bit);

/* All words of TLSProtocol: a list, or ALL and then +word and -word. */
int ftps_words_parse_protocols(const char *const *words, size_t n,
    unsigned int *protocols_out, struct ftps_error *err);

/* Compares values that may be missing (NULL). */
bool ftps_words_are_same(const char *a, const char *b);

/* Finds a word of TLSRequired, booleans included.  Returns NULL if there is no
 * such word.
 */
const struct ftps_required_word *ftps_words_find_required(const char *word);

/* The value of a word in one of these lists. */
int ftps_words_find(const struct ftps_word *words, const char *word,
    unsigned int *value_out);

/* The first word of such a list that has this value. */
const char *ftps_words_name(const struct ftps_word *words, unsigned int value);

/* TLSVerifyOrder; `second` may be NULL. */
int ftps_words_parse_verify_order(const char *first, const char *second,
    enum ftps_verify_order *order_out);

/* Decimal digits and nothing else, not more than `max`. */
int ftps_words_parse_number(const char *word, unsigned int max,
    unsigned int *number_out);

/* "90", "90s", "90sec", "5m", "5min", "2h", "2hr", sums of those from large
 * to small ("1h30m"), or "hh:mm:ss"; not more than FTPS_WORDS_MAX_DURATION.
 */
#define FTPS_WORDS_MAX_DURATION 2000000U
int ftps_words_parse_duration(const char *word, unsigned int *seconds_out);

#endif /* FTPS_BASE_WORDS_H */
