# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Cache modules made for mod_tls, in binary form, with mod_ftps: Debian's four
# with a real Redis and a real memcached, and a test module that can fail in all
# ways.  Sessions of TLS 1.2 without tickets are resumed by other processes,
# before and after SIGHUP; nothing readable is stored; a cache that does not
# answer, is slow or is faulty costs a full handshake and nothing else.
#
# Needs: root, proftpd-core, proftpd-mod-crypto, redis-server, memcached,
# proftpd-dev and cc.

use v5.36;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Build;
use FTPS::Test::Controls;
use FTPS::Test::File qw(spew);
use FTPS::Test::Memcached;
use FTPS::Test::Patience qw(patience);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use IO::Socket::IP;
use JSON::PP qw(decode_json);
use List::Util qw(min);
use MIME::Base64 qw(encode_base64);
use Net::SSLeay;
use Test::More;
use Time::HiRes qw(time);

my @IDS     = (max => '1.2', tickets => 0);
my @CONTROLS = (FTPS::Test::Controls->lines,
  'TLSControlsACLs all allow user root');

# Sessions that end stop their daemon from accepting for 0.2 s, so they stay.
my @kept;

FTPS::Test::Server->new;

# needs: what has to be there; start: a server, if one is needed; lines.
my %CACHES = (
  redis => {
    modules => [qw(mod_redis mod_tls_redis)], program => 'redis-server',
    start => \&start_redis, lines => sub ($port, $dir) {
      ('RedisEngine on', "RedisServer 127.0.0.1:$port", 'TLSSessionCache redis:');
    },
    comes_back => 1,
  },
  memcache => {
    modules => [qw(mod_memcache mod_tls_memcache)], program => 'memcached',
    start => \&start_memcached, lines => sub ($port, $dir) {
      ('MemcacheEngine on', "MemcacheServers 127.0.0.1:$port",
        'TLSSessionCache memcache:');
    },
    comes_back => 1,
  },
  'memcache, JSON' => {
    modules => [qw(mod_memcache mod_tls_memcache)], program => 'memcached',
    start => \&start_memcached, lines => sub ($port, $dir) {
      ('MemcacheEngine on', "MemcacheServers 127.0.0.1:$port",
        'TLSSessionCache memcache:/json');
    },
  },
  shm => {
    modules => ['mod_tls_shmcache'], lines => sub ($port, $dir) {
      "TLSSessionCache shm:/file=$dir/run/sessions";
    },
    forgets => 1,
  },
);

for my $name (sort keys %CACHES) {
  subtest "mod_tls's own: $name" => sub { try_cache($name, $CACHES{$name}) };
}

subtest 'a module of anybody' => sub {
  my ($srv, $cache) = with_probe() or return;
  ok !-e "$cache/calls", 'proftpd -t does not open it';
  $srv->start;
  my $session = session_of($srv);
  is_deeply [calls($srv)], [qw(open add)], 'opened once, asked once';
  ok resumes($srv, $session), 'a session is resumed';
  is_deeply [calls($srv)], ['get'], 'by one question: data connections ask none';
  ok !resumes($srv, $session, min => '1.3', max => '1.3', tickets => 1),
    'TLS 1.3';
  $srv->client(max => '1.2')->quit;
  is_deeply [calls($srv)], [], 'neither TLS 1.3 nor tickets ask';

  for my $n (1, 2) {
    ok $srv->hup, "SIGHUP $n, though it never unregisters";
    is_deeply [calls($srv)], [qw(close open)], 'closed and opened';
    ok resumes($srv, $session), 'the session is resumed';
    calls($srv);
  }
  for my $word (qw(other garbage)) {
    fault($srv, '');
    my $mine = session_of($srv);
    session_of($srv);
    fault($srv, $word);
    ok !resumes($srv, $mine), "another session than the one asked for: $word";
    ok works($srv), 'the session goes on with a full handshake';
  }

  fault($srv, 'crash');
  my $c = $srv->connection(@IDS, session => $session);
  $c->connect;
  ok !$c->auth, 'a crash ends the session that asked';
  fault($srv, '');
  ok works($srv), 'and no other';
  $srv->{allow_log} = qr/signal 6|SIGABRT|terminated/;

  $srv->rewrite(extra => []);
  ok $srv->hup, 'SIGHUP without it';
  calls($srv);
  ok works($srv), 'a transfer';
  ok !resumes($srv, $session), 'nothing is resumed';
  is_deeply [calls($srv)], [], 'and its code is not called any more';
  is $srv->stop, 0, 'the daemon ends';
};

