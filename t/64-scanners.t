# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# What scanners look for, with the default settings: no CBC, no RSA for the
# exchange of keys, groups and DH parameters that are neither weak nor dear, a
# ticket that is good for a day at most.  And the way back for old clients.
#
# FTPS_SLOW=1: testssl.sh as well, which takes minutes.
# Needs: openssl; sslscan, gnutls-bin and testssl.sh for their subtests.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $OLD = 'DEFAULT:!ADH:!EXPORT:!DES';
my $WEAK = ['TLSProtocol TLSv1 TLSv1.2 TLSv1.3',
  'TLSOptions AllowWeakSecurity'];
my $srv = FTPS::Test::Server->new(max_instances => 200, cert => 'server',
  vhosts => [
    { name => 'rsa', port => 'own', cert => 'server-rsa' },
    { name => 'back', port => 'own', cert => 'server-rsa',
      tls => ["TLSCipherSuite $OLD"] },
    { name => 'old', port => 'own', cert => 'server-rsa', tls => $WEAK },
  ]);
$srv->start;

sub is_taken ($name, $cipher) {
  my $c = $srv->connection(vhost => $name, max => '1.2',
    ciphers => "$cipher:\@SECLEVEL=0");
  $c->connect;
  return $c->auth ? 1 : 0;
}

sub output_of (@command) {
  my $process = FTPS::Test::Process->start([@command],
    output => $srv->dir . '/log/scan');
  $process->wait(600);
  $process->kill_now;
  return slurp($srv->dir . '/log/scan', '');
}

sub find_program ($name) {
  return (grep { -x } map { "$_/$name" } qw(/usr/bin /usr/local/bin))[0];
}

my @CBC = qw(ECDHE-ECDSA-AES256-SHA384 ECDHE-ECDSA-AES128-SHA256
  ECDHE-ECDSA-AES256-SHA ECDHE-ECDSA-AES128-SHA);
my @RSA = qw(ECDHE-RSA-AES256-SHA384 ECDHE-RSA-AES128-SHA DHE-RSA-AES256-SHA256
  AES256-GCM-SHA384 AES128-SHA);
is is_taken('main', $_), 0, "$_: not taken" for @CBC;
is is_taken('main', 'ECDHE-ECDSA-AES128-GCM-SHA256'), 1, 'GCM';
is is_taken('rsa', $_), 0, "$_: not taken" for @RSA;
is is_taken('rsa', $_), 1, "$_: taken" for qw(ECDHE-RSA-AES128-GCM-SHA256
  ECDHE-RSA-CHACHA20-POLY1305 DHE-RSA-AES256-GCM-SHA384);
is is_taken('back', $_), 1, "$_: taken with mod_tls's list" for @RSA;
is is_taken('old', $_), 1, "$_: taken where older protocols are" for @RSA;

# A client that knows nothing else is told to whoever looks for the reason.
$srv->like_tlslog(qr/unable to accept TLS connection: .*no shared cipher/);

for my $version (qw(-tls1_2 -tls1_3)) {
  my $process = FTPS::Test::Process->start(['sh', '-c', 'sleep 1 | openssl '
      . "s_client -starttls ftp $version -connect 127.0.0.1:" . $srv->port],
    output => $srv->dir . '/log/s_client');
  my $hint = qr/ticket lifetime hint: (\d+) \(seconds\)/;
  my $text = '';
  FTPS::Test::Process->until(sub {
    $text = slurp($srv->dir . '/log/s_client', '');
    return $text =~ $hint;
  });
  $process->kill_now;
  is(($text =~ $hint)[0], 86400, "$version: a ticket for a day");
}

subtest 'sslscan' => sub {
  my $sslscan = find_program('sslscan');
  plan skip_all => 'no sslscan (Debian package: sslscan)' if !$sslscan;
  for my $name (qw(main rsa)) {
    my $text = output_of($sslscan, '--no-colour', '--starttls-ftp',
      '127.0.0.1:' . $srv->vhost_port($name));
    my @ciphers = $text =~ /^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)/mg;
    cmp_ok scalar @ciphers, '>=', 6, "$name: ciphers" or diag $text;
    is_deeply [grep { !/GCM|CHACHA20/ } @ciphers], [], "$name: all are AEAD";
    unlike $text, qr/TLSv1\.[01]\s+enabled|SSLv\d\s+enabled|DHE 1024/, "$name: nothing old";
  }
};

# What it asks => its answer.
my %DEBUG = (
  map({ $_ => 'yes' } 'TLS 1.2 (RFC5246)', 'TLS 1.3 (RFC8446)',
    'safe renegotiation', 'ext master secret', 'understands TLS closure alerts',
    'supports session resumption', 'AES-GCM cipher', 'CHACHA20-POLY1305'),
  map({ $_ => 'no' } 'TLS 1.0 (RFC2246)', 'TLS 1.1 (RFC4346)',
    'heartbeat', 'anonymous authentication', 'RSA key exchange', 'AES-CBC',
    '3DES-CBC', 'ARCFOUR', 'MD5 MAC', 'SHA1 MAC', 'SHA256 MAC',
    '%ALLOW_SMALL_RECORDS is required', 'need to disable TLS 1.2',
    '%NO_EXTENSIONS is required'),
);

subtest 'gnutls-cli-debug' => sub {
  my $debug = find_program('gnutls-cli-debug');
  plan skip_all => 'no gnutls-cli-debug (Debian package: gnutls-bin)' if !$debug;
  my $text = output_of($debug, '--starttls-proto', 'ftp', '-p', $srv->port,
    '127.0.0.1');
  for my $what (sort keys %DEBUG) {
    like $text, qr/\Q$what\E[^\n]*\.\.\. \Q$DEBUG{$what}\E$/m,
      "$what: $DEBUG{$what}";
  }
};

subtest 'testssl.sh' => sub {
  my $testssl = find_program('testssl');
  plan skip_all => 'FTPS_SLOW is not set' if !$ENV{FTPS_SLOW};
  plan skip_all => 'no testssl (Debian package: testssl.sh)' if !$testssl;
  my $text = output_of($testssl, qw(--color 0 --warnings off -t ftp --fs -p -s -P
    -U), '127.0.0.1:' . $srv->port);
  like $text, qr/Obsolete CBC ciphers .*not offered/, 'no CBC' or diag $text;
  unlike $text, qr/VULNERABLE|NOT ok/, 'no remark';
};

is $srv->stop, 0, 'the daemon ends well';
done_testing;
