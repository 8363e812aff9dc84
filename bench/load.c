/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * load.c: a small FTP(S) client that makes work for a server and checks every
 * byte that comes back.
 *
 * Started by bench/bench.pl, which measures the server meanwhile.  One action
 * per run, over one address:
 *
 *   get     RETR of FILE, COUNT times on one login
 *   put     STOR of FILE, the same
 *   login   connect, AUTH, USER, PASS, QUIT, COUNT times; -r resumes the TLS
 *           session of the first one, -N sends a name (SNI)
 *   banner  connect and wait for the 220, COUNT times, held open meanwhile
 *   hold    COUNT sessions logged in; says "ready", ends when stdin does
 *   crowd   COUNT clients at once; each comes twice, resumes the second time,
 *           and takes -l listings; those that fail are counted, and say why
 *           unless -q
 *   make    writes FILE (no server)
 *   check   compares FILE (no server)
 *
 * What files hold: pattern.h.  Passive mode; data connections resume the newest
 * session of their control connection.  The result is a line of KEY=VALUE.
 *
 * DIAGNOSTICS: a line on stderr and status 1, for whatever is not as it should
 * be: a reply, a byte, an end without close_notify.
 */
#include "pattern.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define CHUNK  (128 * 1024)
#define WAIT_S 60

struct options {
  const char *host, *name, *user, *password, *cipher, *version, *file;
  int port;
  bool is_plain, is_resuming, is_quiet;
  bool has_ids; /* TLS 1.2 without tickets */
  long count, listings;
  uint64_t size;
};

struct link {
  int fd;
  SSL *ssl;
  char text[8192]; /* of the control connection, not yet taken as replies */
  size_t len;
};

static struct options opt = { .host = "127.0.0.1",
  .user = "proftpd",
  .password = "test",
  .version = "1.3",
  .file = "bench.bin",
  .port = 21,
  .count = 1,
  .listings = 1 };

static SSL_CTX *ctx;
static SSL_SESSION *newest; /* of the last control connection */
static unsigned long reused, full;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char
                                                                    *format,
    ...) {
  va_list args;

  if (opt.is_quiet) {
    exit(1);
  }
  va_start(args, format);
  (void) fputs("load: ", stderr);
  (void) vfprintf(stderr, format, args);
  (void) fputc('\n', stderr);
  va_end(args);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static double now_ms(void) {
  struct timespec t;

  (void) clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double) t.tv_sec + 1e-6 * (double) t.tv_nsec;
}

