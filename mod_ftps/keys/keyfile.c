/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyfile.c: see keyfile.h.
 */
#include "keys/keyfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "base/fds.h"
#include "keys/modes.h"
#include "keys/passphrase.h"

#define FILE_SIZE_MAX (4 * 1024 * 1024)

void ftps_keyfile_set_fault(const struct ftps_keyfile *file, const char *fault,
    const char *remedy) {
  ftps_error_set(file->error, "%s %s: %s; %s", file->directive, file->path,
      fault, remedy);
}

static int check_file(int fd, const struct ftps_keyfile *file) {
  struct stat st;

  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
    ftps_keyfile_set_fault(file, "is not a regular file", "name a PEM file");
    return -1;
  }

  if ((st.st_mode & S_IWOTH) && !ftps_modes_are_fixed(file->path)) {
    ftps_keyfile_set_fault(file, "is world-writable", "run chmod o-w on it");
    return -1;
  }

  if (st.st_size > FILE_SIZE_MAX) {
    ftps_keyfile_set_fault(file, "is larger than 4 MiB", "name a PEM file");
    return -1;
  }

  return 0;
}

static void set_errno(const struct ftps_keyfile *file, int xerrno,
    const char *remedy) {
  ftps_keyfile_set_fault(file, strerror(xerrno), remedy);
  ftps_error_note(file->error, xerrno);
}

/* Returns NULL, with the fault set, unless the whole file was read. */
static BIO *read_all(int fd, const struct ftps_keyfile *file) {
  BIO *bio = BIO_new(BIO_s_mem());
  char chunk[4096];
  ssize_t got = 0;

  while (bio != NULL && (got = read(fd, chunk, sizeof(chunk))) > 0) {
    if (BIO_write(bio, chunk, (int) got) != got) {
      BIO_free(bio);
      bio = NULL;
    }
  }

  if (bio == NULL) {
    set_errno(file, ENOMEM, "see what takes it all");

  } else if (got < 0) {
    set_errno(file, errno, "see what is wrong with its file system");
    BIO_free(bio);
    bio = NULL;
  }

  OPENSSL_cleanse(chunk, sizeof(chunk));
  return bio;
}

BIO *ftps_keyfile_open(const struct ftps_keyfile *file) {
  int fd = ftps_fds_open_file(file->path);
  BIO *bio;

  if (fd < 0) {
    ftps_error_set_path(file->error, file->directive, file->path, errno);
    return NULL;
  }

  bio = check_file(fd, file) == 0 ? read_all(fd, file) : NULL;
  (void) close(fd);
  return bio;
}

int ftps_keyfile_refuse_passphrase(char *buf, int size, int writing,
    void *is_asked) {
  (void) buf;
  (void) size;
  (void) writing;
  if (is_asked != NULL) {
    *((bool *) is_asked) = true;
  }

  return -1;
}

static int give_passphrase(char *buf, int size, int writing, void *arg) {
  const char *text = arg;
  size_t len = strlen(text);

  (void) writing;
  if (size < 0 || len > (size_t) size) {
    return -1;
  }

  /* NOLINTNEXTLINE: the library expects no NUL */
  memcpy(buf, text, len);
  return (int) len;
}

static void begin_passphrases(struct ftps_passphrase *p,
    const struct ftps_keyfile *file) {
  memset(p, 0, sizeof(*p));
  p->from = file->passphrases;
  p->server = file->server;
  p->type = file->type;
  p->path = file->path;
  p->provider = file->provider;
}

static void accept_passphrase(const struct ftps_passphrase *p,
    const struct ftps_keyfile *file) {
  ftps_passphrase_accept(p);
  (void) snprintf(file->warning, FTPS_ERROR_TEXT_SIZE, "%s", p->notice);
  ERR_clear_error();
}

static void refuse_encrypted(struct ftps_passphrase *p,
    struct ftps_keyfile *file) {
  char fault[FTPS_ERROR_TEXT_SIZE];

  (void) snprintf(fault, sizeof(fault),
      "the private key is encrypted, and %.512s", p->fault);
  ftps_keyfile_set_fault(file, fault, p->remedy);
  file->is_for_daemon = p->is_for_daemon;
}

