/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * channel.h: how a process requests a signature from the signer.
 *
 * The daemon and its sessions share one end of a SOCK_SEQPACKET pair, the hello
 * end; the signer reads the other end.  Through it a process sends its permit
 * and one end of a pair of its own, the channel.  Requests and replies go
 * through the channel.  There is one open request at a time, and its reply has
 * the same number.  The kernel keeps messages separate; a message with a wrong
 * length ends the channel.
 *
 * If a signer ends, its ends close, so this is noticed at once, and its
 * successor gets the request through the hello end.  If there is no successor
 * yet, the request waits there, until the deadline.
 *
 * Both sides are the same program, so numbers are in the byte order of the
 * machine.
 */
#ifndef FTPS_KEYS_SIGNER_CHANNEL_H
#define FTPS_KEYS_SIGNER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keys/signer/permit.h"
#include "keys/signer/transcript.h"

#define FTPS_CHANNEL_HELLO     0x48505446U
#define FTPS_CHANNEL_DISMISS   0x44505446U
#define FTPS_CHANNEL_MAGIC     0x53505446U
#define FTPS_CHANNEL_SIGNATURE 4864 /* bytes; ML-DSA-87 needs 4627 */
#define FTPS_CHANNEL_ID        32   /* SHA-256 of SubjectPublicKeyInfo */

/* How long a handshake waits for its signature, and for a key that the daemon
 * has to read first.
 */
#define FTPS_CHANNEL_MS     5000
#define FTPS_CHANNEL_KEY_MS 20000

enum ftps_signed {
  FTPS_SIGNED_OK,
  FTPS_SIGNED_PROTOCOL,  /* the message is not valid */
  FTPS_SIGNED_NO_KEY,    /* the signer has not this key */
  FTPS_SIGNED_FORBIDDEN, /* not a handshake, or not a server of the session */
  FTPS_SIGNED_RATE,      /* too many */
  FTPS_SIGNED_CRYPTO,    /* OpenSSL failed */
  FTPS_SIGNED_GONE,      /* there is no signer */
  FTPS_SIGNED_LATE       /* no reply in time */
};

/* A process sends its permit.  The daemon can also dismiss the signers of
 * keepers before `keeper` by it.
 */
struct ftps_channel_hello {
  uint32_t magic;
  uint32_t keeper;
  struct ftps_permit permit;
};

struct ftps_channel_request {
  uint32_t magic, number;
  uint16_t scheme, length;
  unsigned char id[FTPS_CHANNEL_ID];
  unsigned char text[FTPS_TRANSCRIPT_MAX];
};

struct ftps_channel_reply {
  uint32_t magic, number;
  uint16_t status, length; /* enum ftps_signed */
  unsigned char signature[FTPS_CHANNEL_SIGNATURE];
};

struct ftps_channel {
  int hello;   /* shared; -1: none */
  int fd;      /* own; -1: none yet */
  pid_t owner; /* of `fd`: a fork must not use it */
  uint32_t number;
  bool may_come; /* a key that the signer does not have yet */
  bool may_wait; /* likewise, and the daemon may take long to bring it */
};

/* Sets the reply.  This function sets `magic` and `number` of the request. */
enum ftps_signed ftps_channel_ask(struct ftps_channel *channel,
    const struct ftps_permit *permit, struct ftps_channel_request *request,
    struct ftps_channel_reply *reply);

/* In the daemon. */
void ftps_channel_dismiss(const struct ftps_channel *channel,
    const struct ftps_permit *permit, uint32_t keeper);

/* Closes what this process has opened. */
void ftps_channel_end(struct ftps_channel *channel);

/* True if nobody can answer. */
bool ftps_channel_is_gone(const struct ftps_channel *channel);

/* A sentence about the signer. */
const char *ftps_channel_describe(enum ftps_signed status);

#endif /* FTPS_KEYS_SIGNER_CHANNEL_H */
