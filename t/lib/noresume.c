/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * noresume.c: preloaded into clients by t/72-refused.t.  No session that they
 * keep is ever offered again, by OpenSSL or GnuTLS.
 *
 * PHP loads its extensions so that they would find the library's functions
 * first; dlopen() here prevents that.
 */
#include <dlfcn.h>
#include <stddef.h>

int SSL_copy_session_id(void *to, const void *from);
int SSL_set_session(void *ssl, void *session);
int gnutls_session_set_data(void *session, const void *data, size_t size);

int SSL_copy_session_id(void *to, const void *from) {
  (void) to;
  (void) from;
  return 1;
}

int SSL_set_session(void *ssl, void *session) {
  (void) ssl;
  (void) session;
  return 1;
}

int gnutls_session_set_data(void *session, const void *data, size_t size) {
  (void) session;
  (void) data;
  (void) size;
  return 0;
}

void *dlopen(const char *name, int flags) {
  void *(*real)(const char *, int);

  *(void **) &real = dlsym(RTLD_NEXT, "dlopen");
  return real(name, flags & ~RTLD_DEEPBIND);
}
