/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * host/data/stored.c - see stored.h
 *
 * Calls by name go to the hooks below ours, so that mod_vroot finds the file at
 * its place.  The descriptor is used directly, because mod_statcache answers
 * fstat by the name, with an earlier state.
 *
 * Why it does not use a file without a name in the same directory (O_TMPFILE)
 * that gets its name later: not all file systems have this, linkat() needs
 * /proc, which a session in a chroot does not see, and each costs as much as
 * the file itself.
 *
 * DIAGNOSTICS: as the calls of the system.  EPERM from ftps_stored_begin() and
 * ftps_stored_finish_empty() may mean that the path leads elsewhere by now, and
 * TLSLog has it.  EEXIST from ftps_stored_begin() and
 * ftps_stored_finish_empty(): somebody has made the file meanwhile, and
 * AllowOverwrite (APPE: AllowStoreRestart) is off.
 */

#include "host/data/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "privs.h"

#include "base/compat.h"
#include "host/data/fs_hook.h"
#include "log/log.h"

/* An upload that is complete has this number of nanoseconds behind the
 * milliseconds of its file's time.  The kernel's own time goes on in larger
 * steps, so two changes may have the same one, but hardly ever this.
 */
#define MILLISECOND 1000000L
#define SIGNATURE   271828L

static int call_open(const struct ftps_stored *stored, pr_fh_t *fh,
    const char *path, int flags) {
  pr_fs_t *fs = stored->below;

  FTPS_FS_SKIP_TO(fs, open);
  return (fs->open)(fh, path, flags);
}

