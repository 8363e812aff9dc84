/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_read.c: see settings_read.h.
 *
 * Called when the configuration has been parsed: the core has merged <Global>
 * into every server by then, behind the server's own records, so the first
 * record of a name is the one that counts.  TLSOptions add up.
 *
 * The types of the records' values are those that host/config/directives.c
 * wrote.
 */
#include "host/config/settings_read.h"

#include <strings.h>

#include "keys/keytype.h"

/* The host exports it and declares it in none of its headers. */
extern xaset_t *server_list;

/* Seconds, when TLSSessionCache names a cache and no time. */
#define NAMED_CACHE_LIFETIME 1800U

static const config_rec *find_record(const server_rec *s, const char *name) {
  return find_config(s->conf, CONF_PARAM, name, FALSE);
}

/* In `p`; NULL: not configured. */
static const char *read_text(pool *p, const server_rec *s, const char *name) {
  const config_rec *c = find_record(s, name);

  return c != NULL ? pstrdup(p, c->argv[0]) : NULL;
}

static bool read_boolean(const server_rec *s, const char *name, bool unset) {
  const config_rec *c = find_record(s, name);

  return c != NULL ? *((const unsigned char *) c->argv[0]) != FALSE : unset;
}

static unsigned int read_number(const server_rec *s, const char *name,
    unsigned int unset) {
  const config_rec *c = find_record(s, name);

  return c != NULL ? *((const unsigned int *) c->argv[0]) : unset;
}

static unsigned long read_options(const server_rec *s, int in_sections) {
  unsigned long options = 0;
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSOptions", in_sections);

  while (c != NULL) {
    options |= *((const unsigned long *) c->argv[0]);
    c = find_config_next(c, c->next, CONF_PARAM, "TLSOptions", in_sections);
  }

  return options;
}

static void read_stapling(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSStaplingOptions", FALSE);

  while (c != NULL) {
    settings->stapling_options |= *((const unsigned long *) c->argv[0]);
    c = find_config_next(c, c->next, CONF_PARAM, "TLSStaplingOptions", FALSE);
  }

  settings->stapling = read_boolean(s, "TLSStapling", false);
  settings->stapling_responder = read_text(p, s, "TLSStaplingResponder");
  settings->stapling_timeout =
      read_number(s, "TLSStaplingTimeout", FTPS_DEFAULT_STAPLING_TIMEOUT);
}

unsigned long ftps_settings_read_options(const server_rec *s,
    const struct ftps_settings *settings) {
  return read_options(s, FALSE) |
      (settings->cache ? 0 : FTPS_OPT_NO_SESSION_REUSE);
}

/* Its values are control, data, auth. */
static bool is_login_refused(const config_rec *required) {
  return *((const int *) required->argv[0]) > 0 ||
      *((const int *) required->argv[2]) > 0;
}

static bool has_exception(xaset_t *set) {
  config_rec *c = set != NULL ? (config_rec *) set->xas_list : NULL;

  for (; c != NULL; c = c->next) {
    const config_rec *inner = c->subset != NULL
        ? find_config(c->subset, CONF_PARAM, "TLSRequired", FALSE)
        : NULL;

    if ((inner != NULL && !is_login_refused(inner)) ||
        has_exception(c->subset)) {
      return true;
    }
  }

  return false;
}

/* TLSRequired for all users alike leaves AllowPerUser nothing to do, and the
 * password would go out in clear before it is refused.
 */
static bool is_per_user_vain(const server_rec *s, unsigned long options) {
  const config_rec *c = find_record(s, "TLSRequired");

  return (options & FTPS_OPT_ALLOW_PER_USER) != 0 && c != NULL &&
      is_login_refused(c) && !pr_module_exists("mod_ifsession.c") &&
      !has_exception(s->conf);
}

/* A server that takes no FTP without TLS at all is no question. */
static bool is_clear_login_taken(const server_rec *s,
    const struct ftps_settings *settings) {
  const config_rec *c = find_record(s, "TLSRequired");

  return (c == NULL || !is_login_refused(c)) &&
      (settings->options & FTPS_OPT_IMPLICIT_SSL) == 0 &&
      ftps_settings_has_protocol(s, "ftp");
}

static void read_required(const server_rec *s, struct ftps_settings *settings) {
  const config_rec *c = find_record(s, "TLSRequired");

  settings->has_required = c != NULL;
  for (size_t i = 0; i < 3 && c != NULL; i++) {
    settings->required[i] = *((const int *) c->argv[i]);
  }
}

