#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Real clients on control connections that go on in clear (CCC).  None of them
# resumes the TLS session of such a connection, and they differ in which side
# sends close_notify first: lftp, curl in both modes, Python's ccc() and Apache
# Commons Net.  Each uploads and downloads a file in two sessions with each TLS
# version, and in 50 if FTPS_SLOW is set.
#
# FTPS_CLIENT=REGEX runs only clients whose name matches.
#
# Needs: proftpd-core; lftp, curl, python3, libcommons-net-java with a
# JDK.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Clients;
use FTPS::Test::Process;

FTPS::Test::Server->any_user;

my $SESSIONS = $ENV{FTPS_SLOW} ? 50 : 2;
my $JAR = '/usr/share/java/commons-net.jar';

# curl 8.14 sends the command after CCC in TLS, whichever side has shut it down.
# With mod_tls it then waits for ever.
sub curl_fault () {
  my (undef, $version) = FTPS::Test::Process->run([ 'curl', '--version' ]);
  return $version =~ /^curl 8\.14\./
    ? qr/SSL_write\(\).*protocol is shutdown|\(56\) response reading failed/
    : undef;
}

sub no_commons_net () {
  return "no $JAR" if !-e $JAR;
  my ($status) = FTPS::Test::Process->run([ 'java', '--list-modules' ]);
  return $status == 0 ? undef : 'no java';
}

my @CLIENT = (
  { name => 'lftp', run => ['lftp.sh'], needs => 'lftp' },
  { name => 'curl, active', run => ['curl.sh'], env => { FTPS_CCC => 'active' },
    needs => 'curl', fault => curl_fault() },
  { name => 'curl, passive', run => ['curl.sh'],
    needs => 'curl', fault => curl_fault() },
  { name => 'Python ftplib', run => [ 'python3', 'python-ftplib.py' ],
    needs => 'python3' },
  { name => 'Apache Commons Net',
    run => [ 'java', '-cp', $JAR, 'CommonsNet.java' ],
    needs => \&no_commons_net },
);

my $clients = FTPS::Test::Clients->new;

sub play ($client, $version) {
  for my $n (1 .. $SESSIONS) {
    my @plan = $clients->make_plan(2);
    my ($status, $output, $log) = $clients->run(
      { env => { FTPS_CCC => 1 }, %$client }, $version, \@plan);
    plan skip_all => 'this curl cannot do CCC'
      if $n == 1 && $client->{fault} && $output =~ $client->{fault};
    my @broken = $clients->broken(\@plan);
    my $cleared = $log =~ /received CCC, clearing control channel/;
    ok $status == 0 && !@broken && $cleared, "session $n"
      or diag "status $status: @broken\n$output\n$log";
  }
  return;
}

my $wanted = $ENV{FTPS_CLIENT} // '';
for my $client (grep { $_->{name} =~ /$wanted/i } @CLIENT) {
  my $missing = $clients->missing($client);
  for my $version ('1.2', '1.3') {
    subtest "$client->{name}, TLS $version" => sub {
      plan skip_all => $missing if defined $missing;
      play($client, $version);
    };
  }
}
$clients->server->like_tlslog(
  qr/data connection after CCC did not reuse the TLS session; it is accepted/);
$clients->done;
