/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * ask.c: see ask.h.
 *
 * The pipe carries one byte, ANSWER, USELESS or FAILURE, and then the response
 * or a text, to the end.  If nothing comes, the child was ended.
 */
#include "ocsp/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/x509_text.h"
#include "keys/keyarea.h"
#include "keys/passphrase.h"
#include "tickets/tickets.h"

#define ANSWER  'A'
#define USELESS 'U'
#define FAILURE 'F'

#define STATUS_SIZE 80

#define CONTENT_REQUEST  "application/ocsp-request"
#define CONTENT_RESPONSE "application/ocsp-response"

/* The child ends itself.  After this time the caller waits no longer. */
#define GRACE_MS 1000

struct ftps_ocsp {
  int fd;
  unsigned int seconds;
  uint64_t deadline; /* ms, as ftps_clock_ms() */
  size_t len;
  unsigned char bytes[1 + FTPS_RESPONSE_MAX_SIZE];
};

struct url {
  int is_tls;
  char *host;
  char *port;
  char *path; /* with the query */
};

static void free_url(struct url *url) {
  OPENSSL_free(url->host);
  OPENSSL_free(url->port);
  OPENSSL_free(url->path);
}

/* True if no character could end the line of the HTTP request. */
static bool is_plain(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text <= ' ' || *text > '~') {
      return false;
    }
  }

  return true;
}

static char *join_path(const char *path, const char *query) {
  size_t size = strlen(path) + 1 + strlen(query) + 1;
  char *text = OPENSSL_malloc(size);

  if (text != NULL) {
    (void) snprintf(text, size, "%s%s%s", path, *query != '\0' ? "?" : "",
        query);
  }

  return text;
}

static int split_url(const char *text, struct url *url,
    struct ftps_error *err) {
  char *path = NULL, *query = NULL;
  int res = -1;

  memset(url, 0, sizeof(*url));
  if (is_plain(text) &&
      (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
      OSSL_HTTP_parse_url(text, &url->is_tls, NULL, &url->host, &url->port,
          NULL, &path, &query, NULL) == 1 &&
      url->host[0] != '\0') {
    url->path = join_path(path, query != NULL ? query : "");
    res = url->path != NULL ? 0 : -1;
  }

  OPENSSL_free(path);
  OPENSSL_free(query);
  ERR_clear_error();
  if (res < 0) {
    free_url(url);
    ftps_error_set(err, "is not an http or https URL");
  }
  return res;
}

int ftps_ocsp_check_url(const char *text, struct ftps_error *err) {
  struct url url;

  if (split_url(text, &url, err) < 0) {
    return -1;
  }

  free_url(&url);
  return 0;
}

STACK_OF(OPENSSL_STRING) * ftps_ocsp_find_responders(X509 *cert) {
  STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(cert);
  struct ftps_error unused;

  for (int i = sk_OPENSSL_STRING_num(urls) - 1; i >= 0; i--) {
    ftps_error_clear(&unused);
    if (ftps_ocsp_check_url(sk_OPENSSL_STRING_value(urls, i), &unused) < 0) {
      OPENSSL_free(sk_OPENSSL_STRING_delete(urls, i));
    }
  }

  return urls;
}

char *ftps_ocsp_find_responder(X509 *cert) {
  STACK_OF(OPENSSL_STRING) *urls = ftps_ocsp_find_responders(cert);
  char *first = sk_OPENSSL_STRING_shift(urls);

  X509_email_free(urls);
  return first;
}

/* The functions from here on run in the child. */

static SSL_CTX *new_client(const struct ftps_ocsp_question *q) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

  if (ctx != NULL && q->trust != NULL && X509_STORE_up_ref(q->trust) == 1) {
    /* Revocation lists of client certificates do not apply here. */
    (void) X509_VERIFY_PARAM_clear_flags(X509_STORE_get0_param(q->trust),
        X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    SSL_CTX_set_cert_store(ctx, q->trust);
  }

  if (ctx != NULL) {
    (void) SSL_CTX_set_default_verify_paths(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
  }

  return ctx;
}

/* Keeps the first line of the answer, "HTTP/1.1 404 Not Found", which may come
 * in several reads.  OpenSSL 3.5 says of such an answer only that its type is
 * wrong.
 */
/* NOLINTNEXTLINE: the library defines the parameters */
static long keep_status_cb(BIO *bio, int oper, const char *bytes, size_t len,
    int argi, long argl, int ret, size_t *processed) {
  char *status = BIO_get_callback_arg(bio);
  size_t had, size;

  (void) len;
  (void) argi;
  (void) argl;
  if ((oper == (BIO_CB_READ | BIO_CB_RETURN) ||
          oper == (BIO_CB_GETS | BIO_CB_RETURN)) &&
      ret > 0 && processed != NULL && strchr(status, '\n') == NULL) {
    had = strlen(status);
    size = STATUS_SIZE - 1 - had;
    size = *processed < size ? *processed : size;
    memcpy(status + had, bytes, size);
    status[had + size] = '\0';
  }

  return ret;
}

static void keep_status(BIO *bio, char *status) {
  BIO_set_callback_arg(bio, status);
  BIO_set_callback_ex(bio, keep_status_cb);
}

static bool is_refusal(const char *status) {
  const char *code = strchr(status, ' ');

  return strncmp(status, "HTTP/", 5) == 0 && code != NULL &&
      strspn(code + 1, "0123456789") == 3 && code[1] >= '4';
}

struct tls {
  SSL_CTX *ctx;
  const char *host;
  char *status;
};

static BIO *add_tls_cb(BIO *bio, void *arg, int connecting, int detail) {
  const struct tls *tls = arg;
  BIO *layer;
  SSL *ssl = NULL;

  (void) detail;
  if (!connecting) {
    return bio;
  }

  layer = BIO_new_ssl(tls->ctx, 1);
  if (layer == NULL || BIO_get_ssl(layer, &ssl) != 1) {
    return NULL;
  }

  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), tls->host) != 1 &&
      (SSL_set1_host(ssl, tls->host) != 1 ||
          SSL_set_tlsext_host_name(ssl, tls->host) != 1)) {
    return NULL;
  }

  keep_status(layer, tls->status);
  return BIO_push(layer, bio);
}

