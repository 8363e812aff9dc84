#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# What other modules and programs learn about a TLS connection: session notes
# (always) and environment variables (TLSOptions StdEnvVars), read through
# LogFormat's %{note:...} and %{...}e.  Texts from a client's certificate are
# escaped, and their length is limited.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Net::SSLeay;
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::File qw(slurp);
use FTPS::Test::PKI;
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $PKI = FTPS::Test::PKI->new;
my $TEMP = File::Temp->newdir;

my @NOTES = qw(FTPS TLS_PROTOCOL TLS_CIPHER TLS_KEY_EXCHANGE TLS_SERVER_NAME TLS_CLIENT_S_DN_CN
  TLS_CLIENT_A_KEY TLS_CLIENT_A_SIG TLS_LIBRARY_VERSION mod_tls.sni);
my @CERT = qw(M_VERSION M_SERIAL S_DN I_DN V_START V_END A_SIG A_KEY S_DN_O
  S_DN_CN S_DN_C S_DN_Email I_DN_O I_DN_CN);
my @VARIABLES = (qw(FTPS TLS_PROTOCOL TLS_SESSION_ID TLS_CIPHER TLS_KEY_EXCHANGE
  TLS_CIPHER_EXPORT TLS_CIPHER_KEYSIZE_POSSIBLE TLS_CIPHER_KEYSIZE_USED
  TLS_SERVER_NAME TLS_LIBRARY_VERSION), map({ "TLS_SERVER_$_" } @CERT),
  map({ "TLS_CLIENT_$_" } @CERT));

my @VERIFY = ('TLSVerifyClient optional',
  'TLSCACertificateFile ' . $PKI->cert('client-ca')->{cert});
my $srv = FTPS::Test::Server->new(
  tls => [ @VERIFY, 'TLSOptions StdEnvVars' ],
  vhosts => [ { name => 'plain', port => 'own', tls => \@VERIFY },
    { name => 'sni.test', tls => [ @VERIFY, 'TLSOptions StdEnvVars' ] } ]);
# A line of the log is short, so each value has a format of its own.
my @formats = map {
  my $n = $_;
  my $value = $n < @NOTES ? "%{note:$NOTES[$n]}"
    : "%{$VARIABLES[$n - @NOTES]}e";
  ("LogFormat f$n \"%m [%P] $value\"");
} 0 .. @NOTES + @VARIABLES - 1;
$srv->rewrite(extra => \@formats, global => [
  map { "ExtendedLog $srv->{dir}/log/v$_ DIRS f$_" }
    0 .. @NOTES + @VARIABLES - 1 ]);
$srv->start;

