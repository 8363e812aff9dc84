/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * usermap.h: the file of TLSUserMapFile: which names in a client certificate
 * belong to which user.
 *
 * vhost/usermap_file.c parses it from bytes in memory and owns the map, and
 * host/control/login.c uses it.  A map never changes after it was parsed.
 *
 * One rule per line, "KIND:VALUE USER".  The text after the last blank is the
 * user, so values may have blanks.  Empty lines and lines that begin with "#"
 * are ignored.  Kinds: dn, cn, san-dns, san-email, san-uri, san-upn, sha256.
 *
 * DIAGNOSTICS: for an invalid text the parser returns NULL, and an error with
 * the line's number, what is wrong and what to write.
 */
#ifndef FTPS_BASE_USERMAP_H
#define FTPS_BASE_USERMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/certname.h"
#include "base/error.h"

#define FTPS_USERMAP_MAX_SIZE  (1024U * 1024U)
#define FTPS_USERMAP_MAX_LINE  1024U
#define FTPS_USERMAP_MAX_RULES 10000U

struct ftps_usermap;

struct ftps_usermap *ftps_usermap_parse(const char *text, size_t len,
    struct ftps_error *err);

/* NULL is allowed. */
void ftps_usermap_free(struct ftps_usermap *map);

/* True if the certificate has the name of a rule for this user. `has` is
 * ftps_certname_is(), except in tests.
 */
bool ftps_usermap_admits(const struct ftps_usermap *map, const char *user,
    bool (*has)(const X509 *cert, enum ftps_certname kind, const char *value),
    const X509 *cert);

#endif /* FTPS_BASE_USERMAP_H */