# It answers late, or with an error: once, and then nobody asks.
for my $row ([error => 0, qw(get)], [slow => 1, qw(get)]) {
  my ($word, $is_resumed, @calls) = @$row;
  subtest "a module that is $word" => sub {
    my ($srv) = with_probe() or return;
    $srv->start;
    my $session = session_of($srv);
    fault($srv, $word);
    calls($srv);
    is !!resumes($srv, $session), !!$is_resumed,
      $is_resumed ? 'a late answer is one' : 'a full handshake';
    is_deeply [calls($srv)], \@calls, 'asked once';
    my @took = map {
      my $begin = time;
      ok works($srv), "client $_ after it";
      time - $begin;
    } 1 .. 3;
    cmp_ok min(@took), '<', 0.9, 'does not wait' or diag "@took";
    is_deeply [calls($srv)], [], 'because nobody asks';
    is $srv->stop, 0, 'the daemon ends';
  };
}

subtest 'a module that is always busy' => sub {
  my ($srv) = with_probe() or return;
  $srv->start;
  my $session = session_of($srv);
  fault($srv, 'busy');
  calls($srv);
  ok !resumes($srv, $session), 'a full handshake';
  is_deeply [grep { /get|add/ } calls($srv)], [qw(get add)],
    'it is asked again for a moment only';
  is $srv->stop, 0, 'the daemon ends';
};

my $pki = FTPS::Test::PKI->new;

subtest 'OCSP responses' => sub {
  my $temp = File::Temp->newdir('ftps-legacy-ocsp-XXXXXX', TMPDIR => 1);
  my $responder = FTPS::Test::Responder->new($pki, $temp);
  my %server = $pki->issue_to("$temp/server", like => 'server',
    ocsp => $responder->url);
  $responder->set(known => [$server{cert}]);
  chmod 0755, $temp;
  mkdir "$temp/fs";
  chown 65534, 65534, "$temp/fs";
  my %info = (redis => '', memcache => '', shm => "/file=$temp/shm",
    fs => "/path=$temp/fs");
  for my $type (sort keys %info) {
    my $o = $CACHES{$type} // { modules => ['mod_tls_fscache'] };
    SKIP: {
      skip "$type: " . lacks($type, $o), 1 if lacks($type, $o);
      my $port = FTPS::Test::Server->free_port;
      my @servers;
      for my $name ('the one that fetches', 'another daemon') {
        my $srv = FTPS::Test::Server->new(tls => ["TLSECCertificateFile "
          . $server{cert}, "TLSECCertificateKeyFile $server{key}",
          'TLSCACertificateFile ' . $pki->cert('ca')->{ca}, 'TLSStapling on']);
        $srv->config->link_stock($o->{modules}->@*);
        unshift @servers, $o->{start} ? $o->{start}->($srv, $port) : ()
          if !@servers;
        $srv->rewrite(extra => [map({ "LoadModule $_.c" } $o->{modules}->@*),
          grep({ !/^TLSSession/ } $o->{lines} ? $o->{lines}->($port, '') : ()),
          "TLSStaplingCache $type:$info{$type}"]);
        $responder->start if $name =~ /fetches/;
        $srv->start;
        ok $srv->wait_log(qr/OCSP response.*it says "good"/, 'system'),
          "$type: $name has it";
        ok length(stapled($srv)) > 100, "$type: $name staples it";
        $responder->stop if $name =~ /fetches/;
        push @servers, $srv;
      }
      ok $servers[-1]->hup, "$type: SIGHUP";
      ok length(stapled($servers[-1])) > 100, "$type: and staples after it";
      is $_->stop, 0, "$type: the daemon ends"
        for grep { $_->isa('FTPS::Test::Server') } @servers;
      $_->kill_now for grep { !$_->isa('FTPS::Test::Server') } @servers;
    }
  }
};

