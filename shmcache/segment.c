/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * segment.c: see segment.h.
 *
 * The header is read once, by open(), and is not part of the mapping, so a
 * session can overwrite only entries.  The descriptor that stays open is
 * read-only.  So a session that somebody has taken over cannot shorten the
 * file, which would kill every process that touches the mapping after its end.
 *
 * Locks are POSIX record locks, one byte for each stripe.  The kernel drops
 * them when a process dies, and they work between parent and children.  When a
 * process closes any descriptor of the locked file, it loses all its locks.  So
 * the locks are on a file of their own, which is opened once for each segment.
 * If somebody removes that file under a running daemon, later segments lock
 * another file; then two processes may write to a stripe at once, which
 * entries.c and the seal of the values notice.
 */
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Locks of single stripes wait as long as their callers allow. */
#define SETUP_DEADLINE_MS 5000U

struct ftps_shm_segment {
  struct ftps_shm_store store;
  uint64_t size; /* of the file */
  int file_fd;   /* read-only */
  int lock_fd;
  dev_t dev;
  ino_t ino;
};

/* Waits longer each time, because the holder may have been stopped. */
static void wait_a_little(unsigned int round) {
  struct timespec pause = { 0, 0 };

  if (round < 3) {
    (void) sched_yield();
    return;
  }

  pause.tv_nsec = 20000L << (round < 8 ? round - 3 : 5);
  (void) nanosleep(&pause, NULL);
}

static int lock_byte(int fd, short kind, uint32_t byte,
    unsigned int deadline_ms) {
  struct flock lock;
  uint64_t end = 0;

  memset(&lock, 0, sizeof(lock));
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;

  for (unsigned int round = 0; fcntl(fd, F_SETLK, &lock) < 0; round++) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
      return -1;
    }
    if (end == 0) {
      end = ftps_clock_ms() + deadline_ms;
    } else if (ftps_clock_ms() >= end) {
      errno = EAGAIN;
      return -1;
    }
    wait_a_little(round);
  }

  return 0;
}

int ftps_shm_segment_lock(struct ftps_shm_segment *segment, uint32_t stripe,
    bool writes, unsigned int deadline_ms) {
  struct stat st;

  if (fstat(segment->file_fd, &st) < 0) {
    return -1;
  }
  if (st.st_size < 0 || (uint64_t) st.st_size < segment->size) {
    errno = EIO;
    return -1;
  }

  return lock_byte(segment->lock_fd, writes ? F_WRLCK : F_RDLCK, stripe + 1,
      deadline_ms);
}

void ftps_shm_segment_unlock(struct ftps_shm_segment *segment,
    uint32_t stripe) {
  (void) lock_byte(segment->lock_fd, F_UNLCK, stripe + 1, 0);
}

/* Maps the file behind `fd`, which is then closed; `name` still leads to the
 * file.
 */
static struct ftps_shm_segment *attach(int fd, const char *name,
    struct ftps_shm_report *report) {
  struct ftps_shm_segment *segment = calloc(1, sizeof(*segment));
  struct ftps_shm_header header;
  struct stat st, again;
  unsigned char *area = MAP_FAILED;

  memset(&header, 0, sizeof(header));
  if (segment != NULL) {
    segment->file_fd = ftps_shm_file_open(name, O_RDONLY);
    segment->lock_fd = -1;
    if (segment->file_fd >= 0 && fstat(fd, &st) == 0 &&
        fstat(segment->file_fd, &again) == 0 && st.st_ino == again.st_ino &&
        st.st_dev == again.st_dev &&
        ftps_shm_file_judge(fd, &st, &header) == NULL) {
      segment->size = (uint64_t) st.st_size;
      segment->dev = st.st_dev;
      segment->ino = st.st_ino;
      area = mmap(NULL, segment->size - FTPS_SHM_HEADER_SIZE,
          PROT_READ | PROT_WRITE, MAP_SHARED, fd, FTPS_SHM_HEADER_SIZE);
    }
  }

  if (area == MAP_FAILED ||
      ftps_shm_store_init(&segment->store, area, header.n_stripes,
          header.secret) < 0) {
    ftps_shm_file_say(report->fault, "file \"%s\" cannot be mapped: %s", name,
        strerror(errno));
    ftps_shm_segment_close(segment);
    segment = NULL;
  }
  (void) close(fd);
  return segment;
}

