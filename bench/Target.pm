# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Target.pm: a server that bench.pl puts to work, with its own control group.
#
# Kinds: mod_ftps, mod_tls, plain (the daemon without TLS), vsftpd, pure-ftpd.
# "NAME=FILE" is mod_ftps out of another object file, to compare two builds.
# The last two are not on Debian's disks together with proftpd; bench.pl finds
# them below FTPS_BENCH_ROOT as well, where "dpkg-deb -x" may have put them.
#
# CPU is that of a control group (version 2 or 1), in microseconds or better.
# Without one it is what the daemon has reaped, in ticks of the clock, and only
# proftpd can be measured.

package Target;
use v5.36;
use Cwd ();
use File::Basename qw(dirname);
use File::Temp ();
use FTPS::Test::Process;
use FTPS::Test::Server;
use POSIX ();

my $TICK = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my $ROOT = $ENV{FTPS_BENCH_ROOT} // '';
my $TOP = dirname(__FILE__) . '/..';
my $MODULES = $ENV{FTPS_STOCK_MODULES} // '/usr/lib/proftpd';
my $MOST = 1200;    # sessions at once

sub available ($class, $kind) {
  return -e "$MODULES/mod_tls.so" if $kind eq 'mod_tls';
  return _can_group() && defined _program($kind)
    if $kind eq 'vsftpd' || $kind eq 'pure-ftpd';
  return 1;
}

sub _program ($name) {
  my ($found) = grep { -x } map { "$ROOT$_/$name" }
    qw(/usr/sbin /usr/bin /usr/local/sbin);
  return $found;
}

sub new ($class, $kind, %o) {
  my ($name, $so) = split /=/, $kind;
  my $self = bless { name => $name, is_plain => $name eq 'plain',
    user => 'proftpd', prefix => '' }, $class;
  if ($kind eq 'vsftpd') {
    $self->_start_vsftpd;
  } elsif ($kind eq 'pure-ftpd') {
    $self->_start_pure;
  } else {
    $self->_start_proftpd($so, %o);
  }
  $self->_make_group;
  return $self;
}

sub name ($self)     { return $self->{name} }
sub is_plain ($self) { return $self->{is_plain} }

# What the load client has to be told.
sub words ($self, $file) {
  return ('-p', $self->{port}, '-u', $self->{user}, '-f',
    $self->{prefix} . $file, $self->{is_plain} ? '-P' : ());
}

sub path ($self, $file) { return "$self->{home}/$self->{prefix}$file" }
sub uid ($self)         { return $self->{uid} }
sub pid ($self)         { return $self->{process}->pid }

