/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * shmcache.c: what the shared-memory cache does in a second.
 *
 * Fills a segment in a temporary folder with entries, then lets several
 * processes get one and put one in turn, keys at random.  Prints pairs of get
 * and put per second, of all processes; how many operations found no lock
 * within 2 ms; the longest operation, and the longest of those during which the
 * process was not preempted, which is what the cache itself costs on a machine
 * that does other things as well.
 *
 * make bench-shm, or build/bench/shmcache
 * [PROCESSES [ENTRIES [BYTES [SECONDS]]]]
 */
#include "shmcache/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define N_ROUNDS    9
#define DEADLINE_MS 2
#define KEY_LEN     37 /* "sess", NUL, 32 bytes of an id */
#define MAX_WORKERS 64

/* Shorter operations are not asked whether they were preempted. */
#define ASK_FROM_NS 100000U

struct result {
  uint64_t pairs;
  uint64_t no_lock;
  uint64_t longest_ns;
  uint64_t longest_own_ns; /* not preempted meanwhile */
  long preempted;          /* how often */
};

struct work {
  struct ftps_shm_segment *segment;
  uint32_t n_entries;
  size_t value_len;
  uint32_t random_state;
};

static uint64_t now_ns(void) {
  struct timespec now;

  (void) clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000U + (uint64_t) now.tv_nsec;
}

static uint32_t random_entry(struct work *work) {
  work->random_state = work->random_state * 1664525U + 1013904223U;
  return (work->random_state >> 8) % work->n_entries;
}

/* One get or put.  0, or -1: no lock. */
static int operate(struct work *work, uint32_t number, bool puts) {
  static unsigned char value[FTPS_SHM_MAX_VALUE];
  struct ftps_shm_store *store = ftps_shm_segment_get0_store(work->segment);
  unsigned char key[KEY_LEN] = "sess";
  struct ftps_shm_place place;
  struct ftps_shm_entry entry;
  time_t now = time(NULL);

  memcpy(key + 5, &number, sizeof(number));
  memset(&entry, 0, sizeof(entry));
  entry.key = key;
  entry.key_len = sizeof(key);
  entry.value = value;
  entry.value_len = puts ? work->value_len : sizeof(value);
  entry.expires = (uint64_t) now + 3600;

  if (ftps_shm_store_place(store, key, sizeof(key), &place) < 0 ||
      ftps_shm_segment_lock(work->segment, place.stripe, puts, DEADLINE_MS) <
          0) {
    return -1;
  }
  if (puts) {
    (void) ftps_shm_store_put(store, place, &entry, now);
  } else {
    (void) ftps_shm_store_get(store, place, &entry, value, now);
  }
  ftps_shm_segment_unlock(work->segment, place.stripe);
  return 0;
}

static void note_time(struct result *result, uint64_t ns) {
  struct rusage usage;

  if (ns > result->longest_ns) {
    result->longest_ns = ns;
  }
  if (ns <= result->longest_own_ns) {
    return;
  }
  if (ns >= ASK_FROM_NS) {
    (void) getrusage(RUSAGE_SELF, &usage);
    if (usage.ru_nivcsw != result->preempted) {
      result->preempted = usage.ru_nivcsw;
      return;
    }
  }
  result->longest_own_ns = ns;
}

static void run(struct work *work, uint64_t ns, struct result *result) {
  uint64_t start = now_ns(), before = start, after = start;

  memset(result, 0, sizeof(*result));
  while (after - start < ns) {
    for (int puts = 0; puts < 2; puts++) {
      if (operate(work, random_entry(work), puts == 1) < 0) {
        result->no_lock++;
      }
      after = now_ns();
      note_time(result, after - before);
      before = after;
    }
    result->pairs++;
  }
}

