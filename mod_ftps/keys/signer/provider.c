/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * provider.c: see provider.h.
 *
 * Questions about a key are answered by its public half, which is a key of the
 * default provider.
 */
#include "keys/signer/provider.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "base/daemon.h"
#include "keys/signer/channel.h"
#include "keys/signer/keeper.h"

#define NAME       "ftpskeys"
#define PROPERTIES "provider=" NAME

/* The content of a key: pointers, in this process only. */
#define PARAM_PUBLIC "ftps-public-half"
#define PARAM_KEEPER "ftps-keeper"

struct ftps_provider {
  OSSL_LIB_CTX *context;
  OSSL_PROVIDER *provider;
};

struct key {
  EVP_PKEY *public_half;
  struct ftps_keeper *keeper; /* NULL: none */
  unsigned char id[FTPS_CHANNEL_ID];
};

/* Key management */

static void *key_new(void *unused) {
  (void) unused;
  return OPENSSL_zalloc(sizeof(struct key));
}

static void key_free(void *data) {
  struct key *key = data;

  if (key != NULL) {
    EVP_PKEY_free(key->public_half);
    if (key->keeper != NULL) {
      ftps_keeper_leave(key->keeper, key->id);
    }
    ftps_keeper_unref(key->keeper);
    OPENSSL_free(key);
  }
}

static int key_has(const void *data, int selection) {
  const struct key *key = data;

  (void) selection;
  return key != NULL && key->public_half != NULL;
}

static int key_match(const void *a, const void *b, int selection) {
  const struct key *one = a, *other = b;

  (void) selection;
  return EVP_PKEY_eq(one->public_half, other->public_half) == 1;
}

static void *read_pointer(const OSSL_PARAM params[], const char *name) {
  const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, name);
  void *pointer = NULL;

  if (param != NULL && param->data_type == OSSL_PARAM_OCTET_STRING &&
      param->data_size == sizeof(pointer)) {
    memcpy(&pointer, param->data, sizeof(pointer));
  }

  return pointer;
}

static int key_import(void *data, int selection, const OSSL_PARAM params[]) {
  EVP_PKEY *public_half = read_pointer(params, PARAM_PUBLIC);
  struct ftps_keeper *keeper = read_pointer(params, PARAM_KEEPER);
  struct key *key = data;

  (void) selection;
  if (public_half == NULL || keeper == NULL || key->public_half != NULL ||
      ftps_keeper_id(public_half, key->id) < 0 ||
      EVP_PKEY_up_ref(public_half) != 1) {
    return 0;
  }

  key->public_half = public_half;
  key->keeper = ftps_keeper_ref(keeper);
  ftps_keeper_use(keeper, key->id);
  return 1;
}

static const OSSL_PARAM *key_import_types(int selection) {
  static const OSSL_PARAM types[] = { OSSL_PARAM_octet_string(PARAM_PUBLIC,
                                          NULL, 0),
    OSSL_PARAM_octet_string(PARAM_KEEPER, NULL, 0), OSSL_PARAM_END };

  (void) selection;
  return types;
}

/* The library uses our provider because the export of the private half fails.
 */
static int key_export(void *data, int selection, OSSL_CALLBACK *callback,
    void *arg) {
  const struct key *key = data;

  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) {
    return 0;
  }

  return EVP_PKEY_export(key->public_half, selection, callback, arg);
}

static const OSSL_PARAM *key_export_types(int selection) {
  static const OSSL_PARAM types[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END
  };

  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 ? types : NULL;
}

static int key_get_params(void *data, OSSL_PARAM params[]) {
  const struct key *key = data;

  return EVP_PKEY_get_params(key->public_half, params);
}

static const OSSL_PARAM *key_gettable_params(void *unused) {
  static const OSSL_PARAM types[] = { OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS,
                                          NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END };

  (void) unused;
  return types;
}

