/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * setters.c: see setters.h.
 */
#include "host/config/setters.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/certname.h"
#include "base/error.h"
#include "base/peername.h"
#include "base/settings.h"
#include "base/words.h"
#include "ocsp/ask.h"
#include "vhost/context.h"

#define HEX_PREFIX "hex:"

modret_t *ftps_setters_set_protocol(cmd_rec *cmd,
    const struct ftps_directive *row) {
  struct ftps_error err;
  unsigned int protocols;
  const char **words = pcalloc(cmd->tmp_pool, cmd->argc * sizeof(*words));

  for (unsigned int i = 1; i < cmd->argc; i++) {
    words[i - 1] = cmd->argv[i];
  }

  ftps_error_clear(&err);
  if (ftps_words_parse_protocols(words, cmd->argc - 1, &protocols, &err) < 0) {
    return ftps_rules_refuse(cmd, "%s", err.text);
  }

  ftps_rules_add_number(row->name, protocols);
  return PR_HANDLED(cmd);
}

/* Returns the protocol of "TLSCipherSuite protocol list", or 0 if it has no
 * list of its own.
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

modret_t *ftps_setters_set_cipher_suite(cmd_rec *cmd,
    const struct ftps_directive *row) {
  unsigned int protocol = 0;
  const char *list = cmd->argv[cmd->argc - 1];
  struct ftps_error err;
  config_rec *c;
  int rc;

  if (cmd->argc == 3) {
    protocol = find_cipher_protocol(cmd->argv[1]);
    if (protocol == 0) {
      return ftps_rules_refuse_value(cmd, row, 1);
    }
  }

  ftps_error_clear(&err);
  rc = protocol == FTPS_PROTO_TLSV1_3
      ? ftps_context_check(NULL, list, NULL, &err)
      : ftps_context_check(list, NULL, NULL, &err);
  if (rc < 0 && protocol == 0 && strchr(list, '_') != NULL) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" has the names of TLS 1.3 (with \"_\") but no protocol; "
        "write \"TLSCipherSuite TLSv1.3 %.200s\"",
        list, list);
  }
  if (rc < 0) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not a list of ciphers that OpenSSL takes: %s; "
        "\"openssl ciphers -v\" shows the names",
        list, err.text);
  }

  c = add_config_param(row->name, 2, NULL, NULL);
  c->argv[0] = pstrdup(c->pool, list);
  c->argv[1] = palloc(c->pool, sizeof(protocol));
  *((unsigned int *) c->argv[1]) = protocol;
  ftps_rules_allow_several(c);
  return PR_HANDLED(cmd);
}

/* OpenSSL has one list for TLS 1.3 and one for all older versions.  The first
 * record for each list counts.
 */
void ftps_setters_read_ciphers(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  for (config_rec *c = first; c != NULL; c = ftps_rules_next(c)) {
    unsigned int protocol = *((const unsigned int *) c->argv[1]);
    const char *list = c->argv[0];

    if (protocol == FTPS_PROTO_TLSV1_3) {
      if (settings->ciphersuites == NULL) {
        settings->ciphersuites = pstrdup(p, list);
      }
    } else if (settings->cipher_list == NULL) {
      /* Nothing may follow the name of a system-wide profile. */
      settings->cipher_list = strncmp(list, "PROFILE=", 8) == 0
          ? pstrdup(p, list)
          : pstrcat(p, list, ":!EXPORT", NULL);
    }
  }
}

modret_t *ftps_setters_set_ecdh_curve(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *groups = cmd->argv[1];
  struct ftps_error err;

  if (strcasecmp(groups, row->none) == 0) {
    groups = row->none;
  } else {
    ftps_error_clear(&err);
    if (ftps_context_check(NULL, NULL, groups, &err) < 0) {
      return ftps_rules_refuse(cmd,
          "\"%.200s\" is not a list of groups that OpenSSL takes: %s; "
          "write names as in \"X25519:prime256v1\", or \"auto\"",
          groups, err.text);
    }
  }

  (void) add_config_param_str(row->name, 1, groups);
  return PR_HANDLED(cmd);
}

