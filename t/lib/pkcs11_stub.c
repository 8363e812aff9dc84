/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * pkcs11_stub.c: an OpenSSL provider that says that it can open "pkcs11:" URIs
 * and opens none.  Built as pkcs11.so, found with OPENSSL_MODULES.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>

static void *open_none(void *provider, const char *uri) {
  (void) provider;
  (void) uri;
  return NULL;
}

static int load_none(void *ctx, OSSL_CALLBACK *object, void *object_arg,
    OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_arg) {
  (void) ctx;
  (void) object;
  (void) object_arg;
  (void) passphrase;
  (void) passphrase_arg;
  return 0;
}

static int is_at_end(void *ctx) {
  (void) ctx;
  return 1;
}

static int close_none(void *ctx) {
  (void) ctx;
  return 1;
}

static const OSSL_DISPATCH loader_functions[] = {
  { OSSL_FUNC_STORE_OPEN, (void (*)(void)) open_none },
  { OSSL_FUNC_STORE_LOAD, (void (*)(void)) load_none },
  { OSSL_FUNC_STORE_EOF, (void (*)(void)) is_at_end },
  { OSSL_FUNC_STORE_CLOSE, (void (*)(void)) close_none },
  { 0, NULL },
};

static const OSSL_ALGORITHM loaders[] = {
  { "pkcs11", "provider=pkcs11", loader_functions, "opens nothing" },
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
