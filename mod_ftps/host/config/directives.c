/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * directives.c: one small setter per kind of directive.
 *
 * Called by the daemon's parser, for .ftpaccess files also in a session.  A
 * setter has host/config/rules.c check where the directive stands and how many
 * values it has, checks itself whether they are words it knows, and leaves a
 * config_rec, whose memory is the record's own, for
 * host/config/settings_read.c and host/control/policy.c.  No file is opened
 * here: an error in a setter at SIGHUP ends the daemon.
 *
 * Other modules read two of the records: TLSEngine holds an unsigned char
 * (mod_sftp), TLSOptions an unsigned long (mod_proxy).
 *
 * A new directive is a row of rules[] (host/config/rules.c), one of
 * ftps_directives[] and, if no setter fits, one of those; then the reader, the
 * manual, t/25.
 *
 * DIAGNOSTICS: an error is one line.  The daemon writes "fatal: DIRECTIVE: "
 * before it and the place after it; what is refused and what to write instead
 * come from here.
 *
 * Source: contract sections 1 and 2.
 */
#include "host/config/directives.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/settings.h"
#include "base/words.h"
#include "host/config/controls_acl.h"
#include "host/config/record.h"
#include "host/config/rules.h"
#include "host/config/setters.h"
#include "host/config/setters_caches.h"
#include "host/config/setters_client.h"
#include "host/config/setters_ocsp.h"
#include "vhost/context.h"

static modret_t *set_boolean(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  config_rec *c;
  int value;

  if (error != NULL) {
    return error;
  }

  value = get_boolean(cmd, 1);
  if (value < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  c = add_config_param(cmd->argv[0], 1, NULL);
  c->argv[0] = palloc(c->pool, sizeof(unsigned char));
  *((unsigned char *) c->argv[0]) = value ? TRUE : FALSE;
  return PR_HANDLED(cmd);
}

/* Words that stand for no file: "none" for a log, a URI for a key. */
static bool is_path_word(const char *directive, const char *value) {
  if (strcmp(directive, "TLSLog") == 0) {
    return strcasecmp(value, "none") == 0;
  }

  return strstr(directive, "CertificateKeyFile") != NULL &&
      strncasecmp(value, "pkcs11:", 7) == 0;
}

static modret_t *set_path(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const char *directive = cmd->argv[0], *path;
  bool is_none;

  if (error != NULL) {
    return error;
  }

  path = cmd->argv[1];
  is_none = strcasecmp(path, "none") == 0;
  if (*path != '/' && !is_path_word(directive, path)) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" must be an absolute path; write \"%s %s\"", path, directive,
        ftps_rules_syntax(directive));
  }

  (void) add_config_param_str(directive, 1, is_none ? "none" : path);
  return PR_HANDLED(cmd);
}

static modret_t *set_protocol(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  struct ftps_error err;
  unsigned int protocols;
  const char **words;

  if (error != NULL) {
    return error;
  }

  words = pcalloc(cmd->tmp_pool, cmd->argc * sizeof(*words));
  for (unsigned int i = 1; i < cmd->argc; i++) {
    words[i - 1] = cmd->argv[i];
  }

  ftps_error_clear(&err);
  if (ftps_words_parse_protocols(words, cmd->argc - 1, &protocols, &err) < 0) {
    return ftps_rules_refuse(cmd, "%s", err.text);
  }

  ftps_record_add_number("TLSProtocol", protocols);
  return PR_HANDLED(cmd);
}

/* The protocol of "TLSCipherSuite protocol list"; 0: none that has ciphers of
 * its own.
 */
static unsigned int find_cipher_protocol(const char *word) {
  unsigned int protocol = ftps_words_find_protocol(word);

  switch (protocol) {
    case FTPS_PROTO_TLSV1_0:
    case FTPS_PROTO_TLSV1_1:
    case FTPS_PROTO_TLSV1_2:
    case FTPS_PROTO_TLSV1_3:
      return protocol;

    default:
      return 0;
  }
}

