/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * request_test.c: what sessions send to the daemon (named/request.h).
 */
#include "named/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"

static struct ftps_requests requests;

static int make(void **state) {
  (void) state;
  (void) signal(SIGCHLD, SIG_IGN); /* the daemon's, at each message */
  ftps_requests_init(&requests);
  return ftps_requests_open(&requests);
}

static int release(void **state) {
  (void) state;
  ftps_requests_close(&requests);
  return 0;
}

/* An empty message does not look like the end. */
static void reads_what_is_behind_nonsense(void **state) {
  struct ftps_request request;

  (void) state;
  assert_int_equal(ftps_requests_receive(&requests, &request), 0);
  assert_int_equal(send(requests.sessions, "", 0, MSG_NOSIGNAL), 0);
  assert_int_equal(send(requests.sessions, "x", 1, MSG_NOSIGNAL), 1);
  assert_true(ftps_requests_send(&requests, 7, "host.example.com"));
  assert_int_equal(ftps_requests_receive(&requests, &request), -1);
  assert_int_equal(ftps_requests_receive(&requests, &request), -1);
  assert_int_equal(ftps_requests_receive(&requests, &request), 1);
  assert_int_equal(request.dir, 7);
  assert_string_equal(request.name, "host.example.com");
  assert_int_equal(ftps_requests_receive(&requests, &request), 0);
}

/* The daemon would have to close them, which may take long. */
static void gets_no_descriptors(void **state) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  char byte = 'x';
  struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
  struct msghdr msg = { .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof(control.bytes) };
  struct cmsghdr *cmsg;
  int value = 1;
  socklen_t len = sizeof(value);

  (void) state;
  if (getsockopt(requests.daemons, SOL_SOCKET, SO_PASSRIGHTS, &value, &len) <
      0) {
    skip(); /* Linux before 6.16 */
  }

  memset(&control, 0, sizeof(control));
  cmsg = CMSG_FIRSTHDR(&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(cmsg), &requests.sessions, sizeof(int));
  assert_int_equal(sendmsg(requests.sessions, &msg, MSG_NOSIGNAL), -1);
  assert_int_equal(errno, EPERM);
}

/* A session shuts it down for all; those that are forked later have another. */
static void replaces_what_is_shut(void **state) {
  struct ftps_request request;

  (void) state;
  assert_int_equal(shutdown(requests.sessions, SHUT_RDWR), 0);
  assert_int_equal(ftps_requests_receive(&requests, &request), 0);
  assert_true(ftps_requests_send(&requests, 7, "host.example.com"));
  assert_int_equal(ftps_requests_receive(&requests, &request), 1);
  assert_int_equal(ftps_requests_receive(&requests, &request), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_what_is_behind_nonsense),
    cmocka_unit_test(gets_no_descriptors),
    cmocka_unit_test(replaces_what_is_shut),
  };

  return cmocka_run_group_tests(tests, make, release);
}
