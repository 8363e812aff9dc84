/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * transfer.h: what the command at hand transfers.
 */
#ifndef FTPS_HOST_DATA_TRANSFER_H
#define FTPS_HOST_DATA_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

/* Is it an upload? */
bool ftps_transfer_is_upload(void);

/* Does it list a directory? */
bool ftps_transfer_is_listing(void);

/* Is it one of these, or a download? */
bool ftps_transfer_is_any(void);

/* Bytes of the file that is to be sent, as many as mod_xfer will hand over; 0:
 * they are not known, or change on their way.  `is_bare`: no other module is
 * between ProFTPD and our streams.
 */
uint64_t ftps_transfer_count_expected(bool is_bare);

#endif /* FTPS_HOST_DATA_TRANSFER_H */
