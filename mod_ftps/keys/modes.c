/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * modes.c: see modes.h.
 */
#include "keys/modes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define FUSE 0x65735546

/* Numbers of the kernel; <linux/magic.h> has only some of them. */
static const unsigned int types[] = {
  0xff534d42, /* CIFS */
  0xfe534d42, /* CIFS, SMB 2 and later */
  0x0000517b, /* SMB */
  FUSE,       /* NTFS-3G, sshfs, virtiofs, shared folders */
  0x5346544e, /* NTFS */
  0x7366746e, /* NTFS3 */
  0x00004d44, /* FAT */
  0x2011bab0, /* exFAT */
  0x01021997, /* 9P */
  0x786f4256, /* shared folders of VirtualBox */
  0xbacbacbc, /* shared folders of VMware */
};

/* FUSE has file systems of both kinds.  Without file modes, directories look
 * like the files in them.
 */
static bool is_directory_open(const char *path) {
  const char *end = strrchr(path, '/');
  char directory[4096];
  struct stat st;
  int len;

  if (end == NULL) {
    return false;
  }

  len = snprintf(directory, sizeof(directory), "%.*s/.", (int) (end - path),
      path);
  return len > 0 && (size_t) len < sizeof(directory) &&
      stat(directory, &st) == 0 && (st.st_mode & S_IWOTH) != 0 &&
      (st.st_mode & S_ISVTX) == 0;
}

bool ftps_modes_are_fixed(const char *path) {
  struct statfs fs;

  if (statfs(path, &fs) < 0) {
    return false;
  }

  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    if ((unsigned int) fs.f_type == types[i]) {
      return types[i] != FUSE || is_directory_open(path);
    }
  }

  return false;
}
