/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * memscan.c: does the memory of a process hold a private key?
 *
 *   memscan PID KEY.pem|=TEXT|@FILE...
 *
 * Looks through all mappings of the process, also those that it cannot read
 * itself, but for the huge ones that a sanitizer reserves, for
 *   - each private number of each key: RSA's d, p, q, dp, dq, qi, the private
 *     number of EC, the seed of ED25519, ED448 and ML-DSA; most significant
 *     byte first and last; whole and in pieces of 16 bytes;
 *   - the private part of the key file's base64 text, in pieces of 32
 *     characters;
 *   - each TEXT, of 8 bytes or more, as a whole;
 *   - the bytes of each FILE, whole and in pieces of 16 bytes.
 * Prints a line for each find, never bytes of a key:
 *
 *   PID 7f0000000000-7f0000002000 PATH 0x7f0000000130 KEY.pem:d:msb:whole
 *
 * PATH is "-" for memory without a name, blanks in it are underscores.  A whole
 * number is not reported again by its pieces.
 *
 * A process that changes its mappings meanwhile is seen as it was at some time.
 * Needs the rights of a debugger.  Link with -lcrypto.
 *
 * Exit status: 0 nothing found, 1 found, 2 something went wrong (and a line on
 * standard error says what).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define EXIT_CLEAN 0
#define EXIT_FOUND 1
#define EXIT_ERROR 2

#define PIECE              16
#define TEXT_PIECE         32
#define TEXT_PIECE_BYTES   24
#define TEXT_PIECE_PRIVATE 12
#define MAX_SECRET         2048
#define MAX_SECRETS        256
#define MAX_NEEDLES        32768
#define MAX_FILE           ((size_t) 64 * 1024)
#define HASH_BITS          16
#define CHUNK              ((size_t) 1024 * 1024)

/* Larger mappings are reservations: a sanitizer's shadow, or room without any
 * permission that something may grow into.
 */
#define MAX_MAPPING   (UINT64_C(64) << 30)
#define MAX_FORBIDDEN (UINT64_C(64) << 20)

/* One sequence of bytes that must not be found. */
struct secret {
  char what[128];
  unsigned char *bytes;
  size_t len;
  size_t piece;      /* size of the parts that count as well */
  uint64_t found_at; /* where it was found whole last, or UINT64_MAX */
};

/* A part of a secret.  Needles of equal hash form a list. */
struct needle {
  struct secret *secret;
  size_t offset;
  int next; /* index, -1: none */
};

struct mapping {
  uint64_t start, end;
  char path[512];
};

static struct secret secrets[MAX_SECRETS];
static size_t n_secrets;
static struct needle needles[MAX_NEEDLES];
static int n_needles;
static int buckets[1 << HASH_BITS];
static unsigned long found;
static const char *pid;

static void die(const char *what, const char *object) {
  fprintf(stderr, "memscan: %s %s: %s\n", what, object,
      errno != 0 ? strerror(errno) : "failed");
  exit(EXIT_ERROR);
}

static unsigned int hash(const unsigned char *at) {
  uint64_t word;

  memcpy(&word, at, sizeof(word));
  return (
      unsigned int) ((word * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - HASH_BITS));
}

static void add_needle(struct secret *secret, size_t offset) {
  struct needle *needle;
  unsigned int bucket = hash(secret->bytes + offset);

  if (n_needles == MAX_NEEDLES) {
    errno = E2BIG;
    die("too many", "numbers");
  }

  needle = &needles[n_needles];
  needle->secret = secret;
  needle->offset = offset;
  needle->next = buckets[bucket];
  buckets[bucket] = n_needles++;
}

