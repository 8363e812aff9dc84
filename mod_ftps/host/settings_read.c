/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_read.c: see settings_read.h.
 *
 * Called when the configuration has been parsed: the core has merged <Global>
 * into every server by then, behind the server's own records, so the first
 * record of a name is the one that counts.  TLSOptions add up.
 *
 * The types of the records' values are those that host/directives.c wrote.
 */
#include "host/settings_read.h"

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

static unsigned long read_options(const server_rec *s) {
  unsigned long options = 0;
  config_rec *c = find_config(s->conf, CONF_PARAM, "TLSOptions", FALSE);

  while (c != NULL) {
    options |= *((const unsigned long *) c->argv[0]);
    c = find_config_next(c, c->next, CONF_PARAM, "TLSOptions", FALSE);
  }

  return options;
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

static void read_files(pool *p, const server_rec *s,
    struct ftps_settings *settings) {
  struct ftps_keyfiles *rsa = &settings->keyfiles[FTPS_KEYTYPE_RSA];
  struct ftps_keyfiles *ec = &settings->keyfiles[FTPS_KEYTYPE_EC];

  rsa->certificate = read_text(p, s, "TLSRSACertificateFile");
  rsa->key = read_text(p, s, "TLSRSACertificateKeyFile");
  ec->certificate = read_text(p, s, "TLSECCertificateFile");
  ec->key = read_text(p, s, "TLSECCertificateKeyFile");
  settings->chain_file = read_text(p, s, "TLSCertificateChainFile");
  settings->ca_file = read_text(p, s, "TLSCACertificateFile");
  settings->ca_path = read_text(p, s, "TLSCACertificatePath");

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

/* As text; the name as it was written when it could not be resolved. */
static const char *read_address(pool *p, const server_rec *s) {
  if (s->addr != NULL) {
    return pstrdup(p, pr_netaddr_get_ipstr(s->addr));
  }

  return pstrdup(p, s->ServerAddress != NULL ? s->ServerAddress : "");
}

struct ftps_settings *ftps_settings_read(pool *p, server_rec *s) {
  struct ftps_settings *settings = pcalloc(p, sizeof(*settings));

  settings->server_name =
      pstrdup(p, s->ServerName != NULL ? s->ServerName : "");
  settings->address = read_address(p, s);
  settings->port = s->ServerPort;

  settings->engine = read_boolean(s, "TLSEngine", false);
  settings->protocols = read_number(s, "TLSProtocol", FTPS_PROTO_DEFAULT);
  read_ciphers(p, s, settings);
  settings->groups = read_text(p, s, "TLSECDHCurve");
  if (settings->groups != NULL && strcmp(settings->groups, "auto") == 0) {
    settings->groups = NULL;
  }
  settings->server_preference =
      read_boolean(s, "TLSServerCipherPreference", true);

  read_files(p, s, settings);
  settings->verify =
      (enum ftps_verify) read_number(s, "TLSVerifyClient", FTPS_VERIFY_OFF);
  settings->verify_depth =
      (int) read_number(s, "TLSVerifyDepth", FTPS_DEFAULT_VERIFY_DEPTH);

  settings->options = read_options(s);
  settings->handshake_timeout =
      read_number(s, "TLSTimeoutHandshake", FTPS_DEFAULT_HANDSHAKE_TIMEOUT);
  settings->alpn = read_boolean(s, "TLSNextProtocol", true);
  read_cache(settings);
  settings->truncation = (enum ftps_truncation) read_number(s, "TLSTruncation",
      FTPS_TRUNCATION_LOG);

  return settings;
}

bool ftps_settings_has_more_addresses(const server_rec *s) {
  return find_config(s->conf, CONF_PARAM, "_bind_", FALSE) != NULL;
}
