/* SPDX-License-Identifier: GPL-2.0-or-later WITH mod_ftps-openssl-exception */
/*
 * policy.c: TLSRequired in all its scopes; see policy.h.
 *
 * host/control/require.c decides; here is found out which values apply.
 * The server's value and <Anonymous>'s hold everywhere.  A transfer is subject,
 * besides, to the data requirement of the innermost <Directory> around the path
 * that it is about, which need not be the working directory, and of .ftpaccess
 * files.  Each of these adds to what is required and takes nothing from it,
 * but for a <Directory> in a <Directory>, where the inner one decides alone,
 * and for <Anonymous> under TLSOptions AllowPerUser, which is there for that.
 *
 * This runs before the handlers of the core, so session.dir_config still
 * belongs to an earlier command: the section is looked up here, by the same
 * calls as the core's own, and session.dir_config is left as it is.
 *
 * Costs: nothing is looked up for commands that cannot be refused any more,
 * which on a protected connection is all but transfers after PROT C.
 *
 * Limits: a listing that may descend (-R, or a wildcard before a slash) is
 * refused when any <Directory> that it may reach requires protection;
 * .ftpaccess files below the point where it starts are not searched for.
 *
 * DIAGNOSTICS: "refused: ..." in TLSLog, with the command and the reason.
 */
#include "host/control/policy.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/settings.h"
#include "base/x509_text.h"
#include "conn/conn.h"
#include "host/control/require.h"
#include "host/session.h"
#include "log/log.h"

#define DIRECTIVE "TLSRequired"

static bool is_control_protected(const struct ftps_session *sess) {
  return sess->control != NULL && sess->control->state == FTPS_CONN_OPEN;
}

static void read_record(const config_rec *record,
    struct ftps_requirements *out) {
  out->control = ftps_require_read(*((const int *) record->argv[0]));
  out->data = ftps_require_read(*((const int *) record->argv[1]));
  out->auth = ftps_require_read(*((const int *) record->argv[2]));
}

/* `inner` on top of what `out` says already. */
static void add_requirements(struct ftps_requirements *out,
    const struct ftps_requirements *inner) {
  out->control = ftps_require_nest(out->control, inner->control);
  out->data = ftps_require_nest(out->data, inner->data);
  out->auth = ftps_require_nest(out->auth, inner->auth);
}

/* What one section says by itself.  There may be two records: an .ftpaccess
 * file adds its own to those of the <Directory> of the same path, and it must
 * not weaken them.
 */
static bool read_section(xaset_t *set, struct ftps_requirements *out) {
  config_rec *record = NULL;
  bool found = false;

  memset(out, 0, sizeof(*out));

  if (set != NULL) {
    record = find_config(set, CONF_PARAM, DIRECTIVE, FALSE);
  }

  while (record != NULL) {
    struct ftps_requirements one;

    read_record(record, &one);
    add_requirements(out, &one);
    found = true;
    record =
        find_config_next(record, record->next, CONF_PARAM, DIRECTIVE, FALSE);
  }

  return found;
}

static bool is_per_user(const struct ftps_session *sess) {
  return sess != NULL &&
      (sess->settings->options & FTPS_OPT_ALLOW_PER_USER) != 0;
}

/* What holds for the whole session: the server, and <Anonymous> once somebody
 * has logged in there.
 */
static void read_toplevel(struct ftps_requirements *out) {
  const config_rec *record;
  struct ftps_requirements inner;

  /* <Global>'s record stands behind the server's own, which replaces it. */
  memset(out, 0, sizeof(*out));
  record = find_config(main_server->conf, CONF_PARAM, DIRECTIVE, FALSE);
  if (record != NULL) {
    read_record(record, out);
  }

  if (session.anon_config != NULL &&
      read_section(session.anon_config->subset, &inner)) {
    if (is_per_user(ftps_session_current())) {
      *out = inner;
    } else {
      add_requirements(out, &inner);
    }
  }
}

/* The path without the session's chroot: sections are named from the real root.
 */
static char *real_path(pool *p, const char *path) {
  if (session.chroot_path != NULL) {
    return pdircat(p, session.chroot_path, path, NULL);
  }

  return pstrdup(p, path);
}

/* Is this a section of its own that the core made of an .ftpaccess file?  Those
 * of the configuration have room for two values.
 */
static bool is_dynamic(const config_rec *section) {
  return section->argc == 1 && section->argv[0] != NULL;
}