/* A record of <Global> shares its values with other servers. */
void ftps_settings_require_too(server_rec *s, const struct ftps_settings *old) {
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSRequired", FALSE);
  bool is_new = c == NULL;

  if (!old->has_required) {
    return;
  }

  if (is_new) {
    c = add_config_param_set(&s->conf, "TLSRequired", 3, NULL, NULL, NULL);
  }
  for (size_t i = 0; i < 3; i++) {
    if (is_new || old->required[i] > 0) {
      c->argv[i] = palloc(c->pool, sizeof(int));
      *((int *) c->argv[i]) = old->required[i];
    }
  }
}

static void read_aliases(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  array_header *list = make_array(p, 1, sizeof(char *));
  config_rec *c = find_config(s->conf, CONF_PARAM, "ServerAlias", FALSE);

  while (c != NULL) {
    *((const char **) push_array(list)) = pstrdup(p, c->argv[0]);
    c = find_config_next(c, c->next, CONF_PARAM, "ServerAlias", FALSE);
  }

  settings->aliases = list->elts;
  settings->alias_count = list->nelts;
}

static void read_transfer_servers(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  const char *directive = "TLSTransferServers";
  array_header *list = make_array(p, 1, sizeof(char *));
  config_rec *c = find_config(s->conf, CONF_PARAM, directive, FALSE);

  while (c != NULL) {
    *((const char **) push_array(list)) = pstrdup(p, c->argv[0]);
    c = find_config_next(c, c->next, CONF_PARAM, directive, FALSE);
  }

  settings->transfer_servers = list->elts;
  settings->transfer_server_count = list->nelts;
}

/* OpenSSL has one list for TLS 1.3 and one for all before it; of each, the
 * first record counts.
 */
static void read_ciphers(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSCipherSuite", FALSE);

  while (c != NULL) {
    unsigned int protocol = *((const unsigned int *) c->argv[1]);
    const char *list = c->argv[0];

    if (protocol == FTPS_PROTO_TLSV1_3) {
      if (settings->ciphersuites == NULL) {
        settings->ciphersuites = pstrdup(p, list);
      }
    } else if (settings->cipher_list == NULL) {
      /* The name of a system-wide profile takes nothing behind it. */
      settings->cipher_list = strncmp(list, "PROFILE=", 8) == 0
          ? pstrdup(p, list)
          : pstrcat(p, list, ":!EXPORT", NULL);
    }
    c = find_config_next(c, c->next, CONF_PARAM, "TLSCipherSuite", FALSE);
  }

  if (settings->cipher_list == NULL) {
    settings->cipher_list = FTPS_DEFAULT_CIPHER_LIST;
  }
}

static void read_user_name(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  const config_rec *c = find_record(s, "TLSUserName");

  if (c != NULL) {
    settings->user_name =
        (enum ftps_certname) * ((const unsigned int *) c->argv[0]);
    settings->user_name_oid = pstrdup(p, c->argv[1]);
  }
}

static void read_dh_files(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSDHParamFile", FALSE);

  while (c != NULL) {
    if (settings->dh_file_count < FTPS_DH_FILES_MAX) {
      settings->dh_files[settings->dh_file_count] = pstrdup(p, c->argv[0]);
    }
    settings->dh_file_count++;
    c = find_config_next(c, c->next, CONF_PARAM, "TLSDHParamFile", FALSE);
  }
}

static void read_psk_files(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSPreSharedKey", FALSE);

  while (c != NULL) {
    if (settings->psk_count < FTPS_PSK_MAX) {
      settings->psk_files[settings->psk_count].identity =
          pstrdup(p, c->argv[0]);
      settings->psk_files[settings->psk_count].path = pstrdup(p, c->argv[1]);
    }
    settings->psk_count++;
    c = find_config_next(c, c->next, CONF_PARAM, "TLSPreSharedKey", FALSE);
  }
}

static void read_rekey(const server_rec *s, struct ftps_settings *settings) {
  const config_rec *c = find_record(s, "TLSRenegotiate");

  if (c != NULL) {
    settings->rekey_control_seconds = *((const unsigned int *) c->argv[0]);
    settings->rekey_data_kilobytes = *((const unsigned int *) c->argv[1]);
  }
}

