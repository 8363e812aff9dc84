/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * file_advice.c: see file_advice.h.
 */
#include "keys/file_advice.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "keys/modes.h"
#include "base/settings.h"
#include "keys/keytype.h"

/* Debian gives keys to the group ssl-cert. */
static bool is_trusted_group(gid_t gid, char *name, size_t size) {
  const struct group *group = gid != 0 ? getgrgid(gid) : NULL;

  if (group == NULL) {
    (void) snprintf(name, size, "%lu", (unsigned long) gid);
    return gid == 0;
  }

  (void) snprintf(name, size, "%s", group->gr_name);
  return strcmp(name, "ssl-cert") == 0;
}

static void advise_mode(const struct ftps_settings *settings, size_t i,
    ftps_report report) {
  const struct ftps_keyfiles *files = &settings->keyfiles[i];
  const char *path = files->key != NULL ? files->key : files->certificate;
  enum ftps_keytype type = (enum ftps_keytype) i;
  char who[80] = "everybody on this host", name[64];
  struct stat st;

  if (*path != '/' || stat(path, &st) < 0 || ftps_modes_are_fixed(path)) {
    return;
  }

  if ((st.st_mode & S_IROTH) == 0) {
    if ((st.st_mode & S_IRGRP) == 0 ||
        is_trusted_group(st.st_gid, name, sizeof(name))) {
      return;
    }
    (void) snprintf(who, sizeof(who), "the group %s", name);
  }

  ftps_error_report(report, FTPS_SEVERITY_NOTICE,
      "%s %s: the private key in it can be read by %s (mode %04o); run chmod "
      "0600 on it",
      files->key != NULL ? ftps_keytype_key_directive(type)
                         : ftps_keytype_certificate_directive(type),
      path, who, (unsigned int) (st.st_mode & 07777));
}

/* On other file systems such a file is refused, and the remedy is chmod. */
static void advise_open(const char *directive, const char *path,
    ftps_report report) {
  struct stat st;

  if (path == NULL || *path != '/' || stat(path, &st) < 0 ||
      (st.st_mode & S_IWOTH) == 0 || !ftps_modes_are_fixed(path)) {
    return;
  }

  ftps_error_report(report, FTPS_SEVERITY_NOTICE,
      "%s %s: everybody on this host may change it (mode %04o), and chmod does "
      "not help on its file system; mount that with a umask (uid=0,umask=077), "
      "or move the file to another one",
      directive, path, (unsigned int) (st.st_mode & 07777));
}

/* Nothing in it is read before it is used. */
static void advise_directory(const char *path, ftps_report report) {
  struct stat st;

  if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
    ftps_error_report(report, FTPS_SEVERITY_NOTICE,
        "TLSCertificateDirectory %s: there is no such directory, so all "
        "clients get the server's own certificate; correct the path",
        path);
  } else if ((st.st_mode & S_IWOTH) != 0) {
    ftps_error_report(report, FTPS_SEVERITY_NOTICE,
        "TLSCertificateDirectory %s: everybody on this host may put "
        "certificates there (mode %04o); run chmod o-w on it",
        path, (unsigned int) (st.st_mode & 07777));
  }
}

void ftps_file_advice(const struct ftps_settings *settings,
    ftps_report report) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    const struct ftps_keyfiles *files = &settings->keyfiles[i];
    enum ftps_keytype type = (enum ftps_keytype) i;

    if (files->certificate != NULL) {
      advise_mode(settings, i, report);
      advise_open(ftps_keytype_certificate_directive(type), files->certificate,
          report);
      advise_open(ftps_keytype_key_directive(type), files->key, report);
    }
  }

  if (settings->certificate_dir != NULL) {
    advise_directory(settings->certificate_dir, report);
  }
  advise_open("TLSCertificateChainFile", settings->chain_file, report);
  advise_open("TLSCACertificateFile", settings->ca_file, report);
  advise_open("TLSCACertificatePath", settings->ca_path, report);
  for (size_t i = 0; i < settings->crl_files.count; i++) {
    advise_open("TLSCARevocationFile", settings->crl_files.texts[i], report);
  }
  for (size_t i = 0; i < settings->crl_dirs.count; i++) {
    advise_open("TLSCARevocationPath", settings->crl_dirs.texts[i], report);
  }
}
