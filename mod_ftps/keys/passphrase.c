/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * passphrase.c: see passphrase.h.
 *
 * A list of passphrases is a block of SIZE_OF_LIST bytes: texts one after the
 * other, each with its NUL, and an empty one at the end.
 */
#include "keys/passphrase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ui.h>

#include "base/daemon.h"
#include "base/pages.h"
#include "base/program.h"

#define SIZE_OF_LIST     8192
#define TRIES            3
#define PROVIDER_SECONDS 10

/* The reading child inherits the daemon's. */
struct ftps_passphrases {
  bool is_terminal_allowed;
  bool has_given_up; /* at the terminal: after one key it asks no more */
  bool is_session;
  bool had_kept;      /* before the session removed them */
  char *kept;         /* NULL: none */
  const char *silent; /* in the child: a program that has not ended in time */
  char *typed; /* shared between the daemon and the child; NULL: no child */
};

int ftps_passphrase_init(struct ftps_daemon *daemon) {
  if (daemon->passphrases == NULL) {
    daemon->passphrases = OPENSSL_zalloc(sizeof(*daemon->passphrases));
  }

  return daemon->passphrases != NULL ? 0 : -1;
}

void ftps_passphrase_allow_terminal(struct ftps_passphrases *own,
    bool is_allowed) {
  own->is_terminal_allowed = is_allowed;
}

static void unmap_list(char **list) {
  if (*list != NULL) {
    (void) munmap(*list, SIZE_OF_LIST);
    *list = NULL;
  }
}

static const char *next_of_list(const char *list, size_t *at) {
  const char *text;

  if (list == NULL || list[*at] == '\0') {
    return NULL;
  }

  text = list + *at;
  *at += strlen(text) + 1;
  return text;
}

/* Does nothing if there is no room: this passphrase will not be known at a
 * reload.
 */
static void add_to_list(char *list, const char *text) {
  size_t at = 0, len = strlen(text);

  while (next_of_list(list, &at) != NULL) {
  }

  if (len > 0 && len + 2 <= SIZE_OF_LIST - at) {
    memcpy(list + at, text, len + 1);
  }
}

void ftps_passphrase_begin(struct ftps_passphrases *own) {
  own->typed = own->is_terminal_allowed
      ? ftps_pages_secret(SIZE_OF_LIST, MAP_SHARED)
      : NULL;
}

static bool make_writable(struct ftps_passphrases *own) {
  if (own->kept == NULL) {
    own->kept = ftps_pages_secret(SIZE_OF_LIST, MAP_PRIVATE);
    return own->kept != NULL;
  }

  return mprotect(own->kept, SIZE_OF_LIST, PROT_READ | PROT_WRITE) == 0;
}

void ftps_passphrase_end(struct ftps_passphrases *own) {
  const char *text;
  size_t at = 0;

  if (own->typed != NULL && own->typed[0] != '\0' && make_writable(own)) {
    while ((text = next_of_list(own->typed, &at)) != NULL) {
      add_to_list(own->kept, text);
    }

    (void) mprotect(own->kept, SIZE_OF_LIST, PROT_READ);
    ftps_passphrase_lock(own);
  }

  unmap_list(&own->typed);
}

void ftps_passphrase_lock(struct ftps_passphrases *own) {
  if (own->kept != NULL) {
    (void) mlock(own->kept, SIZE_OF_LIST);
  }
}

void ftps_passphrase_forget(struct ftps_passphrases *own) {
  own->had_kept = own->had_kept || own->kept != NULL;
  own->is_session = true;
  own->is_terminal_allowed = false;
  unmap_list(&own->kept);
}

static void explain(struct ftps_passphrase *p, const char *fault,
    const char *remedy) {
  (void) snprintf(p->fault, sizeof(p->fault), "%s", fault);
  (void) snprintf(p->remedy, sizeof(p->remedy), "%s", remedy);
}

/* Returns NULL, or what is wrong with the program. */
static const char *check_provider(const char *path) {
  struct stat st;

  if (stat(path, &st) < 0) {
    return strerror(errno);
  }
  if (!S_ISREG(st.st_mode)) {
    return "is not a regular file";
  }
  if (st.st_mode & S_IWOTH) {
    return "is world-writable: run chmod o-w on it";
  }
  if (st.st_uid != 0 && st.st_uid != geteuid()) {
    return "belongs to another user, and runs as root: run chown root on it";
  }
  if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
    return "is not executable: run chmod u+x on it";
  }

  return NULL;
}

static void explain_provider(struct ftps_passphrase *p, const char *why,
    const char *complaint) {
  bool is_said = complaint[0] != '\0';

  (void) snprintf(p->fault, sizeof(p->fault),
      "TLSPassPhraseProvider %.256s: %s%s%s%s", p->provider, why,
      is_said ? " (it says: " : "", complaint, is_said ? ")" : "");
  (void) snprintf(p->remedy, sizeof(p->remedy),
      "see what \"%.256s '%.128s' %s\" prints", p->provider, p->server,
      p->type);
}