static EVP_PKEY *decrypt_key(struct ftps_keyfile *file, const char *text,
    long len) {
  struct ftps_passphrase p;
  EVP_PKEY *key = NULL;
  const char *passphrase;

  begin_passphrases(&p, file);
  while (key == NULL && (passphrase = ftps_passphrase_next(&p)) != NULL) {
    BIO *bio = BIO_new_mem_buf(text, (int) len);
    union {
      const char *in;
      void *out;
    } arg = { .in = passphrase };

    key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, arg.out);
    BIO_free(bio);
  }

  if (key != NULL) {
    accept_passphrase(&p, file);
  } else {
    refuse_encrypted(&p, file);
  }

  return key;
}

EVP_PKEY *ftps_keyfile_read_key(struct ftps_keyfile *file) {
  bool is_encrypted = false;
  EVP_PKEY *key = NULL;
  char *text;
  long len;
  BIO *bio, *copy;

  bio = ftps_keyfile_open(file);
  if (bio == NULL) {
    return NULL;
  }

  len = BIO_get_mem_data(bio, &text);
  copy = BIO_new_mem_buf(text, (int) len);
  key = PEM_read_bio_PrivateKey(copy, NULL, ftps_keyfile_refuse_passphrase,
      &is_encrypted);
  if (key == NULL && is_encrypted) {
    key = decrypt_key(file, text, len);

  } else if (key == NULL) {
    ftps_keyfile_set_fault(file, "holds no readable private key in PEM form",
        "name the file with the private key, or make it with \"openssl "
        "genpkey\"");
  }

  BIO_free(copy);
  BIO_free(bio);
  return key;
}

/* Returns 1 if it is open, 0 if another passphrase is needed, -1 if it cannot
 * be used.
 */
static int open_store(PKCS12 *p12, const char *passphrase,
    struct ftps_keyfile_store *store) {
  if (PKCS12_mac_present(p12) != 0 &&
      PKCS12_verify_mac(p12, passphrase, -1) != 1 &&
      (*passphrase != '\0' || PKCS12_verify_mac(p12, NULL, 0) != 1)) {
    return 0;
  }

  if (PKCS12_parse(p12, passphrase, &store->key, &store->leaf, &store->chain) ==
      1) {
    return 1;
  }

  /* Without a MAC, a wrong passphrase is noticed only at the contents. */
  return PKCS12_mac_present(p12) ? -1 : 0;
}

static int decrypt_store(struct ftps_keyfile *file, PKCS12 *p12,
    struct ftps_keyfile_store *store) {
  int res = open_store(p12, "", store);
  struct ftps_passphrase p;
  const char *passphrase;

  begin_passphrases(&p, file);
  while (res == 0 && (passphrase = ftps_passphrase_next(&p)) != NULL) {
    res = open_store(p12, passphrase, store);
  }

  if (res == 1) {
    accept_passphrase(&p, file);
    return 0;
  }

  if (res == 0) {
    refuse_encrypted(&p, file);
  } else {
    ftps_keyfile_set_fault(file,
        "its contents cannot be decrypted by this OpenSSL",
        "make it anew with \"openssl pkcs12 -export\"");
  }

  return -1;
}

int ftps_keyfile_read_store(struct ftps_keyfile *file,
    struct ftps_keyfile_store *store) {
  BIO *bio = ftps_keyfile_open(file);
  PKCS12 *p12;
  int res = -1;

  memset(store, 0, sizeof(*store));
  if (bio == NULL) {
    return -1;
  }

  p12 = d2i_PKCS12_bio(bio, NULL);
  BIO_free(bio);
  if (p12 == NULL) {
    ftps_keyfile_set_fault(file, "is not a PKCS#12 file",
        "make one with \"openssl pkcs12 -export\"");
    return -1;
  }

  /* Most such files are encrypted with RC2 of 40 bits.  Only this process loads
   * the provider for it.
   */
  (void) OSSL_PROVIDER_try_load(NULL, "legacy", 1);
  if (decrypt_store(file, p12, store) == 0) {
    res = 0;
    if (store->key == NULL || store->leaf == NULL) {
      ftps_keyfile_set_fault(file, "lacks the certificate or its private key",
          "make it anew with \"openssl pkcs12 -export\"");
      file->error->is_of_server = true; /* mod_tls starts with it */
      res = -1;
    }
  }

  PKCS12_free(p12);
  return res;
}
