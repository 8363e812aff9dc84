#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# curl, with OpenSSL and with GnuTLS, as t/70-clients.t has the others.
# Versions 7.87 to 8.6 of curl sleep up to a second per transfer, with any
# server, by faults of their own: 30 transfers, and 200 if FTPS_SLOW is set, all
# at the same time.
#
# libcurl refuses tickets if it uses GnuTLS, so it cannot resume in TLS 1.3 at
# all.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Clients;

FTPS::Test::Server->any_user;

my $TRANSFERS = $ENV{FTPS_TRANSFERS} // ($ENV{FTPS_SLOW} ? 200 : 30);

sub missing_pycurl () {
  my ($status, $version) = FTPS::Test::Process->run(
    [ '/usr/bin/python3', '-c', 'import pycurl; print(pycurl.version)' ]);
  return $status != 0 ? 'python3-pycurl is not installed'
    : $version !~ /GnuTLS/ ? 'pycurl stands on another library' : undef;
}

my @CLIENT = (
  { name => 'curl', run => ['curl.sh'], needs => 'curl', version => '1.2' },
  { name => 'curl', run => ['curl.sh'], needs => 'curl', version => '1.3' },
  { name => 'libcurl with GnuTLS', run => ['python-pycurl.py'],
    needs => \&missing_pycurl, version => '1.2' },
);

my @clients = FTPS::Test::Clients->new;
push @clients, FTPS::Test::Clients->new(pki => $clients[0]->server->pki)
  while @clients < @CLIENT;

my @jobs;
for my $i (0 .. $#CLIENT) {
  my $client = { %{ $CLIENT[$i] }, seconds => 600 };
  my $missing = $clients[$i]->missing($client);
  push @jobs, defined $missing ? $missing
    : $clients[$i]->start($client, $client->{version}, $TRANSFERS);
}
for my $i (0 .. $#CLIENT) {
  SKIP: {
    skip "$CLIENT[$i]{name}: $jobs[$i]", 1 if !ref $jobs[$i];
    $clients[$i]->finish($jobs[$i]);
  }
  is $clients[$i]->server->stop, 0, 'exit status of the daemon';
}
done_testing;
