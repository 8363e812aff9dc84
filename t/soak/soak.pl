#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# soak.pl: many transfers of many clients, some of which misbehave, while the
# daemon gets SIGHUPs and renewed certificates, and its memcached stands still,
# goes on, tells lies, ends and starts again.  Half of the sessions have
# EarlyDataHandshake; strangers connect to some of their passive ports first.  What
# is looked for: a file that was acknowledged and is not there as it was sent, a
# download with other bytes, a daemon that grows.
#
#   t/soak/soak.pl [--transfers N] [--workers N] [--held N] [--every SECONDS]
#                  [--seconds N]
#
#   --transfers  uploads and downloads of all workers (100000)
#   --workers    clients at work at the same time (8)
#   --held       sessions that are logged in and wait meanwhile (1000)
#   --every      seconds between two disturbances of the daemon (5)
#   --seconds    no transfer begins after that; 0: all of them (0)
#
# `make soak` runs it; t/86-soak.t runs a small one.  As root.
#
# The oracle: a worker has names of its own.  It knows what each holds after an
# upload that was acknowledged, and everything that it may hold after one that
# was not: the old bytes, or old bytes and a part of the new ones.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FTPS::Test::File qw(slurp spew replace);
use FTPS::Test::Memcached;
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Getopt::Long;
use IO::Socket::IP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my %opt = (transfers => 100_000, workers => 8, held => 1000, every => 5,
  seconds => 0);
GetOptions(\%opt, qw(transfers=i workers=i held=i every=f seconds=i))
  or die "soak: see the head of $0\n";

my $NAMES = 12;        # of each worker
my $LONG  = 40;        # transfers by one control connection, at most
my @WRONG = qw(reset fin close stall flood ticket kill);

my $memcached = FTPS::Test::Memcached->is_installed
  ? FTPS::Test::Memcached->start : undef;
my $srv = FTPS::Test::Server->new(ours => ['mod_ftps_memcache'],
  max_instances => $opt{held} + 4 * $opt{workers} + 50,
  # What misbehaving clients cause is logged, and meant.
  allow_log => qr/./,
  tls => ['TLSEngine on', 'TLSRequired on', 'TLSTimeoutHandshake 20',
    $memcached ? ('MemcacheServers ' . $memcached->address,
      'TLSSessionCache memcache:') : ()],
  extra => ['AllowOverwrite on', 'AllowStoreRestart on', 'TimeoutStalled 30',
    'TimeoutLinger 5'],
  vhosts => [ { name => 'early', port => 'own',
    tls => ['TLSRequired on', 'TLSOptions EarlyDataHandshake'],
    extra => ['AllowForeignAddress off', 'TimeoutStalled 30',
      'TimeoutLinger 5'] } ]);
$srv->start;

my $dir = $srv->dir . '/soak';
mkdir $dir or die "soak: $dir: $!\n";
my $started = time;
my $before = figures();
my @held = hold($opt{held});
my %worker = map { start_worker($_) => $_ } 1 .. $opt{workers};
my @kib;               # of the daemon, after each SIGHUP
my %disturbed = disturb(\%worker);
release(@held);
judge(\%disturbed);
is $srv->stop, 0, 'the daemon ends well';
done_testing;

# ---- one worker, a process of its own

sub start_worker ($number) {
  my $pid = fork // die "soak: fork: $!\n";
  return $pid if $pid;
  srand $number;
  my $state = { number => $number, holds => {}, count => {},
    left => int $opt{transfers} / $opt{workers} };
  eval { work($state); 1 } or add($state, "died: $@");
  write_report($state);
  POSIX::_exit(0);
}

sub add ($state, $what) {
  push $state->{faults}->@*, $what if @{ $state->{faults} // [] } < 20;
  return;
}

sub count ($state, $what) { $state->{count}{$what}++; return }

sub is_late () { return $opt{seconds} && time > $started + $opt{seconds} }

sub work ($state) {
  while ($state->{left} > 0 && !is_late()) {
    $state->{is_early} = rand > 0.5;
    my $client = eval { $srv->client($state->{is_early}
        ? (vhost => 'early') : (),
      rand > 0.5 ? (min => '1.3')
        : (max => '1.2'), rand > 0.5 ? (data_mode => 'epsv') : ()) };
    if (!$client) {
      count($state, 'logins that failed');
      die "no login any more: $@" if ++$state->{lost} > 50;
      sleep 0.2;
      next;
    }
    $state->{lost} = 0;
    count($state, 'logins');
    for (1 .. 1 + int rand $LONG) {
      last if $state->{left}-- <= 0 || is_late();
      last if !eval { transfer($state, $client) };
    }
    eval { $client->quit };
  }
  check_disk($state);
  return;
}

# False: the control connection is lost, or is to be left.
sub transfer ($state, $client) {
  my $name = "w$state->{number}-" . int rand $NAMES;
  return rand > 0.9 ? misbehave($state, $client, $name)
    : rand > 0.45 ? upload($state, $client, $name)
    : download($state, $client, $name);
}

# How a data connection is opened.
sub manner ($state, $client) {
  return () if !$state->{is_early};
  my @how = (early => ('', qw(connect hello handshake))[ rand 4 ]);
  return @how if rand > 0.3;
  count($state, 'ports with strangers');
  return (@how, mode => 'again', again => invite_strangers($client));
}

# Returns a passive port that strangers have found first.
sub invite_strangers ($client) {
  my ($port) = ($client->cmd('EPSV'))[1] =~ /\|(\d+)\|/;
  for my $says ('', "no handshake\r\n", "\x16\x03\x01\x00\x05hello") {
    my $sock = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port,
      LocalHost => '127.0.0.9') or next;
    syswrite $sock, $says;
  }
  return $port;
}

