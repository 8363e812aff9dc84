/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * clients.c: see clients.h.
 *
 * Made once and never unmapped, as the block of counts.c.
 */
#include "counts/clients.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/pages.h"

struct row {
  _Atomic uint64_t taken; /* a hash of the rest; 0: free */
  _Atomic uint64_t software, words[3];
  _Atomic uint64_t counts[FTPS_CLIENTS_EVENTS];
};

struct ftps_clients {
  _Atomic uint64_t of[FTPS_CLIENTS_SOFTWARE][FTPS_CLIENTS_EVENTS];
  struct row rows[FTPS_CLIENTS_ROWS];
};

/* What a text of CLNT contains, in any case of letters. */
static const struct {
  const char *part, *name;
} texts[] = {
  { "filezilla", "FileZilla" },
  { "winscp", "WinSCP" },
  { "lftp", "lftp" },
  { "curl", "curl" },
  { "rclone", "rclone" },
  { "cyberduck", "Cyberduck" },
  { "mountain duck", "Mountain Duck" },
  { "ncftp", "NcFTP" },
  { "gftp", "gFTP" },
  { "total commander", "Total Commander" },
  { "core ftp", "Core FTP" },
  { "coreftp", "Core FTP" },
  { "cuteftp", "CuteFTP" },
  { "smartftp", "SmartFTP" },
  { "flashfxp", "FlashFXP" },
  { "ws_ftp", "WS_FTP" },
  { "ws-ftp", "WS_FTP" },
  { "transmit", "Transmit" },
  { "fireftp", "FireFTP" },
  { "fluentftp", "FluentFTP" },
  { "commons", "Commons Net" },
  { "python", "Python" },
  { "java", "Java" },
};

/* How the first commands begin, as letters of ftps_clients_step(). */
static const struct {
  const char *steps, *name;
} orders[] = {
  { "s", "curl?" },
  { "UPFTBC", "rclone?" },
  { "UPBCSW", "wget?" },
  { "UPBCT", "Python ftplib?" },
  { "UPBCD", "Python ftplib?" },
  { "BCUPT", "Net::FTP?" },
  { "BCUPD", "PHP?" },
};

#define TEXT_COUNT  (sizeof(texts) / sizeof(texts[0]))
#define ORDER_COUNT (sizeof(orders) / sizeof(orders[0]))

/* Behind the two tables: CLNT had another text; nothing is known. */
#define OTHER   (TEXT_COUNT + ORDER_COUNT)
#define UNKNOWN (OTHER + 1)

_Static_assert(UNKNOWN < FTPS_CLIENTS_SOFTWARE, "room for all software");

struct ftps_clients *ftps_clients_new(void) {
  return ftps_pages_shared(sizeof(struct ftps_clients));
}

/* Two rows of a table may have the same name: the first one counts. */
static unsigned int first_of_name(const char *name) {
  unsigned int i = 0;

  while (i < UNKNOWN && strcmp(ftps_clients_name(i), name) != 0) {
    i++;
  }

  return i;
}

bool ftps_clients_is_named(unsigned int software) {
  return software <= UNKNOWN &&
      first_of_name(ftps_clients_name(software)) == software;
}

unsigned int ftps_clients_find(const char *clnt, const char *steps) {
  for (size_t i = 0; clnt != NULL && i < TEXT_COUNT; i++) {
    if (strcasestr(clnt, texts[i].part) != NULL) {
      return first_of_name(texts[i].name);
    }
  }
  if (clnt != NULL) {
    return OTHER;
  }

  for (size_t i = 0; i < ORDER_COUNT; i++) {
    if (strncmp(steps, orders[i].steps, strlen(orders[i].steps)) == 0) {
      return first_of_name(orders[i].name);
    }
  }
  return UNKNOWN;
}

const char *ftps_clients_name(unsigned int software) {
  if (software < TEXT_COUNT) {
    return texts[software].name;
  }
  if (software < OTHER) {
    return orders[software - TEXT_COUNT].name;
  }

  return software == OTHER ? "other" : "unknown";
}

