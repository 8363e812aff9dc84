/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * key_updates.c: key_updates PORT SECONDS: a client that says AUTH TLS and then
 * nothing but KeyUpdate, one after the other.
 *
 * Used by t/61-handshake-guard.t.
 *
 * DIAGNOSTICS: exit status 0 when the server ended the connection, 1 when it
 * did not within SECONDS, 2 when there was none.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

static int start_auth(int port) {
  struct sockaddr_in addr = { .sin_family = AF_INET,
    .sin_port = htons((unsigned short) port),
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  char reply[512];

  return fd >= 0 && connect(fd, (struct sockaddr *) &addr, sizeof(addr)) == 0 &&
          read(fd, reply, sizeof(reply)) > 0 &&
          write(fd, "AUTH TLS\r\n", 10) == 10 &&
          read(fd, reply, sizeof(reply)) > 0
      ? fd
      : -1;
}

int main(int argc, char **argv) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL *ssl = SSL_new(ctx);
  time_t end;
  int fd;

  (void) signal(SIGPIPE, SIG_IGN);
  fd = argc == 3 ? start_auth(atoi(argv[1])) : -1;
  if (fd < 0 || SSL_set_fd(ssl, fd) != 1 ||
      SSL_set_min_proto_version(ssl, TLS1_3_VERSION) != 1 ||
      SSL_connect(ssl) != 1) {
    return 2;
  }

  end = time(NULL) + atoi(argv[2]);
  while (time(NULL) < end) {
    if (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
        SSL_do_handshake(ssl) != 1) {
      return 0;
    }
  }

  return 1;
}
