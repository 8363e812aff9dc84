/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * signer_test.c: a signer in a process of its own, and what it refuses:
 * permits that are forged or another process's, servers of other places, texts
 * that are no handshakes, messages that make no sense, too many of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "base/error.h"
#include "keys/keynumbers.h"
#include "keys/signer/channel.h"
#include "keys/signer/permit.h"
#include "keys/signer/signer.h"
#include "t/unit/descriptors.h"

#define ECDSA_SHA256 0x0403
#define STOCK        8 /* of signer.c */
#define CROWD        1000

/* More than the time of ten requests. */
#define LINGER_SECONDS 60

static struct ftps_daemon the_daemon;
static struct ftps_place here = { .port = 21 }, there = { .port = 2121 };
static unsigned char numbers[FTPS_KEYNUMBERS_SIZE];
static EVP_PKEY *key;
static struct ftps_channel channel = { .hello = -1, .fd = -1 };
static pid_t signer, pids[CROWD];

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
  (void) setrlimit(RLIMIT_NOFILE,
      &(struct rlimit){ 2 * (rlim_t) CROWD, 2 * (rlim_t) CROWD });
  _exit(ftps_signer_run(&props) == 0 ? 0 : 1);
}

static int start(void **state) {
  struct ftps_error err;
  int ends[2], on = 1;

  (void) state;
  ftps_error_clear(&err);
  key = EVP_EC_gen("P-256");
  if (key == NULL || ftps_keynumbers_write(key, numbers, &err) < 0 ||
      ftps_permit_prepare(&the_daemon, &err) < 0 ||
      socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
      setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
    return -1;
  }

  signer = fork();
  if (signer == 0) {
    (void) close(ends[0]);
    run_signer(ends[1]);
  }

  (void) close(ends[1]);
  channel.hello = ends[0];
  return signer > 0 ? 0 : -1;
}

static int end_signer(void **state) {
  (void) state;
  EVP_PKEY_free(key);
  return 0;
}

/* A request for the key to sign a CertificateVerify. */
static void make_request(struct ftps_channel_request *request) {
  static const char context[] = "TLS 1.3, server CertificateVerify";

  memset(request, 0, sizeof(*request));
  memset(request->id, 'k', sizeof(request->id));
  request->scheme = ECDSA_SHA256;
  memset(request->text, ' ', 64);
  memcpy(request->text + 64, context, sizeof(context));
  request->length = (uint16_t) (64 + sizeof(context) + 32);
}

static enum ftps_signed ask(const struct ftps_permit *permit,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply) {
  return ftps_channel_ask(&channel, permit, request, reply);
}

static enum ftps_signed ask_for_trial(const struct ftps_place *place,
    struct ftps_channel_request *request) {
  struct ftps_channel_reply reply;
  struct ftps_permit permit;

  ftps_channel_end(&channel);
  assert_int_equal(ftps_permit_write_trial(&the_daemon, place, &permit), 0);
  return ask(&permit, request, &reply);
}

static void signs_a_handshake(void **state) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;
  struct ftps_permit permit;
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();

  (void) state;
  make_request(&request);
  assert_int_equal(ftps_permit_write_trial(&the_daemon, &here, &permit), 0);
  assert_int_equal(ask(&permit, &request, &reply), FTPS_SIGNED_OK);
  assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key,
                       NULL),
      1);
  assert_int_equal(EVP_DigestVerify(ctx, reply.signature, reply.length,
                       request.text, request.length),
      1);
  EVP_MD_CTX_free(ctx);
}

static void refuses_other_texts(void **state) {
  struct ftps_channel_request request;

  (void) state;
  make_request(&request);
  request.text[0] = 'x';
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_FORBIDDEN);

  make_request(&request);
  request.length++;
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_FORBIDDEN);

  make_request(&request);
  request.scheme = 0;
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_FORBIDDEN);

  /* A scheme for keys of another type. */
  make_request(&request);
  request.scheme = 0x0804;
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_CRYPTO);
}

static void refuses_other_servers(void **state) {
  struct ftps_channel_request request;

  (void) state;
  make_request(&request);
  assert_int_equal(ask_for_trial(&there, &request), FTPS_SIGNED_FORBIDDEN);

  request.id[0] = 'x';
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_NO_KEY);
}

static void refuses_forged_permits(void **state) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;
  struct ftps_permit permit;

  (void) state;
  make_request(&request);
  ftps_channel_end(&channel);
  assert_int_equal(ftps_permit_write_trial(&the_daemon, &there, &permit), 0);
  permit.here[0].port = here.port;
  assert_int_equal(ask(&permit, &request, &reply), FTPS_SIGNED_GONE);

  assert_int_equal(ftps_permit_write_trial(&the_daemon, &here, &permit), 0);
  permit.pid++;
  assert_int_equal(ask(&permit, &request, &reply), FTPS_SIGNED_GONE);
}

