/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * notices.c: see notices.h.
 */
#include "host/daemon/notices.h"

#include <stdbool.h>
#include <string.h>

#include "conf.h"

#include "base/settings.h"
#include "host/config/refused.h"
#include "log/log.h"
#include "vhost/settings_check.h"
#include "vhost/vhosts.h"

#define DAY 86400

struct line {
  int priority;
  const char *text;
};

/* What was told at the configuration before this one, and since. */
static struct {
  pool *pool;
  array_header *lines; /* of struct line */
} before, now;

static time_t last_day;

static struct {
  const char *first; /* the first server that takes logins in clear */
  unsigned int more;
  const char *first_open; /* the first that requires TLS and has none */
  unsigned int more_open;
} servers;

static bool has_line(const array_header *lines, const char *text) {
  for (int i = 0; lines != NULL && i < (int) lines->nelts; i++) {
    if (strcmp(((struct line *) lines->elts)[i].text, text) == 0) {
      return true;
    }
  }

  return false;
}

static void tell_once(int priority, const char *text) {
  bool is_told = has_line(now.lines, text);
  struct line *line;

  if (!is_told) {
    line = push_array(now.lines);
    line->priority = priority;
    line->text = pstrdup(now.pool, text);
    is_told = has_line(before.lines, text);
  }

  if (!is_told) {
    ftps_log_admin(priority, "%s", text);
  }
}

static void tell(enum ftps_severity severity, const char *text) {
  if (severity == FTPS_SEVERITY_FAULT) {
    ftps_log_admin(PR_LOG_ERR, "%s", text);
  } else {
    tell_once(PR_LOG_WARNING, text);
  }
}

/* At a start the lines went to standard error, before SystemLog was open. */
void ftps_notices_repeat(void) {
  for (int i = 0; now.lines != NULL && i < (int) now.lines->nelts; i++) {
    const struct line *line = &((struct line *) now.lines->elts)[i];

    ftps_log_admin(line->priority, "%s", line->text);
  }
}

void ftps_notices_begin(void) {
  if (before.pool != NULL) {
    destroy_pool(before.pool);
  }

  before = now;
  now.pool = make_sub_pool(permanent_pool);
  pr_pool_tag(now.pool, "mod_ftps advice");
  now.lines = make_array(now.pool, 8, sizeof(struct line));
  memset(&servers, 0, sizeof(servers));
}

void ftps_notices_server(const struct ftps_settings *settings) {
  if (settings->is_clear_login_taken &&
      ftps_settings_have_certificate(settings)) {
    if (servers.first == NULL) {
      servers.first = pstrdup(now.pool, settings->server_name);
    } else {
      servers.more++;
    }
  }
}

/* One line for all of them: on a site that wants it so, it is right. */
static void advise_clear_logins(void) {
  struct ftps_error line;

  if (servers.first == NULL) {
    return;
  }

  ftps_error_clear(&line);
  if (servers.more == 0) {
    ftps_error_set(&line,
        "server \"%.200s\": TLSRequired says nothing of logins, so passwords "
        "may come in clear; if that is not meant, write \"TLSRequired auth\" "
        "or \"TLSRequired on\"",
        servers.first);
  } else {
    ftps_error_set(&line,
        "server \"%.200s\" and %u more: TLSRequired says nothing of logins, so "
        "passwords may come in clear; if that is not meant, write "
        "\"TLSRequired auth\" or \"TLSRequired on\"",
        servers.first, servers.more);
  }

  tell_once(PR_LOG_NOTICE, line.text);
}

void ftps_notices_open_server(const server_rec *s) {
  const char *name = s->ServerName != NULL ? s->ServerName : "";

  if (servers.first_open == NULL) {
    servers.first_open = pstrdup(now.pool, name);
  } else {
    servers.more_open++;
  }
}

/* <Global> puts TLSRequired into all servers, so there is one line. */
static void advise_open_servers(void) {
  struct ftps_error line;
  char more[32] = "";

  if (servers.first_open == NULL) {
    return;
  }

  if (servers.more_open > 0) {
    (void) pr_snprintf(more, sizeof(more), " and %u more", servers.more_open);
  }
  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%.200s\"%s: TLSRequired has no effect without TLSEngine, so "
      "logins and files go in clear; write \"TLSEngine on\" there",
      servers.first_open, more);
  tell(FTPS_SEVERITY_NOTICE, line.text);
}

static void advise_cut(void) {
  if (ftps_refused_is_cut()) {
    tell(FTPS_SEVERITY_NOTICE,
        "ProFTPD could not include a file (see above), and did not read what "
        "follows that Include, so TLS directives may be missing; correct the "
        "file");
  }
}

void ftps_notices_end(void) {
  advise_cut();
  advise_open_servers();
  ftps_refused_each_second(tell);
  advise_clear_logins();
  last_day = time(NULL);
  ftps_vhosts_advise(last_day, tell);
}

void ftps_notices_daily(void) {
  time_t today = time(NULL);

  if (today - last_day >= DAY || today < last_day) {
    last_day = today;
    ftps_vhosts_advise(today, tell);
  }
}
