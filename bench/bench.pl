#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# bench.pl: what mod_ftps costs, beside what could be had instead.
#
# Starts mod_ftps, Debian's mod_tls, proftpd without TLS and, where it finds
# them, vsftpd and pure-ftpd.  It gives them the same work in turn, round by
# round, and prints a table of medians.  A ratio is the median of those of all
# turns: other work on the host slows both servers of a turn, and may last longer
# than one.  All bytes are compared.  As root:
#
#   bench/bench.pl [--rounds N] [--size MiB] [--files N] [--logins N]
#                  [--only REGEX] [--kinds NAME,...] [--short] [--write] [--add]
#
#   --only     rows whose name matches
#   --kinds    mod_ftps,mod_tls,plain,vsftpd,pure-ftpd; NAME=FILE.so is another
#              build of mod_ftps
#   --short    as little as shows that it works
#   --write    writes bench/results.md and bench/results.svg, which README.md
#              shows
#   --add      the same, but a ratio that bench/results.md has already becomes
#              a range: for a run on another machine
#
# Read the ratios: the figures themselves differ from machine to machine.  How
# CPU is measured and where vsftpd and pure-ftpd are looked for: Target.pm.
#
# What rows contain:
#
#   download, upload    transfers of one large file, without the login.  "no
#                       ERMS": the C library copies without "rep movsb", whose
#                       speed differs much between processors.  "KernelTLS":
#                       with that option, where this kernel has TLS
#   file of 4 KiB       the difference between many files and a few on one
#                       control connection, so no login is in it
#   login, one file     a login, one file of 4 KiB, and QUIT
#   ... among N         what N waiting sessions cost meanwhile, for their timers,
#                       is not in it; it has a row of its own
#   ... N names         so many folders in TLSCertificateDirectory, of which the
#                       clients use one
#   login               connect, AUTH, USER, PASS, QUIT; with TLSKeyIsolation on
#                       ("in a process", the default) or off.  The processes
#                       that have the keys count as well

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../t/lib", $FindBin::Bin;
use FTPS::Test::Memcached;
use Getopt::Long;
use List::Util qw(max min sum);
use FTPS::Test::PKI;
use Target;
use Test::More ();

my $TOP  = "$FindBin::Bin/..";
my $LOAD = "$TOP/build/bench/load";
my %opt = (rounds => 5, size => 512, files => 200, logins => 60, only => '.',
  kinds => 'mod_ftps,mod_tls,plain,vsftpd,pure-ftpd');
GetOptions(\%opt, qw(rounds=i size=i files=i logins=i only=s kinds=s short
  write add)) or die "bench: see the head of $0\n";
@opt{qw(rounds size files logins)} = (1, 1, 3, 2) if $opt{short};

my $BIG = $opt{size} << 20;
my %CIPHER = (
  'AES-256-GCM' => ['-v', '1.3', '-c', 'TLS_AES_256_GCM_SHA384'],
  'AES-128-GCM' => ['-v', '1.3', '-c', 'TLS_AES_128_GCM_SHA256'],
  'ChaCha20' => ['-v', '1.3', '-c', 'TLS_CHACHA20_POLY1305_SHA256'],
);

my @CROWD = $opt{short} ? (2, 2) : (50, 20);    # clients, listings of each
my @CROWDS = (['TLS 1.2 by ids', '-v', '1.2', '-i'], ['TLS 1.3', '-v', '1.3']);
my @THERE = $opt{short} ? 2 : (10, 100, 1000);  # sessions
my @HOSTS = $opt{short} ? () : (200, 2000);
my @NAMES = $opt{short} ? 20 : 5000;           # TLSCertificateDirectory
my @SHM   = (2, 100_000, 300, $opt{short} ? 1 : 3); # bench/shmcache.c

