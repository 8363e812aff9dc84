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

/* Writes the samples of one family. */
struct family_writer {
  struct ftps_metrics_family family;
  void (*write)(struct ftps_daemon *daemon,
      const struct ftps_metrics_sink *sink,
      const struct ftps_metrics_family *family);
};

static void tell(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family,
    const struct ftps_metrics_label *labels, size_t n, uint64_t value) {
  char text[VALUE_SIZE];

  (void) snprintf(text, sizeof(text), "%llu", (unsigned long long) value);
  sink->sample(sink->arg, family, labels, n, text);
}

static void tell_one(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family, const char *name,
    const char *label, uint64_t value) {
  const struct ftps_metrics_label labels[] = { { name, label } };

  tell(sink, family, labels, 1, value);
}

static void tell_seconds(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family,
    const struct ftps_metrics_label *labels, size_t n, uint64_t us) {
  char text[VALUE_SIZE];

  (void) snprintf(text, sizeof(text), "%llu.%06u",
      (unsigned long long) (us / 1000000), (unsigned int) (us % 1000000));
  sink->sample(sink->arg, family, labels, n, text);
}

static void write_build(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  const struct ftps_metrics_label labels[] = {
    { "version", FTPS_VERSION },
    { "openssl", OpenSSL_version(OPENSSL_VERSION_STRING) },
  };

  (void) daemon;
  tell(sink, family, labels, 2, 1);
}

static const char *const channels[] = { "control", "data" };
static const char *const versions[] = { "other", "SSLv3", "TLSv1", "TLSv1.1",
  "TLSv1.2", "TLSv1.3" };

/* The usual versions are told from the start, so that rates are right. */
static bool is_usual(size_t version, size_t way) {
  return version >= FTPS_COUNTS_TLSV1_2 && way <= FTPS_RESUMED_TICKET;
}

static void write_handshakes_of(const struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family,
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
    n = ftps_counts_handshakes(daemon->counts, which);
    if (n > 0 || is_usual(version, way)) {
      tell(sink, family, labels, 3, n);
    }
  }
}

static void write_handshakes(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  for (size_t c = 0; c < FTPS_COUNTS_CHANNELS; c++) {
    struct ftps_counts_handshake which = { .channel =
                                               (enum ftps_counts_channel) c };

    write_handshakes_of(daemon, sink, family, &which);
  }
}

/* Whatever was negotiated is in the list of a server. */
static const char *name_suite(const struct ftps_daemon *daemon, unsigned int id,
    char *buffer) {
  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
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

static void read_rows(const struct ftps_daemon *daemon,
    enum ftps_counts_table table, struct rows *rows) {
  unsigned int id;
  uint64_t n;

  rows->n = 0;
  rows->others = 0;
  for (size_t row = 0; row < FTPS_COUNTS_ROWS; row++) {
    if (!ftps_counts_row(daemon->counts, table, row, &id, &n)) {
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

static void write_suites(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  char buffer[FTPS_OFFER_NAME_SIZE];
  struct rows rows;

  read_rows(daemon, FTPS_COUNTS_SUITES, &rows);
  for (size_t i = 0; i < rows.n; i++) {
    tell_one(sink, family, "suite", name_suite(daemon, rows.ids[i], buffer),
        rows.counts[i]);
  }
  if (rows.others > 0) {
    tell_one(sink, family, "suite", "other", rows.others);
  }
}

static void write_groups(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  char buffer[FTPS_OFFER_NAME_SIZE];
  struct rows rows;

  read_rows(daemon, FTPS_COUNTS_GROUPS, &rows);
  for (size_t i = 0; i < rows.n; i++) {
    tell_one(sink, family, "group", ftps_offer_name_group(rows.ids[i], buffer),
        rows.counts[i]);
  }
  if (rows.others > 0) {
    tell_one(sink, family, "group", "other", rows.others);
  }
}

static void write_software(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  for (unsigned int i = 0; i < FTPS_CLIENTS_SOFTWARE; i++) {
    uint64_t n = ftps_clients_get(daemon->clients, i, FTPS_CLIENTS_SESSION);

    if (n > 0 && ftps_clients_is_named(i)) {
      tell_one(sink, family, "software", ftps_clients_name(i), n);
    }
  }
}

static const char *const events[] = { "session", "resumed", "accepted",
  "refused" };

static void write_reuse(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  for (unsigned int i = 0; i < FTPS_CLIENTS_SOFTWARE * FTPS_CLIENTS_EVENTS;
       i++) {
    unsigned int software = i / FTPS_CLIENTS_EVENTS;
    unsigned int event = i % FTPS_CLIENTS_EVENTS;
    const struct ftps_metrics_label labels[] = {
      { "software", ftps_clients_name(software) },
      { "reuse", events[event] },
    };
    uint64_t n = ftps_clients_get(daemon->clients, software,
        (enum ftps_clients_event) event);

    if (n > 0 && event != FTPS_CLIENTS_SESSION &&
        ftps_clients_is_named(software)) {
      tell(sink, family, labels, 2, n);
    }
  }
}

static void write_hello(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family,
    const struct ftps_clients_row *row) {
  for (size_t event = 0; event < FTPS_CLIENTS_EVENTS; event++) {
    const struct ftps_metrics_label labels[] = {
      { "software", row->software },
      { "ja4", row->print },
      { "event", events[event] },
    };

    if (row->counts[event] > 0) {
      tell(sink, family, labels, 3, row->counts[event]);
    }
  }
}

static void write_hellos(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_clients_row row;

  for (size_t i = 0; i < FTPS_CLIENTS_ROWS; i++) {
    if (ftps_clients_row(daemon->clients, i, &row)) {
      write_hello(sink, family, &row);
    }
  }
}

static void write_refusals(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  for (size_t i = FTPS_REFUSAL_NONE + 1; i < FTPS_REFUSAL_COUNT; i++) {
    enum ftps_refusal refusal = (enum ftps_refusal) i;

    tell_one(sink, family, "reason", ftps_refusal_row(refusal)->word,
        ftps_counts_refusals(daemon->counts, refusal));
  }
}

static void write_bytes(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
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

    tell(sink, family, labels, 2,
        ftps_counts_get(daemon->counts, rows[i].number));
  }
}

static void write_signatures(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  tell_one(sink, family, "result", "made",
      ftps_counts_get(daemon->counts, FTPS_COUNTS_SIGNED));
  tell_one(sink, family, "result", "failed",
      ftps_counts_get(daemon->counts, FTPS_COUNTS_NOT_SIGNED));
}

static void write_signing(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  tell_seconds(sink, family, NULL, 0,
      ftps_counts_get(daemon->counts, FTPS_COUNTS_SIGNING_US));
}

static void write_revivals(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  tell(sink, family, NULL, 0,
      ftps_counts_get(daemon->counts, FTPS_COUNTS_REVIVED));
}

static void write_renewals(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  tell_one(sink, family, "when", "in_time",
      ftps_counts_get(daemon->counts, FTPS_COUNTS_RENEWED));
  tell_one(sink, family, "when", "late",
      ftps_counts_get(daemon->counts, FTPS_COUNTS_RENEWED_LATE));
  tell_one(sink, family, "when", "after_end",
      ftps_counts_get(daemon->counts, FTPS_COUNTS_RENEWED_AFTER_END));
}

static const char *const cache_names[FTPS_CACHE_NAMES] = { "sessions", "ocsp" };

/* Returns false if there is no such cache. */
static bool read_cache(struct ftps_daemon *daemon, size_t i,
    struct ftps_cache_report *report) {
  ftps_caches_report(daemon, (enum ftps_cache_name) i, report);
  return report->type != NULL;
}

static void write_calls_of(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family, const char *name,
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

    tell(sink, family, labels, 2, rows[i].n);
  }
}

static void write_cache_calls(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(daemon, i, &report)) {
      write_calls_of(sink, family, cache_names[i], &report);
    }
  }
}