/* mod_tls starts with any other word as well, and then writes no log. */
modret_t *ftps_setters_set_log(cmd_rec *cmd, const struct ftps_directive *row) {
  const char *path = cmd->argv[1];

  if (*path != '/' && strcasecmp(path, row->none) != 0) {
    pr_log_pri(PR_LOG_WARNING,
        "warning: TLSLog: \"%.200s\" is not an absolute path, so there is no "
        "log; write \"%s %s\"",
        path, row->name, row->syntax);
    path = row->none;
  }

  (void) add_config_param_str(row->name, 1, path);
  return PR_HANDLED(cmd);
}

/* mod_tls starts with any path. */
modret_t *ftps_setters_set_random_seed(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *path = cmd->argv[1];

  if (*path == '/') {
    (void) add_config_param_str(row->name, 1, path);
  } else {
    ftps_rules_remark(cmd,
        "\"%.200s\" is not an absolute path, so there is no such file; write "
        "\"%s %s\", or take it out",
        path, row->name, row->syntax);
  }

  return PR_HANDLED(cmd);
}

modret_t *ftps_setters_set_required(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const struct ftps_required_word *word =
      ftps_words_find_required(cmd->argv[1]);
  config_rec *c;

  if (word == NULL) {
    return ftps_rules_refuse_value(cmd, row, 1);
  }

  c = add_config_param(row->name, 3, NULL, NULL, NULL);
  for (unsigned int i = 0; i < 3; i++) {
    c->argv[i] = palloc(c->pool, sizeof(int));
  }
  *((int *) c->argv[0]) = word->control;
  *((int *) c->argv[1]) = word->data;
  *((int *) c->argv[2]) = word->auth;
  c->flags |= CF_MERGEDOWN;
  return PR_HANDLED(cmd);
}

void ftps_setters_read_required(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  (void) p;
  settings->has_required = first != NULL;
  for (size_t i = 0; i < 3 && first != NULL; i++) {
    settings->required[i] = *((const int *) first->argv[i]);
  }
}

/* Adds the option's bit to `options`.  Returns NULL, or the error. */
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

modret_t *ftps_setters_set_options(cmd_rec *cmd,
    const struct ftps_directive *row) {
  modret_t *error = NULL;
  unsigned long options = 0;

  for (unsigned int i = 1; error == NULL && i < cmd->argc; i++) {
    error = add_option(cmd, cmd->argv[i], &options);
  }

  if (error != NULL) {
    return error;
  }

  ftps_rules_add_bits(row->name, options);
  return PR_HANDLED(cmd);
}

modret_t *ftps_setters_set_user_name(cmd_rec *cmd,
    const struct ftps_directive *row) {
  unsigned int kind = FTPS_CERTNAME_NONE;
  const char *oid = NULL;
  config_rec *c;

  if (ftps_words_find(ftps_words_user_name, cmd->argv[1], &kind) < 0) {
    oid = cmd->argv[1];
  }
  if (oid != NULL && oid[strspn(oid, "0123456789.")] != '\0') {
    return ftps_rules_refuse_value(cmd, row, 1);
  }
  if (oid != NULL && !ftps_certname_is_oid(oid)) {
    ftps_rules_remark(cmd,
        "\"%.200s\" is no object identifier, so no certificate admits anybody "
        "by it; write \"%s %s\"",
        oid, row->name, row->syntax);
    oid = NULL;
  }

  c = add_config_param(row->name, 2, NULL, NULL);
  c->argv[0] = palloc(c->pool, sizeof(kind));
  *((unsigned int *) c->argv[0]) = kind;
  c->argv[1] = pstrdup(c->pool, oid);
  return PR_HANDLED(cmd);
}

void ftps_setters_read_user_name(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  if (first != NULL) {
    settings->user_name =
        (enum ftps_certname) * ((const unsigned int *) first->argv[0]);
    settings->user_name_oid = pstrdup(p, first->argv[1]);
  }
}