int ftps_stored_stat(const struct ftps_stored *stored, const char *path,
    struct stat *st) {
  pr_fs_t *fs = stored->below;

  FTPS_FS_SKIP_TO(fs, stat);
  return (fs->stat)(fs, path, st);
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool ftps_stored_is_at(const struct ftps_stored *stored, const char *path) {
  struct stat st;

  return ftps_stored_stat(stored, path, &st) == 0 &&
      is_same_file(&st, &stored->seen);
}

/* A link to a missing file counts as existing: ProFTPD makes the file that it
 * names.
 */
static bool is_absent(const struct ftps_stored *stored, const char *path) {
  struct stat st;
  pr_fs_t *fs = stored->below;

  FTPS_FS_SKIP_TO(fs, lstat);
  return (fs->lstat)(fs, path, &st) < 0 && errno == ENOENT;
}

/* With its slash, because mod_vroot takes the path of its root for one below it
 * if there is none at its end.
 */
static int open_folder(const struct ftps_stored *stored, pr_fh_t *fh,
    const char *path) {
  char folder[PR_TUNABLE_PATH_MAX + 1] = ".";
  const char *slash = strrchr(path, '/');

  if (slash != NULL) {
    size_t len = (size_t) (slash - path) + 1;

    if (len >= sizeof(folder)) {
      errno = ENAMETOOLONG;
      return -1;
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
  }

  return call_open(stored, fh, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* If it may, keeps the folder open: the file is made in this one or not at all.
 */
static bool may_make_file(struct ftps_stored *stored, pr_fh_t *fh,
    const char *path) {
  int fd = open_folder(stored, fh, path);

  if (fd < 0) {
    return false;
  }
  if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
    (void) close(fd);
    return false;
  }

  stored->folder = fd;
  return true;
}

/* The folder is kept as long as the file is missing. */
static void end_missing(struct ftps_stored *stored) {
  if (stored->is_missing) {
    (void) close(stored->folder);
  }
  stored->is_missing = false;
}

/* Kernels before 6.3 do not have the second flag. */
static int open_stand_in(void) {
  int fd = memfd_create("ftps-upload", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

  return fd >= 0 ? fd : memfd_create("ftps-upload", MFD_CLOEXEC);
}

/* The real call also has the best reason if no file can be made.  It keeps
 * O_CREAT for an existing file, so that the kernel's rules for files in sticky
 * directories (fs.protected_regular) apply.  If there was no file, and may be
 * one now, as mod_statcache answers, it decides.
 */
static int open_file(struct ftps_stored *stored, pr_fh_t *fh, const char *path,
    int flags) {
  int fd;

  if (!stored->is_hidden && is_absent(stored, path)) {
    if (session.restart_pos > 0 || session.range_start > 0) {
      return call_open(stored, fh, path, flags & ~(O_TRUNC | O_CREAT));
    }

    stored->is_missing = may_make_file(stored, fh, path);
    fd = stored->is_missing ? open_stand_in() : -1;
    if (fd >= 0) {
      stored->mask = umask(0);
      (void) umask(stored->mask);
      return fd;
    }
    end_missing(stored);
  }

  return call_open(stored, fh, path, flags & ~O_TRUNC);
}

static bool is_switched_on(const char *directive) {
  const unsigned char *value = get_param_ptr(CURRENT_CONF, directive, FALSE);

  return value != NULL && *value != FALSE;
}

int ftps_stored_open(struct ftps_stored *stored, pr_fh_t *fh, const char *path,
    int flags) {
  int fd;
  pr_fs_t *fs;

  stored->fh = NULL;
  stored->is_hidden = session.xfer.path_hidden != NULL &&
      strcmp(path, session.xfer.path_hidden) == 0;
  stored->is_appended =
      session.curr_cmd_id == PR_CMD_APPE_ID && session.restart_pos == 0;
  stored->may_meet_file = is_switched_on(
      stored->is_appended ? "AllowStoreRestart" : "AllowOverwrite");
  end_missing(stored);
  stored->is_given_away = false;
  stored->wants_truncate = (flags & O_TRUNC) != 0;
  stored->has_true_size = false;
  stored->may_be_deleted = is_switched_on("DeleteAbortedStores");
  stored->has_others = false;
  stored->end = 0;
  sstrncpy(stored->path, path, sizeof(stored->path));

  fd = open_file(stored, fh, path, flags);
  if (fd < 0) {
    return -1;
  }

  if (fstat(fd, &stored->seen) == 0) {
    stored->fh = S_ISREG(stored->seen.st_mode) ? fh : NULL;
    return fd;
  }

  /* This is not a descriptor of the system: some module has files of its own.
   */
  end_missing(stored);
  fs = stored->below;
  FTPS_FS_SKIP_TO(fs, close);
  (void) (fs->close)(fh, fd);
  return call_open(stored, fh, path, flags);
}

bool ftps_stored_give_away(struct ftps_stored *stored, const char *path,
    uid_t uid, gid_t gid) {
  if (stored->fh == NULL || !stored->is_missing ||
      strcmp(path, stored->path) != 0) {
    return false;
  }

  stored->is_given_away = true;
  stored->is_given_by_root = geteuid() == 0;
  stored->uid = uid;
  stored->gid = gid;
  return true;
}

/* By the name, and not through links, as ProFTPD does it.  If it fails, the
 * upload goes on.
 */
static void give_away(const struct ftps_stored *stored) {
  int res;
  pr_fs_t *fs = stored->below;

  FTPS_FS_SKIP_TO(fs, lchown);
  if (stored->is_given_by_root) {
    PRIVS_ROOT
  }
  res = (fs->lchown)(fs, stored->path, stored->uid, stored->gid);
  if (stored->is_given_by_root) {
    PRIVS_RELINQUISH
  }

  if (res < 0) {
    ftps_log("UserOwner, GroupOwner: the new file cannot be given away: %s",
        strerror(errno));
  }
}

static bool refuse_path(void) {
  ftps_log("upload refused: its path leads elsewhere since its command was "
           "checked");
  errno = EPERM;
  return false;
}

/* Returns false with errno set. */
static bool is_folder_there(const struct ftps_stored *stored) {
  struct stat own, now;
  int fd = open_folder(stored, stored->fh, stored->path);
  bool is_known;

  if (fd < 0) {
    return false;
  }

  is_known = fstat(stored->folder, &own) == 0 && fstat(fd, &now) == 0;
  (void) close(fd);
  return (is_known && is_same_file(&own, &now)) || refuse_path();
}

/* True if another module opens files, which may have another name for them. */
static bool is_mapped(const struct ftps_stored *stored) {
  const pr_fs_t *fs = stored->below, *system = fs;

  FTPS_FS_SKIP_TO(fs, open);
  while (system->fs_next != NULL) {
    system = system->fs_next;
  }

  return fs->open != system->open;
}

/* mod_vroot has aliases of files, which their folder does not know. */
static bool is_alias(const struct ftps_stored *stored, const struct stat *own) {
  struct stat now;

  return is_mapped(stored) &&
      ftps_stored_stat(stored, stored->path, &now) == 0 &&
      is_same_file(own, &now) && is_folder_there(stored);
}

/* Returns false with errno set. */
static bool is_made_there(const struct ftps_stored *stored, int made) {
  const char *slash = strrchr(stored->path, '/');
  const char *name = slash != NULL ? slash + 1 : stored->path;
  struct stat own, now;

  if (fstat(made, &own) < 0) {
    return false;
  }
  if (fstatat(stored->folder, name, &now, AT_SYMLINK_NOFOLLOW) == 0) {
    return is_same_file(&own, &now) || refuse_path();
  }

  return (errno == ENOENT && is_alias(stored, &own)) || refuse_path();
}

/* What ProFTPD has checked at the command (<Limit>) is about the path as it was
 * then.  Meanwhile the user may have put a link in the place of the file, or of
 * its folder.  A file that is there already is emptied only when it is known to
 * be the right one.
 */
static int open_missing(const struct ftps_stored *stored, bool truncate) {
  int flags =
      O_WRONLY | O_CREAT | O_NOFOLLOW | (stored->may_meet_file ? 0 : O_EXCL);
  int made, xerrno;

  if (!is_folder_there(stored)) {
    return -1;
  }

  made = call_open(stored, stored->fh, stored->path, flags);
  if (made < 0) {
    (void) (errno != ELOOP || refuse_path());
    return -1;
  }

  if (!is_made_there(stored, made) || (truncate && ftruncate(made, 0) < 0)) {
    xerrno = errno;
    (void) close(made);
    errno = xerrno;
    return -1;
  }
  return made;
}

/* The descriptor keeps its number, because ProFTPD uses it.  Another command
 * may have been served since this one began, and have left its own umask.
 */
static int make_file(struct ftps_stored *stored, int fd, bool truncate) {
  int made, res, xerrno;
  mode_t mask = umask(stored->mask);

  made = open_missing(stored, truncate);
  (void) umask(mask);
  if (made < 0) {
    return -1;
  }

  res = dup3(made, fd, O_CLOEXEC);
  xerrno = errno;
  (void) close(made);
  if (res < 0) {
    errno = xerrno;
    return -1;
  }

  end_missing(stored);
  (void) pr_fs_clear_cache2(stored->path);
  if (stored->is_given_away) {
    give_away(stored);
  }
  return fstat(fd, &stored->seen);
}

static int empty_file(struct ftps_stored *stored) {
  if (stored->wants_truncate && pr_fsio_ftruncate(stored->fh, 0) < 0) {
    return -1;
  }

  stored->wants_truncate = false;
  return 0;
}

static int append_to_file(int fd) {
  int flags = fcntl(fd, F_GETFL);

  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_APPEND);
}

int ftps_stored_begin(struct ftps_stored *stored, int fd) {
  int res;
  off_t start;

  if (stored->is_missing) {
    res = make_file(stored, fd, stored->wants_truncate);
    stored->wants_truncate = false;
  } else {
    res = empty_file(stored);
  }

  if (res == 0 && stored->is_appended) {
    res = append_to_file(fd);
  }

  if (res < 0) {
    return -1;
  }

  start = lseek(fd, 0, stored->is_appended ? SEEK_END : SEEK_CUR);
  if (start < 0) {
    return -1;
  }

  /* If this is not the start, ProFTPD has compared it with the size. */
  stored->end = start;
  stored->has_true_size = start > 0;
  stored->has_others = start > 0;
  return 0;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_signed(const struct stat *st) {
  return st->st_mtim.tv_nsec % MILLISECOND == SIGNATURE;
}

/* Another upload has changed the file since our last byte. */
void ftps_stored_watch(struct ftps_stored *stored, int fd) {
  struct stat st;

  if (stored->may_be_deleted && fstat(fd, &st) == 0 &&
      !is_same_time(&st.st_mtim, &stored->last)) {
    stored->has_others = true;
  }
}

/* Another upload may end between our write and the question for the time. */
void ftps_stored_count(struct ftps_stored *stored, int fd, size_t len) {
  struct stat st;

  stored->end += (off_t) len;
  if (stored->has_true_size && !stored->may_be_deleted) {
    return;
  }

  if (fstat(fd, &st) < 0) {
    stored->has_true_size = true;
    return;
  }

  stored->has_true_size |= st.st_size >= stored->end;
  stored->has_others |= is_signed(&st);
  stored->last = st.st_mtim;
}

void ftps_stored_count_refused(struct ftps_stored *stored, int fd) {
  off_t end = lseek(fd, 0, SEEK_CUR);

  ftps_stored_count(stored, fd,
      end > stored->end ? (size_t) (end - stored->end) : 0);
}

void ftps_stored_close(struct ftps_stored *stored) {
  end_missing(stored);
  stored->fh = NULL;
}

static bool has_changed(const struct ftps_stored *stored, int fd) {
  struct stat st;

  return fstat(fd, &st) < 0 || st.st_size != stored->seen.st_size ||
      !is_same_time(&st.st_mtim, &stored->seen.st_mtim);
}

/* ProFTPD alone empties the file at the command, before others write to it. */
int ftps_stored_finish_empty(struct ftps_stored *stored, int fd) {
  if (stored->is_missing) {
    stored->wants_truncate = false;
    return make_file(stored, fd, false);
  }

  if (stored->wants_truncate && has_changed(stored, fd)) {
    stored->wants_truncate = false;
  }

  return empty_file(stored);
}

/* Some file systems do not count links, so the name is checked too. */
enum ftps_refusal ftps_stored_fault(const struct ftps_stored *stored, int fd) {
  struct stat st;

  if (stored->is_missing || fstat(fd, &st) < 0) {
    return FTPS_REFUSAL_NONE;
  }

  if (st.st_nlink == 0 && !ftps_stored_is_at(stored, stored->path)) {
    return FTPS_REFUSAL_UPLOAD_REPLACED;
  }

  if (stored->has_true_size && st.st_size < stored->end) {
    return FTPS_REFUSAL_UPLOAD_EMPTIED;
  }

  return FTPS_REFUSAL_NONE;
}

/* Only the owner may set a time; for others it is the time of now. */
void ftps_stored_sign(const struct ftps_stored *stored, int fd) {
  struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };

  if (!stored->may_be_deleted || clock_gettime(CLOCK_REALTIME, &times[1]) < 0) {
    return;
  }

  times[1].tv_nsec -= times[1].tv_nsec % MILLISECOND;
  times[1].tv_nsec += SIGNATURE;
  if (futimens(fd, times) < 0) {
    (void) futimens(fd, NULL);
  }
}

/* The kernel gives a lease for writing only if the file is open nowhere else.
 * If it gives none for another reason, nothing is known.  Whoever opens the
 * file at this moment waits until the lease is returned, and the kernel sends a
 * signal, so it is one that does nothing.
 */
static bool is_in_use(int fd) {
  bool is_shared;

  (void) fcntl(fd, F_SETSIG, SIGCONT);
  is_shared = fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN;
  (void) fcntl(fd, F_SETLEASE, F_UNLCK);
  return is_shared;
}

bool ftps_stored_is_sole(const struct ftps_stored *stored, int fd) {
  struct stat st;

  if (fstat(fd, &st) < 0 || st.st_size != stored->end || stored->has_others) {
    return false;
  }

  return !stored->may_be_deleted ||
      (is_same_time(&st.st_mtim, &stored->last) && !is_in_use(fd));
}
