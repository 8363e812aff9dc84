/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * usermap.h: the file of TLSUserMapFile: which names in a client certificate
 * make somebody which user.
 *
 * Parsed by vhost/usermap_file.c from bytes in memory, asked by
 * host/control/login.c.  A map is never changed after it was parsed, and is
 * owned by who parsed it.
 *
 * One rule per line, "KIND:VALUE USER"; what stands behind the last blank is
 * the user, so values may have blanks.  Empty lines and lines that begin with
 * "#" say nothing.  Kinds: dn, cn, san-dns, san-email, san-uri, san-upn,
 * sha256.
 *
 * DIAGNOSTICS: text that is not such a file, as a whole: NULL, and an error
 * with the line's number, what is wrong and what to write.
 *
 * Source: issue 3.
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

/* Is there a rule for this user whose name the certificate has?  `has` is
 * ftps_certname_is(), but for tests.
 */
bool ftps_usermap_admits(const struct ftps_usermap *map, const char *user,
    bool (*has)(const X509 *cert, enum ftps_certname kind, const char *value),
    const X509 *cert);

#endif /* FTPS_BASE_USERMAP_H */
