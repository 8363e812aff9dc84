/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keynumbers.c: see keynumbers.h.
 *
 * A page is a header, followed by the parts of the key, in the order of the
 * table below.  Parts have exactly the form of OSSL_PARAM, so OpenSSL writes
 * them into the page and reads them from it, and makes no other copy of a
 * private number.
 */
#include "keys/keynumbers.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "base/error.h"

#define MAX_PARTS      11
#define MAX_GROUP_NAME 64
#define PAGE_MAGIC     0x4b465450U
#define PAGE_VERSION   2U

/* Begins a page without numbers. */
static const char DERIVED[] = "derived from a private key";

enum part_kind {
  PART_END,
  PART_NUMBER, /* its size comes from the key */
  PART_SCALAR, /* as many bytes as the key has bits */
  PART_OCTETS,
  PART_TEXT,       /* with its NUL */
  PART_LIMIT_TEXT, /* likewise, if the key has it */
  PART_LIMIT       /* an int, if the key has it */
};

struct part {
  enum part_kind kind;
  const char *param;
};

struct keytype {
  const char *name;
  struct part parts[MAX_PARTS];
};

#define RSA_PART(name) \
  { PART_NUMBER, OSSL_PKEY_PARAM_RSA_##name }
#define RSA_NUMBERS \
  RSA_PART(N), RSA_PART(E), RSA_PART(D), RSA_PART(FACTOR1), RSA_PART(FACTOR2), \
      RSA_PART(EXPONENT1), RSA_PART(EXPONENT2), RSA_PART(COEFFICIENT1)

/* The index is the type's number in the header; 0 is no type, so an empty page
 * is no key.
 */
static const struct keytype keytypes[] = { { NULL, { { PART_END, NULL } } },
  { "RSA", { RSA_NUMBERS } },
  /* The permitted use of the key, if it has one; this follows its numbers. */
  { "RSA-PSS",
      { RSA_NUMBERS, { PART_LIMIT_TEXT, OSSL_PKEY_PARAM_RSA_DIGEST },
          { PART_LIMIT_TEXT, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST },
          { PART_LIMIT, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN } } },
  { "EC",
      { { PART_TEXT, OSSL_PKEY_PARAM_GROUP_NAME },
          { PART_SCALAR, OSSL_PKEY_PARAM_PRIV_KEY },
          { PART_OCTETS, OSSL_PKEY_PARAM_PUB_KEY } } },
  { "ED25519",
      { { PART_OCTETS, OSSL_PKEY_PARAM_PRIV_KEY },
          { PART_OCTETS, OSSL_PKEY_PARAM_PUB_KEY } } },
  { "ED448",
      { { PART_OCTETS, OSSL_PKEY_PARAM_PRIV_KEY },
          { PART_OCTETS, OSSL_PKEY_PARAM_PUB_KEY } } },
  { "ML-DSA-44", { { PART_OCTETS, OSSL_PKEY_PARAM_PRIV_KEY } } },
  { "ML-DSA-65", { { PART_OCTETS, OSSL_PKEY_PARAM_PRIV_KEY } } },
  { "ML-DSA-87", { { PART_OCTETS, OSSL_PKEY_PARAM_PRIV_KEY } } },
  { "DSA",
      { { PART_NUMBER, OSSL_PKEY_PARAM_FFC_P },
          { PART_NUMBER, OSSL_PKEY_PARAM_FFC_Q },
          { PART_NUMBER, OSSL_PKEY_PARAM_FFC_G },
          { PART_NUMBER, OSSL_PKEY_PARAM_PUB_KEY },
          { PART_NUMBER, OSSL_PKEY_PARAM_PRIV_KEY } } } };

#define KEYTYPE_COUNT (sizeof(keytypes) / sizeof(keytypes[0]))

struct page_header {
  uint32_t magic;
  uint32_t version;
  uint32_t type;
  uint32_t length[MAX_PARTS]; /* bytes; 0 for parts that the type has not */
};

struct page_writer {
  const EVP_PKEY *key;
  unsigned char *at;
  size_t room;
};

static size_t count_parts(const struct keytype *type) {
  size_t n = 0;

  while (n < MAX_PARTS && type->parts[n].kind != PART_END) {
    n++;
  }

  return n;
}

static uint32_t find_type(const EVP_PKEY *key) {
  uint32_t i;

  for (i = 1; i < KEYTYPE_COUNT; i++) {
    if (EVP_PKEY_is_a(key, keytypes[i].name)) {
      return i;
    }
  }

  return 0;
}

/* Returns the size in bytes of a number of the key, or 0 if it has none. */
static size_t ask_number_size(const EVP_PKEY *key, const char *param) {
  OSSL_PARAM params[2];

  params[0] = OSSL_PARAM_construct_BN(param, NULL, 0);
  params[1] = OSSL_PARAM_construct_end();
  if (EVP_PKEY_get_params(key, params) != 1 ||
      !OSSL_PARAM_modified(&params[0])) {
    return 0;
  }

  return params[0].return_size;
}

static size_t write_number(const struct page_writer *w, const char *param,
    size_t size) {
  OSSL_PARAM params[2];

  if (size == 0 || size > w->room) {
    return 0;
  }

  params[0] = OSSL_PARAM_construct_BN(param, w->at, size);
  params[1] = OSSL_PARAM_construct_end();
  if (EVP_PKEY_get_params(w->key, params) != 1 ||
      !OSSL_PARAM_modified(&params[0]) || params[0].return_size > size) {
    return 0;
  }

  return size;
}

static size_t write_octets(const struct page_writer *w, const char *param) {
  size_t len = 0;

  if (EVP_PKEY_get_octet_string_param(w->key, param, w->at, w->room, &len) !=
          1 ||
      len > w->room) {
    return 0;
  }

  return len;
}

static size_t write_text(const struct page_writer *w, const char *param) {
  char text[MAX_GROUP_NAME];
  size_t len = 0;

  if (EVP_PKEY_get_utf8_string_param(w->key, param, text, sizeof(text), &len) !=
          1 ||
      len == 0 || len >= sizeof(text) || len >= w->room) {
    return 0;
  }

  memcpy(w->at, text, len);
  w->at[len] = '\0';
  return len + 1;
}

static size_t write_int(const struct page_writer *w, const char *param) {
  int value;

  if (sizeof(value) > w->room ||
      EVP_PKEY_get_int_param(w->key, param, &value) != 1) {
    return 0;
  }

  memcpy(w->at, &value, sizeof(value));
  return sizeof(value);
}

static bool may_be_missing(const struct part *part) {
  return part->kind == PART_LIMIT_TEXT || part->kind == PART_LIMIT;
}

/* Bytes written, or 0. */
static size_t write_part(const struct page_writer *w, const struct part *part) {
  size_t bits = (size_t) EVP_PKEY_get_bits(w->key);

  switch (part->kind) {
    case PART_NUMBER:
      return write_number(w, part->param, ask_number_size(w->key, part->param));

    case PART_SCALAR:
      return write_number(w, part->param, (bits + 7) / 8);

    case PART_OCTETS:
      return write_octets(w, part->param);

    case PART_TEXT:
    case PART_LIMIT_TEXT:
      return write_text(w, part->param);

    case PART_LIMIT:
      return write_int(w, part->param);

    case PART_END:
      break;
  }

  return 0;
}

static int write_parts(struct page_writer *w, struct page_header *header,
    struct ftps_error *err) {
  const struct keytype *type = &keytypes[header->type];
  size_t i, len, n = count_parts(type);

  for (i = 0; i < n; i++) {
    len = write_part(w, &type->parts[i]);
    if (len == 0 && !may_be_missing(&type->parts[i])) {
      ftps_error_set_ssl(err, "%s key has no usable \"%s\"", type->name,
          type->parts[i].param);
      return -1;
    }

    header->length[i] = (uint32_t) len;
    w->at += len;
    w->room -= len;
  }

  return 0;
}

/* Checks of an RSA key that the table of parts cannot express. */
static int check_rsa(const EVP_PKEY *key, struct ftps_error *err) {
  size_t n = ask_number_size(key, OSSL_PKEY_PARAM_RSA_N);

  if (ask_number_size(key, OSSL_PKEY_PARAM_RSA_FACTOR3) != 0) {
    ftps_error_set(err, "RSA key with more than two primes cannot be used");
    return -1;
  }

  /* n, e and d are at most as long as n, the other five at most half as long.
   */
  if (n > (FTPS_KEYNUMBERS_SIZE - sizeof(struct page_header)) * 2 / 11) {
    ftps_error_set(err, "RSA key of %d bits is too large",
        EVP_PKEY_get_bits(key));
    return -1;
  }

  return 0;
}

int ftps_keynumbers_write(const EVP_PKEY *key, unsigned char *page,
    struct ftps_error *err) {
  struct page_header header = { PAGE_MAGIC, PAGE_VERSION, 0, { 0 } };
  struct page_writer w;
  const char *name;

  OPENSSL_cleanse(page, FTPS_KEYNUMBERS_SIZE);

  header.type = find_type(key);
  if (header.type == 0) {
    name = EVP_PKEY_get0_type_name(key);
    ftps_error_set(err, "key type %s cannot be used",
        name != NULL ? name : "unknown");
    return -1;
  }

  if ((EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
      check_rsa(key, err) < 0) {
    return -1;
  }

  w.key = key;
  w.at = page + sizeof(header);
  w.room = FTPS_KEYNUMBERS_SIZE - sizeof(header);
  if (write_parts(&w, &header, err) < 0) {
    OPENSSL_cleanse(page, FTPS_KEYNUMBERS_SIZE);
    return -1;
  }

  memcpy(page, &header, sizeof(header));
  return 0;
}

/* The header is copied first, because the length that was checked must be the
 * length that is used.
 */
static int read_header(const unsigned char *page, struct page_header *header) {
  size_t i, n, used = sizeof(*header);

  memcpy(header, page, sizeof(*header));
  if (header->magic != PAGE_MAGIC || header->version != PAGE_VERSION ||
      header->type == 0 || header->type >= KEYTYPE_COUNT) {
    return -1;
  }

  n = count_parts(&keytypes[header->type]);
  for (i = 0; i < MAX_PARTS; i++) {
    if (i >= n) {
      if (header->length[i] != 0) {
        return -1;
      }
      continue;
    }

    if ((header->length[i] == 0 &&
            !may_be_missing(&keytypes[header->type].parts[i])) ||
        header->length[i] > FTPS_KEYNUMBERS_SIZE - used) {
      return -1;
    }
    used += header->length[i];
  }

  return 0;
}

/* `number` has room for an int of the page, and lives as long as `param`. */
static int read_part(const struct part *part, const unsigned char *at,
    size_t len, OSSL_PARAM *param, int *number) {
  union {
    const unsigned char *in;
    void *out;
  } data;

  /* OSSL_PARAM is for both directions and so has no const; EVP_PKEY_fromdata()
   * only reads.
   */
  data.in = at;

  switch (part->kind) {
    case PART_NUMBER:
    case PART_SCALAR:
      *param = OSSL_PARAM_construct_BN(part->param, data.out, len);
      return 0;

    case PART_OCTETS:
      *param = OSSL_PARAM_construct_octet_string(part->param, data.out, len);
      return 0;

    case PART_TEXT:
    case PART_LIMIT_TEXT:
      if (len > MAX_GROUP_NAME || memchr(at, '\0', len) != at + len - 1) {
        return -1;
      }
      *param = OSSL_PARAM_construct_utf8_string(part->param, data.out, len - 1);
      return 0;

    /* The library reads it where it may not lie. */
    case PART_LIMIT:
      if (len != sizeof(*number)) {
        return -1;
      }
      memcpy(number, at, len);
      *param = OSSL_PARAM_construct_int(part->param, number);
      return 0;

    case PART_END:
      break;
  }

  return -1;
}

static int read_params(const unsigned char *page, OSSL_PARAM *params,
    int *number, const char **name_out) {
  struct page_header header;
  const struct keytype *type;
  const unsigned char *at = page + sizeof(header);
  size_t i, n, found = 0;

  if (read_header(page, &header) < 0) {
    return -1;
  }

  type = &keytypes[header.type];
  n = count_parts(type);
  for (i = 0; i < n; i++) {
    if (header.length[i] == 0) {
      continue;
    }
    if (read_part(&type->parts[i], at, header.length[i], &params[found++],
            number) < 0) {
      return -1;
    }
    at += header.length[i];
  }

  params[found] = OSSL_PARAM_construct_end();
  *name_out = type->name;
  return 0;
}

EVP_PKEY *ftps_keynumbers_read(const unsigned char *page,
    struct ftps_error *err) {
  OSSL_PARAM params[MAX_PARTS + 1];
  int number;
  EVP_PKEY_CTX *ctx = NULL;
  EVP_PKEY *key = NULL;
  const char *name = NULL;

  if (read_params(page, params, &number, &name) < 0) {
    ftps_error_set(err, "page of key numbers is damaged");
    return NULL;
  }

  ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
  if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
      EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
    ftps_error_set_ssl(err, "building the %s key", name);
    key = NULL;
  }

  EVP_PKEY_CTX_free(ctx);
  return key;
}

static bool is_secret(const struct part *part) {
  return strcmp(part->param, OSSL_PKEY_PARAM_RSA_D) == 0 ||
      strcmp(part->param, OSSL_PKEY_PARAM_PRIV_KEY) == 0;
}

/* The private number from which all others follow. */
static const unsigned char *find_secret(const unsigned char *page,
    size_t *len_out) {
  struct page_header header;
  const struct part *part;
  size_t at = sizeof(header);

  if (read_header(page, &header) < 0) {
    return NULL;
  }

  part = keytypes[header.type].parts;
  for (size_t i = 0; i < MAX_PARTS && part[i].kind != PART_END; i++) {
    if (is_secret(&part[i])) {
      *len_out = header.length[i];
      return page + at;
    }
    at += header.length[i];
  }

  return NULL;
}

int ftps_keynumbers_derive(const unsigned char *page, unsigned char *out) {
  size_t len = 0, size = 0;
  const unsigned char *number = find_secret(page, &len);

  if (memcmp(page, DERIVED, sizeof(DERIVED)) == 0) {
    memcpy(out, page + sizeof(DERIVED), FTPS_KEYNUMBERS_DERIVED_SIZE);
    return 0;
  }

  return number != NULL &&
          EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, number, len,
              (const unsigned char *) DERIVED, sizeof(DERIVED), out,
              FTPS_KEYNUMBERS_DERIVED_SIZE, &size) != NULL &&
          size == FTPS_KEYNUMBERS_DERIVED_SIZE
      ? 0
      : -1;
}

void ftps_keynumbers_reduce(unsigned char *page) {
  unsigned char derived[FTPS_KEYNUMBERS_DERIVED_SIZE];
  int res = ftps_keynumbers_derive(page, derived);

  OPENSSL_cleanse(page, FTPS_KEYNUMBERS_SIZE);
  if (res == 0) {
    memcpy(page, DERIVED, sizeof(DERIVED));
    memcpy(page + sizeof(DERIVED), derived, sizeof(derived));
  }
  OPENSSL_cleanse(derived, sizeof(derived));
}