static modret_t *set_cipher_suite(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int protocol = 0;
  struct ftps_error err;
  const char *list;
  config_rec *c;
  int rc;

  if (error != NULL) {
    return error;
  }

  list = cmd->argv[cmd->argc - 1];
  if (cmd->argc == 3) {
    protocol = find_cipher_protocol(cmd->argv[1]);
    if (protocol == 0) {
      return ftps_rules_refuse_value(cmd, 1);
    }
  } else if (strchr(list, '_') != NULL) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" has the names of TLS 1.3 (with \"_\") but no protocol; "
        "write \"TLSCipherSuite TLSv1.3 %.200s\"",
        list, list);
  }

  ftps_error_clear(&err);
  rc = protocol == FTPS_PROTO_TLSV1_3
      ? ftps_context_check(NULL, list, NULL, &err)
      : ftps_context_check(list, NULL, NULL, &err);
  if (rc < 0) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not a list of ciphers that OpenSSL takes: %s; "
        "\"openssl ciphers -v\" shows the names",
        list, err.text);
  }

  c = add_config_param("TLSCipherSuite", 2, NULL, NULL);
  c->argv[0] = pstrdup(c->pool, list);
  c->argv[1] = palloc(c->pool, sizeof(protocol));
  *((unsigned int *) c->argv[1]) = protocol;
  ftps_record_allow_several(c);
  return PR_HANDLED(cmd);
}

static modret_t *set_ecdh_curve(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  struct ftps_error err;
  const char *groups;

  if (error != NULL) {
    return error;
  }

  groups = cmd->argv[1];
  if (strcasecmp(groups, "auto") == 0) {
    groups = "auto";
  } else {
    ftps_error_clear(&err);
    if (ftps_context_check(NULL, NULL, groups, &err) < 0) {
      return ftps_rules_refuse(cmd,
          "\"%.200s\" is not a list of groups that OpenSSL takes: %s; "
          "write names as in \"X25519:prime256v1\", or \"auto\"",
          groups, err.text);
    }
  }

  (void) add_config_param_str("TLSECDHCurve", 1, groups);
  return PR_HANDLED(cmd);
}

static modret_t *set_verify_client(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_verify verify;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_verify(cmd->argv[1], &verify) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSVerifyClient", (unsigned int) verify);
  return PR_HANDLED(cmd);
}

