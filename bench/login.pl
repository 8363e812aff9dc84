#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# login.pl: what a connection and a login cost, side by side.
#
# Starts the daemon without TLS, with mod_ftps and, where it is installed, with
# Debian's mod_tls, and takes the same steps in turn, round by round:
#
#   banner  ms from connect() to the 220; sessions are held open meanwhile,
#           since the daemon pauses for 0.2 s when one ends
#   login   CPU ms of the server for connect, AUTH, USER, PASS, QUIT
#
# Run as root from anywhere: bench/login.pl [ROUNDS [SESSIONS]].  Figures are
# medians of the rounds; read the ratios, not the absolute values.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use FTPS::Test::Server;
use Test::More ();
use Time::HiRes qw(time);
use POSIX ();

my ($rounds, $sessions) = (@ARGV, 7, 60)[0, 1];
$sessions = $ARGV[1] // 60;
$rounds = $ARGV[0] // 7;
my $tick = 1000 / POSIX::sysconf(POSIX::_SC_CLK_TCK());

my @kinds = (
  { name => 'plain', module => 'none' },
  { name => 'mod_ftps', module => 'mod_ftps' },
  { name => 'mod_tls', module => 'mod_tls' },
);
@kinds = grep {
  $_->{module} ne 'mod_tls' || -e '/usr/lib/proftpd/mod_tls.so'
} @kinds;

for my $kind (@kinds) {
  $kind->{server} = FTPS::Test::Server->new(module => $kind->{module},
    max_instances => $sessions + 10);
  $kind->{server}->start;
}

for my $round (1 .. $rounds) {
  for my $kind (@kinds) {
    push @{ $kind->{banner} }, banner($kind->{server});
    push @{ $kind->{login} }, login($kind);
  }
}

printf "%-10s %10s %10s   (%d rounds, %d sessions each)\n", '', 'banner ms',
  'login ms', $rounds, $sessions;
for my $kind (@kinds) {
  printf "%-10s %10.2f %10.2f\n", $kind->{name}, median($kind->{banner}),
    median($kind->{login});
}
$_->{server}->stop for @kinds;
Test::More::ok(1, 'measured');
Test::More::done_testing();

sub median ($values) {
  my @sorted = sort { $a <=> $b } @$values;
  return $sorted[ @sorted / 2 ];
}

sub banner ($server) {
  my (@held, @ms);
  for (1 .. $sessions) {
    my $c = $server->connection;
    my $start = time;
    $c->connect;
    push @ms, 1000 * (time - $start);
    push @held, $c;
  }
  $_->close for @held;
  $server->wait_sessions(0);
  return median(\@ms);
}

# CPU of the daemon's children that have ended, in ms.
sub used ($server) {
  open my $in, '<', '/proc/' . $server->pid . '/stat' or die $!;
  my @f = split ' ', <$in> =~ s/.*\) //sr;
  return $tick * ($f[13] + $f[14]);
}

sub login ($kind) {
  my $server = $kind->{server};
  my $before = used($server);
  for (1 .. $sessions) {
    my $c = $server->connection;
    $c->connect;
    $c->auth if $kind->{module} ne 'none';
    $c->cmd('USER proftpd');
    $c->cmd('PASS test');
    $c->quit;
  }
  $server->wait_sessions(0);
  return (used($server) - $before) / $sessions;
}
