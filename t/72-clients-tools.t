#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Tools with which people check a server, clients that cannot resume, and
# implicit TLS: `openssl s_client -starttls ftp` sees the whole chain, resumes
# and sends QUIT; plain Python ftplib gets a 425 with the reason; curl and lftp
# connect by ftps://.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Clients;

FTPS::Test::Server->any_user;

my %FLAG = ('1.2' => '-tls1_2', '1.3' => '-tls1_3');
my $WEEK = 7 * 24 * 60 * 60;    # Java throws tickets that live longer away
my $REASON = 'TLS session of the control connection was not resumed';

my $clients = FTPS::Test::Clients->new(cert => 'server-chain');
my $server = $clients->server;

# How TLSLog's line about the control connection ends.  In TLS 1.2 a resumed
# session has no key exchange.
my %END = (New => qr/bits\), key exchange \S+$/m,
  Reused => qr/bits\)(?:, key exchange \S+)?, resumed session$/m);

sub check_s_client ($version, $kind, @options) {
  my $name = "s_client, TLS $version, $kind";
  my ($status, $output, $log) = $clients->run(
    { run => [ 's_client.pl', $FLAG{$version}, @options ] }, $version, []);
  is($status, 0, "$name: status") or diag($output);
  like($output, qr/^Verification: OK$/m, "$name: verified");
  like($output, qr/^\Q$kind\E, TLSv\Q$version\E, /m, "$name: kind");
  like($output, qr/^220 .*200 NOOP.*221 Goodbye/ms, "$name: replies");
  like($log, qr/TLSv\Q$version\E connection accepted.*$END{$kind}/,
    "$name: TLSLog");
  return $output;
}

sub check_s_client_twice ($version) {
  my $file = $server->dir . "/session-$version";
  my $output = check_s_client($version, 'New', '-sess_out', $file);
  is_deeply([ $output =~ /^ *\d s:.*CN *= *(.*)/mg ],
    [ 'localhost', 'FTPS test intermediate CA' ],
    "s_client, TLS $version: the chain");
  my ($lifetime) = $output =~ /ticket lifetime hint: (\d+)/;
  cmp_ok($lifetime, '<=', $WEEK, "s_client, TLS $version: lifetime of tickets");
  check_s_client($version, 'Reused', '-sess_in', $file);
  return;
}

sub check_without_reuse ($version) {
  my $name = "Python ftplib without reuse, TLS $version";
  my @plan = $clients->make_plan(1);
  my ($status, $output, $log) = $clients->run(
    { run => [ 'python3', 'python-ftplib.py', '--without-reuse' ] },
    $version, \@plan);
  isnt($status, 0, "$name: fails");
  like($output, qr/\b425-\Q$REASON\E/, "$name: reason");
  like($log, qr/client did not reuse TLS session, rejecting .*\Q$REASON\E/,
    "$name: TLSLog");
  ok(!-e $server->path($plan[0][2]), "$name: no file came into being");
  return;
}

# One upload, one download with what the client has for implicit TLS.
my @IMPLICIT = (
  { needs => 'curl', run => sub ($url, $ca, $from, $to) { return (
    [ qw(curl -q -sS --cacert), $ca, '-T', $from, "$url/up" ],
    [ qw(curl -q -sS --cacert), $ca, '-o', $to, "$url/down" ]) } },
  { needs => 'lftp', run => sub ($url, $ca, $from, $to) { return (
    [ qw(lftp --norc -c), "set ssl:ca-file $ca; set cmd:fail-exit yes;"
      . " set net:max-retries 1; open $url; put $from -o up;"
      . " get down -o $to" ]) } },
);

sub check_implicit ($srv, $client) {
  my $name = "$client->{needs}, implicit TLS";
  my ($from, $to) = map { $srv->dir . "/$_" } qw(from to);
  unlink $srv->path('up'), $to;
  my $bytes = "$client->{needs}\n" x 20_000;
  link $srv->write_file('down', $bytes), $from;
  my $url = 'ftps://proftpd:test@127.0.0.1:' . $srv->port;
  for my $command ($client->{run}->($url, $srv->pki->cert('server')->{ca},
    $from, $to)) {
    my ($status, $output) = FTPS::Test::Process->run($command);
    is($status, 0, "$name: status") or diag($output);
  }
  is($srv->read_file('up'), $bytes, "$name: upload");
  ok(-e $to && !system('cmp', '-s', $from, $to), "$name: download");
  unlink $from;
  return;
}

sub check_implicit_clients () {
  my $srv = FTPS::Test::Server->new(pki => $server->pki,
    tls => [ 'TLSOptions UseImplicitSSL', 'TLSRequired on' ])->start;
  for my $client (@IMPLICIT) {
    SKIP: {
      my $missing = $clients->missing($client);
      skip $missing, 1 if defined $missing;
      check_implicit($srv, $client);
    }
  }
  $srv->unlike_tlslog(qr/not reuse|unable|data connection:/,
    'implicit TLS: nothing refused');
  is $srv->stop, 0, 'exit status of the daemon with implicit TLS';
  return;
}

check_s_client_twice($_) for sort keys %FLAG;
SKIP: {
  my $missing = $clients->missing({ needs => 'python3' });
  skip $missing, 1 if defined $missing;
  check_without_reuse($_) for sort keys %FLAG;
}
check_implicit_clients();
$clients->done;