/* Shows what its parent wrote. */
static int use_permit_of_parent(const struct ftps_permit *permit) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;

  make_request(&request);
  return ask(permit, &request, &reply) == FTPS_SIGNED_GONE ? 0 : 1;
}

/* The secret is gone with the first one. */
static int write_twice(const struct ftps_permit *unused) {
  struct ftps_permit permit;

  (void) unused;
  return ftps_permit_write_own(&the_daemon, &here, 1) == 0 &&
          ftps_permit_get0_own(&the_daemon) != NULL &&
          ftps_permit_write_trial(&the_daemon, &here, &permit) < 0 &&
          ftps_permit_write_own(&the_daemon, &there, 1) < 0
      ? 0
      : 1;
}

/* A permit of a session counts, and a new channel brings no new stock. */
static int ask_too_often(const struct ftps_permit *unused) {
  const struct ftps_permit *permit;
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;

  (void) unused;
  make_request(&request);
  if (ftps_permit_write_own(&the_daemon, &here, 1) < 0) {
    return 1;
  }

  permit = ftps_permit_get0_own(&the_daemon);
  for (int i = 0; i < STOCK; i++) {
    if (ask(permit, &request, &reply) != FTPS_SIGNED_OK) {
      return 2;
    }
  }

  if (ask(permit, &request, &reply) != FTPS_SIGNED_RATE) {
    return 3;
  }
  ftps_channel_end(&channel);
  return ask(permit, &request, &reply) == FTPS_SIGNED_RATE ? 0 : 4;
}

static void in_child(int (*act)(const struct ftps_permit *permit)) {
  struct ftps_permit permit;
  int status = -1;
  pid_t pid;

  assert_int_equal(ftps_permit_write_trial(&the_daemon, &here, &permit), 0);
  pid = fork();
  if (pid == 0) {
    _exit(act(&permit));
  }

  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

static void refuses_permits_of_others(void **state) {
  (void) state;
  in_child(use_permit_of_parent);
}

static void writes_one_permit_only(void **state) {
  (void) state;
  in_child(write_twice);
}

static void counts_by_process(void **state) {
  (void) state;
  in_child(ask_too_often);
}

/* The channel is closed, and the next one works. */
static void refuses_nonsense(void **state) {
  struct ftps_channel_request request;
  char byte;

  (void) state;
  make_request(&request);
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
  assert_int_equal(send(channel.fd, "nonsense", 8, MSG_NOSIGNAL), 8);
  assert_int_equal(recv(channel.fd, &byte, 1, 0), 0);
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);

  /* A length that is not that of the message. */
  request.magic = FTPS_CHANNEL_MAGIC;
  assert_true(send(channel.fd, &request, sizeof(request), MSG_NOSIGNAL) > 0);
  assert_int_equal(recv(channel.fd, &byte, 1, 0), 0);
}

/* What a session that was taken over may send instead of a hello. */
static void send_descriptors(int to, const void *bytes, size_t len, int fd,
    unsigned int n) {
  assert_int_equal(descriptors_send(to, bytes, len, fd, n), len);
}

/* Descriptors that the signer kept would be missing for the channels of others.
 */
static void keeps_no_descriptors(void **state) {
  struct ftps_channel_request request;
  struct ftps_channel_hello hello = { .magic = FTPS_CHANNEL_HELLO };
  char byte;
  int ends[2];

  (void) state;
  make_request(&request);
  assert_int_equal(ftps_permit_write_trial(&the_daemon, &here, &hello.permit),
      0);
  assert_int_equal(pipe(ends), 0);
  for (unsigned int n = 1; n <= DESCRIPTORS_MAX; n++) {
    send_descriptors(channel.hello, "nonsense", 8, ends[1], n);
  }
  for (unsigned int n = 2; n <= DESCRIPTORS_MAX; n++) {
    send_descriptors(channel.hello, &hello, sizeof(hello), ends[1], n);
  }

  /* Messages are read in their order. */
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
  assert_int_equal(close(ends[1]), 0);
  assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  assert_int_equal(read(ends[0], &byte, 1), 0);
  assert_int_equal(close(ends[0]), 0);
}

/* A TCP connection that keeps its last closer waiting. */
static int make_lingering(int *peer_out) {
  static char bytes[65536];
  const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_SECONDS };
  struct sockaddr_in addr = { .sin_family = AF_INET,
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof(addr);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  assert_int_equal(bind(listener, (struct sockaddr *) &addr, len), 0);
  assert_int_equal(listen(listener, 1), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *) &addr, &len), 0);
  assert_int_equal(connect(fd, (struct sockaddr *) &addr, len), 0);
  *peer_out = accept(listener, NULL, NULL);
  assert_int_equal(close(listener), 0);
  assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  while (write(fd, bytes, sizeof(bytes)) > 0) {
  }
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
                       sizeof(linger)),
      0);
  return fd;
}

