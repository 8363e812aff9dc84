/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_advice.c: see settings_advice.h.
 */
#include "vhost/settings_advice.h"

#include <string.h>

#include "base/settings.h"
#include "keys/keytype.h"
#include "vhost/settings_check.h"

#define EXPLICIT_PORT 21
#define IMPLICIT_PORT 990

static void say_unused(const struct ftps_settings *settings, const char *what,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": %s: has no effect, since clients are not asked for "
      "certificates; set TLSVerifyClient on or optional",
      settings->server_name, what);
  report(FTPS_SEVERITY_NOTICE, line.text);
}

/* Without TLSVerifyClient there are no client certificates.  Revocation lists
 * are for servers as well (SSCN), but hardly anybody uses them only for that.
 */
static void warn_unused(const struct ftps_settings *settings,
    ftps_report report) {
  const struct {
    const char *what;
    bool is_set;
  } unused[] = {
    { "TLSUserName",
        settings->user_name != FTPS_CERTNAME_NONE ||
            settings->user_name_oid != NULL },
    { "TLSUserMapFile", settings->user_map_file != NULL },
    { "TLSOptions AllowDotLogin",
        (settings->options & FTPS_OPT_ALLOW_DOT_LOGIN) != 0 },
    { "TLSOptions dNSNameRequired",
        (settings->options & FTPS_OPT_DNS_NAME_REQUIRED) != 0 },
    { "TLSOptions iPAddressRequired",
        (settings->options & FTPS_OPT_IP_ADDRESS_REQUIRED) != 0 },
    { "TLSOptions CommonNameRequired",
        (settings->options & FTPS_OPT_COMMON_NAME_REQUIRED) != 0 },
    { "TLSCARevocationFile", settings->crl_files.count > 0 },
    { "TLSCARevocationPath", settings->crl_dirs.count > 0 },
  };

  for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++) {
    if (unused[i].is_set) {
      say_unused(settings, unused[i].what, report);
    }
  }
}

/* Then every client is refused. */
static void warn_nameless(const struct ftps_settings *settings,
    ftps_report report) {
  unsigned long options = settings->options & FTPS_OPTS_BY_NAME;
  struct ftps_error line;

  if (options != 0 && !settings->reverse_dns) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": TLSOptions %s: every client with a certificate is "
        "refused, because the names of clients are not looked up; set "
        "UseReverseDNS on, or take the option out",
        settings->server_name,
        (options & FTPS_OPT_DNS_NAME_REQUIRED) != 0 ? "dNSNameRequired"
                                                    : "CommonNameRequired");
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

static void warn_reuse(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  if (settings->reuse == FTPS_REUSE_LOG) {
    ftps_error_set(&line,
        "server \"%s\": TLSSessionReuse log: data connections of anybody "
        "behind the client's address are accepted; see in TLSLog who does not "
        "resume, and write \"TLSSessionReuse require\" when nobody is left",
        settings->server_name);
  } else {
    ftps_error_set(&line,
        "server \"%s\": TLSSessionReuse certificate: has no effect, since "
        "clients are not asked for certificates; set TLSVerifyClient on or "
        "optional",
        settings->server_name);
  }
  report(FTPS_SEVERITY_NOTICE, line.text);
}

/* TLSSessionCache off implies it, and has a line of its own. */
static void warn_binding(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_off = settings->reuse == FTPS_REUSE_OFF;
  struct ftps_error line;

  if ((settings->cache || is_off) &&
      (settings->options & FTPS_OPT_NO_SESSION_REUSE) != 0) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": %s: data connections of anybody are accepted who is "
        "quicker than the client that has logged in; take it out, or keep it "
        "for a <VirtualHost> of old clients",
        settings->server_name,
        is_off ? "TLSSessionReuse off" : "TLSOptions NoSessionReuseRequired");
    report(FTPS_SEVERITY_NOTICE, line.text);
  }

  if (settings->reuse == FTPS_REUSE_LOG ||
      (settings->reuse == FTPS_REUSE_CERTIFICATE &&
          settings->verify == FTPS_VERIFY_OFF)) {
    warn_reuse(settings, report);
  }
}

