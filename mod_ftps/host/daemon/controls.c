/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * controls.c: see controls.h.
 *
 * Lines that scripts look for are those of mod_tls (contract, section 6).
 */
#include "host/daemon/controls.h"

#include <strings.h>

#include "cache/cache.h"
#include "host/config/rules.h"
#include "host/daemon/controls_show.h"

#include "mod_ctrls.h"

extern module ftps_module;

static ctrls_acttab_t actions[] = { { "clear", NULL, NULL, NULL },
  { "info", NULL, NULL, NULL }, { "ocspcache", NULL, NULL, NULL },
  { "remove", NULL, NULL, NULL }, { "sesscache", NULL, NULL, NULL },
  { NULL, NULL, NULL, NULL } };

static pool *acl_pool;

/* How the two caches are called in requests and answers. */
struct names {
  enum ftps_store_cache cache;
  const char *action;
  const char *text;
  const char *one;
  const char *many;
  const char *directive;
};

static const struct names caches[] = {
  { FTPS_STORE_SESSIONS, "sesscache", "session", "session", "sessions",
      "TLSSessionCache" },
  { FTPS_STORE_RESPONSES, "ocspcache", "OCSP", "response", "responses",
      "TLSStaplingCache" },
};

static bool is_allowed(const pr_ctrls_t *ctrl, const char *action) {
  return pr_ctrls_check_acl(ctrl, actions, action) == TRUE;
}

static int refuse_access(pr_ctrls_t *ctrl) {
  (void) pr_ctrls_add_response(ctrl, "access denied");
  return -1;
}

static int show(pr_ctrls_t *ctrl, const struct names *names, int argc,
    char **argv) {
  struct ftps_controls_view view = { .ctrl = ctrl, .cache = names->cache };
  int res;

  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "-v") == 0) {
      view.is_verbose = true;
    } else if (strcmp(argv[i], "-j") == 0) {
      view.is_json = true;
    } else {
      (void) pr_ctrls_add_response(ctrl,
          "tls %s: unsupported parameter: '%.64s'", names->action, argv[i]);
      return -1;
    }
  }

  res = ftps_controls_show(&view);
  if (res < 0) {
    (void) pr_ctrls_add_response(ctrl,
        "tls %s: error obtaining status of %s cache: %s", names->action,
        names->text, strerror(errno));
  }
  return res;
}

static const char *name_type(const struct names *names) {
  struct ftps_store_report report;

  ftps_store_report(names->cache, &report);
  return report.type != NULL ? report.type : "";
}

static int clear_cache(pr_ctrls_t *ctrl, const struct names *names) {
  long n = -1;

  if (ftps_store_is_open(names->cache)) {
    n = ftps_store_clear(names->cache);
  } else {
    errno = ENOSYS;
  }

  if (n < 0) {
    (void) pr_ctrls_add_response(ctrl, "tls %s: error clearing %s cache: %s",
        names->action, names->text, strerror(errno));
    return -1;
  }

  (void) pr_ctrls_add_response(ctrl,
      "tls %s: cleared %ld %s from '%s' %s cache", names->action, n,
      n == 1 ? names->one : names->many, name_type(names), names->text);
  return 0;
}

static int remove_cache(pr_ctrls_t *ctrl, const struct names *names) {
  const char *type = pstrdup(ctrl->ctrls_tmp_pool, name_type(names));
  int res = -1;

  if (ftps_store_is_open(names->cache)) {
    res = ftps_store_remove(names->cache);
  } else {
    errno = ENOSYS;
  }

  if (res < 0) {
    (void) pr_ctrls_add_response(ctrl, "tls %s: error removing %s cache: %s",
        names->action, names->text, strerror(errno));
    return -1;
  }

  (void) pr_ctrls_add_response(ctrl, "tls %s: removed '%s' %s cache",
      names->action, type, names->text);
  return 0;
}

