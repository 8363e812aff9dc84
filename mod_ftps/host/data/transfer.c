/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * transfer.c: see transfer.h.
 */
#include "host/data/transfer.h"

#include "conf.h"

bool ftps_transfer_is_upload(void) {
  return session.curr_cmd_id == PR_CMD_STOR_ID ||
      session.curr_cmd_id == PR_CMD_APPE_ID ||
      session.curr_cmd_id == PR_CMD_STOU_ID;
}

bool ftps_transfer_is_listing(void) {
  return session.curr_cmd_id == PR_CMD_LIST_ID ||
      session.curr_cmd_id == PR_CMD_MLSD_ID ||
      session.curr_cmd_id == PR_CMD_NLST_ID;
}

bool ftps_transfer_is_any(void) {
  return session.curr_cmd_id == PR_CMD_RETR_ID || ftps_transfer_is_upload() ||
      ftps_transfer_is_listing();
}

uint64_t ftps_transfer_count_expected(bool is_bare) {
  const off_t *offset =
      pr_table_get(session.curr_cmd_rec->notes, "mod_xfer.file-offset", NULL);

  if (offset == NULL || session.range_len > 0 ||
      (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) != 0 ||
      session.xfer.file_size <= *offset || !is_bare) {
    return 0;
  }

  return (uint64_t) (session.xfer.file_size - *offset);
}