/* The data requirement around `path`: that of the innermost <Directory> that
 * has one, and those of .ftpaccess files within, which users write and which
 * therefore cannot weaken it.
 *
 * The copies that the core merges into inner sections when it has parsed the
 * configuration are not enough: a section that is made of an .ftpaccess file
 * later has none, so the way up is walked.
 */
static enum ftps_require read_path(pool *p, const char *path) {
  struct ftps_requirements found;
  enum ftps_require data = FTPS_REQUIRE_UNSET;
  struct stat st;

  if (pr_fsio_stat(path, &st) < 0) {
    memset(&st, 0, sizeof(st));
  }

  build_dyn_config(p, path, &st, TRUE);

  for (config_rec *c = dir_match_path(p, real_path(p, path)); c != NULL;
       c = c->parent) {
    if (!read_section(c->subset, &found)) {
      continue;
    }

    data = ftps_require_nest(found.data, data);
    if (!is_dynamic(c)) {
      break;
    }
  }

  return data;
}

/* May a section of this name hold paths that begin with `top`?  What lies
 * around `top` itself is read_path()'s business, but of a name with wildcards
 * it cannot be told.
 */
static bool may_be_below(const config_rec *section, const char *top) {
  size_t plain = strcspn(section->name, "*?[{\\");
  size_t len = strlen(top);

  /* Inside <Anonymous> the name is relative to what stands in argv[1]. */
  if (section->argc > 1 && section->argv[1] != NULL) {
    return true;
  }

  if (plain < len && plain < strlen(section->name)) {
    len = plain;
  }

  return strncmp(section->name, top, len) == 0;
}

static bool is_required_below(xaset_t *set, const char *top) {
  struct ftps_requirements found;

  if (set == NULL) {
    return false;
  }

  for (config_rec *c = (config_rec *) set->xas_list; c != NULL; c = c->next) {
    if (c->config_type != CONF_DIR) {
      continue;
    }

    if (may_be_below(c, top) && read_section(c->subset, &found) &&
        found.data == FTPS_REQUIRE_ON) {
      return true;
    }

    if (is_required_below(c->subset, top)) {
      return true;
    }
  }

  return false;
}

/* What a transfer is about. */
struct target {
  const char *name; /* as the client wrote it, without options */
  bool descends;    /* what lies below may be listed too */
  bool also_here;   /* the core may take it for the working directory */
};

static const char *skip_blanks(const char *text) {
  while (isspace((unsigned char) *text)) {
    text++;
  }

  return text;
}

/* Steps over options just as mod_ls does, which is not always what one would
 * think: behind two blanks the name begins with a blank.  What is glued to an
 * option is a name or part of the option, depending on ListOptions.
 */
static void skip_options(struct target *target) {
  const char *rest = target->name;
  const char *word = skip_blanks(rest);

  if (*word != '-') {
    return;
  }

  while (*word == '-') {
    for (rest = word + 1; isalnum((unsigned char) *rest); rest++) {
      target->descends = target->descends || *rest == 'R';
    }

    if (*rest != '\0' && !isspace((unsigned char) *rest)) {
      target->also_here = true;
    }

    word = skip_blanks(rest);
  }

  target->name = rest[0] != '\0' && rest[1] == ' ' ? rest + 1 : word;
}

/* A listing may have options, and wildcards that lead into directories. */
static void read_listing(cmd_rec *cmd, struct target *target) {
  size_t plain;
  struct stat st;

  /* One word alone is a name if there is such a thing. */
  if (cmd->argc > 2 || pr_fsio_stat(target->name, &st) < 0) {
    skip_options(target);
  }

  plain = strcspn(target->name, "*?[{");
  if (strchr(target->name + plain, '/') != NULL) {
    target->descends = true;
    target->name = pstrndup(cmd->tmp_pool, target->name, plain);
  }
}

static void find_target(cmd_rec *cmd, struct target *target) {
  memset(target, 0, sizeof(*target));

  /* STOU: the core takes no notice of an argument and makes a new name. */
  if (strcasecmp(cmd->argv[0], C_STOU) == 0) {
    target->name = "ftpXXXXXX";
    return;
  }

  target->name = cmd->argc > 1 && cmd->arg != NULL
      ? pr_fs_decode_path(cmd->tmp_pool, cmd->arg)
      : "";

  if (strcasecmp(cmd->argv[0], C_LIST) == 0 ||
      strcasecmp(cmd->argv[0], C_NLST) == 0) {
    read_listing(cmd, target);
  }

  if (*target->name == '\0') {
    target->name = ".";
  }
}

/* The data requirement of the sections that a transfer is about. */
static enum ftps_require read_transfer(cmd_rec *cmd) {
  pool *p = cmd->tmp_pool;
  struct target target;
  const char *path, *top;
  enum ftps_require data;

