/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * wait.h: waits for the socket of a connection.
 *
 * Signals, timers and an ABOR on the control connection are served meanwhile,
 * through two functions of the host layer.
 */
#ifndef FTPS_CONN_WAIT_H
#define FTPS_CONN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct ftps_conn;

/* What a connection asks the host layer for while it waits; set once. */
struct ftps_conn_hooks {
  /* Called before each wait: a peer that never lets one last must not keep
   * signals and timers from being heard.
   */
  void (*handle_signals)(void);

  /* Called after each interrupted or timed-out wait (a second at most), and
   * when something came on the control connection: the same.  True: give up
   * waiting.
   */
  bool (*interrupted)(const struct ftps_conn *conn);
};

void ftps_conn_set_hooks(const struct ftps_conn_hooks *hooks);

/* Waits until the descriptor is ready for `events` (POLLIN, POLLOUT), or until
 * `deadline` in milliseconds of ftps_clock_ms() (0: none).  1 ready, 0 too
 * late, -1 given up (errno EINTR) or failed (errno).
 */
int ftps_conn_wait(const struct ftps_conn *conn, short events,
    uint64_t deadline);

/* The same for POLLIN, with the acknowledgement of what has come so far sent
 * first on data connections.
 */
int ftps_conn_wait_readable(const struct ftps_conn *conn, uint64_t deadline);

/* A peer that waits for the acknowledgement of a small packet before it sends
 * the next one must not wait for our delayed one (40 ms).
 */
void ftps_conn_acknowledge(const struct ftps_conn *conn);

/* The descriptor's mode that was, for ftps_conn_restore_mode(); -1: failed. */
int ftps_conn_stop_blocking(int fd);
void ftps_conn_restore_mode(int fd, int flags);

#endif /* FTPS_CONN_WAIT_H */
