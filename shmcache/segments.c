/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * segments.c: see segments.h.
 */
#include "segments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "privs.h"

/* They keep their values over SIGHUP, because the module is linked nodelete. */
static struct ftps_shm_shared *all_shared;
static unsigned int generation;
static bool is_running;

/* Returns true if the caller now has root and must give it back. */
static bool raise_privileges(void) {
  if (geteuid() == PR_ROOT_UID) {
    return false;
  }
  PRIVS_ROOT
  return true;
}

static void drop_privileges(bool raised) {
  if (raised) {
    PRIVS_RELINQUISH
  }
}

static void say_notes(void) {
  for (struct ftps_shm_shared *s = all_shared; s != NULL; s = s->next) {
    if (s->note != NULL) {
      pr_log_pri(PR_LOG_NOTICE, "mod_ftps_shmcache: %s", s->note);
      s->note = NULL;
    }
  }
}

static void open_segment(struct ftps_shm_shared *shared,
    struct ftps_shm_report *report) {
  shared->segment = ftps_shm_segment_open(shared->path, shared->size, report);
  if (report->note[0] != '\0') {
    shared->note = pstrdup(shared->pool, report->note);
  }
}

/* Returns the segment that a cache of this file and size can use, or NULL. */
static struct ftps_shm_shared *find_shared(const char *path, uint64_t size) {
  for (struct ftps_shm_shared *s = all_shared; s != NULL; s = s->next) {
    if (s->size != size || strcmp(s->path, path) != 0) {
      continue;
    }
    if (s->generation == generation ||
        (s->segment != NULL &&
            ftps_shm_segment_is_current(s->segment, path, size))) {
      s->generation = generation;
      return s;
    }
  }

  return NULL;
}

/* True if the same configuration names another size for this file. */
static bool has_rival(const char *path, uint64_t size) {
  for (const struct ftps_shm_shared *s = all_shared; s != NULL; s = s->next) {
    if (s->generation == generation && s->size != size &&
        strcmp(s->path, path) == 0) {
      return true;
    }
  }

  return false;
}

static void forget_shared(struct ftps_shm_shared *shared) {
  struct ftps_shm_shared **at = &all_shared;

  while (*at != shared) {
    at = &(*at)->next;
  }
  *at = shared->next;
  ftps_shm_segment_close(shared->segment);
  destroy_pool(shared->pool);
}

/* Returns NULL with report->fault set on failure. */
static struct ftps_shm_shared *new_shared(const char *path, uint64_t size,
    struct ftps_shm_report *report) {
  pool *p;
  struct ftps_shm_shared *shared;

  if (has_rival(path, size)) {
    (void) snprintf(report->fault, sizeof(report->fault),
        "file \"%s\" is named with another size elsewhere; write the same "
        "size in both places",
        path);
    return NULL;
  }
  if (ftps_shm_file_check(path, size, report) < 0) {
    return NULL;
  }

  p = make_sub_pool(permanent_pool);
  pr_pool_tag(p, "mod_ftps_shmcache segment");
  shared = pcalloc(p, sizeof(*shared));
  shared->pool = p;
  shared->path = pstrdup(p, path);
  shared->size = size;
  shared->generation = generation;
  shared->next = all_shared;
  all_shared = shared;

  if (is_running) {
    open_segment(shared, report);
    say_notes();
    if (shared->segment == NULL) {
      forget_shared(shared);
      return NULL;
    }
  }
  return shared;
}

struct ftps_shm_shared *ftps_shm_shared_get1(const char *path, uint64_t size,
    struct ftps_shm_report *report) {
  struct ftps_shm_shared *shared;
  bool raised;

  memset(report, 0, sizeof(*report));
  raised = raise_privileges();
  shared = find_shared(path, size);
  if (shared == NULL) {
    shared = new_shared(path, size, report);
  }
  drop_privileges(raised);

  if (shared != NULL) {
    shared->n_caches++;
  }
  return shared;
}

void ftps_shm_shared_unref(struct ftps_shm_shared *shared) {
  shared->n_caches--;
  if (shared->n_caches == 0) {
    forget_shared(shared);
  }
}

int ftps_shm_shared_remove(struct ftps_shm_shared *shared) {
  bool raised;
  int res, xerrno;

  raised = raise_privileges();
  res = ftps_shm_file_unlink(shared->path);
  xerrno = errno;
  drop_privileges(raised);

  ftps_shm_segment_close(shared->segment);
  shared->segment = NULL;
  errno = xerrno;
  return res;
}

void ftps_shm_shared_start(void) {
  struct ftps_shm_report report;
  bool raised;

  is_running = true;
  raised = raise_privileges();
  for (struct ftps_shm_shared *s = all_shared; s != NULL; s = s->next) {
    if (s->segment != NULL) {
      continue;
    }
    memset(&report, 0, sizeof(report));
    open_segment(s, &report);
    if (s->segment == NULL) {
      pr_log_pri(PR_LOG_ERR,
          "mod_ftps_shmcache: %s; there is no cache until the next reload",
          report.fault);
    }
  }
  drop_privileges(raised);
  say_notes();
}

void ftps_shm_shared_restart(void) {
  is_running = true;
  generation++;
}