static void read_files(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    enum ftps_keytype type = (enum ftps_keytype) i;
    const char *certificate = ftps_keytype_certificate_directive(type);
    const char *key = ftps_keytype_key_directive(type);

    settings->keyfiles[i].certificate = read_text(p, s, certificate);
    if (strcmp(certificate, key) != 0) {
      settings->keyfiles[i].key = read_text(p, s, key);
    }
  }

  settings->passphrase_provider = read_text(p,
      (const server_rec *) server_list->xas_list, "TLSPassPhraseProvider");
  settings->server_info_file = read_text(p, s, "TLSServerInfoFile");
  settings->random_seed = read_text(p, s, "TLSRandomSeed");
  read_dh_files(p, s, settings);
  read_psk_files(p, s, settings);
  settings->chain_file = read_text(p, s, "TLSCertificateChainFile");
  settings->ca_file = read_text(p, s, "TLSCACertificateFile");
  settings->ca_path = read_text(p, s, "TLSCACertificatePath");
  settings->crl_file = read_text(p, s, "TLSCARevocationFile");
  settings->crl_path = read_text(p, s, "TLSCARevocationPath");
  settings->user_map_file = read_text(p, s, "TLSUserMapFile");
  settings->cache_secret_file = read_text(p, s, "TLSCacheSecretFile");

  settings->log_path = read_text(p, s, "TLSLog");
  if (settings->log_path != NULL && strcmp(settings->log_path, "none") == 0) {
    settings->log_path = NULL;
  }
}

/* One for the whole daemon: it stands in the server config only, which is the
 * first server.  A client cannot resume what is kept nowhere, so "off" also
 * takes back the demand that data connections do.
 */
static void read_cache(struct ftps_settings *settings) {
  const config_rec *c;

  c = find_record((const server_rec *) server_list->xas_list,
      "TLSSessionCache");
  settings->cache = true;
  settings->session_lifetime = FTPS_DEFAULT_SESSION_LIFETIME;
  if (c == NULL) {
    return;
  }

  if (*((const unsigned char *) c->argv[0]) == FALSE) {
    settings->cache = false;
    settings->options |= FTPS_OPT_NO_SESSION_REUSE;
  } else {
    settings->session_lifetime = c->argv[1] != NULL
        ? *((const unsigned int *) c->argv[1])
        : NAMED_CACHE_LIFETIME;
  }
}

/* In the server config only, as well. */
static void read_ticket_keys(pool *p, struct ftps_ticket_settings *keys) {
  const config_rec *c = find_record((const server_rec *) server_list->xas_list,
      "TLSSessionTicketKeys");

  keys->age = FTPS_DEFAULT_TICKET_AGE;
  keys->count = FTPS_DEFAULT_TICKET_COUNT;
  if (c != NULL) {
    const struct ftps_ticket_settings *record = c->argv[0];

    *keys = *record;
    keys->path = pstrdup(p, record->path);
  }
}

/* Of a record whose values `at` and behind it are type and info. */
static struct ftps_cache_choice read_choice(const char *directive,
    unsigned int at) {
  const config_rec *c =
      find_record((const server_rec *) server_list->xas_list, directive);
  struct ftps_cache_choice choice = { NULL, NULL };

  if (c != NULL) {
    choice.type = c->argv[at];
    choice.info = c->argv[at + 1];
  }

  return choice;
}

void ftps_settings_read_caches(struct ftps_cache_choice *choices) {
  choices[FTPS_CACHE_SESSIONS] = read_choice("TLSSessionCache", 2);
  choices[FTPS_CACHE_RESPONSES] = read_choice("TLSStaplingCache", 0);
}

/* As text; the name as it was written when it could not be resolved. */
static const char *read_address(pool *p, const server_rec *s) {
  if (s->addr != NULL) {
    return pstrdup(p, pr_netaddr_get_ipstr(s->addr));
  }

  return pstrdup(p, s->ServerAddress != NULL ? s->ServerAddress : "");
}

void ftps_settings_read_place(const server_rec *s, const pr_netaddr_t *address,
    struct ftps_place *place_out) {
  static const unsigned char zero[16];
  static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
  size_t len = address != NULL ? pr_netaddr_get_inaddr_len(address) : 0;
  unsigned char *bytes = place_out->address;

  memset(place_out, 0, sizeof(*place_out));
  place_out->port = s->ServerPort;
  if (len == 0 || len > sizeof(zero) ||
      memcmp(pr_netaddr_get_inaddr(address), zero, len) == 0) {
    place_out->is_anywhere = true;
    return;
  }

  if (len < sizeof(zero)) {
    memcpy(bytes, mapped, sizeof(mapped));
  }
  memcpy(bytes + sizeof(zero) - len, pr_netaddr_get_inaddr(address), len);
}