/* We connect ourselves, because the library would try a port that refuses again
 * and again until the time is over.
 */
static BIO *dial(const struct url *url) {
  BIO *bio = BIO_new(BIO_s_connect());

  if (bio == NULL || BIO_set_conn_hostname(bio, url->host) != 1 ||
      BIO_set_conn_port(bio, url->port) != 1 || BIO_do_connect(bio) != 1) {
    BIO_free_all(bio);
    return NULL;
  }

  return bio;
}

/* Returns NULL, with the reason in the library's queue, or in `status`.  Memory
 * is not freed: the process ends.
 */
static BIO *exchange(const struct ftps_ocsp_question *q, OCSP_REQUEST *req,
    char *status) {
  struct tls tls = { NULL, NULL, status };
  struct ftps_error unused;
  struct url url;
  BIO *body, *bio;

  ftps_error_clear(&unused);
  if (split_url(q->url, &url, &unused) < 0 || (bio = dial(&url)) == NULL) {
    return NULL;
  }

  if (url.is_tls) {
    tls.host = url.host;
    tls.ctx = new_client(q);
    if (tls.ctx == NULL) {
      return NULL;
    }
  } else {
    keep_status(bio, status);
  }

  body = BIO_new(BIO_s_mem());
  if (body == NULL || i2d_OCSP_REQUEST_bio(body, req) != 1) {
    return NULL;
  }

  return OSSL_HTTP_transfer(NULL, url.host, url.port, url.path, url.is_tls,
      NULL, NULL, bio, NULL, url.is_tls ? add_tls_cb : NULL, &tls, 0, NULL,
      CONTENT_REQUEST, body, CONTENT_RESPONSE, 1, FTPS_RESPONSE_MAX_SIZE,
      (int) q->seconds, 0);
}

/* Reads bytes after `bytes[0]`.  Returns -1 if there are none, or too many. */
static int read_all(BIO *bio, unsigned char *bytes, size_t size) {
  size_t len = 0;
  int got;

  while ((got = BIO_read(bio, bytes + len, (int) (size - len))) > 0) {
    len += (size_t) got;
  }

  return len > 0 && len < size ? (int) len : -1;
}

static void tell(int fd, char kind, const void *bytes, size_t len) {
  const char *at = bytes;

  if (write(fd, &kind, 1) != 1) {
    return;
  }

  while (len > 0) {
    ssize_t put = write(fd, at, len);

    if (put <= 0) {
      return;
    }
    at += put;
    len -= (size_t) put;
  }
}

/* Returns the length of the response; 0 with `err` set if it is useless, or -1
 * if there is none.
 */
static int ask(const struct ftps_ocsp_question *q, unsigned char *bytes,
    size_t size, struct ftps_error *err) {
  OCSP_REQUEST *req =
      ftps_response_new_request(q->cert, q->issuer, q->with_nonce, err);
  struct ftps_response_rules rules = { .cert = q->cert,
    .issuer = q->issuer,
    .request = q->with_nonce ? req : NULL,
    .is_unverified = q->is_unverified,
    .now = time(NULL) };
  struct ftps_response_answer unused;
  struct ftps_error why;
  char status[STATUS_SIZE] = "";
  BIO *response;
  int len;

  if (req == NULL) {
    return -1;
  }

  ERR_clear_error();
  response = exchange(q, req, status);
  if (response == NULL) {
    if (is_refusal(status)) {
      ftps_error_set(err, "no answer: %.*s", (int) strcspn(status, "\r\n"),
          status);
    }
    ftps_error_set_ssl(err, "no answer");
    return -1;
  }

  len = read_all(response, bytes, size);
  ftps_error_clear(&why);
  if (len < 0 ||
      ftps_response_judge(&rules, bytes, (size_t) len, &unused, &why) < 0) {
    ftps_error_set(err, "its response %s",
        len < 0 ? "is empty or too long" : why.text);
    return 0;
  }

  return len;
}

