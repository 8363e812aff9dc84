/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dh.c: see dh.h.
 *
 * Parameters are in PEM files, often after a certificate and its key.  The
 * library gets only the blocks with parameters, so no key is decoded here, and
 * the text of the file is wiped.
 */
#include "keys/dh.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "base/fds.h"
#include "log/log.h"

#include "conf.h"

/* Enough for many parameters.  What comes after it is not read. */
#define FILE_SIZE_MAX (256 * 1024)

#define BEGIN_BLOCK "-----BEGIN "
#define END_OF_NAME "DH PARAMETERS-----"

/* Security levels of the library at which 2048 bits are too few, and 3072. */
#define LONG_GROUP_LEVEL 3
#define NO_GROUP_LEVEL   4

/* What has been found so far. */
struct choice {
  int wanted; /* bits */
  bool allow_weak;
  EVP_PKEY *best;              /* owned */
  size_t found, weak, damaged; /* in the file that is read */
};

/* Returns the text of the file, which the caller wipes and frees, or NULL with
 * `err` set.
 */
static char *read_file(const char *path, size_t *len_out,
    struct ftps_error *err) {
  int fd = ftps_fds_open_file(path);
  char *text = NULL;
  ssize_t got = -1;
  struct stat st;

  if (fd < 0 || fstat(fd, &st) < 0) {
    ftps_error_set_errno(err, errno, "TLSDHParamFile %s: cannot be read", path);
  } else if (S_ISDIR(st.st_mode)) {
    ftps_error_set(err,
        "TLSDHParamFile %s: is not a file of DH parameters; make one with "
        "\"openssl dhparam\"",
        path);
  } else if ((text = OPENSSL_zalloc(FILE_SIZE_MAX + 1)) != NULL) {
    /* A device such as /dev/null has no parameters. */
    got = S_ISREG(st.st_mode) ? read(fd, text, FILE_SIZE_MAX) : 0;
  }

  if (fd >= 0) {
    (void) close(fd);
  }
  if (text != NULL && got < 0) {
    ftps_error_set_errno(err, errno, "TLSDHParamFile %s: cannot be read", path);
    OPENSSL_clear_free(text, FILE_SIZE_MAX + 1);
    text = NULL;
  }

  *len_out = got > 0 ? (size_t) got : 0;
  return text;
}

/* True if `b` is better than `a`, which may be NULL. */
static bool is_better(const struct choice *choice, const EVP_PKEY *b) {
  int have = choice->best != NULL ? EVP_PKEY_get_bits(choice->best) : 0;
  int bits = EVP_PKEY_get_bits(b);

  if (have >= choice->wanted) {
    return bits >= choice->wanted && bits < have;
  }

  return bits > have;
}

static void consider(struct choice *choice, EVP_PKEY *dh) {
  choice->found++;
  if (EVP_PKEY_get_bits(dh) < FTPS_DH_MIN_BITS && !choice->allow_weak) {
    choice->weak++;
  } else if (is_better(choice, dh)) {
    EVP_PKEY_free(choice->best);
    choice->best = dh;
    return;
  }

  EVP_PKEY_free(dh);
}

static EVP_PKEY *parse_block(const char *text, size_t len) {
  BIO *bio = BIO_new_mem_buf(text, len < INT_MAX ? (int) len : INT_MAX);
  EVP_PKEY *dh = NULL;

  if (bio != NULL) {
    dh = PEM_read_bio_Parameters(bio, NULL);
    BIO_free(bio);
  }

  return dh;
}

static void read_blocks(struct choice *choice, const char *text, size_t len) {
  const char *at = text;

  choice->found = choice->weak = choice->damaged = 0;
  while ((at = strstr(at, BEGIN_BLOCK)) != NULL) {
    size_t name = strcspn(at, "\r\n");
    EVP_PKEY *dh;

    if (name < sizeof(END_OF_NAME) ||
        strncmp(at + name - strlen(END_OF_NAME), END_OF_NAME,
            strlen(END_OF_NAME)) != 0) {
      at += name;
      continue;
    }

    dh = parse_block(at, len - (size_t) (at - text));
    if (dh == NULL) {
      ERR_clear_error();
      choice->damaged++;
    } else {
      consider(choice, dh);
    }
    at += name;
  }
}

/* A file that cannot be used is no reason not to start: OpenSSL has groups of
 * its own.
 */
static void warn_unused(const struct choice *choice, const char *path) {
  const char *what = NULL;

  if (choice->damaged > 0) {
    what = "has damaged DH parameters, which are not used; make new ones";
  } else if (choice->found == 0) {
    what = "there are no DH parameters in it, so it has no effect; make some";
  }

  if (what != NULL) {
    ftps_log_admin(PR_LOG_WARNING,
        "TLSDHParamFile %s: %s with \"openssl dhparam -out %s 2048\"", path,
        what, path);
  }

  if (choice->found > 0 && choice->found == choice->weak) {
    ftps_log_admin(PR_LOG_WARNING,
        "TLSDHParamFile %s: its parameters have less than %d bits and are not "
        "used; make new ones with \"openssl dhparam\", or set TLSOptions "
        "AllowWeakDH",
        path, FTPS_DH_MIN_BITS);
  }
}

static int read_one(struct choice *choice, const char *path,
    struct ftps_error *err) {
  size_t len;
  char *text = read_file(path, &len, err);

  if (text == NULL) {
    ftps_error_set_errno(err, ENOMEM, "TLSDHParamFile %s", path);
    return -1;
  }

  read_blocks(choice, text, len);
  OPENSSL_clear_free(text, FILE_SIZE_MAX + 1);
  warn_unused(choice, path);
  return 0;
}

