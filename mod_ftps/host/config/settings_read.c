/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_read.c: see settings_read.h.
 *
 * It is called when ProFTPD has parsed the configuration and has merged
 * <Global> into every server, after the server's own records.  So the first
 * record of a name counts.  Records of TLSOptions add up.
 */
#include "host/config/settings_read.h"

#include <strings.h>

#include "host/config/directives.h"
#include "host/config/profile.h"
#include "host/config/rules.h"
#include "host/config/values.h"

/* ProFTPD exports them and declares them in none of its headers. */
extern xaset_t *server_list;
extern int ServerUseReverseDNS;

static config_rec *find_record(const server_rec *s, const char *name) {
  return find_config(s->conf, CONF_PARAM, name, FALSE);
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

static unsigned long reuse_option(const config_rec *c) {
  switch (*((const unsigned int *) c->argv[0])) {
    case FTPS_REUSE_CERTIFICATE:
      return FTPS_OPT_REUSE_OR_CERTIFICATE;

    case FTPS_REUSE_LOG:
      return FTPS_OPT_REUSE_OR_LOG;

    case FTPS_REUSE_OFF:
      return FTPS_OPT_NO_SESSION_REUSE;

    default:
      return 0;
  }
}

/* TLSSessionReuse counts before the option and the cache. */
unsigned long ftps_settings_read_options(const server_rec *s,
    const struct ftps_settings *settings) {
  const config_rec *reuse = find_record(s, "TLSSessionReuse");
  unsigned long options = read_options(s, FALSE);

  if (reuse != NULL) {
    return (options & ~FTPS_OPT_NO_SESSION_REUSE) | reuse_option(reuse);
  }

  return options | (settings->cache ? 0 : FTPS_OPT_NO_SESSION_REUSE);
}

/* Those of all sections. */
static unsigned long read_possible_options(const server_rec *s) {
  unsigned long options = read_options(s, TRUE);
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSSessionReuse", TRUE);

  while (c != NULL) {
    options |= reuse_option(c);
    c = find_config_next(c, c->next, CONF_PARAM, "TLSSessionReuse", TRUE);
  }

  return options;
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

/* True if TLSRequired is the same for all users.  AllowPerUser has no effect
 * then, but passwords go over the network in clear before they are refused.
 */
static bool is_per_user_vain(const server_rec *s, unsigned long options) {
  const config_rec *c = find_record(s, "TLSRequired");

  return (options & FTPS_OPT_ALLOW_PER_USER) != 0 && c != NULL &&
      is_login_refused(c) && !pr_module_exists("mod_ifsession.c") &&
      !has_exception(s->conf);
}

/* False for servers that never accept a login in clear. */
static bool is_clear_login_taken(const server_rec *s,
    const struct ftps_settings *settings) {
  const config_rec *c = find_record(s, "TLSRequired");

  return (c == NULL || !is_login_refused(c)) &&
      (settings->options & FTPS_OPT_IMPLICIT_SSL) == 0 &&
      ftps_settings_has_protocol(s, "ftp");
}

static bool is_anything_required(const config_rec *required) {
  return is_login_refused(required) || *((const int *) required->argv[1]) > 0;
}

/* Searches sections as well, and records after one that requires nothing. */
static bool asks_for_tls(xaset_t *set) {
  config_rec *c = set != NULL ? (config_rec *) set->xas_list : NULL;

  for (; c != NULL; c = c->next) {
    if ((c->config_type == CONF_PARAM && strcmp(c->name, "TLSRequired") == 0 &&
            is_anything_required(c)) ||
        asks_for_tls(c->subset)) {
      return true;
    }
  }

  return false;
}

/* Sections of other modules can switch TLS on for some sessions. */
static bool has_engine(xaset_t *set) {
  config_rec *c =
      set != NULL ? find_config(set, CONF_PARAM, "TLSEngine", TRUE) : NULL;

  while (c != NULL && *((const unsigned char *) c->argv[0]) == FALSE) {
    c = find_config_next(c, c->next, CONF_PARAM, "TLSEngine", TRUE);
  }

  return c != NULL;
}

/* <Global> puts TLSRequired into servers of mod_sftp as well. */
static bool is_sftp(const server_rec *s) {
  const config_rec *c = find_record(s, "SFTPEngine");

  return c != NULL && *((const unsigned char *) c->argv[0]) != 0;
}

bool ftps_settings_are_open(server_rec *s) {
  return !has_engine(s->conf) && !is_sftp(s) && asks_for_tls(s->conf);
}

/* In a <Directory> only the requirement for data connections counts.  Returns
 * the name of the first one that requires something else, or NULL if
 * `is_covered` says that a section around it requires that anyway.
 */
static const char *find_vain_directory(xaset_t *set, bool is_covered) {
  config_rec *c = set != NULL ? (config_rec *) set->xas_list : NULL;
  const char *found = NULL;

  for (; c != NULL && found == NULL; c = c->next) {
    const config_rec *own = c->subset != NULL
        ? find_config(c->subset, CONF_PARAM, "TLSRequired", FALSE)
        : NULL;
    bool asks = own != NULL && is_login_refused(own);

    if (c->config_type == CONF_DIR && asks && !is_covered &&
        *((const int *) own->argv[1]) <= 0) {
      found = c->name;
    } else if (c->config_type == CONF_DIR || c->config_type == CONF_ANON) {
      found = find_vain_directory(c->subset,
          is_covered || (c->config_type == CONF_ANON && asks));
    }
  }

  return found;
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

/* Reads type and info, the values `at` and `at + 1` of the record. */
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

/* Returns the address as text, or the name as it was written if it could not
 * be resolved.
 */
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

/* True if <VirtualHost> or DefaultAddress has several names. */
static bool has_more_addresses(const server_rec *s) {
  return find_config(s->conf, CONF_PARAM, "_bind_", FALSE) != NULL;
}

/* Spreads the bits of an address over the whole number. */
static uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
  return value ^ (value >> 31);
}

/* required.c looks up TLSRequired for each command. */
static bool is_read_once(const config_rec *c) {
  return c->config_type == CONF_PARAM && c->name != NULL && c->argc > 0 &&
      strncmp(c->name, "TLS", 3) == 0 && strcmp(c->name, "TLSRequired") != 0;
}

/* Copies that mod_ifsession makes of a record share its values, so the
 * addresses of the values identify the records.
 */
uint64_t ftps_settings_fingerprint(const xaset_t *set) {
  const config_rec *c = set != NULL ? (const config_rec *) set->xas_list : NULL;
  uint64_t sum = 0;

  for (; c != NULL; c = c->next) {
    if (is_read_once(c)) {
      sum += mix((uint64_t) (uintptr_t) c->argv[0]);
    }
  }

  return sum;
}

bool ftps_settings_has_engine(const server_rec *s) {
  const config_rec *c = find_record(s, "TLSEngine");

  return c != NULL && *((const unsigned char *) c->argv[0]) != FALSE;
}

/* A directive that is allowed in the server config only is read from there,
 * which is the first server.
 */
static void read_directives(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  const server_rec *main_config = (const server_rec *) server_list->xas_list;
  const struct ftps_directive *row = ftps_directives;

  for (; row->name != NULL; row++) {
    bool is_main = row->contexts == FTPS_IN_MAIN;
    config_rec *c = find_record(is_main ? main_config : s, row->name);

    if (row->read != NULL) {
      row->read(p, c, settings);
    } else {
      ftps_values_read(p, row, c, settings);
    }
  }
}

struct ftps_settings *ftps_settings_read(pool *p, server_rec *s) {
  struct ftps_settings *settings = pcalloc(p, sizeof(*settings));

  settings->server_name =
      pstrdup(p, s->ServerName != NULL ? s->ServerName : "");
  settings->address = read_address(p, s);
  settings->port = s->ServerPort;
  settings->is_standalone = ServerType == SERVER_STANDALONE;
  ftps_settings_read_place(s, s->addr, &settings->place);
  settings->place.is_anywhere |= has_more_addresses(s);
  read_aliases(p, s, settings);

  settings->records = ftps_settings_fingerprint(s->conf);
  read_directives(p, s, settings);
  settings->has_protocols = find_record(s, "TLSProtocol") != NULL;
  ftps_profile_apply(settings);
  settings->options = ftps_settings_read_options(s, settings);
  settings->possible_options = read_possible_options(s);
  settings->is_per_user_vain = is_per_user_vain(s, settings->options);
  settings->is_clear_login_taken = is_clear_login_taken(s, settings);
  settings->vain_directory = pstrdup(p,
      find_vain_directory(s->conf,
          settings->required[0] > 0 || settings->required[2] > 0));
  settings->reverse_dns = ServerUseReverseDNS != FALSE;

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

bool ftps_settings_delay(const server_rec *s) {
  const config_rec *c = find_record(s, "TCPNoDelay");

  return c != NULL && *((const unsigned char *) c->argv[0]) == FALSE;
}

const char *ftps_settings_system_log(void) {
  const config_rec *c = find_record(main_server, "SystemLog");

  return c != NULL && strcasecmp(c->argv[0], "none") != 0 ? c->argv[0] : NULL;
}