modret_t *ftps_setters_set_transfer_servers(cmd_rec *cmd,
    const struct ftps_directive *row) {
  char name[FTPS_PEERNAME_SIZE];

  for (unsigned int i = 1; i < cmd->argc; i++) {
    if (ftps_peername_read(cmd->argv[i], name) < 0) {
      return ftps_rules_refuse_value(cmd, row, i);
    }
  }

  for (unsigned int i = 1; i < cmd->argc; i++) {
    (void) ftps_peername_read(cmd->argv[i], name);
    ftps_rules_allow_several(add_config_param_str(row->name, 1, name));
  }
  return PR_HANDLED(cmd);
}

modret_t *ftps_setters_set_verify_order(cmd_rec *cmd,
    const struct ftps_directive *row) {
  enum ftps_verify_order order;
  unsigned int last = cmd->argc - 1;
  bool is_twice = last == 2 && strcasecmp(cmd->argv[1], cmd->argv[2]) == 0;

  if (ftps_words_parse_verify_order(cmd->argv[1],
          last == 2 && !is_twice ? cmd->argv[2] : NULL, &order) < 0) {
    return ftps_rules_refuse_value(cmd, row, last);
  }

  if (is_twice) {
    ftps_rules_remark(cmd, "\"%.200s\" is there twice; take one out",
        (const char *) cmd->argv[1]);
  }

  ftps_rules_add_number(row->name, (unsigned int) order);
  return PR_HANDLED(cmd);
}

modret_t *ftps_setters_set_stapling_responder(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *url = cmd->argv[1];
  struct ftps_error err;

  ftps_error_clear(&err);
  if (ftps_ocsp_check_url(url, &err) < 0) {
    ftps_rules_remark(cmd,
        "\"%.200s\" %s, so the responder of the certificate is asked; write "
        "\"%s %s\"",
        url, err.text, row->name, row->syntax);
  } else {
    (void) add_config_param_str(row->name, 1, url);
  }

  return PR_HANDLED(cmd);
}

modret_t *ftps_setters_set_crypto_device(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *device = cmd->argv[1];

  (void) row;
  if (strcasecmp(device, "none") != 0) {
    pr_log_pri(PR_LOG_NOTICE,
        "notice: TLSCryptoDevice: \"%.200s\" is ignored: OpenSSL 3 has "
        "providers in the place of engines, and reads from openssl.cnf which; "
        "take the directive out",
        device);
  }
  return PR_HANDLED(cmd);
}

/* ProFTPD uses the address without a check whether there is one, and an error
 * at a reload would end the daemon.  So a name that cannot be resolved leaves
 * no record.
 */
modret_t *ftps_setters_set_masquerade(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *name = cmd->argv[1];
  const pr_netaddr_t *address;
  config_rec *c;

  address = pr_netaddr_get_addr2(cmd->server->pool, name, NULL,
      PR_NETADDR_GET_ADDR_FL_INCL_DEVICE);
  if (address == NULL) {
    pr_log_pri(PR_LOG_WARNING,
        "warning: TLSMasqueradeAddress: \"%.200s\" cannot be resolved (%s) and "
        "is not used; write an address, or restart when the name is known",
        name, strerror(errno));
    return PR_HANDLED(cmd);
  }

  c = add_config_param(row->name, 2, NULL, NULL);
  c->argv[0] = pr_netaddr_dup(c->pool, address);
  c->argv[1] = pstrdup(c->pool, name);
  return PR_HANDLED(cmd);
}

