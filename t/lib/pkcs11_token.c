/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * pkcs11_token.c: an OpenSSL provider that opens "pkcs11:" URIs, for tests
 * where no token and no real provider can be had.  Built as pkcs11.so, found
 * with OPENSSL_MODULES.
 *
 * The token is the folder $FTPS_TEST_TOKEN.  "pkcs11:object=NAME" is its file
 * NAME, a private key in DER (PKCS#8).  The PIN is 1234, in the URI as
 * pin-value or asked for.  Each opening adds "PID PIN" to its file "log".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>

struct object {
  char name[64];
  char pin[64];
  int is_done;
};

static FILE *open_file(const char *name, const char *mode) {
  const char *token = getenv("FTPS_TEST_TOKEN");
  char path[512];

  (void) snprintf(path, sizeof(path), "%s/%s", token != NULL ? token : "",
      name);
  return fopen(path, mode);
}

static void take_attribute(const char *uri, const char *name, char *value) {
  const char *at = strstr(uri, name);

  if (at != NULL) {
    (void) sscanf(at + strlen(name), "%63[^;?&]", value);
  }
}

static void *open_object(void *provider, const char *uri) {
  struct object *object = calloc(1, sizeof(*object));

  (void) provider;
  if (object != NULL) {
    take_attribute(uri, "object=", object->name);
    take_attribute(uri, "pin-value=", object->pin);
  }
  return object;
}

static int is_open(struct object *object, OSSL_PASSPHRASE_CALLBACK *ask,
    void *arg) {
  const OSSL_PARAM none[] = { OSSL_PARAM_END };
  size_t len = 0;
  FILE *log;

  if (object->pin[0] == '\0' &&
      (!ask(object->pin, sizeof(object->pin) - 1, &len, none, arg) ||
          len >= sizeof(object->pin))) {
    return 0;
  }

  log = open_file("log", "a");
  if (log != NULL) {
    (void) fprintf(log, "%d %s\n", (int) getpid(), object->pin);
    (void) fclose(log);
  }
  return strcmp(object->pin, "1234") == 0;
}

static int load_object(void *ctx, OSSL_CALLBACK *take, void *take_arg,
    OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg) {
  struct object *object = ctx;
  int type = OSSL_OBJECT_PKEY;
  char der[8192], structure[] = "PrivateKeyInfo";
  OSSL_PARAM params[4];
  size_t len = 0;
  FILE *file;

  object->is_done = 1;
  file = is_open(object, ask, ask_arg) ? open_file(object->name, "r") : NULL;
  if (file == NULL) {
    return 0;
  }

  len = fread(der, 1, sizeof(der), file);
  (void) fclose(file);
  params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
  params[1] =
      OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, len);
  params[2] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
      structure, 0);
  params[3] = OSSL_PARAM_construct_end();
  return take(params, take_arg);
}

static int is_at_end(void *ctx) {
  const struct object *object = ctx;

  return object->is_done;
}

static int close_object(void *ctx) {
  free(ctx);
  return 1;
}

static const OSSL_DISPATCH loader_functions[] = {
  { OSSL_FUNC_STORE_OPEN, (void (*)(void)) open_object },
  { OSSL_FUNC_STORE_LOAD, (void (*)(void)) load_object },
  { OSSL_FUNC_STORE_EOF, (void (*)(void)) is_at_end },
  { OSSL_FUNC_STORE_CLOSE, (void (*)(void)) close_object },
  { 0, NULL },
};

static const OSSL_ALGORITHM loaders[] = {
  { "pkcs11", "provider=pkcs11", loader_functions, "a folder as token" },
  { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *store) {
  (void) provider;
  *store = 0;
  return operation == OSSL_OP_STORE ? loaders : NULL;
}

static const OSSL_DISPATCH provider_functions[] = {
  { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void)) query },
  { 0, NULL },
};

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provider);

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provider) {
  (void) handle;
  (void) in;
  *out = provider_functions;
  *provider = (void *) provider_functions;
  return 1;
}
