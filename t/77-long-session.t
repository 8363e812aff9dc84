#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A long session: after hundreds of transfers, good ones, refused ones and ones
# that the client gave up, it has no more descriptors and no more memory of its
# own than after the first few. session.pool never shrinks, so memory that each
# transfer takes from it would be found here.  The heap may grow now and then,
# when buffers meet; so it is enough that there is a round of many transfers
# after which it has not grown.
#
# Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $ROUND = 602;    # transfers, seven kinds in turn
my $ROUNDS = 5;
my $KIB = 32;       # of 54 bytes for each of them

my $srv = FTPS::Test::Server->new(vhosts => [ { name => 'all', port => 'own',
  tls => 'TLSOptions EarlyDataHandshake ReplyWhenSent DataWithHandshake' } ]);
$srv->start;

my %act = (
  store => sub ($c) { $c->stor('file', 'abc' x 1000)->{code} },
  fetch => sub ($c) { $c->retr('file')->{code} },
  list => sub ($c) { $c->list->{code} },
  missing => sub ($c) { $c->retr('missing')->{code} },
  passive => sub ($c) { ($c->cmd('EPSV'))[0] },
  level => sub ($c) { ($c->cmd('PROT C'))[0] + ($c->cmd('PROT P'))[0] },
  given_up => \&give_up,
);
my %code = (store => 226, fetch => 226, list => 226, missing => 550,
  passive => 229, level => 400, given_up => 425);
my @NAMES = sort keys %act;

sub give_up ($c) {
  my $d = $c->data;
  $c->cmd('STOR given_up');
  $d->accept;
  $d->reset;
  return ($c->reply)[0];
}

# Sockets of ReplyWhenSent are closed while a command is awaited.
sub count_fds ($c, $pid, $least = 1000) {
  my $n;
  FTPS::Test::Process->until(sub {
    $c->cmd('NOOP');
    $n = () = glob "/proc/$pid/fd/*";
    return $n <= $least;
  });
  return $n;
}

sub own_kib ($pid) {
  open my $in, '<', "/proc/$pid/smaps_rollup" or die "smaps_rollup: $!";
  my ($kib) = map { /^Private_Dirty:\s+(\d+)/ ? $1 : () } <$in>;
  return $kib;
}

sub play_round ($c, $wrong) {
  for my $n (1 .. $ROUND) {
    my $what = $NAMES[ $n % @NAMES ];
    my $code = $act{$what}->($c);
    $wrong->{"$what $code"}++ if $code != $code{$what};
  }
  return;
}

for my $case ([ '1.2' ], [ '1.3', vhost => 'all' ]) {
  my ($version, %to) = @$case;
  my $name = "TLS $version" . (%to ? ', all options' : '');
  my $client = $srv->client(max => $version, %to);
  my ($pid) = $srv->sessions;
  my $fds = count_fds($client, $pid);
  my (%wrong, @kib);
  until (@kib > 1 && $kib[-1] - $kib[-2] < $KIB || @kib == $ROUNDS) {
    play_round($client, \%wrong);
    push @kib, own_kib($pid);
  }
  is(join(' ', sort keys %wrong), '', "$name: every reply");
  SKIP: {
    skip 'sanitizers keep what was freed', 1 if $ENV{FTPS_ASAN};
    cmp_ok($kib[-1] - $kib[-2], '<', $KIB, "$name: memory (@kib KiB)");
  }
  is(count_fds($client, $pid, $fds), $fds, "$name: descriptors");
  $client->quit;
  $srv->wait_sessions(0);
}

is($srv->stop, 0, 'the daemon ended well');
done_testing;
