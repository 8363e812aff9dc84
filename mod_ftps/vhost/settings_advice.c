/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_advice.c: see settings_advice.h.
 */
#include "vhost/settings_advice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/settings.h"
#include "keys/keytype.h"
#include "vhost/settings_check.h"

#define EXPLICIT_PORT 21
#define IMPLICIT_PORT 990

/* At which a client may have an intermediate CA. */
#define LEAST_DEPTH 2

void ftps_settings_advise(const struct ftps_settings *settings,
    ftps_report report, const char *fmt, ...) {
  char text[FTPS_ERROR_TEXT_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, args);
  va_end(args);
  ftps_error_report(report, FTPS_SEVERITY_NOTICE, "server \"%.200s\": %s",
      settings->server_name, text);
}

static void say_unused(const struct ftps_settings *settings, const char *what,
    ftps_report report) {
  ftps_settings_advise(settings, report,
      "%s: has no effect, since clients are not asked for certificates; set "
      "TLSVerifyClient on or optional",
      what);
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

  if (options != 0 && !settings->reverse_dns) {
    ftps_settings_advise(settings, report,
        "TLSOptions %s: every client with a certificate is refused, because "
        "the names of clients are not looked up; set UseReverseDNS on, or take "
        "the option out",
        (options & FTPS_OPT_DNS_NAME_REQUIRED) != 0 ? "dNSNameRequired"
                                                    : "CommonNameRequired");
  }
}

static void warn_reuse(const struct ftps_settings *settings,
    ftps_report report) {
  if (settings->reuse == FTPS_REUSE_LOG) {
    ftps_settings_advise(settings, report,
        "TLSSessionReuse log: data connections of anybody behind the client's "
        "address are accepted; see in TLSLog who does not resume, and write "
        "\"TLSSessionReuse require\" when every client resumes");
  } else {
    ftps_settings_advise(settings, report,
        "TLSSessionReuse certificate: has no effect, since clients are not "
        "asked for certificates; set TLSVerifyClient on or optional");
  }
}

