/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * keyarea.c: see keyarea.h.
 *
 * MAP_PRIVATE, never shared: a session that was taken over must not be able to
 * replace the daemon's keys.
 */
#include "keys/keyarea.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/daemon.h"
#include "base/pages.h"
#include "keys/keynumbers.h"

#define GROWING_SLOTS 128

enum slot_state {
  SLOT_MAPPED,
  SLOT_MARKED,
  SLOT_GONE
};

struct ftps_keyarea {
  struct ftps_daemon *daemon; /* the daemon whose list contains it */
  struct ftps_keyarea *next;
  unsigned int refs;
  size_t n;
  size_t n_added; /* added by ftps_keyarea_add() */
  unsigned char *pages;
  unsigned char *states; /* enum slot_state, one byte per slot */
};

/* Whole pages, which are larger on some machines, because only whole pages can
 * be unmapped.
 */
static size_t size_of_slots(size_t n) {
  size_t page = (size_t) sysconf(_SC_PAGESIZE);

  return n * ((FTPS_KEYNUMBERS_SIZE + page - 1) / page * page);
}

struct ftps_keyarea *ftps_keyarea_new(struct ftps_daemon *daemon, size_t n,
    struct ftps_error *err) {
  struct ftps_keyarea *area = OPENSSL_zalloc(sizeof(*area));

  if (area == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for private keys");
    return NULL;
  }

  area->refs = 1;
  area->n = n;
  area->states = OPENSSL_zalloc(n);
  area->pages = ftps_pages_secret(size_of_slots(n), MAP_PRIVATE);
  if (area->states == NULL || area->pages == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for %zu private keys", n);
    if (area->pages != NULL) {
      (void) munmap(area->pages, size_of_slots(n));
    }
    OPENSSL_free(area->states);
    OPENSSL_free(area);
    return NULL;
  }

  area->daemon = daemon;
  area->next = daemon->areas;
  daemon->areas = area;
  return area;
}

struct ftps_daemon *ftps_keyarea_daemon(const struct ftps_keyarea *area) {
  return area->daemon;
}

struct ftps_keyarea *ftps_keyarea_ref(struct ftps_keyarea *area) {
  area->refs++;
  return area;
}

/* Unmaps slots [from, to); the kernel clears pages before it uses them again.
 */
static void unmap_slots(struct ftps_keyarea *area, size_t from, size_t to) {
  if (from < to) {
    (void) munmap(area->pages + size_of_slots(from), size_of_slots(to - from));
    memset(area->states + from, SLOT_GONE, to - from);
  }
}

static void drop_unmarked(struct ftps_keyarea *area) {
  size_t run = 0;

  for (size_t i = 0; i < area->n; i++) {
    if (area->states[i] == SLOT_MAPPED) {
      continue;
    }

    unmap_slots(area, run, i);
    run = i + 1;
    if (area->states[i] == SLOT_MARKED) {
      area->states[i] = SLOT_MAPPED;
    }
  }

  unmap_slots(area, run, area->n);
}

void ftps_keyarea_drop_unmarked(struct ftps_daemon *daemon) {
  for (struct ftps_keyarea *area = daemon->areas; area != NULL;
       area = area->next) {
    drop_unmarked(area);
  }
}

void ftps_keyarea_drop(struct ftps_keyarea *area, size_t slot) {
  if (ftps_keyarea_get0(area, slot) != NULL) {
    unmap_slots(area, slot, slot + 1);
  }
}

void ftps_keyarea_unref(struct ftps_keyarea *area) {
  struct ftps_keyarea **link;

  if (area == NULL || --area->refs > 0) {
    return;
  }

  link = &area->daemon->areas;
  while (*link != area) {
    link = &(*link)->next;
  }
  *link = area->next;
  drop_unmarked(area);
  OPENSSL_free(area->states);
  OPENSSL_free(area);
}

/* The zeros after the numbers exist already; writing them would only use
 * memory.  memcpy() would leave the last numbers in vector registers, which few
 * functions overwrite (those of AVX-512) and each signal saves on the stack.
 */
void ftps_keyarea_put(struct ftps_keyarea *area, size_t slot,
    const unsigned char *numbers) {
  volatile unsigned char *to = area->pages + size_of_slots(slot);
  size_t len = FTPS_KEYNUMBERS_SIZE;

  while (len > 0 && numbers[len - 1] == 0) {
    len--;
  }
  for (size_t i = 0; i < len; i++) {
    to[i] = numbers[i];
  }
}

/* A failure to lock is ignored: RLIMIT_MEMLOCK may be 0, and TLS works without.
 */
static int seal(struct ftps_keyarea *area, size_t slot, size_t n,
    struct ftps_error *err) {
  unsigned char *at = area->pages + size_of_slots(slot);

  if (mprotect(at, size_of_slots(n), PROT_READ) < 0) {
    ftps_error_set_errno(err, errno, "protecting private keys");
    return -1;
  }

  (void) mlock(at, size_of_slots(n));
  return 0;
}

int ftps_keyarea_seal(struct ftps_keyarea *area, struct ftps_error *err) {
  return seal(area, 0, area->n, err);
}

void ftps_keyarea_lock(struct ftps_keyarea *area, size_t slot) {
  if (ftps_keyarea_get0(area, slot) != NULL) {
    (void) mlock(area->pages + size_of_slots(slot), size_of_slots(1));
  }
}

/* A session may have dropped the slots that are still free. */
struct ftps_keyarea *ftps_keyarea_add(struct ftps_daemon *daemon,
    struct ftps_keyarea **open, const unsigned char *numbers, size_t *slot_out,
    struct ftps_error *err) {
  struct ftps_keyarea *area = *open;

  if (ftps_keyarea_get0(area, area != NULL ? area->n_added : 0) == NULL) {
    area = ftps_keyarea_new(daemon, GROWING_SLOTS, err);
    if (area == NULL) {
      return NULL;
    }
    ftps_keyarea_unref(*open);
    *open = area;
  }

  *slot_out = area->n_added;
  ftps_keyarea_put(area, *slot_out, numbers);
  area->n_added++;
  return seal(area, *slot_out, 1, err) == 0 ? ftps_keyarea_ref(area) : NULL;
}

const unsigned char *ftps_keyarea_get0(const struct ftps_keyarea *area,
    size_t slot) {
  if (area == NULL || slot >= area->n || area->states[slot] == SLOT_GONE) {
    return NULL;
  }

  return area->pages + size_of_slots(slot);
}

void ftps_keyarea_mark(struct ftps_keyarea *area, size_t slot) {
  if (area != NULL && slot < area->n && area->states[slot] == SLOT_MAPPED) {
    area->states[slot] = SLOT_MARKED;
  }
}
