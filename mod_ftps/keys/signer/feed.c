/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * feed.c: see feed.h.
 */
#include "keys/signer/feed.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <openssl/crypto.h>

#include "base/fds.h"
#include "base/pages.h"
#include "keys/keynumbers.h"
#include "keys/reachable.h"

#define MAGIC       0x4b505446U
#define START       0x53505446U
#define FORGET      0x46505446U
#define PLACES_MAX  64U
#define PIECE_COUNT 3

struct head {
  uint32_t magic, place_count;
  uint16_t is_free, is_more; /* more places of the key before */
  unsigned char id[FTPS_CHANNEL_ID];
};

struct forget {
  uint32_t magic;
  unsigned char id[FTPS_CHANNEL_ID];
};

/* An iovec is for both directions and so has no const. */
static int send_message(int fd, struct head *head, const unsigned char *numbers,
    struct ftps_place *places) {
  union {
    const unsigned char *in;
    void *out;
  } page = { .in = numbers };
  struct iovec pieces[PIECE_COUNT] = { { head, sizeof(*head) },
    { page.out, FTPS_KEYNUMBERS_SIZE },
    { places, head->place_count * sizeof(*places) } };
  const struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = PIECE_COUNT };
  ssize_t sent;

  do {
    sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);

  return sent < 0 ? -1 : 0;
}

int ftps_feed_send(int fd, const struct ftps_signer_key *key,
    const unsigned char *numbers) {
  struct head head = { .magic = MAGIC, .is_free = key->is_free };
  size_t done = 0;

  memcpy(head.id, key->id, sizeof(head.id));
  do {
    size_t left = key->place_count - done;

    head.place_count = left < PLACES_MAX ? (uint32_t) left : PLACES_MAX;
    head.is_more = done > 0;
    if (send_message(fd, &head, numbers, key->places + done) < 0) {
      return -1;
    }
    done += head.place_count;
  } while (done < key->place_count);

  return 0;
}

int ftps_feed_send_start(int fd) {
  const uint32_t word = START;

  return send(fd, &word, sizeof(word), MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int ftps_feed_send_forget(int fd, const unsigned char *id) {
  struct forget message = { .magic = FORGET };

  memcpy(message.id, id, sizeof(message.id));
  return send(fd, &message, sizeof(message), MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void free_page(unsigned char *page) {
  if (page != NULL) {
    (void) munmap(page, FTPS_KEYNUMBERS_SIZE);
  }
}

static bool has_place(const struct ftps_signer_key *key,
    const struct ftps_place *place) {
  for (size_t i = 0; i < key->place_count; i++) {
    if (ftps_reachable_is_same(&key->places[i], place)) {
      return true;
    }
  }

  return false;
}

int ftps_feed_add_places(struct ftps_signer_key *key,
    const struct ftps_place *places, size_t n) {
  size_t size = (key->place_count + n + 1) * sizeof(*places);
  struct ftps_place *all = OPENSSL_realloc(key->places, size);

  if (all == NULL) {
    return -1;
  }

  key->places = all;
  for (size_t i = 0; i < n; i++) {
    if (!has_place(key, &places[i])) {
      memcpy(&all[key->place_count++], &places[i], sizeof(*places));
    }
  }
  return 0;
}

/* Returns the key with this id, or a new one, or NULL. */
static struct ftps_signer_key *find_or_add(struct ftps_signer_keys *keys,
    const unsigned char *id) {
  struct ftps_signer_key *list;

  for (size_t i = 0; i < keys->count; i++) {
    if (memcmp(keys->list[i].id, id, FTPS_CHANNEL_ID) == 0) {
      return &keys->list[i];
    }
  }

  list = OPENSSL_realloc(keys->list, (keys->count + 1) * sizeof(*list));
  if (list == NULL) {
    return NULL;
  }

  keys->list = list;
  memset(&list[keys->count], 0, sizeof(*list));
  memcpy(list[keys->count].id, id, FTPS_CHANNEL_ID);
  return &list[keys->count++];
}

static bool is_whole(const struct head *head, ssize_t got) {
  return got >= (ssize_t) (sizeof(*head) + FTPS_KEYNUMBERS_SIZE) &&
      head->magic == MAGIC && head->place_count <= PLACES_MAX &&
      (size_t) got ==
      sizeof(*head) + FTPS_KEYNUMBERS_SIZE +
          head->place_count * sizeof(struct ftps_place);
}

/* A key comes again when one of its servers has changed: the others still have
 * it.  The page is replaced, because the PIN of a token may be another one.
 */
static int take(struct ftps_signer_keys *keys, const struct head *head,
    unsigned char *page, const struct ftps_place *places) {
  struct ftps_signer_key *key = find_or_add(keys, head->id);

  if (key == NULL) {
    free_page(page);
    return -1;
  }

  if (!head->is_more) {
    EVP_PKEY_free(key->key);
    key->key = NULL;
  }

  free_page(key->numbers);
  key->numbers = page;
  key->is_free = key->is_free || head->is_free != 0;
  return ftps_feed_add_places(key, places, head->place_count);
}

static int forget(struct ftps_signer_keys *keys, const unsigned char *id) {
  memcpy(keys->forgotten, id, sizeof(keys->forgotten));
  for (size_t i = 0; i < keys->count; i++) {
    struct ftps_signer_key *key = &keys->list[i];

    if (memcmp(key->id, id, sizeof(key->id)) == 0) {
      EVP_PKEY_free(key->key);
      free_page(key->numbers);
      OPENSSL_free(key->places);
      *key = keys->list[--keys->count];
      break;
    }
  }

  return FTPS_FEED_FORGET;
}

/* A message without a key. */
static int take_word(struct ftps_signer_keys *keys, const struct head *head,
    ssize_t got) {
  struct forget message;

  if (got == (ssize_t) sizeof(head->magic) && head->magic == START) {
    return FTPS_FEED_START;
  }
  if (got == (ssize_t) sizeof(message) && head->magic == FORGET) {
    memcpy(&message, head, sizeof(message));
    return forget(keys, message.id);
  }

  return got == 0 ? 0 : -1;
}

int ftps_feed_receive(int fd, struct ftps_signer_keys *keys,
    size_t *index_out) {
  struct ftps_place places[PLACES_MAX];
  unsigned char *page = ftps_pages_locked(FTPS_KEYNUMBERS_SIZE);
  struct head head;
  struct iovec pieces[PIECE_COUNT] = { { &head, sizeof(head) },
    { page, FTPS_KEYNUMBERS_SIZE }, { places, sizeof(places) } };
  struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = PIECE_COUNT };
  ssize_t got = page != NULL ? recvmsg(fd, &msg, MSG_DONTWAIT) : -1;

  /* A filter of system calls, say. */
  if (page != NULL && got < 0 && ftps_fds_is_broken(errno)) {
    got = 0;
  }
  if (got <= 0 || !is_whole(&head, got)) {
    free_page(page);
    return take_word(keys, &head, got);
  }

  (void) mprotect(page, FTPS_KEYNUMBERS_SIZE, PROT_READ);
  if (take(keys, &head, page, places) < 0) {
    return -1;
  }

  *index_out = 0;
  while (memcmp(keys->list[*index_out].id, head.id, sizeof(head.id)) != 0) {
    (*index_out)++;
  }
  return 1;
}