static void add_secret(const char *what, const unsigned char *bytes, size_t len,
    size_t piece) {
  struct secret *secret;
  size_t offset;

  if (n_secrets == MAX_SECRETS || len < piece) {
    errno = len < piece ? EINVAL : E2BIG;
    die("cannot look for", what);
  }

  secret = &secrets[n_secrets++];
  (void) snprintf(secret->what, sizeof(secret->what), "%s", what);
  secret->bytes = OPENSSL_memdup(bytes, len);
  if (secret->bytes == NULL) {
    die("memory for", what);
  }

  secret->len = len;
  secret->piece = piece;
  secret->found_at = UINT64_MAX;

  for (offset = 0; offset + piece <= len; offset += piece) {
    add_needle(secret, offset);
  }

  if (len % piece != 0) {
    add_needle(secret, len - piece);
  }
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');

  return slash != NULL ? slash + 1 : path;
}

/* The decoded text of a key file, and which of its bytes are private. */
struct keyfile {
  const char *path;
  EVP_PKEY *key;
  unsigned char der[MAX_FILE];
  bool is_private[MAX_FILE];
  size_t der_len;
};

static void mark_private(struct keyfile *file, const unsigned char *bytes,
    size_t len) {
  unsigned char *at = file->der, *hit;
  unsigned char *end = file->der + file->der_len;

  while ((hit = memmem(at, (size_t) (end - at), bytes, len)) != NULL) {
    memset(file->is_private + (hit - file->der), true, len);
    at = hit + 1;
  }
}

/* `bytes`: most significant first. */
static void add_number(struct keyfile *file, const char *name,
    const unsigned char *bytes, size_t len) {
  unsigned char reversed[MAX_SECRET];
  char what[128];
  size_t i;

  for (i = 0; i < len; i++) {
    reversed[i] = bytes[len - 1 - i];
  }

  (void) snprintf(what, sizeof(what), "%.90s:%s:msb", base_name(file->path),
      name);
  add_secret(what, bytes, len, PIECE);
  (void) snprintf(what, sizeof(what), "%.90s:%s:lsb", base_name(file->path),
      name);
  add_secret(what, reversed, len, PIECE);
  mark_private(file, bytes, len);
}

static void add_param(struct keyfile *file, const char *name,
    const char *param) {
  unsigned char bytes[MAX_SECRET];
  BIGNUM *number = NULL;
  int len;

  if (EVP_PKEY_get_bn_param(file->key, param, &number) != 1 ||
      BN_num_bytes(number) > MAX_SECRET) {
    errno = EINVAL;
    die("no usable number in", file->path);
  }

  len = BN_bn2bin(number, bytes);
  add_number(file, name, bytes, (size_t) len);
  BN_clear_free(number);
}

static void add_seed(struct keyfile *file) {
  unsigned char bytes[MAX_SECRET];
  size_t len = sizeof(bytes);

  if (EVP_PKEY_get_raw_private_key(file->key, bytes, &len) != 1) {
    errno = EINVAL;
    die("no usable number in", file->path);
  }

  add_number(file, "seed", bytes, len);
}

/* Behind a public number of 32 bytes comes one that goes into signatures. */
static void add_dsa_of_lattices(struct keyfile *file) {
  unsigned char bytes[8192];
  size_t len = 0;

  if (EVP_PKEY_get_octet_string_param(file->key, "seed", bytes, sizeof(bytes),
          &len) != 1) {
    errno = EINVAL;
    die("no usable number in", file->path);
  }
  add_number(file, "seed", bytes, len);

  len = sizeof(bytes);
  if (EVP_PKEY_get_raw_private_key(file->key, bytes, &len) == 1 && len > 64) {
    add_number(file, "k", bytes + 32, 32);
  }
}

