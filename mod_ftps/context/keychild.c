/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * keychild.c: see keychild.h.
 *
 * DIAGNOSTICS: every text names directive, file, fault and remedy, since it
 * ends up as the one line that an administrator sees.
 */
#include "context/keychild.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "conf.h"
#include "privs.h"

#define FILE_SIZE_MAX (4 * 1024 * 1024)

/* The words of a directive: TLS<type>Certificate<what>File. */
struct source {
  const char *type;
  const char *what;
  const char *path;
};

static void set_fault(struct ftps_error *err, const struct source *src,
    const char *fault, const char *remedy) {
  ftps_error_set(err, "TLS%sCertificate%sFile %s: %s; %s", src->type, src->what,
      src->path, fault, remedy);
}

static int check_file(int fd, const struct source *src,
    struct ftps_error *err) {
  struct stat st;

  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
    set_fault(err, src, "is not a regular file", "name a PEM file");
    return -1;
  }

  if (st.st_mode & S_IWOTH) {
    set_fault(err, src, "is world-writable", "run chmod o-w on it");
    return -1;
  }

  if (st.st_size > FILE_SIZE_MAX) {
    set_fault(err, src, "is larger than 4 MiB", "name a PEM file");
    return -1;
  }

  return 0;
}

/* The file as a memory BIO; this process exits soon, so nothing is wiped. */
static BIO *open_file(const struct source *src, struct ftps_error *err) {
  BIO *bio = NULL;
  char chunk[4096];
  ssize_t got;
  int fd;

  fd = open(src->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    set_fault(err, src, strerror(errno),
        "check the path and the permissions of its directories");
    return NULL;
  }

  if (check_file(fd, src, err) == 0) {
    bio = BIO_new(BIO_s_mem());
    while (bio != NULL && (got = read(fd, chunk, sizeof(chunk))) > 0) {
      (void) BIO_write(bio, chunk, (int) got);
    }
  }

  (void) close(fd);
  return bio;
}

static int refuse_passphrase(char *buf, int size, int writing, void *arg) {
  bool *asked = arg;

  (void) buf;
  (void) size;
  (void) writing;
  *asked = true;
  return -1;
}

static EVP_PKEY *read_key(const struct source *src, struct ftps_error *err) {
  bool is_encrypted = false;
  EVP_PKEY *key = NULL;
  BIO *bio = open_file(src, err);

  if (bio == NULL) {
    return NULL;
  }

  key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &is_encrypted);
  if (key == NULL && is_encrypted) {
    set_fault(err, src,
        "the private key is encrypted, and passphrases are "
        "not supported yet",
        "decrypt it with \"openssl pkey\"");

  } else if (key == NULL) {
    set_fault(err, src, "holds no readable private key in PEM form",
        "name the file with the private key, or make it with \"openssl "
        "genpkey\"");
  }

  BIO_free(bio);
  return key;
}

static int append_der(X509 *cert, struct ftps_keychild_result *res) {
  unsigned char *at = res->certs + res->certs_len;
  int len = i2d_X509(cert, NULL);

  if (len <= 0 || (size_t) len > sizeof(res->certs) - res->certs_len) {
    return -1;
  }

  (void) i2d_X509(cert, &at);
  res->certs_len += (size_t) len;
  return 0;
}

/* Appends the certificates of a file but those equal to `leaf`; returns the
 * first one.
 */
static X509 *append_certs(const struct source *src, const X509 *leaf,
    struct ftps_keychild_result *res) {
  BIO *bio = open_file(src, &res->error);
  X509 *first = NULL, *cert;

  if (bio == NULL) {
    return NULL;
  }

  while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
    bool is_leaf = leaf != NULL && X509_cmp(cert, leaf) == 0;

    if (!is_leaf && append_der(cert, res) < 0) {
      set_fault(&res->error, src, "holds too many certificates",
          "leave only the chain in it");
    }

    if (first == NULL) {
      first = cert;
    } else {
      X509_free(cert);
    }
  }

  BIO_free(bio);
  if (first == NULL) {
    set_fault(&res->error, src, "holds no certificate in PEM form",
        "name the file with the certificate, or convert it with \"openssl "
        "x509\"");
  }

  return first;
}

