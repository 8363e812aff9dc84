/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * words.c: see words.h.
 *
 * A new option is one row of option_words; a new value of TLSRequired one row
 * of required_words.
 */
#include "base/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ALL_PROTOCOLS \
  (FTPS_PROTO_SSLV3 | FTPS_PROTO_TLSV1_0 | FTPS_PROTO_TLSV1_1 | \
      FTPS_PROTO_TLSV1_2 | FTPS_PROTO_TLSV1_3)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct ftps_option_word option_words[] = {
  { "dNSNameRequired", FTPS_OPT_DNS_NAME_REQUIRED, FTPS_WORD_USED },
  { "iPAddressRequired", FTPS_OPT_IP_ADDRESS_REQUIRED, FTPS_WORD_USED },
  { "AllowDotLogin", FTPS_OPT_ALLOW_DOT_LOGIN, FTPS_WORD_USED },
  { "ExportCertData", FTPS_OPT_EXPORT_CERT_DATA, FTPS_WORD_USED },
  { "StdEnvVars", FTPS_OPT_STD_ENV_VARS, FTPS_WORD_USED },
  { "AllowPerUser", FTPS_OPT_ALLOW_PER_USER, FTPS_WORD_USED },
  { "EnableDiags", FTPS_OPT_ENABLE_DIAGS, FTPS_WORD_USED },
  { "NoSessionReuseRequired", FTPS_OPT_NO_SESSION_REUSE, FTPS_WORD_USED },
  { "UseImplicitSSL", FTPS_OPT_IMPLICIT_SSL, FTPS_WORD_USED },
  { "AllowClientRenegotiation", 0, FTPS_WORD_NO_EFFECT },
  { "AllowClientRenegotiations", 0, FTPS_WORD_NO_EFFECT },
  { "CommonNameRequired", FTPS_OPT_COMMON_NAME_REQUIRED, FTPS_WORD_USED },
  { "NoAutoECDH", 0, FTPS_WORD_NO_EFFECT },
  { "AllowWeakDH", FTPS_OPT_ALLOW_WEAK_DH, FTPS_WORD_USED },
  { "IgnoreSNI", FTPS_OPT_IGNORE_SNI, FTPS_WORD_USED },
  { "AllowWeakSecurity", FTPS_OPT_ALLOW_WEAK_SECURITY, FTPS_WORD_USED },
  { "CertificateAndPassword", FTPS_OPT_CERTIFICATE_AND_PASSWORD,
      FTPS_WORD_USED },
  { "EarlyDataHandshake", FTPS_OPT_EARLY_DATA_HANDSHAKE, FTPS_WORD_USED },
  { "NoEarlyDataHandshake", FTPS_OPT_NO_EARLY_DATA_HANDSHAKE, FTPS_WORD_USED },
  { "DataWithHandshake", FTPS_OPT_DATA_WITH_HANDSHAKE, FTPS_WORD_USED },
  { "KernelTLS", FTPS_OPT_KERNEL_TLS, FTPS_WORD_USED },
  { "ReplyWhenSent", FTPS_OPT_REPLY_WHEN_SENT, FTPS_WORD_USED },
  { "SessionReuseRequiredAfterCCC", FTPS_OPT_REUSE_AFTER_CCC, FTPS_WORD_USED },
  { "OwnSessionOnly", FTPS_OPT_OWN_SESSION_ONLY, FTPS_WORD_USED },
  { "NoEmptyFragments", FTPS_OPT_NO_EMPTY_FRAGMENTS, FTPS_WORD_USED },
  { "NoCertRequest", 0, FTPS_WORD_NO_EFFECT },
};

/* The first word of a single bit is the one that is printed. */
static const struct {
  const char *word;
  unsigned int bits;
} protocol_words[] = {
  { "SSLv3", FTPS_PROTO_SSLV3 },
  { "TLSv1", FTPS_PROTO_TLSV1_0 },
  { "TLSv1.0", FTPS_PROTO_TLSV1_0 },
  { "TLSv1.1", FTPS_PROTO_TLSV1_1 },
  { "TLSv1.2", FTPS_PROTO_TLSV1_2 },
  { "TLSv1.3", FTPS_PROTO_TLSV1_3 },
  { "SSLv23", ALL_PROTOCOLS },
};

/* "ctrl" requires AUTH before USER as well, because it has to prevent a
 * password on a clear control connection.
 */
