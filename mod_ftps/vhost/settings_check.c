/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * settings_check.c: see settings_check.h.
 */
#include "vhost/settings_check.h"

#include <stddef.h>
#include <string.h>

#include "base/settings.h"
#include "keys/keytype.h"

#define EXPLICIT_PORT 21
#define IMPLICIT_PORT 990

bool ftps_settings_have_certificate(const struct ftps_settings *settings) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (settings->keyfiles[i].certificate != NULL) {
      return true;
    }
  }

  return settings->psk_count > 0;
}

bool ftps_settings_are_weak(const struct ftps_settings *settings) {
  return (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) != 0 ||
      strstr(settings->cipher_list, "@SECLEVEL=0") != NULL;
}

static bool has_login(const struct ftps_settings *settings) {
  return settings->user_name != FTPS_CERTNAME_NONE ||
      settings->user_name_oid != NULL || settings->user_map_file != NULL ||
      (settings->options & FTPS_OPT_ALLOW_DOT_LOGIN) != 0;
}

static int check_both(const struct ftps_settings *settings,
    struct ftps_error *err) {
  if ((settings->options & FTPS_OPT_CERTIFICATE_AND_PASSWORD) == 0) {
    return 0;
  }

  if (!has_login(settings)) {
    ftps_error_set(err,
        "TLSOptions CertificateAndPassword: nothing says which certificate is "
        "whose, so nobody could log in; set TLSUserName or TLSUserMapFile");
    return -1;
  }

  if (settings->verify == FTPS_VERIFY_OFF) {
    ftps_error_set(err,
        "TLSOptions CertificateAndPassword: clients are not asked for "
        "certificates, so nobody could log in; set TLSVerifyClient on");
    return -1;
  }

  return 0;
}

int ftps_settings_check(const struct ftps_settings *settings,
    struct ftps_error *err) {
  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    if (settings->keyfiles[i].key != NULL &&
        settings->keyfiles[i].certificate == NULL) {
      ftps_error_set(err,
          "%s %s: the certificate that it belongs to is missing; set %s as "
          "well",
          ftps_keytype_key_directive((enum ftps_keytype) i),
          settings->keyfiles[i].key,
          ftps_keytype_certificate_directive((enum ftps_keytype) i));
      return -1;
    }
  }

  if (settings->dh_files.count > FTPS_DH_FILES_MAX) {
    ftps_error_set(err,
        "TLSDHParamFile: %zu files are too many; put the parameters in one, or "
        "name up to %d",
        settings->dh_files.count, FTPS_DH_FILES_MAX);
    return -1;
  }

  if (settings->psk_count > FTPS_PSK_MAX) {
    ftps_error_set(err, "TLSPreSharedKey: %zu keys are too many; name up to %d",
        settings->psk_count, FTPS_PSK_MAX);
    return -1;
  }

  if ((settings->options & FTPS_OPT_IMPLICIT_SSL) &&
      !ftps_settings_have_certificate(settings)) {
    ftps_error_set(err,
        "TLSOptions UseImplicitSSL: needs a certificate, and there is none; "
        "set TLSRSACertificateFile or TLSECCertificateFile");
    return -1;
  }

  if (settings->is_per_user_vain) {
    ftps_error_set(err,
        "TLSOptions AllowPerUser: cannot be enforced together with a "
        "TLSRequired that is the same for everybody; put \"TLSRequired off\" "
        "into <Anonymous>, or load mod_ifsession and put it into <IfUser> or "
        "<IfGroup>");
    return -1;
  }

  return check_both(settings, err);
}

/* Without TLSVerifyClient there are no client certificates. */
static void warn_unused(const struct ftps_settings *settings,
    ftps_report report) {
  const char *what = NULL;
  struct ftps_error line;

  if (settings->user_name != FTPS_CERTNAME_NONE ||
      settings->user_name_oid != NULL) {
    what = "TLSUserName";
  } else if (settings->user_map_file != NULL) {
    what = "TLSUserMapFile";
  } else if ((settings->options & FTPS_OPT_ALLOW_DOT_LOGIN) != 0) {
    what = "TLSOptions AllowDotLogin";
  }

  if (what != NULL) {
    ftps_error_clear(&line);
    ftps_error_set(&line,
        "server \"%s\": %s: has no effect, since clients are not asked for "
        "certificates; set TLSVerifyClient on or optional",
        settings->server_name, what);
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

/* At the other levels the library takes no protocol before TLS 1.2. */
static void warn_weak(const struct ftps_settings *settings,
    ftps_report report) {
  bool is_option = (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) != 0;
  unsigned int old = FTPS_PROTO_SSLV3 | FTPS_PROTO_TLSV1_0 | FTPS_PROTO_TLSV1_1;
  struct ftps_error line;

  ftps_error_clear(&line);
  ftps_error_set(&line,
      "server \"%s\": %s: takes keys, signatures and ciphers%s that can be "
      "broken; take it out, or keep it for a <VirtualHost> of old clients",
      settings->server_name,
      is_option ? "TLSOptions AllowWeakSecurity" : "TLSCipherSuite @SECLEVEL=0",
      (settings->protocols & old) != 0 ? ", and protocols before TLS 1.2,"
                                       : "");
  report(FTPS_SEVERITY_NOTICE, line.text);
}

/* Clients go by the number of the port. */
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
      settings->crl_file != NULL ? "TLSCARevocationFile"
                                 : "TLSCARevocationPath");
  report(FTPS_SEVERITY_NOTICE, line.text);
}

/* Silent about settings that are told as a fault. */
void ftps_settings_warn(const struct ftps_settings *settings,
    ftps_report report) {
  struct ftps_error line;

  ftps_error_clear(&line);
  if (ftps_settings_check(settings, &line) < 0) {
    return;
  }

  if (!ftps_settings_have_certificate(settings)) {
    ftps_error_set(&line,
        "server \"%s\": TLSEngine on: there is no certificate, so AUTH will "
        "be answered with 431; set TLSRSACertificateFile or "
        "TLSECCertificateFile",
        settings->server_name);
    report(FTPS_SEVERITY_NOTICE, line.text);
    return;
  }

  if (settings->verify != FTPS_VERIFY_OFF && settings->ca_file == NULL &&
      settings->ca_path == NULL) {
    warn_verify(settings, report);
  }
  if (settings->verify == FTPS_VERIFY_OFF) {
    warn_unused(settings, report);
  }

  if (settings->verify_order == FTPS_ORDER_OCSP &&
      (settings->crl_file != NULL || settings->crl_path != NULL)) {
    warn_lists(settings, report);
  }

  if (settings->rekey_control_seconds > 0 ||
      settings->rekey_data_kilobytes > 0) {
    warn_rekey(settings, report);
  }

  warn_port(settings, report);
  if (ftps_settings_are_weak(settings)) {
    warn_weak(settings, report);
  }

  if (settings->ciphersuites != NULL &&
      (settings->protocols & FTPS_PROTO_TLSV1_3) == 0) {
    ftps_error_set(&line,
        "server \"%s\": TLSCipherSuite TLSv1.3 %s: has no effect without TLS "
        "1.3; add TLSv1.3 to TLSProtocol",
        settings->server_name, settings->ciphersuites);
    report(FTPS_SEVERITY_NOTICE, line.text);
  }
}
