/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * json.h: the inside of strings in JSON, and of label values in Prometheus's
 * text, which escapes the same characters.
 *
 * Pure.  Anybody may have made the bytes.
 *
 * Source: RFC 8259, section 7; Prometheus, "Exposition formats".
 */
#ifndef FTPS_LOG_JSON_H
#define FTPS_LOG_JSON_H

#include <stddef.h>

/* The bytes first become text as in base/x509_text.h: UTF-8 without control
 * characters, in which \xHH stands for every byte that cannot be shown.  Then
 * quotation marks and backslashes are escaped.  A text that does not fit is cut
 * between two characters.  Returns `out`.
 */
const char *ftps_json_escape(const void *bytes, size_t len, char *out,
    size_t size);

/* The same for a text that has passed ftps_text_escape() already.  What is not
 * UTF-8 all the same becomes U+FFFD, and a control character \u00XX.
 */
const char *ftps_json_quote(const char *text, char *out, size_t size);

#endif /* FTPS_LOG_JSON_H */
