/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * daemon.h: what the daemon owns.
 *
 * There is one such structure.  It is made when the module is loaded, survives
 * SIGHUP, and sessions have a copy of it by fork.  Each member belongs to the
 * file in its comment: only that file knows the member's type, sets it and
 * frees it.
 *
 * Functions that ProFTPD or other modules call, in host/, mod_ftps.c and
 * cache/caches.c, get the structure from ftps_daemon_get0().  Everybody else
 * gets it as an argument, or from a TLS context (base/ctx_index.h).
 */
#ifndef FTPS_BASE_DAEMON_H
#define FTPS_BASE_DAEMON_H

#include <stdbool.h>

#include <openssl/x509.h>

struct ftps_budget;
struct ftps_context_hooks;
struct ftps_counts;
struct ftps_caches;
struct ftps_client_context;
struct ftps_clients;
struct ftps_keepers;
struct ftps_keyarea;
struct ftps_mod_tls_store;
struct ftps_names;
struct ftps_notices;
struct ftps_passphrases;
struct ftps_permits;
struct ftps_provider;
struct ftps_random_seeds;
struct ftps_reachable;
struct ftps_refused;
struct ftps_renewals;
struct ftps_responder;
struct ftps_sealkeys;
struct ftps_staple;
struct ftps_tickets;
struct ftps_trust;
struct ftps_trust_answers;
struct ftps_vhosts;
struct ftps_wake_call;

struct ftps_daemon {
  bool is_session; /* this process is a session, and leaves some work to the
                    * daemon */

  struct ftps_vhosts *vhosts; /* vhost/vhosts.c */

  /* Notices for the administrator, and refused directives; files of
   * TLSRandomSeed; memory of TLSControlsACLs.
   */
  struct ftps_notices *notices;    /* host/daemon/notices.c */
  struct ftps_refused *refused;    /* host/config/refused.c */
  struct ftps_random_seeds *seeds; /* host/daemon/random_seed.c */
  struct pool_rec *acl_pool;       /* host/config/controls_acl.c */

  /* host/daemon/events.c */
  bool is_restarting;      /* from SIGHUP until the configuration is read */
  bool is_read_only;       /* the configuration; the daemon has not started */
  bool is_hearing;         /* while the configuration is read */
  bool is_waiting;         /* for OCSP responders */
  bool is_unfinished;      /* a check of all files */
  bool is_reading;         /* host/daemon/check.c reads changed files */
  void *filling;           /* host/daemon/heap.c: what fills the heap's holes */
  bool is_going_on;        /* the timer for these */
  bool hides_records;      /* from the real mod_tls, during postparse */
  bool has_hidden;         /* host/config/hidden.c */
  bool is_looking;         /* whether a session has requested a check of the
                            * files */
  unsigned int looks_left; /* how many checks sessions may still request */

  /* host/data/sendfile.c: whether the kernel was tested for TLS records, and
   * can make them.
   */
  bool is_kernel_asked, is_kernel_able;

  /* Functions of higher folders, set by mod_ftps.c. client_verified gets the
   * result for each certificate in a client's chain: X509_V_OK, or why not.
   */
  const struct ftps_context_hooks *hooks;        /* vhost/context.h */
  void (*make_room)(struct ftps_daemon *daemon); /* host/daemon/heap.h */
  void (*client_verified)(int error);            /* trust/verify_client.c */

  /* Secrets: all key areas, which of their slots a session may need, the
   * passphrases that were typed, and the secrets that seal values in caches.
   */
  struct ftps_keyarea *areas;           /* keys/keyarea.c */
  struct ftps_reachable *reachable;     /* keys/reachable.c */
  struct ftps_passphrases *passphrases; /* keys/passphrase.c */
  struct ftps_sealkeys *sealkeys;       /* cache/sealkey.c */

  struct ftps_tickets *tickets; /* tickets/tickets.c */

  /* Open caches, and the data of caches made for mod_tls. */
  struct ftps_caches *caches;         /* cache/caches.c */
  struct ftps_mod_tls_store *mod_tls; /* cache/mod_tls_cache.c */

  /* Keys that a process of their own has: what sessions may request from it,
   * and the provider through which OpenSSL does so.
   */
  struct ftps_keepers *keepers;   /* keys/signer/keeper.c */
  struct ftps_permits *permits;   /* keys/signer/permit.c */
  struct ftps_provider *provider; /* keys/signer/provider.c */
  void (*forget_tickets)(struct ftps_tickets *tickets); /* signers need none */
  void (*set_title)(const char *title); /* of a process, as ps shows it */

  /* Lists of certificates and their responders. */
  struct ftps_staple *staples;       /* ocsp/stapling.c */
  struct ftps_responder *responders; /* ocsp/responder.c */

  /* The trusted CAs of servers; NULL: read when they are needed. */
  struct ftps_trust *trusts;          /* trust/shared.c */
  X509_STORE *default_cas;            /* trust/verify_client.c */
  struct ftps_trust_answers *answers; /* trust/verify_ocsp.c */
  struct ftps_client_context *client; /* vhost/client_context.c */

  struct ftps_names *names; /* named/list.c: certificates of names */

  /* vhost/offer.c: the groups of servers that name none; NULL: not chosen.  The
   * same with a hybrid one last; NULL: the library has none.  The first list
   * with P-521, for servers that ask for client certificates.
   */
  char *groups;
  char *plain_groups;
  char *asking_groups;

  /* log/keylog.c, in a session: the open TLSKeyLogFile; NULL: none. */
  char *keylog_path;
  int keylog_fd;

  struct ftps_wake_call *wake; /* base/wake.c */

  /* Handshakes without a login, over all sessions; NULL: not limited. */
  struct ftps_budget *budget; /* host/control/budget.c */

  /* What all processes have counted; NULL: there was no memory. */
  struct ftps_counts *counts;   /* counts/counts.c */
  struct ftps_clients *clients; /* counts/clients.c */

  /* Which certificates were in use; NULL: not noted yet. */
  struct ftps_renewals *renewals; /* host/daemon/renewals.c */
};

struct ftps_daemon *ftps_daemon_get0(void);

#endif /* FTPS_BASE_DAEMON_H */
