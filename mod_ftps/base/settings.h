/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings.h: what the configuration says about one server, as plain data.
 *
 * host/config/settings_read.c fills it when the configuration has been parsed.
 * Everybody else reads it and gets it as const.  Strings live in the pool that
 * the reader was given; it outlives all users of the structure (one generation
 * of the configuration).
 *
 * It contains no OpenSSL object and no config_rec, so a settings structure can
 * be compared, printed and tested without either library.
 *
 * Times are seconds.  Other modules read the bit values of options from the
 * TLSOptions record (doc/contract.md: TLSOptions).
 */
#ifndef FTPS_BASE_SETTINGS_H
#define FTPS_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/certname.h"

#define FTPS_OPT_DNS_NAME_REQUIRED    0x0002UL
#define FTPS_OPT_IP_ADDRESS_REQUIRED  0x0004UL
#define FTPS_OPT_ALLOW_DOT_LOGIN      0x0008UL
#define FTPS_OPT_EXPORT_CERT_DATA     0x0010UL
#define FTPS_OPT_STD_ENV_VARS         0x0020UL
#define FTPS_OPT_ALLOW_PER_USER       0x0040UL
#define FTPS_OPT_ENABLE_DIAGS         0x0080UL
#define FTPS_OPT_NO_SESSION_REUSE     0x0100UL
#define FTPS_OPT_IMPLICIT_SSL         0x0200UL
#define FTPS_OPT_CLIENT_RENEGOTIATION 0x0400UL
#define FTPS_OPT_COMMON_NAME_REQUIRED 0x0800UL
#define FTPS_OPT_NO_AUTO_ECDH         0x1000UL
#define FTPS_OPT_ALLOW_WEAK_DH        0x2000UL
#define FTPS_OPT_IGNORE_SNI           0x4000UL
#define FTPS_OPT_ALLOW_WEAK_SECURITY  0x8000UL

/* Not a bit of the record that other modules know. */
#define FTPS_OPT_NO_EMPTY_FRAGMENTS 0x10000UL

/* Our own bits, far away from mod_tls's. */
#define FTPS_OPT_CERTIFICATE_AND_PASSWORD 0x01000000UL
#define FTPS_OPT_EARLY_DATA_HANDSHAKE     0x02000000UL
#define FTPS_OPT_KERNEL_TLS               0x04000000UL
#define FTPS_OPT_REPLY_WHEN_SENT          0x08000000UL
#define FTPS_OPT_DATA_WITH_HANDSHAKE      0x10000000UL
#define FTPS_OPT_REUSE_AFTER_CCC          0x20000000UL
#define FTPS_OPT_OWN_SESSION_ONLY         0x00800000UL
#define FTPS_OPT_NO_EARLY_DATA_HANDSHAKE  0x00400000UL

/* TLSSessionReuse certificate and log; off is FTPS_OPT_NO_SESSION_REUSE. */
#define FTPS_OPT_REUSE_OR_CERTIFICATE 0x40000000UL
#define FTPS_OPT_REUSE_OR_LOG         0x80000000UL

/* Data connections may make full handshakes, so they need the private key. */
#define FTPS_OPTS_FULL_DATA \
  (FTPS_OPT_NO_SESSION_REUSE | FTPS_OPT_REUSE_OR_CERTIFICATE | \
      FTPS_OPT_REUSE_OR_LOG)

/* The options for the name of a client's host. */
#define FTPS_OPTS_BY_NAME \
  (FTPS_OPT_DNS_NAME_REQUIRED | FTPS_OPT_COMMON_NAME_REQUIRED)

#define FTPS_STAPLE_NO_NONCE  0x01UL
#define FTPS_STAPLE_NO_VERIFY 0x02UL
#define FTPS_STAPLE_NO_FAKE   0x04UL

#define FTPS_PROTO_SSLV3   0x01U
#define FTPS_PROTO_TLSV1_0 0x02U
#define FTPS_PROTO_TLSV1_1 0x04U
#define FTPS_PROTO_TLSV1_2 0x08U
#define FTPS_PROTO_TLSV1_3 0x10U
#define FTPS_PROTO_DEFAULT (FTPS_PROTO_TLSV1_2 | FTPS_PROTO_TLSV1_3)

/* No CBC, whose padding has been attacked again and again, and no RSA for the
 * exchange of keys, after which the private key opens what was recorded.
 * Before TLS 1.2 there was nothing else.
 */
#define FTPS_DEFAULT_CIPHER_LIST \
  "DEFAULT:!ADH:!EXPORT:!DES:!kRSA:!SHA1:!SHA256:!SHA384"