/* TLSSessionCache off implies it, and has a line of its own. */
static void warn_binding(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_off = settings->reuse == FTPS_REUSE_OFF;

  if ((settings->cache || is_off) &&
      (settings->options & FTPS_OPT_NO_SESSION_REUSE) != 0) {
    ftps_settings_advise(settings, report,
        "%s: data connections of anybody are accepted who is quicker than the "
        "client that has logged in; take it out, or keep it for a "
        "<VirtualHost> of old clients",
        is_off ? "TLSSessionReuse off" : "TLSOptions NoSessionReuseRequired");
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
  ftps_settings_advise(settings, report,
      "TLSKeyLogFile %.300s: gets the keys of all connections, so whoever has "
      "it can read recorded passwords and files; take it out when the fault is "
      "found, and remove the file",
      settings->keylog_path);
}

static void warn_directory(const struct ftps_settings *settings,
    ftps_report report) {
  if (settings->vain_directory != NULL) {
    ftps_settings_advise(settings, report,
        "<Directory %.200s>: its TLSRequired has no effect, because a "
        "directory can require TLS for data connections only; write "
        "\"TLSRequired data\" there, or \"TLSRequired ctrl\" in the server",
        settings->vain_directory);
  }
}

static void warn_verify(const struct ftps_settings *settings,
    ftps_report report) {
  ftps_settings_advise(settings, report,
      "TLSVerifyClient %s: without a CA of your own the certificates of every "
      "CA that this system trusts are accepted; set TLSCACertificateFile",
      settings->verify == FTPS_VERIFY_ON ? "on" : "optional");
}

/* With mod_tls one intermediate CA more than the number says may be between the
 * client's certificate and the root.
 */
static void warn_depth(const struct ftps_settings *settings,
    ftps_report report) {
  if (settings->verify_depth >= LEAST_DEPTH) {
    return;
  }

  ftps_settings_advise(settings, report,
      "TLSVerifyDepth %u: counts every CA certificate, the root too, so "
      "clients with %s are refused; mod_tls counts two less: write "
      "\"TLSVerifyDepth %u\" for what it accepts",
      settings->verify_depth,
      settings->verify_depth == 0 ? "a certificate of a CA"
                                  : "a certificate of an intermediate CA",
      settings->verify_depth + 2);
}

static void warn_rekey(const struct ftps_settings *settings,
    ftps_report report) {
  ftps_settings_advise(settings, report,
      "TLSRenegotiate: connections of TLS 1.3 get new keys; those of TLS 1.2 "
      "and older keep theirs, since renegotiation is not supported; write "
      "\"TLSRenegotiate none\" to stop this notice");
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

  ftps_settings_advise(settings, report,
      "%s: takes keys, signatures and ciphers%s that can be broken; take it "
      "out, or keep it for a <VirtualHost> of old clients",
      name_weakness(settings),
      (settings->protocols & old) != 0 ? ", and protocols before TLS 1.2,"
                                       : "");
}

/* Clients choose the kind of TLS by the number of the port. */
static void warn_port(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_implicit = (settings->options & FTPS_OPT_IMPLICIT_SSL) != 0;

  if (is_implicit && settings->port == EXPLICIT_PORT) {
    ftps_settings_advise(settings, report,
        "TLSOptions UseImplicitSSL: clients on port 21 wait for a greeting in "
        "clear, and never get it; write \"Port 990\", or take the option out");

  } else if (!is_implicit && settings->port == IMPLICIT_PORT) {
    ftps_settings_advise(settings, report,
        "Port 990: clients on it begin with TLS at once, and fail; set "
        "TLSOptions UseImplicitSSL, or write \"Port 21\"");
  }
}

static void warn_lists(const struct ftps_settings *settings,
    ftps_report report) {
  ftps_settings_advise(settings, report,
      "%s: has no effect under TLSVerifyOrder ocsp; write \"TLSVerifyOrder crl "
      "ocsp\" or \"TLSVerifyOrder ocsp crl\"",
      settings->crl_files.count > 0 ? "TLSCARevocationFile"
                                    : "TLSCARevocationPath");
}

static void warn_suites(const struct ftps_settings *settings,
    ftps_report report) {
  if (settings->cipher_list != NULL &&
      strstr(settings->cipher_list, "TLS_") != NULL) {
    ftps_settings_advise(settings, report,
        "TLSCipherSuite %.200s: the names of TLS 1.3 (\"TLS_...\") have no "
        "effect in it; write them in a line \"TLSCipherSuite TLSv1.3 ...\" of "
        "their own",
        settings->cipher_list);
  }

  if (settings->ciphersuites != NULL &&
      (settings->protocols & FTPS_PROTO_TLSV1_3) == 0) {
    ftps_settings_advise(settings, report,
        "TLSCipherSuite TLSv1.3 %s: has no effect without TLS 1.3; add TLSv1.3 "
        "to TLSProtocol",
        settings->ciphersuites);
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
    ftps_settings_advise(settings, report,
        "TLSCacheSecretFile %s: %s names the same file, so whoever learns one "
        "secret has both; write a file for each",
        settings->cache_secret_file, other);
  }
}

static void warn_lone_keys(const struct ftps_settings *settings,
    ftps_report report) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (settings->keyfiles[i].key != NULL &&
        settings->keyfiles[i].certificate == NULL) {
      ftps_settings_advise(settings, report,
          "%s %s: is not used, because the certificate that it belongs to is "
          "missing; set %s as well",
          ftps_keytype_key_directive((enum ftps_keytype) i),
          settings->keyfiles[i].key,
          ftps_keytype_certificate_directive((enum ftps_keytype) i));
    }
  }
}

static void warn_keys(const struct ftps_settings *settings,
    ftps_report report) {
  if (settings->psk_count > FTPS_PSK_MAX) {
    ftps_settings_advise(settings, report,
        "TLSPreSharedKey: of %zu keys the first %d are used; take the others "
        "out, or put them into another server",
        settings->psk_count, FTPS_PSK_MAX);
  }
}

void ftps_settings_warn(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_implicit = (settings->options & FTPS_OPT_IMPLICIT_SSL) != 0;
  struct ftps_error unused;

  ftps_error_clear(&unused);
  if (ftps_settings_check(settings, &unused) < 0) {
    return;
  }

  warn_lone_keys(settings, report);
  warn_keys(settings, report);
  if (!ftps_settings_have_certificate(settings)) {
    ftps_settings_advise(settings, report,
        "%s: there is no certificate%s, so %s; set TLSCertificate",
        is_implicit ? "TLSOptions UseImplicitSSL" : "TLSEngine on",
        settings->certificate_dir != NULL
            ? " for clients that send no name (TLSCertificateDirectory)"
            : "",
        is_implicit ? "each session is ended at once"
                    : "AUTH will be answered with 431");
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
    warn_depth(settings, report);
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
