# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# A cluster: two ProFTPD hosts on two loopback addresses, a real memcached, and
# a real HAProxy, with the configurations of doc/cluster.md.  Clients connect
# again and again through the balancer, with session ids and tickets of TLS 1.2
# and tickets of 1.3, while memcached is killed, hosts are restarted one after
# the other, one is killed, and ticket keys are changed.
#
# The files of users are on one machine, where both hosts find them.
#
# A client that connects again resumes its session on any host; each data
# connection resumes; only the sessions of the killed host end; each file comes
# back as it was sent.
#
# Needs: root, proftpd-core, memcached, haproxy.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::Client;
use FTPS::Test::File qw(slurp spew replace);
use FTPS::Test::Memcached;
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Socket::UNIX;
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $PAGE    = "$FindBin::Bin/../doc/cluster.md";
my ($HAPROXY) = grep { -x } qw(/usr/sbin/haproxy /usr/local/sbin/haproxy);
my %ADDRESS = (one => '127.0.0.2', two => '127.0.0.3');
my $BALANCER = '127.0.0.4';
my $PORTS    = 100;    # passive ports of each host

# What a client can do to resume, and how it asks for data connections.
my @KINDS = (
  { name => '1.2-ids', max => '1.2', tickets => 0, data_mode => 'pasv' },
  { name => '1.2-tickets', max => '1.2', data_mode => 'epsv' },
  { name => '1.3', min => '1.3', data_mode => 'pasv' },
  { name => '1.3-epsv', min => '1.3', data_mode => 'epsv' },
);

plan skip_all => 'no haproxy (Debian package: haproxy)' if !$HAPROXY;
plan skip_all => 'no memcached (Debian package: memcached)'
  if !FTPS::Test::Memcached->is_installed;

# The block of the page that follows <!-- NAME -->.
sub block ($name) {
  my ($text) = slurp($PAGE) =~ /^<!-- \Q$name\E -->\n```\n(.*?)^```\n/ms
    or die "$PAGE: no block $name\n";
  return $text;
}

my ($memcached, $haproxy, %host, $base, $first);

my $secret = File::Temp->new;
print {$secret} 'ab' x 32;
$secret->flush;

# The page's configuration, with addresses and ports of this machine.
sub proftpd_text ($name, %o) {
  my $text = block('proftpd.conf');
  my $low  = $base + ($name eq 'two' ? $PORTS : 0);
  my $high = $low + $PORTS - 1;
  my $port = $o{port};
  $text =~ s/\(one\)/($name)/g;
  $text =~ s/^PassivePorts .*/PassivePorts $low $high/m;
  $text =~ s/203\.0\.113\.10/$BALANCER/g;
  $text =~ s/^MemcacheServers .*/MemcacheServers @{[ $memcached->address ]}/m;
  $text =~ s/^TLSSessionTicketKeys .*/$o{keys}/m if $o{keys};
  $text =~ s{/etc/proftpd/cache-secret}{$secret};
  return $text;
}

# The lines that FTPS::Test::Config does not write itself.
sub server_words ($name, %o) {
  my @lines = grep { /^\w/ && !/^(?:Module|LoadModule|ServerType|Port|UseIPv6|User|Group|DefaultRoot|RequireV|TLSEngine|TLSLog|TLSEC)/x }
    split /\n/, proftpd_text($name, %o);
  return (
    tls => [ grep { /^TLS/ } @lines ],
    extra => [ grep { !/^TLS|^ServerName/ } @lines ],
  );
}

sub new_host ($name, %o) {
  my $srv = FTPS::Test::Server->new(address => $ADDRESS{$name},
    ours => ['mod_ftps_memcache'], max_instances => 100,
    server_words($name, %o));
  if ($first && $first != $srv) {
    $srv->{port} = $srv->{config}{port} = $first->port;
    copy($first->dir . '/passwd', $srv->dir . '/passwd') or die "copy: $!\n";
  }
  return $srv;
}

# False: a port was taken.
sub start_haproxy ($dir, %o) {
  my ($port, $text) = ($first->port, block('haproxy.cfg'));
  $text =~ s{/run/haproxy/admin\.sock}{$dir/admin.sock};
  $text =~ s{/dev/log}{fd\@2};
  $text =~ s/203\.0\.113\.10:21$/$BALANCER:$port/m;
  $text =~ s/203\.0\.113\.10/$BALANCER/g;
  $text =~ s/10\.0\.0\.11:21$/$ADDRESS{one}:$port/m;
  $text =~ s/10\.0\.0\.12:21$/$ADDRESS{two}:$port/m;
  $text =~ s/10\.0\.0\.11$/$ADDRESS{one}/mg;
  $text =~ s/10\.0\.0\.12$/$ADDRESS{two}/mg;
  my ($low, $mid, $high) = ($base, $base + $PORTS, $base + 2 * $PORTS - 1);
  $text =~ s/50000-50099/$low-@{[ $mid - 1 ]}/;
  $text =~ s/50100-50199/$mid-$high/;
  $text =~ s/inter 2s/inter 200ms/;
  $text =~ s/^( +server .*)/$1 source $o{source}/mg if $o{source};
  spew("$dir/haproxy.cfg", $text);
  $haproxy = FTPS::Test::Process->start([ $HAPROXY, '-db', '-f',
    "$dir/haproxy.cfg" ], output => "$dir/haproxy.log");
  $haproxy->{socket} = "$dir/admin.sock";
  return FTPS::Test::Process->until(sub {
    return 'ended' if $haproxy->has_ended;
    return haproxy_says('show info') ? 'up' : '';
  }) eq 'up';
}

