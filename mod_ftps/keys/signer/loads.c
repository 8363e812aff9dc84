/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * loads.c: see loads.h.
 */
#include "keys/signer/loads.h"

#include "base/daemon.h"
#include "keys/pairs.h"
#include "keys/pkcs11.h"
#include "keys/signer/choice.h"
#include "keys/signer/keeper.h"

/* A session only needs to know the certificate: it asks the processes of the
 * daemon, which reads the same files.
 */
static void ask_others(const struct ftps_daemon *daemon,
    struct ftps_keypair_load *load) {
  const char *key = load->request.key;

  if (key == NULL) {
    key = load->request.certificate;
  }

  load->into = ftps_keeper_get0_current(daemon, ftps_pkcs11_is_uri(key));
  load->request.is_public_only = load->into != NULL;
  if (load->into == NULL && load->isolation == FTPS_ISOLATION_ON) {
    load->isolation = FTPS_ISOLATION_OFF;
  }
}

static enum ftps_isolation choose(const struct ftps_settings *settings) {
  struct ftps_error unused;

  ftps_error_clear(&unused);
  return ftps_isolation_of(settings, &unused);
}

/* Full handshakes on data connections: they need not resume with these options,
 * or after CCC.
 */
static bool may_shake_often(const struct ftps_settings *settings) {
  unsigned long options = settings->options | settings->possible_options;

  return (options & FTPS_OPTS_FULL_DATA) != 0 ||
      ((settings->options & FTPS_OPT_REUSE_AFTER_CCC) == 0 &&
          (!settings->has_required || settings->required[0] <= 0));
}

/* Of the certificates of names: the daemon would have the numbers of them all.
 */
enum ftps_isolation ftps_loads_isolation(const struct ftps_settings *settings) {
  return ftps_isolation_decrypts(settings) ? FTPS_ISOLATION_OFF
                                           : choose(settings);
}

void ftps_loads_assign(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, struct ftps_keypair_load *load) {
  load->place = &settings->place;
  load->is_free = may_shake_often(settings);
  load->request.decrypts = ftps_isolation_decrypts(settings);
  load->isolation = load->request.type == FTPS_KEYTYPE_NAMED
      ? ftps_loads_isolation(settings)
      : choose(settings);
  if (load->isolation != FTPS_ISOLATION_OFF && daemon->is_session) {
    ask_others(daemon, load);
  }
}

bool ftps_loads_are_free(const struct ftps_settings *settings) {
  return may_shake_often(settings);
}

size_t ftps_loads_list(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings, bool is_late,
    struct ftps_keypair *const *used, struct ftps_keypair_load *loads) {
  size_t n = 0;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    struct ftps_keypair_load *load = &loads[n];

    if (settings->keyfiles[i].certificate == NULL) {
      continue;
    }

    n++;
    load->request = (struct ftps_keychild_request){
      .type = (enum ftps_keytype) i,
      .certificate = settings->keyfiles[i].certificate,
      .key = settings->keyfiles[i].key,
      .chain = i < FTPS_KEYTYPE_ANY ? settings->chain_file : NULL,
      .server_name = settings->server_name,
      .port = settings->port,
      .provider = settings->passphrase_provider,
      .takes_part = ftps_pairs_can_gain(used, (enum ftps_keytype) i),
    };
    load->may_lack = used == NULL || used[i] == NULL;
    ftps_loads_assign(daemon, settings, load);
    if (is_late) {
      load->isolation = FTPS_ISOLATION_OFF;
      load->request.is_public_only = false;
      load->into = NULL;
    }
  }

  return n;
}

int ftps_loads_check_late(const struct ftps_settings *settings,
    struct ftps_error *err) {
  if (settings->isolation != FTPS_ISOLATION_REQUIRED) {
    return 0;
  }

  ftps_error_set(err,
      "TLSKeyIsolation required: this server is made in the session, which "
      "would have to read its private key; write a <VirtualHost> for it, or "
      "\"TLSKeyIsolation on\"");
  return -1;
}

bool ftps_loads_are_daemons(const struct ftps_daemon *daemon,
    const struct ftps_settings *settings) {
  return daemon->is_session &&
      ftps_loads_isolation(settings) != FTPS_ISOLATION_OFF &&
      ftps_keeper_get0_current(daemon, false) == NULL;
}
