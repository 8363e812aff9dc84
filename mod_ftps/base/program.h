/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * program.h: runs a program for a short time and returns its output.
 *
 * For processes that have nothing else to do meanwhile: the call returns when
 * the program has ended, after `seconds` at the latest, plus one to end it
 * (TERM, then KILL, to its whole process group).
 *
 * The program gets /dev/null as standard input, only PATH as environment, no
 * other descriptor, no terminal, "/" as its directory, all signals at their
 * defaults, and this process's effective user as its only user.
 *
 * Nobody else may wait for SIGCHLD: it must be blocked or at its default.
 *
 * DIAGNOSTICS: "starting it: REASON", "did not end within N seconds", "printed
 * more than N bytes".  A program that cannot be executed ends with status 127
 * and says why on its standard error.
 */
#ifndef FTPS_BASE_PROGRAM_H
#define FTPS_BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define FTPS_PROGRAM_OUTPUT_SIZE    1024
#define FTPS_PROGRAM_COMPLAINT_SIZE 200

struct ftps_program_output {
  size_t len;
  char text[FTPS_PROGRAM_OUTPUT_SIZE]; /* followed by a NUL */

  /* The start of its standard error: one line of printable characters. */
  char complaint[FTPS_PROGRAM_COMPLAINT_SIZE];
  int status;   /* its exit status, or 128 plus the signal that ended it */
  bool is_late; /* it has not ended in time */
};

/* Returns 0 if the program ended by itself, with any status, or -1 with `err`
 * set. argv[0] is its path; argv ends with NULL.  The complaint is set in any
 * case.
 */
int ftps_program_run(char *const argv[], unsigned int seconds,
    struct ftps_program_output *output, struct ftps_error *err);

#endif /* FTPS_BASE_PROGRAM_H */
