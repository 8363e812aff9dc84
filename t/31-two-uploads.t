#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Two sessions store to one name at the same time.  An upload that got a 226 is
# not lost, an upload that failed before its first byte has changed nothing, and
# no session removes the file of another.
#
# Every order of the steps of both sessions is run, for each pair of actions, in
# several surroundings.  A model of the file says which replies both get and
# what the file contains.  It knows nothing of time, because no step begins
# before the server has completed the one before.
#
# One daemon, a virtual host for each surrounding, two sessions for each.
# FTPS_MODULE=mod_tls runs the same orders with the stock module.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Patience qw(now);
use FTPS::Test::Server;

my $OLD = "twenty bytes of old\n";

# What a session does.  S: the command, until 150 (ProFTPD has opened the
# file).  W: bytes, until they are on disk.  E: close_notify.  F: the client
# goes away, before the handshake (425) or with a reset (426).
my %DEED = (
  full    => [qw(S W W E)],
  short   => [qw(S W E)],
  empty   => [qw(S E)],
  refused => [qw(S F)],
  broken  => [qw(S W F)],
  same    => [qw(S W E)],  # as many bytes as the other one's first
  late    => [qw(S W W F)],
);
my %BYTES = (A => [ 'a' x 10, 'A' x 4 ], B => [ 'b' x 12, 'B' x 12 ]);

my @REFUSED = ([qw(refused full)], [qw(refused empty)]);
my @BROKEN = ([qw(broken full)], [qw(broken empty)]);
my @SAME = ([qw(broken same)], [qw(late same)]);
my @MEET = ([qw(empty full)], [qw(empty empty)], [qw(short full)]);
my @ALL = (@REFUSED, @BROKEN, @MEET);

# plays: pairs of commands, and what is done with each of them.
my @SURROUNDING = (
  { name => 'plain', plays => [
      [ 'STOR STOR', @ALL ], [ 'APPE APPE', @ALL ], [ 'REST STOR', @ALL ],
      [ 'STOR APPE', @REFUSED, $MEET[0] ], [ 'APPE STOR', @REFUSED, $MEET[0] ],
      [ 'STOU STOR', @REFUSED, $MEET[0] ],
    ] },
  { name => 'delete', deletes => 1, conf => ['DeleteAbortedStores on'],
    plays => [ [ 'STOR STOR', @REFUSED, @BROKEN, @SAME ],
      [ 'STOR APPE', $BROKEN[1] ], [ 'APPE STOR', @REFUSED, $SAME[0] ],
      [ 'STOU STOR', @REFUSED ] ] },
  { name => 'hidden', hides => 1, conf => ['HiddenStores on'],
    plays => [ [ 'STOR STOR', @REFUSED, @BROKEN, $MEET[0] ],
      [ 'STOR APPE', @REFUSED ], [ 'APPE STOR', @REFUSED ] ] },
  { name => 'hidden-delete', hides => 1, deletes => 1,
    conf => [ 'HiddenStores on', 'DeleteAbortedStores on' ],
    plays => [ [ 'STOR STOR', @REFUSED, $BROKEN[0] ] ] },
  { name => 'guarded', guarded => 1, only => 'new',
    conf => [ 'AllowOverwrite off', 'AllowStoreRestart off' ],
    plays => [ [ 'STOR STOR', @ALL ], [ 'APPE APPE', @REFUSED ],
      [ 'STOR APPE', @REFUSED ] ] },
  { name => 'chroot', conf => ['DefaultRoot ~'],
    plays => [ [ 'STOR STOR', @REFUSED ] ] },
  { name => 'vroot', conf => [ 'VRootEngine on', 'DefaultRoot ~' ],
    needs => 'mod_vroot',
    plays => [ [ 'STOR STOR', @REFUSED ], [ 'APPE STOR', @REFUSED ] ] },
);

# The model.  A file is a hash (bytes, version, links), so that a name may come
# to mean another one while a session writes to the first.

sub new_file ($disk, $name, $bytes = '') {
  return $disk->{$name} = { bytes => $bytes, version => 0 };
}

sub change ($file, $bytes) {
  $file->{bytes} = $bytes;
  $file->{version}++;
  return;
}