static const struct ftps_required_word required_words[] = {
  { "on", 1, 1, 1 },
  { "yes", 1, 1, 1 },
  { "true", 1, 1, 1 },
  { "1", 1, 1, 1 },
  { "off", 0, 0, 0 },
  { "no", 0, 0, 0 },
  { "false", 0, 0, 0 },
  { "0", 0, 0, 0 },
  { "both", 1, 1, 1 },
  { "ctrl", 1, 0, 1 },
  { "control", 1, 0, 1 },
  { "ctrl+data", 1, 1, 1 },
  { "ctrl+!data", 1, -1, 1 },
  { "data", 0, 1, 0 },
  { "!data", 0, -1, 0 },
  { "auth", 0, 0, 1 },
  { "auth+data", 0, 1, 1 },
  { "auth+!data", 0, -1, 1 },
};

const struct ftps_word ftps_words_verify[] = {
  { "on", FTPS_VERIFY_ON },
  { "yes", FTPS_VERIFY_ON },
  { "true", FTPS_VERIFY_ON },
  { "1", FTPS_VERIFY_ON },
  { "off", FTPS_VERIFY_OFF },
  { "no", FTPS_VERIFY_OFF },
  { "false", FTPS_VERIFY_OFF },
  { "0", FTPS_VERIFY_OFF },
  { "optional", FTPS_VERIFY_OPTIONAL },
  { NULL, 0 },
};

const struct ftps_word ftps_words_isolation[] = {
  { "on", FTPS_ISOLATION_ON },
  { "yes", FTPS_ISOLATION_ON },
  { "true", FTPS_ISOLATION_ON },
  { "1", FTPS_ISOLATION_ON },
  { "off", FTPS_ISOLATION_OFF },
  { "no", FTPS_ISOLATION_OFF },
  { "false", FTPS_ISOLATION_OFF },
  { "0", FTPS_ISOLATION_OFF },
  { "required", FTPS_ISOLATION_REQUIRED },
  { NULL, 0 },
};

const struct ftps_word ftps_words_verify_server[] = {
  { "on", FTPS_VERIFY_SERVER_ON },
  { "yes", FTPS_VERIFY_SERVER_ON },
  { "true", FTPS_VERIFY_SERVER_ON },
  { "1", FTPS_VERIFY_SERVER_ON },
  { "off", FTPS_VERIFY_SERVER_OFF },
  { "no", FTPS_VERIFY_SERVER_OFF },
  { "false", FTPS_VERIFY_SERVER_OFF },
  { "0", FTPS_VERIFY_SERVER_OFF },
  { "NoReverseDNS", FTPS_VERIFY_SERVER_NO_REVERSE_DNS },
  { NULL, 0 },
};

const struct ftps_word ftps_words_alpn[] = {
  { "on", FTPS_ALPN_ON },
  { "yes", FTPS_ALPN_ON },
  { "true", FTPS_ALPN_ON },
  { "1", FTPS_ALPN_ON },
  { "off", FTPS_ALPN_OFF },
  { "no", FTPS_ALPN_OFF },
  { "false", FTPS_ALPN_OFF },
  { "0", FTPS_ALPN_OFF },
  { "optional", FTPS_ALPN_OPTIONAL },
  { NULL, 0 },
};

const struct ftps_word ftps_words_user_name[] = {
  { "CommonName", FTPS_CERTNAME_COMMON },
  { "EmailSubjAltName", FTPS_CERTNAME_EMAIL },
  { "off", FTPS_CERTNAME_NONE },
  { NULL, 0 },
};

const struct ftps_word ftps_words_log_format[] = {
  { "text", FTPS_LOG_TEXT },
  { "keys", FTPS_LOG_KEYS },
  { "json", FTPS_LOG_JSON },
  { NULL, 0 },
};

const struct ftps_word ftps_words_profile[] = {
  { "modern", FTPS_PROFILE_MODERN },
  { "intermediate", FTPS_PROFILE_INTERMEDIATE },
  { "old", FTPS_PROFILE_OLD },
  { NULL, 0 },
};

const struct ftps_word ftps_words_reuse[] = {
  { "require", FTPS_REUSE_REQUIRE },
  { "certificate", FTPS_REUSE_CERTIFICATE },
  { "log", FTPS_REUSE_LOG },
  { "off", FTPS_REUSE_OFF },
  { NULL, 0 },
};

const struct ftps_word ftps_words_truncation[] = {
  { "strict", FTPS_TRUNCATION_STRICT },
  { "log", FTPS_TRUNCATION_LOG },
  { "off", FTPS_TRUNCATION_OFF },
  { NULL, 0 },
};

