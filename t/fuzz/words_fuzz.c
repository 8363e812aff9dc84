/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * words_fuzz.c: words of the configuration (base/words.c, base/peername.c,
 * base/certname.c).  The input is words, each ended by a line feed or the end.
 */
#include "base/words.h"

#include <string.h>

#include "base/certname.h"
#include "base/peername.h"

#include "t/fuzz/fuzz.h"

#define WORDS_MAX 8

static const struct ftps_word *const lists[] = { ftps_words_alpn,
  ftps_words_isolation, ftps_words_stapling, ftps_words_truncation,
  ftps_words_user_name, ftps_words_verify, ftps_words_verify_server };

static void read_numbers(const char *word) {
  unsigned int number;

  if (ftps_words_parse_number(word, 1000, &number) == 0) {
    CHECK(number <= 1000 && strspn(word, "0123456789") == strlen(word));
  }
  if (ftps_words_parse_duration(word, &number) == 0) {
    CHECK(number <= FTPS_WORDS_MAX_DURATION);
  }
}

static void read_option(const char *word) {
  const struct ftps_option_word *option = ftps_words_find_option(word);
  char text[1024], cut[12];

  if (option != NULL && option->bit != 0) {
    ftps_words_print_options(option->bit, text, sizeof(text));
    CHECK(ftps_words_find_option(text) != NULL);
    ftps_words_print_options(~0UL, cut, sizeof(cut));
    CHECK(strlen(cut) < sizeof(cut));
  }
}

static void read_name(const char *word) {
  char name[FTPS_PEERNAME_SIZE], again[FTPS_PEERNAME_SIZE];

  if (ftps_peername_read(word, name) == 0) {
    CHECK(strlen(name) > 0 && strlen(name) < sizeof(name));
    CHECK(ftps_peername_read(name, again) == 0 && strcmp(name, again) == 0);
    (void) ftps_peername_is_fingerprint(name);
  }
  (void) ftps_certname_is_oid(word);
}

static void read_word(const char *word) {
  unsigned int value;

  read_numbers(word);
  read_option(word);
  read_name(word);
  (void) ftps_words_find_required(word);
  for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
    (void) ftps_words_find(lists[i], word, &value);
  }
}

static void read_list(const char *const *words, size_t n) {
  const unsigned int all = FTPS_PROTO_SSLV3 | FTPS_PROTO_TLSV1_0 |
      FTPS_PROTO_TLSV1_1 | FTPS_PROTO_TLSV1_2 | FTPS_PROTO_TLSV1_3;
  enum ftps_verify_order order;
  unsigned int protocols = 0;
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_words_parse_protocols(words, n, &protocols, &err) == 0) {
    CHECK((protocols & ~all) == 0);
  } else {
    CHECK(err.text[0] != '\0');
  }
  (void) ftps_words_parse_verify_order(words[0], n > 1 ? words[1] : NULL,
      &order);
  (void) ftps_words_are_same(words[0], n > 1 ? words[1] : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1), *rest = text;
  const char *words[WORDS_MAX];
  size_t n = 0;

  CHECK(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  while (n < WORDS_MAX && rest != NULL) {
    words[n] = strsep(&rest, "\n");
    read_word(words[n++]);
  }
  read_list(words, n);
  free(text);
  return 0;
}
