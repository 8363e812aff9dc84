/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_block.c: blocks signals before a session's end, as ProFTPD 1.3.10
 * does in pr_session_end().
 *
 * Built and loaded by t/75-reply-when-sent.t.
 */
#include "conf.h"

module probe_block_module;

static modret_t *block_signals(cmd_rec *cmd) {
  sigset_t all;

  (void) cmd;
  sigfillset(&all);
  (void) sigprocmask(SIG_BLOCK, &all, NULL);
  return PR_DECLINED(cmd);
}

static cmdtable commands[] = { { PRE_CMD, C_QUIT, G_NONE, block_signals, FALSE,
                                   FALSE, 0, NULL },
  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

module probe_block_module = { NULL, NULL, 0x20, "probe_block", NULL, commands,
  NULL, NULL, NULL, "mod_probe_block/1.0", NULL, 0 };
