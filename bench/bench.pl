#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.pl: what mod_ftps costs, beside what could be had instead.
#
# Starts mod_ftps, Debian's mod_tls, proftpd without TLS and, where they are to
# be found, vsftpd and pure-ftpd; gives them the same work in turn, round by
# round; prints a table of medians and the ratios to what was to be reached.
# All bytes are compared.  As root:
#
#   bench/bench.pl [--rounds N] [--size MiB] [--files N] [--logins N]
#                  [--only REGEX] [--kinds NAME,...] [--short] [--write]
#
#   --only     rows whose name matches
#   --kinds    mod_ftps,mod_tls,plain,vsftpd,pure-ftpd; NAME=FILE.so is another
#              build of mod_ftps
#   --short    as little as shows that it works
#   --write    bench/results.md and bench/results.svg, which README.md shows
#
# Read the ratios: the figures themselves move with the machine.  How CPU is
# measured and where vsftpd and pure-ftpd are looked for: Target.pm.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../t/lib", $FindBin::Bin;
use Getopt::Long;
use List::Util qw(max min sum);
use Target;
use Test::More ();

my $TOP  = "$FindBin::Bin/..";
my $LOAD = "$TOP/build/bench/load";
my %opt = (rounds => 5, size => 512, files => 200, logins => 60, only => '.',
  kinds => 'mod_ftps,mod_tls,plain,vsftpd,pure-ftpd');
GetOptions(\%opt, qw(rounds=i size=i files=i logins=i only=s kinds=s short
  write)) or die "bench: see the head of $0\n";
@opt{qw(rounds size files logins)} = (1, 1, 3, 2) if $opt{short};

my $BIG = $opt{size} << 20;
my %CIPHER = (
  'AES-256-GCM' => ['-v', '1.3', '-c', 'TLS_AES_256_GCM_SHA384'],
  'AES-128-GCM' => ['-v', '1.3', '-c', 'TLS_AES_128_GCM_SHA256'],
  'ChaCha20' => ['-v', '1.3', '-c', 'TLS_CHACHA20_POLY1305_SHA256'],
);

my @CROWD = $opt{short} ? (2, 2) : (50, 20);    # clients, listings of each
my @THERE = $opt{short} ? 2 : (10, 100, 1000);  # sessions
my @HOSTS = $opt{short} ? () : (200, 2000);
my @SHM   = (2, 100_000, 300, $opt{short} ? 1 : 3); # bench/shmcache.c

# Name, unit, what is measured, its words, most that it may be of another's
# ("most": most that it may be).  The goal for memory is one for a hundred
# sessions: how much of what all share each has to bear depends on their number.
my @ROWS = (
  (map { [ "download, $_", 's/GiB', \&transfer, ['get', $BIG, 1,
    $CIPHER{$_}->@*], { mod_tls => 0.48, 'pure-ftpd' => 0.9 } ] }
    sort keys %CIPHER),
  (map { [ "upload, $_", 's/GiB', \&transfer, ['put', $BIG, 1,
    $CIPHER{$_}->@*], { mod_tls => 0.62, 'pure-ftpd' => 0.9 } ] }
    sort keys %CIPHER),
  (map { my $v = $_; map { [ ($_ eq 'get' ? 'download' : 'upload')
    . " of 4 KiB, TLS $v", 'ms', \&transfer, [$_, 4096, $opt{files},
    '-v', $v], { mod_tls => 0.82 } ] } qw(get put) } '1.2', '1.3'),
  [ 'login, TLS 1.3', 'ms', \&login, ['-v', '1.3'],
    { mod_tls => 0.1, 'pure-ftpd' => 0.8 } ],
  [ 'login, TLS 1.2', 'ms', \&login, ['-v', '1.2'],
    { mod_tls => 0.1, 'pure-ftpd' => 0.8 } ],
  [ 'login, TLS 1.3, resumed', 'ms', \&login, ['-v', '1.3', '-r'], {} ],
  (map { [ "login, TLS 1.3, $_ sessions there", 'ms', \&held,
    [1, $_, 'login'], {} ] } $THERE[-1]),
  (map { [ "login, TLS 1.3, $_ virtual hosts", 'ms', \&login_at, [$_], {} ] }
    @HOSTS),
  [ 'time to the 220', 'ms', \&banner, [], { plain => 1.4 } ],
  (map { [ "session of $_, PSS", 'KiB', \&held, [1, $_, 'pss'],
    $_ == 100 ? { mod_tls => 0.43 } : {} ] } @THERE),
  (map { [ "session of $_, private", 'KiB', \&held, [1, $_, 'private'], {} ] }
    @THERE),
  (map { [ "session of 10, private, $_ virtual hosts", 'KiB', \&held,
    [$_, 10, 'private'], {} ] } @HOSTS),
  (map { [ "start, $_ virtual host" . ($_ > 1 ? 's' : ''), 'ms', \&startup,
    [$_], {} ] } 1, @HOSTS),
  (map { my ($name, @tls) = @$_;
    ([ "crowd of $CROWD[0], $name, those that fail", 'clients', \&crowd,
      ['failed', @tls], { most => 0 } ],
    [ "crowd of $CROWD[0], $name, a listing", 'ms', \&crowd,
      ['listing', @tls], {} ]) }
    ['TLS 1.2 by ids', '-v', '1.2', '-i'], ['TLS 1.3', '-v', '1.3']),
  [ 'shared-memory cache, get and put', '1/ms', \&shmcache, [], {} ],
);
@ROWS = grep { $_->[0] =~ /$opt{only}/i } @ROWS;

