/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * folder.c: see folder.h.
 */
#include "named/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define LABEL_MAX 63

static bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
      c == '_';
}

bool ftps_folder_is_host(const char *name) {
  size_t len = 0, label = 0;

  for (; name[len] != '\0'; len++) {
    if (len >= FTPS_FOLDER_HOST_MAX || label > LABEL_MAX) {
      return false;
    }
    if (name[len] == '.') {
      if (label == 0) {
        return false;
      }
      label = 0;
    } else if (is_label_char(name[len])) {
      label++;
    } else {
      return false;
    }
  }

  return label > 0 && label <= LABEL_MAX;
}

bool ftps_folder_is_name(const char *name) {
  return ftps_folder_is_host(strncmp(name, "*.", 2) == 0 ? name + 2 : name);
}

static void put(ftps_folder_name to, const char *before, const char *name) {
  (void) snprintf(to, FTPS_FOLDER_NAME_MAX + 1, "%s%s", before, name);
}

/* A wildcard is one label, and "*.org" is nobody's. */
size_t ftps_folder_list(const char *host,
    ftps_folder_name names[FTPS_FOLDER_CHOICES]) {
  const char *above = strchr(host, '.');

  if (!ftps_folder_is_host(host)) {
    return 0;
  }

  put(names[0], "", host);
  if (above == NULL || strchr(above + 1, '.') == NULL) {
    return 1;
  }

  put(names[1], "*.", above + 1);
  put(names[2], "", above + 1);
  return 3;
}

static char *join(const char *dir, const char *name, const char *after,
    const char *file) {
  size_t size = strlen(dir) + strlen(name) + strlen(after) + strlen(file) + 3;
  char *path = OPENSSL_malloc(size);

  if (path != NULL) {
    (void) snprintf(path, size, "%s/%s%s/%s", dir, name, after, file);
  }
  return path;
}

int ftps_folder_paths(const char *dir, const char *name, size_t layout,
    char **certificate_out, char **key_out) {
  static const char *const after[FTPS_FOLDER_LAYOUTS] = { "", "_ecc", "" };
  const bool is_certbot = layout == 0;
  char key[FTPS_FOLDER_NAME_MAX + sizeof(".key")];

  (void) snprintf(key, sizeof(key), "%s.key", name);
  *certificate_out = join(dir, name, after[layout],
      is_certbot ? "fullchain.pem" : "fullchain.cer");
  *key_out = join(dir, name, after[layout], is_certbot ? "privkey.pem" : key);
  if (*certificate_out != NULL && *key_out != NULL) {
    return 0;
  }

  OPENSSL_free(*certificate_out);
  OPENSSL_free(*key_out);
  *certificate_out = *key_out = NULL;
  return -1;
}

static bool is_below(const char *path, const char *dir) {
  size_t len = strlen(dir);

  return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* "archive" beside a directory that is called "live"; the text of `dir` is
 * changed.
 */
static bool is_in_archive(const char *path, char *dir) {
  char *last = strrchr(dir, '/');
  size_t len;

  if (last == NULL || strcmp(last, "/live") != 0) {
    return false;
  }

  *last = '\0';
  len = strlen(dir);
  return strncmp(path, dir, len) == 0 && is_below(path + len, "/archive");
}

int ftps_folder_check(const char *dir, const char *path,
    struct ftps_error *err) {
  char *real_dir = realpath(dir, NULL), *real_path = realpath(path, NULL);
  int res = -1;

  if (real_dir == NULL || real_path == NULL) {
    ftps_error_set_errno(err, errno,
        "TLSCertificateDirectory %s: %s cannot be read; write it, or remove "
        "its folder",
        dir, path);
  } else if (is_below(real_path, real_dir) ||
      is_in_archive(real_path, real_dir)) {
    res = 0;
  } else {
    ftps_error_set(err,
        "TLSCertificateDirectory %s: %s is a link that leads out of it, to "
        "%s, and is not used; copy the file to here",
        dir, path, real_path);
  }

  free(real_dir);
  free(real_path);
  return res;
}