#define FTPS_OLD_CIPHER_LIST           "DEFAULT:!ADH:!EXPORT:!DES"
#define FTPS_DEFAULT_HANDSHAKE_TIMEOUT 300
#define FTPS_DEFAULT_HANDSHAKE_COUNT   1000
#define FTPS_DEFAULT_HANDSHAKE_WINDOW  20
#define FTPS_DEFAULT_VERIFY_DEPTH      9
#define FTPS_DEFAULT_SESSION_LIFETIME  15840U
#define FTPS_DEFAULT_STAPLING_TIMEOUT  10

enum ftps_verify {
  FTPS_VERIFY_OFF,
  FTPS_VERIFY_ON,
  FTPS_VERIFY_OPTIONAL
};

/* How the revocation of a client certificate is checked: with one of the two,
 * or with the second if the first has no answer.
 */
enum ftps_verify_order {
  FTPS_ORDER_CRL,
  FTPS_ORDER_OCSP,
  FTPS_ORDER_CRL_OCSP,
  FTPS_ORDER_OCSP_CRL
};

/* How the certificate of another server is verified (SSCN). */
enum ftps_verify_server {
  FTPS_VERIFY_SERVER_ON, /* trusted, and with its address or its name */
  FTPS_VERIFY_SERVER_OFF,
  FTPS_VERIFY_SERVER_NO_REVERSE_DNS /* trusted, and with its address */
};

/* TLSProfile: everything that the server accepts, in one word. */
enum ftps_profile {
  FTPS_PROFILE_INTERMEDIATE,
  FTPS_PROFILE_MODERN,
  FTPS_PROFILE_OLD
};

/* TLSLogFormat. */
enum ftps_log_format {
  FTPS_LOG_TEXT,
  FTPS_LOG_KEYS, /* and a line of key=value for each event */
  FTPS_LOG_JSON
};

/* The security level that the library, or openssl.cnf, has chosen. */
#define FTPS_LEVEL_OF_SYSTEM (-1)

/* TLSSessionReuse: must a data connection resume the session of its control
 * connection?
 */
enum ftps_reuse {
  FTPS_REUSE_REQUIRE,
  FTPS_REUSE_CERTIFICATE, /* or have the same client certificate */
  FTPS_REUSE_LOG,         /* or come from the same address, with a line */
  FTPS_REUSE_OFF
};

/* TLSNextProtocol: what the client may offer by ALPN. */
enum ftps_alpn {
  FTPS_ALPN_OFF,     /* anything, without an answer */
  FTPS_ALPN_ON,      /* nothing, or "ftp" among others */
  FTPS_ALPN_OPTIONAL /* anything; "ftp" is chosen if it is offered */
};

/* TLSKeyIsolation: whether a process of its own has the private keys. */
enum ftps_isolation {
  FTPS_ISOLATION_OFF,
  FTPS_ISOLATION_ON, /* if that works */
  FTPS_ISOLATION_REQUIRED
};

/* The result of an upload that ends without close_notify (RFC 8446, 6.1). */
enum ftps_truncation {
  FTPS_TRUNCATION_STRICT,
  FTPS_TRUNCATION_LOG,
  FTPS_TRUNCATION_OFF
};

/* Where the keys of session tickets come from. */
enum ftps_ticket_source {
  FTPS_TICKETS_MEMORY,
  FTPS_TICKETS_FILE,
  FTPS_TICKETS_SHARED /* TLSSessionCache */
};

#define FTPS_TICKET_AGE_MIN       60U
#define FTPS_TICKET_COUNT_MIN     2U
#define FTPS_DEFAULT_TICKET_AGE   43200U
#define FTPS_DEFAULT_TICKET_COUNT 25U

/* TLSSessionTicketKeys. */
struct ftps_ticket_settings {
  enum ftps_ticket_source source;
  const char *path;   /* of the file; NULL otherwise */
  unsigned int age;   /* how long a key is valid */
  unsigned int count; /* how many are kept */
};

enum ftps_keytype {
  FTPS_KEYTYPE_RSA,
  FTPS_KEYTYPE_EC,
  FTPS_KEYTYPE_DSA,
  FTPS_KEYTYPE_PKCS12, /* any kind, with certificate and chain in one file */
  FTPS_KEYTYPE_ANY,    /* any kind: the lines of TLSCertificate, from here on */
  FTPS_KEYTYPE_COUNT = FTPS_KEYTYPE_ANY + 6,
  FTPS_KEYTYPE_NAMED = FTPS_KEYTYPE_COUNT /* of TLSCertificateDirectory */
};

#define FTPS_CERTIFICATES_MAX \
  ((size_t) FTPS_KEYTYPE_COUNT - (size_t) FTPS_KEYTYPE_ANY)

/* One certificate and its key, which is a path or a "pkcs11:" URI; NULL means
 * that the key is in the certificate file. certificate == NULL: none is
 * configured.
 */
struct ftps_keyfiles {
  const char *certificate;
  const char *key;
};

