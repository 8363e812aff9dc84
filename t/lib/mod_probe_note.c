/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * mod_probe_note.c: a module that sets the note of mod_ifsession's option
 * PerUnauthenticatedUser after USER; older versions do not have the option.
 * Built and loaded by t/37-per-user.t.
 */
#include "conf.h"

static modret_t *set_note(cmd_rec *cmd) {
  (void) cmd;
  (void) pr_table_add_dup(session.notes,
      "mod_ifsession.per-unauthenticated-user", "true", 0);
  return PR_DECLINED(cmd);
}

static cmdtable commands[] = { { POST_CMD, C_USER, G_NONE, set_note, FALSE,
                                   FALSE, 0, NULL },
  { 0, NULL, NULL, NULL, 0, 0, 0, NULL } };

module probe_note_module = { NULL, NULL, 0x20, "probe_note", NULL, commands,
  NULL, NULL, NULL, "mod_probe_note/1.0", NULL, 0 };