# Everything that the session of this client shows, name => value; PWD is what
# writes the lines.
sub facts ($c) {
  my ($before) = map { scalar(() = /\n/g) } slurp("$srv->{dir}/log/v0", '');
  $c->cmd('PWD');
  my $last = @NOTES + @VARIABLES - 1;
  FTPS::Test::Process->until(sub {
    (() = slurp("$srv->{dir}/log/v$last", '') =~ /\n/g) > $before });
  my %facts;
  for my $n (0 .. $last) {
    my $name = $n < @NOTES ? "note $NOTES[$n]" : $VARIABLES[$n - @NOTES];
    my @lines = split /\n/, slurp("$srv->{dir}/log/v$n", '');
    splice @lines, 0, $before;
    # ProFTPD writes every line twice in a session that HOST or SNI has moved.
    my %distinct = map { $_ => 1 } @lines;
    is(scalar keys %distinct, 1, "$name: one line");
    my ($value) = $lines[0] =~ /^PWD \[\d+\] ?(.*)/s;
    $facts{$name} = ($value // '?') eq '-' ? '' : $value // '?';
  }
  return \%facts;
}

sub session (%o) {
  my $c = $srv->connection(%o);
  $c->connect;
  $c->auth or die 'AUTH: ' . $c->error . "\n";
  $c->login;
  return $c;
}

sub x509 ($path, $ask) {
  my $bio = Net::SSLeay::BIO_new_file($path, 'r') or die "$path: no file\n";
  my $cert = Net::SSLeay::PEM_read_bio_X509($bio);
  Net::SSLeay::BIO_free($bio);
  my $answer = $ask->($cert);
  Net::SSLeay::X509_free($cert);
  return $answer;
}

sub serial ($path) {
  return x509($path, sub ($cert) {
    my $hex = Net::SSLeay::P_ASN1_INTEGER_get_dec(
      Net::SSLeay::X509_get_serialNumber($cert));
    return $hex;
  });
}

my $TIME = qr/^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/;
my $LIBRARY = qr/^OpenSSL \d/;
my %client = $PKI->pair('client');

# The facts of a certificate, as patterns.
sub of_cert ($prefix, $path, $cn, $issuer) {
  return (
    "${prefix}M_VERSION" => '3', "${prefix}M_SERIAL" => serial($path),
    "${prefix}S_DN" => "O = FTPS tests, CN = $cn",
    "${prefix}I_DN" => "O = FTPS tests, CN = $issuer",
    "${prefix}V_START" => $TIME, "${prefix}V_END" => $TIME,
    "${prefix}A_SIG" => 'ecdsa-with-SHA256', "${prefix}A_KEY" =>
      'id-ecPublicKey', "${prefix}S_DN_O" => 'FTPS tests',
    "${prefix}S_DN_CN" => $cn, "${prefix}S_DN_C" => '',
    "${prefix}S_DN_Email" => '', "${prefix}I_DN_O" => 'FTPS tests',
    "${prefix}I_DN_CN" => $issuer);
}

my @SERVER_FACTS = of_cert('TLS_SERVER_', $PKI->cert('server')->{cert},
  'localhost', 'FTPS test CA');
my @CLIENT_FACTS = of_cert('TLS_CLIENT_', $client{cert}, 'proftpd',
  'FTPS test client CA');
my @NO_CLIENT = map { ("TLS_CLIENT_$_" => '') } @CERT;
my @NO_CLIENT_NOTES = map { ("note TLS_CLIENT_$_" => '') }
  qw(S_DN_CN A_KEY A_SIG);
my @CLIENT_NOTES = ('note TLS_CLIENT_S_DN_CN' => 'proftpd',
  'note TLS_CLIENT_A_KEY' => 'id-ecPublicKey',
  'note TLS_CLIENT_A_SIG' => 'ecdsa-with-SHA256');

my $GROUP = qr/^(?:X25519MLKEM768|X25519|P-256)$/;

sub of_connection ($version, $cipher, $bits, $sni = '') {
  return (
    'note TLS_KEY_EXCHANGE' => $GROUP, TLS_KEY_EXCHANGE => $GROUP,
    'note FTPS' => '1', 'note TLS_PROTOCOL' => $version,
    'note TLS_CIPHER' => $cipher, 'note TLS_SERVER_NAME' => $sni,
    'note TLS_LIBRARY_VERSION' => $LIBRARY, 'note mod_tls.sni' => $sni,
    FTPS => '1', TLS_PROTOCOL => $version, TLS_CIPHER => $cipher,
    TLS_CIPHER_EXPORT => '', TLS_CIPHER_KEYSIZE_POSSIBLE => $bits,
    TLS_CIPHER_KEYSIZE_USED => $bits, TLS_SERVER_NAME => $sni,
    TLS_LIBRARY_VERSION => $LIBRARY, TLS_SESSION_ID => qr/^[0-9A-F]{64}$/,
  );
}

sub check_facts ($facts, $want, $name) {
  for my $key (sort keys %$want) {
    my $expected = $want->{$key};
    ref $expected ? like($facts->{$key}, $expected, "$name: $key")
      : is($facts->{$key}, $expected, "$name: $key");
  }
  return;
}

my ($C12, $C13) = ('ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_AES_256_GCM_SHA384');
check_facts(facts(session()),
  { of_connection('TLSv1.3', $C13, 256), @SERVER_FACTS, @NO_CLIENT,
    @NO_CLIENT_NOTES }, 'TLS 1.3, no client certificate');
check_facts(facts(session(max => '1.2', tickets => 0, %client)),
  { of_connection('TLSv1.2', $C12, 256), @SERVER_FACTS, @CLIENT_FACTS,
    @CLIENT_NOTES }, 'TLS 1.2, client certificate');
{
  my $c = session(max => '1.2');
  my $facts = facts($c);
  like($facts->{TLS_SESSION_ID}, qr/^[0-9A-F]{64}$/, 'TLS 1.2 ticket: an id');
  ok($c->list->{reused}, 'a listing');
  is(facts($c)->{TLS_SESSION_ID}, $facts->{TLS_SESSION_ID},
    'the same after a data connection');
  isnt(facts(session(max => '1.2'))->{TLS_SESSION_ID},
    $facts->{TLS_SESSION_ID}, 'another one of another session');
}
subtest 'SNI' => sub {
  FTPS::Test::Server->need_host;
  check_facts(facts(session(sni => 'SNI.test', %client,
      ciphersuites => 'TLS_AES_128_GCM_SHA256')),
    { of_connection('TLSv1.3', 'TLS_AES_128_GCM_SHA256', 128, 'sni.test'),
      @SERVER_FACTS, @CLIENT_FACTS, @CLIENT_NOTES }, 'SNI, client certificate');
};

# Without StdEnvVars: the notes alone.
check_facts(facts(session(vhost => 'plain', %client)),
  { of_connection('TLSv1.3', $C13, 256), @CLIENT_NOTES, @NO_CLIENT,
    (map { $_ => '' } @VARIABLES) }, 'no StdEnvVars');

# In clear: nothing.
{
  my $c = $srv->connection;
  $c->connect;
  $c->login;
  check_facts(facts($c), { map { $_ => '' } map({ "note $_" } @NOTES),
    @VARIABLES }, 'in clear');
}

# Subjects that nobody should have signed.  X509_NAME bounds a CN at 64
# characters when it is made by type, not for other parsers; what is longer is
# made of several components.
my @HOSTILE = (
  [ 'line feed', "evil\r\n2026 forged line", 'evil\x0d\x0a2026 forged line' ],
  [ 'escape', "\e[31mred\a", '\x1b[31mred\x07' ],
  [ 'delete', "a\x7fb", 'a\x7fb' ],
  [ 'backslash', 'a\x41b', 'a\x5cx41b' ],
  [ 'C1 control', "a\xc2\x9bb", 'a\xc2\x9bb' ],
  [ 'right to left', "a\xe2\x80\xaeb", 'a\xe2\x80\xaeb' ],
  [ 'line separator', "a\xe2\x80\xa8b", 'a\xe2\x80\xa8b' ],
  [ 'UTF-8', "J\xc3\xbcrgen", "J\xc3\xbcrgen" ],
  [ 'SQL', q{x' OR '1'='1' -- "}, q{x' OR '1'='1' -- "} ],
  [ 'format', '%n%s%{env:PATH}', '%n%s%{env:PATH}' ],
  [ 'long', 'L' x 64, 'L' x 64 ],
);
for my $row (@HOSTILE) {
  my ($name, $cn, $want) = @$row;
  my %files = $PKI->issue_to("$TEMP/h", like => 'client', cn => $cn);
  my $facts = facts(session(%files));
  is($facts->{'note TLS_CLIENT_S_DN_CN'}, $want, "$name: note");
  is($facts->{TLS_CLIENT_S_DN_CN}, $want, "$name: variable");
  unlike($facts->{TLS_CLIENT_S_DN}, qr/[\0-\x1f\x7f-\xff]/,
    "$name: whole subject");
  is($facts->{TLS_CLIENT_S_DN}, 'O = FTPS tests, CN = J\C3\BCrgen',
    "$name: as in mod_tls's variable") if $name eq 'UTF-8';
}
unlike(join('', $srv->tlslog, $srv->systemlog), qr/[^\n\x20-\x7e\x80-\xff]/,
  'no control byte in the logs');

# A refused one is in TLSLog, escaped as well.
{
  my %files = $PKI->issue_to("$TEMP/o", like => 'client-other',
    cn => "x\r\nforged \e[0m");
  my $c = $srv->connection(max => '1.2', %files);
  $c->connect;
  ok(!$c->auth, 'hostile subject of another CA: refused');
  $srv->like_tlslog(qr/client certificate refused: .*forged/);
  $srv->unlike_tlslog(qr/^forged|[\r\e]/m);
}

is($srv->stop, 0, 'exit status of the daemon');
done_testing;