static modret_t *set_verify_depth(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int depth;

  if (error != NULL) {
    return error;
  }

  /* OpenSSL is given one more. */
  if (ftps_words_parse_number(cmd->argv[1], INT_MAX - 1, &depth) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSVerifyDepth", depth);
  return PR_HANDLED(cmd);
}

static modret_t *set_verify_server(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_verify_server verify;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_verify_server(cmd->argv[1], &verify) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSVerifyServer", (unsigned int) verify);
  return PR_HANDLED(cmd);
}

static modret_t *set_next_protocol(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_alpn alpn;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_alpn(cmd->argv[1], &alpn) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSNextProtocol", (unsigned int) alpn);
  return PR_HANDLED(cmd);
}

static modret_t *set_required(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  const struct ftps_required_word *word;
  config_rec *c;

  if (error != NULL) {
    return error;
  }

  word = ftps_words_find_required(cmd->argv[1]);
  if (word == NULL) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  c = add_config_param("TLSRequired", 3, NULL, NULL, NULL);
  for (unsigned int i = 0; i < 3; i++) {
    c->argv[i] = palloc(c->pool, sizeof(int));
  }
  *((int *) c->argv[0]) = word->control;
  *((int *) c->argv[1]) = word->data;
  *((int *) c->argv[2]) = word->auth;
  c->flags |= CF_MERGEDOWN;
  return PR_HANDLED(cmd);
}

static modret_t *set_timeout_handshake(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned int seconds;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_duration(cmd->argv[1], &seconds) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSTimeoutHandshake", seconds);
  return PR_HANDLED(cmd);
}

/* NULL, or the error.  The option's bit is added to `options`. */
static modret_t *add_option(cmd_rec *cmd, const char *word,
    unsigned long *options) {
  const struct ftps_option_word *option = ftps_words_find_option(word);
  char known[256];

  if (option == NULL) {
    ftps_words_print_options(ftps_words_used_options(), known, sizeof(known));
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not an option; write one or more of %s", word, known);
  }

  if (option->use == FTPS_WORD_NO_EFFECT) {
    pr_log_pri(PR_LOG_NOTICE,
        "notice: TLSOptions: \"%s\" is deprecated and has no effect; take "
        "the word out",
        option->word);
  } else {
    *options |= option->bit;
  }

  return NULL;
}

static modret_t *set_options(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  unsigned long options = 0;
  config_rec *c;

  for (unsigned int i = 1; error == NULL && i < cmd->argc; i++) {
    error = add_option(cmd, cmd->argv[i], &options);
  }

  if (error != NULL) {
    return error;
  }

  c = add_config_param("TLSOptions", 1, NULL);
  c->argv[0] = palloc(c->pool, sizeof(options));
  *((unsigned long *) c->argv[0]) = options;
  ftps_record_allow_several(c);
  return PR_HANDLED(cmd);
}

static modret_t *set_truncation(cmd_rec *cmd) {
  modret_t *error = ftps_rules_check(cmd);
  enum ftps_truncation truncation;

  if (error != NULL) {
    return error;
  }

  if (ftps_words_parse_truncation(cmd->argv[1], &truncation) < 0) {
    return ftps_rules_refuse_value(cmd, 1);
  }

  ftps_record_add_number("TLSTruncation", (unsigned int) truncation);
  return PR_HANDLED(cmd);
}

conftable ftps_directives[] = {
  { "TLSCACertificateFile", set_path, NULL },
  { "TLSCACertificatePath", set_path, NULL },
  { "TLSCacheSecretFile", set_path, NULL },
  { "TLSCARevocationFile", set_path, NULL },
  { "TLSCARevocationPath", set_path, NULL },
  { "TLSCertificateChainFile", set_path, NULL },
  { "TLSCipherSuite", set_cipher_suite, NULL },
  { "TLSControlsACLs", ftps_controls_set_acls, NULL },
  { "TLSCryptoDevice", ftps_directives_set_crypto_device, NULL },
  { "TLSDHParamFile", ftps_directives_set_dh_param_file, NULL },
  { "TLSDSACertificateFile", set_path, NULL },
  { "TLSDSACertificateKeyFile", set_path, NULL },
  { "TLSECCertificateFile", set_path, NULL },
  { "TLSECCertificateKeyFile", set_path, NULL },
  { "TLSECDHCurve", set_ecdh_curve, NULL },
  { "TLSEngine", set_boolean, NULL },
  { "TLSLog", set_path, NULL },
  { "TLSMasqueradeAddress", ftps_directives_set_masquerade, NULL },
  { "TLSNextProtocol", set_next_protocol, NULL },
  { "TLSOptions", set_options, NULL },
  { "TLSPassPhraseProvider", set_path, NULL },
  { "TLSPKCS12File", set_path, NULL },
  { "TLSPreSharedKey", ftps_directives_set_pre_shared_key, NULL },
  { "TLSProtocol", set_protocol, NULL },
  { "TLSRandomSeed", set_path, NULL },
  { "TLSRenegotiate", ftps_directives_set_renegotiate, NULL },
  { "TLSRequired", set_required, NULL },
  { "TLSRSACertificateFile", set_path, NULL },
  { "TLSRSACertificateKeyFile", set_path, NULL },
  { "TLSServerCipherPreference", set_boolean, NULL },
  { "TLSServerInfoFile", set_path, NULL },
  { "TLSSessionCache", ftps_directives_set_session_cache, NULL },
  { "TLSSessionTicketKeys", ftps_directives_set_ticket_keys, NULL },
  { "TLSSessionTickets", set_boolean, NULL },
  { "TLSStapling", set_boolean, NULL },
  { "TLSStaplingCache", ftps_directives_set_stapling_cache, NULL },
  { "TLSStaplingOptions", ftps_directives_ocsp_set_options, NULL },
  { "TLSStaplingResponder", ftps_directives_ocsp_set_responder, NULL },
  { "TLSStaplingTimeout", ftps_directives_ocsp_set_timeout, NULL },
  { "TLSTimeoutHandshake", set_timeout_handshake, NULL },
  { "TLSTransferServers", ftps_directives_client_set_transfer_servers, NULL },
  { "TLSTruncation", set_truncation, NULL },
  { "TLSUserMapFile", set_path, NULL },
  { "TLSUserName", ftps_directives_client_set_user_name, NULL },
  { "TLSVerifyClient", set_verify_client, NULL },
  { "TLSVerifyDepth", set_verify_depth, NULL },
  { "TLSVerifyOrder", ftps_directives_ocsp_set_verify_order, NULL },
  { "TLSVerifyServer", set_verify_server, NULL },
  { NULL, NULL, NULL },
};
