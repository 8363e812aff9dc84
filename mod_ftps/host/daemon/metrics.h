/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * metrics.h: what "ftpdctl tls metrics" and "ftpdctl tls info -j" show: counts
 * of all processes, caches, ticket keys, certificates.
 *
 * A family is a name with a meaning, and has samples, which differ by their
 * labels.  No secret, no address of a client and no name of a user is shown.
 */
#ifndef FTPS_HOST_DAEMON_METRICS_H
#define FTPS_HOST_DAEMON_METRICS_H

#include <stdbool.h>
#include <stddef.h>

struct ftps_daemon;

struct ftps_metrics_label {
  const char *name;
  const char *value; /* any bytes */
};

struct ftps_metrics_family {
  const char *name; /* without the "ftps_" */
  const char *help;
  bool is_gauge;
};

/* Gets each family, and after it its samples.  `value` is a number. */
struct ftps_metrics_sink {
  void (*begin)(void *arg, const struct ftps_metrics_family *family);
  void (*sample)(void *arg, const struct ftps_metrics_family *family,
      const struct ftps_metrics_label *labels, size_t n, const char *value);
  void *arg;
};

void ftps_metrics_tell(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink);

#endif /* FTPS_HOST_DAEMON_METRICS_H */
