# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# mod_ftps_memcache: sessions in a real memcached are resumed in other processes
# and on another host; entries of strangers do not count; memcached killed,
# stopped, emptied, several of them; what the configuration may say.
#
# "Hosts" are two daemons with one certificate, ServerName and port, on two
# loopback addresses.  Clients have TLS 1.2 and no tickets, so that only the
# cache can resume their sessions.
#
# FTPS_SLOW=1: 50 clients with 20 listings each, and killed sessions for 5
# minutes.  Needs: root, proftpd-core, proftpd-mod-crypto, memcached.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Controls;
use FTPS::Test::File qw(spew);
use FTPS::Test::Memcached;
use File::Temp ();
use FTPS::Test::Process;
use FTPS::Test::Server;
use IO::Socket::IP;
use List::Util qw(min);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $MODULE = 'mod_ftps_memcache';
my @KEYWORDS = (ours => [$MODULE], bind_tight => 1, max_instances => 200);

plan skip_all => 'no memcached (Debian package: memcached)'
  if !FTPS::Test::Memcached->is_installed;

my ($CLIENTS, $LISTINGS, $SECONDS) = $ENV{FTPS_SLOW} ? (50, 20, 300)
  : (6, 3, 2);
my $memcached = FTPS::Test::Memcached->start;
my @open;    # clients that stay: the daemon pauses whenever one ends

sub cache_lines ($words, @more) {
  return (@KEYWORDS, tls => ['TLSRequired on', 'TLSSessionCache memcache:',
    $words->@*, 'TLSControlsACLs all allow user root'],
    extra => [FTPS::Test::Controls->lines,
      map { "MemcacheServers $_" } @more ]);
}

sub new_host ($address, @o) {
  return FTPS::Test::Server->new(address => $address, @o);
}

# A second host on the port of the first one.
sub twin ($first, $address, @o) {
  my $srv = new_host($address, @o);
  $srv->{port} = $srv->{config}{port} = $first->port;
  return $srv;
}

sub login ($srv, %o) {
  return $srv->client(host => $srv->config->{address}, max => '1.2',
    tickets => 0, %o);
}

# A new session of a control connection: its bytes.
sub fresh ($srv) {
  push @open, my $c = login($srv);
  return $c->session;
}

# Whether a session is resumed; whatever the answer, the session must work.
sub resumes ($srv, $session) {
  my $c = login($srv, session => $session);
  my $reused = $c->session_reused;
  my $r = $c->list;
  diag("LIST: $r->{code} $r->{text}") if !$r->{ok};
  push @open, $c;
  return $r->{ok} && $r->{reused} ? !!$reused : undef;
}

sub is_resumed ($srv, $session, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is resumes($srv, $session), !!1, $name;
}

sub is_full ($srv, $session, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is resumes($srv, $session), !!0, $name;
}

# Within the time after which a cache that failed is used again, and more.
sub is_resumed_again ($srv) {
  return FTPS::Test::Process->until(sub {
    sleep 0.2;
    return resumes($srv, fresh($srv));
  });
}

sub like_system ($srv, $pattern) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return ok $srv->wait_log($pattern, 'system'), "system log: $pattern";
}

my @ONE = cache_lines([], $memcached->address);
my $here  = new_host('127.0.0.2', @ONE)->start;
my $there = twin($here, '127.0.0.3', @ONE)->start;

# What leaves the host is sealed with what the private key gives.
subtest 'a secret of its own' => sub {
  my $line = qr/TLSSessionCache: .* private key .*; set TLSCacheSecretFile/;
  my ($status, $output) = $here->syntax_check;
  is scalar(() = $output =~ /$line/g), 1, 'without one: a line says so';
  my $temp = File::Temp->new;
  print {$temp} 'ab' x 32;
  $temp->flush;
  ($status, $output) = $here->config_error("TLSCacheSecretFile $temp");
  is $status, 0, 'with one';
  unlike $output, $line, 'nothing to say';

  my $other = new_host('127.0.0.2', @ONE, cert => undef);
  $other->write_file('psk', '0123456789abcdef' x 4);
  chmod 0600, $other->path('psk');
  chown 0, 0, $other->path('psk');
  ($status, $output) = $other->config_error(
    'TLSPreSharedKey me hex:' . $other->path('psk'));
  is $status, 0, 'a server without a private key';
  like $output, qr/TLSSessionCache keeps none .*; set TLSCacheSecretFile/,
    'is told that it needs a secret';
};