done_testing;

sub try_cache ($name, $o) {
  plan skip_all => lacks($name, $o) if lacks($name, $o);
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  $srv->config->link_stock($o->{modules}->@*);
  my $port = FTPS::Test::Server->free_port;
  my $server = $o->{start} && $o->{start}->($srv, $port);
  $srv->rewrite(extra => [@CONTROLS,
    map({ "LoadModule $_.c" } $o->{modules}->@*),
    $o->{lines}->($port, $srv->dir)]);
  is +($srv->syntax_check)[0], 0, 'proftpd -t';
  $srv->start;

  my $session = session_of($srv);
  ok resumes($srv, $session), 'a session is resumed by another process';
  is_secret($server->pid, $session) if $server;
  after_restart($srv, $o, $session);
  without_server($srv, $o, $server, $port, $session) if $server;
  my $pid = $srv->pid;
  is $srv->stop, 0, 'the daemon ends';
  ok FTPS::Test::Process->until(sub { !shared_memory($pid) }),
    'no shared memory is left' if !$server;
  return;
}

# Where modules that hold a connection made logins impossible under mod_tls.
sub after_restart ($srv, $o, $session) {
  ok $srv->hup, 'SIGHUP';
  ok works($srv), 'a transfer after it';
  is !!resumes($srv, $session), !$o->{forgets}, $o->{forgets}
    ? 'the session is gone, as with mod_tls' : 'the session is resumed';

  # Over one connection that all share, they would read each other's answers.
  my @sessions = map { session_of($srv) } 1 .. 4;
  is resume_together($srv, @sessions, @sessions), 8, 'eight at a time';

  my ($info, $json) = FTPS::Test::Controls->new($srv)->ask(
    'tls sesscache info', 'tls sesscache info -j');
  like $info, qr/SSL session cache provided by/, 'its own text for ftpdctl';
  my $status = decode_json($json);
  is $status->{hits}, $o->{forgets} ? 9 : 10, 'all out of the cache';
  is_deeply [map { $status->{$_} } qw(errors unreadable)], [0, 0], 'no errors';
  return;
}

sub without_server ($srv, $o, $server, $port, $session) {
  $server->kill_now;
  my $begin = time;
  ok !resumes($srv, $session), 'its server ended: a full handshake';
  cmp_ok time - $begin, '<', patience(30), 'soon enough';
  return if !$o->{comes_back};

  ok $srv->hup, 'SIGHUP without the server';
  ok works($srv), 'a transfer';
  my $new = $o->{start}->($srv, $port);
  ok FTPS::Test::Process->until(sub {
    @kept = ();
    return resumes($srv, session_of($srv));
  }), 'its server is back: sessions are resumed';
  $new->kill_now;
  return;
}

sub stapled ($srv) {
  my $c = $srv->connection(status => 1, max => '1.2');
  $c->connect;
  my $bytes = $c->auth ? $c->stream->stapled : '';
  $c->quit;
  return $bytes // '';
}

# Why a cache cannot be tried; undef: it can.
sub lacks ($name, $o) {
  my @missing = FTPS::Test::Config->lacking($o->{modules}->@*);
  push @missing, grep { defined && !find_program($_) } $o->{program};
  return "not installed: @missing" if @missing;
  return 'the host copies overlapping bytes in pr_redis_kremove()'
    if $name eq 'redis' && $ENV{FTPS_ASAN};
  return undef;
}

sub find_program ($name) {
  return grep { -x "$_/$name" } qw(/usr/bin /usr/sbin /usr/local/bin);
}

