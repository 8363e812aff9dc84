/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * signer_fuzz.c: what sessions send to the process that has the private keys
 * (keys/signer/signer.c, permit.c).  The input is messages: a byte for the
 * kind, the length in two bytes (big endian), and the bytes.
 *
 * What gets a signature is the text of a handshake, in a request that makes
 * sense, on a channel whose permit is valid and has the place of the key.
 */
#include "keys/signer/signer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/daemon.h"
#include "base/error.h"
#include "keys/keynumbers.h"
#include "keys/signer/channel.h"
#include "keys/signer/permit.h"

#include "t/fuzz/fuzz.h"

#define CHANNELS_MAX 8
#define MESSAGES_MAX 32

enum kind {
  HELLO_RAW,       /* any bytes, and a channel */
  HELLO_OF_HERE,   /* a valid permit for the place of the key */
  HELLO_OF_THERE,  /* for another place */
  HELLO_FORGED,    /* a byte of a valid permit is another one */
  HELLO_NO_END,    /* a valid permit without a channel */
  REQUEST_RAW,     /* any bytes on the last channel */
  REQUEST_OF_TEXT, /* two bytes for the scheme, and the text */
  REQUEST_OF_KEY,  /* the same for a key that the signer has not */
  KINDS
};

static struct ftps_daemon the_daemon;
static struct ftps_place here = { .port = 21 }, there = { .port = 2121 };
static unsigned char numbers[FTPS_KEYNUMBERS_SIZE];

static struct channel {
  int fd;
  bool is_good;                /* its permit is valid, for this place */
  bool may_sign[MESSAGES_MAX]; /* by the number of the request */
} channels[CHANNELS_MAX];
static size_t n_channels;
static uint32_t n_requests;

static void prepare(void) {
  static bool is_done;
  struct ftps_error err;
  EVP_PKEY *key;

  if (is_done) {
    return;
  }

  is_done = true;
  ftps_error_clear(&err);
  key = EVP_EC_gen("P-256");
  CHECK(key != NULL && ftps_keynumbers_write(key, numbers, &err) == 0);
  CHECK(ftps_permit_prepare(&the_daemon, &err) == 0);
  EVP_PKEY_free(key);
}