static void keep_entry(struct ftps_shm_segment *segment,
    const struct ftps_shm_entry *entry, time_t now) {
  struct ftps_shm_place place;

  if (entry->expires > (uint64_t) now &&
      ftps_shm_store_place(&segment->store, entry->key, entry->key_len,
          &place) == 0) {
    (void) ftps_shm_store_put(&segment->store, place, entry, now);
  }
}

static bool keep_copy(void *arg, const struct ftps_shm_store *copy) {
  struct ftps_shm_entry entry;
  time_t now = time(NULL);
  int res = 0;

  for (uint32_t i = 0; res >= 0; i++) {
    res = ftps_shm_store_entry(copy, 0, i, &entry);
    if (res == 1) {
      keep_entry(arg, &entry, now);
    }
  }
  return true;
}

/* No other process knows the new segment yet, so only the old one is locked. */
static int keep_entries(struct ftps_shm_segment *segment,
    struct ftps_shm_segment *old) {
  int res = ftps_shm_segment_walk(old, keep_copy, segment);

  ftps_shm_segment_let_go(segment);
  return res;
}

static struct ftps_shm_segment *make_segment(const char *path,
    uint32_t n_stripes, struct ftps_shm_segment *old,
    struct ftps_shm_report *report) {
  char name[FTPS_SHM_MAX_PATH + 16];
  struct ftps_shm_segment *segment;
  int fd;

  ftps_shm_file_name(name, path, ".new");
  fd = ftps_shm_file_make(path, n_stripes, report);
  if (fd < 0) {
    return NULL;
  }

  segment = attach(fd, name, report);
  if (segment != NULL && old != NULL && keep_entries(segment, old) == 0) {
    ftps_shm_file_say(report->note,
        "file \"%s\" has %llu bytes now instead of %llu, and its entries", path,
        (unsigned long long) segment->size, (unsigned long long) old->size);
  }
  if (segment != NULL && rename(name, path) < 0) {
    ftps_shm_file_say(report->fault,
        "file \"%s\" cannot be renamed to \"%s\": %s", name, path,
        strerror(errno));
    ftps_shm_segment_close(segment);
    segment = NULL;
  }
  if (segment == NULL) {
    (void) unlink(name);
  }
  return segment;
}

/* The caller holds the lock of byte 0 through `lock_fd`. */
static struct ftps_shm_segment *attach_or_make(const char *path, uint64_t size,
    int lock_fd, struct ftps_shm_report *report) {
  struct ftps_shm_segment *segment = NULL, *old = NULL;
  uint32_t n_stripes = ftps_shm_file_stripes(size);
  int fd;

  if (ftps_shm_file_open_old(path, &fd, report) < 0) {
    return NULL;
  }
  if (fd >= 0) {
    old = attach(fd, path, report);
    if (old == NULL) {
      return NULL;
    }
    old->lock_fd = lock_fd;
    if (old->store.n_stripes == n_stripes) {
      return old;
    }
  }

  segment = make_segment(path, n_stripes, old, report);
  if (segment != NULL) {
    segment->lock_fd = lock_fd;
  }
  if (old != NULL) {
    old->lock_fd = -1;
    ftps_shm_segment_close(old);
  }
  return segment;
}

/* A session that has been taken over could hold the lock.  It must not keep the
 * daemon from a file that is there: at each reload the daemon opens it anew.
 */
static struct ftps_shm_segment *attach_ready(const char *path, uint64_t size,
    int lock_fd) {
  int fd = ftps_shm_file_open_ready(path, ftps_shm_file_stripes(size));
  struct ftps_shm_report unused;
  struct ftps_shm_segment *segment = fd >= 0 ? attach(fd, path, &unused) : NULL;

  if (segment != NULL) {
    segment->lock_fd = lock_fd;
  }
  return segment;
}