static void add_numbers(struct keyfile *file) {
  if (EVP_PKEY_is_a(file->key, "RSA") || EVP_PKEY_is_a(file->key, "RSA-PSS")) {
    add_param(file, "d", OSSL_PKEY_PARAM_RSA_D);
    add_param(file, "p", OSSL_PKEY_PARAM_RSA_FACTOR1);
    add_param(file, "q", OSSL_PKEY_PARAM_RSA_FACTOR2);
    add_param(file, "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1);
    add_param(file, "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2);
    add_param(file, "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  } else if (EVP_PKEY_is_a(file->key, "EC") ||
      EVP_PKEY_is_a(file->key, "DSA")) {
    add_param(file, "private", OSSL_PKEY_PARAM_PRIV_KEY);
  } else if (strncmp(EVP_PKEY_get0_type_name(file->key), "ML-DSA", 6) == 0) {
    add_dsa_of_lattices(file);
  } else {
    add_seed(file);
  }
}

/* Only text that stands for private bytes counts: the public ones are in the
 * certificate's text as well.
 */
static void add_text(struct keyfile *file) {
  char text[MAX_FILE * 2], what[128];
  size_t at, i, n;
  int len;

  len = EVP_EncodeBlock((unsigned char *) text, file->der, (int) file->der_len);
  (void) snprintf(what, sizeof(what), "%.90s:text", base_name(file->path));

  for (at = 0; at + TEXT_PIECE <= (size_t) len; at += TEXT_PIECE) {
    for (i = 0, n = 0; i < TEXT_PIECE_BYTES; i++) {
      n += file->is_private[at / 4 * 3 + i];
    }

    if (n >= TEXT_PIECE_PRIVATE) {
      add_secret(what, (unsigned char *) text + at, TEXT_PIECE, TEXT_PIECE);
    }
  }
}

static void read_keyfile(const char *path) {
  static struct keyfile file;
  char *name = NULL, *header = NULL;
  unsigned char *der = NULL;
  long len = 0;
  FILE *fh = fopen(path, "re");

  if (fh == NULL) {
    die("open", path);
  }

  memset(&file, 0, sizeof(file));
  file.path = path;
  file.key = PEM_read_PrivateKey(fh, NULL, NULL, NULL);
  if (file.key == NULL) {
    errno = EINVAL;
    die("no private key in", path);
  }

  rewind(fh);
  while (PEM_read(fh, &name, &header, &der, &len) == 1) {
    if (strstr(name, "PRIVATE KEY") != NULL && (size_t) len < MAX_FILE) {
      memcpy(file.der, der, (size_t) len);
      file.der_len = (size_t) len;
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
  }

  add_numbers(&file);
  add_text(&file);
  EVP_PKEY_free(file.key);
  (void) fclose(fh);
}

static bool is_whole_at(const unsigned char *buf, size_t len, size_t at,
    const struct needle *needle) {
  const struct secret *secret = needle->secret;

  return at >= needle->offset && at - needle->offset + secret->len <= len &&
      memcmp(buf + at - needle->offset, secret->bytes, secret->len) == 0;
}

static void report(const struct mapping *map, uint64_t at,
    const struct secret *secret, const char *form) {
  printf("%s %" PRIx64 "-%" PRIx64 " %s 0x%" PRIx64 " %s:%s\n", pid, map->start,
      map->end, map->path, at, secret->what, form);
  found++;
}

static void check_needle(const struct mapping *map, uint64_t base,
    const unsigned char *buf, size_t len, size_t at) {
  const struct needle *needle;
  struct secret *secret;
  uint64_t start;
  int i;

  for (i = buckets[hash(buf + at)]; i >= 0; i = needle->next) {
    needle = &needles[i];
    secret = needle->secret;
    if (secret->piece > len - at ||
        memcmp(buf + at, secret->bytes + needle->offset, secret->piece) != 0) {
      continue;
    }

    start = base + at - needle->offset;
    if (start == secret->found_at) {
      continue;
    }

    if (is_whole_at(buf, len, at, needle)) {
      secret->found_at = start;
      report(map, start, secret, "whole");
    } else {
      report(map, base + at, secret, "piece");
    }
  }
}

/* Finds that begin in the first `fresh` bytes; the rest is seen again at the
 * start of the next chunk.
 */
static void scan_buffer(const struct mapping *map, uint64_t base,
    const unsigned char *buf, size_t len, size_t fresh) {
  size_t at;

  for (at = 0; at < fresh && at + PIECE <= len; at++) {
    if (buckets[hash(buf + at)] >= 0) {
      check_needle(map, base, buf, len, at);
    }
  }
}

static void scan_mapping(int mem, const struct mapping *map) {
  static unsigned char buf[CHUNK + MAX_SECRET];
  uint64_t at, step;
  size_t want, fresh;
  ssize_t got;

  for (at = map->start; at < map->end; at += step) {
    want = map->end - at < sizeof(buf) ? (size_t) (map->end - at) : sizeof(buf);
    got = pread(mem, buf, want, (off_t) at);
    if (got <= 0) {
      step = (uint64_t) sysconf(_SC_PAGESIZE);
      continue;
    }

    fresh = (size_t) got < sizeof(buf) ? (size_t) got : CHUNK;
    scan_buffer(map, at, buf, (size_t) got, fresh);
    step = fresh;
  }
}

static bool parse_mapping(char *line, struct mapping *map) {
  char perms[5], *c;
  uint64_t size;
  int at = 0;

  line[strcspn(line, "\n")] = '\0';
  if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &map->start,
          &map->end, perms, &at) < 3) {
    return false;
  }

  (void) snprintf(map->path, sizeof(map->path), "%s",
      line[at] != '\0' ? line + at : "-");
  for (c = map->path; *c != '\0'; c++) {
    if (*c == ' ') {
      *c = '_';
    }
  }

  /* The kernel's own page lies at an address that pread() cannot express. */
  size = map->end - map->start;
  return strcmp(map->path, "[vsyscall]") != 0 &&
      size <= (perms[0] == 'r' ? MAX_MAPPING : MAX_FORBIDDEN);
}

static void scan_process(void) {
  char path[64], line[1024];
  struct mapping map;
  FILE *maps;
  int mem;

  (void) snprintf(path, sizeof(path), "/proc/%s/mem", pid);
  mem = open(path, O_RDONLY | O_CLOEXEC);
  if (mem < 0) {
    die("open", path);
  }

  (void) snprintf(path, sizeof(path), "/proc/%s/maps", pid);
  maps = fopen(path, "re");
  if (maps == NULL) {
    die("open", path);
  }

  while (fgets(line, (int) sizeof(line), maps) != NULL) {
    if (parse_mapping(line, &map)) {
      scan_mapping(mem, &map);
    }
  }

  (void) fclose(maps);
  (void) close(mem);
}

/* The command line is this program's own memory, and not looked at. */
static void add_text_given(const char *text) {
  size_t len = strlen(text);

  if (len < sizeof(uint64_t)) {
    errno = EINVAL;
    die("too short:", text);
  }

  add_secret("given:text", (const unsigned char *) text, len, len);
}

static void add_bytes_of(const char *path) {
  unsigned char bytes[MAX_SECRET];
  FILE *fh = fopen(path, "re");
  char what[128];
  size_t len;

  if (fh == NULL) {
    die("open", path);
  }

  len = fread(bytes, 1, sizeof(bytes), fh);
  (void) fclose(fh);
  (void) snprintf(what, sizeof(what), "%.90s:bytes", base_name(path));
  add_secret(what, bytes, len, PIECE);
}

int main(int argc, char **argv) {
  int i;

  if (argc < 3 || argv[1][strspn(argv[1], "0123456789")] != '\0') {
    fprintf(stderr, "usage: memscan PID KEY.pem|=TEXT|@FILE...\n");
    return EXIT_ERROR;
  }

  pid = argv[1];
  for (i = 0; i < 1 << HASH_BITS; i++) {
    buckets[i] = -1;
  }

  for (i = 2; i < argc; i++) {
    if (argv[i][0] == '=') {
      add_text_given(argv[i] + 1);
    } else if (argv[i][0] == '@') {
      add_bytes_of(argv[i] + 1);
    } else {
      read_keyfile(argv[i]);
    }
  }

  scan_process();
  if (fflush(stdout) != 0) {
    die("write", "standard output");
  }

  return found > 0 ? EXIT_FOUND : EXIT_CLEAN;
}
