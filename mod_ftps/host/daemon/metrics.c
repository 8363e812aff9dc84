/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * metrics.c: see metrics.h.
 *
 * Sessions can write all counts, so a number from there chooses at most a name
 * in a table of ours, or is shown as a number.
 */
#include "host/daemon/metrics.h"

#include <stdint.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "base/daemon.h"
#include "base/settings.h"
#include "base/x509_text.h"
#include "cache/cache.h"
#include "counts/clients.h"
#include "counts/counts.h"
#include "host/daemon/certificates.h"
#include "tickets/tickets.h"
#include "version.h"
#include "vhost/offer.h"
#include "vhost/vhosts.h"

#define VALUE_SIZE 48

/* Certificates that are listed one by one. */
#define LISTED_MAX 100U

/* The family at hand, and where its samples come from and go to. */
struct telling {
  struct ftps_daemon *daemon;
  const struct ftps_certificates *certificates;
  const struct ftps_metrics_sink *sink;
  const struct ftps_metrics_family *family;
};

/* Writes the samples of one family. */
struct family_writer {
  struct ftps_metrics_family family;
  void (*write)(const struct telling *t);
};

static void tell(const struct telling *t,
    const struct ftps_metrics_label *labels, size_t n, uint64_t value) {
  char text[VALUE_SIZE];

  (void) snprintf(text, sizeof(text), "%llu", (unsigned long long) value);
  t->sink->sample(t->sink->arg, t->family, labels, n, text);
}

static void tell_one(const struct telling *t, const char *name,
    const char *label, uint64_t value) {
  const struct ftps_metrics_label labels[] = { { name, label } };

  tell(t, labels, 1, value);
}

static void tell_seconds(const struct telling *t,
    const struct ftps_metrics_label *labels, size_t n, uint64_t us) {
  char text[VALUE_SIZE];

  (void) snprintf(text, sizeof(text), "%llu.%06u",
      (unsigned long long) (us / 1000000), (unsigned int) (us % 1000000));
  t->sink->sample(t->sink->arg, t->family, labels, n, text);
}

static void write_build(const struct telling *t) {
  const struct ftps_metrics_label labels[] = {
    { "version", FTPS_VERSION },
    { "openssl", OpenSSL_version(OPENSSL_VERSION_STRING) },
  };

  tell(t, labels, 2, 1);
}

static const char *const channels[] = { "control", "data" };
static const char *const versions[] = { "other", "SSLv3", "TLSv1", "TLSv1.1",
  "TLSv1.2", "TLSv1.3" };

/* The usual versions are told from the start, so that rates are right. */
static bool is_usual(size_t version, size_t way) {
  return version >= FTPS_COUNTS_TLSV1_2 && way <= FTPS_RESUMED_TICKET;
}

static void write_handshakes_of(const struct telling *t,
    struct ftps_counts_handshake *which) {
  for (size_t i = 0; i < FTPS_COUNTS_VERSIONS * FTPS_RESUMED_WAYS; i++) {
    size_t version = i / FTPS_RESUMED_WAYS, way = i % FTPS_RESUMED_WAYS;
    const struct ftps_metrics_label labels[] = {
      { "channel", channels[which->channel] },
      { "version", versions[version] },
      { "resumed", ftps_counts_name_resumed((enum ftps_resumed) way) },
    };
    uint64_t n;

    which->version = (enum ftps_counts_version) version;
    which->resumed = (enum ftps_resumed) way;
    n = ftps_counts_handshakes(t->daemon->counts, which);
    if (n > 0 || is_usual(version, way)) {
      tell(t, labels, 3, n);
    }
  }
}

static void write_handshakes(const struct telling *t) {
  for (size_t c = 0; c < FTPS_COUNTS_CHANNELS; c++) {
    struct ftps_counts_handshake which = { .channel =
                                               (enum ftps_counts_channel) c };

    write_handshakes_of(t, &which);
  }
}

/* Whatever was negotiated is in the list of a server. */
static const char *name_suite(const struct telling *t, unsigned int id,
    char *buffer) {
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(t->daemon);
       v != NULL; v = v->next) {
    SSL_CTX *ctx = ftps_vhost_get0_context(v);
    STACK_OF(SSL_CIPHER) *list = ctx != NULL ? SSL_CTX_get_ciphers(ctx) : NULL;

    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
      const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(list, i);

      if (SSL_CIPHER_get_protocol_id(cipher) == id) {
        return SSL_CIPHER_get_name(cipher);
      }
    }
  }

  (void) snprintf(buffer, FTPS_OFFER_NAME_SIZE, "0x%04x", id);
  return buffer;
}

