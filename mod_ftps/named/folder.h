/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * folder.h: where TLSCertificateDirectory has the certificate of a name.
 *
 * A folder has the layout of certbot (fullchain.pem and privkey.pem in NAME) or
 * of acme.sh (fullchain.cer and NAME.key in NAME, or in NAME_ecc for an EC
 * key).  A name may have several; each has another kind of key.
 *
 * A client chooses the name.  It is one component of a path: letters, digits,
 * '-' and '_', in labels that dots separate.  So it has no '/', is not "..",
 * and is not a file of root's that begins with a dot.  Files of a folder may be
 * links: those of certbot's "live" lead to "archive" beside it.  A link that
 * leads anywhere else is refused.
 *
 * Files are not written.  The caller has root.
 */
#ifndef FTPS_NAMED_FOLDER_H
#define FTPS_NAMED_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define FTPS_FOLDER_HOST_MAX 253
#define FTPS_FOLDER_NAME_MAX (FTPS_FOLDER_HOST_MAX + 2)
#define FTPS_FOLDER_LAYOUTS  3
#define FTPS_FOLDER_CHOICES  3

/* A folder's name, without acme.sh's "_ecc". */
typedef char ftps_folder_name[FTPS_FOLDER_NAME_MAX + 1];

/* True for the name of a host, in lower case; the other one also allows "*."
 * before it.
 */
bool ftps_folder_is_host(const char *name);
bool ftps_folder_is_name(const char *name);

/* Lists the folders that may have the certificate of a host, the best one
 * first: its own; that of a wildcard; that of the domain above it, where
 * certbot has wildcards.  Returns how many.
 */
size_t ftps_folder_list(const char *host,
    ftps_folder_name names[FTPS_FOLDER_CHOICES]);

/* Allocates the paths of a layout.  Returns 0, or -1 if there is no memory. */
int ftps_folder_paths(const char *dir, const char *name, size_t layout,
    char **certificate_out, char **key_out);

/* Returns 0 if the file is in the directory, or in certbot's archive; or -1
 * with `err` set.
 */
int ftps_folder_check(const char *dir, const char *path,
    struct ftps_error *err);

#endif /* FTPS_NAMED_FOLDER_H */