# What HAProxy's admin socket says.
sub haproxy_says ($line) {
  my $sock = IO::Socket::UNIX->new(Peer => $haproxy->{socket}) or return '';
  print {$sock} "$line\n";
  local $/ = undef;
  return <$sock> // '';
}

# What was not the usual end of a connection, and what became of the hosts.
sub haproxy_log () {
  open my $in, '<', $first->dir . '/haproxy.log' or return;
  return grep { !m{ \S+/\w+ \S+ \d+ (?:--|CD) } } <$in>;
}

sub is_up ($name) {
  return haproxy_says('show stat') =~ /^ftp,$name,.*,UP,/m;
}

# Sessions of a host that HAProxy counts: also those that the host has not
# seen yet.
sub count_sessions ($name) {
  return haproxy_says('show stat') =~ /^ftp,$name,[^,]*,[^,]*,(\d+),/m
    ? $1 : -1;
}

sub wait_up (@names) {
  return FTPS::Test::Process->until(sub {
    sleep 0.1;
    return !grep { !is_up($_) } @names;
  });
}

# The load: a process for each kind, which writes a line for each thing that
# happened: time, kind, what.  Lines: "login HOST offered reused", "file
# reused same", "lost HOST why".
my ($journal, @workers, $stop_file);

sub note_line ($kind, @words) {
  open my $out, '>>', $journal or die "$journal: $!\n";
  syswrite $out, join(' ', time, $kind->{name}, @words) . "\n";
  close $out;
  return;
}

sub visit ($kind, $n, $state) {
  my %o = %$kind;
  delete $o{name};
  my $c = FTPS::Test::Client->new(host => $BALANCER, port => $state->{port},
    ca => $state->{ca}, session => $state->{session}, %o);
  my ($code, $banner) = $c->connect;
  ($state->{host}) = $banner =~ /\((\w+)\)/;
  die "banner: $code $banner\n" if $code != 220 || !$state->{host};
  $c->auth or die 'AUTH: ' . join(' ', $c->last_reply) . "\n";
  my $reused = $c->session_reused ? 1 : 0;
  $c->login;
  note_line($kind, 'login', $state->{host}, defined $state->{session} ? 1 : 0,
    $reused);
  $state->{session} = $c->session;
  for my $i (1 .. 2) {
    transfer($c, $kind, "load-$kind->{name}-$i", "$n $i " x (1 + 3000 * $i));
  }
  $state->{session} = $c->session;
  $c->quit;
  return;
}

# ProFTPD refuses PASV where two sessions bind one port in the same moment, with
# any module and with none: 8 times in 10,000 with 30 ports.
sub patiently ($transfer) {
  my $r = eval { $transfer->() };
  return $r if $r;
  die $@ if $@ !~ /425 \w+: Address already in use/;
  return $transfer->();
}

sub transfer ($c, $kind, $name, $bytes) {
  my $up = patiently(sub { $c->stor($name, $bytes) });
  die "STOR: $up->{code} $up->{text}\n" if !$up->{ok};
  my $down = patiently(sub { $c->retr($name) });
  die "RETR: $down->{code} $down->{text}\n" if !$down->{ok};
  note_line($kind, 'file', $up->{reused} && $down->{reused} ? 1 : 0,
    $down->{data} eq $bytes ? 1 : 0);
  return;
}

sub work ($kind, %state) {
  for (my $n = 1; !-e $stop_file; $n++) {
    eval { visit($kind, $n, \%state); 1 } and next;
    my $why = $@ =~ s/\s+/ /gr;
    note_line($kind, 'lost', delete $state{host} // 'nobody', $why);
  }
  return;
}

sub start_load () {
  $journal   = $first->dir . '/journal';
  $stop_file = $first->dir . '/stop';
  unlink $journal, $stop_file;
  for my $kind (@KINDS) {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
      eval { work($kind, port => $first->port,
        ca => $first->pki->cert('server')->{ca}) };
      POSIX::_exit(0);
    }
    push @workers, $pid;
  }
  return;
}