  find_target(cmd, &target);
  path = dir_best_path(p, target.name);
  if (path == NULL) {
    return FTPS_REQUIRE_UNSET;
  }

  data = read_path(p, path);
  if (target.also_here) {
    data = ftps_require_nest(read_path(p, dir_best_path(p, ".")), data);
  }

  if (!target.descends || data == FTPS_REQUIRE_ON) {
    return data;
  }

  top = real_path(p, path);
  if (is_required_below(main_server->conf, top) ||
      (session.anon_config != NULL &&
          is_required_below(session.anon_config->subset, top))) {
    return FTPS_REQUIRE_ON;
  }

  return data;
}

static const struct ftps_refusal *judge(cmd_rec *cmd,
    const struct ftps_session *sess) {
  struct ftps_require_facts facts;
  struct ftps_requirements required;
  const struct ftps_refusal *refusal;

  facts.command = ftps_require_classify(cmd->argv[0]);
  facts.control_protected = is_control_protected(sess);
  facts.data_private = sess->prot == FTPS_PROT_PRIVATE;

  /* Who it is, and so what is required, is known after the login. */
  if (is_per_user(sess) && session.user == NULL) {
    return NULL;
  }

  if (facts.control_protected &&
      (facts.command != FTPS_COMMAND_TRANSFER || facts.data_private)) {
    return NULL;
  }

  read_toplevel(&required);
  refusal = ftps_require_decide(&facts, &required);

  /* Before a login there are no paths: the core refuses by itself. */
  if (refusal != NULL || facts.command != FTPS_COMMAND_TRANSFER ||
      session.user == NULL) {
    return refusal;
  }

  required.data = ftps_require_nest(required.data, read_transfer(cmd));
  return ftps_require_decide(&facts, &required);
}

modret_t *ftps_policy_pre_any(cmd_rec *cmd) {
  const struct ftps_session *sess = ftps_session_current();
  const struct ftps_refusal *refusal;
  char name[32];

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  refusal = judge(cmd, sess);
  if (refusal == NULL) {
    return PR_DECLINED(cmd);
  }

  (void) ftps_text_escape(cmd->argv[0], strlen(cmd->argv[0]), name,
      sizeof(name));
  ftps_log("refused: %s: %s %s", name, refusal->code, refusal->text);
  pr_response_add_err(refusal->code, "%s", refusal->text);

  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}

bool ftps_policy_admits_user(const struct ftps_session *sess) {
  struct ftps_requirements required;

  if (!is_per_user(sess) || is_control_protected(sess)) {
    return true;
  }

  read_toplevel(&required);
  return required.control != FTPS_REQUIRE_ON &&
      required.auth != FTPS_REQUIRE_ON;
}

static bool is_denied(cmd_rec *cmd) {
  return !dir_check(cmd->tmp_pool, cmd, cmd->group, session.vwd, NULL);
}

static bool is_limited(cmd_rec *cmd) {
  if (!is_denied(cmd)) {
    return false;
  }

  ftps_log("refused: %s: denied by <Limit>", (const char *) cmd->argv[0]);
  return true;
}

bool ftps_policy_allows_prot(cmd_rec *cmd, const struct ftps_session *sess,
    bool wants_private) {
  struct ftps_requirements required;

  (void) sess;

  if (is_limited(cmd)) {
    return false;
  }

  read_toplevel(&required);
  if (!ftps_require_allows_prot(required.data, wants_private)) {
    ftps_log("refused: PROT %s: TLSRequired", wants_private ? "P" : "C");
    return false;
  }

  return true;
}

static bool is_control_required(void) {
  struct ftps_requirements required;

  read_toplevel(&required);
  return required.control == FTPS_REQUIRE_ON;
}

bool ftps_policy_allows_ccc(cmd_rec *cmd) {
  if (is_limited(cmd)) {
    return false;
  }

  if (is_control_required()) {
    ftps_log("refused: CCC: TLSRequired");
    return false;
  }

  return true;
}

bool ftps_policy_foresees_ccc(void) {
  pool *p;
  bool is_foreseen;

  if (is_control_required()) {
    return false;
  }
  if (session.user == NULL) {
    return true;
  }

  p = make_sub_pool(session.pool);
  is_foreseen = !is_denied(pr_cmd_alloc(p, 1, C_CCC));
  destroy_pool(p);
  return is_foreseen;
}

bool ftps_policy_allows_sscn(cmd_rec *cmd) {
  return !is_limited(cmd);
}