/* Does this private key make signatures that the certificate verifies? */
static bool is_pair(EVP_PKEY *key, X509 *cert) {
  static const unsigned char text[] = "certificate and key belong together";
  EVP_PKEY *pub = X509_get0_pubkey(cert);
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  unsigned char sig[2048];
  size_t len = sizeof(sig);
  char md_name[64] = "";
  const char *md = NULL;
  bool fits = false;

  if (EVP_PKEY_get_default_digest_name(key, md_name, sizeof(md_name)) > 0 &&
      strcmp(md_name, "UNDEF") != 0) {
    md = md_name;
  }

  if (ctx != NULL && pub != NULL && EVP_PKEY_eq(pub, key) == 1 &&
      EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1 &&
      EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) == 1 &&
      EVP_MD_CTX_reset(ctx) == 1 &&
      EVP_DigestVerifyInit_ex(ctx, NULL, md, NULL, NULL, pub, NULL) == 1) {
    fits = EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;
  }

  EVP_MD_CTX_free(ctx);
  return fits;
}

static void warn_dates(const struct source *src, X509 *cert, char *warning,
    size_t size) {
  const char *fault = NULL, *remedy = "";

  if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
    fault = "the certificate has expired";
    remedy = "clients will refuse it: renew it";

  } else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) {
    fault = "the certificate is not valid yet";
    remedy = "clients will refuse it: check this machine's clock";
  }

  if (fault != NULL) {
    (void) snprintf(warning, size, "TLS%sCertificate%sFile %s: %s; %s",
        src->type, src->what, src->path, fault, remedy);
  }
}

static void read_pair(const struct ftps_keychild_request *req,
    struct ftps_keychild_result *res) {
  struct source cert_src = { req->type, "", req->certificate };
  struct source key_src = { req->type, req->key != NULL ? "Key" : "",
    req->key != NULL ? req->key : req->certificate };
  struct source chain_src = { "", "Chain", req->chain };
  X509 *leaf = NULL, *chain = NULL;
  EVP_PKEY *key = NULL;
  size_t leaf_len;

  leaf = append_certs(&cert_src, NULL, res);
  if (leaf == NULL) {
    return;
  }

  if (req->chain != NULL) {
    leaf_len = (size_t) i2d_X509(leaf, NULL);
    res->certs_len = leaf_len;
    chain = append_certs(&chain_src, leaf, res);
  }

  key = read_key(&key_src, &res->error);
  if (key != NULL && !is_pair(key, leaf)) {
    ftps_error_set(&res->error,
        "TLS%sCertificateFile %s: the private key in "
        "%s does not fit this certificate; configure the key that the "
        "certificate was made for",
        req->type, req->certificate, key_src.path);
  }

  if (res->error.text[0] == '\0' &&
      ftps_keynumbers_write(key, res->numbers, &res->error) == 0) {
    warn_dates(&cert_src, leaf, res->warning, sizeof(res->warning));
    res->done = true;
  }

  EVP_PKEY_free(key);
  X509_free(chain);
  X509_free(leaf);
}

static void run_child(const struct ftps_keychild_request *requests, size_t n,
    struct ftps_keychild_result *results) {
  (void) signal(SIGTERM, SIG_DFL);
  (void) signal(SIGALRM, SIG_DFL);
  (void) alarm(0);

  PRIVS_ROOT
  for (size_t i = 0; i < n; i++) {
    read_pair(&requests[i], &results[i]);
  }

  _exit(0);
}

/* The daemon reaps children that it does not know, so the end of this one is
 * waited for with SIGCHLD held back; ECHILD means that it ended all the same.
 */
static void wait_child(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }
}

struct ftps_keychild_result *
ftps_keychild_read(const struct ftps_keychild_request *requests, size_t n,
    struct ftps_error *err) {
  struct ftps_keychild_result *results;
  sigset_t child, before;
  pid_t pid;

  results = mmap(NULL, n * sizeof(*results), PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (results == MAP_FAILED) {
    ftps_error_set_errno(err, errno, "memory for reading %zu private keys", n);
    return NULL;
  }

  (void) madvise(results, n * sizeof(*results), MADV_DONTDUMP);
  (void) sigemptyset(&child);
  (void) sigaddset(&child, SIGCHLD);
  (void) sigprocmask(SIG_BLOCK, &child, &before);

  pid = fork();
  if (pid == 0) {
    run_child(requests, n, results);
  }

  if (pid < 0) {
    ftps_error_set_errno(err, errno, "starting a process to read keys");
    (void) munmap(results, n * sizeof(*results));
    results = NULL;

  } else {
    wait_child(pid);
  }

  (void) sigprocmask(SIG_SETMASK, &before, NULL);
  return results;
}

void ftps_keychild_free(struct ftps_keychild_result *results, size_t n) {
  (void) munmap(results, n * sizeof(*results));
}
