/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * logins_test.c: sessions in one table (tickets/logins.h).  Each session is a
 * process, because it keeps a copy of the daemon's secret; what it says comes
 * back as its exit status.
 */
#include "tickets/logins.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds, of children that a failed test leaves behind. */
#define LONGEST_LIFE 30

#define STRING(text) text, sizeof(text) - 1

static struct ftps_logins *daemon_logins;

static struct ftps_ticket_keys keys_named(const char *name) {
  struct ftps_ticket_keys keys;

  memset(&keys, 0, sizeof(keys));
  memcpy(keys.name, name, strlen(name));
  memset(keys.aes, name[0], sizeof(keys.aes));
  memset(keys.hmac, ~name[0], sizeof(keys.hmac));
  return keys;
}

static int make(void **state) {
  (void) state;
  daemon_logins = ftps_logins_new();
  return daemon_logins != NULL ? 0 : -1;
}

static int clear(void **state) {
  (void) state;
  ftps_logins_free(daemon_logins);
  daemon_logins = NULL;
  return 0;
}

/* What a session of this client and this login answers. */
static int ask(const char *address, const char *identity, int (*act)(void)) {
  pid_t child = fork();
  int status = -1;

  if (child == 0) {
    ftps_logins_begin(daemon_logins, address, strlen(address));
    ftps_logins_enter(daemon_logins, identity, strlen(identity));
    _exit(act());
  }

  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int add(void) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");

  ftps_logins_add(daemon_logins, FTPS_LOGINS_TICKET, &keys);
  return 0;
}

/* 1: with the right keys; 2: with others. */
static int find(void) {
  struct ftps_ticket_keys want = keys_named("keys of a ticket"), got;

  if (!ftps_logins_find(daemon_logins, FTPS_LOGINS_TICKET, want.name, &got)) {
    return 0;
  }

  return memcmp(&want, &got, sizeof(got)) == 0 ? 1 : 2;
}

static void the_same_login_reads_it(void **state) {
  (void) state;
  (void) ask("192.0.2.1", "alice", add);
  assert_int_equal(ask("192.0.2.1", "alice", find), 1);
}

static void nobody_else_reads_it(void **state) {
  (void) state;
  (void) ask("192.0.2.1", "alice", add);
  assert_int_equal(ask("192.0.2.1", "bob", find), 0);
  assert_int_equal(ask("192.0.2.2", "alice", find), 0);
  assert_int_equal(ask("192.0.2.1a", "lice", find), 0);
  assert_int_equal(ask("", "alice", find), 0);
  assert_int_equal(ask("192.0.2.1", "", find), 0);
}

static int find_and_forget(void) {
  ftps_logins_enter(daemon_logins, NULL, 0);
  return find();
}

static void without_a_login_nothing_is_known(void **state) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");

  (void) state;
  (void) ask("192.0.2.1", "alice", add);
  assert_int_equal(ask("192.0.2.1", "alice", find_and_forget), 0);
  assert_false(ftps_logins_is_entered(daemon_logins));
  assert_int_equal(find(), 0);
  assert_false(ftps_logins_claim(daemon_logins, FTPS_LOGINS_TICKET, &keys));

  /* A later begin does not bring another address. */
  ftps_logins_begin(daemon_logins, STRING("192.0.2.2"));
  ftps_logins_begin(daemon_logins, STRING("192.0.2.1"));
  ftps_logins_enter(daemon_logins, STRING("alice"));
  assert_true(ftps_logins_is_entered(daemon_logins));
  assert_int_equal(find(), 0);

  /* Nor does another login. */
  ftps_logins_enter(daemon_logins, STRING("alice"));
  assert_false(ftps_logins_is_entered(daemon_logins));

  assert_false(ftps_logins_is_entered(NULL));
  assert_false(ftps_logins_find(NULL, FTPS_LOGINS_TICKET, keys.name, &keys));
}

static int claim(void) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");

  return ftps_logins_claim(daemon_logins, FTPS_LOGINS_TICKET, &keys);
}

/* Results: bit 0, Alice has the name; bit 1, Bob gets it; bit 2, so does
 * another session of Alice.
 */
static int bob_comes_while_alice_is_here(void) {
  int ways[2];
  char word = 0;
  pid_t child;
  int result;

  if (pipe(ways) < 0) {
    return 0;
  }
  child = fork();
  if (child == 0) {
    ftps_logins_begin(daemon_logins, STRING("192.0.2.1"));
    ftps_logins_enter(daemon_logins, STRING("alice"));
    word = (char) claim();
    while (write(ways[1], &word, 1) == 1) {
      (void) pause();
    }
    _exit(1);
  }

  result = read(ways[0], &word, 1) == 1 && word == 1 ? 1 : 0;
  result |= ask("192.0.2.1", "bob", claim) << 1;
  result |= ask("192.0.2.1", "alice", claim) << 2;
  (void) kill(child, SIGKILL);
  (void) waitpid(child, NULL, 0);
  return result;
}

static void a_name_is_of_the_first_that_claims_it(void **state) {
  (void) state;
  assert_int_equal(bob_comes_while_alice_is_here(), 1 | 0 << 1 | 1 << 2);
}

static void the_name_of_a_dead_session_can_be_had(void **state) {
  (void) state;
  assert_int_equal(ask("192.0.2.1", "alice", claim), 1);
  assert_int_equal(ask("192.0.2.1", "bob", claim), 1);
  assert_int_equal(ask("192.0.2.1", "bob", find), 1);
  assert_int_equal(ask("192.0.2.1", "alice", find), 0);
}

static int add_id(void) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");

  ftps_logins_add(daemon_logins, FTPS_LOGINS_ID, &keys);
  return 0;
}

