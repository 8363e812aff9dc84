#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Reloads that fail one after the other: the server that ran always goes on with
# TLS, and TLSRequired stays in force.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use FTPS::Test::Build;
use FTPS::Test::File qw(slurp replace);
use FTPS::Test::PKI;
use FTPS::Test::Server;
use Test::More;

my $noise = qr/cannot be|go on with|No such file|reads? keys|Resource temp
  |Too many open files/x;
my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on'],
  allow_log => $noise);
my $both = FTPS::Test::PKI->new->cert('server')->{both};

subtest 'a second faulty restart after the first was mended' => sub {
  my $dir = $srv->dir;
  my $configure = sub ($file) {
    $srv->rewrite(cert => undef,
      tls => [ 'TLSRequired on', "TLSECCertificateFile $dir/$file" ]);
  };
  put($both, "$dir/one.pem");
  $configure->('one.pem');
  $srv->start;
  works('at first');

  $configure->('two.pem');
  ok $srv->hup, 'restart with a file that is not there';
  works('after the first faulty restart');

  put($both, "$dir/two.pem");
  works('the file came');

  $configure->('three.pem');
  ok $srv->hup, 'restart with another file that is not there';
  works('after the second faulty restart');

  put($both, "$dir/three.pem");
  ok $srv->hup, 'a good restart';
  works('at last');
  is $srv->stop, 0, 'daemon ended well';
};

subtest 'no process to read keys' => sub {
  my $dir = tempdir(CLEANUP => 1);
  local $ENV{LD_PRELOAD} = FTPS::Test::Build->preload("$dir/nofork.so");
  local $ENV{NOFORK_WHILE} = "$dir/now";
  my $other = FTPS::Test::Server->new(tls => ['TLSRequired on'],
    allow_log => $noise);
  $other->start;
  for my $when ('first', 'second') {
    replace("$dir/now", '');
    ok $other->hup, "$when restart without fork()";
    unlink "$dir/now";

    my $c = $other->connection;
    $c->connect;
    is_deeply [ $c->cmd('USER proftpd') ],
      [ 550, 'SSL/TLS required on the control channel' ],
      'TLSRequired is in force';
    ok $c->auth, 'AUTH works';
    $c->login;
    ok $c->list->{ok}, 'and a transfer';
    $c->quit;
  }
  like $other->systemlog, qr/starting a process to read keys: Resource/,
    'the log says why';

  SKIP: {
    skip 'takes half a minute: set FTPS_SLOW=1', 2 if !$ENV{FTPS_SLOW};
    put($both, "$dir/both.pem");
    $other->rewrite(cert => undef,
      tls => [ 'TLSRequired on', "TLSECCertificateFile $dir/both.pem" ]);
    $other->hup;
    replace("$dir/now", '');
    put(FTPS::Test::PKI->new->cert('a.test')->{both}, "$dir/both.pem");
    ok $other->wait_log(qr/old certificate stays in use: starting a process/,
      'system'), 'a renewed certificate without fork(): told';
    unlink "$dir/now";
    ok $other->wait_log(qr/changed certificate files are in use now/,
      'system'), 'and in use when there is fork() again';
  }
  is $other->stop, 0, 'daemon ended well';
};

# File, and the line that names it.
my @UNOPENED = (
  ['a certificate', $both, 'TLSECCertificateFile'],
  ['CA certificates', FTPS::Test::PKI->new->cert('client-ca')->{cert},
    'TLSVerifyClient optional', 'TLSCACertificateFile'],
  ['ticket keys', undef, 'TLSSessionTicketKeys file'],
);