static const char *name_ec_operation(int operation) {
  return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *name_pss_operation(int operation) {
  return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

typedef void (*function)(void);

#define KEY_FUNCTIONS \
  { OSSL_FUNC_KEYMGMT_NEW, (function) key_new }, \
      { OSSL_FUNC_KEYMGMT_FREE, (function) key_free }, \
      { OSSL_FUNC_KEYMGMT_HAS, (function) key_has }, \
      { OSSL_FUNC_KEYMGMT_MATCH, (function) key_match }, \
      { OSSL_FUNC_KEYMGMT_IMPORT, (function) key_import }, \
      { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function) key_import_types }, \
      { OSSL_FUNC_KEYMGMT_EXPORT, (function) key_export }, \
      { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (function) key_export_types }, \
      { OSSL_FUNC_KEYMGMT_GET_PARAMS, (function) key_get_params }, { \
    OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (function) key_gettable_params \
  }

static const OSSL_DISPATCH key_functions[] = { KEY_FUNCTIONS, { 0, NULL } };

static const OSSL_DISPATCH ec_functions[] = { KEY_FUNCTIONS,
  { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (function) name_ec_operation },
  { 0, NULL } };

static const OSSL_DISPATCH pss_functions[] = { KEY_FUNCTIONS,
  { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (function) name_pss_operation },
  { 0, NULL } };

/* Signatures */

struct operation {
  struct key *key; /* borrowed; the library keeps it */
  char digest[32];
  bool is_pss;
};

static void *op_new(void *unused, const char *properties) {
  (void) unused;
  (void) properties;
  return OPENSSL_zalloc(sizeof(struct operation));
}

static void op_free(void *data) {
  OPENSSL_free(data);
}

static void *op_dup(void *data) {
  return OPENSSL_memdup(data, sizeof(struct operation));
}

static int set_text(char *to, size_t size, const char *text) {
  size_t len = strlen(text);

  if (len >= size) {
    return 0;
  }

  memcpy(to, text, len + 1);
  return 1;
}

/* As a number, or as a word. */
static int read_padding(const OSSL_PARAM *param, bool *is_pss_out) {
  int mode = 0;

  if (param->data_type == OSSL_PARAM_UTF8_STRING) {
    *is_pss_out = strcmp(param->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
    return *is_pss_out ||
        strcmp(param->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0;
  }

  if (OSSL_PARAM_get_int(param, &mode) != 1) {
    return 0;
  }

  *is_pss_out = mode == RSA_PKCS1_PSS_PADDING;
  return *is_pss_out || mode == RSA_PKCS1_PADDING;
}

/* In TLS the salt has the digest's length, and the mask uses the same digest.
 */
static int op_set_params(void *data, const OSSL_PARAM params[]) {
  const OSSL_PARAM *padding, *digest;
  struct operation *op = data;

  if (params == NULL) {
    return 1;
  }

  padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (padding != NULL && read_padding(padding, &op->is_pss) == 0) {
    return 0;
  }

  digest = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
  return digest == NULL ||
      (digest->data_type == OSSL_PARAM_UTF8_STRING &&
          set_text(op->digest, sizeof(op->digest), digest->data) == 1);
}

static const OSSL_PARAM *op_settable_params(void *data, void *unused) {
  static const OSSL_PARAM types[] = {
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_END
  };

  (void) data;
  (void) unused;
  return types;
}

/* A key of RSA-PSS may be limited to one of them. */
static bool may_use_digest(EVP_PKEY *public_half, const char *digest) {
  return digest == NULL || !EVP_PKEY_is_a(public_half, "RSA-PSS") ||
      EVP_PKEY_digestsign_supports_digest(public_half, NULL, digest, NULL) == 1;
}

static int op_init(void *data, const char *digest, void *key,
    const OSSL_PARAM params[]) {
  struct operation *op = data;

  if (key != NULL) {
    op->key = key;
  }

  return op->key != NULL && may_use_digest(op->key->public_half, digest) &&
      set_text(op->digest, sizeof(op->digest), digest != NULL ? digest : "") ==
      1 &&
      op_set_params(op, params) == 1;
}

static const char *name_type(const EVP_PKEY *key) {
  static const char *const types[] = { "RSA", "RSA-PSS", "EC", "ED25519",
    "ED448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };

  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    if (EVP_PKEY_is_a(key, types[i])) {
      return types[i];
    }
  }

  return NULL;
}

static int ask(const struct operation *op, const struct ftps_scheme *scheme,
    struct ftps_channel_request *request, struct ftps_channel_reply *reply) {
  enum ftps_signed status;

  request->scheme = scheme->code;
  memcpy(request->id, op->key->id, sizeof(request->id));
  status = ftps_keeper_ask(op->key->keeper, request, reply);
  if (status != FTPS_SIGNED_OK) {
    ERR_raise_data(ERR_LIB_PROV, ERR_R_INTERNAL_ERROR, "%s",
        ftps_channel_describe(status));
  }

  return status == FTPS_SIGNED_OK;
}

static int op_sign_cb(void *data, unsigned char *signature, size_t *len_out,
    size_t size, const unsigned char *text, size_t len) {
  struct ftps_channel_request request;
  struct ftps_channel_reply reply;
  const struct operation *op = data;
  const struct ftps_scheme *scheme;
  const char *type = name_type(op->key->public_half);

  if (signature == NULL) {
    *len_out = (size_t) EVP_PKEY_get_size(op->key->public_half);
    return 1;
  }

  scheme =
      type != NULL ? ftps_scheme_choose(type, op->digest, op->is_pss) : NULL;
  if (scheme == NULL || len > sizeof(request.text)) {
    ERR_raise_data(ERR_LIB_PROV, ERR_R_UNSUPPORTED,
        "this is not how a TLS server signs");
    return 0;
  }

  memset(&request, 0, offsetof(struct ftps_channel_request, text));
  request.length = (uint16_t) len;
  memcpy(request.text, text, len);
  if (!ask(op, scheme, &request, &reply) || reply.length > size) {
    return 0;
  }

  memcpy(signature, reply.signature, reply.length);
  *len_out = reply.length;
  return 1;
}

static const OSSL_DISPATCH op_functions[] = { { OSSL_FUNC_SIGNATURE_NEWCTX,
                                                  (function) op_new },
  { OSSL_FUNC_SIGNATURE_FREECTX, (function) op_free },
  { OSSL_FUNC_SIGNATURE_DUPCTX, (function) op_dup },
  { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (function) op_init },
  { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (function) op_sign_cb },
  { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (function) op_set_params },
  { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (function) op_settable_params },
  { 0, NULL } };

/* The provider */

#define SAME_NAME(functions) \
  { "ED25519", PROPERTIES, functions, NULL }, \
      { "ED448", PROPERTIES, functions, NULL }, \
      { "ML-DSA-44:id-ml-dsa-44", PROPERTIES, functions, NULL }, \
      { "ML-DSA-65:id-ml-dsa-65", PROPERTIES, functions, NULL }, \
      { "ML-DSA-87:id-ml-dsa-87", PROPERTIES, functions, NULL }, { \
    NULL, NULL, NULL, NULL \
  }

static const OSSL_ALGORITHM keys[] = { { "RSA:rsaEncryption", PROPERTIES,
                                           key_functions, NULL },
  { "RSA-PSS:RSASSA-PSS", PROPERTIES, pss_functions, NULL },
  { "EC:id-ecPublicKey", PROPERTIES, ec_functions, NULL },
  SAME_NAME(key_functions) };

static const OSSL_ALGORITHM signatures[] = { { "RSA:rsaEncryption", PROPERTIES,
                                                 op_functions, NULL },
  { "ECDSA", PROPERTIES, op_functions, NULL }, SAME_NAME(op_functions) };

static const OSSL_ALGORITHM *query(void *unused, int operation, int *no_cache) {
  (void) unused;
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return keys;

    case OSSL_OP_SIGNATURE:
      return signatures;

    default:
      return NULL;
  }
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **context) {
  static const OSSL_DISPATCH functions[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function) query }, { 0, NULL }
  };

  (void) handle;
  (void) in;
  *out = functions;
  *context = context; /* there is none; NULL would be a failure */
  return 1;
}