static int refuse_more(pr_ctrls_t *ctrl, const struct names *names,
    const char *word) {
  (void) pr_ctrls_add_response(ctrl, "tls %s: unsupported parameter: '%.64s'",
      names->action, word);
  return -1;
}

static int handle_cache(pr_ctrls_t *ctrl, const struct names *names, int argc,
    char **argv) {
  const char *what = argc > 0 ? argv[0] : NULL;

  if (!is_allowed(ctrl, names->action)) {
    return refuse_access(ctrl);
  }

  if (what == NULL) {
    (void) pr_ctrls_add_response(ctrl, "tls %s: missing required parameters",
        names->action);
    return -1;
  }

  if (strcmp(what, "info") != 0 && strcmp(what, "clear") != 0 &&
      strcmp(what, "remove") != 0) {
    (void) pr_ctrls_add_response(ctrl,
        "tls %s: unknown %s action: '%.64s'; known are info, clear and remove",
        names->action, names->action, what);
    return -1;
  }

  if (!is_allowed(ctrl, what)) {
    return refuse_access(ctrl);
  }

  if (*what == 'i') {
    return show(ctrl, names, argc - 1, argv + 1);
  }

  if (argc > 1) {
    return refuse_more(ctrl, names, argv[1]);
  }

  return *what == 'c' ? clear_cache(ctrl, names) : remove_cache(ctrl, names);
}

static int handle_tls(pr_ctrls_t *ctrl, int argc, char **argv) {
  if (argc == 0 || argv == NULL) {
    (void) pr_ctrls_add_response(ctrl, "tls: missing required parameters");
    return -1;
  }

  for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
    if (strcmp(argv[0], caches[i].action) == 0) {
      return handle_cache(ctrl, &caches[i], argc - 1, argv + 1);
    }
  }

  (void) pr_ctrls_add_response(ctrl,
      "tls: unknown tls action: '%.64s'; known are sesscache and ocspcache",
      argv[0]);
  return -1;
}

void ftps_controls_start(void) {
  if (acl_pool != NULL) {
    destroy_pool(acl_pool);
  }
  acl_pool = make_sub_pool(permanent_pool);
  pr_pool_tag(acl_pool, "TLSControlsACLs");

  for (size_t i = 0; actions[i].act_action != NULL; i++) {
    actions[i].act_acl = pcalloc(acl_pool, sizeof(ctrls_acl_t));
    (void) pr_ctrls_init_acl(actions[i].act_acl);
  }

  if (pr_ctrls_register(&ftps_module, "tls", "query/tune mod_ftps settings",
          handle_tls) < 0) {
    pr_log_pri(PR_LOG_NOTICE, "mod_ftps: \"ftpdctl tls\" cannot be offered: %s",
        strerror(errno));
  }
}

/* The host passes over names that it cannot find, and everybody else may then
 * do what was to be denied.
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

modret_t *ftps_controls_set_acls(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *unknown = NULL;
  bool is_group;

  if (error != NULL) {
    return error;
  }

  if (strcasecmp(cmd->argv[2], "allow") != 0 &&
      strcasecmp(cmd->argv[2], "deny") != 0) {
    return ftps_rules_refuse_value(cmd, 2);
  }

  is_group = strcasecmp(cmd->argv[3], "group") == 0;
  if (!is_group && strcasecmp(cmd->argv[3], "user") != 0) {
    return ftps_rules_refuse_value(cmd, 3);
  }

  if (pr_ctrls_set_module_acls2(actions, acl_pool,
          pr_ctrls_parse_acl(cmd->tmp_pool, cmd->argv[1]), cmd->argv[2],
          cmd->argv[3], cmd->argv[4], &unknown) < 0) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not an action; write one or more of clear, info, "
        "ocspcache, remove and sesscache with commas between them, or \"all\"",
        unknown != NULL ? unknown : (const char *) cmd->argv[1]);
  }

  warn_unknown(cmd, is_group);
  return PR_HANDLED(cmd);
}
