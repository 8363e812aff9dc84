#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# faults.pl: errors of the system in the real proftpd.  t/lib/faults.c is
# preloaded, and one call after the other fails in a session that logs in,
# stores, appends, fetches and lists; then a full disk, no descriptors, a clock
# that jumps, faults in the daemon at SIGHUP, and many SIGHUPs.
#
#   t/soak/faults.pl [--each N] [--seed N] [--kinds WORDS] [--storm N]
#
#   --each   faults of each kind, spread over all its calls (all of them)
#   --seed   where the spread begins (1)
#   --kinds  only these, separated by commas
#   --storm  SIGHUPs in a row (60)
#
# `make faults` runs it, t/86-faults.t a small number.  As root.
#
# The oracle: whatever fails, no process dies by a signal; a 226 is true; a file
# that no byte has reached is what it was; the server sends no clear byte where
# TLS is in force; every command is answered or the session ends; and right
# after it the daemon serves the next session.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Errno ();
use FTPS::Test::Build;
use FTPS::Test::File qw(spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Getopt::Long;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

my %opt = (each => 0, seed => 1, kinds => '', storm => 60);
GetOptions(\%opt, qw(each=i seed=i kinds=s storm=i))
  or die "faults: see the head of $0\n";

# As in t/lib/faults.c, with what they fail with.
my @KINDS = ([none => 0], [read => Errno::EIO], [write => Errno::EIO],
  [mmap => Errno::ENOMEM], [fcntl => Errno::EBADF], [fsync => Errno::EIO],
  [alloc => Errno::ENOMEM], [open => Errno::EMFILE], [stat => Errno::EIO],
  [file => Errno::ENOSPC]);
my %NUMBER = map { $KINDS[$_][0] => $_ } 0 .. $#KINDS;

die "faults: the sanitizers have their own malloc\n" if $ENV{FTPS_ASAN};
my $srv = FTPS::Test::Server->new(allow_log => qr/./, max_instances => 100,
  tls => ['TLSEngine on', 'TLSRequired on', 'TLSHandshakeLimit off',
    'TLSTimeoutHandshake 10'],
  extra => ['AllowOverwrite on', 'AllowStoreRestart on', 'TimeoutStalled 20',
    'TimeoutLinger 2', 'TimeoutIdle 60']);
my $page = $srv->dir . '/faults';
spew($page, "\0" x 4096);
chmod 0666, $page;
my $shim = $srv->dir . '/faults.so';
FTPS::Test::Build->program($shim, qw(-D_GNU_SOURCE -shared -fPIC));
{
  local %ENV = (%ENV, FTPS_FAULTS => $page, LD_PRELOAD => $shim);
  $srv->start;
}
my $daemon = $srv->pid;
poke(16, 'L', $daemon);    # spared
my (%count, @faults);
my $OLD = 'old bytes ' x 500;
my $NEW = join '', map { pack 'N', $_ * 2_654_435_761 % 2**32 } 1 .. 20_000;

session('nothing fails');
for my $row (@KINDS[1 .. $#KINDS]) {
  next if length $opt{kinds} && $opt{kinds} !~ /\b$row->[0]\b/;
  one_by_one(@$row);
}
lasting($_, Errno::ENOSPC) for qw(file);
lasting('open', $_) for Errno::EMFILE, Errno::ENFILE;
unsent_reply() if !length $opt{kinds};
clock_jumps() if !length $opt{kinds};
at_sighup() if !length $opt{kinds};
storm($opt{storm}) if $opt{storm};

ok !@faults, 'nothing is lost, in clear or dead'
  or diag join "\n", splice @faults, 0, 60;
ok $srv->wait_sessions(0, 90), 'every session ends';
unlike $srv->systemlog, qr/signal (?:4|6|7|8|11)\b|SIGSEGV/, 'none by a signal';
is $srv->pid, $daemon, 'the daemon is the same';
diag join ', ', map { "$count{$_} $_" } sort keys %count;
cmp_ok $count{'faults injected'} // 0, '>', 0, 'there were faults';
is $srv->stop, 0, 'the daemon ends well';
done_testing;

# ---- the page

sub poke ($offset, $format, @values) {
  open my $out, '+<:raw', $page or die "faults: $page: $!\n";
  seek $out, $offset, 0;
  print {$out} pack $format, @values;
  close $out or die "faults: $page: $!\n";
  return;
}

sub peek ($offset) {
  open my $in, '<:raw', $page or die "faults: $page: $!\n";
  seek $in, $offset, 0;
  read $in, my $bytes, 4;
  return unpack 'L', $bytes;
}

sub arm ($kind, $at, $error, $is_lasting = 0) {
  poke(4, 'LLL', $at, $error, $is_lasting);
  poke(0, 'L', $NUMBER{$kind});
  return;
}

# How many faults there were since it was armed.
sub disarm () {
  poke(0, 'L', 0);
  my $n = peek(28);
  poke(28, 'L', 0);
  $count{'faults injected'} += $n;
  return $n;
}

sub calls_of ($kind) { return peek(40 + 4 * $NUMBER{$kind}) }

# ---- one session, with whatever fails in it

sub fault ($what, $why) {
  push @faults, "$what: $why";
  return;
}

# What may be there: all of it after a 226, the old file, or a part of the new
# one if the data connection was open.
sub check_upload ($what, $r, $from, $want) {
  my $is = $srv->read_file('file');
  $count{'files compared'}++;
  if ($r && $r->{code} == 226) {
    fault($what, 'a 226 that is not true') if !defined $is || $is ne $want;
    $count{'uploads acknowledged'}++;
    return;
  }
  return if defined $is && $is eq $OLD;
  my $has_moved = $r && $r->{pre}[0] == 150 || !$r;
  fault($what, 'the file has changed, and nothing was accepted')
    if !$has_moved;
  fault($what, 'other bytes than any that were sent')
    if defined $is && (length $is < $from || length $is > length $want
      || $is ne substr $want, 0, length $is);
  return;
}

sub talk ($what, $c) {
  my @patience = (timeout => 3);    # of the data connection
  my $r = eval { $c->stor('file', $NEW, finish => 'notify', @patience) };
  judge($what, $c, $@);
  check_upload("$what, STOR", $r, 0, $NEW);
  return if !$r || !$r->{code};
  $srv->write_file('file', $OLD);
  $r = eval { $c->stor('file', $NEW, cmd => 'APPE', finish => 'notify',
    @patience) };
  judge($what, $c, $@);
  check_upload("$what, APPE", $r, length $OLD, $OLD . $NEW);
  return if !$r || !$r->{code};
  $srv->write_file('file', $OLD);
  $r = eval { $c->retr('file', @patience) };
  judge($what, $c, $@);
  fault("$what, RETR", '226, and not every byte')
    if $r && $r->{code} == 226 && $r->{close_notify_seen}
      && $r->{data} ne $OLD;
  return if !$r || !$r->{code};
  eval { $c->list('', @patience) };
  judge($what, $c, $@);
  eval { $c->quit };
  return;
}

sub judge ($what, $c, $died) {
  my $error = eval { $c->error } // '';
  fault($what, "bytes of the server are no TLS: $error")
    if "$error $died" =~ /wrong version|packet length|http request/i;
  # Where no descriptor can be had the data connection may stay unanswered; the
  # command may not.
  if ($died =~ /^data: timeout/) {
    $count{'data connections without an answer'}++;
    eval { $c->reply };
    $died = $@;
  }
  fault($what, $died) if $died =~ /in time|timeout/;
  return;
}

sub session ($what) {
  $srv->write_file('file', $OLD);
  $count{sessions}++;
  my $c = eval { $srv->client(
    max => $count{sessions} % 2 ? '1.3' : '1.2') };
  if (!$c) {
    # Where the banner cannot be sent ProFTPD waits, with any module or none.
    fault($what, "no login: $@") if $what =~ /nothing/
      || $@ =~ /in time/ && $@ !~ /reply to 'connect'/;
    return;
  }
  talk($what, $c);
  return;
}

# After each fault: a session like any other.
sub check_health ($what) {
  $srv->write_file('file', $OLD);
  my $r = eval { my $c = $srv->client(); my $got = $c->retr('file');
    $c->quit; $got };
  fault($what, 'the next session is not served: ' . ($@ || $r->{text}))
    if !$r || $r->{code} != 226 || $r->{data} ne $OLD;
  return;
}

# ---- what fails

sub one_by_one ($kind, $error) {
  poke(40 + 4 * $NUMBER{$kind}, 'L', 0);
  session("nothing fails, $kind counted");
  session("nothing fails, $kind counted");
  $srv->wait_sessions(0);
  my $calls = int calls_of($kind) / 2;
  $calls = 30 if $kind eq 'file';
  my $step = $opt{each} && $calls > $opt{each} ? $calls / $opt{each} : 1;
  for (my $n = 1 + ($opt{seed} - 1) % ($step < 1 ? 1 : int $step); $n <= $calls;
    $n += $step) {
    my $what = "$kind, call " . int $n;
    arm($kind, int $n, $error);
    session($what);
    disarm();
    check_health($what);
  }
  note "$kind: $calls calls in a session";
  return;
}

# All calls of the kind after a login.
sub lasting ($kind, $error) {
  return if length $opt{kinds} && $opt{kinds} !~ /\b$kind\b/;
  my $what = "$kind, all with errno $error";
  for my $max ('1.2', '1.3') {
    $srv->write_file('file', $OLD);
    my $c = $srv->client(max => $max);
    arm($kind, 1, $error, 1);
    talk($what, $c);
    disarm();
    check_health($what);
  }
  return;
}

# A reply that cannot be sent: the client waits for it, so the session ends.
sub unsent_reply () {
  for my $max ('1.2', '1.3') {
    my $c = $srv->client(max => $max);
    arm('write', 1, Errno::EIO, 1);
    $c->send_line('NOOP');
    my @reply = eval { $c->reply(30) };
    disarm();
    fault("no reply can be sent, TLS $max", $@ || "@reply")
      if !@reply || $reply[0] != 0;
  }
  return;
}

sub clock_jumps () {
  for my $jump (86_400, -86_400, 315_360_000, -315_360_000, 3600, -1) {
    my $what = "the clock jumps by $jump s";
    $srv->write_file('file', $OLD);
    my $c = $srv->client(
      max => $jump % 3 ? '1.2' : '1.3');
    poke(32, 'q', $jump);
    talk($what, $c);
    session($what);
    poke(32, 'q', 0);
    $count{'clock jumps'}++;
    check_health($what);
  }
  return;
}

# Faults in the daemon, in calls of the module: the old settings stay, or the
# new ones are there.
sub at_sighup () {
  poke(16, 'LLL', 0, $daemon, 1);    # nobody spared, only the daemon, only ours
  for my $kind (qw(read mmap fcntl open stat)) {
    for my $n (1 .. ($opt{each} ? 1 : 12)) {
      my $what = "SIGHUP, $kind, call $n";
      arm($kind, $n, $KINDS[ $NUMBER{$kind} ][1]);
      my $is_up = eval { $srv->hup };
      disarm();
      $count{'faults at SIGHUP'}++;
      return fault($what, "the daemon: " . ($@ || 'ended')) if !$is_up;
      check_health($what);
    }
  }
  poke(16, 'LLL', $daemon, 0, 0);
  ok $srv->hup, 'SIGHUP without a fault';
  check_health('SIGHUP without a fault');
  return;
}

sub storm ($n) {
  my $pid = fork // die "faults: fork: $!\n";
  if (!$pid) {
    for (1 .. $n) {
      kill 'HUP', $daemon;
      sleep 0.05;
    }
    POSIX::_exit(0);
  }
  my $rounds = 0;
  while (waitpid($pid, POSIX::WNOHANG()) == 0) {
    my $c = eval { $srv->client() };
    talk('a storm of SIGHUPs', $c) if $c;
    $srv->write_file('file', $OLD);
    $rounds++;
  }
  $count{SIGHUPs} += $n;
  ok FTPS::Test::Process->until(sub { $srv->_is_listening }),
    "after $n SIGHUPs and $rounds sessions the daemon listens";
  check_health('after the storm');
  return;
}
