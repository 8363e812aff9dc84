/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * passphrase.h: where the passphrase of a private key comes from.
 *
 * Two sources: the program of TLSPassPhraseProvider, asked
 * anew each time that a key is read; else the administrator at the terminal,
 * asked once, when the daemon starts.  What was typed and did fit is kept in
 * pages of the daemon's own, as texts without owner: a passphrase is tried with
 * every encrypted key before the next one is asked for, so keys that share one
 * need it once.
 *
 * Who has what: the daemon keeps the typed ones (private, locked, out of core
 * dumps, read-only); the child that reads keys uses them and runs the program;
 * a session unmaps them when it starts and has no source from then on.
 *
 * DIAGNOSTICS: `fault` and `remedy` of struct ftps_passphrase, when
 * ftps_passphrase_next() has nothing more to offer.
 *
 * Source: contract section 1, TLSPassPhraseProvider; issue 3.
 */
#ifndef FTPS_KEYS_PASSPHRASE_H
#define FTPS_KEYS_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define FTPS_PASSPHRASE_SIZE 1024 /* of one, with its NUL */

struct ftps_daemon;

/* Of the daemon, or of a session; a member of struct ftps_daemon. */
struct ftps_passphrases;

/* Makes it, once, without any passphrase.  Returns 0, or -1 without memory. */
int ftps_passphrase_init(struct ftps_daemon *daemon);

/* In the daemon.  Whether the terminal may be asked by what is read next; true
 * has an effect only where standard input is a terminal.
 */
void ftps_passphrase_allow_terminal(struct ftps_passphrases *own,
    bool is_allowed);

/* Around the life of the reading child, in its parent: room for what is typed
 * there, then into the daemon's pages with it.
 */
void ftps_passphrase_begin(struct ftps_passphrases *own);
void ftps_passphrase_end(struct ftps_passphrases *own);

/* Locks in memory, in the process that goes on after a fork. */
void ftps_passphrase_lock(struct ftps_passphrases *own);

/* In a session: no passphrase and no source any more. */
void ftps_passphrase_forget(struct ftps_passphrases *own);

/* The passphrases to try with one file, in the reading child. */
struct ftps_passphrase {
  struct ftps_passphrases *from;
  const char *server;   /* "NAME:PORT" */
  const char *type;     /* "RSA", "EC", "DSA", "PKCS12" */
  const char *path;     /* of the file */
  const char *provider; /* NULL: none */

  char fault[FTPS_ERROR_TEXT_SIZE];  /* what comes behind "and" */
  char remedy[FTPS_ERROR_TEXT_SIZE]; /* what to do */
  char notice[FTPS_ERROR_TEXT_SIZE]; /* the program's complaint, or empty */
  bool is_for_daemon; /* a session that has no source, but the daemon has */

  /* How far it is, and what it has offered last. */
  size_t kept_at, typed_at;
  unsigned int tries;
  bool is_typed;
  char text[FTPS_PASSPHRASE_SIZE];
};

/* The next one to try, or NULL. */
const char *ftps_passphrase_next(struct ftps_passphrase *p);

/* The last one did fit. */
void ftps_passphrase_accept(const struct ftps_passphrase *p);

#endif /* FTPS_KEYS_PASSPHRASE_H */