/* The rows of a table.  Two rows with the same label would make the whole text
 * invalid, and only a session that was taken over can have written them.
 */
struct rows {
  unsigned int ids[FTPS_COUNTS_ROWS];
  uint64_t counts[FTPS_COUNTS_ROWS];
  size_t n;
  uint64_t others;
};

static bool is_listed(const struct rows *rows, unsigned int id) {
  for (size_t i = 0; i < rows->n; i++) {
    if (rows->ids[i] == id) {
      return true;
    }
  }

  return false;
}

static void read_rows(const struct telling *t, enum ftps_counts_table table,
    struct rows *rows) {
  unsigned int id;
  uint64_t n;

  rows->n = 0;
  rows->others = 0;
  for (size_t row = 0; row < FTPS_COUNTS_ROWS; row++) {
    if (!ftps_counts_row(t->daemon->counts, table, row, &id, &n)) {
      continue;
    }

    if (row < FTPS_COUNTS_ROWS - 1 && id < FTPS_COUNTS_IDS &&
        !is_listed(rows, id)) {
      rows->ids[rows->n] = id;
      rows->counts[rows->n++] = n;
    } else {
      rows->others += n;
    }
  }
}

static void write_rows(const struct telling *t, enum ftps_counts_table table,
    const char *label) {
  char buffer[FTPS_OFFER_NAME_SIZE];
  struct rows rows;

  read_rows(t, table, &rows);
  for (size_t i = 0; i < rows.n; i++) {
    tell_one(t, label,
        table == FTPS_COUNTS_SUITES
            ? name_suite(t, rows.ids[i], buffer)
            : ftps_offer_name_group(rows.ids[i], buffer),
        rows.counts[i]);
  }
  if (rows.others > 0) {
    tell_one(t, label, "other", rows.others);
  }
}

static void write_suites(const struct telling *t) {
  write_rows(t, FTPS_COUNTS_SUITES, "suite");
}

static void write_groups(const struct telling *t) {
  write_rows(t, FTPS_COUNTS_GROUPS, "group");
}

static void write_software(const struct telling *t) {
  for (unsigned int i = 0; i < FTPS_CLIENTS_SOFTWARE; i++) {
    uint64_t n = ftps_clients_get(t->daemon->clients, i, FTPS_CLIENTS_SESSION);

    if (n > 0 && ftps_clients_is_named(i)) {
      tell_one(t, "software", ftps_clients_name(i), n);
    }
  }
}

static const char *const events[] = { "session", "resumed", "accepted",
  "refused" };

static void write_reuse(const struct telling *t) {
  for (unsigned int i = 0; i < FTPS_CLIENTS_SOFTWARE * FTPS_CLIENTS_EVENTS;
       i++) {
    unsigned int software = i / FTPS_CLIENTS_EVENTS;
    unsigned int event = i % FTPS_CLIENTS_EVENTS;
    const struct ftps_metrics_label labels[] = {
      { "software", ftps_clients_name(software) },
      { "reuse", events[event] },
    };
    uint64_t n = ftps_clients_get(t->daemon->clients, software,
        (enum ftps_clients_event) event);

    if (n > 0 && event != FTPS_CLIENTS_SESSION &&
        ftps_clients_is_named(software)) {
      tell(t, labels, 2, n);
    }
  }
}

static void write_hello(const struct telling *t,
    const struct ftps_clients_row *row) {
  for (size_t event = 0; event < FTPS_CLIENTS_EVENTS; event++) {
    const struct ftps_metrics_label labels[] = {
      { "software", row->software },
      { "ja4", row->print },
      { "event", events[event] },
    };

    if (row->counts[event] > 0) {
      tell(t, labels, 3, row->counts[event]);
    }
  }
}

static void write_hellos(const struct telling *t) {
  struct ftps_clients_row row;

  for (size_t i = 0; i < FTPS_CLIENTS_ROWS; i++) {
    if (ftps_clients_row(t->daemon->clients, i, &row)) {
      write_hello(t, &row);
    }
  }
}

