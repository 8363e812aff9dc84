/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * folder_test.c: which paths a name of a client leads to (named/folder.h).
 */
#include "named/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void takes_names_of_hosts(void **state) {
  static const char *const good[] = { "a", "a.b", "xn--bcher-kva.example",
    "_x.example", "a-b.example", "1.2.3.4.example", "ftp.example.org" };
  static const char *const bad[] = { "", ".", "..", "...", "a.", ".a", "a..b",
    "../a", "a/b", "/", "a b", "A.example", "b\xc3\xbc", "a\n", "*", "*.",
    "*.a.b", "a.*", "~", "$HOME", "%2e%2e" };

  (void) state;
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    print_message("# good %zu\n", i);
    assert_true(ftps_folder_is_host(good[i]));
    assert_true(ftps_folder_is_name(good[i]));
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    print_message("# bad %zu\n", i);
    assert_false(ftps_folder_is_host(bad[i]));
  }
  assert_true(ftps_folder_is_name("*.a.b"));
  assert_false(ftps_folder_is_name("*.*.b"));
  assert_false(ftps_folder_is_name("*."));
}

static void limits_lengths(void **state) {
  char name[300];

  (void) state;
  memset(name, 'a', sizeof(name));
  name[63] = '\0';
  assert_true(ftps_folder_is_host(name));
  name[63] = 'a';
  name[64] = '\0';
  assert_false(ftps_folder_is_host(name));

  memset(name, 'a', sizeof(name));
  for (size_t i = 50; i < 250; i += 50) {
    name[i] = '.';
  }
  name[253] = '\0';
  assert_true(ftps_folder_is_host(name));
  name[253] = 'a';
  name[254] = '\0';
  assert_false(ftps_folder_is_host(name));
}

static void lists_the_best_folder_first(void **state) {
  ftps_folder_name names[FTPS_FOLDER_CHOICES];

  (void) state;
  assert_int_equal(ftps_folder_list("a.b.example", names), 3);
  assert_string_equal(names[0], "a.b.example");
  assert_string_equal(names[1], "*.b.example");
  assert_string_equal(names[2], "b.example");
  assert_int_equal(ftps_folder_list("a.example", names), 1);
  assert_int_equal(ftps_folder_list("localhost", names), 1);
  assert_int_equal(ftps_folder_list("..", names), 0);
  assert_int_equal(ftps_folder_list("", names), 0);
}

static void makes_the_paths_of_both_tools(void **state) {
  static const char *const want[FTPS_FOLDER_LAYOUTS][2] = {
    { "/d/*.b.c/fullchain.pem", "/d/*.b.c/privkey.pem" },
    { "/d/*.b.c_ecc/fullchain.cer", "/d/*.b.c_ecc/*.b.c.key" },
    { "/d/*.b.c/fullchain.cer", "/d/*.b.c/*.b.c.key" },
  };

  (void) state;
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    char *certificate, *key;

    assert_int_equal(ftps_folder_paths("/d", "*.b.c", i, &certificate, &key),
        0);
    assert_string_equal(certificate, want[i][0]);
    assert_string_equal(key, want[i][1]);
    OPENSSL_free(certificate);
    OPENSSL_free(key);
  }
}

static char top[] = "/tmp/ftps-folder-XXXXXX";

static void put(const char *name) {
  FILE *file = fopen(name, "w");

  assert_non_null(file);
  (void) fclose(file);
}

static int make_folders(void **state) {
  (void) state;
  return mkdtemp(top) != NULL && chdir(top) == 0 && mkdir("live", 0700) == 0 &&
          mkdir("live/a", 0700) == 0 && mkdir("archive", 0700) == 0 &&
          mkdir("livelier", 0700) == 0 && mkdir("acme", 0700) == 0
      ? 0
      : -1;
}

static int remove_folders(void **state) {
  char command[64];

  (void) state;
  (void) snprintf(command, sizeof(command), "rm -r %s", top);
  /* NOLINTNEXTLINE: a command of constant words and a name of mkdtemp's */
  return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static int check(const char *dir, const char *path) {
  struct ftps_error err;

  ftps_error_clear(&err);
  return ftps_folder_check(dir, path, &err);
}

static void follows_links_into_the_archive_only(void **state) {
  (void) state;
  put("archive/c1.pem");
  put("livelier/c.pem");
  put("live/a/own.pem");
  put("acme/own.pem");
  assert_int_equal(symlink("../../archive/c1.pem", "live/a/c.pem"), 0);
  assert_int_equal(symlink("../../livelier/c.pem", "live/a/beside.pem"), 0);
  assert_int_equal(symlink("/etc/passwd", "live/a/away.pem"), 0);
  assert_int_equal(symlink("/etc", "live/away"), 0);
  assert_int_equal(symlink("loop", "live/loop"), 0);
  assert_int_equal(symlink("a", "live/alias"), 0);
  assert_int_equal(symlink("../archive/c1.pem", "acme/c.pem"), 0);

  assert_int_equal(check("live", "live/a/own.pem"), 0);
  assert_int_equal(check("live", "live/a/c.pem"), 0);
  assert_int_equal(check("live", "live/alias/c.pem"), 0);
  assert_int_equal(check("live", "live/a/beside.pem"), -1);
  assert_int_equal(check("live", "live/a/away.pem"), -1);
  assert_int_equal(check("live", "live/away/passwd"), -1);
  assert_int_equal(check("live", "live/loop"), -1);
  assert_int_equal(check("live", "live/none"), -1);
  assert_int_equal(check("none", "live/a/own.pem"), -1);
  assert_int_equal(check("acme", "acme/own.pem"), 0);
  assert_int_equal(check("acme", "acme/c.pem"), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(takes_names_of_hosts),
    cmocka_unit_test(limits_lengths),
    cmocka_unit_test(lists_the_best_folder_first),
    cmocka_unit_test(makes_the_paths_of_both_tools),
    cmocka_unit_test_setup_teardown(follows_links_into_the_archive_only,
        make_folders, remove_folders),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
