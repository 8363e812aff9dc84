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
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"
#include "t/unit/descriptors.h"

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

/* The daemon would have to close descriptors, which may take long. */
static void gets_no_descriptors(void **state) {
  int value = 1;
  socklen_t len = sizeof(value);

  (void) state;
  if (getsockopt(requests.daemons, SOL_SOCKET, SO_PASSRIGHTS, &value, &len) <
      0) {
    skip(); /* Linux before 6.16 */
  }

  assert_int_equal(descriptors_send(requests.sessions, "x", 1,
                       requests.sessions, 1),
      -1);
  assert_int_equal(errno, EPERM);
}

/* A session shuts the socket down for all; later ones have another socket. */
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