static void write_refusals(const struct telling *t) {
  for (size_t i = FTPS_REFUSAL_NONE + 1; i < FTPS_REFUSAL_COUNT; i++) {
    enum ftps_refusal refusal = (enum ftps_refusal) i;

    tell_one(t, "reason", ftps_refusal_row(refusal)->word,
        ftps_counts_refusals(t->daemon->counts, refusal));
  }
}

static void write_bytes(const struct telling *t) {
  static const struct {
    const char *channel, *direction;
    enum ftps_counts_number number;
  } rows[] = {
    { "control", "in", FTPS_COUNTS_CONTROL_IN },
    { "control", "out", FTPS_COUNTS_CONTROL_OUT },
    { "data", "in", FTPS_COUNTS_DATA_IN },
    { "data", "out", FTPS_COUNTS_DATA_OUT },
  };

  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct ftps_metrics_label labels[] = {
      { "channel", rows[i].channel },
      { "direction", rows[i].direction },
    };

    tell(t, labels, 2, ftps_counts_get(t->daemon->counts, rows[i].number));
  }
}

static void write_signatures(const struct telling *t) {
  tell_one(t, "result", "made",
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_SIGNED));
  tell_one(t, "result", "failed",
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_NOT_SIGNED));
}

static void write_signing(const struct telling *t) {
  tell_seconds(t, NULL, 0,
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_SIGNING_US));
}

static void write_revivals(const struct telling *t) {
  tell(t, NULL, 0, ftps_counts_get(t->daemon->counts, FTPS_COUNTS_REVIVED));
}

static void write_renewals(const struct telling *t) {
  tell_one(t, "when", "in_time",
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_RENEWED));
  tell_one(t, "when", "late",
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_RENEWED_LATE));
  tell_one(t, "when", "after_end",
      ftps_counts_get(t->daemon->counts, FTPS_COUNTS_RENEWED_AFTER_END));
}

static const char *const cache_names[FTPS_CACHE_NAMES] = { "sessions", "ocsp" };

/* Returns false if there is no such cache. */
static bool read_cache(const struct telling *t, size_t i,
    struct ftps_cache_report *report) {
  ftps_caches_count(t->daemon, (enum ftps_cache_name) i, report);
  return report->type != NULL;
}

static void write_calls_of(const struct telling *t, const char *name,
    const struct ftps_cache_report *report) {
  const struct {
    const char *word;
    uint64_t n;
  } rows[] = { { "hit", report->hits }, { "miss", report->misses },
    { "store", report->stores }, { "error", report->errors },
    { "unreadable", report->unreadable } };

  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct ftps_metrics_label labels[] = { { "cache", name },
      { "result", rows[i].word } };

    tell(t, labels, 2, rows[i].n);
  }
}

static void write_cache_calls(const struct telling *t) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(t, i, &report)) {
      write_calls_of(t, cache_names[i], &report);
    }
  }
}

static void write_cache_outages(const struct telling *t) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(t, i, &report)) {
      const struct ftps_metrics_label label = { "cache", cache_names[i] };

      tell_seconds(t, &label, 1, report.unavailable_ms * 1000);
    }
  }
}

static void write_cache_state(const struct telling *t) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(t, i, &report)) {
      tell_one(t, "cache", cache_names[i], !report.is_unavailable);
    }
  }
}

static void write_ticket_keys(const struct telling *t) {
  struct ftps_tickets_status keys;

  if (ftps_tickets_status(t->daemon->tickets, &keys)) {
    tell_one(t, "source", keys.source, keys.age > 0 ? (uint64_t) keys.age : 0);
  }
}

static void write_servers(const struct telling *t) {
  size_t working = 0, old = 0, none = 0;

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(t->daemon);
       v != NULL; v = v->next) {
    if (ftps_vhost_get0_context(v) == NULL) {
      none++;
    } else if (ftps_vhost_fault(v)[0] != '\0') {
      old++;
    } else {
      working++;
    }
  }

  tell_one(t, "state", "working", working);
  tell_one(t, "state", "old_settings", old);
  tell_one(t, "state", "no_tls", none);
}