char ftps_clients_step(const char *command, const char *word) {
  static const struct {
    const char *command;
    char letter;
  } steps[] = { { "USER", 'U' }, { "PASS", 'P' }, { "PBSZ", 'B' },
    { "PROT", 'C' }, { "FEAT", 'F' }, { "SYST", 'S' }, { "PWD", 'W' },
    { "TYPE", 'T' }, { "PASV", 'D' }, { "EPSV", 'D' }, { "PORT", 'D' },
    { "EPRT", 'D' }, { "STRU", 'R' }, { "CCC", 'X' } };

  if (strcmp(command, "AUTH") == 0) {
    return word != NULL && strcasecmp(word, "SSL") == 0 ? 's' : 0;
  }

  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    if (strcmp(command, steps[i].command) == 0) {
      return steps[i].letter;
    }
  }
  return 0;
}

static void add(_Atomic uint64_t *count) {
  (void) atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

/* Never 0. */
static uint64_t hash(unsigned int software, const struct ftps_print *print) {
  const uint64_t parts[] = { software, print->words[0], print->words[1],
    print->words[2] };
  uint64_t sum = 0xcbf29ce484222325U;

  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    sum = (sum ^ parts[i]) * 0x100000001b3U;
    sum ^= sum >> 32;
  }

  return sum != 0 ? sum : 1;
}

/* A session may end between taking a row and writing it: the next one of its
 * kind writes it again.
 */
static void describe(struct row *row, unsigned int software,
    const struct ftps_print *print) {
  if (get(&row->words[0]) == 0) {
    atomic_store(&row->software, software);
    atomic_store(&row->words[2], print->words[2]);
    atomic_store(&row->words[1], print->words[1]);
    atomic_store(&row->words[0], print->words[0]);
  }
}

static struct row *find_row(struct ftps_clients *clients, unsigned int software,
    const struct ftps_print *print) {
  uint64_t taken = hash(software, print);
  struct row *row = clients->rows;

  for (size_t i = 0; i < FTPS_CLIENTS_ROWS - 1; i++, row++) {
    uint64_t found = 0;

    if (get(&row->taken) == taken ||
        atomic_compare_exchange_strong(&row->taken, &found, taken) ||
        found == taken) {
      describe(row, software, print);
      return row;
    }
  }

  return row;
}

void ftps_clients_add(struct ftps_clients *clients, unsigned int software,
    const struct ftps_print *print, enum ftps_clients_event event) {
  if (clients == NULL || software >= FTPS_CLIENTS_SOFTWARE) {
    return;
  }

  add(&clients->of[software][event]);
  if (print->words[0] != 0) {
    add(&find_row(clients, software, print)->counts[event]);
  }
}

uint64_t ftps_clients_get(const struct ftps_clients *clients,
    unsigned int software, enum ftps_clients_event event) {
  return clients != NULL && software < FTPS_CLIENTS_SOFTWARE
      ? get(&clients->of[software][event])
      : 0;
}

static bool read_row(const struct ftps_clients *clients, size_t i,
    struct ftps_clients_row *row_out) {
  const struct row *row = &clients->rows[i];
  struct ftps_print print;
  uint64_t sum = 0;

  row_out->software = "other";
  (void) snprintf(row_out->print, sizeof(row_out->print), "%s", "other");
  if (i < FTPS_CLIENTS_ROWS - 1) {
    for (size_t k = 0; k < 3; k++) {
      print.words[k] = get(&row->words[k]);
    }
    row_out->software = ftps_clients_name(get(&row->software) < UNKNOWN
            ? (unsigned int) get(&row->software)
            : UNKNOWN);
    ftps_print_write(&print, row_out->print);
  }

  for (size_t k = 0; k < FTPS_CLIENTS_EVENTS; k++) {
    row_out->counts[k] = get(&row->counts[k]);
    sum |= row_out->counts[k];
  }
  return sum != 0;
}

bool ftps_clients_row(const struct ftps_clients *clients, size_t row,
    struct ftps_clients_row *row_out) {
  struct ftps_clients_row other;

  if (clients == NULL || row >= FTPS_CLIENTS_ROWS ||
      !read_row(clients, row, row_out)) {
    return false;
  }

  for (size_t i = 0; i < row; i++) {
    if (read_row(clients, i, &other) &&
        strcmp(other.print, row_out->print) == 0 &&
        strcmp(other.software, row_out->software) == 0) {
      return false;
    }
  }
  return true;
}