struct ftps_shm_segment *ftps_shm_segment_open(const char *path, uint64_t size,
    struct ftps_shm_report *report) {
  struct ftps_shm_segment *segment;
  int lock_fd;

  if (ftps_shm_file_check(path, size, report) < 0) {
    return NULL;
  }
  lock_fd = ftps_shm_file_open_lock(path, report);
  if (lock_fd < 0) {
    return NULL;
  }

  segment = attach_ready(path, size, lock_fd);
  if (segment != NULL) {
    return segment;
  }

  if (lock_byte(lock_fd, F_WRLCK, 0, SETUP_DEADLINE_MS) < 0) {
    ftps_shm_file_say(report->fault, "file \"%s.lock\" cannot be locked: %s",
        path, strerror(errno));
  } else {
    segment = attach_or_make(path, size, lock_fd, report);
    (void) lock_byte(lock_fd, F_UNLCK, 0, 0);
  }
  if (segment == NULL) {
    (void) close(lock_fd);
  }
  return segment;
}

void ftps_shm_segment_close(struct ftps_shm_segment *segment) {
  if (segment == NULL) {
    return;
  }

  if (segment->store.area != NULL) {
    (void) munmap(segment->store.area, segment->size - FTPS_SHM_HEADER_SIZE);
  }
  ftps_shm_store_release(&segment->store);
  if (segment->file_fd >= 0) {
    (void) close(segment->file_fd);
  }
  if (segment->lock_fd >= 0) {
    (void) close(segment->lock_fd);
  }
  free(segment);
}

bool ftps_shm_segment_is_current(const struct ftps_shm_segment *segment,
    const char *path, uint64_t size) {
  char name[FTPS_SHM_MAX_PATH + 16];
  struct ftps_shm_header header;
  struct stat st, lock, lock_now;

  ftps_shm_file_name(name, path, ".lock");
  return segment->store.n_stripes == ftps_shm_file_stripes(size) &&
      lstat(path, &st) == 0 && st.st_ino == segment->ino &&
      st.st_dev == segment->dev &&
      ftps_shm_file_judge(segment->file_fd, &st, &header) == NULL &&
      fstat(segment->lock_fd, &lock) == 0 && lstat(name, &lock_now) == 0 &&
      lock.st_ino == lock_now.st_ino && lock.st_dev == lock_now.st_dev;
}

struct ftps_shm_store *ftps_shm_segment_get0_store(
    struct ftps_shm_segment *segment) {
  return &segment->store;
}

uint64_t ftps_shm_segment_size(const struct ftps_shm_segment *segment) {
  return segment->size;
}

int ftps_shm_segment_copy(struct ftps_shm_segment *segment, uint32_t stripe,
    unsigned int *patience_ms, unsigned char *buffer,
    struct ftps_shm_store *copy_out) {
  if (ftps_shm_segment_lock(segment, stripe, false, *patience_ms) < 0) {
    *patience_ms = 0;
    return -1;
  }

  memcpy(buffer, segment->store.area + (size_t) stripe * FTPS_SHM_STRIPE_SIZE,
      FTPS_SHM_STRIPE_SIZE);
  ftps_shm_segment_unlock(segment, stripe);

  memset(copy_out, 0, sizeof(*copy_out));
  copy_out->area = buffer;
  copy_out->n_stripes = 1;
  return 0;
}

int ftps_shm_segment_walk(struct ftps_shm_segment *segment,
    bool (*visit)(void *arg, const struct ftps_shm_store *copy), void *arg) {
  unsigned char *buffer = malloc(FTPS_SHM_STRIPE_SIZE);
  unsigned int patience_ms = FTPS_SHM_PATIENCE_MS;
  struct ftps_shm_store copy;
  bool goes_on = true;

  if (buffer == NULL) {
    return -1;
  }

  for (uint32_t i = 0; i < segment->store.n_stripes && goes_on; i++) {
    if (ftps_shm_segment_copy(segment, i, &patience_ms, buffer, &copy) == 0) {
      goes_on = visit(arg, &copy);
    }
  }
  free(buffer);
  ftps_shm_segment_let_go(segment);
  return 0;
}

void ftps_shm_segment_let_go(struct ftps_shm_segment *segment) {
  (void) madvise(segment->store.area, segment->size - FTPS_SHM_HEADER_SIZE,
      MADV_DONTNEED);
}
