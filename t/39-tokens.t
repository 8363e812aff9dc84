#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Private keys on PKCS#11 tokens (keys/pkcs11.c): a provider made for this test
# has a folder for a token and writes down who opens it with which PIN.  The
# process that signs opens it once; with TLSKeyIsolation off each session does.
# No data connection can be stolen with either.
# If the real provider and SoftHSM are installed, it is tested with them as well.
#
# Needs: root, proftpd-core, openssl, a C compiler.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use FTPS::Test::Stolen qw(none_is_stolen);
use Test::More;

my $temp = File::Temp->newdir('ftps-tokens-XXXXXX', TMPDIR => 1);
my $srv  = FTPS::Test::Server->new(cert => undef);
my $cert = $srv->pki->cert('server');
my $prog = "$temp/pin";

sub run_ok (@argv) { return FTPS::Test::Process->must(\@argv) }

sub key_lines ($uri) {
  return ("TLSECCertificateFile $cert->{cert}", "TLSECCertificateKeyFile $uri");
}

# [pid, PIN] of each opening so far, and forgets them.  Sessions write as User.
sub openings () {
  open my $in, '<', "$temp/log" or return;
  my @found = map { [split] } <$in>;
  spew("$temp/log", '', 0666);
  return @found;
}

sub refused ($name, $lines, @texts) {
  return faulty(1, $name, $lines, @texts);
}

sub faulty ($wanted, $name, $lines, @texts) {
  my ($status, $output) = $srv->config_error(@$lines);
  my @line = $output =~ /(server "FTPS test": .*)/g;
  @line = grep { !/TLSRequired says/ } @line;
  my @lacking = grep { !@line || index($line[0], $_) < 0 } @texts;
  ok $status == $wanted && @line == 1 && !@lacking, $name
    or diag "status $status, lacks: @lacking\n$output";
  unlike $output, qr/pin-value=\d/, "$name: no PIN in it";
  return;
}

sub check_transfers ($name, $server) {
  for my $tls ({ max => '1.2' }, { min => '1.3' }) {
    my $client = $server->client(%$tls);
    my $version = $client->version;
    my $up = $client->stor('x', "bytes $version");
    my $down = $client->retr('x');
    is "$up->{code} $down->{code} $down->{data}", "226 226 bytes $version",
      "$name: transfers by $version";
    is $client->peer_fingerprint, $server->pki->fingerprint($cert->{cert}),
      "$name: the certificate of this key";
    $client->quit;
  }
  return;
}

$ENV{FTPS_TEST_TOKEN} = "$temp";
chmod 0777, "$temp";
rename FTPS::Test::Build->program("$temp/pkcs11_token.so",
  qw(-shared -fPIC)), "$temp/pkcs11.so";
run_ok(qw(openssl pkcs8 -topk8 -nocrypt -outform DER -in), $cert->{key}, '-out',
  "$temp/good");
run_ok(qw(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  -outform DER -out), "$temp/other");
chmod 0644, "$temp/good", "$temp/other";
spew("$temp/log", '', 0666);
spew($prog, "#!/bin/sh\necho \"\$2\" >>$temp/asked\necho 1234\n", 0700);

subtest 'faults' => sub {
  my @uri = key_lines('pkcs11:object=good?pin-value=1234');
  {
    local $ENV{OPENSSL_MODULES} = "$temp/none";
    refused('no provider', \@uri, 'TLSECCertificateKeyFile pkcs11:object=good',
      'has no provider for keys on PKCS#11 tokens', 'package pkcs11-provider');
  }
  local $ENV{OPENSSL_MODULES} = "$temp";
  refused('no such key', [key_lines('pkcs11:object=none?pin-value=1234')],
    'no private key could be opened there', 'openssl storeutl -keys');
  refused('wrong PIN', [key_lines('pkcs11:object=good?pin-value=99')],
    'no private key could be opened there');
  refused('no PIN', [key_lines('pkcs11:object=good')],
    'the token wants a PIN, and there is none',
    'set TLSPassPhraseProvider, or add pin-source');
  faulty(0, 'another key', [key_lines('pkcs11:object=other?pin-value=1234')],
    "TLSECCertificateFile $cert->{cert}: the private key in pkcs11:object=other",
    'does not fit this certificate');
  refused('a program without PIN',
    [key_lines('pkcs11:object=good'), 'TLSPassPhraseProvider /bin/true'],
    'the token wants a PIN, and TLSPassPhraseProvider /bin/true',
    'prints no passphrase');
  openings();
  spew("$temp/wrong", "#!/bin/sh\necho 4711\n", 0700);
  refused('a program with the wrong PIN',
    [key_lines('pkcs11:object=good'), "TLSPassPhraseProvider $temp/wrong"],
    'no private key could be opened there');
  is_deeply [map { $_->[1] } openings()], ['4711'], 'a wrong PIN is tried once';
};