# Words: vhosts => how many; cache => shm, or the address of a memcached: where
# sessions are kept; cert => its certificate; tls => further lines.
sub server ($kind, %o) {
  my ($name, $so) = split /=/, $kind;
  my $module = $name eq 'plain' ? 'none'
    : $name eq 'mod_tls' ? 'mod_tls' : 'mod_ftps';
  my $server = FTPS::Test::Server->new(module => $module,
    max_instances => $MOST,
    $o{cert} ? (cert => $o{cert}) : (),
    $o{tls} ? (tls => $o{tls}) : (),
    # Crashes of its sessions are a result.
    $o{cache} && $module eq 'mod_tls' ? (allow_log => qr/./) : (),
    vhosts => [ map { { name => "v$_.test", cert => 'server' } }
      2 .. $o{vhosts} // 1 ]);
  _add_cache($server, $module, $o{cache}) if $o{cache};
  if (defined $so) {
    my $link = $server->dir . '/modules/mod_ftps.so';
    unlink $link;
    symlink Cwd::abs_path($so), $link or die "bench: $link: $!\n";
  }
  return $server;
}

# The sibling of the module, mod_ftps_shmcache say, is loaded behind it.  Hosts
# that share a memcached share the keys of tickets, too.
sub _add_cache ($server, $module, $cache) {
  my $dir = $server->dir;
  my $sibling = $module . ($cache eq 'shm' ? '_shmcache' : '_memcache');
  my $file = $module eq 'mod_ftps' ? Cwd::abs_path("$TOP/build/$sibling.so")
    : "$MODULES/$sibling.so";
  symlink $file, "$dir/modules/$sibling.so";
  if ($cache ne 'shm') {
    _write("$dir/secret", "a secret of the bench, of 32 bytes and more\n");
    chmod 0600, "$dir/secret";
  }
  $server->rewrite(extra => [ "LoadModule $sibling.c", $cache eq 'shm'
    ? "TLSSessionCache shm:/file=$dir/run/cache 600"
    : ("MemcacheServers $cache", 'TLSSessionCache memcache: 600',
      "TLSCacheSecretFile $dir/secret", 'TLSSessionTicketKeys shared') ]);
  return;
}

sub _start_proftpd ($self, $so, %o) {
  my $kind = join '=', grep { defined } $self->{name}, $so;
  my $server = $self->{server} = server($kind, %o);
  $server->start;
  $self->{process} = $server->{process};
  $self->{port} = $server->port;
  $self->{home} = $server->home;
  $self->{uid}  = $server->config->uid('proftpd');
  return;
}

sub _start_other ($self, @argv) {
  $self->{process} = FTPS::Test::Process->start(\@argv,
    output => "$self->{dir}/output");
  FTPS::Test::Process->until(10, sub {
    return IO::Socket::IP->new(PeerHost => '127.0.0.1',
      PeerPort => $self->{port});
  }) or die "bench: $self->{name} does not start\n";
  return;
}

sub _make_home ($self, $uid, @folders) {
  $self->{temp} = File::Temp->newdir('ftps-bench-XXXXXX', TMPDIR => 1);
  $self->{dir}  = $self->{temp}->dirname;
  chmod 0755, $self->{dir};
  mkdir "$self->{dir}/$_" for @folders;
  chown $uid, -1, "$self->{dir}/$folders[-1]";
  $self->{uid}  = $uid;
  $self->{port} = FTPS::Test::Server->free_port;
  $self->{cert} = FTPS::Test::PKI->new->cert('server');
  return $self->{dir};
}

sub _write ($path, $text) {
  open my $out, '>', $path or die "bench: $path: $!\n";
  print {$out} $text;
  close $out or die "bench: $path: $!\n";
  return;
}

# Anonymous uploads, since others ask PAM.
sub _start_vsftpd ($self) {
  my ($user, $uid) = (getpwnam 'daemon')[0, 2];
  my $dir = $self->_make_home($uid, qw(empty anon anon/pub));
  @$self{qw(user prefix home)} = ('anonymous', 'pub/', "$dir/anon");
  my %conf = (
    listen => 'YES', listen_port => $self->{port},
    listen_address => '127.0.0.1', background => 'NO',
    anonymous_enable => 'YES', local_enable => 'NO', write_enable => 'YES',
    anon_upload_enable => 'YES', anon_other_write_enable => 'YES',
    anon_root => "$dir/anon", ftp_username => $user, nopriv_user => 'nobody',
    secure_chroot_dir => "$dir/empty", seccomp_sandbox => 'NO',
    max_clients => $MOST, max_per_ip => $MOST,
    ssl_enable => 'YES', allow_anon_ssl => 'YES', require_ssl_reuse => 'NO',
    ssl_ciphers => 'HIGH', rsa_cert_file => $self->{cert}{full},
    rsa_private_key_file => $self->{cert}{key},
  );
  _write("$dir/conf", join '', map { "$_=$conf{$_}\n" } sort keys %conf);
  $self->_start_other(_program('vsftpd'), "$dir/conf");
  return;
}

sub _start_pure ($self) {
  my $uid = 65534;
  my $dir = $self->_make_home($uid, 'home');
  $self->{home} = "$dir/home";
  my $hash = crypt 'test', '$5$rounds=1000$salt$'; # as in t/lib
  _write("$dir/pw", "proftpd:$hash:$uid:$uid\::$dir/home/./\::::::::::::\n");
  system(_program('pure-pw'), 'mkdb', "$dir/db", '-f', "$dir/pw") == 0
    or die "bench: pure-pw failed\n";
  $self->_start_other(_program('pure-ftpd'), '-S', "127.0.0.1,$self->{port}",
    '-l', "puredb:$dir/db", '-Y', 1, '-2', $self->{cert}{both}, '-u', 1,
    qw(-H -A -E), '-c', $MOST, '-C', $MOST, '-g', "$dir/pid");
  return;
}

sub _group_root () {
  return '/sys/fs/cgroup' if -e '/sys/fs/cgroup/cgroup.controllers';
  return '/sys/fs/cgroup/cpuacct';
}

sub _can_group () {
  my $try = _group_root() . "/ftps-bench-$$-try";
  return mkdir($try) && rmdir $try;
}

sub make_group ($name) {
  state $n = 0;
  my $group = _group_root() . "/ftps-bench-$$-$name-" . $n++;
  return mkdir($group) ? $group : undef;
}

sub _make_group ($self) {
  $self->{group} = make_group($self->{name});
  if (defined $self->{group}) {
    _write("$self->{group}/cgroup.procs", $_) for $self->pid, $self->keepers;
  }
  $self->{own} = $self->processes;
  return;
}

# The processes that have the private keys of mod_ftps.
sub keepers ($self) {
  my %found = FTPS::Test::Process->key_processes($self->pid);
  return map { @$_ } values %found;
}

sub processes ($self) {
  return scalar($self->{server}->sessions) + 1 if !defined $self->{group};
  return scalar map { _members($_) } grep { defined } @$self{qw(group waiting)};
}

sub _members ($group) {
  open my $in, '<', "$group/cgroup.procs" or return;
  chomp(my @pids = <$in>);
  return @pids;
}

# The sessions that are there get a control group of their own: what their
# timers cost is not the cost of what comes next.
sub set_apart ($self) {
  return if !defined $self->{group};
  $self->{waiting} = make_group("$self->{name}-waiting")
    // die "bench: no second control group\n";
  _write("$self->{waiting}/cgroup.procs", $_) for $self->_session_pids;
  return;
}

# Seconds of CPU of those sessions.
sub waiting_cpu ($self) {
  return defined $self->{waiting} ? group_cpu($self->{waiting}) : undef;
}

# Waits until the sessions have ended, all that came after there were `n`
# processes.
sub settle ($self, $n = $self->{own}) {
  FTPS::Test::Process->until(60, sub { $self->processes <= $n })
    or die "bench: sessions of $self->{name} do not end\n";
  return;
}

# Seconds.
sub group_cpu ($group) {
  if (open my $in, '<', "$group/cpuacct.usage") {
    return <$in> / 1e9;
  }
  open my $in, '<', "$group/cpu.stat" or die "bench: $group: $!\n";
  my ($usec) = map { /^usage_usec (\d+)/ ? $1 : () } <$in>;
  return $usec / 1e6;
}

sub cpu ($self) {
  return group_cpu($self->{group}) if defined $self->{group};
  open my $in, '<', '/proc/' . $self->pid . '/stat' or die "bench: $!\n";
  my @f = split ' ', <$in> =~ s/.*\) //sr;
  return ($f[13] + $f[14]) / $TICK;
}

# (PSS, private) in KiB for each of `n` sessions.
sub memory ($self, $n) { return _memory_of($n, $self->_session_pids) }

sub _memory_of ($n, @pids) {
  my %sum;
  for my $pid (@pids) {
    open my $in, '<', "/proc/$pid/smaps_rollup" or next;
    while (<$in>) { $sum{$1} += $2 if /^(Pss|Private_\w+):\s+(\d+)/ }
  }
  return map { $_ / $n } $sum{Pss},
    $sum{Private_Clean} + $sum{Private_Dirty};
}

# Private memory of the daemon, in KiB.
sub daemon_memory ($self) { return (_memory_of(1, $self->pid))[1] }

# The same of all processes with private keys.
sub keeper_memory ($self) { return _memory_of(1, $self->keepers) }

# All processes that a session consists of count for it.
sub _session_pids ($self) {
  return $self->{server}->sessions if $self->{server};
  return grep { $_ != $self->pid } _members($self->{group});
}

sub stop ($self) {
  $self->{server} ? $self->{server}->stop
    : ($self->{process}->signal('TERM'), $self->{process}->wait(5));
  $self->{process}->kill_now;
  for my $group (grep { defined } @$self{qw(waiting group)}) {
    FTPS::Test::Process->until(5, sub { rmdir $group });
  }
  return;
}

1;
