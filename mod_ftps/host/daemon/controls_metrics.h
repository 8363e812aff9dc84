/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * controls_metrics.h: the answers to "ftpdctl tls metrics", which is
 * Prometheus's text, and to "ftpdctl tls info -j", which is one JSON object on
 * each line.
 *
 * Each answer has a limit (controls_show.h).  The tables of counts have a fixed
 * size, and only some certificates are listed, so metrics always fit.  Of very
 * many servers not all are in the JSON; then the last line says so.
 *
 * Source: Prometheus, "Exposition formats", version 0.0.4.
 */
#ifndef FTPS_HOST_DAEMON_CONTROLS_METRICS_H
#define FTPS_HOST_DAEMON_CONTROLS_METRICS_H

#include "conf.h"

void ftps_controls_show_metrics(pr_ctrls_t *ctrl);

/* The same counts, then the servers. */
void ftps_controls_show_json(pr_ctrls_t *ctrl);

#endif /* FTPS_HOST_DAEMON_CONTROLS_METRICS_H */