static int dial(int port) {
  struct sockaddr_in to = { .sin_family = AF_INET,
    .sin_port = htons((uint16_t) port) };
  struct timeval limit = { .tv_sec = WAIT_S };
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

  if (fd < 0 || inet_pton(AF_INET, opt.host, &to.sin_addr) != 1 ||
      connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0) {
    die("connecting to port %d: %s", port, strerror(errno));
  }

  (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  return fd;
}

static ssize_t take(struct link *link, void *buf, size_t size) {
  size_t len = 0;

  if (link->ssl == NULL) {
    return recv(link->fd, buf, size, 0);
  }

  if (SSL_read_ex(link->ssl, buf, size, &len) == 1) {
    return (ssize_t) len;
  }
  return SSL_get_shutdown(link->ssl) & SSL_RECEIVED_SHUTDOWN ? 0 : -1;
}

static void give(struct link *link, const void *buf, size_t len) {
  const char *at = buf;
  size_t done = 0;

  while (len > 0) {
    if (link->ssl != NULL) {
      if (SSL_write_ex(link->ssl, at, len, &done) != 1) {
        die("writing");
      }
    } else {
      ssize_t n = send(link->fd, at, len, MSG_NOSIGNAL);

      if (n <= 0) {
        die("writing: %s", strerror(errno));
      }
      done = (size_t) n;
    }
    at += done;
    len -= done;
  }
}

static int keep_session(SSL *ssl, SSL_SESSION *session) {
  if (SSL_get_app_data(ssl) == NULL) {
    return 0;
  }

  SSL_SESSION_free(newest);
  newest = session;
  return 1;
}

/* A session may be used again: not all servers send a new ticket each time. */
static void shake_hands(struct link *link, bool is_control) {
  SSL_SESSION *copy = newest != NULL ? SSL_SESSION_dup(newest) : NULL;

  link->ssl = SSL_new(ctx);
  if (link->ssl == NULL || SSL_set_fd(link->ssl, link->fd) != 1) {
    die("making a TLS connection");
  }

  (void) SSL_set_tlsext_host_name(link->ssl, opt.name);
  SSL_set_app_data(link->ssl, is_control ? &opt : NULL);
  if (copy != NULL && (!is_control || opt.is_resuming)) {
    (void) SSL_set_session(link->ssl, copy);
  }
  if (SSL_connect(link->ssl) != 1) {
    die("TLS handshake");
  }

  SSL_SESSION_free(copy);
  *(SSL_session_reused(link->ssl) ? &reused : &full) += 1;
}

/* The last line of a reply, which ends at `*end_out`, or NULL. */
static const char *find_reply(const struct link *link, size_t *end_out) {
  const char *line = link->text;
  const char *stop = link->text + link->len;
  const char *lf;

  while ((lf = memchr(line, '\n', (size_t) (stop - line))) != NULL) {
    if (lf - line > 4 && line[0] >= '1' && line[0] <= '6' && line[3] == ' ') {
      *end_out = (size_t) (lf + 1 - link->text);
      return line;
    }
    line = lf + 1;
  }

  return NULL;
}

/* Its last line is put into `line`. */
static void expect(struct link *link, const char *codes, char line[512]) {
  const char *found;
  size_t end, len;

  while ((found = find_reply(link, &end)) == NULL) {
    ssize_t n =
        take(link, link->text + link->len, sizeof(link->text) - link->len);

    if (n <= 0) {
      die("control connection ended, wanted %s", codes);
    }
    link->len += (size_t) n;
  }

  len = end - (size_t) (found - link->text);
  len = len < 511 ? len : 511;
  memcpy(line, found, len);
  line[len] = '\0';
  memmove(link->text, link->text + end, link->len - end);
  link->len -= end;
  if (strchr(codes, line[0]) == NULL) {
    die("wanted a reply that begins with one of \"%s\": %s", codes, line);
  }
}

static void command(struct link *link, const char *codes, const char *text,
    const char *arg) {
  char line[512];
  int len = snprintf(line, sizeof(line), "%s%s%s\r\n", text,
      arg[0] != '\0' ? " " : "", arg);

  if (len < 0 || (size_t) len >= sizeof(line)) {
    die("command too long");
  }
  give(link, line, (size_t) len);
  expect(link, codes, line);
}

static void open_control(struct link *link) {
  char line[512];

  memset(link, 0, sizeof(*link));
  link->fd = dial(opt.port);
  expect(link, "2", line);
}

static void log_in(struct link *link) {
  if (!opt.is_plain) {
    command(link, "2", "AUTH", "TLS");
    shake_hands(link, true);
  }
  command(link, "3", "USER", opt.user);
  command(link, "2", "PASS", opt.password);
}

static void prepare(struct link *link) {
  if (!opt.is_plain) {
    command(link, "2", "PBSZ", "0");
    command(link, "2", "PROT", "P");
  }
  command(link, "2", "TYPE", "I");
}

/* To the end: some servers send tickets on data connections, and closing with
 * these unread would reset the connection.
 */
static void hang_up(struct link *link) {
  char sink[4096];

  if (link->ssl != NULL) {
    (void) SSL_shutdown(link->ssl);
    SSL_free(link->ssl);
  }
  (void) shutdown(link->fd, SHUT_WR);
  while (recv(link->fd, sink, sizeof(sink), 0) > 0) {
  }
  (void) close(link->fd);
}

static int ask_port(struct link *control) {
  char line[512];
  const char *bars;

  give(control, "EPSV\r\n", 6);
  expect(control, "2", line);
  bars = strstr(line, "(|||");
  if (bars == NULL) {
    die("no port in: %s", line);
  }
  return atoi(bars + 4);
}

static void open_data(struct link *control, struct link *data, const char *verb,
    const char *file) {
  data->ssl = NULL;
  data->fd = dial(ask_port(control));
  command(control, "1", verb, file);
  if (!opt.is_plain) {
    shake_hands(data, false);
  }
}

static void get_one(struct link *control) {
  static unsigned char buf[CHUNK];
  struct link data;
  char line[512];
  uint64_t offset = 0;
  ssize_t n;

  open_data(control, &data, "RETR", opt.file);
  while ((n = take(&data, buf, sizeof(buf))) > 0) {
    if (!ftps_pattern_equals(buf, (size_t) n, offset)) {
      die("wrong bytes at offset %llu or later", (unsigned long long) offset);
    }
    offset += (uint64_t) n;
  }
  if (n < 0 || offset != opt.size) {
    die("got %llu bytes of %llu", (unsigned long long) offset,
        (unsigned long long) opt.size);
  }
  hang_up(&data);
  expect(control, "2", line);
}

static void put_one(struct link *control) {
  struct link data;
  char line[512];
  uint64_t offset = 0;

  open_data(control, &data, "STOR", opt.file);
  while (offset < opt.size) {
    const unsigned char *at;
    uint64_t left = opt.size - offset;
    size_t n =
        ftps_pattern_piece(offset, left < CHUNK ? (size_t) left : CHUNK, &at);

    give(&data, at, n);
    offset += n;
  }
  hang_up(&data);
  expect(control, "2", line);
}

static void list_one(struct link *control) {
  char sink[4096], line[512];
  struct link data;
  ssize_t n;

  open_data(control, &data, "LIST", "");
  while ((n = take(&data, sink, sizeof(sink))) > 0) {
  }
  if (n < 0) {
    die("a listing was cut");
  }
  hang_up(&data);
  expect(control, "2", line);
}

static void transfer(void (*one)(struct link *control)) {
  struct link control;
  double start;

  open_control(&control);
  log_in(&control);
  prepare(&control);
  start = now_ms();
  for (long i = 0; i < opt.count; i++) {
    one(&control);
  }
  (void) printf("wall_ms=%.3f ", now_ms() - start);
  command(&control, "2", "QUIT", "");
  hang_up(&control);
}

static void do_logins(void) {
  struct link control;
  double start = now_ms();

  for (long i = 0; i < opt.count; i++) {
    open_control(&control);
    log_in(&control);
    command(&control, "2", "QUIT", "");
    hang_up(&control);
  }
  (void) printf("wall_ms=%.3f ", now_ms() - start);
}

static int compare_doubles(const void *a, const void *b) {
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static struct link *make_links(void) {
  struct link *links = calloc((size_t) opt.count, sizeof(*links));

  if (links == NULL) {
    die("memory");
  }
  return links;
}

static void do_banners(void) {
  struct link *links = make_links();
  double *ms = calloc((size_t) opt.count, sizeof(*ms));

  for (long i = 0; i < opt.count && ms != NULL; i++) {
    double start = now_ms();

    open_control(&links[i]);
    ms[i] = now_ms() - start;
  }
  if (ms != NULL) {
    qsort(ms, (size_t) opt.count, sizeof(*ms), compare_doubles);
    (void) printf("median_ms=%.3f ", ms[opt.count / 2]);
  }
  free(ms);
  free(links);
}

static void do_hold(void) {
  struct link *links = make_links();
  char byte;

  for (long i = 0; i < opt.count; i++) {
    open_control(&links[i]);
    log_in(&links[i]);
    prepare(&links[i]);
  }
  (void) printf("ready\n");
  (void) fflush(stdout);
  while (read(0, &byte, 1) > 0) {
  }
  free(links);
}

static void come_twice(void) {
  struct link control;

  for (int time = 0; time < 2; time++) {
    open_control(&control);
    log_in(&control);
    prepare(&control);
    for (long i = 0; i < opt.listings; i++) {
      list_one(&control);
    }
    command(&control, "2", "QUIT", "");
    hang_up(&control);
  }
}

static void do_crowd(void) {
  long failed = 0;
  int status;

  opt.is_resuming = true;
  for (long i = 0; i < opt.count; i++) {
    pid_t pid = fork();

    if (pid == 0) {
      come_twice();
      _exit(0);
    }
    failed += pid < 0;
  }

  while (wait(&status) > 0) {
    failed += status != 0;
  }
  (void) printf("failed=%ld ", failed);
}

static void prepare_tls(void) {
  int version =
      strcmp(opt.version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

  ctx = SSL_CTX_new(TLS_client_method());
  if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, version) != 1 ||
      SSL_CTX_set_max_proto_version(ctx, version) != 1 ||
      (opt.cipher != NULL &&
          (version == TLS1_2_VERSION
                  ? SSL_CTX_set_cipher_list(ctx, opt.cipher)
                  : SSL_CTX_set_ciphersuites(ctx, opt.cipher)) != 1)) {
    die("making a TLS context for TLS %s", opt.version);
  }

  if (opt.has_ids) {
    (void) SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  }
  (void) SSL_CTX_set_session_cache_mode(ctx,
      SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

static void read_options(int argc, char **argv) {
  int c;

  while ((c = getopt(argc, argv, "N:p:u:w:v:c:f:n:s:l:Priq")) != -1) {
    switch (c) {
      case 'N':
        opt.name = optarg;
        break;
      case 'p':
        opt.port = atoi(optarg);
        break;
      case 'u':
        opt.user = optarg;
        break;
      case 'w':
        opt.password = optarg;
        break;
      case 'v':
        opt.version = optarg;
        break;
      case 'c':
        opt.cipher = optarg;
        break;
      case 'f':
        opt.file = optarg;
        break;
      case 'n':
        opt.count = atol(optarg);
        break;
      case 's':
        opt.size = strtoull(optarg, NULL, 10);
        break;
      case 'l':
        opt.listings = atol(optarg);
        break;
      case 'i':
        opt.has_ids = true;
        break;
      case 'q':
        opt.is_quiet = true;
        break;
      case 'P':
        opt.is_plain = true;
        break;
      case 'r':
        opt.is_resuming = true;
        break;
      default:
        die("see the head of bench/load.c");
    }
  }
  if (opt.count < 1) {
    die("-n: 1 or more");
  }
}

/* Sessions that are held may be more than the usual 1,024. */
static void allow_descriptors(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int main(int argc, char **argv) {
  const char *action;

  read_options(argc, argv);
  allow_descriptors();
  action = optind < argc ? argv[optind] : "";
  ftps_pattern_fill();
  if (!opt.is_plain) {
    prepare_tls();
  }

  if (strcmp(action, "get") == 0) {
    transfer(get_one);
  } else if (strcmp(action, "put") == 0) {
    transfer(put_one);
  } else if (strcmp(action, "login") == 0) {
    do_logins();
  } else if (strcmp(action, "banner") == 0) {
    do_banners();
  } else if (strcmp(action, "hold") == 0) {
    do_hold();
  } else if (strcmp(action, "crowd") == 0) {
    do_crowd();
  } else if (strcmp(action, "make") == 0) {
    return ftps_pattern_make(opt.file, opt.size) == 0 ? 0 : 1;
  } else if (strcmp(action, "check") == 0) {
    return ftps_pattern_check(opt.file, opt.size) == 0 ? 0 : 1;
  } else {
    die("unknown action \"%s\"", action);
  }

  (void) printf("reused=%lu full=%lu\n", reused, full);
  return 0;
}
