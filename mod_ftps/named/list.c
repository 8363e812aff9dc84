/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * list.c: see list.h.
 */
#include "named/list.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/daemon.h"

uint32_t ftps_names_now(void) {
  return (uint32_t) (ftps_clock_ms() / 1000);
}

struct ftps_named_dir *ftps_names_find_dir(const struct ftps_daemon *daemon,
    const char *path, enum ftps_isolation isolation) {
  struct ftps_named_dir *dir =
      daemon->names != NULL ? daemon->names->dirs : NULL;

  while (dir != NULL &&
      (dir->isolation != isolation || strcmp(dir->path, path) != 0)) {
    dir = dir->next;
  }

  return dir;
}

struct ftps_named_dir *ftps_names_find_serial(const struct ftps_daemon *daemon,
    uint32_t serial) {
  struct ftps_named_dir *dir =
      daemon->names != NULL ? daemon->names->dirs : NULL;

  while (dir != NULL && dir->serial != serial) {
    dir = dir->next;
  }

  return dir;
}

static struct ftps_names *names_of(struct ftps_daemon *daemon) {
  struct ftps_names *names = daemon->names;

  if (names != NULL) {
    return names;
  }

  names = OPENSSL_zalloc(sizeof(*names));
  if (names == NULL) {
    return NULL;
  }

  names->uses = ftps_uses_new();
  if (names->uses == NULL) {
    OPENSSL_free(names);
    return NULL;
  }

  ftps_requests_init(&names->requests);
  daemon->names = names;
  return names;
}

struct ftps_named_dir *ftps_names_add_dir(struct ftps_daemon *daemon,
    const char *path, enum ftps_isolation isolation) {
  struct ftps_names *names = names_of(daemon);
  struct ftps_named_dir *dir = OPENSSL_zalloc(sizeof(*dir));

  if (names == NULL || dir == NULL ||
      (dir->path = OPENSSL_strdup(path)) == NULL) {
    OPENSSL_free(dir);
    return NULL;
  }

  dir->isolation = isolation;
  dir->serial = ++names->last_serial;
  dir->next = names->dirs;
  names->dirs = dir;
  return dir;
}

/* FNV-1a.  Whoever chooses names that collide gets a longer list; it has
 * FTPS_USES_MAX entries at most, of folders that exist.
 */
static size_t bucket_of(const char *name) {
  uint32_t hash = 2166136261U;

  for (; *name != '\0'; name++) {
    hash = (hash ^ (unsigned char) *name) * 16777619U;
  }

  return hash % FTPS_NAMED_BUCKETS;
}

struct ftps_named *ftps_names_find_entry(const struct ftps_named_dir *dir,
    const char *name) {
  struct ftps_named *entry = dir->buckets[bucket_of(name)];

  while (entry != NULL && strcmp(entry->name, name) != 0) {
    entry = entry->next;
  }

  return entry;
}

struct ftps_named *ftps_named_new(struct ftps_named_dir *dir,
    const char *name) {
  struct ftps_named *entry = OPENSSL_zalloc(sizeof(*entry));
  int res = 0;

  if (entry == NULL) {
    return NULL;
  }

  entry->dir = dir;
  entry->name = OPENSSL_strdup(name);
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS && res == 0; i++) {
    res = ftps_folder_paths(dir->path, name, i, &entry->files[i].certificate,
        &entry->files[i].key);
  }
  if (entry->name == NULL || res < 0) {
    ftps_named_free(entry);
    return NULL;
  }

  return entry;
}

void ftps_named_add(struct ftps_named *entry) {
  struct ftps_named **bucket = &entry->dir->buckets[bucket_of(entry->name)];

  entry->next = *bucket;
  *bucket = entry;
}

void ftps_named_free(struct ftps_named *entry) {
  if (entry == NULL) {
    return;
  }

  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    OPENSSL_free(entry->files[i].certificate);
    OPENSSL_free(entry->files[i].key);
    ftps_keypair_unref(entry->pairs[i]);
  }
  OPENSSL_free(entry->name);
  OPENSSL_free(entry->told);
  OPENSSL_free(entry);
}

void ftps_named_free_dir(struct ftps_daemon *daemon,
    struct ftps_named_dir *dir) {
  for (size_t i = 0; i < FTPS_NAMED_BUCKETS; i++) {
    while (dir->buckets[i] != NULL) {
      struct ftps_named *entry = dir->buckets[i];

      dir->buckets[i] = entry->next;
      ftps_uses_take_back(daemon->names->uses, &entry->place);
      ftps_named_free(entry);
    }
  }

  OPENSSL_free(dir->users);
  OPENSSL_free(dir->path);
  OPENSSL_free(dir);
}

/* A stamp keeps no path, which would have to live as long. */
static bool take_stamp(const char *path, struct ftps_stamp *stamp,
    const struct ftps_stamp *before) {
  struct ftps_stamps now = { .n = 0 }, known = { .n = 1 };

  ftps_stamps_add(&now, path);
  *stamp = now.list[0];
  stamp->path = NULL;
  known.list[0] = *before;
  return ftps_stamps_are_equal(&now, &known);
}

void ftps_named_look(const struct ftps_named *entry,
    struct ftps_named_look *look_out) {
  look_out->is_there = false;
  look_out->is_same = true;
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    const struct ftps_named_files *files = &entry->files[i];
    struct ftps_stamp *now = look_out->stamps[i];
    bool is_same = take_stamp(files->certificate, &now[0], &files->stamps[0]);

    /* Without a certificate the key does not matter. */
    if (now[0].ino == 0) {
      memset(&now[1], 0, sizeof(now[1]));
    } else {
      is_same &= take_stamp(files->key, &now[1], &files->stamps[1]);
      look_out->is_there = true;
    }
    look_out->is_same &= is_same;
  }
}

void ftps_named_set_look(struct ftps_named *entry,
    const struct ftps_named_look *look) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    memcpy(entry->files[i].stamps, look->stamps[i],
        sizeof(entry->files[i].stamps));
  }
}

static void walk_dir(const struct ftps_named_dir *dir,
    void (*act)(void *arg, struct ftps_named *entry), void *arg) {
  for (size_t i = 0; i < FTPS_NAMED_BUCKETS; i++) {
    for (struct ftps_named *e = dir->buckets[i]; e != NULL; e = e->next) {
      act(arg, e);
    }
  }
}

void ftps_names_walk(const struct ftps_daemon *daemon,
    void (*act)(void *arg, struct ftps_named *entry), void *arg) {
  const struct ftps_named_dir *d =
      daemon->names != NULL ? daemon->names->dirs : NULL;

  for (; d != NULL; d = d->next) {
    walk_dir(d, act, arg);
  }
}

bool ftps_named_has_pair(const struct ftps_named *entry) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    if (entry->pairs[i] != NULL) {
      return true;
    }
  }

  return false;
}
