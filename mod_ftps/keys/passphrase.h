/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * passphrase.h: the sources of the passphrase of a private key.
 *
 * There are two sources: the program of TLSPassPhraseProvider, which runs each
 * time that a key is read; otherwise the administrator at the terminal, once,
 * when the daemon starts.  A typed passphrase that was right is kept in the
 * daemon's own pages, as a text without owner.  All of them are tried with
 * every encrypted key before the next one is requested, so keys with the same
 * passphrase need it once.
 *
 * Who has which: the daemon keeps the typed ones (private, locked, out of core
 * dumps, read-only); the child that reads keys uses them and runs the program;
 * a session unmaps them when it starts, and has no source from then on.
 *
 * DIAGNOSTICS: `fault` and `remedy` of struct ftps_passphrase, when
 * ftps_passphrase_next() has nothing more to try.
 *
 * Source: doc/contract.md: TLSPassPhraseProvider.
 */
#ifndef FTPS_KEYS_PASSPHRASE_H
#define FTPS_KEYS_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define FTPS_PASSPHRASE_SIZE 1024 /* for one, with its NUL */

struct ftps_daemon;

/* For the daemon or a session; a member of struct ftps_daemon. */
struct ftps_passphrases;

/* Makes it, once, without any passphrase.  Returns 0, or -1 if there is no
 * memory.
 */
int ftps_passphrase_init(struct ftps_daemon *daemon);

/* In the daemon: whether the next reading may ask at the terminal.  True has an
 * effect only if standard input is a terminal.
 */
void ftps_passphrase_allow_terminal(struct ftps_passphrases *own,
    bool is_allowed);

/* Called before and after the reading child runs, in its parent: makes room for
 * what is typed in the child, then copies it into the daemon's pages.
 */
void ftps_passphrase_begin(struct ftps_passphrases *own);
void ftps_passphrase_end(struct ftps_passphrases *own);

/* Locks them in memory, in the process that goes on after a fork. */
void ftps_passphrase_lock(struct ftps_passphrases *own);

/* In a session: removes all passphrases and sources. */
void ftps_passphrase_forget(struct ftps_passphrases *own);

/* The passphrases to try with one file, in the reading child. */
struct ftps_passphrase {
  struct ftps_passphrases *from;
  const char *server;   /* "NAME:PORT" */
  const char *type;     /* "RSA", "EC", "DSA", "PKCS12" */
  const char *path;     /* of the file */
  const char *provider; /* NULL: none */

  char fault[FTPS_ERROR_TEXT_SIZE];  /* the words after "and" */
  char remedy[FTPS_ERROR_TEXT_SIZE]; /* what to do */
  char notice[FTPS_ERROR_TEXT_SIZE]; /* the program's complaint, or empty */
  bool is_for_daemon; /* a session has no source, but the daemon has */

  /* How far it is, and what it returned last. */
  size_t kept_at, typed_at;
  unsigned int tries;
  bool is_typed;
  char text[FTPS_PASSPHRASE_SIZE];
};

/* Returns the next one to try, or NULL. */
const char *ftps_passphrase_next(struct ftps_passphrase *p);

/* The last one was right. */
void ftps_passphrase_accept(const struct ftps_passphrase *p);

#endif /* FTPS_KEYS_PASSPHRASE_H */