# Name, unit, what measures it, its words, with whom mod_ftps is compared, and
# whether the chart has it.  Memory is compared for a hundred sessions: how much
# each bears of what all share depends on their number.
my @BOTH = ('mod_tls', 'pure-ftpd');
my $NO_ERMS = 'glibc.cpu.hwcaps=-ERMS';
my @COPIES = (['', ''], [', no ERMS', $NO_ERMS]);
my %WAY = (get => 'download', put => 'upload');
my @IN_KERNEL = has_kernel_tls() ? sort keys %CIPHER : ();
my %WHERE = (on => 'in a process', off => 'in the session');
my @ROWS = (
  (map { my $way = $_; map { my $cipher = $_; map {
    [ "$WAY{$way}, $cipher$_->[0]", 's/GiB', \&large, [$way, $_->[1],
      $CIPHER{$cipher}->@*], [@BOTH], $cipher eq 'AES-256-GCM' && !$_->[1] ]
    } @COPIES } sort keys %CIPHER } qw(get put)),
  (map { [ "download, $_, KernelTLS", 's/GiB', \&in_kernel, $CIPHER{$_}, [] ] }
    @IN_KERNEL),
  (map { my $v = $_; map { [ "$WAY{$_} of a file of 4 KiB, TLS $v", 'ms',
    \&small, [$_, '-v', $v], [@BOTH], $v eq '1.3' ] } qw(get put) }
    '1.2', '1.3'),
  [ 'login, one file of 4 KiB, TLS 1.3', 'ms', \&login_and_file,
    ['-v', '1.3'], [@BOTH], 1 ],
  [ 'login, TLS 1.3', 'ms', \&login, ['-v', '1.3'], [@BOTH], 1 ],
  [ 'login, TLS 1.2', 'ms', \&login, ['-v', '1.2'], [@BOTH] ],
  [ 'login, TLS 1.3, resumed', 'ms', \&login, ['-v', '1.3', '-r'], [@BOTH] ],
  (map { my $key = $_; map { [ "login, TLS 1.3, $key key $WHERE{$_}", 'ms',
    \&isolated, [$key, $_], ['mod_tls'] ] } sort keys %WHERE } qw(EC RSA)),
  (map { [ "processes with keys, $_ virtual host" . ($_ > 1 ? 's' : '')
      . ', PSS', 'KiB', \&keepers, [$_, 0], [] ],
    [ "processes with keys, $_ virtual host" . ($_ > 1 ? 's' : '')
      . ', private', 'KiB', \&keepers, [$_, 1], [] ] } 1, @HOSTS),
  (map { [ "login, TLS 1.3, among $_ sessions", 'ms', \&held,
    [1, $_, 'login'], ['mod_tls', 'plain'] ],
    [ "$_ sessions that wait, each second", 'ms', \&held, [1, $_, 'waiting'],
      ['plain'] ] } $THERE[-1]),
  (map { [ "login, TLS 1.3, $_ virtual hosts", 'ms', \&login_at, [$_],
    ['mod_tls'] ] } @HOSTS),
  (map { [ "login, TLS 1.3, $_ name" . ($_ > 1 ? 's' : ''), 'ms', \&names,
    [$_, 'login'], [] ],
    [ "session of 10, private, $_ name" . ($_ > 1 ? 's' : ''), 'KiB', \&names,
    [$_, 'private'], [] ],
    [ "daemon, $_ name" . ($_ > 1 ? 's' : '') . ', private', 'KiB', \&names,
    [$_, 'daemon'], [] ],
    [ "start, $_ name" . ($_ > 1 ? 's' : ''), 'ms', \&names,
    [$_, 'start'], [] ] } 1, @NAMES),
  [ 'time to the 220', 'ms', \&banner, [], ['mod_tls', 'plain'] ],
  (map { [ "session of $_, PSS", 'KiB', \&held, [1, $_, 'pss'], [@BOTH],
    $_ == 100 ] } @THERE),
  (map { [ "session of $_, private", 'KiB', \&held, [1, $_, 'private'],
    [@BOTH] ] } @THERE),
  (map { [ "session of 10, private, $_ virtual hosts", 'KiB', \&held,
    [$_, 10, 'private'], ['mod_tls'] ] } @HOSTS),
  (map { [ "start, $_ virtual host" . ($_ > 1 ? 's' : ''), 'ms', \&startup,
    [$_], ['mod_tls'] ] } 1, @HOSTS),
  (map { my ($name, @tls) = @$_;
    ([ "crowd of $CROWD[0], $name, those that fail", 'clients', \&crowd,
      ['failed', @tls], [] ],
    [ "crowd of $CROWD[0], $name, a listing", 'ms', \&crowd,
      ['listing', @tls], ['mod_tls'] ]) } @CROWDS),
  (map { my ($name, @tls) = @$_;
    ([ "memcached, login with $name", 'requests', \&memcached, [0, @tls], [] ],
    [ "memcached, login with $name, both ways", 'bytes', \&memcached,
      [1, @tls], [] ],
    [ "memcached, login with $name, kept", 'bytes', \&memcached, [2, @tls],
      [] ]) } @CROWDS),
  [ 'shared-memory cache, get and put', '1/ms', \&shmcache, [], [] ],
);
@ROWS = grep { $_->[0] =~ /$opt{only}/i } @ROWS;