/* The values of a directive that may be repeated. */
struct ftps_texts {
  const char **texts;
  size_t count;
};

/* One TLSPreSharedKey. */
struct ftps_psk_file {
  const char *identity;
  const char *path; /* hexadecimal digits */
};

#define FTPS_PSK_MAX          16
#define FTPS_PSK_IDENTITY_MAX 128

/* The address and port of a server. */
struct ftps_place {
  unsigned int port;
  bool is_anywhere;          /* at any address, or at several */
  unsigned char address[16]; /* IPv6, or IPv4 mapped to it */
};

struct ftps_settings {
  /* Identifies the server in messages, and finds the same server again after a
   * reload: ServerName, address as text, port.
   */
  const char *server_name;
  const char *address;
  unsigned int port;
  struct ftps_place place;
  uint64_t records;     /* of the configuration: ftps_settings_fingerprint() */
  const char *section;  /* section of mod_ifsession that was merged; NULL:
                         * none */
  const char **aliases; /* ServerAlias, patterns among them */
  size_t alias_count;

  bool engine;
  enum ftps_profile profile;
  unsigned int protocols;   /* FTPS_PROTO_* */
  bool has_protocols;       /* TLSProtocol or TLSProfile says so */
  const char *cipher_list;  /* TLS 1.2 and older; never NULL */
  const char *ciphersuites; /* TLS 1.3; NULL: the library's own */
  const char *groups;       /* NULL: the library's own */
  const char *signatures;   /* NULL: the library's own */
  int security_level;       /* without TLSOptions and TLSCipherSuite */
  bool server_preference;
  bool tickets; /* in TLS 1.2 and older; TLS 1.3 always has them */

  /* When new keys are made; 0: never. */
  unsigned int rekey_control_seconds;
  unsigned int rekey_data_kilobytes;

  struct ftps_keyfiles keyfiles[FTPS_KEYTYPE_COUNT];
  size_t certificate_count; /* the lines of TLSCertificate, more than fit too */
  const char *chain_file;   /* not for those */
  const char *certificate_dir;     /* one for each name; NULL: none */
  const char *passphrase_provider; /* NULL: none */
  enum ftps_isolation isolation;
  bool is_standalone;           /* the daemon starts sessions, not inetd */
  const char *server_info_file; /* NULL: none */
  const char *random_seed;      /* NULL: none */

  /* The count of keys is that of the configuration, which may be more than fit
   * in here (vhost/settings_advice.c).
   */
  struct ftps_texts dh_files;
  struct ftps_psk_file psk_files[FTPS_PSK_MAX];
  size_t psk_count;
  const char *ca_file;
  const char *ca_path;
  /* All of them; if both are empty, revocation is not checked. */
  struct ftps_texts crl_files;
  struct ftps_texts crl_dirs;
  enum ftps_verify verify;
  unsigned int verify_depth;
  enum ftps_verify_order verify_order;

  /* The kind of name in a client certificate that is the name of a user: one of
   * FTPS_CERTNAME_*, or the extension with this number.  NONE and NULL: none.
   */
  enum ftps_certname user_name;
  const char *user_name_oid;
  const char *user_map_file; /* NULL: none */
  enum ftps_verify_server verify_server;
  struct ftps_texts transfer_servers; /* names (base/peername.h) */

  bool stapling;
  unsigned long stapling_options; /* FTPS_STAPLE_* */
  const char *stapling_responder; /* NULL: the one in the certificate */
  unsigned int stapling_timeout;  /* > 0; for all OCSP requests */

  unsigned long options;          /* FTPS_OPT_* */
  unsigned long possible_options; /* with options that only some users have */
  bool is_per_user_vain;          /* TLSRequired leaves users no choice */
  bool is_clear_login_taken;      /* TLSRequired does not forbid it */
  bool reverse_dns;               /* names of clients are looked up */
  const char *vain_directory;     /* its TLSRequired has no effect */
  bool has_required;              /* TLSRequired is set for this server */
  int required[3];                /* its values: control, data, auth */
  unsigned int handshake_timeout; /* 0: no limit */
  unsigned int handshake_count;   /* without a login; 0: no limit */
  unsigned int handshake_window;  /* in which so many may come */
  enum ftps_alpn alpn;
  enum ftps_reuse reuse;         /* also in `options`, where users may differ */
  bool cache;                    /* TLSSessionCache off: false */
  unsigned int session_lifetime; /* of control sessions across connections */
  struct ftps_ticket_settings ticket_keys; /* the same for all servers */
  const char *cache_secret_file; /* NULL: derived from the private keys */
  enum ftps_truncation truncation;
  const char *log_path; /* NULL: no TLSLog */
  enum ftps_log_format log_format;
  const char *keylog_path; /* NULL: no TLSKeyLogFile */
};

#endif /* FTPS_BASE_SETTINGS_H */