/* The size of the shortest RSA or DSA key; other keys do not work with DHE. */
static int bits_of_certificates(SSL_CTX *ctx) {
  long which = SSL_CERT_SET_FIRST;
  int bits = 0;

  while (SSL_CTX_set_current_cert(ctx, which) == 1) {
    EVP_PKEY *key = X509_get0_pubkey(SSL_CTX_get0_certificate(ctx));
    int type = EVP_PKEY_get_base_id(key), own = EVP_PKEY_get_bits(key);

    if ((type == EVP_PKEY_RSA || type == EVP_PKEY_DSA) &&
        (bits == 0 || own < bits)) {
      bits = own;
    }
    which = SSL_CERT_SET_NEXT;
  }

  return bits > 0 ? bits : FTPS_DH_MIN_BITS;
}

/* A group of RFC 7919. */
static EVP_PKEY *make_group(bool is_long) {
  char name[] = "ffdhe2048", long_name[] = "ffdhe3072";
  OSSL_PARAM params[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
        is_long ? long_name : name, 0),
    OSSL_PARAM_construct_end()
  };
  EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
  EVP_PKEY *dh = NULL;

  if (making == NULL || EVP_PKEY_fromdata_init(making) != 1 ||
      EVP_PKEY_fromdata(making, &dh, EVP_PKEY_KEY_PARAMETERS, params) != 1) {
    dh = NULL;
  }

  EVP_PKEY_CTX_free(making);
  return dh;
}

/* What a handshake costs grows with the cube of the bits. */
static void warn_cost(const SSL_CTX *ctx, int bits) {
  const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
  int i = 0;

  while (i < sk_SSL_CIPHER_num(ciphers) &&
      SSL_CIPHER_get_kx_nid(sk_SSL_CIPHER_value(ciphers, i)) != NID_kx_dhe) {
    i++;
  }

  if (bits > FTPS_DH_MIN_BITS && i < sk_SSL_CIPHER_num(ciphers)) {
    ftps_log_admin(PR_LOG_WARNING,
        "DHE ciphers with %d bits take many times the CPU time of others, "
        "which a client can cause before its login; append \":!DHE\" to "
        "TLSCipherSuite, or remove TLSDHParamFile",
        bits);
  }
}

/* Takes over `dh`. */
static int use_parameters(SSL_CTX *ctx, EVP_PKEY *dh) {
  int bits = EVP_PKEY_get_bits(dh);

  (void) SSL_CTX_set_dh_auto(ctx, 0);
  if (SSL_CTX_set0_tmp_dh_pkey(ctx, dh) == 1) {
    warn_cost(ctx, bits);
    return 0;
  }

  EVP_PKEY_free(dh);
  return -1;
}

/* With TLSOptions AllowWeakDH they have passed our own limit. */
static void warn_refused(const SSL_CTX *ctx, int bits) {
  int level = SSL_CTX_get_security_level(ctx);

  ERR_clear_error();
  ftps_log_admin(PR_LOG_WARNING,
      "TLSDHParamFile: parameters of %d bits cannot be used at OpenSSL's "
      "security level %d, and are not; make longer ones with \"openssl "
      "dhparam\"%s",
      bits, level, level > 0 ? ", or set TLSOptions AllowWeakSecurity" : "");
}

/* TLSOptions AllowWeakDH with a short key: a prime as short as that. */
static int use_library(SSL_CTX *ctx) {
  (void) SSL_CTX_set_dh_auto(ctx, 1);
  return 0;
}

/* Left to itself the library takes up to 8192 bits, depending on the
 * certificate, which costs 100 ms of CPU before anybody has logged in.  From
 * level 4 on it forbids 3072, so that there is no DHE.
 */
static int use_own_group(SSL_CTX *ctx, struct ftps_error *err) {
  int level = SSL_CTX_get_security_level(ctx);
  EVP_PKEY *dh =
      level < NO_GROUP_LEVEL ? make_group(level == LONG_GROUP_LEVEL) : NULL;

  (void) SSL_CTX_set_dh_auto(ctx, 0);
  if (dh != NULL && use_parameters(ctx, dh) < 0) {
    ftps_error_set_ssl(err, "choosing a group for DHE ciphers");
    return -1;
  }

  return 0;
}

int ftps_dh_set(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct choice choice = { .wanted = bits_of_certificates(ctx),
    .allow_weak = (settings->options & FTPS_OPT_ALLOW_WEAK_DH) != 0 };
  bool is_weak = choice.wanted < FTPS_DH_MIN_BITS && !choice.allow_weak;

  if (is_weak) {
    choice.wanted = FTPS_DH_MIN_BITS;
  }

  for (size_t i = 0; i < settings->dh_files.count; i++) {
    if (read_one(&choice, settings->dh_files.texts[i], err) < 0) {
      EVP_PKEY_free(choice.best);
      return -1;
    }
  }

  if (choice.best != NULL) {
    int bits = EVP_PKEY_get_bits(choice.best);

    if (use_parameters(ctx, choice.best) == 0) {
      return 0;
    }
    warn_refused(ctx, bits);
  }

  return choice.wanted < FTPS_DH_MIN_BITS ? use_library(ctx)
                                          : use_own_group(ctx, err);
}
