/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * list.h: the certificates of names that this process has.
 *
 * The daemon has those that sessions have used; nothing is read before the
 * first use.  Sessions have a copy of the list by fork, and add to their own
 * copy what they read.  A certificate is found by its directory and the name of
 * its folder, in a hash table, so that thousands cost as much as one.
 *
 * This structure is known in named/ only.
 */
#ifndef FTPS_NAMED_LIST_H
#define FTPS_NAMED_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/retry.h"
#include "base/settings.h"
#include "base/stamp.h"
#include "keys/keypair.h"
#include "named/folder.h"
#include "named/request.h"
#include "named/uses.h"

struct ftps_daemon;

/* The files of one layout, and their state when they were read. */
struct ftps_named_files {
  char *certificate, *key;
  struct ftps_stamp stamps[2];
};

/* The certificates of one folder, one of each kind of key. */
struct ftps_named {
  struct ftps_named *next; /* in its bucket */
  struct ftps_named_dir *dir;
  char *name;
  struct ftps_named_files files[FTPS_FOLDER_LAYOUTS];
  struct ftps_keypair *pairs[FTPS_FOLDER_LAYOUTS]; /* NULL: none */
  struct ftps_use_place place; /* uses.h; none in a session's own */
  bool is_stale;               /* read for a configuration before this one */
  bool is_due; /* resources were lacking; the next session asks again */
  bool is_for_sessions; /* no other process can have the key */
  char *told;           /* the last fault that was logged; NULL: none */
};

#define FTPS_NAMED_BUCKETS 1024

/* A server that has the directory; several may have the same place. */
struct ftps_named_user {
  struct ftps_place place;
  bool is_free; /* see keypair.h */
};

struct ftps_named_dir {
  struct ftps_named_dir *next;
  uint32_t serial;
  char *path;
  enum ftps_isolation isolation;
  struct ftps_named_user *users;
  size_t user_count;
  bool is_used; /* while the list is compared with the settings */
  struct ftps_named *buckets[FTPS_NAMED_BUCKETS];
};

/* A key pair that has been replaced: sessions that have its certificate may
 * still need its key.
 */
struct ftps_named_old {
  struct ftps_named_old *next;
  struct ftps_keypair *pair;
  uint32_t until; /* seconds of ftps_clock_ms() */
};

struct ftps_names {
  struct ftps_named_dir *dirs;
  struct ftps_named_old *old;
  struct ftps_uses *uses;
  struct ftps_requests requests;
  uint32_t last_serial;
  uint64_t generation;
  unsigned int added;      /* since others were forgotten */
  struct ftps_retry retry; /* of what lacked resources */
};

uint32_t ftps_names_now(void);

struct ftps_named_dir *ftps_names_add_dir(struct ftps_daemon *daemon,
    const char *path, enum ftps_isolation isolation);
struct ftps_named_dir *ftps_names_find_dir(const struct ftps_daemon *daemon,
    const char *path, enum ftps_isolation isolation);
struct ftps_named_dir *ftps_names_find_serial(const struct ftps_daemon *daemon,
    uint32_t serial);

struct ftps_named *ftps_names_find_entry(const struct ftps_named_dir *dir,
    const char *name);

/* Makes an entry that is not in the list yet.  Returns NULL if there is no
 * memory.  add puts it in front of others of its name.
 */
struct ftps_named *ftps_named_new(struct ftps_named_dir *dir, const char *name);
void ftps_named_add(struct ftps_named *entry);

/* Releases its pairs too.  NULL is allowed. */
void ftps_named_free(struct ftps_named *entry);

/* Releases all entries of a directory that is in no list. */
void ftps_named_free_dir(struct ftps_daemon *daemon,
    struct ftps_named_dir *dir);

/* The state of its files: are there any, and is it that of the last reading?
 * set records it.
 */
struct ftps_named_look {
  struct ftps_stamp stamps[FTPS_FOLDER_LAYOUTS][2];
  bool is_there, is_same;
};
void ftps_named_look(const struct ftps_named *entry,
    struct ftps_named_look *look_out);
void ftps_named_set_look(struct ftps_named *entry,
    const struct ftps_named_look *look);

/* Calls `act` for each entry. */
void ftps_names_walk(const struct ftps_daemon *daemon,
    void (*act)(void *arg, struct ftps_named *entry), void *arg);

bool ftps_named_has_pair(const struct ftps_named *entry);

#endif /* FTPS_NAMED_LIST_H */