subtest 'resumed everywhere' => sub {
  my $c = login($here);
  my $session = $c->session;
  is_resumed($here, $session, 'in another process');
  is_resumed($there, $session, 'on the other host');
  ok $c->list->{ok}, 'the first one goes on';
  $c->quit;
  is_resumed($there, $session, 'when it has ended');
  ok $here->hup, 'SIGHUP';
  is_resumed($here, $session, 'after SIGHUP');
  is_resumed($there, fresh($here), 'one made after SIGHUP');

  my $other = new_host('127.0.0.2', @ONE, cert => 'server-p384');
  $other->start;
  is_full($other, $session, 'not where the key is another one');
  is_resumed($here, $session, 'and still there');
  @open = ();
  is $other->stop, 0, 'it ends well';
};

subtest 'no connection for those who are logged in' => sub {
  my $before = $memcached->stat('curr_connections');
  my @clients = map { login($here) } 1 .. 5;
  ok FTPS::Test::Process->until(
      sub { $memcached->stat('curr_connections') <= $before }),
    'five sessions, none more';
  $_->quit for @clients;
};

subtest 'values of others' => sub {
  my $session = fresh($here);
  my %before = map { $_ => 1 } $memcached->keys('ftps:sess:');
  my $other_session = fresh($here);
  my ($other) = grep { !$before{$_} } $memcached->keys('ftps:sess:');
  my $foreign = $memcached->get($other);
  $session = fresh($here);
  my ($key) = grep { !$before{$_} && $_ ne $other }
    $memcached->keys('ftps:sess:');
  my $value = $memcached->get($key);
  like $value, qr/\AmFT1/, 'a value of ours';
  is_resumed($there, $session, 'resumed');

  my $late = $value;
  substr $late, 12, 8, pack 'Q>', time - 10;
  my $longer = $value;
  substr $longer, 20, 4, pack 'N', length $value;
  my $wrong = $value;
  substr($wrong, -1) = chr(ord(substr $wrong, -1) ^ 1);
  my @rows = (
    ['nothing', ''], ['garbage', 'garbage'], ['the mark alone', 'mFT1'],
    ['the header alone', substr $value, 0, 24],
    ['cut', substr $value, 0, -1], ['longer', "$value "],
    ['another length', $longer], ['another bit', $wrong],
    ['an earlier version', 'mFT0' . substr $value, 4],
    ['past its time', $late], ['of another generation',
      substr($value, 0, 4) . ("\x01" x 8) . substr $value, 12],
    ['of another session', $foreign],
    ['lines of the protocol', "\r\nEND\r\nVALUE $key 0 1\r\nx\r\n"],
    ['zeros', "\0" x 1000], ['huge', 'a' x 500_000],
  );
  for my $row (@rows) {
    my ($name, $bytes) = @$row;
    ok $memcached->set($key, $bytes), "$name: written";
    is_full($there, $session, "$name: a full handshake");
    $memcached->set($key, $value);
    is_resumed($here, $session, "$name: as before with the right value");
  }
  unlike $here->systemlog . $there->systemlog, qr{memcached at},
    'memcached is not blamed';
};