$ENV{OPENSSL_MODULES} = "$temp";
my $alone = FTPS::Test::Server->new(cert => undef,
  tls => [key_lines('pkcs11:object=good?pin-value=1234'),
    'TLSKeyIsolation required'])->start;
openings();
check_transfers('signer', $alone);
check_transfers('signer', $alone);
none_is_stolen($alone, 'signer');
is scalar(openings()), 0, 'signer: it has opened the token before';
ok $alone->hup, 'signer: a restart';
check_transfers('signer, after a restart', $alone);
my @openers = openings();
is scalar @openers, 2, 'signer: opened by the reading child and by it';
ok !(grep { $_->[0] == $alone->pid } @openers), 'signer: never by the daemon';
is $alone->stop, 0, 'signer: the daemon ended well';

my $off = 'TLSKeyIsolation off';
for my $row (
  ['PIN in the URI', 'pkcs11:object=good?pin-value=1234', $off],
  ['PIN from the program', 'pkcs11:object=good', $off,
    "TLSPassPhraseProvider $prog"],
) {
  my ($name, $uri, @more) = @$row;
  openings();
  my $server = FTPS::Test::Server->new(cert => undef,
    tls => [key_lines($uri), @more])->start;
  check_transfers($name, $server);
  my @found = openings();
  is scalar @found, 3, "$name: opened by the reading child and two sessions";
  ok !(grep { $_->[0] == $server->pid } @found), "$name: never by the daemon";
  none_is_stolen($server, $name);
  ok $server->hup, "$name: a restart";
  check_transfers("$name, after a restart", $server);

  # Another token, or a broken one, is found by the session that needs it.
  rename "$temp/good", "$temp/away";
  my $client = $server->connection;
  $client->connect;
  ok !$client->auth, "$name: no handshake without the token";
  $server->like_tlslog(qr/handshake failed: no private key assigned; cert cb error/,
    "$name: which is told");
  $client->close;
  rename "$temp/away", "$temp/good";
  check_transfers("$name, with the token back", $server);
  is $server->stop, 0, "$name: the daemon ended well";
}

# The provider and a token in software, both from packages.
sub find_real () {
  my ($provider) = glob '/usr/lib/*/ossl-modules/pkcs11.so';
  my ($module) = glob '/usr/lib/softhsm/libsofthsm2.so '
    . '/usr/lib/*/softhsm/libsofthsm2.so';
  my ($tool) = grep { -x } map { "$_/softhsm2-util" } split /:/, $ENV{PATH};
  return $provider && $module && -e $module && $tool
    ? ($provider, $module, $tool) : ();
}

SKIP: {
  my ($provider, $module, $tool) = find_real();
  skip 'needs pkcs11-provider and softhsm2', 1 if !$provider;
  delete $ENV{OPENSSL_MODULES};
  mkdir "$temp/tokens", 0777;
  chmod 01777, "$temp/tokens";
  spew("$temp/softhsm.conf", "directories.tokendir = $temp/tokens\n", 0644);
  spew("$temp/openssl.cnf", <<"EOF", 0644);
openssl_conf = init
[init]
providers = list
[list]
default = default_section
pkcs11 = pkcs11_section
[default_section]
activate = 1
[pkcs11_section]
module = $provider
pkcs11-module-path = $module
EOF
  local $ENV{SOFTHSM2_CONF} = "$temp/softhsm.conf";
  run_ok($tool, qw(--init-token --free --label t --pin 1234 --so-pin 1234));
  run_ok(qw(openssl pkcs8 -topk8 -nocrypt -in), $cert->{key}, '-out',
    "$temp/pem");
  run_ok($tool, '--import', "$temp/pem", qw(--token t --label good --id 01
    --pin 1234));
  run_ok('chmod', '-R', 'a+rwX', "$temp/tokens");

  # Not before: the tool uses OpenSSL as well, and would open itself.
  local $ENV{OPENSSL_CONF} = "$temp/openssl.cnf";
  my $server = FTPS::Test::Server->new(cert => undef,
    tls => [key_lines('pkcs11:token=t;object=good;type=private'),
      "TLSPassPhraseProvider $prog", 'TLSKeyIsolation required'])->start;
  check_transfers('SoftHSM', $server);
  none_is_stolen($server, 'SoftHSM');
  is $server->stop, 0, 'SoftHSM: the daemon ended well';
}

done_testing;
