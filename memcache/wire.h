/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * wire.h: what a memcached server answers, in its text protocol.
 *
 * Pure: bytes in, items out, no state.  The bytes may come from anybody who
 * sits at that address, and values from anybody who may write to it.  Called by
 * memcached.c, which reads from the network, and by tests.
 *
 * Source: protocol.txt of memcached; issue 4.
 */
#ifndef FTPS_MEMCACHE_WIRE_H
#define FTPS_MEMCACHE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key, as memcached takes it. */
#define FTPS_WIRE_KEY_MAX 250U

/* Longer lines are no answer of memcached. */
#define FTPS_WIRE_LINE_MAX 2048U

/* Larger values are not ours. */
#define FTPS_WIRE_VALUE_MAX 33000U

/* Room in which each item fits. */
#define FTPS_WIRE_ROOM (FTPS_WIRE_LINE_MAX + FTPS_WIRE_VALUE_MAX + 2U)

enum ftps_wire_kind {
  FTPS_WIRE_MORE,  /* not all of it is there yet */
  FTPS_WIRE_BAD,   /* not the protocol: read no further */
  FTPS_WIRE_LARGE, /* a value beyond FTPS_WIRE_VALUE_MAX: read no further */

  FTPS_WIRE_VALUE, /* name, data, cas */
  FTPS_WIRE_STAT,  /* name, data */

  /* One of these ends the answer to each command. */
  FTPS_WIRE_END,
  FTPS_WIRE_STORED,
  FTPS_WIRE_NOT_STORED,
  FTPS_WIRE_EXISTS,
  FTPS_WIRE_DELETED,
  FTPS_WIRE_NOT_FOUND,
  FTPS_WIRE_ERROR
};

/* Pointers lead into the bytes that were given. */
struct ftps_wire_item {
  enum ftps_wire_kind kind;
  const char *name;
  size_t name_len;
  const unsigned char *data;
  size_t data_len;
  uint64_t cas; /* 0: none was told */
};

/* Takes one item off the front.  Returns the bytes that it used: none for
 * MORE, BAD and LARGE.
 */
size_t ftps_wire_take(const unsigned char *bytes, size_t len,
    struct ftps_wire_item *item_out);

bool ftps_wire_is_final(enum ftps_wire_kind kind);

/* A number in decimal digits, all of `len` bytes; 0, or -1. */
int ftps_wire_number(const void *text, size_t len, uint64_t *number_out);

#endif /* FTPS_MEMCACHE_WIRE_H */
