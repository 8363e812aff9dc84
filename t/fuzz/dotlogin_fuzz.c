/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * dotlogin_fuzz.c: a user's .tlslogin (host/control/dotlogin.c), as a file in
 * a directory of its own.  The client's certificate is the last one that the
 * library finds in the file.
 *
 * It is found, unless the file is refused for its size; and no other is.
 */
#include "host/control/dotlogin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "keys/keyfile.h"

#include "privs.h"

#include "t/fuzz/fuzz.h"

#define SIZE_LIMIT 65536

static char directory[] = "/tmp/dotlogin_fuzz.XXXXXX";
static char path[sizeof(directory) + sizeof("/.tlslogin")];

/* ProFTPD and the rest of the module, as far as dotlogin.c asks them. */

int pr_privs_root(const char *file, int line) {
  (void) file;
  (void) line;
  return 0;
}

int pr_privs_relinquish(const char *file, int line) {
  (void) file;
  (void) line;
  return 0;
}

void pr_log_pri(int priority, const char *fmt, ...) {
  (void) priority;
  (void) fmt;
}

int pr_snprintf(char *text, size_t size, const char *fmt, ...) {
  va_list args;
  int res;

  va_start(args, fmt);
  res = vsnprintf(text, size, fmt, args);
  va_end(args);
  return res;
}

int ftps_keyfile_refuse_passphrase(char *text, int size, int is_writing,
    void *arg) {
  (void) text;
  (void) size;
  (void) is_writing;
  (void) arg;
  return -1;
}

static void remove_directory(void) {
  (void) unlink(path);
  (void) rmdir(directory);
}

static void write_file(const uint8_t *data, size_t size) {
  int fd;

  if (path[0] == '\0') {
    CHECK(mkdtemp(directory) != NULL);
    (void) snprintf(path, sizeof(path), "%s/.tlslogin", directory);
    CHECK(atexit(remove_directory) == 0);
  }

  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK(fd >= 0 && write(fd, data, size) == (ssize_t) size);
  (void) close(fd);
}

static X509 *find_last(const uint8_t *data, size_t size, bool *broken_out) {
  BIO *bio = BIO_new_mem_buf(data, (int) size);
  X509 *last = NULL, *next;

  while ((next = PEM_read_bio_X509(bio, NULL, ftps_keyfile_refuse_passphrase,
              NULL)) != NULL) {
    X509_free(last);
    last = next;
  }

  *broken_out =
      size > 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  BIO_free(bio);
  ERR_clear_error();
  return last;
}

/* The same certificate with another signature; an empty one where there is
 * none.  Lower bits of the last byte may be unused, and are lost then.
 */
static X509 *make_other(const X509 *cert) {
  unsigned char *der = NULL;
  const unsigned char *at;
  int len = cert != NULL ? i2d_X509(cert, &der) : 0;
  X509 *other = NULL;

  if (len > 0) {
    at = der;
    der[len - 1] ^= 0x80;
    other = d2i_X509(NULL, &at, len);
  }

  OPENSSL_free(der);
  return other != NULL ? other : X509_new();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct passwd account = { .pw_uid = geteuid(),
    .pw_gid = getegid(),
    .pw_dir = directory };
  bool is_broken = false;
  X509 *wanted = find_last(data, size, &is_broken);
  X509 *other = make_other(wanted);
  struct ftps_error err;

  write_file(data, size);
  ftps_error_clear(&err);
  CHECK(!ftps_dotlogin_has(&account, other, &err));
  if (wanted != NULL) {
    CHECK(ftps_dotlogin_has(&account, wanted, &err) == (size <= SIZE_LIMIT));
  }
  CHECK(ERR_peek_error() == 0);
  CHECK((err.text[0] != '\0') == (size > SIZE_LIMIT || is_broken));

  X509_free(other);
  X509_free(wanted);
  return 0;
}
