# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Every directive, with values that it accepts and values that it refuses, each
# with its own `proftpd -t`.  A refusal is exit status 1 and one line that names
# the directive, the value, what is wrong and what to write instead.
#
# The tables must name the same directives as the module and the manual, and the
# module's table must agree with the manual and with ProFTPD's own.  Needs:
# proftpd-core; proftpd-dev for ProFTPD's table.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp);
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $TOP = "$FindBin::Bin/..";

# TLSEngine stays off, so that values are judged as words and nothing is loaded.
my $srv  = FTPS::Test::Server->new(cert => undef, tls => ['TLSEngine off']);
my $cert = $srv->pki->cert('server');

# Rows of `bad`: value, what is wrong, what to do (texts, not patterns), and the
# word that is named when it is not the last one.  Rows of `odd`: a value that
# mod_tls starts with, and what the line about it says.  What every directive refuses
# (no value, too many, empty, wrong section) is tried without being listed.
my @BOOLEANS = (
  good => [qw(off on OFF no yes false true 0 1)],
  bad => [['maybe', 'not a known value', 'on|off']],
);

my @PATHS = (
  bad => [
    ['server.pem', 'must be an absolute path', '/path/to/'],
    ['~/server.pem', 'must be an absolute path', '/path/to/'],
    ['./server.pem', 'must be an absolute path', '/path/to/'],
    ['pkcs11:token=x', 'must be an absolute path', '/path/to/'],
  ],
);

my @KEY_PATHS = (
  good => [$cert->{key}, 'pkcs11:token=x;object=y'],
  bad => [
    ['server.key', 'must be an absolute path', '/path/to/'],
    ['pkcs12:token=x', 'must be an absolute path', 'pkcs11:uri'],
  ],
);