my @KINDS = grep { Target->available(s/=.*//r) } split /,/, $opt{kinds};
my (%target, %value, %once, $round);

system('make', '-s', '-C', $TOP, 'build/bench/load', 'build/bench/shmcache',
  'all') == 0
  or die "bench: cannot make the load client; run ./configure first\n";
for (1 .. $opt{rounds}) {
  $round = $_;
  for my $row (@ROWS) {
    my ($name, $unit, $measure, $words) = @$row;
    for my $kind (@KINDS) {
      my $figure = $measure->($kind, @$words) // next;
      push $value{$name}{ $kind =~ s/=.*//r }->@*, $figure;
    }
  }
}
$_->stop for values %target;
print_results();
Test::More::ok(1, 'measured, every byte compared');
Test::More::done_testing();

sub target ($kind, $vhosts = 1, $cache = 0) {
  return $target{"$kind $vhosts $cache"} //= Target->new($kind,
    vhosts => $vhosts, cache => $cache);
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

sub transfer ($kind, $action, $size, $count, @tls) {
  my $target = target($kind);
  my $file = $action eq 'get' ? "down-$size" : 'up';
  my $path = $target->path($file);
  if ($action eq 'get' && !-e $path) {
    load('-P', '-s', $size, '-f', $path, 'make');
    chown $target->uid, -1, $path;
  }
  my @work = ($target->words($file), '-s', $size, '-n', $count, @tls, $action);

  # Of a long one the least of three: what a virtual machine adds, whose free
  # memory is taken away and given back, may be several times the transfer.
  my $times = $size == $BIG ? 3 : 1;
  my $cpu = min map { scalar cost($target, @work) } 1 .. $times;
  load('-P', '-s', $size, '-f', $path, 'check') if $action eq 'put';
  return $size == $BIG ? $cpu * (1 << 30) / $size / $count
    : 1000 * $cpu / $count;
}

sub login ($kind, @tls) { return login_to(target($kind), $opt{logins}, @tls) }

sub login_to ($target, $n, @tls) {
  return 1000 / $n * cost($target, $target->words('-'), '-n', $n, @tls,
    'login');
}

sub login_at ($kind, $vhosts) {
  return undef if !is_proftpd($kind);
  return login_to(target($kind, $vhosts), 20, '-v', '1.3');
}

# Sessions are held open: the daemon rests for 0.2 s when one ends.
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
  $of{login} = login_to($target, $opt{logins}, '-v', '1.3')
    if $n == $THERE[-1];
  close $hold or die "bench: load hold failed\n";
  $target->settle;
  $target->stop;
  return \%of;
}

# Many clients at once, whose sessions are kept in shared memory.
sub crowd ($kind, $which, @tls) {
  return undef if !is_proftpd($kind) || $kind eq 'plain';
  return once("crowd $kind @tls", sub {
    my ($n, $listings) = @CROWD;
    my $target = target($kind, 1, 1);
    my ($cpu, $text) = cost($target, $target->words('-'), @tls, '-n', $n,
      '-l', $listings, $kind eq 'mod_tls' ? '-q' : (), 'crowd');
    my ($failed) = $text =~ /failed=(\d+)/;
    return { failed => $failed, listing => 1000 * $cpu / (2 * $n * $listings) };
  })->{$which};
}

# Pairs in a millisecond, of two processes together.
sub shmcache ($kind) {
  return undef if $kind ne 'mod_ftps' || $round > 1;
  my ($rate) = `$TOP/build/bench/shmcache @SHM` =~ /median (\d+)/;
  return ($rate // die "bench: shmcache failed\n") / 1000;
}

# CPU of "proftpd -t": everything is read and built.
sub startup ($kind, $vhosts) {
  return undef if !is_proftpd($kind);
  my $group = Target::make_group('start') // return undef;
  my $server = Target::server($kind, vhosts => $vhosts);
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

sub medians ($name) {
  return map { $_ => median($value{$name}{$_}) } keys $value{$name}->%*;
}

sub number ($n) {
  return $n // '' if ($n // '') =~ /^\d*\z/;
  return sprintf $n < 10 ? '%.2f' : $n < 100 ? '%.1f' : '%.0f', $n;
}

# "0.41 of mod_tls, goal 0.48"
sub judge ($of, $goals) {
  return '' if !defined $of->{mod_ftps};
  return "goal $goals->{most}" . missed($of->{mod_ftps} > $goals->{most})
    if exists $goals->{most};
  return join '; ', map {
    my $ratio = $of->{mod_ftps} / $of->{$_};
    sprintf('%.2f of %s, goal %.2f', $ratio, $_, $goals->{$_})
      . missed($ratio > $goals->{$_});
  } grep { $of->{$_} } sort keys %$goals;
}

sub missed ($is) { return $is ? ' **missed**' : '' }

sub table () {
  my @names = map { s/=.*//r } @KINDS;
  my @lines = ([ 'CPU of the server, or as said', '', @names, 'mod_ftps' ],
    [ '---', '---', (map { '--:' } @names), '---' ]);
  for my $row (@ROWS) {
    my ($name, $unit, undef, undef, $goals) = @$row;
    my %of = medians($name);
    push @lines, [ $name, $unit, (map { number($of{$_}) } @names),
      judge(\%of, $goals) ];
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
  my $text = table() . sprintf "\nMedians of %d rounds; files of %d MiB, "
    . "%d small files and %d logins each; 1,000 sessions and the cache by "
    . "itself once.\n%s.\n", @opt{qw(rounds size files logins)}, machine();
  print $text;
  return if !$opt{write};
  Target::_write("$FindBin::Bin/results.md", "# What it costs\n\nMade by "
    . "`bench/bench.pl --write`, as root; see its head.\n\n$text");
  Target::_write("$FindBin::Bin/results.svg", chart());
  return;
}

# Bars of what has a goal, with mod_tls (or the daemon without TLS) as 100 %.
sub chart () {
  my %colour = (mod_ftps => '#2b6cb0', mod_tls => '#c05621',
    plain => '#a0aec0', vsftpd => '#6b46c1', 'pure-ftpd' => '#2f855a');
  my @rows = grep { keys $_->[4]->%* && $_->[4]{mod_tls} } @ROWS;
  my ($y, @part) = (50);
  for my $row (@rows) {
    my %of = medians($row->[0]);
    my $whole = $of{mod_tls} || max(values %of);
    push @part, text(235, $y + 11, 'end', $row->[0]);
    for my $kind (grep { $of{$_} } sort keys %colour) {
      my $share = $of{$kind} / $whole;
      my $width = 300 * ($share > 1.5 ? 1.5 : $share);
      push @part, sprintf('<rect x="245" y="%d" width="%.1f" height="7" '
        . 'fill="%s"/>', $y, $width, $colour{$kind}),
        text(250 + $width, $y + 7, 'start', sprintf('%.2f', $share), 7);
      $y += 9;
    }
    $y += 8;
  }
  my $x = 245;
  for my $kind (grep { my $k = $_; grep { $value{ $_->[0] }{$k} } @rows }
    sort keys %colour) {
    push @part, qq(<rect x="$x" y="28" width="9" height="9" )
      . qq(fill="$colour{$kind}"/>), text($x + 13, 36, 'start', $kind);
    $x += 90;
  }
  my $title = text(10, 18, 'start',
    'CPU (memory: PSS) of the server, as a share of what mod_tls takes', 13);
  return qq(<svg xmlns="http://www.w3.org/2000/svg" width="760" height="$y" )
    . qq(font-family="sans-serif">\n<rect width="760" height="$y" )
    . qq(fill="white"/>\n) . join("\n", $title, @part) . "\n</svg>\n";
}

sub text ($x, $y, $anchor, $text, $size = 10) {
  return sprintf '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">'
    . '%s</text>', $x, $y, $anchor, $size, $text;
}
