/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * directives.c: the table of directives.
 *
 * A row says in which sections a directive may be, how many values it has and
 * how they are written, which kind of value it has, which member of struct
 * ftps_settings gets it, and its default.  ProFTPD's parser calls
 * set_directive(), which checks the directive against its row and calls the
 * setter of the kind, or of the row, which leaves a record.
 * host/config/settings_read.c goes through the table and sets the settings.  No
 * file is opened here: an error in a setter at SIGHUP would end the daemon.
 *
 * A new directive of an ordinary kind is a row here and a member in
 * base/settings.h; then the manual, doc/contract.md and t/25.
 *
 * DIAGNOSTICS: an error is one line.  The daemon writes "fatal: DIRECTIVE: "
 * before it and the place after it.  The text from here says what is refused
 * and what to write instead.
 */
#include "host/config/directives.h"

#include <limits.h>
#include <string.h>

#include "base/settings.h"
#include "base/words.h"
#include "host/config/controls_acl.h"
#include "host/config/rules.h"
#include "host/config/setters.h"
#include "host/config/setters_caches.h"
#include "host/config/values.h"

#define IN_MAIN    FTPS_IN_MAIN
#define IN_HOSTS   FTPS_IN_HOSTS
#define IN_SERVERS FTPS_IN_SERVERS
#define IN_ALL     FTPS_IN_ALL

#define ANY_NUMBER 64U

#define FILE_SYNTAX     "/path/to/file"
#define KEY_SYNTAX      "/path/to/file|pkcs11:uri"
#define DURATION_SYNTAX "seconds|NUMBERs|NUMBERm|NUMBERh|hh:mm:ss"

/* clang-format off */

/* The offset of a member.  The member must have this type; otherwise the code
 * does not compile.
 */
#define AT(type, member) _Generic(&((struct ftps_settings *) NULL)->member, \
  type *: offsetof(struct ftps_settings, member)) /* NOLINT: as types are */

#define VALUE(what, type, member) \
  .kind = FTPS_VALUE_##what, .offset = AT(type, member)
#define REPEATS .may_repeat = true
#define DROPS_SURPLUS .drops_surplus = true
#define TAKES_EMPTY   .takes_empty = true
#define FLAG(member)     VALUE(FLAG, bool, member)
#define NUMBER(member)   VALUE(NUMBER, unsigned int, member)
#define DURATION(member) VALUE(DURATION, unsigned int, member)
#define WORD(member)     VALUE(WORD, unsigned int, member)
#define WORDS(member)    VALUE(WORDS, unsigned long, member), REPEATS
#define TEXT(member)     VALUE(TEXT, const char *, member)
#define TEXTS(member)    VALUE(TEXTS, struct ftps_texts, member), REPEATS
#define PATH(member)     VALUE(PATH, const char *, member)
#define PATHS(member)    VALUE(PATHS, struct ftps_texts, member), REPEATS
#define OTHER            .kind = FTPS_VALUE_OTHER