subtest 'a file that cannot be read to its end' => sub {
  my $dir = tempdir(CLEANUP => 1);
  my $so = FTPS::Test::Build->preload("$dir/badfile.so");
  my $chain = FTPS::Test::PKI->new->cert('server-chain');
  replace("$dir/full", slurp($chain->{cert}) . "# \n" x 2000
    . slurp($chain->{chain}));
  local %ENV = (%ENV, LD_PRELOAD => $so, BADFILE_READ => 1,
    BADFILE_WHILE => "$dir/now", BADFILE_PATH => "$dir/full");
  my @lines = ("TLSECCertificateFile $dir/full",
    "TLSECCertificateKeyFile $chain->{key}");
  my $probe = FTPS::Test::Server->new(cert => undef);
  my ($status) = $probe->config_error(@lines);
  is $status, 0, 'good at first';
  replace("$dir/now", '');
  ($status, my $output) = $probe->config_error(@lines);
  is $status, 1, 'and then a fault';
  like $output, qr/CertificateFile \Q$dir\E\/full: Input\/output error; see/,
    'that names it';
};

# The CAs that OpenSSL was installed with are not in a list of files that may
# change, and are read once.
subtest 'no descriptor for the default CAs' => sub {
  my $dir = tempdir(CLEANUP => 1);
  my $so = FTPS::Test::Build->preload("$dir/badfile.so");
  my $pki = FTPS::Test::PKI->new;
  put($pki->cert('client-ca')->{cert}, "$dir/ca");
  local %ENV = (%ENV, LD_PRELOAD => $so,
    SSL_CERT_FILE => "$dir/ca", BADFILE_WHILE => "$dir/now",
    BADFILE_PATH => "$dir/ca");
  my $other = FTPS::Test::Server->new(allow_log => $noise,
    tls => ['TLSRequired on', 'TLSVerifyClient on']);
  $other->start;
  my $is_served = sub {
    my $c = $other->connection($pki->pair('client'));
    $c->connect;
    return $c->auth ? 1 : 0;
  };
  ok $is_served->(), 'a client of the CA';
  replace("$dir/now", '');
  $other->hup;
  ok $other->wait_log(qr/default CA certificates .*Too many open files/,
    'system'), 'a line says so' or diag $other->systemlog;
  unlink "$dir/now";
  ok(FTPS::Test::Process->until(40, $is_served),
    'the client again, without another reload');
  is $other->stop, 0, 'daemon ended well';
};

subtest 'no descriptor for a file' => sub {
  plan skip_all => 'takes two minutes: set FTPS_SLOW=1' if !$ENV{FTPS_SLOW};
  my $dir = tempdir(CLEANUP => 1);
  my $so = FTPS::Test::Build->preload("$dir/badfile.so");
  for my $row (@UNOPENED) {
    my ($name, $from, @lines) = @$row;
    my $write = sub {
      return $from ? put($from, "$dir/file")
        : replace("$dir/file", random(), 0600);
    };
    $write->();
    $lines[-1] .= " $dir/file";
    local %ENV = (%ENV, LD_PRELOAD => $so,
      BADFILE_WHILE => "$dir/now", BADFILE_PATH => "$dir/file");
    my $other = FTPS::Test::Server->new(allow_log => $noise,
      cert => ($name eq 'a certificate' ? undef : 'server'),
      tls => ['TLSRequired on', @lines]);
    $other->start;
    replace("$dir/now", '');
    $write->();
    ok $other->wait_log(qr/stays? in use: .*Too many open files/, 'system'),
      "$name: told" or diag $other->systemlog;
    sleep 16;
    unlink "$dir/now";
    ok $other->wait_log(qr/changed .* are in use now/, 'system'),
      "$name: in use when there are descriptors again" or diag $other->systemlog;
    is scalar(() = $other->systemlog =~ /Too many open files/g), 1,
      "$name: told once";
    is $other->stop, 0, 'daemon ended well';
  }
};

done_testing;

sub random () { return pack 'C*', map { int rand 256 } 1 .. 80 }

sub put ($from, $to) {
  copy($from, $to) or die "$to: $!";
  chmod 0600, $to;
  return;
}

sub works ($when) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $c = $srv->client;
  ok $c->list->{ok}, "$when: login and transfer";
  $c->quit;
  return;
}
