#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The control connection: mechanisms of AUTH, versions, ciphers, groups, ALPN,
# certificates and their chains, client certificates, how connections end, and
# what TLSLog says about it.  One daemon; each row of the tables has a virtual
# host with a port of its own.
#
# A row has what the client sends, and then the result. `alert` is what the
# client receives, `log` the new lines of TLSLog.

use v5.36;

use Cwd qw(abs_path);
use Fcntl qw(O_NONBLOCK O_RDONLY O_WRONLY);
use File::Basename qw(dirname);
use File::Temp ();
use IO::Select;
use IO::Socket::IP;
use Net::SSLeay;
use POSIX ();
use Socket ();
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::File qw(slurp append spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $PKI = FTPS::Test::PKI->new;
my $WEAK = 'ALL:@SECLEVEL=0';
my $CA_LINE = 'TLSCACertificateFile ' . $PKI->cert('client-ca')->{cert};

sub pair ($kind, $cert, $file = 'full') {
  my $c = $PKI->cert($cert);
  return ("TLS${kind}CertificateFile $c->{$file}",
    "TLS${kind}CertificateKeyFile $c->{key}");
}

sub any ($cert) {
  my $c = $PKI->cert($cert);
  return "TLSCertificate $c->{full} $c->{key}";
}

my $TEMP = File::Temp->newdir;

# A certificate below an intermediate, two steps under its root.
sub deep_client () {
  my %files = $PKI->issue_to("$TEMP/deep", like => 'client',
    issuer => 'intermediate');
  append($files{cert}, slurp($PKI->cert('intermediate')->{cert}));
  return %files;
}

# Another CA has signed the root as well, and some clients know only that CA.
# The server trusts the root, which makes no difference with mod_tls.
sub cross_sign () {
  my ($ca, $other) = map { $PKI->cert($_) } qw(ca other-ca);
  spew("$TEMP/cross.cnf", "[x]\nbasicConstraints = critical,CA:TRUE\n"
    . "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n");
  FTPS::Test::Process->must([qw(openssl x509 -clrext -set_serial 7 -days 3
    -extensions x -in), $ca->{cert}, '-CA', $other->{cert}, '-CAkey',
    $other->{key}, '-extfile', "$TEMP/cross.cnf", '-out', "$TEMP/cross"]);
  return append("$TEMP/crossed", map { slurp($_) } "$TEMP/cross",
    $PKI->cert('intermediate')->{cert});
}
cross_sign();

my $ROOT_LINE = 'TLSCACertificateFile ' . $PKI->cert('ca')->{cert};

my %VHOST = (
  default   => [],
  weak      => ['TLSProtocol TLSv1.1 TLSv1.2', 'TLSOptions AllowWeakSecurity'],
  old       => ['TLSProfile old'],
  'old-rsa' => [ 'TLSProfile old', pair(RSA => 'server-rsa') ],
  'old-12'  => [ 'TLSProfile old', 'TLSProtocol TLSv1.2' ],
  modern    => ['TLSProfile modern'],
  'modern-12' => [ 'TLSProfile modern', 'TLSProtocol TLSv1.2' ],
  medium    => ['TLSProfile intermediate'],
  'only-12' => ['TLSProtocol TLSv1.2'],
  'only-13' => ['TLSProtocol TLSv1.3'],
  'no-13'   => ['TLSProtocol ALL -TLSv1.3'],
  suites    => [ 'TLSCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384',
    'TLSCipherSuite TLSv1.3 TLS_CHACHA20_POLY1305_SHA256' ],
  server    => [ 'TLSCipherSuite '
      . 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
    'TLSServerCipherPreference on' ],
  client    => [ 'TLSCipherSuite '
      . 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
    'TLSServerCipherPreference off' ],
  group     => ['TLSECDHCurve P-384'],
  'no-alpn' => ['TLSNextProtocol off'],
  'any-alpn' => ['TLSNextProtocol optional'],
  both      => [ pair(EC => 'server'), pair(RSA => 'server-rsa') ],
  each      => [ any('server-chain'), 'TLSCertificate '
      . $PKI->cert('server-rsa')->{both} ],
  beside    => [ any('server-chain'), pair(RSA => 'server-rsa') ],
  before    => [ pair(EC => 'server'), any('server-chain') ],
  inside    => [ 'TLSECCertificateFile ' . $PKI->cert('server')->{both} ],
  full      => [ pair(EC => 'server-chain') ],
  bare      => [ pair(EC => 'server-chain', 'cert') ],
  chain     => [ pair(EC => 'server-chain', 'cert'),
    'TLSCertificateChainFile ' . $PKI->cert('server-chain')->{chain} ],
  repeats   => [ pair(EC => 'server-chain', 'cert'),
    'TLSCertificateChainFile ' . $PKI->cert('server-chain')->{full} ],
  completed => [ pair(EC => 'server-chain', 'cert'),
    'TLSCACertificateFile ' . $PKI->cert('intermediate')->{cert} ],
  crossed   => [ pair(EC => 'server-chain', 'cert'),
    "TLSCertificateChainFile $TEMP/crossed",
    'TLSCACertificateFile ' . $PKI->cert('ca')->{cert} ],
  required  => [ $CA_LINE, 'TLSVerifyClient on' ],
  optional  => [ $CA_LINE, 'TLSVerifyClient optional' ],
  off       => [ $CA_LINE, 'TLSVerifyClient off' ],
  'depth-0' => [ $CA_LINE, 'TLSVerifyClient on', 'TLSVerifyDepth 0' ],
  'depth-1' => [ $ROOT_LINE, 'TLSVerifyClient on', 'TLSVerifyDepth 1' ],
  'depth-2' => [ $ROOT_LINE, 'TLSVerifyClient on', 'TLSVerifyDepth 2' ],
  'full-data' => [ $CA_LINE, 'TLSVerifyClient optional',
    'TLSOptions NoSessionReuseRequired' ],
  diags     => ['TLSOptions EnableDiags'],
  idle      => [],
  login     => [],
);
# Long enough for a handshake and a login on a busy machine.
my %EXTRA = (
  idle  => ['TimeoutIdle 5'],
  login => ['TimeoutLogin 5'],
);

my $srv = FTPS::Test::Server->new(max_instances => 300,
  vhosts => [ map { { name => $_, port => 'own', tls => $VHOST{$_},
    extra => $EXTRA{$_} } } sort keys %VHOST ]);
mkdir $srv->dir . '/open';
chmod 0777, $srv->dir . '/open';
$srv->rewrite(vhosts => [ $srv->config->{vhosts}->@*,
  { name => 'open-log', port => 'own',
    tls => [ 'TLSLog ' . $srv->dir . '/open/log' ] } ]);
$srv->start;

# A session that ends keeps the daemon from accepting the next connection for
# 0.2 s, so those that are done with stay open.
my @kept;
sub keep ($c) { return push @kept, $c }

sub connection ($vhost, %o) {
  my $c = $srv->connection(vhost => $vhost, %o);
  $c->connect;
  return $c;
}

# One handshake, and in TLS 1.3 the first reply, which is where a client learns
# that its certificate was refused.
sub try ($vhost, %o) {
  $srv->mark;
  my $c = connection($vhost, %o);
  my $done = $c->auth;
  my ($code, $text) = $done ? $c->cmd('NOOP') : (0, $c->error);
  return ($c, $code == 200, $text);
}

sub check_row ($row) {
  my ($name, $vhost, $words, $want) = @$row;
  my ($c, $done, $text) = try($vhost, %$words);
  if ($want->{alert}) {
    ok(!$done, "$name: refused");
    like($c->alert, qr/^$want->{alert}$/, "$name: alert") or diag($text);
    $srv->like_new($want->{log}, $name);
    return;
  }
  ok($done, "$name: accepted") or diag($text);
  is($c->version, $want->{version}, "$name: version") if $want->{version};
  is($c->cipher, $want->{cipher}, "$name: cipher") if $want->{cipher};
  is($c->alpn, $want->{alpn}, "$name: protocol") if exists $want->{alpn};
  is($c->peer_fingerprint, $PKI->fingerprint($PKI->cert($want->{cert})->{cert}),
    "$name: certificate") if $want->{cert};
  $srv->like_new($want->{log}, $name) if $want->{log};
  keep($c);
  return;
}

my $C12 = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
my $TOO_OLD = qr/unable to accept TLS connection: .*unsupported protocol/;
my $NO_CIPHER = qr/unable to accept TLS connection: .*no shared cipher/;
my $NO_GROUP = qr/unable to accept TLS connection: .*no suitable key share/;

my @HANDSHAKES = (
  [ 'newest', 'default', {}, { version => 'TLSv1.3',
    log => qr/ TLSv1\.3\ connection\ accepted,
      \ using\ cipher\ TLS_AES_256_GCM_SHA384\ \(256\ bits\),
      \ key\ exchange\ (?:X25519(?:MLKEM768)?|P-256)$/mx } ],
  [ 'TLS 1.2', 'default', { max => '1.2' }, { version => 'TLSv1.2',
    log => qr/TLSv1\.2 connection accepted, using cipher \S+ \(\d+ bits\), key exchange X25519$/m }
  ],
  [ 'TLS 1.1 at most', 'default', { min => '1.0', max => '1.1',
    ciphers => $WEAK }, { alert => 'protocol version', log => $TOO_OLD } ],
  [ 'TLS 1.0 to 1.2', 'default', { min => '1.0', max => '1.2',
    ciphers => $WEAK }, { version => 'TLSv1.2' } ],
  [ 'TLS 1.1 named', 'weak', { min => '1.0', max => '1.1', ciphers => $WEAK },
    { version => 'TLSv1.1', log => qr/TLSv1\.1 connection accepted/ } ],
  [ 'TLSProfile old', 'old', { min => '1.0', max => '1.0', ciphers => $WEAK },
    { version => 'TLSv1', log => qr/TLSv1 connection accepted/ } ],
  [ 'TLSProfile old, RSA key exchange', 'old-rsa', { min => '1.0',
    max => '1.0', ciphers => 'AES128-SHA:@SECLEVEL=0' },
    { version => 'TLSv1', log => qr/, key exchange RSA$/m } ],
  [ 'TLSProfile old, the newest', 'old', {}, { version => 'TLSv1.3' } ],
  [ 'TLSProfile old and TLSProtocol', 'old-12', { min => '1.0', max => '1.1',
    ciphers => $WEAK }, { alert => 'protocol version', log => $TOO_OLD } ],
  [ 'TLSProfile modern', 'modern', {}, { version => 'TLSv1.3' } ],
  [ 'TLSProfile modern, TLS 1.2', 'modern', { max => '1.2' },
    { alert => 'protocol version', log => $TOO_OLD } ],
  [ 'TLSProfile modern and TLSProtocol', 'modern-12', { max => '1.2' },
    { version => 'TLSv1.2' } ],
  [ 'TLSProfile intermediate', 'medium', { max => '1.2' },
    { version => 'TLSv1.2' } ],
  [ 'TLSProfile intermediate, TLS 1.1', 'medium', { min => '1.0',
    max => '1.1', ciphers => $WEAK },
    { alert => 'protocol version', log => $TOO_OLD } ],
  [ 'TLS 1.0, 1.1 named', 'weak', { min => '1.0', max => '1.0',
    ciphers => $WEAK }, { alert => 'protocol version', log => $TOO_OLD } ],
  [ '1.2 of 1.1 and 1.2', 'weak', {}, { version => 'TLSv1.2' } ],
  [ '1.2 alone', 'only-12', {}, { version => 'TLSv1.2' } ],
  [ '1.2 alone, client 1.3', 'only-12', { min => '1.3' },
    { alert => 'protocol version', log => $TOO_OLD } ],
  [ '1.3 alone, client 1.2', 'only-13', { max => '1.2' },
    { alert => 'protocol version', log => $TOO_OLD } ],
  [ 'ALL -TLSv1.3', 'no-13', {}, { version => 'TLSv1.2' } ],
  [ 'suite of 1.2', 'suites', { max => '1.2' },
    { cipher => 'ECDHE-ECDSA-AES256-GCM-SHA384' } ],
  [ 'suite of 1.3', 'suites', {},
    { cipher => 'TLS_CHACHA20_POLY1305_SHA256' } ],
  [ 'no common suite of 1.2', 'suites', { max => '1.2',
    ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    { alert => 'handshake failure', log => $NO_CIPHER } ],
  [ 'no common suite of 1.3', 'suites', { min => '1.3',
    ciphersuites => 'TLS_AES_128_GCM_SHA256' },
    { alert => 'handshake failure', log => $NO_CIPHER } ],
  [ 'order of the server', 'server', { max => '1.2', ciphers => $C12 },
    { cipher => 'ECDHE-ECDSA-AES256-GCM-SHA384' } ],
  [ 'order of the client', 'client', { max => '1.2', ciphers => $C12 },
    { cipher => 'ECDHE-ECDSA-AES128-GCM-SHA256' } ],
  [ 'group', 'group', { groups => 'X25519:P-384' },
    { log => qr/connection accepted, .*, key exchange P-384$/m } ],
  [ 'group, TLS 1.2', 'group', { groups => 'X25519:P-256:P-384', max => '1.2' },
    { log => qr/connection accepted, .*, key exchange P-384$/m } ],
  [ 'DHE', 'both', { max => '1.2', ciphers => 'DHE-RSA-AES256-GCM-SHA384' },
    { log => qr/connection accepted, .*, key exchange DHE$/m } ],
  [ 'no common group', 'group', { min => '1.3', groups => 'X25519' },
    { alert => 'handshake failure', log => $NO_GROUP } ],
  [ 'ftp offered second', 'default', { alpn => [ 'x-filezilla-ftp', 'ftp' ] },
    { alpn => 'ftp' } ],
  [ 'ftp alone', 'default', { alpn => ['ftp'] }, { alpn => 'ftp' } ],
  [ 'other protocols', 'default', { alpn => [ 'http/1.1', 'ftps', 'ft' ] },
    { alert => 'no application protocol', log => qr/no application protocol/ } ],
  [ 'those of browsers, TLS 1.2', 'default', { max => '1.2',
    alpn => [ 'h2', 'http/1.1' ] },
    { alert => 'no application protocol', log => qr/no application protocol/ } ],
  [ 'the name for data alone', 'default', { alpn => ['ftp-data'] },
    { alert => 'no application protocol', log => qr/no application protocol/ } ],
  [ 'TLSNextProtocol optional, others', 'any-alpn', { alpn => ['http/1.1'] },
    { alpn => undef } ],
  [ 'TLSNextProtocol optional, ftp', 'any-alpn', { alpn => [ 'h2', 'ftp' ] },
    { alpn => 'ftp' } ],
  [ 'TLSNextProtocol off, others', 'no-alpn', { alpn => ['http/1.1'] },
    { alpn => undef } ],
  [ 'nothing offered', 'default', {}, { alpn => undef } ],
  [ 'TLSNextProtocol off', 'no-alpn', { alpn => ['ftp'] },
    { alpn => undef } ],
  [ 'EC of EC and RSA', 'both', {}, { cert => 'server' } ],
  [ 'RSA of EC and RSA', 'both', { max => '1.2',
    ciphers => 'ECDHE-RSA-AES256-GCM-SHA384' }, { cert => 'server-rsa' } ],
  [ 'EC of EC and RSA, TLS 1.2', 'both', { max => '1.2',
    ciphers => 'ECDHE-ECDSA-AES256-GCM-SHA384' }, { cert => 'server' } ],
  [ 'RSA of TLSCertificate', 'each', { max => '1.2',
    ciphers => 'ECDHE-RSA-AES256-GCM-SHA384' }, { cert => 'server-rsa' } ],
  [ 'RSA beside TLSCertificate', 'beside', { max => '1.2',
    ciphers => 'ECDHE-RSA-AES256-GCM-SHA384' }, { cert => 'server-rsa' } ],
  [ 'key in the certificate file', 'inside', {}, { cert => 'server' } ],
);
check_row($_) for @HANDSHAKES;

# A ClientHello in pieces; with a key of ML-KEM (OpenSSL 3.5) it is longer than a
# segment.
sub start_relay ($piece) {
  my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1', Listen => 1)
    or die "relay: $@\n";
  my $pid = fork // die "relay: $!\n";
  return ($pid, $listener->sockport) if $pid;
  my $client = $listener->accept;
  my $server = IO::Socket::IP->new(PeerHost => '127.0.0.1',
    PeerPort => $srv->port) or POSIX::_exit(1);
  my $both = IO::Select->new($client, $server);
  $_->setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    for $client, $server;
  while (my @ready = $both->can_read(20)) {
    for my $from (@ready) {
      my $is_client = $from == $client;
      sysread($from, my $bytes, 65536) or POSIX::_exit(0);
      my $size = $is_client ? $piece : 65536;
      for my $part (unpack "(a$size)*", $bytes) {
        syswrite $is_client ? $server : $client, $part;
        Time::HiRes::sleep(0.001);
      }
    }
  }
  POSIX::_exit(0);
}

sub knows_group ($name) {
  my $ctx = Net::SSLeay::CTX_new();
  my $is_known = Net::SSLeay::CTX_set1_groups_list($ctx, $name) == 1;
  Net::SSLeay::CTX_free($ctx);
  Net::SSLeay::ERR_clear_error();
  return $is_known;
}

for my $row ([ 'default groups', 7 ],
  [ 'X25519MLKEM768', 100, min => '1.3', groups => 'X25519MLKEM768' ])
{
  my ($name, $piece, %o) = @$row;
  subtest "ClientHello in pieces of $piece bytes, $name" => sub {
    plan skip_all => 'this OpenSSL has no such group'
      if $o{groups} && !knows_group($o{groups});
    my ($pid, $port) = start_relay($piece);
    my $c = $srv->client(%o, port => $port);
    my $r = $c->stor('pieces', $name);
    is "$r->{code} $r->{reused}", '226 1', 'a transfer';
    $srv->like_tlslog(qr/connection accepted, .*, key exchange $o{groups}$/m)
      if $o{groups};
    is $srv->read_file('pieces'), $name, 'its bytes';
    $c->quit;
    waitpid $pid, 0;
  };
}

# A data connection that must resume depends on the first, hybrid exchange.
for my $row ([ '*X25519MLKEM768:*X25519', 'X25519' ],
  [ '*X25519MLKEM768:X25519', 'X25519MLKEM768' ]) {
  my ($groups, $of_data) = @$row;
  subtest "groups of a data connection, $groups" => sub {
    plan skip_all => 'this OpenSSL has no such group' if !knows_group($groups);
    $srv->mark;
    my $c = $srv->client(min => '1.3', groups => $groups);
    is $c->stor('groups', 'x')->{code}, 226, 'a transfer';
    $c->quit;
    $srv->like_new(qr/ connection accepted, .*, key exchange X25519MLKEM768$/m,
      'the control connection is hybrid');
    $srv->like_new(qr/data connection, key exchange $of_data$/m,
      "the data connection uses $of_data");
  };
}

for my $mechanism ([ TLS => 'Clear' ], [ 'TLS-C' => 'Clear' ],
  [ SSL => 'Private' ], [ 'TLS-P' => 'Private' ], [ tls => 'Clear' ]) {
  my ($word, $level) = @$mechanism;
  $srv->mark;
  my $c = connection('default');
  ok($c->auth($word), "AUTH $word: handshake");
  is(join(' ', $c->cmd('USER proftpd')), '331 Password required for proftpd',
    "AUTH $word: USER");
  is(($c->cmd('PASS test'))[0], 230, "AUTH $word: PASS");
  $c->cmd('PBSZ 0');
  my $r = $c->list('', protected => $level eq 'Private');
  is("$r->{code} $r->{text}", '226 Transfer complete', "AUTH $word: $level");
  if ($level eq 'Private') {
    $srv->like_new(qr/Protection set to Private/, "AUTH $word");
  }
  keep($c);
}

{
  my $first = $srv->client;
  my ($session) = $first->sessions->[-1];
  $first->quit;
  my ($c) = try('default');
  $c->quit;
  $srv->mark;
  $c = $srv->connection(session => $session);
  $c->connect;
  ok($c->auth && $c->session_reused, 'resumed control connection');
  $srv->like_new(
    qr/TLSv1\.3 connection accepted, .*, key exchange \S+, resumed session$/m,
    'resumed control connection');
  keep($c);
}

sub chain_of ($c) {
  my @stack = Net::SSLeay::get_peer_cert_chain($c->stream->ssl);
  return [ map { Net::SSLeay::X509_get_fingerprint($_, 'sha256') } @stack ];
}

sub prints (@names) {
  return [ map { $PKI->fingerprint($PKI->cert($_)->{cert}) } @names ];
}

my %CHAIN = (
  default => ['server'], bare => ['server-chain'],
  map({ $_ => [ 'server-chain', 'intermediate' ] }
    qw(full chain repeats completed each beside before)),
);
for my $vhost (sort keys %CHAIN) {
  for my $version ('1.2', '1.3') {
    my ($c, $done, $text) = try($vhost, max => $version,
      $vhost eq 'bare' ? (ca => undef) : ());
    ok($done, "chain, $vhost, TLS $version: accepted") or diag($text);
    is_deeply(chain_of($c), prints($CHAIN{$vhost}->@*),
      "chain, $vhost, TLS $version: presented");
    keep($c);
  }
}

for my $ca ('ca', 'other-ca') {
  my ($c, $done, $text) = try('crossed', ca => $PKI->cert($ca)->{cert});
  ok($done, "chain, crossed: accepted by who knows $ca") or diag($text);
  is_deeply(chain_of($c), [ prints('server-chain', 'intermediate')->@*,
    $PKI->fingerprint("$TEMP/cross") ], "chain, crossed: presented");
  keep($c);
}

for my $vhost ('each', 'beside') {
  my ($c) = try($vhost, max => '1.2', ciphers => 'ECDHE-RSA-AES256-GCM-SHA384');
  is_deeply(chain_of($c), prints('server-rsa'), "chain of RSA, $vhost");
  keep($c);
}

# Net::SSLeay has no name for alert 116 before OpenSSL 3.2.
my $UNNAMED = 'certificate required|unknown';
my $REFUSED = qr/client certificate refused: /;
my $NONE = qr/unable to accept TLS .*peer did not return a certificate/;
my $SUBJECT = qr/\(depth 0, subject "O = FTPS tests, CN = proftpd"\)/;
my $UNKNOWN = qr/${REFUSED}unable to get local issuer certificate $SUBJECT/;
my $EXPIRED = qr/${REFUSED}certificate has expired $SUBJECT/;
my $TOO_LONG = qr/${REFUSED}certificate chain too long/;
my @DEEP = deep_client();

my @CLIENTS = (
  [ 'good', 'required', [ $PKI->pair('client') ], {} ],
  [ 'P-521', 'required', [ $PKI->issue_to("$TEMP/p521", like => 'client',
    key_type => 'EC:secp521r1') ], {} ],
  [ 'none', 'required', [], { log => $NONE,
    alert => { '1.2' => 'handshake failure', '1.3' => $UNNAMED } } ],
  [ 'other CA', 'required', [ $PKI->pair('client-other') ],
    { alert => 'unknown CA', log => $UNKNOWN } ],
  [ 'expired', 'required', [ $PKI->pair('client-expired') ],
    { alert => 'certificate expired', log => $EXPIRED } ],
  [ 'good, optional', 'optional', [ $PKI->pair('client') ], {} ],
  [ 'none, optional', 'optional', [], {} ],
  [ 'other CA, optional', 'optional', [ $PKI->pair('client-other') ],
    { alert => 'unknown CA', log => $UNKNOWN } ],
  [ 'expired, optional', 'optional', [ $PKI->pair('client-expired') ],
    { alert => 'certificate expired', log => $EXPIRED } ],
  [ 'good, off', 'off', [ $PKI->pair('client') ], {} ],
  [ 'other CA, off', 'off', [ $PKI->pair('client-other') ], {} ],
  [ 'one step, depth 0', 'depth-0', [ $PKI->pair('client') ],
    { alert => 'unknown CA', log => $TOO_LONG } ],
  [ 'two steps, depth 1', 'depth-1', \@DEEP,
    { alert => 'unknown CA', log => $TOO_LONG } ],
  [ 'two steps, depth 2', 'depth-2', \@DEEP, {} ],
);
for my $row (@CLIENTS) {
  my ($name, $vhost, $words, $want) = @$row;
  for my $version ('1.2', '1.3') {
    my $alert = $want->{alert};
    $alert = $alert->{$version} if ref $alert;
    check_row([ "client certificate, $name, TLS $version", $vhost,
      { @$words, max => $version }, { %$want, alert => $alert } ]);
  }
}

sub asked_for ($c) {
  my $stack = Net::SSLeay::get_client_CA_list($c->stream->ssl) or return [];
  return [ map { Net::SSLeay::X509_NAME_oneline(
    Net::SSLeay::sk_X509_NAME_value($stack, $_))
  } 0 .. Net::SSLeay::sk_X509_NAME_num($stack) - 1 ];
}

for my $vhost ('required', 'optional', 'off', 'default') {
  my ($c) = try($vhost, $PKI->pair('client'), max => '1.2');
  is_deeply(asked_for($c), $vhost =~ /^(?:required|optional)$/
    ? ['/O=FTPS tests/CN=FTPS test client CA'] : [],
    "TLSVerifyClient $vhost: CA names sent");
  keep($c);
}

# Data connections of clients with certificates.
# As good as the first one.
my @SECOND = $PKI->issue_to("$TEMP/second", like => 'client');
my $bytes = join '', map { chr $_ % 251 } 1 .. 5000;
$srv->write_file('f', $bytes);
my $OTHER_PEER = 'client certificate is not the one of the control connection';
for my $version ('1.2', '1.3') {
  my $name = "data connection, TLS $version";
  my $c = connection('required', $PKI->pair('client'), max => $version);
  $c->auth;
  $c->login;
  my $r = $c->retr('f');
  ok($r->{ok} && $r->{reused} && $r->{data} eq $bytes, "$name: resumed");
  $r = $c->stor('g', $bytes);
  is("$r->{code} $r->{text}", '226 Transfer complete', "$name: upload");
  is($srv->read_file('g'), $bytes, "$name: the file");
  $c->quit;

  $c = connection('full-data', $PKI->pair('client'), max => $version);
  $c->auth;
  $c->login;
  $r = $c->retr('f', session => 'none');
  ok($r->{ok} && $r->{data} eq $bytes, "$name: full, same certificate");
  $srv->mark;
  $r = $c->stor('g', 'x', session => 'none', @SECOND);
  is("$r->{code} $r->{text}", "425 $OTHER_PEER\nUnable to build data "
    . 'connection: Operation not permitted', "$name: full, second certificate");
  is($srv->read_file('g'), $bytes, "$name: nothing was changed");
  $srv->like_new(qr/unable to accept data connection: $OTHER_PEER/, $name);
  $r = $c->retr('f', session => 'none', $PKI->pair('client-other'));
  is($r->{code}, 425, "$name: full, certificate of another CA");
  is($r->{data}, '', "$name: full, certificate of another CA: nothing came");
  $r = $c->retr('f', session => 'none');
  ok($r->{ok} && $r->{data} eq $bytes, "$name: the session goes on");
  $c->quit;
}

# The end: a reply where one is due, then close_notify.
sub is_ended ($c, $want, $name) {
  my ($code, $text) = $c->reply;
  like("$code $text", $want, "$name: reply");
  ($code, $text) = $c->reply;
  is($code, 0, "$name: end of the connection");
  is($c->stream->eof, 'close_notify', "$name: close_notify");
  return;
}

my @waiting;
for my $version ('1.2', '1.3') {
  my $c = $srv->client(max => $version);
  $c->send_line('QUIT');
  is_ended($c, qr/^221 /, "QUIT, TLS $version");

  # A ticket for the next transfer is under way.
  $c = $srv->client(max => $version);
  $c->retr('f');
  $c->send_line('QUIT');
  is_ended($c, qr/^221 /, "QUIT after a transfer, TLS $version");

  my $idle = connection('idle', max => $version);
  my $login = connection('login', max => $version);
  $idle->auth && $idle->login;
  $login->auth;
  push @waiting, [ $idle, qr/^421 Idle timeout/, "TimeoutIdle, TLS $version" ],
    [ $login, qr/^421 Login timeout/, "TimeoutLogin, TLS $version" ];
}
is_ended(@$_) for @waiting;

{
  my ($c) = try('diags');
  $srv->like_new(qr/$_/, 'EnableDiags') for
    '\[msg\] received ClientHello \(\d+ bytes\) TLSv1\.3',
    '\[msg\] sent ServerHello ', '\[info\] handshake starts: ',
    '\[info\] handshake done: TLSv1\.3 TLS_AES_256_GCM_SHA384';
  keep($c);
  ($c) = try('default');
  unlike($srv->new_log, qr/\[(?:msg|info)\]/, 'no EnableDiags: TLSLog');
  keep($c);
}

{
  my ($c, $done) = try('open-log');
  ok($done, 'TLSLog in a world-writable directory: a session');
  ok(!-e $srv->dir . '/open/log', 'TLSLog in such a directory: not written');
  my $line = quotemeta 'mod_ftps: TLSLog ' . $srv->dir . '/open/log: cannot be '
    . 'opened: its directory is world-writable; run chmod o-w on it';
  ok($srv->wait_log(qr/$line/, 'system'), '... and the system log says why');
  keep($c);
}

$_->close for @kept;
is($srv->stop, 0, 'exit status of the daemon');

# No session waits for the program that reads a log: it may be stopped, or gone.
{
  my @formats = qw(text json);
  my $dir = File::Temp->newdir('ftps-fifo-XXXXXX', TMPDIR => 1);
  my $other = FTPS::Test::Server->new(vhosts => [map { { name => $_,
    port => 'own', tls => ["TLSLog $dir/$_", "TLSLogFormat $_"] } } @formats]);
  my %read;
  for my $format (@formats) {
    POSIX::mkfifo("$dir/$format", 0600) or die "mkfifo: $!\n";
    sysopen $read{$format}, "$dir/$format", O_RDONLY | O_NONBLOCK or die "$!\n";
    sysopen my $fill, "$dir/$format", O_WRONLY | O_NONBLOCK or die "$!\n";
    1 while syswrite $fill, 'x' x 512;
  }
  $other->start;
  for my $format (@formats) {
    my $c = $other->client(vhost => $format);
    ok($c->list->{ok}, "TLSLog is a full FIFO, $format: a session");
    ok($other->wait_log(qr/TLSLog lacks lines of this session: it is a FIFO, /,
      'system'), '... and the system log says what is lost');
    $c->quit;
    close $read{$format};
    $c = $other->client(vhost => $format);
    ok($c->list->{ok}, "TLSLog is a FIFO that nobody reads, $format: a session");
    ok($other->wait_log(qr{TLSLog \S+/$format: cannot be opened: it is a FIFO, },
      'system'), '... and the system log says why');
    $c->quit;
  }
  is($other->stop, 0, 'exit status of the daemon');
}
done_testing;