# So many turns of transfers in each round.
my $TRANSFERS = $opt{short} ? 1 : 5;

my @KINDS = grep { Target->available(s/=.*//r) } split /,/, $opt{kinds};
my (%target, %value, %once, %earlier, $round);

system('make', '-s', '-C', $TOP, 'build/bench/load', 'build/bench/shmcache',
  'all') == 0
  or die "bench: cannot make the load client; run ./configure first\n";
for (1 .. $opt{rounds}) {
  $round = $_;
  for my $row (@ROWS) {
    my ($name, $unit, $measure, $words) = @$row;
    my $times = $measure == \&large || $measure == \&small ? $TRANSFERS : 1;
    for my $kind ((@KINDS) x $times) {
      my $figure = $measure->($kind, @$words) // next;
      push $value{$name}{ $kind =~ s/=.*//r }->@*, $figure;
    }
  }
}
$_->stop for values %target;
print_results();
Test::More::ok(1, 'measured, every byte compared');
Test::More::done_testing();

sub target ($kind, %o) {
  my $name = join ' ', $kind, map { "$_=" . (ref $o{$_} ? "@{ $o{$_} }" : $o{$_}) }
    sort keys %o;
  local $ENV{GLIBC_TUNABLES} = delete $o{tunables} || ($ENV{GLIBC_TUNABLES} // '');
  return $target{$name} //= Target->new($kind, vhosts => 1, %o);
}

# Several rows show something of one piece of work.
sub once ($name, $code) {
  return $once{"$round $name"} //= $code->();
}

sub is_proftpd ($kind) { return $kind !~ /^(?:vsftpd|pure-ftpd)/ }

sub load (@argv) {
  open my $out, '-|', $LOAD, @argv or die "bench: $LOAD: $!\n";
  my $text = join '', <$out>;
  close $out or die "bench: load @argv failed\n";
  return $text;
}

# What a piece of work costs the server, in seconds of CPU; what is said of it.
sub cost ($target, @argv) {
  my ($n, $before) = ($target->processes, $target->cpu);
  my $text = load(@argv);
  $target->settle($n);
  my $cpu = $target->cpu - $before;
  return wantarray ? ($cpu, $text) : $cpu;
}

# What a transfer needs is in memory when it begins: the file that is read, or
# free pages for the one that is written.  The host of a virtual machine may take
# back what has not been used for some seconds, with gigabytes free; a transfer
# that has to get it again can cost twice as much.
sub get_memory ($action, $size, $path) {
  my @file = ('-P', '-s', $size, '-f');
  return load(@file, $path, 'check') if $action eq 'get';
  load(@file, "$path.scratch", 'make');
  unlink "$path.scratch" or die "bench: $path.scratch: $!\n";
  return;
}

# CPU seconds of `count` transfers of a file of `size` bytes, with the login.
sub transfer ($target, $action, $size, $count, @tls) {
  my $file = $action eq 'get' ? "down-$size" : 'up';
  my $path = $target->path($file);
  if ($action eq 'get' && !-e $path) {
    load('-P', '-s', $size, '-f', $path, 'make');
    chown $target->uid, -1, $path;
  }
  get_memory($action, $size, $path);
  my $cpu = cost($target, $target->words($file), '-s', $size, '-n', $count,
    @tls, $action);
  load('-P', '-s', $size, '-f', $path, 'check') if $action eq 'put';
  return $cpu;
}

# The login is less than a hundredth of it.
sub large ($kind, $action, $tunables, @tls) {
  return large_at(target($kind, tunables => $tunables), $action, @tls);
}

sub large_at ($target, $action, @tls) {
  return transfer($target, $action, $BIG, 1, @tls) * (1 << 30) / $BIG;
}

sub has_kernel_tls () {
  open my $in, '<', '/proc/sys/net/ipv4/tcp_available_ulp' or return 0;
  return (readline($in) // '') =~ /\btls\b/;
}

sub in_kernel ($kind, @tls) {
  return undef if $kind ne 'mod_ftps';
  return large_at(target($kind, tls => ['TLSOptions KernelTLS']), 'get', @tls);
}

sub small ($kind, $action, @tls) {
  my $target = target($kind);
  my ($few, $many) = ($opt{files}, 5 * $opt{files});
  my ($less, $more) =
    map { transfer($target, $action, 4096, $_, @tls) } $few, $many;
  return 1000 * ($more - $less) / ($many - $few);
}

# All of them before the sessions are waited for: the daemon rests when one ends.
sub login_and_file ($kind, @tls) {
  my $target = target($kind);
  transfer($target, 'get', 4096, 1, @tls);    # makes the file
  my @work = ($target->words('down-4096'), '-s', 4096, '-n', 1, @tls, 'get');
  my ($n, $before) = ($target->processes, $target->cpu);
  load(@work) for 1 .. $opt{logins};
  $target->settle($n);
  return 1000 * ($target->cpu - $before) / $opt{logins};
}

sub login ($kind, @tls) { return login_to(target($kind), $opt{logins}, @tls) }

sub login_to ($target, $n, @tls) {
  return 1000 / $n * cost($target, $target->words('-'), '-n', $n, @tls,
    'login');
}

sub login_at ($kind, $vhosts) {
  return undef if !is_proftpd($kind);
  return login_to(target($kind, vhosts => $vhosts), 20, '-v', '1.3');
}

# What mod_tls does is the same, wherever mod_ftps has the key.
sub isolated ($kind, $key, $isolation) {
  return undef if $kind ne 'mod_ftps' && $kind ne 'mod_tls';
  my $target = target($kind, cert => $key eq 'RSA' ? 'server-rsa' : 'server',
    tls => $kind eq 'mod_tls' ? [] : ["TLSKeyIsolation $isolation"]);
  return login_to($target, $opt{logins}, '-v', '1.3');
}

sub keepers ($kind, $vhosts, $which) {
  return undef if $kind ne 'mod_ftps';
  my $target = target($kind, vhosts => $vhosts);
  login_to($target, 1, '-v', '1.3');
  return ($target->keeper_memory)[$which];
}

sub banner ($kind) {
  my $target = target($kind);
  my ($ms) = load($target->words('-'), '-n', $opt{logins}, 'banner')
    =~ /median_ms=([\d.]+)/;
  $target->settle;
  return $ms;
}

# Of `n` sessions that are there at once.  1,000 take mod_tls 1.7 GiB and half a
# minute, so that is done in the first round only.
sub held ($kind, $vhosts, $n, $which) {
  return undef if $vhosts > 1 && !is_proftpd($kind);
  return undef if $n >= 1000 && $round > 1;
  return once("held $kind $vhosts $n", sub { hold($kind, $vhosts, $n) })
    ->{$which};
}

# A daemon of their own: one that has had a thousand sessions has another heap.
sub hold ($kind, $vhosts, $n) {
  my $target = Target->new($kind, vhosts => $vhosts);
  my $file = File::Temp->new;
  open my $hold, '|-', join ' ', $LOAD, $target->words('-'), '-n', $n,
    'hold', '>', $file or die "bench: $LOAD: $!\n";
  FTPS::Test::Process->until(30 + $n / 5, sub { -s $file })
    or die "bench: sessions of $kind do not come up\n";
  my %of;
  @of{qw(pss private)} = $target->memory($n);
  if ($n == $THERE[-1]) {
    $target->set_apart;
    $of{login} = login_to($target, $opt{logins}, '-v', '1.3');
    $of{waiting} = waiting($target);
  }
  close $hold or die "bench: load hold failed\n";
  $target->settle;
  $target->stop;
  return \%of;
}

# ProFTPD has a timer of five seconds in each session.
sub waiting ($target) {
  my $seconds = $opt{short} ? 1 : 15;
  my $before = $target->waiting_cpu // return undef;
  sleep $seconds;
  return 1000 * ($target->waiting_cpu - $before) / $seconds;
}

# N folders of the same certificate, which is made out to all of their names.
sub make_names ($n) {
  state (%made, $pki);
  return $made{$n} if $made{$n};
  $pki //= FTPS::Test::PKI->new;
  my $dir = $made{$n} = File::Temp->newdir;
  my @file = ("$dir/c", "$dir/k");
  $pki->issue(like => 'server', san => 'DNS:*.names.example',
    cert => $file[0], key => $file[1]);
  for my $i (1 .. $n) {
    my $folder = "$dir/n$i.names.example";
    mkdir $folder or die "bench: $folder: $!\n";
    link $file[0], "$folder/fullchain.pem" or die "bench: $folder: $!\n";
    link $file[1], "$folder/privkey.pem" or die "bench: $folder: $!\n";
  }
  return $dir;
}

# A login of a name that was used before, and what processes need then.
sub names ($kind, $n, $which) {
  return undef if $kind ne 'mod_ftps';
  my $own = FTPS::Test::PKI->new->cert('server');
  my @tls = ("TLSCertificate $own->{full} $own->{key}",
    'TLSCertificateDirectory ' . make_names($n));
  return startup($kind, 1, tls => \@tls) if $which eq 'start';
  return once("names $n", sub {
    my $target = Target->new($kind, tls => \@tls);
    my @words = ('-v', '1.3', '-N', "n$n.names.example");
    login_to($target, 1, @words);
    my %of = (login => login_to($target, $opt{logins}, @words),
      daemon => $target->daemon_memory);
    $of{private} = private_of($target, 10, @words);
    $target->stop;
    return \%of;
  })->{$which};
}

sub private_of ($target, $n, @words) {
  my $file = File::Temp->new;
  open my $hold, '|-', join ' ', $LOAD, $target->words('-'), '-n', $n, @words,
    'hold', '>', $file or die "bench: $LOAD: $!\n";
  FTPS::Test::Process->until(60, sub { -s $file })
    or die "bench: sessions do not come up\n";
  my $private = ($target->memory($n))[1];
  close $hold or die "bench: load hold failed\n";
  $target->settle;
  return $private;
}

# Many clients at once, whose sessions are kept in shared memory.
sub crowd ($kind, $which, @tls) {
  return undef if !is_proftpd($kind) || $kind eq 'plain';
  return once("crowd $kind @tls", sub {
    my ($n, $listings) = @CROWD;
    my $target = target($kind, cache => 'shm');
    my ($cpu, $text) = cost($target, $target->words('-'), @tls, '-n', $n,
      '-l', $listings, $kind eq 'mod_tls' ? '-q' : (), 'crowd');
    my ($failed) = $text =~ /failed=(\d+)/;
    return { failed => $failed, listing => 1000 * $cpu / (2 * $n * $listings) };
  })->{$which};
}

# Requests, bytes both ways, and bytes that it keeps.
sub counts ($memcached) {
  my %of = $memcached->stats;
  return [ $of{cmd_get} + $of{cmd_set}, $of{bytes_read} + $of{bytes_written},
    $of{bytes} ];
}

# What a login costs a memcached, the mean of a client's first and second one.
# The daemon asks for its ticket keys meanwhile, too.
sub memcached ($kind, $which, @tls) {
  return undef if $kind ne 'mod_ftps' || !FTPS::Test::Memcached->is_installed;
  return once("memcached @tls", sub {
    my $memcached = FTPS::Test::Memcached->start;
    my $target = Target->new($kind, vhosts => 1, cache => $memcached->address);
    my @count = (counts($memcached), counts($memcached));
    load($target->words('-'), @tls, '-n', $CROWD[0], '-l', 1, 'crowd');
    push @count, counts($memcached);
    $target->stop;
    $memcached->kill;

    # The question itself is counted as well.
    return [ map { ($count[2][$_] - 2 * $count[1][$_] + $count[0][$_])
      / (2 * $CROWD[0]) } 0 .. 2 ];
  })->[$which];
}

# Pairs in a millisecond, of two processes together.
sub shmcache ($kind) {
  return undef if $kind ne 'mod_ftps' || $round > 1;
  my ($rate) = `$TOP/build/bench/shmcache @SHM` =~ /median (\d+)/;
  return ($rate // die "bench: shmcache failed\n") / 1000;
}

# CPU of "proftpd -t": everything is read and built.
sub startup ($kind, $vhosts, %o) {
  return undef if !is_proftpd($kind);
  my $group = Target::make_group('start') // return undef;
  my $server = Target::server($kind, vhosts => $vhosts, %o);
  $server->rewrite;
  my $pid = fork // die "bench: fork: $!\n";
  if (!$pid) {
    Target::_write("$group/cgroup.procs", $$);
    open STDOUT, '>', '/dev/null';
    open STDERR, '>&', \*STDOUT;
    exec '/usr/sbin/proftpd', '-t', '-c', $server->config->file;
  }
  waitpid $pid, 0;
  die "bench: proftpd -t failed for $kind\n" if $?;
  my $ms = 1000 * Target::group_cpu($group);
  rmdir $group;
  return $ms;
}

sub median ($values) {
  my @sorted = sort { $a <=> $b } @$values;
  return $sorted[ @sorted / 2 ];
}

# Both have a figure of each turn.
sub ratio ($name, $one, $other) {
  my ($ours, $theirs) = $value{$name}->@{ $one, $other };
  return median([ map { $theirs->[$_] ? $ours->[$_] / $theirs->[$_] : () }
    0 .. $#$ours ]);
}

sub medians ($name) {
  return map { $_ => median($value{$name}{$_}) } keys $value{$name}->%*;
}

sub number ($n) {
  return $n // '' if ($n // '') =~ /^\d*\z/;
  return sprintf $n < 10 ? '%.2f' : $n < 100 ? '%.1f' : '%.0f', $n;
}

# "0.41 of mod_tls; 0.80 of pure-ftpd", or "0.41 to 0.52 of mod_tls" where an
# earlier run had another ratio.
sub compare ($name, $of, $others) {
  return '' if !defined $of->{mod_ftps};
  return join '; ', map {
    my $ratio = sprintf '%.2f', ratio($name, 'mod_ftps', $_);
    my ($low, @more) = sort { $a <=> $b } $ratio,
      ($earlier{"$name $_"} // [])->@*;
    (@more && $more[-1] > $low ? "$low to $more[-1]" : $low) . " of $_";
  } grep { $of->{$_} } @$others;
}

# The ratios in results.md.
sub read_earlier () {
  open my $in, '<', "$FindBin::Bin/results.md" or return;
  while (<$in>) {
    my ($name, $ratios) = (split /\s*\|\s*/)[1, -1];
    next if !defined $ratios;
    $earlier{"$name $3"} = [ $1, $2 // $1 ]
      while $ratios =~ /([\d.]+)(?: to ([\d.]+))? of ([\w-]+)/g;
  }
  return;
}

sub table () {
  my @names = map { s/=.*//r } @KINDS;
  my @lines = ([ 'CPU of the server, or as said', '', @names, 'mod_ftps' ],
    [ '---', '---', (map { '--:' } @names), '---' ]);
  for my $row (@ROWS) {
    my ($name, $unit, undef, undef, $others) = @$row;
    my %of = medians($name);
    push @lines, [ $name, $unit, (map { number($of{$_}) } @names),
      compare($name, \%of, $others) ];
  }
  return join '', map { '| ' . join(' | ', @$_) . " |\n" } @lines;
}

sub machine () {
  open my $in, '<', '/proc/cpuinfo' or return '';
  my ($model) = map { /^model name\s*:\s*(.*)/ ? $1 : () } <$in>;
  my $n = `nproc` + 0;
  return "$n x $model, Linux " . `uname -r` =~ s/\n//r;
}

sub print_results () {
  read_earlier() if $opt{add};
  my $text = table() . sprintf "\nMedians of %d rounds, with %d turns of "
    . "transfers in each; ratios are medians of those of each turn; files of "
    . "%d MiB, %d and five times as many small files, %d logins each; 1,000 sessions and the cache by itself once.\n%s.\n",
    $opt{rounds}, $TRANSFERS, @opt{qw(size files logins)}, machine();
  print $text;
  return if !$opt{write} && !$opt{add};
  Target::_write("$FindBin::Bin/results.md", "# What it costs\n\nMade by "
    . "`bench/bench.pl`, as root; its head says what each row contains.  Less is "
    . "better.\n\"plain\" is ProFTPD without TLS.  What other machines gave is in "
    . "[measurements](../doc/internals/measurements.md#on-several-machines)."
    . ($opt{add} ? "\nA range is that of runs on several machines." : '')
    . "\n\n$text");
  Target::_write("$FindBin::Bin/results.svg", chart());
  return;
}

# A group of bars for each row that the chart has, with mod_tls as 1.
sub chart () {
  my %colour = (mod_ftps => '#2b6cb0', mod_tls => '#c05621',
    plain => '#a0aec0', vsftpd => '#6b46c1', 'pure-ftpd' => '#2f855a');
  my @order = grep { my $k = $_; grep { $_ eq $k } map { s/=.*//r } @KINDS }
    qw(mod_ftps mod_tls pure-ftpd vsftpd plain);
  my @rows = grep { $_->[5] } @ROWS;
  my ($y, @part) = (70);
  for my $row (@rows) {
    my %of = medians($row->[0]);
    my $whole = max(values %of);
    push @part, text(235, $y + 14, 'end', $row->[0], 12);
    for my $kind (grep { $of{$_} } @order) {
      my $share = $of{mod_tls} ? ratio($row->[0], $kind, 'mod_tls')
        : $of{$kind} / $whole;
      my $most  = 1.5;
      my $width = 300 * ($share > $most ? $most : $share);
      my $figure = sprintf '%.2f', $share;
      push @part, sprintf('<rect x="245" y="%d" width="%.1f" height="9" '
        . 'fill="%s"/>', $y, $width, $colour{$kind}),
        text(250 + $width, $y + 9, 'start',
          $share > $most ? "$figure (bar is cut)" : $figure, 9);
      $y += 11;
    }
    $y += 12;
  }
  my $x = 245;
  for my $kind (@order) {
    push @part, qq(<rect x="$x" y="42" width="11" height="11" )
      . qq(fill="$colour{$kind}"/>),
      text($x + 15, 52, 'start',
        $kind eq 'plain' ? 'ProFTPD without TLS' : $kind, 12);
    $x += 90;
  }
  my $title = text(10, 22, 'start', 'CPU time of the server (memory for '
    . '"session"), mod_tls = 1. Less is better.', 15);
  return qq(<svg xmlns="http://www.w3.org/2000/svg" width="800" height="$y" )
    . qq(font-family="sans-serif">\n<rect width="800" height="$y" )
    . qq(fill="white"/>\n) . join("\n", $title, @part) . "\n</svg>\n";
}

sub text ($x, $y, $anchor, $text, $size = 10) {
  return sprintf '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">'
    . '%s</text>', $x, $y, $anchor, $size, $text;
}
