/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * settings_check.c: see settings_check.h.
 */
#include "vhost/settings_check.h"

#include <string.h>

#include "base/settings.h"

size_t ftps_settings_count_certificates(const struct ftps_settings *settings) {
  size_t n = 0;

  for (size_t i = 0; i < FTPS_KEYTYPE_COUNT; i++) {
    n += settings->keyfiles[i].certificate != NULL;
  }

  return n;
}

bool ftps_settings_have_certificate(const struct ftps_settings *settings) {
  return ftps_settings_count_certificates(settings) > 0 ||
      settings->psk_count > 0;
}

bool ftps_settings_are_weak(const struct ftps_settings *settings) {
  return (settings->options & FTPS_OPT_ALLOW_WEAK_SECURITY) != 0 ||
      settings->profile == FTPS_PROFILE_OLD ||
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
  if (settings->certificate_count > FTPS_CERTIFICATES_MAX) {
    ftps_error_set(err,
        "TLSCertificate: %zu certificates are too many; name up to %zu, one of "
        "each kind of key",
        settings->certificate_count, FTPS_CERTIFICATES_MAX);
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
