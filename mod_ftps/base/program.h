/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * program.h: runs a program for a short time and takes what it prints.
 *
 * Called in processes that have nothing else to do meanwhile:
 * the call returns when the program has ended, which is after `seconds` at the
 * latest, plus one for its way out (TERM, then KILL, to its whole process
 * group).
 *
 * The program gets standard input from /dev/null, an environment of PATH
 * alone, no other descriptor, no terminal, "/" as its directory, all signals
 * at their defaults, and this process's effective user as its only one.
 *
 * SIGCHLD must not be waited for by anybody else: blocked, or at its default.
 *
 * DIAGNOSTICS: "starting it: REASON", "did not end within N seconds", "printed
 * more than N bytes".  A program that cannot be executed ends with status 127
 * and says why on its standard error.
 */
#ifndef FTPS_BASE_PROGRAM_H
#define FTPS_BASE_PROGRAM_H

#include <stddef.h>

#include "base/error.h"

#define FTPS_PROGRAM_OUTPUT_SIZE    1024
#define FTPS_PROGRAM_COMPLAINT_SIZE 200

struct ftps_program_output {
  size_t len;
  char text[FTPS_PROGRAM_OUTPUT_SIZE]; /* with a NUL behind it */

  /* The start of its standard error: one line of printable characters. */
  char complaint[FTPS_PROGRAM_COMPLAINT_SIZE];
  int status; /* its exit status, or 128 and the signal that ended it */
};

/* 0 when the program ended by itself, whatever its status; else -1 and `err`.
 * argv[0] is its path; argv ends with NULL.  A complaint is there in any case.
 */
int ftps_program_run(char *const argv[], unsigned int seconds,
    struct ftps_program_output *output, struct ftps_error *err);

#endif /* FTPS_BASE_PROGRAM_H */