static void write_cache_outages(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(daemon, i, &report)) {
      const struct ftps_metrics_label label = { "cache", cache_names[i] };

      tell_seconds(sink, family, &label, 1, report.unavailable_ms * 1000);
    }
  }
}

static void write_cache_state(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_cache_report report;

  for (size_t i = 0; i < FTPS_CACHE_NAMES; i++) {
    if (read_cache(daemon, i, &report)) {
      tell_one(sink, family, "cache", cache_names[i], !report.is_unavailable);
    }
  }
}

static void write_ticket_keys(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_tickets_status keys;

  if (ftps_tickets_status(daemon->tickets, &keys)) {
    tell_one(sink, family, "source", keys.source,
        keys.age > 0 ? (uint64_t) keys.age : 0);
  }
}

static void write_servers(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  size_t working = 0, old = 0, none = 0;

  for (const struct ftps_vhost *v = ftps_vhosts_get0_first(daemon); v != NULL;
       v = v->next) {
    if (ftps_vhost_get0_context(v) == NULL) {
      none++;
    } else if (ftps_vhost_fault(v)[0] != '\0') {
      old++;
    } else {
      working++;
    }
  }

  tell_one(sink, family, "state", "working", working);
  tell_one(sink, family, "state", "old_settings", old);
  tell_one(sink, family, "state", "no_tls", none);
}

static void write_states(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  static const char *const words[] = { "fine", "late", "expired" };
  size_t counts[FTPS_CERTIFICATE_STATES] = { 0 };
  struct ftps_certificates all;

  ftps_certificates_read(daemon, &all);
  for (size_t i = 0; i < all.n; i++) {
    counts[ftps_certificate_judge(&all.list[i])]++;
  }
  for (size_t i = 0; i < FTPS_CERTIFICATE_STATES; i++) {
    tell_one(sink, family, "state", words[i], counts[i]);
  }
  ftps_certificates_free(&all);
}

static void tell_entry(const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family,
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
  sink->sample(sink->arg, family, labels, sizeof(labels) / sizeof(labels[0]),
      number);
}

static void write_ends(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_certificates all;

  ftps_certificates_read(daemon, &all);
  for (size_t i = 0; i < all.n && i < LISTED_MAX; i++) {
    tell_entry(sink, family, &all.list[i], (long) all.now + all.list[i].left);
  }
  ftps_certificates_free(&all);
}

static void write_left(struct ftps_daemon *daemon,
    const struct ftps_metrics_sink *sink,
    const struct ftps_metrics_family *family) {
  struct ftps_certificates all;

  ftps_certificates_read(daemon, &all);
  for (size_t i = 0; i < all.n && i < LISTED_MAX; i++) {
    tell_entry(sink, family, &all.list[i], all.list[i].left);
  }
  ftps_certificates_free(&all);
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
  for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
    sink->begin(sink->arg, &families[i].family);
    families[i].write(daemon, sink, &families[i].family);
  }
}
