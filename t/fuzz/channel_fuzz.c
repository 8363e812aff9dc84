/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * channel_fuzz.c: what a session reads from the signer
 * (keys/signer/channel.c).  The first byte says whether the rest gets the right
 * magic number, and the number of the request.
 */
#include "keys/signer/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/fuzz/fuzz.h"

#define HAS_MAGIC  0x01
#define HAS_NUMBER 0x02
#define HAS_LENGTH 0x04

static size_t make_reply(struct ftps_channel_reply *reply, const uint8_t *data,
    size_t size) {
  const size_t head = offsetof(struct ftps_channel_reply, signature);
  size_t len = size - 1 < sizeof(*reply) ? size - 1 : sizeof(*reply);

  memset(reply, 0, sizeof(*reply));
  memcpy(reply, data + 1, len);
  if (len >= head && (data[0] & HAS_MAGIC) != 0) {
    reply->magic = FTPS_CHANNEL_MAGIC;
  }
  if (len >= head && (data[0] & HAS_NUMBER) != 0) {
    reply->number = 1;
  }
  if (len >= head && (data[0] & HAS_LENGTH) != 0) {
    reply->length = (uint16_t) (len - head);
  }

  return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ftps_channel channel = { .hello = -1, .owner = getpid() };
  struct ftps_channel_request request;
  struct ftps_channel_reply sent, reply;
  struct ftps_permit permit;
  enum ftps_signed status;
  size_t len;
  int ends[2];

  if (size == 0) {
    return 0;
  }

  memset(&permit, 0, sizeof(permit));
  memset(&request, 0, sizeof(request));
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  len = make_reply(&sent, data, size);
  CHECK(send(ends[1], &sent, len, MSG_NOSIGNAL) == (ssize_t) len);
  channel.fd = ends[0];
  status = ftps_channel_ask(&channel, &permit, &request, &reply);
  CHECK(ftps_channel_describe(status) != NULL);
  CHECK(status != FTPS_SIGNED_LATE);
  if (status == FTPS_SIGNED_OK) {
    CHECK(reply.length <= sizeof(reply.signature));
    CHECK(memcmp(&reply, &sent, len) == 0);
  }

  ftps_channel_end(&channel);
  (void) close(ends[1]);
  return 0;
}