static void forget_secrets(const struct ftps_ocsp_question *q) {
  ftps_passphrase_forget(q->daemon->passphrases);
  ftps_keyarea_drop_unmarked(q->daemon);
  ftps_tickets_drop(q->daemon->tickets);
  if (q->ssl != NULL) {
    SSL_certs_clear(q->ssl);
  }
}

static void work(const void *arg, int fd) {
  unsigned char bytes[FTPS_RESPONSE_MAX_SIZE];
  struct ftps_error err;
  int len;

  forget_secrets(arg);
  ftps_error_clear(&err);
  len = ask(arg, bytes, sizeof(bytes), &err);
  if (len > 0) {
    tell(fd, ANSWER, bytes, (size_t) len);
  } else {
    tell(fd, len == 0 ? USELESS : FAILURE, err.text, strlen(err.text));
  }
}

/* The functions from here on run in the process that made the request. */

struct ftps_ocsp *ftps_ocsp_ask(const struct ftps_ocsp_question *question,
    struct ftps_error *err) {
  struct ftps_ocsp *ocsp = OPENSSL_malloc(sizeof(*ocsp));

  if (ocsp == NULL) {
    ftps_error_set_errno(err, ENOMEM, "memory for an OCSP request");
    return NULL;
  }

  ocsp->len = 0;
  ocsp->seconds = question->seconds;
  ocsp->deadline =
      ftps_clock_ms() + question->seconds * (uint64_t) 1000 + GRACE_MS;
  ocsp->fd = ftps_child_detach(work, question, question->seconds, err);
  if (ocsp->fd < 0) {
    OPENSSL_free(ocsp);
    return NULL;
  }

  return ocsp;
}

/* Returns 1 if more may come, 0 if there is nothing at the moment, -1 at the
 * end.
 */
static int read_more(struct ftps_ocsp *ocsp) {
  size_t room = sizeof(ocsp->bytes) - ocsp->len;
  ssize_t got;

  if (room == 0) {
    return -1;
  }

  got = read(ocsp->fd, ocsp->bytes + ocsp->len, room);
  if (got > 0) {
    ocsp->len += (size_t) got;
    return 1;
  }

  return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int finish(struct ftps_ocsp *ocsp, struct ftps_error *err) {
  char text[FTPS_ERROR_TEXT_SIZE];

  (void) close(ocsp->fd);
  ocsp->fd = -1;
  if (ocsp->len > 1 && ocsp->bytes[0] == ANSWER) {
    return 1;
  }

  if (ocsp->len > 1) {
    (void) ftps_text_escape(ocsp->bytes + 1, ocsp->len - 1, text, sizeof(text));
    ftps_error_set(err, "%s", text);

  } else {
    ftps_error_set(err, "no answer within %u seconds (TLSStaplingTimeout)",
        ocsp->seconds);
  }

  return -1;
}

int ftps_ocsp_poll(struct ftps_ocsp *ocsp, bool is_patient,
    struct ftps_error *err) {
  int res;

  while ((res = read_more(ocsp)) >= 0) {
    struct pollfd pfd = { .fd = ocsp->fd, .events = POLLIN };
    uint64_t now = ftps_clock_ms();

    if (now >= ocsp->deadline) {
      break;
    }
    if (res == 0 && !is_patient) {
      return 0;
    }
    if (res == 0) {
      (void) poll(&pfd, 1, (int) (ocsp->deadline - now));
    }
  }

  return finish(ocsp, err);
}

bool ftps_ocsp_has_response(const struct ftps_ocsp *ocsp) {
  return ocsp->len > 1 &&
      (ocsp->bytes[0] == ANSWER || ocsp->bytes[0] == USELESS);
}

const unsigned char *ftps_ocsp_get0_response(const struct ftps_ocsp *ocsp,
    size_t *len_out) {
  *len_out = ocsp->len - 1;
  return ocsp->bytes + 1;
}

void ftps_ocsp_free(struct ftps_ocsp *ocsp) {
  if (ocsp != NULL) {
    if (ocsp->fd >= 0) {
      (void) close(ocsp->fd);
    }
    OPENSSL_free(ocsp);
  }
}
