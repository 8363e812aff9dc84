/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyfile.h: reads the files that hold certificates and private keys.
 *
 * Used only in the process of keychild.c, which exits afterwards, so the copies
 * that parsing leaves in the heap are not wiped.
 *
 * DIAGNOSTICS: every text names directive, file, fault and remedy, because it
 * becomes the one line that an administrator sees.
 */
#ifndef FTPS_KEYS_KEYFILE_H
#define FTPS_KEYS_KEYFILE_H

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/error.h"

struct ftps_passphrases;

/* One file, and what is wrong with it. */
struct ftps_keyfile {
  const char *directive;
  const char *path;

  /* For its passphrase; see passphrase.h. */
  struct ftps_passphrases *passphrases;
  const char *server;
  const char *type;
  const char *provider;

  struct ftps_error *error;
  char *warning; /* FTPS_ERROR_TEXT_SIZE bytes */

  /* Encrypted.  This process is a session, which has no passphrase, but the
   * daemon may have it.
   */
  bool is_for_daemon;
};

/* The contents of a PKCS#12 file; the chain may be NULL. */
struct ftps_keyfile_store {
  EVP_PKEY *key;
  X509 *leaf;
  STACK_OF(X509) * chain;
};

void ftps_keyfile_set_fault(const struct ftps_keyfile *file, const char *fault,
    const char *remedy);

/* The file as a memory BIO, or NULL. */
BIO *ftps_keyfile_open(const struct ftps_keyfile *file);

/* PEM_read_bio_*() must never use the terminal by themselves. */
int ftps_keyfile_refuse_passphrase(char *buf, int size, int writing,
    void *is_asked);

/* From PEM, decrypted.  Returns NULL with the fault set on failure. */
EVP_PKEY *ftps_keyfile_read_key(struct ftps_keyfile *file);
int ftps_keyfile_read_store(struct ftps_keyfile *file,
    struct ftps_keyfile_store *store);

#endif /* FTPS_KEYS_KEYFILE_H */