/* Loads it once; it stays, as the module does. */
static struct ftps_provider *load(struct ftps_daemon *daemon) {
  struct ftps_provider *own = daemon->provider;

  if (own != NULL) {
    return own;
  }

  own = OPENSSL_zalloc(sizeof(*own));
  if (own == NULL) {
    return NULL;
  }

  own->context = OSSL_LIB_CTX_new();
  if (own->context != NULL &&
      OSSL_PROVIDER_add_builtin(own->context, NAME, start) == 1) {
    own->provider = OSSL_PROVIDER_load(own->context, NAME);
  }
  if (own->provider == NULL) {
    OSSL_LIB_CTX_free(own->context);
    OPENSSL_free(own);
    return NULL;
  }

  daemon->provider = own;
  return own;
}

int ftps_provider_knows(const EVP_PKEY *public_half) {
  return name_type(public_half) != NULL;
}

EVP_PKEY *ftps_provider_new_key(struct ftps_daemon *daemon,
    EVP_PKEY *public_half, struct ftps_keeper *keeper, struct ftps_error *err) {
  struct ftps_provider *own = load(daemon);
  const char *type = name_type(public_half);
  EVP_PKEY_CTX *ctx = NULL;
  EVP_PKEY *key = NULL;
  OSSL_PARAM params[3];

  /* The values are the pointers themselves. */
  params[0] = OSSL_PARAM_construct_octet_string(PARAM_PUBLIC, &public_half,
      sizeof(void *));
  params[1] =
      OSSL_PARAM_construct_octet_string(PARAM_KEEPER, &keeper, sizeof(void *));
  params[2] = OSSL_PARAM_construct_end();

  if (own != NULL && type != NULL) {
    ctx = EVP_PKEY_CTX_new_from_name(own->context, type, NULL);
  }
  if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
      EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
    ftps_error_set_ssl(err, "a key that is kept elsewhere");
    key = NULL;
  }

  EVP_PKEY_CTX_free(ctx);
  return key;
}
