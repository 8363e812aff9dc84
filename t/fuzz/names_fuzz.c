/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * names_fuzz.c: the name of a client as a folder (named/folder.c), and what a
 * session sends to the daemon (named/request.c).  What is taken for a name is
 * one component of a path.
 */
#include "named/request.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "t/fuzz/fuzz.h"

#define TEXT_MAX 600

static void check_component(const char *name) {
  CHECK(strlen(name) > 0 && strlen(name) <= FTPS_FOLDER_NAME_MAX);
  CHECK(name[0] != '.');
  CHECK(strstr(name, "..") == NULL);
  for (const char *c = name; *c != '\0'; c++) {
    CHECK((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' ||
        *c == '_' || *c == '.' || *c == '*');
  }
}

static void check_paths(const char *name) {
  for (size_t i = 0; i < FTPS_FOLDER_LAYOUTS; i++) {
    char *certificate, *key;

    if (ftps_folder_paths("/d", name, i, &certificate, &key) == 0) {
      CHECK(strncmp(certificate, "/d/", 3) == 0 && strncmp(key, "/d/", 3) == 0);
      CHECK(strchr(strchr(certificate + 3, '/') + 1, '/') == NULL);
      CHECK(strchr(strchr(key + 3, '/') + 1, '/') == NULL);
      OPENSSL_free(certificate);
      OPENSSL_free(key);
    }
  }
}

static void check_name(const uint8_t *data, size_t size) {
  ftps_folder_name names[FTPS_FOLDER_CHOICES];
  char text[TEXT_MAX + 1];
  size_t len = size < TEXT_MAX ? size : TEXT_MAX, n;

  memcpy(text, data, len);
  text[len] = '\0';
  n = ftps_folder_list(text, names);
  CHECK((n > 0) == ftps_folder_is_host(text));
  for (size_t i = 0; i < n; i++) {
    CHECK(ftps_folder_is_name(names[i]));
    check_component(names[i]);
    check_paths(names[i]);
  }
}

static void check_request(const uint8_t *data, size_t size) {
  struct ftps_requests requests;
  struct ftps_request request;
  int ends[2], res;

  ftps_requests_init(&requests);
  CHECK(ftps_requests_receive(&requests, &request) == 0);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0) {
    return;
  }

  requests.daemons = ends[0];
  if (send(ends[1], data, size, MSG_DONTWAIT) >= 0) {
    res = ftps_requests_receive(&requests, &request);
    CHECK(res != 0);
    if (res > 0) {
      CHECK(size == sizeof(request));
      check_component(request.name);
    }
  }
  (void) close(ends[0]);
  (void) close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_name(data, size);
  check_request(data, size);
  return 0;
}
