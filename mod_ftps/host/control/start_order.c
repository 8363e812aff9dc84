/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * start_order.c: see start_order.h.
 */
#include "host/control/start_order.h"

#include <stdbool.h>
#include <string.h>

#include "conf.h"

extern module ftps_module;

/* ProFTPD exports it and declares it in none of its headers. */
extern module *loaded_modules;

/* Must come before this module, the first of them at the very front:
 * mod_proxy_protocol learns the address of the client, by which mod_ifsession
 * chooses sections.
 */
static const char *const earlier[] = { "proxy_protocol", "ifsession" };

#define EARLIER_COUNT (sizeof(earlier) / sizeof(earlier[0]))

static bool is_earlier(const module *m) {
  for (size_t i = 0; i < EARLIER_COUNT; i++) {
    if (strcmp(m->name, earlier[i]) == 0) {
      return true;
    }
  }

  return false;
}

static bool is_in_order(void) {
  const module *m = loaded_modules;

  for (size_t i = 0; i < EARLIER_COUNT; i++) {
    if (m != NULL && strcmp(m->name, earlier[i]) == 0) {
      m = m->next;
    }
  }

  if (m != &ftps_module) {
    return false;
  }

  while (m != NULL && !is_earlier(m)) {
    m = m->next;
  }

  return m == NULL;
}

static module *find(const char *name) {
  module *m = loaded_modules;

  while (m != NULL && strcmp(m->name, name) != 0) {
    m = m->next;
  }

  return m;
}

static void move_to_front(module *m) {
  module **link = &loaded_modules;

  if (m == NULL || m == loaded_modules) {
    return;
  }

  while (*link != m) {
    link = &(*link)->next;
  }

  *link = m->next;
  if (m->next != NULL) {
    m->next->prev = m->prev;
  }

  m->prev = NULL;
  m->next = loaded_modules;
  loaded_modules->prev = m;
  loaded_modules = m;
}

void ftps_start_order_fix(void) {
  if (is_in_order()) {
    return;
  }

  move_to_front(find("ftps"));
  for (size_t i = EARLIER_COUNT; i > 0; i--) {
    move_to_front(find(earlier[i - 1]));
  }
}