sub wait_port ($port) {
  return FTPS::Test::Process->until(sub {
    IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port);
  }) || die "nothing listens on $port\n";
}

sub start_redis ($srv, $port) {
  my $process = FTPS::Test::Process->start(['redis-server', '--port', $port,
    '--bind', '127.0.0.1', '--save', '', '--dir', $srv->dir . '/run'],
    output => $srv->dir . '/log/redis', nice => -10);
  wait_port($port);
  return $process;
}

sub start_memcached ($srv, $port) {
  return FTPS::Test::Memcached->start(port => $port)->{process};
}

# What is stored has not got the session's secret: the server's memory is looked
# through for it, as bytes and in base64.
sub is_secret ($pid, $session) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $secret = Net::SSLeay::SESSION_get_master_key(
    Net::SSLeay::d2i_SSL_SESSION($session));
  is length $secret, 48, 'a secret to look for';
  my $pattern = join '|', quotemeta $secret, map { quotemeta }
    map { substr encode_base64(substr($secret, $_, 42), ''), 0, 52 } 0 .. 2;
  my ($bytes, $found) = (0, 0);
  no warnings 'portable';
  open my $maps, '<', "/proc/$pid/maps" or die "maps: $!";
  open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";
  while (<$maps>) {
    my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
    my $len = hex($to) - hex $from;
    next if $len > 1 << 27;
    sysseek $mem, hex $from, 0;
    sysread $mem, my $page, $len or next;
    $bytes += length $page;
    $found++ if $page =~ /$pattern/;
  }
  cmp_ok $bytes, '>', 1 << 19, 'its server\'s memory can be read';
  is $found, 0, 'the secret is not in there';
  return;
}

sub session_of ($srv) {
  my $c = $srv->client(@IDS);
  my $session = $c->session;
  my $r = $c->list;
  push @kept, $c;
  return $r->{ok} ? $session : undef;
}

# A login with that session, and a transfer.
sub resumes ($srv, $session, @words) {
  my $c = eval { $srv->client(@IDS, session => $session, @words) } or do {
    diag $@;
    return 0;
  };
  my $r = $c->stor('test', 'bytes');
  my $is_reused = $c->session_reused;
  push @kept, $c;
  return $r->{ok} && $is_reused;
}

sub works ($srv) {
  my $c = eval { $srv->client(@IDS) } or return diag $@;
  my $r = $c->retr('test');
  push @kept, $c;
  return $r->{ok};
}

sub resume_together ($srv, @sessions) {
  my $n = 0;
  my @clients = map { [$_, fork_client($srv, $_)] } @sessions;
  for my $row (@clients) {
    waitpid $row->[1], 0;
    $n++ if $? == 0;
  }
  return $n;
}

sub fork_client ($srv, $session) {
  my $pid = fork // die "fork: $!";
  return $pid if $pid;
  my $is_reused = eval { $srv->client(@IDS, session => $session)
    ->session_reused };
  require POSIX;
  POSIX::_exit($is_reused ? 0 : 1);
}

# Segments that this process made.
sub shared_memory ($pid) {
  open my $in, '<', '/proc/sysvipc/shm' or return 0;
  return scalar grep { (split)[4] eq $pid } <$in>;
}

# The daemon with mod_probe_files, not started yet, and its directory.
sub with_probe () {
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  my $cache = $srv->dir . '/cache';
  mkdir $cache;
  chmod 0777, $cache;
  FTPS::Test::Build->module($srv, 'mod_probe_files');
  $srv->rewrite(extra => ['LoadModule mod_probe_files.c',
    "TLSSessionCache files:$cache"]);
  is +($srv->syntax_check)[0], 0, 'proftpd -t';
  return ($srv, $cache);
}

sub fault ($srv, $word) {
  return spew($srv->dir . '/cache/fault', $word);
}

# What the module was asked since the last time.
sub calls ($srv) {
  my $file = $srv->dir . '/cache/calls';
  open my $in, '<', $file or return;
  my @calls = map { /^(\w+)/ } <$in>;
  unlink $file;
  return @calls;
}
