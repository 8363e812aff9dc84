/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * start_order.c: see start_order.h.
 */
#include "host/control/start_order.h"

#include <stdbool.h>
#include <string.h>

#include "conf.h"

extern module ftps_module;

/* ProFTPD exports it and declares it in none of its headers. */
extern module *loaded_modules;

/* These must come before this module, in this order: mod_proxy_protocol learns
 * the address of the client, by which mod_ifsession chooses sections.
 */
static const char *const earlier[] = { "proxy_protocol", "ifsession" };

/* These may refuse the client.  Other modules keep their place, because some
 * listen to what happens in our handshake.
 */
static const char *const later[] = { "ban", "dnsbl", "geoip", "load", "wrap",
  "wrap2" };

#define EARLIER_COUNT (sizeof(earlier) / sizeof(earlier[0]))
#define LATER_COUNT   (sizeof(later) / sizeof(later[0]))

/* Returns the position of its name in `names`, or `count`. */
static size_t place_of(const module *m, const char *const *names,
    size_t count) {
  size_t i = 0;

  while (i < count && strcmp(m->name, names[i]) != 0) {
    i++;
  }

  return i;
}

static bool are_earlier_in_order(void) {
  bool has_passed = false;
  size_t next = 0;

  for (const module *m = loaded_modules; m != NULL; m = m->next) {
    size_t place = place_of(m, earlier, EARLIER_COUNT);

    has_passed = has_passed || m == &ftps_module;
    if (place < EARLIER_COUNT) {
      if (has_passed || place < next) {
        return false;
      }
      next = place + 1;
    }
  }

  return true;
}

static module *find(const char *name) {
  module *m = loaded_modules;

  while (m != NULL && strcmp(m->name, name) != 0) {
    m = m->next;
  }

  return m;
}

static void take_out(module *m) {
  module **link = &loaded_modules;

  while (*link != m) {
    link = &(*link)->next;
  }

  *link = m->next;
  if (m->next != NULL) {
    m->next->prev = m->prev;
  }
}

static void move_to_front(module *m) {
  if (m != NULL && m != loaded_modules) {
    take_out(m);
    m->prev = NULL;
    m->next = loaded_modules;
    loaded_modules->prev = m;
    loaded_modules = m;
  }
}

static void move_behind(module *m, module *other) {
  take_out(m);
  m->prev = other;
  m->next = other->next;
  if (other->next != NULL) {
    other->next->prev = m;
  }
  other->next = m;
}

void ftps_start_order_fix(void) {
  module *last = &ftps_module, *m;

  for (size_t i = EARLIER_COUNT; i > 0 && !are_earlier_in_order(); i--) {
    move_to_front(find(earlier[i - 1]));
  }

  m = loaded_modules;
  while (m != NULL && m != &ftps_module) {
    module *next = m->next;

    if (place_of(m, later, LATER_COUNT) < LATER_COUNT) {
      move_behind(m, last);
      last = m;
    }
    m = next;
  }
}
