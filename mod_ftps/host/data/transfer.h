/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transfer.h: what the current command transfers.
 */
#ifndef FTPS_HOST_DATA_TRANSFER_H
#define FTPS_HOST_DATA_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

/* True for an upload. */
bool ftps_transfer_is_upload(void);

/* True for a listing of a directory. */
bool ftps_transfer_is_listing(void);

/* True for one of these, or a download. */
bool ftps_transfer_is_any(void);

/* Returns how many bytes of the file mod_xfer will write, or 0 if this is not
 * known, or if they are changed on the way. `is_bare`: no other module is
 * between ProFTPD and our streams.
 */
uint64_t ftps_transfer_count_expected(bool is_bare);

#endif /* FTPS_HOST_DATA_TRANSFER_H */
