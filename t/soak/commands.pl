#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# commands.pl: a fuzzer of the sequence of commands, against the real proftpd.
# Each round is one session that does things in an order that the seed chooses:
# AUTH, PROT, SSCN and CCC at any time, transfers in all modes and with all ways
# to begin, to end and to abort them, data connections that are half-begun,
# bytes that are no commands, TLS 1.2 and 1.3, several configurations.
#
#   t/soak/commands.pl [--seed N] [--rounds N] [--seconds N] [--workers N]
#                      [--steps N] [--only ROUND] [--verbose]
#
#   --seed     of the first round; the next ones follow (the time of day)
#   --rounds   how many, of all workers (2000); --seconds ends earlier
#   --workers  rounds at the same time (2)
#   --steps    of a round, at most (30)
#   --only     plays this round alone, and prints each step
#
# `make fuzz-commands` runs it, t/86-commands.t a small number of rounds.  As
# root.
#
# The oracle, in t/lib/FTPS/Test/Walk.pm: between 234 and CCC, and on protected
# data connections, every byte of the server is one of a TLS record; each
# command is answered before the deadlines of the configuration are over;
# neither the daemon nor a session dies by a signal; a 226 means that the file
# is what was sent, or that all of it has arrived; and a file that no upload
# could reach is what it was.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FTPS::Test::Server;
use FTPS::Test::Walk;
use Getopt::Long;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my %opt = (seed => time & 0xffffff, rounds => 2000, seconds => 0, workers => 2,
  steps => 30);
GetOptions(\%opt, qw(seed=i rounds=i seconds=i workers=i steps=i only=i
  verbose)) or die "commands: see the head of $0\n";

my @COMMON = ('TLSHandshakeLimit off', 'TLSTimeoutHandshake 3');
my @PLACES = (
  [plain => ['TLSRequired off']],
  [strict => ['TLSRequired on', 'TLSOptions EarlyDataHandshake']],
  [cleared => ['TLSRequired auth+data', 'TLSOptions ReplyWhenSent']],
  [anyhow => ['TLSRequired off', 'TLSOptions AllowPerUser '
    . 'NoSessionReuseRequired', 'TLSSessionTickets on']],
  [hidden => ['TLSRequired off', 'TLSTruncation strict'],
    ['HiddenStores on', 'DeleteAbortedStores on']],
);
my @LIMITS = ('TimeoutStalled 20', 'TimeoutLinger 2', 'TimeoutNoTransfer 60',
  'TimeoutIdle 60', 'AllowOverwrite on', 'AllowStoreRestart on',
  'MaxLoginAttempts 20');

my $srv = FTPS::Test::Server->new(allow_log => qr/./, main_port => 0,
  max_instances => 200, vhosts => [ map { { name => $_->[0], port => 'own',
    cert => 'server', tls => [@COMMON, $_->[1]->@*],
    extra => [@LIMITS, ($_->[2] // [])->@*] } } @PLACES ]);
$srv->start;
my $dir = $srv->dir . '/walk';
mkdir $dir or die "commands: $dir: $!\n";

diag "seed $opt{seed}";
my @rounds = defined $opt{only} ? ($opt{only})
  : ($opt{seed} .. $opt{seed} + $opt{rounds} - 1);
$opt{workers} = 1 if defined $opt{only};
my $ends = $opt{seconds} ? time + $opt{seconds} : 0;
my @pids = map { start_worker($_) } 0 .. $opt{workers} - 1;
waitpid $_, 0 for @pids;
judge();
done_testing;

sub start_worker ($number) {
  my $pid = fork // die "commands: fork: $!\n";
  return $pid if $pid;
  my (%count, @faults);
  for my $i (grep { $_ % $opt{workers} == $number } 0 .. $#rounds) {
    last if $ends && time > $ends;
    my $walk = FTPS::Test::Walk->new(server => $srv, seed => $rounds[$i],
      steps => $opt{steps}, places => [ map { $_->[0] } @PLACES ]);
    my @found = $walk->run;
    say STDERR join "\n", $walk->story if $opt{verbose} || defined $opt{only};
    $count{$_} += $walk->counts->{$_} for keys $walk->counts->%*;
    $count{rounds}++;
    push @faults, map { "seed $rounds[$i]: $_" } @found;
    push @faults, $walk->story if @found;
    last if @faults > 200;
  }
  report("$dir/$number", \%count, \@faults);
  POSIX::_exit(0);
}

sub report ($path, $count, $faults) {
  open my $out, '>:utf8', $path or die "commands: $path: $!\n";
  print {$out} "count\t$_\t$count->{$_}\n" for sort keys %$count;
  print {$out} "fault\t", s/[\t\n]/ /gr, "\n" for @$faults;
  close $out or die "commands: $path: $!\n";
  return;
}

sub judge () {
  my (%sum, @faults);
  for my $path (glob "$dir/*") {
    open my $in, '<:utf8', $path or die "commands: $path: $!\n";
    while (<$in>) {
      chomp;
      my ($kind, $what, $n) = split /\t/;
      $kind eq 'count' ? $sum{$what} += $n : push @faults, $what;
    }
  }
  is scalar(() = glob "$dir/*"), $opt{workers}, 'every worker has reported';
  ok !@faults, "nothing is found from seed $opt{seed} on"
    or diag join "\n", @faults;
  cmp_ok $sum{rounds} // 0, '>', 0, 'rounds were played';
  ok $srv->wait_sessions(0, 120), 'every session ends';
  unlike $srv->systemlog, qr/signal (?:4|6|7|8|11)\b|SIGSEGV|ABRT/,
    'no process died by a signal';
  diag join ', ', map { "$sum{$_} $_" } sort keys %sum;
  is $srv->stop, 0, 'the daemon ends well';
  return;
}