const struct ftps_word ftps_words_stapling[] = {
  { "NoFakeTryLater", FTPS_STAPLE_NO_FAKE },
  { "NoNonce", FTPS_STAPLE_NO_NONCE },
  { "NoVerify", FTPS_STAPLE_NO_VERIFY },
  { NULL, 0 },
};

/* From large to small: units must follow each other in this order. */
static const struct {
  const char *suffix;
  unsigned int seconds;
} duration_units[] = {
  { "hr", 3600 },
  { "h", 3600 },
  { "min", 60 },
  { "m", 60 },
  { "sec", 1 },
  { "s", 1 },
};

static void append_word(char *text, size_t size, const char *word) {
  size_t len = strlen(text);

  (void) snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "", word);
}

const struct ftps_option_word *ftps_words_find_option(const char *word) {
  for (size_t i = 0; i < COUNT_OF(option_words); i++) {
    if (strcasecmp(option_words[i].word, word) == 0) {
      return &option_words[i];
    }
  }

  return NULL;
}

void ftps_words_print_options(unsigned long options, char *text, size_t size) {
  unsigned long printed = 0;

  if (size == 0) {
    return;
  }

  text[0] = '\0';
  for (size_t i = 0; i < COUNT_OF(option_words); i++) {
    unsigned long bit = option_words[i].bit;

    if ((options & bit) != 0 && (printed & bit) == 0) {
      append_word(text, size, option_words[i].word);
      printed |= bit;
    }
  }
}

unsigned long ftps_words_used_options(void) {
  unsigned long used = 0;

  for (size_t i = 0; i < COUNT_OF(option_words); i++) {
    if (option_words[i].use == FTPS_WORD_USED) {
      used |= option_words[i].bit;
    }
  }

  return used;
}

unsigned int ftps_words_find_protocol(const char *word) {
  for (size_t i = 0; i < COUNT_OF(protocol_words); i++) {
    if (strcasecmp(protocol_words[i].word, word) == 0) {
      return protocol_words[i].bits;
    }
  }

  return 0;
}

const char *ftps_words_name_protocol(unsigned int bit) {
  for (size_t i = 0; i < COUNT_OF(protocol_words); i++) {
    if (protocol_words[i].bits == bit) {
      return protocol_words[i].word;
    }
  }

  return "";
}

static void refuse_protocol(const char *word, struct ftps_error *err) {
  ftps_error_set(err,
      "\"%.64s\" is not a protocol; write SSLv23, SSLv3, TLSv1, TLSv1.1, "
      "TLSv1.2, TLSv1.3, or ALL and then such words with + or - before them",
      word);
}

/* The words after ALL. */
static int apply_signed(const char *word, unsigned int *protocols,
    struct ftps_error *err) {
  unsigned int bits;

  if (word[0] != '+' && word[0] != '-') {
    ftps_error_set(err,
        "\"%.64s\" follows ALL without a sign; write +%.64s or -%.64s", word,
        word, word);
    return -1;
  }

  bits = ftps_words_find_protocol(word + 1);
  if (bits == 0) {
    refuse_protocol(word, err);
    return -1;
  }

  if (word[0] == '+') {
    *protocols |= bits;
  } else {
    *protocols &= ~bits;
  }

  return 0;
}

static int apply_plain(const char *word, unsigned int *protocols,
    struct ftps_error *err) {
  unsigned int bits = ftps_words_find_protocol(word);

  if (bits != 0) {
    *protocols |= bits;
    return 0;
  }

  if (strcasecmp(word, "ALL") == 0) {
    ftps_error_set(err, "\"ALL\" follows other protocols; write it first");
  } else if ((word[0] == '+' || word[0] == '-') &&
      ftps_words_find_protocol(word + 1) != 0) {
    ftps_error_set(err,
        "\"%.64s\" has a sign, but ALL does not stand first; "
        "write ALL %.64s, or the word without its sign",
        word, word);
  } else {
    refuse_protocol(word, err);
  }

  return -1;
}

int ftps_words_parse_protocols(const char *const *words, size_t n,
    unsigned int *protocols_out, struct ftps_error *err) {
  bool with_signs = n > 0 && strcasecmp(words[0], "ALL") == 0;
  unsigned int protocols = with_signs ? ALL_PROTOCOLS : 0;

  for (size_t i = with_signs ? 1 : 0; i < n; i++) {
    int rc;

    rc = with_signs ? apply_signed(words[i], &protocols, err)
                    : apply_plain(words[i], &protocols, err);
    if (rc < 0) {
      return -1;
    }
  }

  if (protocols == 0) {
    ftps_error_set(err,
        "\"%.64s\" takes away the last protocol; name at least one, as in "
        "\"TLSv1.2 TLSv1.3\"",
        n > 0 ? words[n - 1] : "");
    return -1;
  }

  *protocols_out = protocols;
  return 0;
}

