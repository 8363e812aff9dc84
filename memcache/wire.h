/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wire.h: the answers of a memcached server, in its text protocol.
 *
 * Pure: bytes in, items out, no state.  The bytes may come from anybody who has
 * that address, and the values from anybody who can write to the server.
 *
 * Source: protocol.txt of memcached.
 */
#ifndef FTPS_MEMCACHE_WIRE_H
#define FTPS_MEMCACHE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key in the form of memcached. */
#define FTPS_WIRE_KEY_MAX 250U

/* A longer line is not an answer of memcached. */
#define FTPS_WIRE_LINE_MAX 2048U

/* A larger value is not ours. */
#define FTPS_WIRE_VALUE_MAX 33000U

/* Every item fits into this. */
#define FTPS_WIRE_ROOM (FTPS_WIRE_LINE_MAX + FTPS_WIRE_VALUE_MAX + 2U)

enum ftps_wire_kind {
  FTPS_WIRE_MORE,  /* the answer is not complete yet */
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

/* Pointers lead into the given bytes. */
struct ftps_wire_item {
  enum ftps_wire_kind kind;
  const char *name;
  size_t name_len;
  const unsigned char *data;
  size_t data_len;
  uint64_t cas; /* 0: the server sent none */
};

/* Takes the first item.  Returns the bytes that it used: none for MORE, BAD and
 * LARGE.
 */
size_t ftps_wire_take(const unsigned char *bytes, size_t len,
    struct ftps_wire_item *item_out);

bool ftps_wire_is_final(enum ftps_wire_kind kind);

/* Reads a number of decimal digits, all of `len` bytes.  Returns 0, or -1. */
int ftps_wire_number(const void *text, size_t len, uint64_t *number_out);

#endif /* FTPS_MEMCACHE_WIRE_H */
