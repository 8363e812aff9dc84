/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap_file.c: see usermap_file.h.
 */
#include "vhost/usermap_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx_index.h"
#include "base/fds.h"
#include "trust/files.h"

#define DIRECTIVE "TLSUserMapFile"

static void free_map(void *map) {
  ftps_usermap_free(map);
}

/* Returns the bytes, or NULL with `err` set.  It reads one byte more than the
 * limit, to recognise a file that is too large.
 */
static char *read_file(const char *path, size_t *len_out,
    struct ftps_error *err) {
  char *text = OPENSSL_malloc(FTPS_USERMAP_MAX_SIZE + 1);
  int fd = ftps_fds_open_file(path);
  ssize_t got = -1;

  *len_out = 0;
  while (text != NULL && fd >= 0 &&
      (got = read(fd, text + *len_out, FTPS_USERMAP_MAX_SIZE + 1 - *len_out)) >
          0) {
    *len_out += (size_t) got;
  }

  if (got < 0) {
    ftps_error_set_errno(err, errno, DIRECTIVE " %s", path);
    OPENSSL_free(text);
    text = NULL;
  }

  if (fd >= 0) {
    (void) close(fd);
  }
  return text;
}

static struct ftps_usermap *load(const char *path, struct ftps_error *err) {
  struct ftps_usermap *map;
  struct ftps_error why;
  size_t len;
  char *text;

  if (ftps_trustfile_check(DIRECTIVE, path, S_IFREG, err) < 0) {
    return NULL;
  }

  text = read_file(path, &len, err);
  if (text == NULL) {
    return NULL;
  }

  ftps_error_clear(&why);
  map = ftps_usermap_parse(text, len, &why);
  OPENSSL_free(text);
  if (map == NULL) {
    ftps_error_set(err, DIRECTIVE " %s: %s", path, why.text);
  }
  return map;
}

int ftps_usermap_file_load(SSL_CTX *ctx, const struct ftps_settings *settings,
    struct ftps_error *err) {
  struct ftps_usermap *map;

  if (settings->user_map_file == NULL) {
    return 0;
  }

  map = load(settings->user_map_file, err);
  if (map == NULL) {
    return -1;
  }

  ftps_ctx_index_set(ctx, FTPS_CTX_USERMAP, map, free_map);
  return 0;
}

const struct ftps_usermap *ftps_usermap_file_get0(const SSL_CTX *ctx) {
  return ftps_ctx_index_get(ctx, FTPS_CTX_USERMAP);
}