bool ftps_words_are_same(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

const struct ftps_required_word *ftps_words_find_required(const char *word) {
  for (size_t i = 0; i < COUNT_OF(required_words); i++) {
    if (strcasecmp(required_words[i].word, word) == 0) {
      return &required_words[i];
    }
  }

  return NULL;
}

int ftps_words_find(const struct ftps_word *words, const char *word,
    unsigned int *value_out) {
  for (; words->word != NULL; words++) {
    if (strcasecmp(words->word, word) == 0) {
      *value_out = words->value;
      return 0;
    }
  }

  return -1;
}

const char *ftps_words_name(const struct ftps_word *words, unsigned int value) {
  while (words->word != NULL && words->value != value) {
    words++;
  }

  return words->word != NULL ? words->word : "";
}

int ftps_words_parse_verify_order(const char *first, const char *second,
    enum ftps_verify_order *order_out) {
  bool is_crl = strcasecmp(first, "crl") == 0;
  const char *other = is_crl ? "ocsp" : "crl";

  if ((!is_crl && strcasecmp(first, "ocsp") != 0) ||
      (second != NULL && strcasecmp(second, other) != 0)) {
    return -1;
  }

  if (second == NULL) {
    *order_out = is_crl ? FTPS_ORDER_CRL : FTPS_ORDER_OCSP;
  } else {
    *order_out = is_crl ? FTPS_ORDER_CRL_OCSP : FTPS_ORDER_OCSP_CRL;
  }
  return 0;
}

/* Reads digits at `*text`, and moves it after them. */
static int scan_number(const char **text, unsigned int max,
    unsigned int *number_out) {
  const char *end = *text;
  unsigned int number = 0;

  while (*end >= '0' && *end <= '9') {
    unsigned int digit = (unsigned int) (*end - '0');

    if (digit > max || number > (max - digit) / 10) {
      return -1;
    }
    number = number * 10 + digit;
    end++;
  }

  if (end == *text) {
    return -1;
  }

  *text = end;
  *number_out = number;
  return 0;
}

int ftps_words_parse_number(const char *word, unsigned int max,
    unsigned int *number_out) {
  unsigned int number;

  if (scan_number(&word, max, &number) < 0 || *word != '\0') {
    return -1;
  }

  *number_out = number;
  return 0;
}

static int parse_clock(const char *text, unsigned int *seconds_out) {
  unsigned int seconds = 0;

  for (int i = 0; i < 3; i++) {
    unsigned int part;

    if (scan_number(&text, 99, &part) < 0 || *text != (i < 2 ? ':' : '\0')) {
      return -1;
    }
    seconds = seconds * 60 + part;
    text++;
  }

  *seconds_out = seconds;
  return 0;
}

/* Returns the seconds of the unit at `*text`, and moves it after the unit; 0:
 * there is none.
 */
static unsigned int scan_unit(const char **text) {
  for (size_t i = 0; i < COUNT_OF(duration_units); i++) {
    size_t len = strlen(duration_units[i].suffix);

    if (strncasecmp(*text, duration_units[i].suffix, len) == 0) {
      *text += len;
      return duration_units[i].seconds;
    }
  }

  return 0;
}

static int parse_sum(const char *text, unsigned int *seconds_out) {
  unsigned int seconds = 0, last_unit = 2 * 3600;

  do {
    bool is_first = last_unit > 3600;
    unsigned int number, unit;

    if (scan_number(&text, FTPS_WORDS_MAX_DURATION, &number) < 0) {
      return -1;
    }

    unit = *text == '\0' && is_first ? 1 : scan_unit(&text);
    if (unit == 0 || unit >= last_unit ||
        number > (FTPS_WORDS_MAX_DURATION - seconds) / unit) {
      return -1;
    }

    seconds += number * unit;
    last_unit = unit;
  } while (*text != '\0');

  *seconds_out = seconds;
  return 0;
}

int ftps_words_parse_duration(const char *word, unsigned int *seconds_out) {
  if (strchr(word, ':') != NULL) {
    return parse_clock(word, seconds_out);
  }

  return parse_sum(word, seconds_out);
}