/* Several names in <VirtualHost>, or DefaultAddress. */
static bool has_more_addresses(const server_rec *s) {
  return find_config(s->conf, CONF_PARAM, "_bind_", FALSE) != NULL;
}

struct ftps_settings *ftps_settings_read(pool *p, server_rec *s) {
  struct ftps_settings *settings = pcalloc(p, sizeof(*settings));

  settings->server_name =
      pstrdup(p, s->ServerName != NULL ? s->ServerName : "");
  settings->address = read_address(p, s);
  settings->port = s->ServerPort;
  ftps_settings_read_place(s, s->addr, &settings->place);
  settings->place.is_anywhere |= has_more_addresses(s);
  read_aliases(p, s, settings);

  settings->engine = read_boolean(s, "TLSEngine", false);
  settings->protocols = read_number(s, "TLSProtocol", FTPS_PROTO_DEFAULT);
  read_ciphers(p, s, settings);
  settings->groups = read_text(p, s, "TLSECDHCurve");
  if (settings->groups != NULL && strcmp(settings->groups, "auto") == 0) {
    settings->groups = NULL;
  }
  settings->server_preference =
      read_boolean(s, "TLSServerCipherPreference", true);
  settings->tickets = read_boolean(s, "TLSSessionTickets", true);
  read_rekey(s, settings);

  read_files(p, s, settings);
  settings->verify =
      (enum ftps_verify) read_number(s, "TLSVerifyClient", FTPS_VERIFY_OFF);
  settings->verify_depth =
      (int) read_number(s, "TLSVerifyDepth", FTPS_DEFAULT_VERIFY_DEPTH);
  settings->verify_order =
      (enum ftps_verify_order) read_number(s, "TLSVerifyOrder", FTPS_ORDER_CRL);
  settings->verify_server = (enum ftps_verify_server) read_number(s,
      "TLSVerifyServer", FTPS_VERIFY_SERVER_ON);

  read_transfer_servers(p, s, settings);
  read_user_name(p, s, settings);
  read_stapling(p, s, settings);

  settings->options = read_options(s, FALSE);
  settings->possible_options = read_options(s, TRUE);
  settings->is_per_user_vain = is_per_user_vain(s, settings->options);
  settings->is_clear_login_taken = is_clear_login_taken(s, settings);
  read_required(s, settings);
  settings->handshake_timeout =
      read_number(s, "TLSTimeoutHandshake", FTPS_DEFAULT_HANDSHAKE_TIMEOUT);
  settings->alpn =
      (enum ftps_alpn) read_number(s, "TLSNextProtocol", FTPS_ALPN_ON);
  read_cache(settings);
  read_ticket_keys(p, &settings->ticket_keys);
  settings->truncation = (enum ftps_truncation) read_number(s, "TLSTruncation",
      FTPS_TRUNCATION_LOG);

  return settings;
}

bool ftps_settings_has_name(const server_rec *s, const char *name) {
  const int flags = PR_FNM_NOESCAPE | PR_FNM_CASEFOLD;
  config_rec *c = find_config(s->conf, CONF_PARAM, "ServerAlias", FALSE);

  if (s->ServerName != NULL && strcasecmp(s->ServerName, name) == 0) {
    return true;
  }

  while (c != NULL && pr_fnmatch(c->argv[0], name, flags) != 0) {
    c = find_config_next(c, c->next, CONF_PARAM, "ServerAlias", FALSE);
  }

  return c != NULL;
}

bool ftps_settings_has_protocol(const server_rec *s, const char *name) {
  const config_rec *c = find_record(s, "Protocols");
  const array_header *list = c != NULL ? c->argv[0] : NULL;

  for (int i = 0; list != NULL && i < (int) list->nelts; i++) {
    if (strcasecmp(((char **) list->elts)[i], name) == 0) {
      return true;
    }
  }

  return list == NULL;
}

const char *ftps_settings_system_log(void) {
  const config_rec *c = find_record(main_server, "SystemLog");

  return c != NULL && strcasecmp(c->argv[0], "none") != 0 ? c->argv[0] : NULL;
}
