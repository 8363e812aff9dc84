#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Restarts that go wrong one after the other: whatever happens, the server that
# ran goes on with TLS, and TLSRequired stays in force.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use FTPS::Test::PKI;
use FTPS::Test::Server;
use Test::More;

my $noise = qr/cannot be|go on with|No such file|reads? keys|Resource temp/;
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
  plan skip_all => 'the sanitizers are preloaded already' if $ENV{FTPS_ASAN};
  my $dir = tempdir(CLEANUP => 1);
  plan skip_all => 'no C compiler' if system('cc', '-shared', '-fPIC',
    '-D_GNU_SOURCE', '-o', "$dir/nofork.so", "$FindBin::Bin/lib/nofork.c",
    '-ldl');

  local $ENV{LD_PRELOAD} = "$dir/nofork.so";
  local $ENV{NOFORK_WHILE} = "$dir/now";
  my $other = FTPS::Test::Server->new(tls => ['TLSRequired on'],
    allow_log => $noise);
  $other->start;
  for my $when ('first', 'second') {
    open my $flag, '>', "$dir/now" or die $!;
    close $flag;
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
    open my $flag, '>', "$dir/now" or die $!;
    close $flag;
    put(FTPS::Test::PKI->new->cert('a.test')->{both}, "$dir/both.pem");
    ok $other->wait_log(qr/old certificate stays in use: starting a process/,
      25, 'system'), 'a renewed certificate without fork(): told';
    unlink "$dir/now";
    ok $other->wait_log(qr/changed certificate files are in use now/, 25,
      'system'), 'and in use when there is fork() again';
  }
  is $other->stop, 0, 'daemon ended well';
};

done_testing;

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