/* A status other than 0 alone is no fault: the passphrase may be right. */
static const char *take_output(struct ftps_passphrase *p,
    const struct ftps_program_output *output) {
  size_t len = strlen(output->text);
  char why[64] = "prints a passphrase that does not fit";

  while (len > 0 && strchr("\r\n", output->text[len - 1]) != NULL) {
    len--;
  }

  if (output->status != 0) {
    (void) snprintf(why, sizeof(why), "%s, and ends with status %d",
        len > 0 ? "prints one that does not fit" : "prints no passphrase",
        output->status);
  } else if (len == 0) {
    (void) snprintf(why, sizeof(why), "prints no passphrase");
  }

  explain_provider(p, why, output->complaint);
  memcpy(p->text, output->text, len);
  p->text[len] = '\0';
  return len > 0 ? p->text : NULL;
}

static const char *run_provider(struct ftps_passphrase *p) {
  struct ftps_program_output output;
  struct ftps_error err;
  const char *fault = check_provider(p->provider);
  char *const argv[] = { OPENSSL_strdup(p->provider), OPENSSL_strdup(p->server),
    OPENSSL_strdup(p->type), NULL };

  if (fault != NULL) {
    explain_provider(p, fault, "");
    (void) snprintf(p->remedy, sizeof(p->remedy),
        "name a program that prints the passphrase");
    return NULL;
  }

  if (p->from->silent != NULL && strcmp(p->from->silent, p->provider) == 0) {
    explain_provider(p, "has not ended in time for the key before this one",
        "");
    return NULL;
  }

  ftps_error_clear(&err);
  if (ftps_program_run(argv, PROVIDER_SECONDS, &output, &err) < 0) {
    explain_provider(p, err.text, output.complaint);
    p->from->silent = output.is_late ? p->provider : p->from->silent;
    return NULL;
  }

  if (output.complaint[0] != '\0') {
    (void) snprintf(p->notice, sizeof(p->notice),
        "TLSPassPhraseProvider %.256s '%.128s' %s says: %s", p->provider,
        p->server, p->type, output.complaint);
  }

  return take_output(p, &output);
}

static int prompt(struct ftps_passphrase *p) {
  char text[512];
  UI *ui = UI_new_method(UI_OpenSSL());
  int res = -1;

  (void) snprintf(text, sizeof(text),
      "%sPassphrase of the %s key of server %.128s in %.256s: ",
      p->tries > 0 ? "It does not fit. " : "", p->type, p->server, p->path);
  if (ui != NULL &&
      UI_add_input_string(ui, text, 0, p->text, 0, sizeof(p->text) - 1) > 0) {
    res = UI_process(ui);
  }

  UI_free(ui);
  return res;
}

static const char *ask_terminal(struct ftps_passphrase *p) {
  struct ftps_passphrases *own = p->from;

  if (own->has_given_up) {
    explain(p, "nobody was asked for it after the fault before this one",
        "mend that first");
    return NULL;
  }

  p->is_typed = true;
  if (p->tries == TRIES) {
    own->has_given_up = true;
    explain(p, "none of the passphrases that were typed fits",
        "start again, or decrypt it with \"openssl pkey\"");
    return NULL;
  }

  if (prompt(p) != 0) {
    own->has_given_up = true;
    explain(p, "no passphrase was typed",
        "start again, or set TLSPassPhraseProvider");
    return NULL;
  }

  p->tries++;
  return p->text;
}

static void explain_lack(struct ftps_passphrase *p) {
  if (p->from->kept != NULL) {
    explain(p, "no passphrase that was typed at the start fits",
        "set TLSPassPhraseProvider, or stop the daemon and start it at a "
        "terminal");
    return;
  }

  explain(p, "there is no terminal to ask for its passphrase",
      "set TLSPassPhraseProvider, start the daemon at a terminal, or decrypt "
      "it with \"openssl pkey\"");
}

const char *ftps_passphrase_next(struct ftps_passphrase *p) {
  const struct ftps_passphrases *own = p->from;
  const char *text;

  if (own->is_session) {
    explain_lack(p);
    p->is_for_daemon = p->provider != NULL || own->had_kept;
    return NULL;
  }

  if (p->provider != NULL) {
    return p->tries++ == 0 ? run_provider(p) : NULL;
  }

  text = next_of_list(own->kept, &p->kept_at);
  if (text == NULL) {
    text = next_of_list(own->typed, &p->typed_at);
  }
  if (text != NULL) {
    return text;
  }

  if (own->is_terminal_allowed && isatty(STDIN_FILENO)) {
    return ask_terminal(p);
  }

  explain_lack(p);
  return NULL;
}

void ftps_passphrase_accept(const struct ftps_passphrase *p) {
  if (p->is_typed && p->from->typed != NULL) {
    add_to_list(p->from->typed, p->text);
  }
}
