/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * wait.h: waits for the socket of a connection.
 *
 * Signals, timers and an ABOR on the control connection are handled meanwhile,
 * through two functions of host/.
 */
#ifndef FTPS_CONN_WAIT_H
#define FTPS_CONN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct ftps_conn;

/* The functions of host/ that a connection calls while it waits; set once. */
struct ftps_conn_hooks {
  /* Called before each wait: a peer that never lets a wait last must not delay
   * signals and timers.
   */
  void (*handle_signals)(void);

  /* Called after each interrupted or timed-out wait (a second at most), and
   * when something has arrived on the control connection.  Returns true to give
   * up waiting.
   */
  bool (*interrupted)(const struct ftps_conn *conn);
};

void ftps_conn_set_hooks(const struct ftps_conn_hooks *hooks);

/* Waits until the descriptor is ready for `events` (POLLIN, POLLOUT), or until
 * `deadline` in milliseconds of ftps_clock_ms() (0: none).  Returns 1 if it is
 * ready, 0 if it is too late, -1 if the wait was given up (errno EINTR) or
 * failed (errno).
 */
int ftps_conn_wait(const struct ftps_conn *conn, short events,
    uint64_t deadline);

/* The same for POLLIN.  On data connections it first acknowledges what has
 * arrived.
 */
int ftps_conn_wait_readable(const struct ftps_conn *conn, uint64_t deadline);

/* Does what each wait does before it waits, where there is nothing to wait for.
 */
void ftps_conn_go_on(void);

/* Waits for some milliseconds, whatever arrives.  Returns 0, or -1 with errno
 * EINTR if the wait was given up.
 */
int ftps_conn_pause(const struct ftps_conn *conn, int milliseconds);

/* A peer that waits for the acknowledgement of a small packet before it sends
 * the next one must not wait for our delayed one (40 ms).
 */
void ftps_conn_acknowledge(const struct ftps_conn *conn);

/* Returns the descriptor's earlier mode, for ftps_conn_restore_mode(), or -1 on
 * failure.
 */
int ftps_conn_stop_blocking(int fd);
void ftps_conn_restore_mode(int fd, int flags);

#endif /* FTPS_CONN_WAIT_H */