static void write_states(const struct telling *t) {
  static const char *const words[] = { "fine", "late", "expired" };
  size_t counts[FTPS_CERTIFICATE_STATES] = { 0 };

  for (size_t i = 0; i < t->certificates->n; i++) {
    counts[ftps_certificate_judge(&t->certificates->list[i])]++;
  }
  for (size_t i = 0; i < FTPS_CERTIFICATE_STATES; i++) {
    tell_one(t, "state", words[i], counts[i]);
  }
}

static void tell_entry(const struct telling *t,
    const struct ftps_certificate *entry, long value) {
  const struct ftps_settings *settings = ftps_vhost_settings(entry->vhost);
  char subject[128], print[17], number[32];
  const struct ftps_metrics_label labels[] = {
    { "server", settings->server_name },
    { "address", settings->address },
    { "subject", subject },
    { "sha256", print },
    { "key", ftps_text_key_kind(entry->cert) },
  };

  (void) ftps_text_name(X509_get_subject_name(entry->cert), subject,
      sizeof(subject));
  (void) ftps_text_fingerprint(entry->cert, print, sizeof(print));
  (void) snprintf(number, sizeof(number), "%ld", value);
  t->sink->sample(t->sink->arg, t->family, labels,
      sizeof(labels) / sizeof(labels[0]), number);
}

/* For each certificate the seconds that are left, plus `start`. */
static void write_times(const struct telling *t, time_t start) {
  const struct ftps_certificates *all = t->certificates;

  for (size_t i = 0; i < all->n && i < LISTED_MAX; i++) {
    tell_entry(t, &all->list[i], (long) start + all->list[i].left);
  }
}

static void write_ends(const struct telling *t) {
  write_times(t, t->certificates->now);
}

static void write_left(const struct telling *t) {
  write_times(t, 0);
}

static const struct family_writer families[] = {
  { { "build_info", "The version of mod_ftps and of OpenSSL.", true },
      write_build },
  { { "handshakes_total",
        "Finished TLS handshakes, by channel, version and what was resumed.",
        false },
      write_handshakes },
  { { "handshake_suites_total", "Finished TLS handshakes, by cipher suite.",
        false },
      write_suites },
  { { "handshake_groups_total",
        "Finished TLS handshakes, by the group of the key exchange.", false },
      write_groups },
  { { "refusals_total", "Refusals, by the word that is in brackets in TLSLog.",
        false },
      write_refusals },
  { { "client_sessions_total",
        "Sessions with a login, by the client's software.", false },
      write_software },
  { { "client_data_connections_total",
        "Data connections, by software and whether they resumed the session.",
        false },
      write_reuse },
  { { "client_hellos_total",
        "The same, by software and fingerprint of the ClientHello.", false },
      write_hellos },
  { { "bytes_total", "Bytes on the wire of TLS connections that have ended.",
        false },
      write_bytes },
  { { "signatures_total",
        "Signatures that sessions have requested from the signer.", false },
      write_signatures },
  { { "signature_wait_seconds_total",
        "How long sessions have waited for these signatures.", false },
      write_signing },
  { { "signer_restarts_total",
        "How often the processes that have the keys were started again.",
        false },
      write_revivals },
  { { "cache_calls_total", "Calls of TLSSessionCache and TLSStaplingCache.",
        false },
      write_cache_calls },
  { { "cache_unavailable_seconds_total",
        "How long a cache was not called, because of errors.", false },
      write_cache_outages },
  { { "cache_available", "Whether a cache is called now.", true },
      write_cache_state },
  { { "ticket_key_age_seconds", "The age of the newest ticket key.", true },
      write_ticket_keys },
  { { "certificates_renewed_total",
        "Replaced certificates, by how much was left of the old one.", false },
      write_renewals },
  { { "servers", "Servers with TLSEngine on, by state.", true },
      write_servers },
  { { "certificates", "Certificates in use, by state.", true }, write_states },
  { { "certificate_not_after_timestamp_seconds",
        "When a certificate ends; those that end first.", true },
      write_ends },
  { { "certificate_left_seconds",
        "What is left of the same certificates, negative when expired.", true },
      write_left },
};

void ftps_metrics_tell(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink) {
  struct ftps_certificates certificates;
  struct telling t = { .daemon = daemon,
    .certificates = &certificates,
    .sink = sink };

  ftps_certificates_read(daemon, &certificates);
  for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
    t.family = &families[i].family;
    sink->begin(sink->arg, t.family);
    families[i].write(&t);
  }
  ftps_certificates_free(&certificates);
}