/* Told at each start, so that nobody forgets it. */
static void warn_keylog(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": TLSKeyLogFile %.300s: gets the keys of all connections, "
      "so "
      "whoever has it can read recorded passwords and files; take it out when "
      "the fault is found, and remove the file",
      settings->server_name, settings->keylog_path);
  report(FTPS_SEVERITY_NOTICE, line.text);
}

static void warn_directory(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  if (settings->vain_directory != NULL) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": <Directory %.200s>: its TLSRequired has no effect, "
        "because a directory can require TLS for data connections only; write "
        "\"TLSRequired data\" there, or \"TLSRequired ctrl\" in the server",
        settings->server_name, settings->vain_directory);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

static void warn_verify(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": TLSVerifyClient %s: without a CA of your own the "
      "certificates of every CA that this system trusts are accepted; set "
      "TLSCACertificateFile",
      settings->server_name,
      settings->verify == FTPS_VERIFY_ON ? "on" : "optional");
  report(FTPS_SEVERITY_NOTICE, line.text);
}

static void warn_rekey(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": TLSRenegotiate: connections of TLS 1.3 get new keys; "
      "those of TLS 1.2 and older keep theirs, since renegotiation is not "
      "supported; write \"TLSRenegotiate none\" to be rid of this line",
      settings->server_name);
  report(FTPS_SEVERITY_NOTICE, line.text);
}

static const char *name_weakness(const struct ftps_settings *settings) {
  if (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) {
    return "TLSOptions AllowWeakSecurity";
  }

  return settings->profile == FTPS_PROFILE_OLD ? "TLSProfile old"
                                               : "TLSCipherSuite @SECLEVEL=0";
}

/* At the other levels the library accepts no protocol before TLS 1.2. */
static void warn_weak(const struct ftps_settings *settings,
    ftps_report report) {
  unsigned int old = FTPS_PROTO_SSLV3 | FTPS_PROTO_TLSV1_0 | FTPS_PROTO_TLSV1_1;
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": %s: takes keys, signatures and ciphers%s that can be "
      "broken; take it out, or keep it for a <VirtualHost> of old clients",
      settings->server_name, name_weakness(settings),
      (settings->protocols & old) != 0 ? ", and protocols before TLS 1.2,"
                                       : "");
  report(FTPS_SEVERITY_NOTICE, line.text);
}