/* The sum of all workers; 0, or -1. */
static int run_round(struct work *work, long n_workers, uint64_t ns,
    struct result *sum) {
  struct result result;
  int ends[2];

  memset(sum, 0, sizeof(*sum));
  if (pipe(ends) < 0) {
    return -1;
  }
  for (long i = 0; i < n_workers; i++) {
    if (fork() == 0) {
      work->random_state = (uint32_t) getpid();
      run(work, ns, &result);
      _exit(write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
    }
  }
  for (long i = 0; i < n_workers; i++) {
    if (read(ends[0], &result, sizeof(result)) != sizeof(result)) {
      return -1;
    }
    sum->pairs += result.pairs;
    sum->no_lock += result.no_lock;
    if (result.longest_ns > sum->longest_ns) {
      sum->longest_ns = result.longest_ns;
    }
    if (result.longest_own_ns > sum->longest_own_ns) {
      sum->longest_own_ns = result.longest_own_ns;
    }
  }
  while (wait(NULL) > 0) {
  }
  (void) close(ends[0]);
  (void) close(ends[1]);
  return 0;
}

static int compare(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;

  return *x < *y ? -1 : *x > *y;
}

static int measure(struct work *work, long n_workers, uint64_t ns) {
  uint64_t rates[N_ROUNDS], longest = 0;
  struct result sum;

  for (int i = 0; i < N_ROUNDS; i++) {
    if (run_round(work, n_workers, ns / N_ROUNDS, &sum) < 0) {
      perror("a round");
      return -1;
    }
    rates[i] = sum.pairs * 1000000000U / (ns / N_ROUNDS);
    longest = sum.longest_own_ns > longest ? sum.longest_own_ns : longest;
    (void) printf("  %8llu pairs/s  longest %7.3f ms, not preempted %7.3f ms  "
                  "no lock %llu\n",
        (unsigned long long) rates[i], (double) sum.longest_ns / 1e6,
        (double) sum.longest_own_ns / 1e6, (unsigned long long) sum.no_lock);
  }

  qsort(rates, N_ROUNDS, sizeof(rates[0]), compare);
  (void) printf("median %llu pairs/s, longest operation %.3f ms\n",
      (unsigned long long) rates[N_ROUNDS / 2], (double) longest / 1e6);
  return 0;
}

static long argument(int argc, char **argv, int i, long otherwise) {
  return argc > i && atol(argv[i]) > 0 ? atol(argv[i]) : otherwise;
}

int main(int argc, char **argv) {
  char folder[] = "/tmp/bench-shmcache-XXXXXX", path[64];
  long n_workers = argument(argc, argv, 1, 2);
  long seconds = argument(argc, argv, 4, 9);
  struct ftps_shm_report report;
  struct work work = { .random_state = 1 };
  uint64_t size;
  int res;

  work.n_entries = (uint32_t) argument(argc, argv, 2, 100000);
  work.value_len = (size_t) argument(argc, argv, 3, 300);
  if (n_workers > MAX_WORKERS || work.value_len > FTPS_SHM_MAX_VALUE ||
      mkdtemp(folder) == NULL) {
    perror("arguments, or a folder below /tmp");
    return 1;
  }

  (void) snprintf(path, sizeof(path), "%s/cache", folder);
  size = FTPS_SHM_MINIMUM_SIZE +
      (uint64_t) work.n_entries * (work.value_len + KEY_LEN + 24) * 3 / 2;
  work.segment = ftps_shm_segment_open(path, size, &report);
  if (work.segment == NULL) {
    (void) fprintf(stderr, "%s\n", report.fault);
    return 1;
  }
  for (uint32_t i = 0; i < work.n_entries; i++) {
    (void) operate(&work, i, true);
  }

  (void) printf("%lu entries of %zu bytes, %llu bytes, %ld processes\n",
      (unsigned long) work.n_entries, work.value_len,
      (unsigned long long) ftps_shm_segment_size(work.segment), n_workers);
  res = measure(&work, n_workers, (uint64_t) seconds * 1000000000U);
  ftps_shm_segment_close(work.segment);
  (void) ftps_shm_file_unlink(path);
  (void) rmdir(folder);
  return res == 0 ? 0 : 1;
}