/* Stops the signer until our descriptor is closed, so that the signer has the
 * last one.
 */
static void send_lingering(int to) {
  int peer, fd = make_lingering(&peer);

  assert_int_equal(kill(signer, SIGSTOP), 0);
  send_descriptors(to, "nonsense", 8, fd, 1);
  assert_int_equal(close(fd), 0);
  assert_int_equal(kill(signer, SIGCONT), 0);
  (void) peer; /* stays open, and nobody reads there */
}

static void waits_for_no_stranger(void **state) {
  struct ftps_channel_request request;
  enum ftps_signed status = FTPS_SIGNED_LATE;

  (void) state;
  make_request(&request);
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
  send_lingering(channel.fd);
  send_lingering(channel.hello);

  /* The machine may be busy, but not for so long. */
  for (int i = 0; i < 10 && status == FTPS_SIGNED_LATE; i++) {
    status = ask_for_trial(&here, &request);
  }
  assert_int_equal(status, FTPS_SIGNED_OK);
}

/* An empty message looks like the end of all sessions. */
static void outlives_empty_messages(void **state) {
  struct ftps_channel_request request;
  int fd = channel.hello;

  (void) state;
  make_request(&request);
  assert_int_equal(send(fd, "", 0, MSG_NOSIGNAL), 0);
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
  send_descriptors(fd, "", 0, fd, 1);
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
}

/* In valgrind, a process takes 50 MB. */
static int crowd(void) {
  return getenv("FTPS_VALGRIND") != NULL ? 20 : CROWD;
}

/* Waits for the end of the pipe, as all others do.  Whoever had no answer
 * within the time of the channel, because the machine is busy, asks again.
 */
static void ask_at_once(int start_fd) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;
  enum ftps_signed status;
  uint64_t began;
  char byte;

  ftps_channel_end(&channel);
  if (ftps_permit_write_own(&the_daemon, &here, 1) < 0 ||
      read(start_fd, &byte, 1) != 0) {
    _exit(1);
  }

  do {
    began = ftps_clock_ms();
    make_request(&request);
    status = ask(ftps_permit_get0_own(&the_daemon), &request, &reply);
  } while (
      status != FTPS_SIGNED_OK && ftps_clock_ms() - began >= FTPS_CHANNEL_MS);
  _exit(status == FTPS_SIGNED_OK ? 0 : 1);
}

/* The thousand processes of a daemon whose clients all come back. */
static void signs_for_a_thousand(void **state) {
  int ends[2], status = 0, failed = 0;

  (void) state;
  assert_int_equal(pipe(ends), 0);
  for (int i = 0; i < crowd(); i++) {
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
      (void) close(ends[1]);
      ask_at_once(ends[0]);
    }
    pids[i] = pid;
  }

  assert_int_equal(close(ends[0]), 0);
  assert_int_equal(close(ends[1]), 0);
  for (int i = 0; i < crowd(); i++) {
    assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
    failed += status != 0;
  }
  assert_int_equal(failed, 0);
}

/* One session shuts the socket down for all, while its own channel is open. */
static void ends_when_nobody_can_come(void **state) {
  struct ftps_channel_request request;
  int status = -1;

  (void) state;
  make_request(&request);
  assert_false(ftps_channel_is_gone(&channel));
  assert_int_equal(ask_for_trial(&here, &request), FTPS_SIGNED_OK);
  assert_int_equal(shutdown(channel.hello, SHUT_RDWR), 0);
  assert_int_equal(waitpid(signer, &status, 0), signer);
  assert_int_equal(status, 0);
  ftps_channel_end(&channel);
}

/* A pipe: receiving fails each time, while epoll sees bytes. */
static void ends_when_nothing_can_be_received(void **state) {
  int status = -1, fds[2];
  pid_t pid;

  (void) state;
  assert_int_equal(pipe(fds), 0);
  assert_int_equal(write(fds[1], "x", 1), 1);
  pid = fork();
  if (pid == 0) {
    (void) alarm(20);
    run_signer(fds[0]);
  }

  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  (void) close(fds[0]);
  (void) close(fds[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(signs_a_handshake),
    cmocka_unit_test(refuses_other_texts),
    cmocka_unit_test(refuses_other_servers),
    cmocka_unit_test(refuses_forged_permits),
    cmocka_unit_test(refuses_permits_of_others),
    cmocka_unit_test(writes_one_permit_only),
    cmocka_unit_test(counts_by_process),
    cmocka_unit_test(refuses_nonsense),
    cmocka_unit_test(keeps_no_descriptors),
    cmocka_unit_test(outlives_empty_messages),
    cmocka_unit_test(waits_for_no_stranger),
    cmocka_unit_test(signs_for_a_thousand),
    cmocka_unit_test(ends_when_nobody_can_come),
    cmocka_unit_test(ends_when_nothing_can_be_received),
  };

  return cmocka_run_group_tests(tests, start, end_signer);
}