/* Clients choose the kind of TLS by the number of the port. */
static void warn_port(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_implicit = (settings->options & FTPS_OPT_IMPLICIT_SSL) != 0;
  struct ftps_error line;

  ftps_error_clear(&line);
  if (is_implicit && settings->port == EXPLICIT_PORT) {
    ftps_error_set(&line,
        "server \"%s\": TLSOptions UseImplicitSSL: clients on port 21 wait for "
        "a greeting in clear, and never get it; write \"Port 990\", or take "
        "the option out",
        settings->server_name);

  } else if (!is_implicit && settings->port == IMPLICIT_PORT) {
    ftps_error_set(&line,
        "server \"%s\": Port 990: clients on it begin with TLS at once, and "
        "fail; set TLSOptions UseImplicitSSL, or write \"Port 21\"",
        settings->server_name);
  }

  if (line.text[0] != '\0') {
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

static void warn_lists(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": %s: has no effect under TLSVerifyOrder ocsp; write "
      "\"TLSVerifyOrder crl ocsp\" or \"TLSVerifyOrder ocsp crl\"",
      settings->server_name,
      settings->crl_files.count > 0 ? "TLSCARevocationFile"
                                    : "TLSCARevocationPath");
  report(FTPS_SEVERITY_NOTICE, line.text);
}

static void warn_suites(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  if (settings->cipher_list != NULL &&
      strstr(settings->cipher_list, "TLS_") != NULL) {
    ftps_error_set(&line,
        "server \"%s\": TLSCipherSuite %.200s: the names of TLS 1.3 "
        "(\"TLS_...\") have no effect in it; write them in a line "
        "\"TLSCipherSuite TLSv1.3 "
        "...\" of their own",
        settings->server_name, settings->cipher_list);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }

  if (settings->ciphersuites != NULL &&
      (settings->protocols & FTPS_PROTO_TLSV1_3) == 0) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": TLSCipherSuite TLSv1.3 %s: has no effect without TLS "
        "1.3; add TLSv1.3 to TLSProtocol",
        settings->server_name, settings->ciphersuites);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

/* Silent about settings that are told as a fault. */
static bool is_secret_file(const struct ftps_settings *settings,
    const char *path) {
  return path != NULL && settings->cache_secret_file != NULL &&
      strcmp(path, settings->cache_secret_file) == 0;
}

/* One secret for two purposes: where one of them leaks, so does the other. */
static void warn_twice(const struct ftps_settings *settings,
    ftps_report report) {
  const char *other = NULL;
  struct ftps_error line;

  if (is_secret_file(settings, settings->ticket_keys.path)) {
    other = "TLSSessionTicketKeys";
  } else if (is_secret_file(settings, settings->random_seed)) {
    other = "TLSRandomSeed";
  }
  for (size_t i = 0; i < settings->psk_count && i < FTPS_PSK_MAX; i++) {
    if (is_secret_file(settings, settings->psk_files[i].path)) {
      other = "TLSPreSharedKey";
    }
  }

  if (other != NULL) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": TLSCacheSecretFile %s: %s names the same file, so "
        "whoever learns one secret has both; write a file for each",
        settings->server_name, settings->cache_secret_file, other);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

static void warn_lone_keys(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (settings->keyfiles[i].key != NULL &&
        settings->keyfiles[i].certificate == NULL) {
      ftps_error_clear(&line);
      ftps_error_set(&line,
          "server \"%s\": %s %s: is not used, because the certificate that it "
          "belongs to is missing; set %s as well",
          settings->server_name,
          ftps_keytype_key_directive((enum ftps_keytype) i),
          settings->keyfiles[i].key,
          ftps_keytype_certificate_directive((enum ftps_keytype) i));
      report(FTPS_SEVERITY_NOTICE, line.text);
    }
  }
}

static void warn_keys(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  if (settings->psk_count > FTPS_PSK_MAX) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": TLSPreSharedKey: of %zu keys the first %d are used; "
        "take the others out, or put them into another server",
        settings->server_name, settings->psk_count, FTPS_PSK_MAX);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}

void ftps_settings_warn(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_implicit = (settings->options & FTPS_OPT_IMPLICIT_SSL) != 0;
  struct ftps_error line;

  ftps_error_clear(&line);
  if (ftps_settings_check(settings, &line) < 0) {
    return;
  }

  warn_lone_keys(settings, report);
  warn_keys(settings, report);
  if (!ftps_settings_have_certificate(settings)) {
    ftps_error_set(&line,
        "server \"%s\": %s: there is no certificate%s, so %s; set "
        "TLSCertificate",
        settings->server_name,
        is_implicit ? "TLSOptions UseImplicitSSL" : "TLSEngine on",
        settings->certificate_dir != NULL
            ? " for clients that send no name (TLSCertificateDirectory)"
            : "",
        is_implicit ? "each session is ended at once"
                    : "AUTH will be answered with 431");
    report(FTPS_SEVERITY_NOTICE, line.text);
    return;
  }

  if (settings->verify != FTPS_VERIFY_OFF && settings->ca_file == NULL &&
      settings->ca_path == NULL) {
    warn_verify(settings, report);
  }
  if (settings->verify == FTPS_VERIFY_OFF) {
    warn_unused(settings, report);
  } else {
    warn_nameless(settings, report);
  }
  warn_binding(settings, report);
  if (settings->keylog_path != NULL) {
    warn_keylog(settings, report);
  }
  warn_directory(settings, report);

  if (settings->verify_order == FTPS_ORDER_OCSP &&
      settings->crl_files.count + settings->crl_dirs.count > 0) {
    warn_lists(settings, report);
  }

  if (settings->rekey_control_seconds > 0 ||
      settings->rekey_data_kilobytes > 0) {
    warn_rekey(settings, report);
  }

  warn_port(settings, report);
  warn_twice(settings, report);
  if (ftps_settings_are_weak(settings)) {
    warn_weak(settings, report);
  }

  warn_suites(settings, report);
}