/* mod_tls starts with keys that can admit nobody. */
modret_t *ftps_setters_set_pre_shared_key(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *identity = cmd->argv[1], *file = cmd->argv[2], *what = identity;
  const char *why = *identity == '\0'            ? "is no identity"
      : strlen(identity) > FTPS_PSK_IDENTITY_MAX ? "has more than 128 bytes"
                                                 : NULL;

  if (strncasecmp(file, HEX_PREFIX, strlen(HEX_PREFIX)) != 0) {
    return ftps_rules_refuse_value(cmd, row, 2);
  }

  file += strlen(HEX_PREFIX);
  if (*file != '/') {
    what = file;
    why = "is not an absolute path";
  }
  if (why != NULL) {
    ftps_rules_remark(cmd,
        "\"%.200s\" %s, so this key is not used; write \"%s %s\"", what, why,
        row->name, row->syntax);
    return PR_HANDLED(cmd);
  }

  ftps_rules_allow_several(add_config_param_str(row->name, 2, identity, file));
  return PR_HANDLED(cmd);
}

/* All lines of a section are one record, so that those of a <VirtualHost> or of
 * a section of mod_ifsession take the place of those outside it.
 */
modret_t *ftps_setters_set_certificate(cmd_rec *cmd,
    const struct ftps_directive *row) {
  const char *key = cmd->argc > 2 ? cmd->argv[2] : NULL;
  struct ftps_keyfiles *files;
  config_rec *c;

  if (*((const char *) cmd->argv[1]) != '/') {
    return ftps_rules_refuse_path(cmd, row, cmd->argv[1]);
  }
  if (key != NULL && *key != '/' &&
      strncasecmp(key, row->prefix, strlen(row->prefix)) != 0) {
    return ftps_rules_refuse_path(cmd, row, key);
  }

  c = ftps_rules_own_record(row->name);
  if (c == NULL) {
    c = add_config_param(row->name, 1, NULL);
    c->argv[0] = make_array(c->pool, 2, sizeof(*files));
  }

  files = push_array(c->argv[0]);
  files->certificate = pstrdup(c->pool, cmd->argv[1]);
  files->key = pstrdup(c->pool, key);
  return PR_HANDLED(cmd);
}

void ftps_setters_read_certificates(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  const array_header *list = first != NULL ? first->argv[0] : NULL;
  const struct ftps_keyfiles *files = list != NULL ? list->elts : NULL;

  settings->certificate_count = list != NULL ? (size_t) list->nelts : 0;
  for (size_t i = 0;
       i < settings->certificate_count && i < FTPS_CERTIFICATES_MAX; i++) {
    struct ftps_keyfiles *to = &settings->keyfiles[FTPS_KEYTYPE_ANY + i];

    to->certificate = pstrdup(p, files[i].certificate);
    to->key = pstrdup(p, files[i].key);
  }
}

void ftps_setters_read_pre_shared_keys(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  for (config_rec *c = first; c != NULL; c = ftps_rules_next(c)) {
    if (settings->psk_count < FTPS_PSK_MAX) {
      settings->psk_files[settings->psk_count].identity =
          pstrdup(p, c->argv[0]);
      settings->psk_files[settings->psk_count].path = pstrdup(p, c->argv[1]);
    }
    settings->psk_count++;
  }
}

static void add_two_numbers(const char *name, unsigned int one,
    unsigned int two) {
  config_rec *c = add_config_param(name, 2, NULL, NULL);

  c->argv[0] = palloc(c->pool, sizeof(one));
  *((unsigned int *) c->argv[0]) = one;
  c->argv[1] = palloc(c->pool, sizeof(two));
  *((unsigned int *) c->argv[1]) = two;
}

modret_t *ftps_setters_set_handshake_limit(cmd_rec *cmd,
    const struct ftps_directive *row) {
  unsigned int count = 0, seconds = 0;

  if (cmd->argc == 2 && strcasecmp(cmd->argv[1], "off") == 0) {
    add_two_numbers(row->name, 0, 0);
    return PR_HANDLED(cmd);
  }

  if (ftps_words_parse_number(cmd->argv[1], INT_MAX, &count) < 0 ||
      count == 0) {
    return ftps_rules_refuse_value(cmd, row, 1);
  }

  if (cmd->argc == 2) {
    return ftps_rules_refuse_unfinished(cmd, row);
  }

  if (ftps_words_parse_duration(cmd->argv[2], &seconds) < 0 || seconds == 0) {
    return ftps_rules_refuse_value(cmd, row, 2);
  }

  add_two_numbers(row->name, count, seconds);
  return PR_HANDLED(cmd);
}

