/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * rules.c: see rules.h.
 *
 * A text for a directive is cut at 200 bytes of its value, so that the end of
 * the line, which says what to do, is never lost.
 *
 * ProFTPD takes an error in an included file for a warning, leaves out the rest
 * of the including file, and goes on.  So refusals are counted, and postparse
 * ends the start when there was one.  At a restart a refusal is no error for
 * ProFTPD: it would either end the daemon or leave out lines that have nothing
 * to do with it.  The line is kept until the system log is open again.
 */
#include "host/config/rules.h"

#include <stdarg.h>

#include "base/error.h"

#define IN_MAIN    (CONF_ROOT)
#define IN_HOSTS   (CONF_ROOT | CONF_VIRTUAL)
#define IN_SERVERS (CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL)
#define IN_ALL     (IN_SERVERS | CONF_ANON | CONF_DIR | CONF_DYNDIR)

#define OWN        "mod_ftps: "
#define ANY_NUMBER 64U
#define KEY_SYNTAX "/path/to/file|pkcs11:uri"

/* Where a directive may stand, how many values it takes, how to write it. */
struct rule {
  const char *directive;
  int contexts;
  unsigned int min, max;
  const char *syntax;
};

static const struct rule rules[] = {
  { "TLSCACertificateFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSCACertificatePath", IN_SERVERS, 1, 1, "/path/to/directory" },
  { "TLSCacheSecretFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSCARevocationFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSCARevocationPath", IN_SERVERS, 1, 1, "/path/to/directory" },
  { "TLSCertificateChainFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSCipherSuite", IN_SERVERS, 1, 2,
      "[TLSv1.3|TLSv1.2|TLSv1.1|TLSv1.0] cipher:cipher:..." },
  { "TLSControlsACLs", IN_MAIN, 4, 4,
      "all|action,action,... allow|deny user|group name,name,..." },
  { "TLSCryptoDevice", IN_SERVERS, 1, 1, "none" },
  { "TLSDHParamFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSDSACertificateFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSDSACertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX },
  { "TLSECCertificateFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSECCertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX },
  { "TLSECDHCurve", IN_SERVERS, 1, 1, "group:group:...|auto" },
  { "TLSEngine", IN_SERVERS, 1, 1, "on|off" },
  { "TLSLog", IN_SERVERS, 1, 1, "/path/to/file|none" },
  { "TLSMasqueradeAddress", IN_HOSTS, 1, 1, "address|name|device" },
  { "TLSNextProtocol", IN_SERVERS, 1, 1, "on|off|optional" },
  { "TLSOptions", IN_SERVERS, 1, ANY_NUMBER, "option option ..." },
  { "TLSPassPhraseProvider", IN_MAIN, 1, 1, "/path/to/program" },
  { "TLSPKCS12File", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSPreSharedKey", IN_SERVERS, 2, 2, "identity hex:/path/to/file" },
  { "TLSProtocol", IN_SERVERS, 1, ANY_NUMBER,
      "protocol protocol ...|ALL -protocol +protocol ..." },
  { "TLSRandomSeed", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSRenegotiate", IN_SERVERS, 1, 8,
      "none|[ctrl seconds] [data kilobytes] [timeout seconds] "
      "[required on|off]" },
  { "TLSRequired", IN_ALL, 1, 1,
      "on|off|both|ctrl|control|ctrl+data|ctrl+!data|data|!data|auth|auth+data|"
      "auth+!data" },
  { "TLSRSACertificateFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSRSACertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX },
  { "TLSServerCipherPreference", IN_SERVERS, 1, 1, "on|off" },
  { "TLSServerInfoFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSSessionCache", IN_MAIN, 1, 2,
      "off|internal: [seconds]|type:info [seconds]" },
  { "TLSSessionTicketKeys", IN_MAIN, 1, 5,
      "[shared] [age duration] [count number]|file /path/to/file" },
  { "TLSSessionTickets", IN_SERVERS, 1, 1, "on|off" },
  { "TLSStapling", IN_SERVERS, 1, 1, "on|off" },
  { "TLSStaplingCache", IN_MAIN, 1, 1, "off|type:/info" },
  { "TLSStaplingOptions", IN_SERVERS, 1, ANY_NUMBER,
      "[NoNonce] [NoVerify] [NoFakeTryLater]" },
  { "TLSStaplingResponder", IN_SERVERS, 1, 1, "http://host/path|https://..." },
  { "TLSStaplingTimeout", IN_SERVERS, 1, 1,
      "seconds|NUMBERs|NUMBERm|NUMBERh|hh:mm:ss" },
  { "TLSTimeoutHandshake", IN_SERVERS, 1, 1,
      "seconds|NUMBERs|NUMBERm|NUMBERh|hh:mm:ss" },
  { "TLSTransferServers", IN_SERVERS, 1, ANY_NUMBER,
      "name|address|sha256:fingerprint ..." },
  { "TLSTruncation", IN_SERVERS, 1, 1, "strict|log|off" },
  { "TLSUserMapFile", IN_SERVERS, 1, 1, "/path/to/file" },
  { "TLSUserName", IN_SERVERS, 1, 1,
      "CommonName|EmailSubjAltName|OID (as 1.2.3.4)|off" },
  { "TLSVerifyClient", IN_SERVERS, 1, 1, "on|off|optional" },
  { "TLSVerifyDepth", IN_SERVERS, 1, 1, "0|1|2|..." },
  { "TLSVerifyOrder", IN_SERVERS, 1, 2, "crl|ocsp|crl ocsp|ocsp crl" },
  { "TLSVerifyServer", IN_SERVERS, 1, 1, "on|off|NoReverseDNS" },

  { NULL, 0, 0, 0, NULL },
};

static struct {
  bool is_restart;
  bool is_cut; /* an Include failed */
  unsigned int count;
  pool *pool;
  array_header *lines; /* at a restart */
} refused;

void ftps_rules_begin(bool is_restart) {
  if (refused.pool != NULL) {
    destroy_pool(refused.pool);
  }

  memset(&refused, 0, sizeof(refused));
  refused.is_restart = is_restart;
}

unsigned int ftps_rules_refused(void) {
  return refused.count;
}

void ftps_rules_each_line(ftps_report report) {
  for (int i = 0; refused.lines != NULL && i < (int) refused.lines->nelts;
       i++) {
    report(FTPS_SEVERITY_FAULT, ((char **) refused.lines->elts)[i]);
  }
}

static const struct rule *find_rule(const char *directive) {
  const struct rule *rule = rules;

  while (rule->directive != NULL && strcmp(rule->directive, directive) != 0) {
    rule++;
  }

  return rule->directive != NULL ? rule : NULL;
}

static void keep_line(const char *line) {
  if (refused.pool == NULL) {
    refused.pool = make_sub_pool(permanent_pool);
    pr_pool_tag(refused.pool, "mod_ftps refused directives");
    refused.lines = make_array(refused.pool, 1, sizeof(char *));
  }

  *((char **) push_array(refused.lines)) = pstrdup(refused.pool, line);
}

static void keep_refusal(cmd_rec *cmd, const char *text) {
  char line[FTPS_ERROR_TEXT_SIZE + 1024];

  (void) pr_snprintf(line, sizeof(line),
      "%s: %s (line %u of its file, server \"%.200s\")",
      (const char *) cmd->argv[0], text, pr_parser_get_lineno(),
      cmd->server != NULL && cmd->server->ServerName != NULL
          ? cmd->server->ServerName
          : "");
  keep_line(line);
}

/* A directive whose name is wrong comes to nobody, but ProFTPD logs it. */
void ftps_rules_hear(const char *line) {
  if (strstr(line, "unknown configuration directive 'TLS") != NULL) {
    refused.count++;
    if (refused.is_restart) {
      keep_line(line);
    }
  }

  /* What was said while SystemLog was closed. */
  if (refused.is_restart && strncmp(line, OWN, strlen(OWN)) == 0) {
    keep_line(line + strlen(OWN));
  }

  if (strstr(line, "warning: unable to include '") != NULL) {
    refused.is_cut = true;
  }
}

bool ftps_rules_is_cut(void) {
  return refused.is_cut;
}

/* What was meant is not known, so it counts as "on". */
static void leave_closed(const char *directive) {
  config_rec *c;

  if (strcmp(directive, "TLSEngine") == 0) {
    c = add_config_param("TLSEngine", 1, NULL);
    c->argv[0] = palloc(c->pool, sizeof(unsigned char));
    *((unsigned char *) c->argv[0]) = TRUE;

  } else if (strcmp(directive, "TLSRequired") == 0) {
    c = add_config_param("TLSRequired", 3, NULL, NULL, NULL);
    for (unsigned int i = 0; i < 3; i++) {
      c->argv[i] = palloc(c->pool, sizeof(int));
      *((int *) c->argv[i]) = 1;
    }
    c->flags |= CF_MERGEDOWN;
  }
}

modret_t *ftps_rules_refuse(cmd_rec *cmd, const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE + 512];
  va_list args;

  va_start(args, fmt);
  (void) pr_vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);

  refused.count++;
  if (refused.is_restart) {
    keep_refusal(cmd, text);
    leave_closed(cmd->argv[0]);
    return PR_HANDLED(cmd);
  }

  CONF_ERROR(cmd, text)
}

modret_t *ftps_rules_refuse_value(cmd_rec *cmd, unsigned int i) {
  const char *directive = cmd->argv[0], *value = cmd->argv[i];

  return ftps_rules_refuse(cmd,
      "\"%.200s\" is not a known value; write \"%s %s\"", value, directive,
      ftps_rules_syntax(directive));
}

const char *ftps_rules_syntax(const char *directive) {
  const struct rule *rule = find_rule(directive);

  return rule != NULL ? rule->syntax : "";
}

static const char *describe_contexts(int contexts) {
  switch (contexts) {
    case IN_MAIN:
      return "the server config, outside of all sections";

    case IN_HOSTS:
      return "the server config or <VirtualHost>";

    case IN_SERVERS:
      return "the server config, <VirtualHost> or <Global>";

    default:
      return "the server config, <VirtualHost>, <Global>, <Anonymous>, "
             "<Directory> or .ftpaccess";
  }
}

modret_t *ftps_rules_check(cmd_rec *cmd) {
  const struct rule *rule = find_rule(cmd->argv[0]);
  unsigned int n = cmd->argc - 1;

  if (!check_context(cmd, rule->contexts)) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is not allowed in %s context; write it in %s", cmd->arg,
        get_context_name(cmd), describe_contexts(rule->contexts));
  }

  if (n < rule->min) {
    return ftps_rules_refuse(cmd, "missing value; write \"%s %s\"",
        rule->directive, rule->syntax);
  }

  if (n > rule->max) {
    return ftps_rules_refuse(cmd,
        "\"%.200s\" is %u values, too many; write \"%s %s\" "
        "(and a value with spaces in quotes)",
        cmd->arg, n, rule->directive, rule->syntax);
  }

  for (unsigned int i = 1; i <= n; i++) {
    if (*((const char *) cmd->argv[i]) == '\0') {
      return ftps_rules_refuse(cmd, "\"\" is an empty value; write \"%s %s\"",
          rule->directive, rule->syntax);
    }
  }

  return NULL;
}
