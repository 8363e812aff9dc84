/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * notices.c: see notices.h.
 */
#include "host/daemon/notices.h"

#include <stdbool.h>
#include <string.h>

#include "conf.h"

#include "base/daemon.h"
#include "base/settings.h"
#include "host/config/refused.h"
#include "log/log.h"
#include "named/names.h"
#include "vhost/cert_advice.h"
#include "vhost/settings_check.h"
#include "vhost/vhosts.h"

/* Certificates that live for days need more than one look a day. */
#define INTERVAL (6 * 3600)

struct line {
  int priority;
  const char *text;
};

struct told {
  pool *pool;
  array_header *lines; /* of struct line */
};

struct ftps_notices {
  /* What was logged for the configuration before this one, and since. */
  struct told before, now;
  time_t last_time;

  struct {
    const char *first; /* the first server that accepts logins in clear */
    unsigned int more;
    const char *first_open; /* the first that requires TLS and has none */
    unsigned int more_open;
  } servers;
};

int ftps_notices_init(struct ftps_daemon *daemon) {
  if (daemon->notices == NULL) {
    daemon->notices = OPENSSL_zalloc(sizeof(*daemon->notices));
  }

  return daemon->notices != NULL ? 0 : -1;
}

static struct ftps_notices *own(void) {
  return ftps_daemon_get0()->notices;
}

static bool has_line(const array_header *lines, const char *text) {
  for (int i = 0; lines != NULL && i < (int) lines->nelts; i++) {
    if (strcmp(((struct line *) lines->elts)[i].text, text) == 0) {
      return true;
    }
  }

  return false;
}

static void tell_once(int priority, const char *text) {
  struct ftps_notices *mine = own();
  bool is_told = has_line(mine->now.lines, text);
  struct line *line;

  if (!is_told) {
    line = push_array(mine->now.lines);
    line->priority = priority;
    line->text = pstrdup(mine->now.pool, text);
    is_told = has_line(mine->before.lines, text);
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
  struct ftps_notices *mine = own();

  for (int i = 0; mine->now.lines != NULL && i < (int) mine->now.lines->nelts;
       i++) {
    const struct line *line = &((struct line *) mine->now.lines->elts)[i];

    ftps_log_admin(line->priority, "%s", line->text);
  }
}

void ftps_notices_begin(void) {
  struct ftps_notices *mine = own();

  if (mine->before.pool != NULL) {
    destroy_pool(mine->before.pool);
  }

  mine->before = mine->now;
  mine->now.pool = make_sub_pool(permanent_pool);
  pr_pool_tag(mine->now.pool, "mod_ftps advice");
  mine->now.lines = make_array(mine->now.pool, 8, sizeof(struct line));
  memset(&mine->servers, 0, sizeof(mine->servers));
}

void ftps_notices_server(const struct ftps_settings *settings) {
  struct ftps_notices *mine = own();

  if (settings->is_clear_login_taken &&
      ftps_settings_have_certificate(settings)) {
    if (mine->servers.first == NULL) {
      mine->servers.first = pstrdup(mine->now.pool, settings->server_name);
    } else {
      mine->servers.more++;
    }
  }
}

/* One line for all of them, because it may be intended. */
static void advise_clear_logins(void) {
  struct ftps_notices *mine = own();
  struct ftps_error line;

  if (mine->servers.first == NULL) {
    return;
  }

  ftps_error_clear(&line);
  if (mine->servers.more == 0) {
    ftps_error_set(&line,
        "server \"%.200s\": TLSRequired says nothing of logins, so passwords "
        "may come in clear; if that is not meant, write \"TLSRequired auth\" "
        "or \"TLSRequired on\"",
        mine->servers.first);
  } else {
    ftps_error_set(&line,
        "server \"%.200s\" and %u more: TLSRequired says nothing of logins, so "
        "passwords may come in clear; if that is not meant, write "
        "\"TLSRequired auth\" or \"TLSRequired on\"",
        mine->servers.first, mine->servers.more);
  }

  tell_once(PR_LOG_NOTICE, line.text);
}

void ftps_notices_open_server(const server_rec *s) {
  struct ftps_notices *mine = own();
  const char *name = s->ServerName != NULL ? s->ServerName : "";

  if (mine->servers.first_open == NULL) {
    mine->servers.first_open = pstrdup(mine->now.pool, name);
  } else {
    mine->servers.more_open++;
  }
}

/* <Global> puts TLSRequired into all servers, so there is one line. */
static void advise_open_servers(void) {
  struct ftps_notices *mine = own();
  char more[32] = "";

  if (mine->servers.first_open == NULL) {
    return;
  }

  if (mine->servers.more_open > 0) {
    (void) pr_snprintf(more, sizeof(more), " and %u more",
        mine->servers.more_open);
  }
  ftps_error_report(tell, FTPS_SEVERITY_NOTICE,
      "server \"%.200s\"%s: TLSRequired has no effect without TLSEngine, so "
      "logins and files go in clear; write \"TLSEngine on\" there",
      mine->servers.first_open, more);
}

static void advise_cut(void) {
  if (ftps_refused_is_cut()) {
    tell(FTPS_SEVERITY_NOTICE,
        "ProFTPD could not include a file (see above), and did not read what "
        "follows that Include, so TLS directives may be missing; correct the "
        "file");
  }
}

static void advise_name(void *arg, const struct ftps_names_item *item) {
  struct ftps_advice *about = arg;

  about->path = item->path;
  ftps_cert_advice_dates(about, item->certificate, NULL);
}

/* Of the names that clients use; the others are not in memory. */
static void advise_certificates(time_t now) {
  struct ftps_advice about = { .directive = "TLSCertificateDirectory",
    .now = now,
    .report = tell };

  ftps_vhosts_advise(ftps_daemon_get0(), now, tell);
  ftps_names_each(ftps_daemon_get0(), advise_name, &about);
}

void ftps_notices_end(void) {
  struct ftps_notices *mine = own();

  advise_cut();
  advise_open_servers();
  ftps_refused_each_remark(tell);
  advise_clear_logins();
  mine->last_time = time(NULL);
  advise_certificates(mine->last_time);
}

void ftps_notices_renew(void) {
  struct ftps_notices *mine = own();
  time_t now = time(NULL);

  if (now - mine->last_time >= INTERVAL || now < mine->last_time) {
    mine->last_time = now;
    advise_certificates(now);
  }
}