my %DIRECTIVES = (
  TLSEngine => {@BOOLEANS, good => [qw(off OFF no false 0)]},
  TLSNextProtocol => {
    good => [qw(on off optional OPTIONAL yes 0)],
    bad => [['strict', 'not a known value', 'on|off|optional']],
  },
  TLSServerCipherPreference => {@BOOLEANS},

  TLSCACertificateFile => {@PATHS, good => [$cert->{ca}]},
  TLSCACertificatePath => {@PATHS, good => [$srv->pki->dir]},
  TLSCARevocationFile => {@PATHS, good => ['/no/such/crl.pem']},
  TLSCARevocationPath => {@PATHS, good => ['/no/such/crls']},
  TLSCertificate => {
    most => 2,
    good => [$cert->{both}, "$cert->{cert} $cert->{key}",
      "$cert->{cert} pkcs11:token=x;object=y"],
    bad => [
      ['server.pem', 'must be an absolute path', '/path/to/'],
      ['pkcs11:token=x', 'must be an absolute path', '/path/to/'],
      ["$cert->{cert} server.key", 'must be an absolute path', 'pkcs11:uri'],
    ],
  },
  TLSCertificateDirectory => {@PATHS, good => [$srv->pki->dir, '/no/such']},
  TLSCertificateChainFile => {@PATHS, good => [$cert->{ca}]},
  TLSDSACertificateFile => {@PATHS, good => [$cert->{cert}]},
  TLSECCertificateFile => {@PATHS, good => [$cert->{cert}]},
  TLSRSACertificateFile => {@PATHS, good => [$cert->{cert}]},
  TLSPKCS12File => {@PATHS, good => [$cert->{cert}]},
  TLSPassPhraseProvider => {@PATHS, main_only => 1, good => ['/no/program']},
  TLSDSACertificateKeyFile => {@KEY_PATHS},
  TLSECCertificateKeyFile => {@KEY_PATHS},
  TLSRSACertificateKeyFile => {@KEY_PATHS},
  TLSLog => {
    good => ['none', 'NONE', '/var/log/no/such/tls.log', 'tls.log', 'off', '""'],
    bad => [],
  },

  TLSLogFormat => {
    good => [qw(text keys json JSON)],
    bad => [
      map { [$_, 'not a known value', 'text|keys|json'] } qw(on xml none)
    ],
  },

  TLSProtocol => {
    most => 64,
    good => [
      'TLSv1.2', 'tlsV1.3', 'TLSv1 TLSv1.1 TLSv1.2', 'TLSv1.0 TLSv1.3',
      'SSLv23', 'ALL', 'ALL -SSLv3 -TLSv1 -TLSv1.1', 'all -SSLv23 +tlsv1.3',
    ],
    bad => [
      ['TLSv9', 'is not a protocol', 'TLSv1.3'],
      ['SSLv2', 'is not a protocol', 'TLSv1.3'],
      ['ALL -TLSv9', 'is not a protocol', 'TLSv1.3'],
      ['ALL TLSv1', 'without a sign', '-TLSv1'],
      ['-TLSv1', 'ALL does not stand first', 'write ALL -TLSv1'],
      ['TLSv1.2 ALL', 'follows other protocols', 'write it first'],
      ['ALL -SSLv23', 'takes away the last protocol', 'at least one'],
    ],
  },

  TLSCipherSuite => {
    most => 2,
    good => [
      'HIGH:!aNULL', 'DEFAULT:!ADH:!EXPORT:!DES', 'ECDHE-RSA-AES128-GCM-SHA256',
      'TLSv1.2 HIGH', 'tlsv1.1 HIGH', 'TLSv1.0 HIGH', 'TLSv1 HIGH',
      'TLSv1.3 TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256:HIGH',
      'TLSv1.3 TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    ],
    bad => [
      ['TLS_AES_128_GCM_SHA256', 'but no protocol', 'TLSCipherSuite TLSv1.3 '],
      ['NO-SUCH-CIPHER', 'not a list of ciphers', 'openssl ciphers'],
      ['TLSv1.2 NO-SUCH-CIPHER', 'not a list of ciphers', 'openssl ciphers'],
      ['TLSv1.3 NO_SUCH_SUITE', 'not a list of ciphers', 'openssl ciphers'],
      ['TLSv1.3 HIGH', 'not a list of ciphers', 'openssl ciphers'],
      ['TLSv9 HIGH', 'not a known value', '[TLSv1.3|', 'TLSv9'],
      ['SSLv3 HIGH', 'not a known value', '[TLSv1.3|', 'SSLv3'],
      ['SSLv23 HIGH', 'not a known value', '[TLSv1.3|', 'SSLv23'],
    ],
  },

  TLSProfile => {
    good => [qw(modern intermediate old Old)],
    bad => [
      map { [$_, 'not a known value', 'modern|intermediate|old'] }
        qw(on strict medium)
    ],
  },

  TLSECDHCurve => {
    good => ['auto', 'AUTO', 'prime256v1', 'X25519:prime256v1:secp384r1'],
    bad => [
      ['no-such-group', 'not a list of groups', '"auto"'],
      ['X25519:no-such-group', 'not a list of groups', '"auto"'],
    ],
  },

  TLSVerifyClient => {
    good => [qw(off on optional Optional yes 0)],
    bad => [['require', 'not a known value', 'on|off|optional']],
  },
  TLSHandshakeLimit => {
    most => 2,
    good => ['off', 'OFF', '1000 20', '1 1h', '5000 00:01:00'],
    bad => [
      ['100', 'is not followed by its value', 'off|number duration'],
      ['on', 'not a known value', 'off|number duration', 'on'],
      ['0 20', 'not a known value', 'off|number duration', '0'],
      ['-1 20', 'not a known value', 'off|number duration', '-1'],
      ['100 0', 'not a known value', 'off|number duration', '0'],
      ['100 soon', 'not a known value', 'off|number duration', 'soon'],
      ['off 20', 'not a known value', 'off|number duration', 'off'],
    ],
  },
  TLSKeyIsolation => {
    good => [qw(on off required Required yes 0)],
    bad => [['optional', 'not a known value', 'on|off|required']],
  },
  TLSVerifyServer => {
    good => [qw(on off NoReverseDNS noreversedns yes 0)],
    bad => [
      map { [$_, 'not a known value', 'on|off|NoReverseDNS'] }
        qw(optional ReverseDNS 2)
    ],
  },
  TLSTransferServers => {
    most => 64,
    good => [qw(ftp.example.com 192.0.2.1 2001:db8::1),
      'sha256:' . 'AB:' x 31 . 'AB', 'a.test b.test 192.0.2.1'],
    bad => [
      map { [$_, 'not a known value', 'name|address|sha256:'] }
        qw(*.example.com ftp.example.com:21 192.0.2 sha256:abcd)
    ],
  },
  TLSVerifyDepth => {
    good => [0, 1, 9, 2147483646],
    bad => [['-1', 'not a known value', '0|1|2|']],
    odd => [['+1', 'read as 1;'], ['1.5', 'read as 1;'], ['0x1', 'read as 0;'],
      ['ten', 'read as 0;'], ['""', 'read as 0;'], ['2147483647', 'read as 2147483646;'],
      ['99999999999999999999', 'read as 2147483646;']],
  },

  TLSRequired => {
    sections => ['Anonymous /tmp', 'Directory /tmp'],
    good => [
      qw(on off both ctrl control ctrl+data ctrl+!data data !data auth),
      qw(auth+data auth+!data ON Auth+Data yes 0),
    ],
    bad => [
      map { [$_, 'not a known value', 'auth+!data'] }
        qw(maybe !ctrl data+ctrl auth+ ctrl+auth)
    ],
  },

  TLSTimeoutHandshake => {
    good => [qw(0 30 30s 30sec 5m 5min 1h 1hr 1h30m 00:05:00)],
    bad => [
      map { [$_, 'not a known value', 'hh:mm:ss'] }
        qw(-1 soon 5x 1h30 1:2)
    ],
    odd => [['10seconds', 'read as 10 seconds;'], ['5ms', 'read as 5 seconds;'],
      ['3000000', 'read as 2000000 seconds;']],
  },

  TLSSessionCache => {
    most => 2,
    main_only => 1,
    good => ['off', 'OFF', 'internal:', 'Internal: 60', 'internal: 86400',
      'internal:/ 1800'],
    bad => [
      ['internal', 'not a known value', 'internal: [seconds]'],
      [':', 'not a known value', 'type:info'],
      ['internal: 0', 'not a known value', 'internal: [seconds]'],
      ['internal: -1', 'not a known value', 'internal: [seconds]'],
      ['internal: 10x', 'not a known value', 'internal: [seconds]'],
      ['shm:/file=/var/run/x', 'no cache of this type is loaded',
        'LoadModule mod_ftps_shmcache.c'],
      ['shm:/file=/var/run/x 60', 'no cache of this type is loaded',
        'LoadModule mod_ftps_shmcache.c', 'shm:/file=/var/run/x'],
      ['memcache:', 'no cache of this type is loaded',
        'LoadModule mod_ftps_memcache.c'],
      ['redis:', 'no cache of this type is loaded', 'TLSSessionCache off'],
    ],
    odd => [['off 60', '"60" is not used'],
      ['internal: 99999999999', 'is read as 2147483647;']],
  },

  TLSSessionReuse => {
    good => [qw(require certificate log off Off)],
    bad => [
      map { [$_, 'not a known value', 'require|certificate|log|off'] }
        qw(on prefer ENFORCED)
    ],
  },
  TLSSessionTickets => {@BOOLEANS},
  TLSSessionTicketKeys => {
    main_only => 1,
    most => 5,
    good => ['age 12h count 25', 'count 2', 'AGE 60', 'age 1h30m',
      'count 1000 age 48h'],
    bad => [
      ['age', 'is not followed by its value', '[age duration]'],
      ['count 3 age', 'is not followed by its value', '[age duration]'],
      ['age 59', 'too short', '60 seconds or more'],
      ['count 1', 'too small', '2 or more'],
      ['age 12x', 'not a known value', '[age duration]'],
      ['count many', 'not a known value', '[count number]'],
      ['lifetime 12h', 'not a known value', '[age duration]', 'lifetime'],
      ['memory', 'not a known value', 'file /path/to/file'],
      ['file keys', 'must be an absolute path', 'file /path/to/file'],
      ['file', 'is not one file', 'file /path/to/file'],
      ['file /etc/keys age 12h', 'is not one file', 'file /path/to/file',
        'file /etc/keys age 12h'],
    ],
    odd => [['age 99999999', 'is read as 2000000 seconds;']],
  },

  TLSOptions => {
    most => 64,
    good => [
      qw(NoSessionReuseRequired UseImplicitSSL EnableDiags StdEnvVars),
      qw(AllowWeakSecurity IgnoreSNI ignoresni NoCertRequest),
      qw(dNSNameRequired iPAddressRequired CommonNameRequired AllowDotLogin),
      qw(CertificateAndPassword ExportCertData AllowWeakDH NoEmptyFragments
        DataWithHandshake EarlyDataHandshake KernelTLS ReplyWhenSent
        NoEarlyDataHandshake SessionReuseRequiredAfterCCC OwnSessionOnly),
      qw(AllowPerUser),
      qw(AllowClientRenegotiation AllowClientRenegotiations NoAutoECDH),
      'NoCertRequest NoSessionReuseRequired', 'EnableDiags EnableDiags',
    ],
    bad => [
      ['NoSuchOption', 'is not an option', 'UseImplicitSSL'],
      ['StdEnvVars NoSuchOption', 'is not an option', 'UseImplicitSSL'],
      ['UseImplicit', 'is not an option', 'UseImplicitSSL'],
    ],
  },

  TLSTruncation => {
    good => [qw(strict log off LOG)],
    bad => [map { [$_, 'not a known value', 'strict|log|off'] } qw(on no 1)],
  },

  TLSCryptoDevice => {good => [qw(none NONE ALL pkcs11 "")]},
  TLSDHParamFile => {@PATHS, good => ['/etc/dh.pem']},
  TLSMasqueradeAddress => {
    no_global => 1, good => [qw(192.0.2.1 2001:db8::1 lo)],
  },
  TLSPreSharedKey => {
    least => 2,
    most => 1,
    good => ['me hex:/etc/psk', '"two words" HEX:/etc/psk'],
    bad => [
      ['me /etc/psk', 'not a known value', 'identity hex:/path/to/file'],
      ['me ascii:/etc/psk', 'not a known value', 'identity hex:/path/to/file'],
    ],
    odd => [['x' x 129 . ' hex:/etc/psk', 'more than 128 bytes, so this key'],
      ['"" hex:/etc/psk', 'is no identity, so this key'],
      ['me hex:psk', '"psk" is not an absolute path, so this key'],
      ['me hex:', '"" is not an absolute path, so this key']],
  },
  TLSRandomSeed => {
    good => ['/var/lib/no/such/seed'],
    odd => [
      map { [$_, 'is not an absolute path, so there is no such file'] }
        'seed', '""'
    ],
  },
  TLSServerInfoFile => {@PATHS, good => ['/etc/serverinfo.pem']},
  TLSRenegotiate => {
    most => 8,
    good => [
      'none', 'NONE', 'required off', 'ctrl 3600', 'data 512000',
      'ctrl 1500 timeout 300', 'CTRL 1 data 2 timeout 3 required on', 'ctrl 0',
    ],
    bad => [
      ['ctrl', 'is not followed by its value', '[ctrl seconds]'],
      ['data 100 ctrl', 'is not followed by its value', '[ctrl seconds]'],
      ['required maybe', 'not a known value', '[required on|off]'],
      ['all 12', 'not a known value', 'none|', 'all'],
    ],
    odd => [map({ [$_, 'is not a number, so there is no such limit'] }
        'ctrl -1', 'ctrl 1h', 'data 99999999999'),
      ['none ctrl', '"ctrl" is not used']],
  },
  TLSControlsACLs => {
    main_only => 1, least => 4, most => 4,
    good => ['all allow user root', 'info,clear deny group root',
      'sesscache,ocspcache,remove allow user root,proftpd',
      'ALL ALLOW USER *', 'all allow user nobody-of-this-name'],
    bad => [
      ['update allow user root', 'is not an action', 'write one or more of',
        'update'],
      ['info,update allow user root', 'is not an action', 'sesscache',
        'update'],
      ['all permit user root', 'not a known value', 'allow|deny', 'permit'],
      ['all allow usr root', 'not a known value', 'user|group', 'usr'],
    ],
  },
  TLSStapling => {@BOOLEANS},
  TLSStaplingCache => {
    main_only => 1,
    good => [qw(off OFF)],
    bad => [
      ['on', 'not a known value', 'off|type:/info'],
      ['internal:', 'no cache of this type is loaded', 'TLSStaplingCache off'],
      ['shm:/file=/var/run/x', 'no cache of this type is loaded',
        'LoadModule mod_ftps_shmcache.c'],
    ],
  },
  TLSStaplingOptions => {
    most => 64,
    good => [qw(NoNonce NoVerify NoFakeTryLater nononce),
      'NoNonce NoFakeTryLater'],
    bad => [
      map { [$_, 'not a known value', '[NoNonce] [NoVerify] [NoFakeTryLater]'] }
        'Nonce', 'NoNonce on'
    ],
  },
  TLSStaplingResponder => {
    good => [qw(http://ocsp.example.com/ https://ocsp.example.com:8443
      http://192.0.2.1/a?b=c)],
    bad => [],
    odd => [
      map { [$_, 'is not an http or https URL, so the responder of the cert'] }
        qw(ocsp.example.com ftp://ocsp.example.com http:// http:///path
          http://host:port/ HTTP://ocsp.example.com/ ""), '"http://host/a b"'
    ],
  },
  TLSStaplingTimeout => {
    good => [qw(10 1 90s 5m 00:00:30)],
    bad => [
      map { [$_, 'not a known value', 'hh:mm:ss'] } qw(-1 soon 5x)
    ],
    odd => [map { [$_, 'is too short, and 10 seconds are used'] } qw(0 0s)],
  },
  TLSVerifyOrder => {
    most => 2,
    good => ['crl', 'OCSP', 'crl ocsp', 'ocsp CRL'],
    bad => [
      map { [$_, 'not a known value', 'crl|ocsp|crl ocsp|ocsp crl'] }
        'none', 'ocsp other'
    ],
    odd => [map { [$_, 'is there twice'] } 'crl crl', 'ocsp ocsp'],
  },
  TLSCacheSecretFile => {@PATHS, good => ['/etc/secret']},
  TLSUserName => {
    good => [qw(CommonName EmailSubjAltName commonname off 1.2.3.4)],
    bad => [
      map { [$_, 'not a known value', 'CommonName|EmailSubjAltName|OID'] }
        qw(on Email 1.2.3x)
    ],
    odd => [
      map { [$_, 'is no object identifier, so no certificate admits anybody'] }
        qw(1 1. 9.9.9 .. "")
    ],
  },
  TLSKeyLogFile => {@PATHS, good => ['/var/log/no/such/keys']},
  TLSUserMapFile => {@PATHS, good => ['/no/such/map']},
);

sub accepted ($name, @lines) {
  my ($status, $output) = $srv->config_error(@lines);
  ok($status == 0 && $output !~ /fatal:/, $name)
    or diag "exit status $status\n$output";
  return $output;
}

# Each of the texts must be in the one line that says why.
sub refused ($name, $directive, $lines, @texts) {
  my ($status, $output) = $srv->config_error(@$lines);
  my @fatal = $output =~ /^(.*fatal: \Q$directive\E: .* on line \d+ of .*)$/mg;
  my $all = () = $output =~ /fatal: (?!error processing)/g;
  my @lacking = grep { !@fatal || index($fatal[0], $_) < 0 } @texts;
  ok($status == 1 && @fatal == 1 && $all == 1 && !@lacking, $name)
    or diag "exit status $status\nlacks: @lacking\n$output";
  return;
}

sub in_section ($head, @lines) {
  my ($word) = split / /, $head;
  return ("<$head>", @lines, "</$word>");
}

# Taken, with one line that has these texts and says what to write instead.
sub remarked ($name, $directive, $value, @texts) {
  my $output = accepted($name, "$directive $value");
  my @lines = $output =~ /^(.*mod_ftps: \Q$directive\E: .*\(line \d+ of .*)$/mg;
  my @lacking = grep { @lines != 1 || index($lines[0], $_) < 0 } @texts, '; ';
  ok !@lacking, "$name: and one line says so" or diag "@lacking\n$output";
  return;
}

my %drops = map { $_->{name} => 1 } grep { $_->{rest} =~ /DROPS_SURPLUS/ } rows();
my %takes_empty = map { $_->{name} => 1 } grep { $_->{rest} =~ /TAKES_EMPTY/ }
  rows();

sub try_number_of_values ($directive, $rule, $good) {
  refused('no value', $directive, [$directive], 'missing value',
    qq(write "$directive ));
  my $empty = join ' ', ('""') x ($rule->{least} // 1);
  refused('an empty value', $directive, ["$directive $empty"], '""',
    'empty value', qq(write "$directive )) if !$takes_empty{$directive};
  my $many = join ' ', ($good) x (($rule->{most} // 1) + 1);
  if ($drops{$directive}) {
    remarked("takes $good surplus", $directive, "$good surplus",
      '"surplus" is not used, because', 'too many values');
  } else {
    refused('too many values', $directive, ["$directive $many"],
      substr($many, 0, 100), 'too many', qq(write "$directive ));
  }
  return;
}

sub try_sections ($directive, $rule, $good) {
  my @servers = ('VirtualHost 127.0.0.1', 'Global');
  my %hosts = $rule->{no_global} ? (Global => 1) : ();
  my @inner = ('Anonymous /tmp', 'Directory /tmp', 'Limit ALL');
  my @allowed = ($rule->{main_only} ? () : grep({ !$hosts{$_} } @servers),
    ($rule->{sections} // [])->@*);
  my %allowed = map { $_ => 1 } @allowed;
  accepted('in each section that it is for',
    map { in_section($_, /Virtual/ ? 'Port 0' : (), "$directive $good") }
      @allowed);
  for my $section (grep { !$allowed{$_} } @servers, @inner) {
    my ($word) = split / /, $section;
    refused("not in <$word>", $directive,
      [in_section($section, "$directive $good")], $good,
      "not allowed in <$word> context", 'write it in the server config');
  }
  return;
}

sub try_values ($directive, $rule) {
  accepted("takes $_", "$directive $_") for $rule->{good}->@*;
  remarked("takes $_->[0]", $directive, @$_) for ($rule->{odd} // [])->@*;
  for my $row ($rule->{bad}->@*) {
    my ($value, $what, $remedy, $named) = @$row;
    $named //= (split / /, $value)[-1];
    refused("refuses $value", $directive, ["$directive $value"], qq("$named"),
      $what, $remedy);
  }
  return;
}

for my $directive (sort keys %DIRECTIVES) {
  my $rule = $DIRECTIVES{$directive};
  subtest $directive => sub {
    my $good = $rule->{good}[0];
    try_values($directive, $rule);
    try_number_of_values($directive, $rule, $good);
    try_sections($directive, $rule, $good);
  };
}

subtest 'together' => sub {
  my $output = accepted('NoCertRequest is taken',
    'TLSOptions NoCertRequest');
  like $output, qr/TLSOptions: "NoCertRequest" is deprecated/, 'with a notice';
  accepted('TLSOptions and TLSCipherSuite again and again',
    'TLSOptions StdEnvVars', 'TLSOptions EnableDiags IgnoreSNI',
    'TLSCipherSuite HIGH', 'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256');
  refused('a very long value', 'TLSOptions', ['TLSOptions ' . 'x' x 700],
    'x' x 100, 'is not an option', 'UseImplicitSSL');
  refused('a value with the signs of printf', 'TLSKeyLogFile',
    ['TLSKeyLogFile %s%n%p'],
    '"%s%n%p"', 'must be an absolute path', '/path/to/file');
};

# The rows of the module's table: name, context, number of values, syntax, and
# the rest as it is written.
sub rows () {
  my ($table) = slurp("$TOP/mod_ftps/host/config/directives.c")
    =~ /^const struct ftps_directive ftps_directives\[\] = \{\n(.*?)^\};/ms;
  my @rows;
  while ($table =~ /^  \{ "(TLS\w+)", (IN_\w+), (\w+), (\w+),(.*?) \},$/msg) {
    my %row;
    @row{qw(name in min max rest)} = ($1, $2, $3, $4, $5);
    $row{rest} =~ s/\s+/ /g;
    push @rows, \%row;
  }
  return @rows;
}

subtest 'nothing is forgotten' => sub {
  my @table = map { $_->{name} } rows();
  is_deeply [sort keys %DIRECTIVES], [sort @table],
    'the tables here name what the module knows';
  my $manual = slurp("$TOP/doc/mod_ftps.html");
  my @missing = grep {
    $manual !~ m{<h3><a name="\Q$_\E">\Q$_\E</a></h3>}
  } @table;
  is "@missing", '', 'the manual has all of them';
  my ($words) = slurp("$TOP/mod_ftps/base/words.c")
    =~ /option_words\[\] = \{(.*?)^\};/ms;
  my @unknown = grep { $manual !~ m{<code>\Q$_\E</code>} }
    $words =~ /"(\w+)"/g;
  is "@unknown", '', 'and all options';
};

# What the manual says about a directive: {Syntax}, {Default}, {Context}.
sub manual_of ($manual, $name) {
  my ($text) = $manual
    =~ m{<h3><a name="\Q$name\E">.*?</h3>\n(.*?)<strong>Module:}s;
  return {
    ($text // '') =~ s/<(?!strong|\/strong)[^>]+>//gr
      =~ s/&lt;/</gr =~ s/&gt;/>/gr
      =~ m{<strong>(\w+):</strong> (.*)}g
  };
}

my %CONTEXT = (
  IN_MAIN    => 'server config',
  IN_HOSTS   => 'server config, <VirtualHost>',
  IN_SERVERS => 'server config, <VirtualHost>, <Global>',
  IN_ALL     => 'server config, <VirtualHost>, <Global>, <Anonymous>, '
    . '<Directory>, .ftpaccess',
);

# The default of a row in the words of the manual, if the row says it.
sub default_of ($row, $settings) {
  my ($unset) = $row->{rest} =~ /\.unset = (\w+)/ or return;
  return $unset eq 'true' ? 'on' : 'off' if $row->{rest} =~ /\bFLAG\(/;
  return $1 if $settings =~ /define \Q$unset\E\s+(\d+)U?\n/;
  return $row->{rest} =~ /\bWORD\(/ ? lc $unset =~ s/.*_//r : undef;
}

subtest 'the table, the manual and ProFTPD say the same' => sub {
  my $manual = slurp("$TOP/doc/mod_ftps.html");
  my $settings = slurp("$TOP/mod_ftps/base/settings.h");
  my $defaults = 0;
  for my $row (rows()) {
    my $says = manual_of($manual, $row->{name});
    is $says->{Context}, $CONTEXT{$row->{in}}, "$row->{name}: context";
    like $says->{Syntax}, qr/^\Q$row->{name}\E \S/, 'syntax';
    my $default = default_of($row, $settings) // next;
    is $says->{Default} =~ s/^\Q$row->{name}\E | seconds$//gr, $default,
      'default';
    $defaults++;
  }
  cmp_ok $defaults, '>', 10, 'defaults were compared';
  SKIP: {
    my $lack = FTPS::Test::Build->lack;
    skip $lack, 1 if $lack;
    FTPS::Test::Build->module($srv, 'mod_probe_directives');
    my ($status, $output) = $srv->rewrite(
      extra => ['LoadModule mod_probe_directives.c'])->syntax_check;
    is_deeply [$output =~ /^probe: (\w+ of \w+)$/mg],
      [map { "$_->{name} of ftps" } rows()], 'ProFTPD knows them as ours'
      or diag $output;
  }
};

# What values.c and settings_read.c expect of a row.
subtest 'each row says enough' => sub {
  for my $row (rows()) {
    my ($name, $text) = @$row{qw(name rest)};
    my ($kind) = $text
      =~ /\b(FLAG|NUMBER|DURATION|WORDS?|TEXTS?|PATHS?|CERTIFICATE|KEY|OTHER)\b/;
    my $wants = !defined $kind ? 'no kind'
      : $text =~ /\.set = / ? ''
      : $kind =~ /^(?:TEXT|OTHER)/ ? '.set'
      : $kind =~ /^WORD/ && $text !~ /\.words = / ? '.words'
      : $kind eq 'NUMBER' && $text !~ /\.most = / ? '.most'
      : $kind ne 'WORDS' && "$row->{min} $row->{max}" ne '1 1' ? 'one value'
      : '';
    is $wants, '', "$name: $kind";
  }
};

done_testing;
