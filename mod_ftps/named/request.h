/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * request.h: how a session tells the daemon that it has met a new name.
 *
 * A message has the number of a directory and the name of a folder.  The kernel
 * limits how many messages wait, and signals the daemon when one comes, so a
 * session needs no right for that.  A session can send anything: the daemon
 * checks the message, and reads only what is in its directories.
 */
#ifndef FTPS_NAMED_REQUEST_H
#define FTPS_NAMED_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "named/folder.h"

struct ftps_requests {
  int daemons;  /* the end that the daemon reads; -1: not open */
  int sessions; /* the end that sessions write */
};

struct ftps_request {
  uint32_t magic, dir;
  ftps_folder_name name;
};

void ftps_requests_init(struct ftps_requests *requests);

/* In the daemon: opens both ends, once.  Returns 0, or -1. */
int ftps_requests_open(struct ftps_requests *requests);
void ftps_requests_close(struct ftps_requests *requests);

/* In the daemon, when its process id will not change any more. */
void ftps_requests_watch(const struct ftps_requests *requests);

/* In a session: closes what is the daemon's. */
void ftps_requests_leave(struct ftps_requests *requests);

/* In a session.  Returns false if nobody will read it. */
bool ftps_requests_send(const struct ftps_requests *requests, uint32_t dir,
    const char *name);

/* In the daemon, which does not wait.  Returns 1 with a message that is well
 * formed, -1 if the message is another one, or 0 if there is none.  If a
 * session has shut the socket down, opens both ends anew for later sessions.
 */
int ftps_requests_receive(struct ftps_requests *requests,
    struct ftps_request *request_out);

#endif /* FTPS_NAMED_REQUEST_H */