void ftps_setters_read_handshake_limit(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  (void) p;
  settings->handshake_count = FTPS_DEFAULT_HANDSHAKE_COUNT;
  settings->handshake_window = FTPS_DEFAULT_HANDSHAKE_WINDOW;
  if (first != NULL) {
    settings->handshake_count = *((const unsigned int *) first->argv[0]);
    settings->handshake_window = *((const unsigned int *) first->argv[1]);
  }
}

/* What TLSRenegotiate can limit. `timeout` and `required` are for peers that do
 * not answer; a KeyUpdate needs no answer.
 */
enum limit {
  LIMIT_CONTROL,
  LIMIT_DATA,
  LIMIT_TIMEOUT,
  LIMIT_REQUIRED,
  LIMIT_COUNT
};

static const char *const limit_words[LIMIT_COUNT] = { "ctrl", "data", "timeout",
  "required" };

static enum limit find_limit(const char *word) {
  int i = 0;

  while (i < LIMIT_COUNT && strcasecmp(limit_words[i], word) != 0) {
    i++;
  }

  return (enum limit) i;
}

/* mod_tls takes any text for a number. */
static void read_limit_number(const cmd_rec *cmd,
    const struct ftps_directive *row, unsigned int i, unsigned int *limit_out) {
  if (ftps_words_parse_number(cmd->argv[i], INT_MAX, limit_out) < 0) {
    *limit_out = 0;
    ftps_rules_remark(cmd,
        "\"%.200s\" is not a number, so there is no such limit; write \"%s "
        "%s\"",
        (const char *) cmd->argv[i], row->name, row->syntax);
  }
}

/* Reads one word and its value.  Returns NULL, or the error. */
static modret_t *read_limit(cmd_rec *cmd, const struct ftps_directive *row,
    unsigned int i, unsigned int *limits) {
  enum limit limit = find_limit(cmd->argv[i]);

  if (limit == LIMIT_COUNT) {
    return ftps_rules_refuse_value(cmd, row, i);
  }

  if (i + 1 == cmd->argc) {
    return ftps_rules_refuse_unfinished(cmd, row);
  }

  if (limit == LIMIT_REQUIRED) {
    return get_boolean(cmd, (int) i + 1) >= 0
        ? NULL
        : ftps_rules_refuse_value(cmd, row, i + 1);
  }

  read_limit_number(cmd, row, i + 1, &limits[limit]);
  return NULL;
}

modret_t *ftps_setters_set_renegotiate(cmd_rec *cmd,
    const struct ftps_directive *row) {
  modret_t *error = NULL;
  unsigned int limits[LIMIT_COUNT] = { 0 };
  bool is_none = strcasecmp(cmd->argv[1], "none") == 0;

  if (is_none && cmd->argc > 2) {
    ftps_rules_remark(cmd,
        "\"%.200s\" is not used, because \"none\" is before it; write \"%s "
        "%s\"",
        (const char *) cmd->argv[2], row->name, row->syntax);
  }

  for (unsigned int i = 1; error == NULL && !is_none && i < cmd->argc; i += 2) {
    error = read_limit(cmd, row, i, limits);
  }
  if (error != NULL) {
    return error;
  }

  add_two_numbers(row->name, limits[LIMIT_CONTROL], limits[LIMIT_DATA]);
  return PR_HANDLED(cmd);
}

void ftps_setters_read_renegotiate(pool *p, config_rec *first,
    struct ftps_settings *settings) {
  (void) p;
  if (first != NULL) {
    settings->rekey_control_seconds = *((const unsigned int *) first->argv[0]);
    settings->rekey_data_kilobytes = *((const unsigned int *) first->argv[1]);
  }
}
