/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pkcs11.c: see pkcs11.h.
 *
 * A page: MARK with its NUL, the URI with its NUL, the PIN with its NUL.
 */
#include "keys/pkcs11.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "keys/keyfile.h"
#include "keys/keynumbers.h"
#include "keys/passphrase.h"

#define SCHEME "pkcs11"
#define MARK   "a key on a token"

/* One opening of a key: where the PIN comes from, and the PIN. */
struct opening {
  struct ftps_keyfile *file; /* in the child: run the program */
  const char *known;         /* in a session: this PIN */
  bool is_asked;
  char pin[FTPS_PASSPHRASE_SIZE];
};

/* For this process; made when it is first needed, never freed, because the
 * provider may have threads and handlers of its own.
 */
static OSSL_LIB_CTX *library;

bool ftps_pkcs11_is_uri(const char *path) {
  return strncasecmp(path, SCHEME ":", sizeof(SCHEME)) == 0;
}

void ftps_pkcs11_describe(const char *uri, char *text, size_t size) {
  const char *secret = strcasestr(uri, "pin-value=");
  int len = secret != NULL ? (int) (secret - uri) : (int) strlen(uri);

  (void) snprintf(text, size, "%.*s%s", len, uri,
      secret != NULL ? "pin-value=..." : "");
}

static int open_library(void) {
  char *config;

  if (library != NULL) {
    return 0;
  }

  library = OSSL_LIB_CTX_new();
  config = CONF_get1_default_config_file();
  if (library != NULL && config != NULL) {
    (void) OSSL_LIB_CTX_load_config(library, config);
  }

  OPENSSL_free(config);
  return library != NULL &&
          OSSL_PROVIDER_try_load(library, SCHEME, 1) != NULL &&
          OSSL_PROVIDER_try_load(library, "default", 1) != NULL
      ? 0
      : -1;
}

static const char *find_pin(struct opening *opening) {
  struct ftps_keyfile *file = opening->file;
  struct ftps_passphrase p = { 0 };
  const char *pin = opening->known;

  if (file == NULL || file->provider == NULL) {
    return pin != NULL && *pin != '\0' ? pin : NULL;
  }

  p.from = file->passphrases;
  p.server = file->server;
  p.type = file->type;
  p.path = file->path;
  p.provider = file->provider;
  pin = ftps_passphrase_next(&p);
  if (pin == NULL) {
    file->is_for_daemon = p.is_for_daemon;
    ftps_error_set(file->error, "%s %s: the token wants a PIN, and %s; %s",
        file->directive, file->path, p.fault, p.remedy);
    return NULL;
  }

  (void) snprintf(opening->pin, sizeof(opening->pin), "%s", pin);
  OPENSSL_cleanse(p.text, sizeof(p.text));
  return opening->pin;
}

/* Returns the PIN once: a second call means that the PIN was wrong. */
static int give_pin(char *buf, int size, int writing, void *arg) {
  struct opening *opening = arg;
  const char *pin = opening->is_asked ? NULL : find_pin(opening);
  size_t len = pin != NULL ? strlen(pin) : 0;

  (void) writing;
  opening->is_asked = true;
  if (pin == NULL || size < 0 || len > (size_t) size) {
    return -1;
  }

  /* NOLINTNEXTLINE: the library expects no NUL */
  memcpy(buf, pin, len);
  return (int) len;
}

static EVP_PKEY *load_key(OSSL_STORE_CTX *store) {
  EVP_PKEY *key = NULL;

  (void) OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
  while (key == NULL && !OSSL_STORE_eof(store)) {
    OSSL_STORE_INFO *info = OSSL_STORE_load(store);

    if (info == NULL && OSSL_STORE_error(store)) {
      break;
    }
    if (info != NULL &&
        OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
      key = OSSL_STORE_INFO_get1_PKEY(info);
    }
    OSSL_STORE_INFO_free(info);
  }

  return key;
}

static EVP_PKEY *open_key(const char *uri, struct opening *opening) {
  UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_pin, 0);
  OSSL_STORE_CTX *store = NULL;
  EVP_PKEY *key = NULL;

  if (ui != NULL) {
    store =
        OSSL_STORE_open_ex(uri, library, NULL, ui, opening, NULL, NULL, NULL);
  }
  if (store != NULL) {
    key = load_key(store);
    (void) OSSL_STORE_close(store);
  }

  UI_destroy_method(ui);
  return key;
}

static int write_page(unsigned char *page, const char *uri, const char *pin) {
  size_t uri_at = sizeof(MARK), pin_at = uri_at + strlen(uri) + 1;

  if (pin_at + strlen(pin) + 1 > FTPS_KEYNUMBERS_SIZE) {
    return -1;
  }

  memcpy(page, MARK, sizeof(MARK));
  memcpy(page + uri_at, uri, strlen(uri) + 1);
  memcpy(page + pin_at, pin, strlen(pin) + 1);
  return 0;
}

static void explain(struct ftps_keyfile *file, const struct opening *opening) {
  char fault[FTPS_ERROR_TEXT_SIZE], reasons[FTPS_ERROR_TEXT_SIZE / 2];

  ftps_error_drain(reasons, sizeof(reasons));
  if (opening->is_asked && file->provider == NULL) {
    ftps_keyfile_set_fault(file, "the token wants a PIN, and there is none",
        "set TLSPassPhraseProvider, or add pin-source=file:/path to the URI");
    return;
  }

  (void) snprintf(fault, sizeof(fault),
      "no private key could be opened there (%s)", reasons);
  ftps_keyfile_set_fault(file, fault,
      "see what \"openssl storeutl -keys\" finds under this URI");
}

EVP_PKEY *ftps_pkcs11_read_key(struct ftps_keyfile *file, unsigned char *page) {
  struct opening opening = { .file = file };
  const char *uri = file->path;
  char shown[FTPS_ERROR_TEXT_SIZE / 2];
  EVP_PKEY *key = NULL;

  ERR_clear_error();
  ftps_pkcs11_describe(uri, shown, sizeof(shown));
  file->path = shown;
  if (open_library() < 0) {
    ftps_keyfile_set_fault(file,
        "OpenSSL has no provider for keys on PKCS#11 tokens here",
        "install one (package pkcs11-provider) and name its module in "
        "openssl.cnf, or name a PEM file");
  } else {
    key = open_key(uri, &opening);
    if (key == NULL) {
      explain(file, &opening);
    } else if (write_page(page, uri, opening.pin) < 0) {
      ftps_keyfile_set_fault(file, "is too long", "name fewer attributes");
    }
  }

  OPENSSL_cleanse(opening.pin, sizeof(opening.pin));
  file->path = uri;
  return key;
}

bool ftps_pkcs11_is_page(const unsigned char *page) {
  return memcmp(page, MARK, sizeof(MARK)) == 0;
}

EVP_PKEY *ftps_pkcs11_open_page(const unsigned char *page) {
  const char *uri = (const char *) page + sizeof(MARK);
  struct opening opening = { .known = uri + strlen(uri) + 1 };

  return open_library() == 0 ? open_key(uri, &opening) : NULL;
}
