/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls.c: see controls.h.
 *
 * Lines that scripts search for are those of mod_tls (doc/contract.md:
 * ftpdctl).
 */
#include "host/daemon/controls.h"

#include <strings.h>

#include "base/daemon.h"
#include "base/x509_text.h"
#include "cache/cache.h"
#include "host/config/controls_acl.h"
#include "host/daemon/controls_metrics.h"
#include "host/daemon/controls_show.h"

#include "mod_ctrls.h"

extern module ftps_module;

static const struct ftps_controls_names caches[] = {
  { FTPS_CACHE_SESSIONS, "sesscache", "session", "SSL session", "session",
      "sessions", "TLSSessionCache" },
  { FTPS_CACHE_RESPONSES, "ocspcache", "OCSP", "OCSP response", "response",
      "responses", "TLSStaplingCache" },
};

/* A word of a request, safe to be repeated: the answer is lost if one byte of
 * it is not UTF-8, so a word is not cut inside a character.
 */
struct word {
  char text[65];
};

static const char *print_word(struct word *word, const char *bytes) {
  (void) ftps_text_escape(bytes, strlen(bytes), word->text, sizeof(word->text));
  return word->text;
}

static int refuse_access(pr_ctrls_t *ctrl) {
  (void) pr_ctrls_add_response(ctrl, "access denied");
  return -1;
}

static int refuse_more(pr_ctrls_t *ctrl,
    const struct ftps_controls_names *names, const char *bytes) {
  struct word word;

  (void) pr_ctrls_add_response(ctrl, "tls %s: unsupported parameter: '%s'",
      names->action, print_word(&word, bytes));
  return -1;
}

static int show(pr_ctrls_t *ctrl, const struct ftps_controls_names *names,
    int argc, char **argv) {
  struct ftps_controls_view view = { .ctrl = ctrl, .names = names };
  int res;

  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "-v") == 0) {
      view.is_verbose = true;
    } else if (strcmp(argv[i], "-j") == 0) {
      view.format = FTPS_CONTROLS_JSON;
    } else {
      return refuse_more(ctrl, names, argv[i]);
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

static const char *name_type(const struct ftps_controls_names *names) {
  struct ftps_cache_report report;

  ftps_caches_count(ftps_daemon_get0(), names->cache, &report);
  return report.type != NULL ? report.type : "";
}

static int clear_cache(pr_ctrls_t *ctrl,
    const struct ftps_controls_names *names) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  long n = -1;

  if (ftps_caches_is_open(daemon, names->cache)) {
    n = ftps_caches_clear(daemon, names->cache);
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

static int remove_cache(pr_ctrls_t *ctrl,
    const struct ftps_controls_names *names) {
  struct ftps_daemon *daemon = ftps_daemon_get0();
  const char *type = pstrdup(ctrl->ctrls_tmp_pool, name_type(names));
  int res = -1;

  if (ftps_caches_is_open(daemon, names->cache)) {
    res = ftps_caches_remove(daemon, names->cache);
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

static int handle_cache(pr_ctrls_t *ctrl,
    const struct ftps_controls_names *names, int argc, char **argv) {
  const char *what = argc > 0 ? argv[0] : NULL;
  struct word word;

  if (!ftps_controls_is_allowed(ctrl, names->action)) {
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
        "tls %s: unknown %s action: '%s'; known are info, clear and remove",
        names->action, names->action, print_word(&word, what));
    return -1;
  }

  if (!ftps_controls_is_allowed(ctrl, what)) {
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

/* Requests about all servers. */
static const struct {
  const char *action;
  void (*show)(pr_ctrls_t *ctrl);
  void (*show_json)(pr_ctrls_t *ctrl); /* with -j; NULL: there is none */
} requests[] = {
  { "info", ftps_controls_show_servers, ftps_controls_show_json },
  { "metrics", ftps_controls_show_metrics, NULL },
  { "reload", ftps_controls_show_reload, NULL },
};

static int handle_servers(pr_ctrls_t *ctrl, size_t i, int argc, char **argv) {
  const char *action = requests[i].action;
  struct word word;

  if (!ftps_controls_is_allowed(ctrl, action)) {
    return refuse_access(ctrl);
  }

  if (argc == 1 && requests[i].show_json != NULL &&
      strcmp(argv[0], "-j") == 0) {
    requests[i].show_json(ctrl);
    return 0;
  }

  if (argc > 0) {
    (void) pr_ctrls_add_response(ctrl, "tls %s: unsupported parameter: '%s'",
        action, print_word(&word, argv[0]));
    return -1;
  }

  requests[i].show(ctrl);
  return 0;
}

static int handle_tls(pr_ctrls_t *ctrl, int argc, char **argv) {
  struct word word;

  if (argc == 0 || argv == NULL) {
    (void) pr_ctrls_add_response(ctrl, "tls: missing required parameters");
    return -1;
  }

  for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
    if (strcmp(argv[0], requests[i].action) == 0) {
      return handle_servers(ctrl, i, argc - 1, argv + 1);
    }
  }

  for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
    if (strcmp(argv[0], caches[i].action) == 0) {
      return handle_cache(ctrl, &caches[i], argc - 1, argv + 1);
    }
  }

  (void) pr_ctrls_add_response(ctrl,
      "tls: unknown tls action: '%s'; known are info, metrics, "
      "ocspcache, reload and sesscache",
      print_word(&word, argv[0]));
  return -1;
}

void ftps_controls_start(void) {
  ftps_controls_reset_acls();
  if (pr_ctrls_register(&ftps_module, "tls", "query/tune mod_ftps settings",
          handle_tls) < 0) {
    pr_log_pri(PR_LOG_NOTICE, "mod_ftps: \"ftpdctl tls\" cannot be offered: %s",
        strerror(errno));
  }
}