static void send_hello(int to, const void *bytes, size_t len, int fd) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  unsigned char copy[sizeof(struct ftps_channel_hello) + 64];
  struct iovec iov = { .iov_base = copy };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct cmsghdr *cmsg;

  iov.iov_len = len < sizeof(copy) ? len : sizeof(copy);
  memcpy(copy, bytes, iov.iov_len);
  memset(&control, 0, sizeof(control));
  if (fd >= 0) {
    msg.msg_control = control.bytes;
    msg.msg_controllen = sizeof(control.bytes);
    cmsg = CMSG_FIRSTHDR(&msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
  }
  (void) sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_hello(int to, enum kind kind, const uint8_t *data,
    size_t size) {
  struct ftps_channel_hello hello = { .magic = FTPS_CHANNEL_HELLO };
  unsigned char *bytes = (unsigned char *) &hello;
  int ends[2];

  CHECK(ftps_permit_write_trial(&the_daemon,
            kind == HELLO_OF_THERE ? &there : &here, &hello.permit) == 0);
  if (kind == HELLO_NO_END) {
    send_hello(to, &hello, sizeof(hello), -1);
    return;
  }
  if (n_channels == CHANNELS_MAX) {
    return;
  }

  if (kind == HELLO_FORGED && size > 1) {
    bytes[offsetof(struct ftps_channel_hello, permit) +
        data[0] % sizeof(hello.permit)] ^= (unsigned char) (data[1] | 1);
  }
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  send_hello(to, kind == HELLO_RAW ? (const void *) data : &hello,
      kind == HELLO_RAW ? size : sizeof(hello), ends[1]);
  (void) close(ends[1]);
  memset(&channels[n_channels], 0, sizeof(channels[0]));
  channels[n_channels].fd = ends[0];
  channels[n_channels++].is_good =
      kind == HELLO_OF_HERE || (kind == HELLO_FORGED && size < 2);
}

static void note(struct channel *channel,
    const struct ftps_channel_request *request, size_t size) {
  const struct ftps_scheme *scheme = ftps_scheme_find(request->scheme);
  const size_t head = offsetof(struct ftps_channel_request, text);

  if (size >= head && request->number < MESSAGES_MAX) {
    channel->may_sign[request->number] = channel->is_good &&
        request->magic == FTPS_CHANNEL_MAGIC &&
        size == head + request->length && request->id[0] == 'k' &&
        scheme != NULL &&
        ftps_transcript_judge(request->text, request->length) !=
            FTPS_TRANSCRIPT_NONE &&
        ftps_scheme_fits(scheme, request->text, request->length);
  }
}

static void send_request(enum kind kind, const uint8_t *data, size_t size) {
  struct ftps_channel_request request;
  struct channel *channel = &channels[n_channels - 1];
  const size_t head = offsetof(struct ftps_channel_request, text);
  size_t len = size;

  memset(&request, 0, sizeof(request));
  if (kind == REQUEST_RAW) {
    len = len < sizeof(request) ? len : sizeof(request);
    memcpy(&request, data, len);
    if (len >= offsetof(struct ftps_channel_request, scheme)) {
      request.number = n_requests;
    }
  } else if (size >= 2) {
    request.magic = FTPS_CHANNEL_MAGIC;
    request.number = n_requests;
    request.scheme = (uint16_t) (data[0] << 8 | data[1]);
    memset(request.id, kind == REQUEST_OF_KEY ? 'x' : 'k', sizeof(request.id));
    len = size - 2 < sizeof(request.text) ? size - 2 : sizeof(request.text);
    memcpy(request.text, data + 2, len);
    request.length = (uint16_t) len;
    len += head;
  }

  n_requests++;
  note(channel, &request, len);
  (void) send(channel->fd, &request, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_messages(int hello, const uint8_t *data, size_t size) {
  for (int i = 0; i < MESSAGES_MAX && size >= 3; i++) {
    enum kind kind = (enum kind)(data[0] % KINDS);
    size_t len = (size_t) (data[1] << 8 | data[2]);

    data += 3;
    size -= 3;
    len = len < size ? len : size;
    if (kind < REQUEST_RAW) {
      say_hello(hello, kind, data, len);
    } else if (n_channels > 0) {
      send_request(kind, data, len);
    }
    data += len;
    size -= len;
  }
}

static void run_signer(int hello) {
  struct ftps_signer_key list[1] = {
    { .numbers = numbers, .places = &here, .place_count = 1 }
  };
  struct ftps_signer_keys keys = { .list = list, .count = 1 };
  const struct ftps_signer_props props = { .daemon = &the_daemon,
    .keys = &keys,
    .hello = hello,
    .link = -1,
    .number = 1 };

  memset(list[0].id, 'k', sizeof(list[0].id));
  CHECK(ftps_signer_run(&props) == 0);
  EVP_PKEY_free(list[0].key);
}

static void check_replies(struct channel *channel) {
  struct ftps_channel_reply reply;
  const size_t head = offsetof(struct ftps_channel_reply, signature);
  ssize_t got;

  while ((got = recv(channel->fd, &reply, sizeof(reply), MSG_DONTWAIT)) > 0) {
    CHECK((size_t) got == head + reply.length);
    CHECK(reply.magic == FTPS_CHANNEL_MAGIC);
    CHECK(reply.status <= FTPS_SIGNED_CRYPTO);
    CHECK((reply.status == FTPS_SIGNED_OK) == (reply.length > 0));
    if (reply.status == FTPS_SIGNED_OK) {
      CHECK(reply.number < MESSAGES_MAX && channel->may_sign[reply.number]);
    }
  }
  (void) close(channel->fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int ends[2], on = 1;

  prepare();
  n_channels = 0;
  n_requests = 0;
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
  send_messages(ends[0], data, size);

  /* The end of all of them is the end of the signer. */
  (void) close(ends[0]);
  for (size_t i = 0; i < n_channels; i++) {
    (void) shutdown(channels[i].fd, SHUT_WR);
  }
  run_signer(ends[1]);
  for (size_t i = 0; i < n_channels; i++) {
    check_replies(&channels[i]);
  }
  return 0;
}