sub is_lost ($disk, $up) {
  my $file = $up->{file} or return 0;
  return !(grep { $_ == $file } values %$disk)
    || length $file->{bytes} < $up->{end};
}

# What ProFTPD removes, and may: a hidden file; with DeleteAbortedStores what
# this upload has written and nobody else has changed or has open.
sub is_sole ($up) {
  my ($file, $other) = $up->@{qw(file other)};
  return 0 if length $file->{bytes} != $up->{end};
  return 1 if !$up->{s}{deletes};
  return 0 if $up->{has_others};
  return ($file->{by} // $up) == $up
    && ($other->{code} || ($other->{file} // 0) != $file);
}

sub give_up ($disk, $up, $code) {
  my $file = $up->{file};
  my $removes = $up->{hidden} || ($up->{s}{deletes} && $up->{begun});
  delete $disk->{ $up->{name} }
    if $removes && $file && ($disk->{ $up->{name} } // 0) == $file
    && is_sole($up);
  return $up->{code} = $code;
}

sub play_S ($disk, $up) {
  my ($s, $cmd) = $up->@{qw(s cmd)};
  $up->{hidden} = $s->{hides} && $cmd eq 'STOR';
  $up->{name} = 'hidden' if $up->{hidden};
  new_file($disk, $up->{name}) if $cmd eq 'STOU';
  my $file = $disk->{ $up->{name} };
  if ($up->{hidden}) {
    return $up->{code} = 550 if $file;
    $file = new_file($disk, $up->{name});
  } elsif ($file && $s->{guarded}) {
    return $up->{code} = $cmd eq 'APPE' ? 451 : 550;
  } elsif ($cmd eq 'REST') {
    return $up->{code} = 550 if !$file;
    return $up->{code} = 554 if length $file->{bytes} < 7;
  }
  $up->{file} = $file;
  $up->{seen} = $file->{version} if $file;
  $up->{truncates} = $cmd =~ /^STO/ && !$up->{hidden};
  $up->{end} = 0;
  return;
}

# A file that was not there is made now.
sub take_missing ($disk, $up, $is_empty) {
  my $file = $disk->{ $up->{name} };
  $up->{file} = $file // new_file($disk, $up->{name});
  return give_up($disk, $up, $is_empty ? 550 : 426) if $file && $up->{s}{guarded};
  change($file, '') if $file && $up->{truncates} && !$is_empty;
  return;
}

sub play_W ($disk, $up) {
  my $bytes = $up->{bytes}[ $up->{written}++ ];
  if (!$up->{begun}) {
    $up->{file} ? $up->{truncates} && change($up->{file}, '')
      : take_missing($disk, $up, 0) && return;
    $up->{begun} = 1;
    $up->{end} = $up->{cmd} eq 'REST' ? 7
      : $up->{cmd} eq 'APPE' ? length $up->{file}{bytes} : 0;
    $up->{has_others} = $up->{end} > 0;
  } elsif (($up->{file}{by} // $up) != $up) {
    $up->{has_others} = 1;
  }
  return give_up($disk, $up, 426) if $up->{end} && is_lost($disk, $up);
  my $now = $up->{file}{bytes};
  my $at = $up->{cmd} eq 'APPE' ? length $now : $up->{end};
  substr $now, $at, length $bytes, $bytes if $at < length $now;
  $now .= $bytes if $at >= length $now;
  change($up->{file}, $now);
  $up->{file}{by} = $up;
  $up->{end} += length $bytes;
  $up->{at} = $at + length $bytes;
  return;
}

sub play_E ($disk, $up) {
  if (!$up->{file}) {
    take_missing($disk, $up, 1) and return;
  } elsif (is_lost($disk, $up)) {
    return give_up($disk, $up, 426);
  } elsif (!$up->{begun} && $up->{truncates}
    && $up->{file}{version} == $up->{seen}) {
    change($up->{file}, '');
  }
  $up->{file}{by} = $up;
  $disk->{f} = delete $disk->{hidden} if $up->{hidden};
  return $up->{code} = 226;
}

sub play_F ($disk, $up) {
  return give_up($disk, $up, $up->{deed} eq 'refused' ? 425 : 426);
}

my %PLAY = (S => \&play_S, W => \&play_W, E => \&play_E, F => \&play_F);

# The real thing, by the same names.

my ($srv, $home);

# The descriptor of the file that the session has open.
sub descriptor ($up) {
  for my $fd (glob "/proc/$up->{pid}/fd/*") {
    return $fd =~ s{/fd/}{/fdinfo/}r
      if (readlink($fd) // '') =~ m{^(?:\Q$home\E/|/memfd:)};
  }
  die "$up->{cmd}: no file is open\n";
}

sub position ($fd) {
  open my $info, '<', $fd or return -1;
  my ($position) = map { /^pos:\s+(\d+)/ } <$info>;
  return $position // -1;
}

# Why an upload fails to which its own client did nothing.
my $REASON = qr/^(?:the\ file\ was\ (?:removed,\ or\ replaced,|emptied\ by\ somebody
  \ else)\ while\ it\ was\ being\ uploaded\n.*|.*File\ exists)$/sx;

sub answer ($up) {
  my ($code, $text) = $up->{client}->reply;
  $up->{d}->close;
  $code .= " $text" if $code > 226 && $up->{deed} !~ /^(?:refused|broken|late)$/
    && $text !~ $REASON;
  return $up->{got} = $code;
}

sub do_S ($up) {
  my ($client, $cmd) = $up->@{qw(client cmd)};
  $up->{d} = $client->data;
  $client->cmd('REST 7') if $cmd eq 'REST';
  my ($code, $text) = $client->cmd($cmd eq 'STOU' ? 'STOU'
    : ($cmd eq 'APPE' ? 'APPE ' : 'STOR ') . $up->{path}->$*);
  if ($code != 150) {
    $up->{d}->close;
    return $up->{got} = $code;
  }
  $up->{path}->$* = $1 if $text =~ /^FILE: (\S+)/;
  $up->{fd} = descriptor($up);
  $up->{d}->handshake if $up->{deed} ne 'refused';
  return;
}

# Until the bytes are where the model has them, or what it says is told.
sub do_W ($up) {
  $up->{d}->write($up->{bytes}[ $up->{sent}++ ]);
  if ($up->{code}) {
    $up->{d}->finish('notify');
    return answer($up);
  }
  my $deadline = now() + 10;
  while (position($up->{fd}) != $up->{at}) {
    die "$up->{cmd}: the bytes never came to the file\n"
      if now() > $deadline;
    select undef, undef, undef, 0.0003;
  }
  return;
}

sub do_E ($up) {
  $up->{d}->finish('wait');
  return answer($up);
}

sub do_F ($up) {
  $up->{deed} eq 'refused' ? $up->{d}->close : $up->{d}->finish('reset');
  return answer($up);
}

my %DO = (S => \&do_S, W => \&do_W, E => \&do_E, F => \&do_F);

# All ways to lay two rows of steps into one another: each a text of A and B.
sub orders ($n, $m) {
  return 'B' x $m if !$n;
  return 'A' x $n if !$m;
  return ((map { "A$_" } orders($n - 1, $m)),
    (map { "B$_" } orders($n, $m - 1)));
}

sub start_session ($s) {
  my %before = map { $_ => 1 } $srv->sessions;
  my $client = $srv->client(vhost => $s->{name});
  my ($pid) = grep { !$before{$_} } $srv->sessions;
  return { client => $client, pid => $pid };
}

sub prepare ($kind) {
  unlink glob "$home/{.in.*,*}";
  return {} if $kind eq 'new';
  $srv->write_file('f', $OLD);
  return { f => { bytes => $OLD, version => 0 } };
}

# What is on disk, told apart by what the model calls it.
sub contents ($path) {
  my %seen;
  for my $file (grep { -f } glob "$home/{.in.*,*}") {
    my $name = $file =~ m{/\Q$path\E$} ? 'f'
      : $file =~ m{/\.in\.} ? 'hidden' : $file;
    $seen{$name} = $srv->read_file($file =~ s{.*/}{}r);
  }
  return \%seen;
}

sub play_order ($case, $order) {
  my $path = 'f';
  my $disk = prepare($case->{kind});
  my %up;
  for my $who (qw(A B)) {
    my $i = $who eq 'A' ? 0 : 1;
    $up{$who} = { $case->{$who}->%*, s => $case->{s}, name => 'f',
      cmd => $case->{commands}[$i], deed => $case->{deeds}[$i],
      bytes => $BYTES{$who}, path => \$path,
      ($case->{deeds}[$i] eq 'same' ? (bytes => [ 's' x 10 ]) : ()),
      steps => [ $DEED{ $case->{deeds}[$i] }->@* ] };
  }
  $up{A}{other} = $up{B};
  $up{B}{other} = $up{A};
  for my $who (split //, $order) {
    my $up = $up{$who};
    my $step = shift $up->{steps}->@*;
    $PLAY{$step}->($disk, $up) if !$up->{code};
    $DO{$step}->($up) if !$up->{got};
  }
  return ({ A => $up{A}{got}, B => $up{B}{got}, contents($path)->%* },
    { A => $up{A}{code}, B => $up{B}{code},
      map { $_ => $disk->{$_}{bytes} } keys %$disk }, \%up);
}

# DeleteAbortedStores: who has begun to write may take the file with it.
sub is_missing ($got, $up, $s) {
  return 0 if exists $got->{f};
  return grep { my ($who, $other) = @$_;
    $got->{$who} eq '226' && !($s->{deletes} && $up->{$other}{begun}) }
    [qw(A B)], [qw(B A)];
}

sub spell ($result) {
  return join ', ', map { "$_: " . ($result->{$_} // 'nothing') }
    sort keys %$result;
}

# Counts what an order did wrong; shows the first three.
sub check_case ($case) {
  my ($n, $lost, @faults) = (0, 0);
  my ($first, $second) = map { scalar $DEED{$_}->@* } $case->{deeds}->@*;
  my @orders = orders($first, $second);
  @orders = grep { /^A/ } @orders if $case->{commands}[0] eq 'STOU';
  for my $order (@orders) {
    my ($got, $want, $up) = eval { play_order($case, $order) }
      or die "@{ $case->{commands} }, @{ $case->{deeds} }, $order: $@";
    $n++;
    $lost++ if is_missing($got, $up, $case->{s});
    next if spell($got) eq spell($want);
    push @faults, "$order: got " . spell($got) . '; want ' . spell($want);
  }
  my $name = sprintf '%s, %s file, %s %s and %s %s', $case->{s}{name},
    $case->{kind}, map { $case->{commands}[$_], $case->{deeds}[$_] } 0, 1;
  is(scalar @faults, 0, "$name: $n orders")
    or diag(join "\n", @faults[0 .. ($#faults > 2 ? 2 : $#faults)]);
  return ($n, $lost);
}

sub cases_of ($s) {
  my %sessions = (A => start_session($s), B => start_session($s));
  my @cases;
  for my $play ($s->{plays}->@*) {
    my ($pair, @deeds) = @$play;
    for my $kind ($pair =~ /REST/ ? () : 'new', $pair =~ /STOU/ ? () : 'old') {
      next if $kind ne ($s->{only} // $kind);
      push @cases, map { { s => $s, kind => $kind, deeds => $_, %sessions,
        commands => [ split / /, $pair ] } } @deeds;
    }
  }
  return @cases;
}

my @possible = grep { !FTPS::Test::Config->lacking($_->{needs} // ()) }
  @SURROUNDING;
$srv = FTPS::Test::Server->new(
  modules => [ map { $_->{needs} // () } @possible ],
  extra => 'TimeoutLinger 1',
  vhosts => [ map { { name => $_->{name}, port => 'own',
    extra => [ 'TimeoutLinger 1', ($_->{conf} // [])->@* ] } } @possible ],
)->start;
$home = $srv->home;

my ($orders, $lost) = (0, 0);
for my $s (@SURROUNDING) {
  SKIP: {
    skip "$s->{name}: $s->{needs} is not installed", 1
      if !grep { $_ == $s } @possible;
    for my $case (cases_of($s)) {
      my ($n, $m) = eval { check_case($case) };
      fail("$s->{name}: $@"), last if !defined $n;
      $orders += $n;
      $lost += $m;
    }
  }
}
is($lost, 0, "nothing acknowledged is missing after $orders orders");
is($srv->stop, 0, 'the daemon ended well');
done_testing;