sub fresh_bytes () {
  my $size = rand > 0.1 ? int rand 20_000 : int rand 2_000_000;
  my $seed = int rand 2**31;
  return substr pack('N*', map { $seed * ($_ + 1) % 2**32 }
    0 .. $size / 4), 0, $size;
}

sub upload ($state, $client, $name) {
  my $appends = rand > 0.8;
  my $bytes = fresh_bytes();
  my $old = $state->{holds}{$name};
  my $want = $appends && defined $old ? $old . $bytes : $bytes;
  my $may = [ $old, prefixes_of($old, $want, $appends) ];
  my $r = eval { $client->stor($name, $bytes, cmd => $appends ? 'APPE'
    : 'STOR', manner($state, $client)) };
  if (!$r || $r->{code} != 226) {
    count($state, 'uploads without 226');
    settle($state, $name, $may);
    return $r && $r->{code} != 0;
  }
  count($state, 'uploads');
  $state->{holds}{$name} = $want;
  return 1;
}

# What was not acknowledged may be there in part.
sub prefixes_of ($old, $new, $appends) {
  return { of => $new, from => $appends ? length($old // '') : 0 };
}

# After an upload that failed: what is on the disk must be allowed, and counts
# from now on.  The session may still be at it.
sub settle ($state, $name, $may) {
  my ($old, $part) = @$may;
  sleep 0.05;
  my $is = $srv->read_file($name);
  my $is_allowed = !defined $is ? !defined $old
    : defined $old && $is eq $old ? 1
    : length($is) >= $part->{from} && length($is) <= length($part->{of})
      && $is eq substr($part->{of}, 0, length $is);
  add($state, "$name: unexpected bytes after an upload that failed")
    if !$is_allowed;
  # Nobody writes to it again before the session has noticed.
  delete $state->{holds}{$name};
  my $new = "$name-" . ++$state->{serial};
  unlink $srv->path($name) if defined $is;
  return $new;
}

sub download ($state, $client, $name) {
  my $want = $state->{holds}{$name};
  return upload($state, $client, $name) if !defined $want;
  my $rest = rand > 0.8 ? int rand 1 + length $want : 0;
  my $r = eval { $client->retr($name, $rest ? (rest => $rest) : (),
    manner($state, $client)) };
  if (!$r || $r->{code} != 226) {
    count($state, 'downloads without 226');
    return $r && $r->{code} != 0;
  }
  count($state, 'downloads');
  add($state, "$name: a download with other bytes")
    if $r->{data} ne substr $want, $rest;
  return 1;
}

# Always with a name that is not used for anything else.
sub misbehave ($state, $client, $name) {
  my $how = $WRONG[ rand @WRONG ];
  count($state, "misbehaved: $how");
  my $bad = "w$state->{number}-bad-" . ++$state->{serial};
  my $bytes = fresh_bytes();
  my $r = eval {
    $how eq 'kill' ? kill_session($client)
    : $how eq 'ticket' ? $client->stor($bad, $bytes, session => 'none',
      manner($state, $client))
    : $how eq 'stall' ? $client->stor($bad, $bytes, during => sub { sleep 1 })
    : $how eq 'flood' ? flood($client, $name)
    : $client->stor($bad, $bytes, finish => $how, manner($state, $client));
  };
  add($state, "$bad: 226 after a reset")
    if $r && $how eq 'reset' && $r->{code} == 226;
  add($state, "$bad: 226 without a resumed session")
    if $r && $how eq 'ticket' && $r->{code} == 226;
  unlink $srv->path($bad);
  return $r && ref $r && $r->{code} != 0;
}

# Bytes on the data connection of a download.
sub flood ($client, $name) {
  return $client->retr($name, during => sub ($c, $d) {
    eval { $d->write('x' x 50_000) };
  });
}

# kill -9 of a session: any one, for they are all alike.
sub kill_session ($client) {
  my @pids = $srv->sessions;
  kill 'KILL', $pids[ rand @pids ] if @pids;
  return undef;
}

sub check_disk ($state) {
  for my $name (sort keys $state->{holds}->%*) {
    my $is = $srv->read_file($name);
    add($state, "$name: lost, or other bytes than were acknowledged")
      if !defined $is || $is ne $state->{holds}{$name};
    count($state, 'files compared');
  }
  return;
}

sub write_report ($state) {
  spew("$dir/$state->{number}", join '',
    map({ "count\t$_\t$state->{count}{$_}\n" } sort keys $state->{count}->%*),
    map { "fault\t$_\n" =~ s/\n(?=.)/ /gr } @{ $state->{faults} // [] });
  return;
}

# ---- sessions that wait

sub hold ($n) {
  my @clients;
  for (1 .. $n) {
    push @clients, eval { $srv->client(min => '1.3') } // ();
  }
  cmp_ok scalar(@clients), '>=', 0.99 * $n, "$n sessions are held";
  return @clients;
}

# Each still works, but those that were killed.
sub release (@clients) {
  my $alive = grep { my $c = $_; eval { ($c->cmd('NOOP'))[0] == 200 } } @clients;
  note "$alive of " . scalar(@clients) . ' held sessions answer at the end';
  eval { $_->close } for @clients;
  return;
}

# ---- what happens to the daemon

sub disturb ($worker) {
  my ($n, %done) = (0);
  my $next = time + $opt{every};
  while (%$worker) {
    my $pid = waitpid -1, POSIX::WNOHANG();
    delete $worker->{$pid} if $pid > 0;
    sleep 0.1;
    next if time < $next;
    $next = time + $opt{every};
    my $what = (qw(hup renew stop start lie end))[ $n++ % 6 ];
    next if $what !~ /hup|renew/ && !$memcached;
    $done{$what}++;
    $what eq 'hup' ? hup() : $what eq 'renew' ? renew()
      : $what eq 'lie' ? lie() : $what eq 'end' ? restart_memcached()
      : $memcached->signal($what eq 'stop' ? 'STOP' : 'CONT');
  }
  $memcached->signal('CONT') if $memcached;
  return %done;
}

sub hup () {
  $srv->hup;
  push @kib, figures()->{kib};
  return;
}

# Each value becomes that of another key, or garbage.
sub lie () {
  my @keys = eval { $memcached->keys };
  splice @keys, 100 if @keys > 100;
  my $other = @keys ? $memcached->get($keys[0]) : undef;
  for my $i (0 .. $#keys) {
    eval { $memcached->set($keys[$i], $i % 2 ? $other // '' : 'x' x $i) };
  }
  return;
}

sub restart_memcached () {
  my $port = $memcached->port;
  $memcached->kill;
  $memcached = FTPS::Test::Memcached->start(port => $port);
  return;
}

# The same key and certificate, as new files.
sub renew () {
  my $cert = $srv->pki->cert('server');
  for my $path ($cert->{full}, $cert->{key}) {
    replace($path, slurp($path), (stat $path)[2] & 07777);
  }
  return;
}

# KiB of the daemon, also those that it shares with sessions, which come and go;
# and its descriptors.
sub figures () {
  my $pid = $srv->pid;
  CORE::open my $in, '<', "/proc/$pid/smaps_rollup" or return {};
  my $kib = 0;
  while (<$in>) { $kib += $1 if /^Anonymous:\s+(\d+)/ }
  return { kib => $kib, descriptors => scalar(() = glob "/proc/$pid/fd/*") };
}

# ---- the end

sub judge ($disturbed) {
  my (%sum, @faults);
  for my $path (glob "$dir/*") {
    CORE::open my $in, '<', $path or die "soak: $path: $!\n";
    while (<$in>) {
      chomp;
      my ($kind, $what, $n) = split /\t/;
      $kind eq 'count' ? $sum{$what} += $n : push @faults, $what;
    }
  }
  is scalar(() = glob "$dir/*"), $opt{workers}, 'every worker has reported';
  is_deeply \@faults, [], 'nothing is lost, nothing is other than it was';
  cmp_ok $sum{'files compared'} // 0, '>', 0, 'files were compared';
  $srv->wait_sessions(0);
  # It may be reading what has just been renewed, in a process of its own.
  ok(FTPS::Test::Process->until(
    sub { figures()->{descriptors} <= $before->{descriptors} + 2 }),
    'the daemon keeps no descriptors')
    or diag map { readlink($_) . "\n" } glob '/proc/' . $srv->pid . '/fd/*';
  my $after = figures();
  tell_growth();
  diag sprintf '%d seconds; daemon: %d KiB before, %d KiB after',
    time - $started, $before->{kib}, $after->{kib};
  diag join ', ', (map { "$sum{$_} $_" } sort keys %sum),
    map { "$disturbed->{$_} times $_" } sort keys %$disturbed;
  return;
}

# The first SIGHUPs make room for two configurations at a time, and the heap
# settles; what each of the second half takes says whether something is lost.
sub tell_growth () {
  my @rest = @kib[ @kib / 2 .. $#kib ];
  return if @rest < 10;
  diag sprintf '%d SIGHUPs: %.1f KiB more at each of the second half',
    scalar(@kib), ($rest[-1] - $rest[0]) / $#rest;
  return;
}