/* Whoever knows an id must not be able to make tickets with it. */
static void an_id_is_no_ticket(void **state) {
  (void) state;
  (void) ask("192.0.2.1", "alice", add_id);
  assert_int_equal(ask("192.0.2.1", "alice", find), 0);
}

static uint32_t next_name, many = 20000;

static void number(struct ftps_ticket_keys *keys, uint32_t i) {
  memcpy(keys->name, &i, sizeof(i));
  keys->name[sizeof(keys->name) - 2] = (unsigned char) i;
  keys->name[sizeof(keys->name) - 1] = (unsigned char) (i >> 8);
}

static int add_many(void) {
  struct ftps_ticket_keys keys = keys_named("name of a ticket");

  for (uint32_t i = next_name; i < next_name + many; i++) {
    number(&keys, i);
    ftps_logins_add(daemon_logins, FTPS_LOGINS_TICKET, &keys);
  }
  return 0;
}

/* Results: bit 0, announced before the login; bit 1, after it. */
static int alice_logs_in(void) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");
  int ways[2], back[2], result = 0;
  char word;
  pid_t child;

  if (pipe(ways) < 0 || pipe(back) < 0) {
    return 99;
  }
  child = fork();
  if (child == 0) {
    ftps_logins_begin(daemon_logins, STRING("192.0.2.1"));
    ftps_logins_announce(daemon_logins, keys.name);
    (void) !write(ways[1], "1", 1);
    (void) !read(back[0], &word, 1);
    ftps_logins_enter(daemon_logins, STRING("alice"));
    (void) add();
    (void) !write(ways[1], "2", 1);
    (void) !read(back[0], &word, 1);
    _exit(0);
  }

  ftps_logins_begin(daemon_logins, STRING("192.0.2.9"));
  ftps_logins_enter(daemon_logins, STRING("bob"));
  (void) !read(ways[0], &word, 1);
  result |= ftps_logins_is_announced(daemon_logins, keys.name) ? 1 : 0;
  (void) !write(back[1], "1", 1);
  (void) !read(ways[0], &word, 1);
  result |= ftps_logins_is_announced(daemon_logins, keys.name) ? 2 : 0;
  (void) !write(back[1], "2", 1);
  (void) waitpid(child, NULL, 0);
  return result;
}

static void a_login_is_announced_until_it_comes(void **state) {
  (void) state;
  assert_int_equal(alice_logs_in(), 1);
}

static void a_full_table_forgets_the_oldest(void **state) {
  (void) state;
  (void) ask("192.0.2.1", "bob", add_many);
  (void) ask("192.0.2.1", "alice", add);
  assert_int_equal(ask("192.0.2.1", "alice", find), 1);
  next_name = many;
  (void) ask("192.0.2.1", "bob", add_many);
  assert_int_equal(ask("192.0.2.1", "alice", find), 0);
}

static void log_in_as_alice(void) {
  ftps_logins_enter(daemon_logins, STRING("alice"));
  (void) add();
}

static void announce_many(void) {
  struct ftps_ticket_keys keys = keys_named("name of a ticket");

  for (uint32_t i = 0; i < 20000; i++) {
    number(&keys, i);
    ftps_logins_announce(daemon_logins, keys.name);
  }
}

/* A session that has done this, and stays. */
static pid_t start(void (*act)(void)) {
  int ways[2];
  char word;
  pid_t child;

  assert_int_equal(pipe(ways), 0);
  child = fork();
  if (child == 0) {
    (void) alarm(LONGEST_LIFE);
    ftps_logins_begin(daemon_logins, STRING("192.0.2.1"));
    act();
    (void) !write(ways[1], "1", 1);
    (void) pause();
    _exit(0);
  }
  assert_int_equal(read(ways[0], &word, 1), 1);
  (void) close(ways[0]);
  (void) close(ways[1]);
  return child;
}

static void end(pid_t child) {
  (void) kill(child, SIGKILL);
  (void) waitpid(child, NULL, 0);
}

static void who_is_there_is_not_forgotten(void **state) {
  pid_t alice, stranger;

  (void) state;
  alice = start(log_in_as_alice);
  stranger = start(announce_many);
  assert_int_equal(ask("192.0.2.1", "alice", find), 1);
  many = 50;
  for (next_name = 0; next_name < 20000; next_name += many) {
    (void) ask("192.0.2.9", "bob", add_many);
  }
  assert_int_equal(ask("192.0.2.1", "alice", find), 1);
  end(alice);
  end(stranger);
}

static void claim_and_leave(void) {
  struct ftps_ticket_keys keys = keys_named("keys of a ticket");

  ftps_logins_enter(daemon_logins, STRING("alice"));
  (void) ftps_logins_claim(daemon_logins, FTPS_LOGINS_TICKET, &keys);
  ftps_logins_leave(daemon_logins, keys.name);
}

/* Its process id may be somebody else's then. */
static void who_has_left_keeps_no_name(void **state) {
  pid_t alice = start(claim_and_leave);

  (void) state;
  assert_int_equal(ask("192.0.2.1", "alice", find), 1);
  assert_int_equal(ask("192.0.2.1", "bob", claim), 1);
  assert_int_equal(ask("192.0.2.1", "alice", find), 0);
  end(alice);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(the_same_login_reads_it),
    TEST(nobody_else_reads_it),
    TEST(without_a_login_nothing_is_known),
    TEST(a_name_is_of_the_first_that_claims_it),
    TEST(the_name_of_a_dead_session_can_be_had),
    TEST(an_id_is_no_ticket),
    TEST(a_login_is_announced_until_it_comes),
    TEST(a_full_table_forgets_the_oldest),
    TEST(who_is_there_is_not_forgotten),
    TEST(who_has_left_keeps_no_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