#define CERTIFICATE(type) PATH(keyfiles[FTPS_KEYTYPE_##type].certificate)
#define KEY(type) \
  PATH(keyfiles[FTPS_KEYTYPE_##type].key), .prefix = "pkcs11:"

const struct ftps_directive ftps_directives[] = {
  { "TLSCACertificateFile", IN_SERVERS, 1, 1, FILE_SYNTAX, PATH(ca_file),
    DROPS_SURPLUS },
  { "TLSCACertificatePath", IN_SERVERS, 1, 1, "/path/to/directory",
    PATH(ca_path), DROPS_SURPLUS },
  { "TLSCacheSecretFile", IN_SERVERS, 1, 1, FILE_SYNTAX,
    PATH(cache_secret_file) },
  { "TLSCARevocationFile", IN_SERVERS, 1, 1, FILE_SYNTAX, PATHS(crl_files) },
  { "TLSCARevocationPath", IN_SERVERS, 1, 1, "/path/to/directory",
    PATHS(crl_dirs) },
  { "TLSCertificate", IN_SERVERS, 1, 2,
    FILE_SYNTAX " [" KEY_SYNTAX "]",
    OTHER, REPEATS, .prefix = "pkcs11:", .set = ftps_setters_set_certificate,
    .read = ftps_setters_read_certificates },
  { "TLSCertificateChainFile", IN_SERVERS, 1, 1, FILE_SYNTAX,
    PATH(chain_file), DROPS_SURPLUS },
  { "TLSCertificateDirectory", IN_SERVERS, 1, 1, "/path/to/directory",
    PATH(certificate_dir) },
  { "TLSCipherSuite", IN_SERVERS, 1, 2,
    "[TLSv1.3|TLSv1.2|TLSv1.1|TLSv1.0] cipher:cipher:...",
    OTHER, REPEATS, .set = ftps_setters_set_cipher_suite,
    .read = ftps_setters_read_ciphers },
  { "TLSControlsACLs", IN_MAIN, 4, 4,
    "all|action,action,... allow|deny user|group name,name,...",
    OTHER, REPEATS, .set = ftps_controls_set_acls },
  { "TLSCryptoDevice", IN_SERVERS, 1, 1, "none",
    OTHER, .set = ftps_setters_set_crypto_device, DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSDHParamFile", IN_SERVERS, 1, 1, FILE_SYNTAX, PATHS(dh_files),
    DROPS_SURPLUS },
  { "TLSDSACertificateFile", IN_SERVERS, 1, 1, FILE_SYNTAX, CERTIFICATE(DSA),
    DROPS_SURPLUS },
  { "TLSDSACertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX, KEY(DSA),
    DROPS_SURPLUS },
  { "TLSECCertificateFile", IN_SERVERS, 1, 1, FILE_SYNTAX, CERTIFICATE(EC),
    DROPS_SURPLUS },
  { "TLSECCertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX, KEY(EC),
    DROPS_SURPLUS },
  { "TLSECDHCurve", IN_SERVERS, 1, 1, "group:group:...|auto",
    TEXT(groups), .none = "auto", .set = ftps_setters_set_ecdh_curve,
    DROPS_SURPLUS },
  { "TLSEngine", IN_SERVERS, 1, 1, "on|off", FLAG(engine), .unset = false,
    DROPS_SURPLUS },
  { "TLSHandshakeLimit", IN_SERVERS, 1, 2, "off|number duration",
    OTHER, .set = ftps_setters_set_handshake_limit,
    .read = ftps_setters_read_handshake_limit },
  { "TLSKeyIsolation", IN_SERVERS, 1, 1, "on|off|required",
    WORD(isolation), .words = ftps_words_isolation,
    .unset = FTPS_ISOLATION_ON },
  { "TLSKeyLogFile", IN_SERVERS, 1, 1, FILE_SYNTAX, PATH(keylog_path) },
  { "TLSLog", IN_SERVERS, 1, 1, "/path/to/file|none",
    PATH(log_path), .none = "none", .set = ftps_setters_set_log,
    DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSLogFormat", IN_SERVERS, 1, 1, "text|keys|json",
    WORD(log_format), .words = ftps_words_log_format,
    .unset = FTPS_LOG_TEXT },
  { "TLSMasqueradeAddress", IN_HOSTS, 1, 1, "address|name|device",
    OTHER, .set = ftps_setters_set_masquerade, DROPS_SURPLUS },
  { "TLSNextProtocol", IN_SERVERS, 1, 1, "on|off|optional",
    WORD(alpn), .words = ftps_words_alpn, .unset = FTPS_ALPN_ON,
    DROPS_SURPLUS },
  { "TLSOptions", IN_SERVERS, 1, ANY_NUMBER, "option option ...",
    WORDS(options), .set = ftps_setters_set_options },
  { "TLSPassPhraseProvider", IN_MAIN, 1, 1, "/path/to/program",
    PATH(passphrase_provider), DROPS_SURPLUS },
  { "TLSPKCS12File", IN_SERVERS, 1, 1, FILE_SYNTAX, CERTIFICATE(PKCS12),
    DROPS_SURPLUS },
  { "TLSPreSharedKey", IN_SERVERS, 2, 2, "identity hex:/path/to/file",
    OTHER, REPEATS, .set = ftps_setters_set_pre_shared_key,
    .read = ftps_setters_read_pre_shared_keys, DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSProfile", IN_SERVERS, 1, 1, "modern|intermediate|old",
    WORD(profile), .words = ftps_words_profile,
    .unset = FTPS_PROFILE_INTERMEDIATE },
  { "TLSProtocol", IN_SERVERS, 1, ANY_NUMBER,
    "protocol protocol ...|ALL -protocol +protocol ...",
    NUMBER(protocols), .unset = FTPS_PROTO_DEFAULT,
    .set = ftps_setters_set_protocol },
  { "TLSRandomSeed", IN_SERVERS, 1, 1, FILE_SYNTAX, PATH(random_seed),
    .set = ftps_setters_set_random_seed, DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSRenegotiate", IN_SERVERS, 1, 8,
    "none|[ctrl seconds] [data kilobytes] [timeout seconds] "
    "[required on|off]",
    OTHER, .set = ftps_setters_set_renegotiate,
    .read = ftps_setters_read_renegotiate },
  { "TLSRequired", IN_ALL, 1, 1,
    "on|off|both|ctrl|control|ctrl+data|ctrl+!data|data|!data|auth|auth+data|"
    "auth+!data",
    OTHER, .set = ftps_setters_set_required,
    .read = ftps_setters_read_required },
  { "TLSRSACertificateFile", IN_SERVERS, 1, 1, FILE_SYNTAX, CERTIFICATE(RSA),
    DROPS_SURPLUS },
  { "TLSRSACertificateKeyFile", IN_SERVERS, 1, 1, KEY_SYNTAX, KEY(RSA),
    DROPS_SURPLUS },
  { "TLSServerCipherPreference", IN_SERVERS, 1, 1, "on|off",
    FLAG(server_preference), .unset = true, DROPS_SURPLUS },
  { "TLSServerInfoFile", IN_SERVERS, 1, 1, FILE_SYNTAX,
    PATH(server_info_file), DROPS_SURPLUS },
  { "TLSSessionCache", IN_MAIN, 1, 2,
    "off|internal: [seconds]|type:info [seconds]",
    OTHER, .set = ftps_setters_set_session_cache,
    .read = ftps_setters_read_session_cache },
  { "TLSSessionReuse", IN_SERVERS, 1, 1, "require|certificate|log|off",
    WORD(reuse), .words = ftps_words_reuse, .unset = FTPS_REUSE_REQUIRE },
  { "TLSSessionTicketKeys", IN_MAIN, 1, 5,
    "[shared] [age duration] [count number]|file /path/to/file",
    OTHER, .set = ftps_setters_set_ticket_keys,
    .read = ftps_setters_read_ticket_keys },
  { "TLSSessionTickets", IN_SERVERS, 1, 1, "on|off",
    FLAG(tickets), .unset = true, DROPS_SURPLUS },
  { "TLSStapling", IN_SERVERS, 1, 1, "on|off", FLAG(stapling), .unset = false,
    DROPS_SURPLUS },
  { "TLSStaplingCache", IN_MAIN, 1, 1, "off|type:/info",
    OTHER, .set = ftps_setters_set_stapling_cache, DROPS_SURPLUS },
  { "TLSStaplingOptions", IN_SERVERS, 1, ANY_NUMBER,
    "[NoNonce] [NoVerify] [NoFakeTryLater]",
    WORDS(stapling_options), .words = ftps_words_stapling },
  { "TLSStaplingResponder", IN_SERVERS, 1, 1, "http://host/path|https://...",
    TEXT(stapling_responder), .set = ftps_setters_set_stapling_responder,
    DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSStaplingTimeout", IN_SERVERS, 1, 1, DURATION_SYNTAX,
    DURATION(stapling_timeout), .least = 1,
    .unset = FTPS_DEFAULT_STAPLING_TIMEOUT, DROPS_SURPLUS },
  { "TLSTimeoutHandshake", IN_SERVERS, 1, 1, DURATION_SYNTAX,
    DURATION(handshake_timeout), .unset = FTPS_DEFAULT_HANDSHAKE_TIMEOUT,
    DROPS_SURPLUS },
  { "TLSTransferServers", IN_SERVERS, 1, ANY_NUMBER,
    "name|address|sha256:fingerprint ...",
    TEXTS(transfer_servers), .set = ftps_setters_set_transfer_servers },
  { "TLSTruncation", IN_SERVERS, 1, 1, "strict|log|off",
    WORD(truncation), .words = ftps_words_truncation,
    .unset = FTPS_TRUNCATION_LOG },
  { "TLSUserMapFile", IN_SERVERS, 1, 1, FILE_SYNTAX, PATH(user_map_file) },
  { "TLSUserName", IN_SERVERS, 1, 1,
    "CommonName|EmailSubjAltName|OID (as 1.2.3.4)|off",
    OTHER, .set = ftps_setters_set_user_name,
    .read = ftps_setters_read_user_name, DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSVerifyClient", IN_SERVERS, 1, 1, "on|off|optional",
    WORD(verify), .words = ftps_words_verify, .unset = FTPS_VERIFY_OFF,
    DROPS_SURPLUS },
  { "TLSVerifyDepth", IN_SERVERS, 1, 1, "0|1|2|...",
    NUMBER(verify_depth), .most = INT_MAX - 1, /* OpenSSL gets one more */
    .unset = FTPS_DEFAULT_VERIFY_DEPTH, DROPS_SURPLUS, TAKES_EMPTY },
  { "TLSVerifyOrder", IN_SERVERS, 1, 2, "crl|ocsp|crl ocsp|ocsp crl",
    WORD(verify_order), .unset = FTPS_ORDER_CRL,
    .set = ftps_setters_set_verify_order },
  { "TLSVerifyServer", IN_SERVERS, 1, 1, "on|off|NoReverseDNS",
    WORD(verify_server), .words = ftps_words_verify_server,
    .unset = FTPS_VERIFY_SERVER_ON, DROPS_SURPLUS },

  { NULL, 0, 0, 0, NULL, OTHER },
};
/* clang-format on */

#define COUNT (sizeof(ftps_directives) / sizeof(ftps_directives[0]))

conftable ftps_conftable[COUNT];

static modret_t *set_directive(cmd_rec *cmd) {
  const struct ftps_directive *row = ftps_directives;
  modret_t *error;

  /* ProFTPD calls it for names of the table only. */
  while (strcmp(row->name, cmd->argv[0]) != 0) {
    row++;
  }

  error = ftps_rules_check(cmd, row);
  if (error != NULL) {
    return error;
  }

  return row->set != NULL ? row->set(cmd, row) : ftps_values_set(cmd, row);
}

void ftps_directives_init(void) {
  for (size_t i = 0; ftps_directives[i].name != NULL; i++) {
    ftps_conftable[i].directive = ftps_directives[i].name;
    ftps_conftable[i].handler = set_directive;
  }
}
