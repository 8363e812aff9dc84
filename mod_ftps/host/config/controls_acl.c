/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_acl.c: see controls_acl.h.
 */
#include "host/config/controls_acl.h"

#include <string.h>
#include <strings.h>

#include "base/daemon.h"

static ctrls_acttab_t actions[] = { { "clear", NULL, NULL, NULL },
  { "info", NULL, NULL, NULL }, { "metrics", NULL, NULL, NULL },
  { "ocspcache", NULL, NULL, NULL }, { "reload", NULL, NULL, NULL },
  { "remove", NULL, NULL, NULL }, { "sesscache", NULL, NULL, NULL },
  { NULL, NULL, NULL, NULL } };

bool ftps_controls_is_allowed(const pr_ctrls_t *ctrl, const char *action) {
  return pr_ctrls_check_acl(ctrl, actions, action) == TRUE;
}

/* ProFTPD skips names that it cannot find.  Then everybody may do what should
 * be denied to these users.
 */
static void warn_unknown(cmd_rec *cmd, bool is_group) {
  char **names = pr_ctrls_parse_acl(cmd->tmp_pool, cmd->argv[4]);

  for (; names != NULL && *names != NULL; names++) {
    bool is_known = strcmp(*names, "*") == 0 ||
        (is_group ? pr_auth_name2gid(cmd->tmp_pool, *names) != (gid_t) -1
                  : pr_auth_name2uid(cmd->tmp_pool, *names) != (uid_t) -1);

    if (!is_known) {
      pr_log_pri(PR_LOG_NOTICE,
          "notice: TLSControlsACLs: there is no %s \"%.200s\", the name is "
          "left out; correct it",
          is_group ? "group" : "user", *names);
    }
  }
}

modret_t *ftps_controls_set_acls(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *unknown = NULL;
  bool is_group;

  if (strcasecmp(cmd->argv[2], "allow") != 0 &&
      strcasecmp(cmd->argv[2], "deny") != 0) {
    return ftps_rules_refuse_value(cmd, row, 2);
  }

  is_group = strcasecmp(cmd->argv[3], "group") == 0;
  if (!is_group && strcasecmp(cmd->argv[3], "user") != 0) {
    return ftps_rules_refuse_value(cmd, row, 3);
  }

  if (pr_ctrls_set_module_acls2(actions, ftps_daemon_get0()->acl_pool,
          pr_ctrls_parse_acl(cmd->tmp_pool, cmd->argv[1]), cmd->argv[2],
          cmd->argv[3], cmd->argv[4], &unknown) < 0) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not an action; write one or more of clear, info, "
        "metrics, ocspcache, reload, remove and sesscache with commas between "
        "them, or \"all\"",
        unknown != NULL ? unknown : (const char *) cmd->argv[1]);
  }

  warn_unknown(cmd, is_group);
  return PR_HANDLED(cmd);
}

void ftps_controls_reset_acls(void) {
  struct ftps_daemon *daemon = ftps_daemon_get0();

  if (daemon->acl_pool != NULL) {
    destroy_pool(daemon->acl_pool);
  }
  daemon->acl_pool = make_sub_pool(permanent_pool);
  pr_pool_tag(daemon->acl_pool, "TLSControlsACLs");

  for (size_t i = 0; actions[i].act_action != NULL; i++) {
    actions[i].act_acl = pcalloc(daemon->acl_pool, sizeof(ctrls_acl_t));
    (void) pr_ctrls_init_acl(actions[i].act_acl);
  }
}
