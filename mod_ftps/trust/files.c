/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * files.c: see files.h.
 */
#include "trust/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "keys/modes.h"
#include "log/log.h"

#include "conf.h"

#define HASH_LENGTH 8

int ftps_trustfile_check(const char *directive, const char *path, mode_t type,
    struct ftps_error *err) {
  struct stat st;

  if (stat(path, &st) < 0) {
    ftps_error_set_path(err, directive, path, errno);
    return -1;
  }

  if ((st.st_mode & S_IFMT) != type) {
    ftps_error_set(err, "%s %s: is not a %s; name one", directive, path,
        type == S_IFDIR ? "directory" : "regular file");
    return -1;
  }

  if ((st.st_mode & S_IWOTH) && !ftps_modes_are_fixed(path)) {
    ftps_error_set(err,
        "%s %s: is world-writable, anybody could change whom the server "
        "trusts; run chmod o-w on it",
        directive, path);
    return -1;
  }

  return 0;
}

bool ftps_trustfile_is_finite(const char *path) {
  struct stat st;

  return stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

static bool is_hashed_name(const char *name, const char *infix) {
  const char *end;

  if (strspn(name, "0123456789abcdef") != HASH_LENGTH ||
      strncmp(name + HASH_LENGTH, infix, strlen(infix)) != 0) {
    return false;
  }

  end = name + HASH_LENGTH + strlen(infix);
  return *end != '\0' && strspn(end, "0123456789") == strlen(end);
}

/* A file of a lenient directory that cannot be used: one CA less is trusted, so
 * nothing is open, and mod_tls starts with it.
 */
static int skip_entry(const struct ftps_error *fault, struct ftps_error *err) {
  if (fault->is_passing) {
    ftps_error_take(err, fault);
    return -1;
  }

  ftps_log_admin(PR_LOG_WARNING, "%s; the file is not used", fault->text);
  return 0;
}

static int load_lenient(const struct ftps_trustdir *dir, const char *file,
    X509_STORE *store, struct ftps_error *err) {
  struct ftps_error fault;
  struct stat st;

  ftps_error_clear(&fault);
  if (stat(file, &st) < 0) {
    if (errno == ENOENT) {
      return 0;
    }
    ftps_error_set_path(&fault, dir->directive, file, errno);
  } else if (!S_ISREG(st.st_mode)) {
    ftps_error_set(&fault, "%s %s: is not a regular file; take it out",
        dir->directive, file);
  } else if (ftps_trustfile_check(dir->directive, file, S_IFREG, err) < 0) {
    return -1;
  } else if (dir->load(store, dir->directive, file, &fault) == 0) {
    return 0;
  }

  return skip_entry(&fault, err);
}

static int load_entry(const struct ftps_trustdir *dir, const char *name,
    X509_STORE *store, struct ftps_error *err) {
  char file[4096];
  int len = snprintf(file, sizeof(file), "%s/%s", dir->path, name);

  if (len < 0 || (size_t) len >= sizeof(file)) {
    ftps_error_set(err, "%s %.512s: is too long; shorten it", dir->directive,
        dir->path);
    return -1;
  }

  if (dir->is_lenient) {
    return load_lenient(dir, file, store, err);
  }

  if (ftps_trustfile_check(dir->directive, file, S_IFREG, err) < 0) {
    return -1;
  }

  return dir->load(store, dir->directive, file, err);
}

int ftps_trustfile_load_all(const struct ftps_trustdir *dir, X509_STORE *store,
    struct ftps_error *err) {
  const struct dirent *entry;
  DIR *stream = NULL;
  int n = 0, res = 0;

  if (ftps_trustfile_check(dir->directive, dir->path, S_IFDIR, err) == 0) {
    stream = opendir(dir->path);
  }

  if (stream == NULL) {
    ftps_error_set_errno(err, errno, "%s %s", dir->directive, dir->path);
    return -1;
  }

  while (res == 0 && (entry = readdir(stream)) != NULL) {
    if (is_hashed_name(entry->d_name, dir->infix)) {
      res = load_entry(dir, entry->d_name, store, err);
      n++;
    }
  }

  (void) closedir(stream);
  return res == 0 ? n : -1;
}
