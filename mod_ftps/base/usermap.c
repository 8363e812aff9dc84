/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap.c: see usermap.h.
 *
 * A map is a copy of the text, cut into pieces by NULs, and a list of rules
 * that point into it.
 */
#include "base/usermap.h"

#include <string.h>

#include <openssl/crypto.h>

#define BLANKS " \t"

#define FINGERPRINT_LENGTH 64

struct rule {
  enum ftps_certname kind;
  const char *value;
  const char *user;
};

struct ftps_usermap {
  char *text;
  struct rule *rules;
  size_t n;
};

static const struct {
  const char *word;
  enum ftps_certname kind;
} kinds[] = {
  { "dn:", FTPS_CERTNAME_SUBJECT },
  { "cn:", FTPS_CERTNAME_COMMON },
  { "san-dns:", FTPS_CERTNAME_DNS },
  { "san-email:", FTPS_CERTNAME_EMAIL },
  { "san-uri:", FTPS_CERTNAME_URI },
  { "san-upn:", FTPS_CERTNAME_UPN },
  { "sha256:", FTPS_CERTNAME_FINGERPRINT },
};

static enum ftps_certname find_kind(const char *line, size_t *len_out) {
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    *len_out = strlen(kinds[i].word);
    if (strncmp(line, kinds[i].word, *len_out) == 0) {
      return kinds[i].kind;
    }
  }

  return FTPS_CERTNAME_NONE;
}

/* Removes colons and makes letters small.  Returns -1 if there are not 64
 * digits.
 */
static int normalise_fingerprint(char *value) {
  char *to = value;

  for (const char *from = value; *from != '\0'; from++) {
    if (*from >= 'A' && *from <= 'F') {
      *to++ = (char) (*from - 'A' + 'a');
    } else if (*from != ':') {
      *to++ = *from;
    }
  }
  *to = '\0';

  return strspn(value, "0123456789abcdef") == FINGERPRINT_LENGTH &&
          to - value == FINGERPRINT_LENGTH
      ? 0
      : -1;
}

static void trim(char *text) {
  size_t len = strlen(text);

  while (len > 0 && strchr(BLANKS "\r", text[len - 1]) != NULL) {
    len--;
  }
  text[len] = '\0';
}

/* Cuts off the last word.  Returns NULL if there is only one. */
static char *cut_user(char *line) {
  char *end = line + strlen(line);

  while (end > line && strchr(BLANKS, end[-1]) == NULL) {
    end--;
  }

  if (end == line) {
    return NULL;
  }

  end[-1] = '\0';
  return end;
}

/* Returns what is wrong with a line and what to do, or NULL with `rule` set. */
static const char *parse_rule(char *line, struct rule *rule) {
  size_t len;
  char *value;

  rule->kind = find_kind(line, &len);
  if (rule->kind == FTPS_CERTNAME_NONE) {
    return "does not begin with a known kind; write dn:, cn:, san-dns:, "
           "san-email:, san-uri:, san-upn: or sha256:";
  }

  rule->user = cut_user(line + len);
  if (rule->user == NULL) {
    return "names no user; write \"KIND:VALUE USER\"";
  }

  value = line + len;
  value += strspn(value, BLANKS);
  trim(value);
  rule->value = value;
  if (*value == '\0') {
    return "has no value; write \"KIND:VALUE USER\"";
  }

  if (rule->kind == FTPS_CERTNAME_FINGERPRINT &&
      normalise_fingerprint(value) < 0) {
    return "is not a SHA-256 fingerprint; write 64 hexadecimal digits, with "
           "or without colons";
  }

  return NULL;
}

static bool has_control_byte(const char *line, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char byte = (unsigned char) line[i];

    if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7f) {
      return true;
    }
  }

  return false;
}

/* One line of `len` bytes; it is ended with a NUL first. */
static const char *parse_line(struct ftps_usermap *map, char *line,
    size_t len) {
  const char *fault;

  if (len > FTPS_USERMAP_MAX_LINE) {
    return "is longer than 1024 bytes; shorten it";
  }

  if (has_control_byte(line, len)) {
    return "has control characters; remove them";
  }

  line[len] = '\0';
  trim(line);
  line += strspn(line, BLANKS);
  if (*line == '\0' || *line == '#') {
    return NULL;
  }

  if (map->n == FTPS_USERMAP_MAX_RULES) {
    return "is one rule too many, 10000 are the limit; remove some";
  }

  fault = parse_rule(line, &map->rules[map->n]);
  if (fault == NULL) {
    map->n++;
  }
  return fault;
}

static struct ftps_usermap *make_map(const char *text, size_t len) {
  struct ftps_usermap *map = OPENSSL_zalloc(sizeof(*map));
  size_t lines = 1;

  for (size_t i = 0; i < len; i++) {
    lines += text[i] == '\n';
  }
  if (lines > FTPS_USERMAP_MAX_RULES) {
    lines = FTPS_USERMAP_MAX_RULES;
  }

  if (map != NULL) {
    map->text = OPENSSL_malloc(len + 1);
    map->rules = OPENSSL_zalloc(lines * sizeof(*map->rules));
  }

  if (map == NULL || map->text == NULL || map->rules == NULL) {
    ftps_usermap_free(map);
    return NULL;
  }

  memcpy(map->text, text, len);
  map->text[len] = '\0';
  return map;
}

struct ftps_usermap *ftps_usermap_parse(const char *text, size_t len,
    struct ftps_error *err) {
  struct ftps_usermap *map;
  unsigned int number = 1;
  size_t at = 0;

  if (len > FTPS_USERMAP_MAX_SIZE) {
    ftps_error_set(err, "is larger than 1 MiB; shorten it");
    return NULL;
  }

  map = make_map(text, len);
  if (map == NULL) {
    ftps_error_set(err, "memory ran out");
    return NULL;
  }

  while (at < len) {
    const char *end = memchr(map->text + at, '\n', len - at);
    size_t line = end != NULL ? (size_t) (end - map->text) - at : len - at;
    const char *fault = parse_line(map, map->text + at, line);

    if (fault != NULL) {
      ftps_error_set(err, "line %u %s", number, fault);
      ftps_usermap_free(map);
      return NULL;
    }
    at += line + 1;
    number++;
  }

  return map;
}

void ftps_usermap_free(struct ftps_usermap *map) {
  if (map != NULL) {
    OPENSSL_free(map->rules);
    OPENSSL_free(map->text);
    OPENSSL_free(map);
  }
}

bool ftps_usermap_admits(const struct ftps_usermap *map, const char *user,
    bool (*has)(const X509 *cert, enum ftps_certname kind, const char *value),
    const X509 *cert) {
  for (size_t i = 0; i < map->n; i++) {
    const struct rule *rule = &map->rules[i];

    if (strcmp(rule->user, user) == 0 && has(cert, rule->kind, rule->value)) {
      return true;
    }
  }

  return false;
}