sub stop_load () {
  spew($stop_file, '');
  waitpid $_, 0 for splice @workers;
  return;
}

sub events ($since = 0, $until = 9e9) {
  open my $in, '<', $journal or return;
  return grep { $_->{time} >= $since && $_->{time} < $until } map {
    my ($time, $kind, $what, @words) = split ' ', $_, 6;
    { time => $time, kind => $kind, what => $what, words => \@words }
  } <$in>;
}

# Until each kind of client has logged in so many times since then.
sub wait_logins ($n, $since) {
  return FTPS::Test::Process->until(sub {
    sleep 0.1;
    my %count;
    $count{ $_->{kind} }++ for grep { $_->{what} eq 'login' } events($since);
    return !grep { ($count{ $_->{name} } // 0) < $n } @KINDS;
  });
}

# What must hold of a phase.  may_full: kinds that may do full handshakes;
# may_lose: a host whose sessions may end, also before they have a banner.
sub check_phase ($name, $since, %o) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $until  = time;
  my @events = events($since, $until);
  my @logins = grep { $_->{what} eq 'login' } @events;
  my @files  = grep { $_->{what} eq 'file' } @events;
  my $may_full = $o{may_full} // qr/^$/;
  my @full = grep { $_->{words}[1] && !$_->{words}[2]
      && $_->{kind} !~ $may_full } @logins;
  my @lost = grep { $_->{what} eq 'lost'
      && !($o{may_lose} && $_->{words}[0] =~ /^(?:$o{may_lose}|nobody)$/) }
    @events;
  is_deeply [ map { "$_->{kind} on $_->{words}[0]" } @full ], [],
    "$name: all of " . @logins . ' logins resumed';
  is_deeply [ map { "@{ $_->{words} }" } @lost ], [], "$name: nothing lost"
    or diag(haproxy_log(), map { "$_->{time} $_->{kind}\n" } @lost);
  is scalar(grep { $_->{words}[0] && $_->{words}[1] } @files), scalar @files,
    "$name: all of " . @files . ' transfers resumed and whole';
  return;
}

# Until each kind has come again on another host than before.
sub wait_moves ($since) {
  return FTPS::Test::Process->until(sub {
    sleep 0.1;
    my (%last, %moved);
    for (grep { $_->{what} eq 'login' } events($since)) {
      my $before = $last{ $_->{kind} } // $_->{words}[0];
      $last{ $_->{kind} } = $_->{words}[0];
      $moved{ $_->{kind} } = 1 if $before ne $_->{words}[0];
    }
    return keys %moved == @KINDS;
  });
}

sub client (%o) {
  return FTPS::Test::Client->open(host => $BALANCER, port => $first->port,
    ca => $first->pki->cert('server')->{ca}, %o);
}

sub key_file ($srv) { return $srv->dir . '/ticket-keys' }

sub new_key () {
  open my $in, '<:raw', '/dev/urandom' or die "urandom: $!\n";
  read $in, my ($bytes), 80;
  return encode_base64($bytes, '');
}

sub write_keys ($srv, @lines) {
  return replace(key_file($srv), join('', map { "$_\n" } @lines), 0600);
}

sub restart_drained ($name) {
  my $srv = $host{$name};
  haproxy_says("set server ftp/$name state drain");
  my $calm = 0;    # looks: HAProxy may just be about to count one
  ok FTPS::Test::Process->until(sub {
    sleep 0.1;
    $calm = count_sessions($name) == 0 ? $calm + 1 : 0;
    return $calm >= 5;
  }), "host $name: its sessions end by themselves";
  ok $srv->wait_sessions(0), "host $name: and are gone";
  is $srv->stop, 0, "host $name: stopped";
  $srv->start;
  haproxy_says("set server ftp/$name state ready");
  ok wait_up($name), "host $name: back";
  return;
}

$memcached = FTPS::Test::Memcached->start;
for my $try (1 .. 5) {
  undef $first;
  $base = 20000 + 2 * $PORTS * int rand 60;
  $first = $host{one} = new_host('one');
  $host{two} = new_host('two');
  $_->start for @host{qw(one two)};
  last if $host{one}->port == $host{two}->port && start_haproxy($first->dir);
  $_->stop for @host{qw(one two)};
}
ok wait_up(qw(one two)), 'both hosts are up';

subtest 'the page, as it stands' => sub {
  my $pair = $first->pki->cert('server');
  my $text = proftpd_text('one');
  $text =~ s{^# (LoadModule (\w+)\.c).*}{-e $first->dir . "/modules/$2.so" ? $1 : ''}gme;
  $text =~ s{/etc/proftpd/cert\.pem}{$pair->{full}};
  $text =~ s{/etc/proftpd/key\.pem}{$pair->{key}};
  $text =~ s{^ModulePath .*}{'ModulePath ' . $first->dir . '/modules'}me;
  $text =~ s{/var/log/proftpd/tls\.log}{$first->dir . '/log/tls-page'}e;
  my $file = spew($first->dir . '/page.conf', $text);
  my ($status, $output) =
    FTPS::Test::Process->run([ '/usr/sbin/proftpd', '-t', '-c', $file ],
      env => $first->_sanitizer_env);
  is $status, 0, 'proftpd -t accepts it' or diag($output);

  $file = $first->dir . '/haproxy.cfg';
  ($status, $output) = FTPS::Test::Process->run([ $HAPROXY, '-c', '-f', $file ]);
  is $status, 0, 'so does haproxy -c the other' or diag($output);
};

subtest 'under load' => sub {
  start_load();
  my $since = time;
  ok wait_logins(5, $since), 'clients come and go';
  ok wait_moves($since), 'each kind has come again on another host';
  check_phase('calm', $since);

  $since = time;
  ok $host{$_}->hup, "host $_: reloaded" for qw(one two);
  ok wait_logins(3, $since), 'clients come and go';
  check_phase('reloaded', $since);

  $since = time;
  $memcached->kill;
  ok wait_logins(2, $since), 'clients come and go';
  $memcached = FTPS::Test::Memcached->start(port => $memcached->port);
  ok wait_logins(3, time), 'and again';
  check_phase('memcached killed', $since, may_full => qr/ids/);

  $since = time;
  restart_drained($_) for qw(one two);
  ok wait_logins(3, time), 'clients come and go';
  check_phase('restarted one by one', $since, may_full => qr/ids/);

  ok wait_logins(3, time), 'clients come and go';
  $since = time;
  $host{one}{process}->kill_now;
  ok wait_logins(3, time), 'host one killed: clients come and go';
  $host{one}->start;
  ok wait_up('one'), 'it is back';
  ok wait_logins(3, time), 'clients come and go';
  check_phase('host one killed', $since, may_lose => 'one');
  stop_load();
};

# The file is that of HAProxy's tls-ticket-keys: the last line but one is for
# new tickets, so that hosts need not get a new line at the same time.
subtest 'ticket keys from a file, exchanged under load' => sub {
  my @lines = map { new_key() } 1 .. 3;
  for my $name (qw(one two)) {
    my $srv = $host{$name};
    write_keys($srv, @lines);
    $srv->rewrite(server_words($name,
      keys => 'TLSSessionTicketKeys file ' . key_file($srv)));
    ok $srv->hup, "host $name: keys from a file";
  }
  start_load();
  my $since = time;
  ok wait_moves($since), 'clients come and go';
  for my $n (1 .. 4) {
    push @lines, new_key();
    for my $name (qw(one two)) {
      write_keys($host{$name}, @lines);
      ok $host{$name}->hup, "key $n: host $name has it";
      ok wait_logins(1, time), "key $n: clients come and go";
    }
  }
  check_phase('keys exchanged', $since);
  stop_load();
};

# Clients connect to the hosts themselves for their data; the control connection
# comes from the balancer, another address.
subtest 'data connections past the balancer' => sub {
  for my $name (qw(one two)) {
    my %words = server_words($name);
    my @extra = map { s/^MasqueradeAddress .*/MasqueradeAddress $ADDRESS{$name}/r }
      $words{extra}->@*;
    $host{$name}->rewrite(%words,
      extra => [ @extra, 'AllowForeignAddress on' ]);
    ok $host{$name}->hup, "host $name: its own address";
  }
  $haproxy->kill_now;
  ok start_haproxy($first->dir, source => '127.0.0.9'), 'another balancer';
  ok wait_up(qw(one two)), 'both hosts are up';

  my @clients = map { client(user => $_) } qw(proftpd third);
  for my $mode (qw(pasv epsv)) {
    my $r = $clients[0]->stor('direct', "bytes $mode", mode => $mode);
    ok $r->{ok} && $r->{reused}, "$mode: up" or diag("$r->{code} $r->{text}");
    $r = $clients[0]->retr('direct', mode => $mode);
    ok $r->{ok} && $r->{reused}, "$mode: down";
    is $r->{data}, "bytes $mode", "$mode: as it was sent";
  }
  my $r = $clients[0]->retr('direct', session => $clients[1]->session);
  is $r->{code}, 425, 'the session of another user is not taken';
  ok $clients[0]->retr('direct')->{ok}, 'the own one is';
  $_->quit for @clients;
};

is $host{$_}->stop, 0, "host $_ ends well" for qw(one two);
$haproxy->kill_now;
$memcached->kill;
done_testing;

END {
  my $status = $?;
  kill 'KILL', @workers if @workers;
  $? = $status;
}