subtest 'cleared by ftpdctl' => sub {
  plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
  my $session = fresh($here);
  my $ctl = FTPS::Test::Controls->new($here);
  my ($text) = $ctl->ask('tls sesscache info');
  like $text, qr/memcache/, 'info names it' or diag($text);
  note $text;
  is_resumed($there, $session, 'before');
  ($text) = $ctl->ask('tls sesscache clear');
  like $text, qr/cleared 0 sessions from 'memcache' session cache/, 'cleared';
  is_full($there, $session, 'a full handshake, on the other host as well');
  is_resumed($there, fresh($here), 'new ones are resumed');
};

# The daemon accepts nobody while it waits.
subtest 'ftpdctl tls metrics, and a memcached that does not answer' => sub {
  plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
  my $ctl = FTPS::Test::Controls->new($here);
  ok $memcached->signal('STOP'), 'stopped';
  my ($text, $took);
  for my $try (1 .. 3) {
    my $start = time;
    ($text) = $ctl->ask('tls metrics');
    $took = min($took // 99, time - $start);
  }
  like $text, qr/^ftps_cache_available\{cache="sessions"\} 1$/m, 'answered';
  ok $took < 2.5, 'without waiting' or diag($took);
  ok $memcached->signal('CONT'), 'goes on';
  is_resumed($there, fresh($here), 'nobody has noticed');
};

# A session in a chroot cannot reach the socket, and must not tell all others
# that memcached is down.
subtest 'a socket, and a client that breaks its connection' => sub {
  my $srv = FTPS::Test::Server->new(@KEYWORDS, default_root => '~');
  my $folder = File::Temp->newdir('ftps-socket-XXXXXX', TMPDIR => 1);
  chmod 0777, "$folder";
  my $m = FTPS::Test::Memcached->start(socket => "$folder/memcached");
  $srv->rewrite(cache_lines([], $m->address));
  $srv->start;
  my $session = $srv->client(max => '1.2', tickets => 0)->session;
  my @reused = map {
    my $c = $srv->client(max => '1.2', tickets => 0);
    $c->wire("\x17\x03\x03\x00\x20" . 'garbage ' x 4);
    $c->reply;
    $srv->client(max => '1.2', tickets => 0, session => $session)
      ->session_reused;
  } 1 .. 5;
  is "@reused", '1 1 1 1 1', 'the others are resumed as before';
  unlike $srv->systemlog, qr/memcached at/, 'memcached is not blamed';
  is $srv->stop, 0, 'ends well';
  $m->kill;
};

subtest 'of another generation' => sub {
  my $session = fresh($here);
  is_resumed($there, $session, 'before');
  ok $memcached->set('ftps:sess:generation', '77'), 'another generation';
  is_full($there, $session, 'a full handshake');
  is_full($here, $session, 'on the other host, too');
  is_resumed($there, fresh($here), 'new ones are resumed');
  ok $memcached->set('ftps:sess:generation', 'garbage'), 'garbage for one';
  is_resumed($there, fresh($here), 'new ones are resumed');
};

# One host finds it stopped, the other one gone; both find it again.
subtest 'stopped, killed, started again' => sub {
  my $session = fresh($here);
  my $c = login($here);
  my $d = login($there);
  ok $memcached->signal('STOP'), 'stopped';
  my $start = time;
  is_full($here, $session, 'a full handshake');
  my $took = time - $start;
  ok $took < 4, 'after the deadline' or diag($took);
  my @took = map {
    $start = time;
    is_full($here, $session, "the next one, $_");
    time - $start;
  } 1 .. 3;
  ok min(@took) < 1, 'at once' or diag("@took");
  ok $c->list->{ok}, 'data connections do not ask';
  like_system($here, qr/memcached at \S+: no answer in time; asked again/);

  $memcached->kill;
  $start = time;
  is_full($there, $session, 'killed: a full handshake');
  is_full($there, $session, 'and another one');
  $took = time - $start;
  ok $took < 4, 'without delay' or diag($took);
  ok $d->list->{ok}, 'data connections go on';
  like_system($there, qr/memcached at \S+: Connection refused; asked again/);

  $memcached = FTPS::Test::Memcached->start(port => $memcached->port);
  for my $srv ($here, $there) {
    ok is_resumed_again($srv), 'there again: resumed';
    like_system($srv, qr/memcached at \S+ answers again/);
    is scalar(() = $srv->systemlog =~ /memcached at/g), 2, 'no more lines';
  }
};

@open = ();
is $here->stop, 0, 'the first host ends well';
is $there->stop, 0, 'so does the second';

# Sessions of two hosts, of which some are killed in the second half.
subtest 'a crowd' => sub {
  my $temp = File::Temp->new;
  print {$temp} 'ab' x 32;
  $temp->flush;
  my @lines = cache_lines(['TLSSessionTicketKeys shared',
    "TLSCacheSecretFile $temp"], $memcached->address);
  my $one = new_host('127.0.0.2', @lines)->start;
  my $two = twin($one, '127.0.0.3', @lines)->start;
  for my $tls ([max => '1.2', tickets => 0], [min => '1.3', max => '1.3']) {
    my @said;
    for my $try (1 .. 5) {
      my $late = late_answers($one, $two);
      @said = FTPS::Test::Process->crowd($CLIENTS,
        sub { come_twice($one, $two, @$tls) });
      last if late_answers($one, $two) == $late && !is_paused($one, $two);
      is_resumed_again($_) for $one, $two;
      @open = ();
    }
    is_deeply [ grep { $_ ne 'well' } @said ], [],
      "TLS $tls->[1]: all of " . @said . ' did well';
    is scalar(@said), $CLIENTS, "TLS $tls->[1]: all of them came";
  }

  my $end = time + $SECONDS;
  my @said = FTPS::Test::Process->crowd(3, sub {
    kill_some($one, $two, $end) if fork == 0;
    my %count;
    while (time < $end) {
      my $answer = eval { come_twice($one, $two, max => '1.2', tickets => 0) }
        // 'hit';
      $answer = 'late' if $answer eq 'not resumed' && late_answers($one, $two);
      $count{ $answer =~ /: 0 |connection ended/ ? 'hit' : $answer }++;
    }
    wait;
    my $n = join ' ', map { "$_: $count{$_}" } sort keys %count;
    note $n;
    return join ', ', grep { !/^(?:well|hit|late)$/ } sort keys %count;
  });
  is_deeply [ grep { length } @said ], [], 'killed sessions harm no others';
  is_deeply [ map { $_->stop } $one, $two ], [0, 0], 'the hosts end well';
};

subtest 'several servers' => sub {
  my @servers = ($memcached, map { FTPS::Test::Memcached->start } 1, 2);
  my @lines = cache_lines([], join ' ', map { $_->address } @servers);
  my @turned = cache_lines([], join ',', map { $_->address } reverse @servers);
  my $one = new_host('127.0.0.2', @lines)->start;
  my $two = twin($one, '127.0.0.3', @turned)->start;

  my @sessions = map { fresh($one) } 1 .. 20;
  is scalar(grep { resumes($two, $_) } @sessions), 20,
    'all are found, in whatever order the servers are named';
  is scalar(grep { $_->stat('curr_items') } @servers), 3,
    'each server has a share';

  (my $gone = $servers[1])->kill;
  my $start = time;
  my $found = grep { resumes($two, $_) } @sessions;
  ok $found > 0 && $found < 20, 'one gone: some are found' or diag($found);
  is resumes($one, $_), !!1, 'new ones are' for map { fresh($one) } 1 .. 6;
  unlike $one->systemlog . $two->systemlog, qr/no answer in time/,
    'nobody waited';
  @open = ();
  is $_->stop, 0, 'ends well' for $one, $two;
  $_->kill for @servers;
};

subtest 'configuration' => sub {
  my @rows = (
    ['no servers', cache_lines([]), 0,
      qr/TLSSessionCache memcache:: there is no MemcacheServers/],
    ['a socket', cache_lines([], '/run/memcached.sock'), 0],
    ['unknown text', (cache_lines([], '127.0.0.1'),
        tls => ['TLSSessionCache memcache:/xml']), 0,
      qr{memcache:/xml: behind "memcache:" stands "/xml"; leave it empty}],
    ['/', (cache_lines([], '127.0.0.1'),
        tls => ['TLSSessionCache memcache:/ 600',
          'TLSStaplingCache memcache:/']), 0],
    ['/json', (cache_lines([], '127.0.0.1'),
        tls => ['TLSSessionCache memcache:/json 600',
          'TLSStaplingCache memcache:/json']), 0],
    ['engine off', (cache_lines([]), modules => ['mod_memcache'],
        extra => ['MemcacheEngine off', 'MemcacheServers 127.0.0.1']), 0,
      qr/MemcacheEngine is off/],
    ['beside mod_memcache', (cache_lines([]), modules => ['mod_memcache'],
        extra => ['MemcacheEngine on', 'MemcacheServers 127.0.0.1:1',
          'MemcacheTimeouts 1 2 3']), 0],
    ['in Global', (cache_lines([]), global => ['MemcacheServers [::1]:1']), 0],
    ['no port', cache_lines([], '127.0.0.1:x'), 1,
      qr/MemcacheServers: 127\.0\.0\.1:x has a port .*; write HOST:PORT/],
    ['a name that is not found', cache_lines([], 'no-such-host.invalid'), 0,
      qr/MemcacheServers no-such-host\.invalid: .*; correct the name/],
    ['the name of mod_tls_memcache', (cache_lines([], '127.0.0.1'),
        extra => ['<IfModule mod_tls_memcache.c>', 'MemcacheServers ::',
          '</IfModule>']), 1, qr/MemcacheServers: :: is not HOST/],
    ['beside mod_tls_memcache', (cache_lines([], '127.0.0.1'),
        before => ['mod_memcache', 'mod_tls_memcache']), 1,
      qr/mod_tls_memcache\.c is loaded already, and $MODULE replaces it/],
    ['before mod_ftps', (cache_lines([], '127.0.0.1'), module => 'none'), 1,
      qr/mod_ftps\.c is not loaded; put its LoadModule before this one/],
  );
  for my $row (@rows) {
    my $name = shift @$row;
    my $pattern = ref $row->[-1] eq 'Regexp' ? pop @$row : undef;
    my $status = pop @$row;
    check_syntax($name, $status, $pattern, @$row);
  }
};

# The daemon accepts nobody while it waits for a resolver.
subtest 'a resolver that does not answer' => sub {
  my $dns = IO::Socket::IP->new(LocalHost => '127.0.0.9', LocalPort => 53,
    Proto => 'udp') or plan skip_all => "127.0.0.9, port 53: $!";
  plan skip_all => 'no file can be mounted'
    if system('unshare -m mount --bind /etc/hosts /etc/hosts 2>/dev/null') != 0;
  my $m = FTPS::Test::Memcached->start;
  my $name = 'one.memcached.test';
  my $words = "MemcacheServers $name:" . $m->port;
  my $srv = FTPS::Test::Server->new(cache_lines([], "$name:" . $m->port),
    allow_log => qr/MemcacheServers/);
  my ($hosts, $resolver) = map { spew("$srv->{dir}/$_", '') } qw(hosts resolver);
  spew($hosts, "127.0.0.1 localhost $name\n", 0644);
  spew($resolver, "nameserver 127.0.0.9\n", 0644);
  $srv->before(qw(unshare -m sh -c), "mount --bind $hosts /etc/hosts && "
    . "mount --bind $resolver /etc/resolv.conf && exec \"\$\@\"", 'sh');
  $srv->start;
  is_resumed($srv, fresh($srv), 'a server by its name');
  unlike $srv->systemlog, qr/MemcacheServers/, 'nothing to say';

  spew($hosts, "127.0.0.1 localhost\n");
  sleep 3;    # what was found is fresh for two seconds
  $srv->rewrite(extra => [ "$words two.memcached.test",
    'TLSStaplingCache memcache:' ]);
  my $start = time;
  ok $srv->hup, 'SIGHUP, and nobody knows the names';
  my $took = time - $start;
  ok $took < 9, 'is not waited for long' or diag $took;
  like $srv->systemlog, qr/\Q$words\E: .*; the address that it had is used/,
    'the known one stays';
  like $srv->systemlog,
    qr/two\.memcached\.test: .*; it is not used until a reload/,
    'the other one is told';
  unlike $srv->systemlog, qr/mod_ftps_memcache\.servers/, 'and nothing else';
  is_resumed($srv, fresh($srv), 'and is used');
  @open = ();
  is $srv->stop, 0, 'ends well';
  $m->kill;
};

# ProFTPD takes a fault in an included file for a warning.
subtest 'a fault in an included file' => sub {
  my $srv = FTPS::Test::Server->new(@KEYWORDS, tls => ['TLSRequired on']);
  my $file = "$srv->{dir}/servers.conf";
  my $write = sub ($line) { spew($file, "$line\n") };
  $srv->rewrite(extra => ["Include $file"]);
  $write->('MemcacheServers 127.0.0.1:x');
  my ($status, $output) = $srv->syntax_check;
  is $status, 1, 'proftpd -t: status 1';
  like $output, qr/MemcacheServers above was refused, so the daemon does not/,
    'and one more line says why';

  $write->('MemcacheServers 127.0.0.1:1');
  $srv->start;
  $write->('MemcacheServers 127.0.0.1:x');
  ok $srv->hup, 'SIGHUP: the daemon lives';
  like $srv->systemlog, qr/MemcacheServers 127\.0\.0\.1:x .*; it is left out/,
    'and the system log has the fault';
  ok $srv->client->list->{ok}, 'and works';
  is $srv->stop, 0, 'ends well';
};

# How often memcached was too busy to answer in time: then it is not asked for a
# while, and there are full handshakes.
sub late_answers (@hosts) {
  return scalar map { $_->systemlog =~ /no answer in time/g } @hosts;
}

# Now: it has not answered since.
sub is_paused (@hosts) {
  return scalar grep {
    my $late = () = $_->systemlog =~ /no answer in time/g;
    my $again = () = $_->systemlog =~ /answers again/g;
    $late > $again;
  } @hosts;
}

# A client that comes to both hosts, one after the other.
sub come_twice ($first, $second, @tls) {
  my $session;
  for my $srv ($first, $second) {
    my $c = $srv->client(host => $srv->config->{address}, @tls,
      $session ? (session => $session) : ());
    return 'not resumed' if $session && !$c->session_reused;
    for my $i (1 .. $LISTINGS) {
      my $r = $c->list;
      return "listing $i: $r->{code} $r->{text}" if !$r->{ok} || !$r->{reused};
    }
    $session = $c->session;
    $c->quit;
  }
  return 'well';
}

sub kill_some ($one, $two, $end) {
  while (time < $end) {
    my @sessions = map { $_->sessions } $one, $two;
    kill KILL => $sessions[rand @sessions] if @sessions;
    sleep 0.2 + rand 0.5;
  }
  POSIX::_exit(0);
}

# With `before`, stock modules loaded between mod_ftps and ours.
sub check_syntax ($name, $status, $pattern, %o) {
  my @before = (delete $o{before} // [])->@*;
  my $srv = FTPS::Test::Server->new(%o);
  $srv->config->link_stock(@before);
  $srv->config->set(ours => [@before, $MODULE]) if @before;
  my ($got, $output) = $srv->syntax_check;
  is $got, $status, "$name: status" or diag($output);
  like $output, $pattern, "$name: why" if $pattern;
  return;
}

$memcached->kill;
done_testing;
