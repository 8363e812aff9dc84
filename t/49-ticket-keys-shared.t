# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSSessionTicketKeys shared: two hosts of one cluster accept each other's
# tickets, whichever begins; a cache that is lost, comes back empty, or did not
# exist when a host began; a clock that is ahead; a secret that is changed host
# by host.  The hosts are daemons on two loopback addresses with the same port
# and certificate; their cache is a file, and then a real memcached.
#
# Needs: root; memcached for the second half.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::File qw(replace spew);
use FTPS::Test::Memcached;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my @VERSIONS = ('1.2', '1.3');
my $temp = File::Temp->newdir('ftps-shared-XXXXXX', TMPDIR => 1);
my $last = 1;
my $port;

# What seals the keys, the same on all hosts; two secrets as operators make
# them.
my ($OLD, $NEW) = map { unpack('H*', $_ x 32) . "\n" } 'o', 'n';
my $secret = secret_file('secret', $OLD);

sub secret_file ($name, @secrets) {
  return replace("$temp/$name", join('', @secrets), 0600);
}

# A host of the cluster: a server of the same name and port, at an address of
# its own.
sub host (%o) {
  my $address = '127.0.0.' . ++$last;
  my $srv = FTPS::Test::Server->new(max_instances => 100,
    extra => $o{extra}, tls => ['TLSSessionTicketKeys shared'],
    global => ["TLSCacheSecretFile @{[ $o{secret} // $secret ]}"],
    ours => $o{ours},
    allow_log => qr/the cache (?:does not answer|answers again)|memcache/i,
    vhosts => [{ name => 'cluster.test', address => $address, port => 'own' }]);
  $port //= $srv->vhost_port('cluster.test');
  $srv->config->{vhosts}[0]{port} = $srv->config->{vhosts}[0]{wish} = $port;
  $srv->rewrite;
  local %ENV = (%ENV, ($o{env} // {})->%*);
  $srv->start;
  return { srv => $srv, address => $address };
}

# Sessions that end stop their daemon from accepting for 0.2 s.
my @kept;

sub enter ($host, $version, %o) {
  my $c = $host->{srv}->client(host => $host->{address}, port => $port,
    min => $version, max => $version, %o);
  push @kept, $c;
  $c->cmd('NOOP');
  return $c;
}

sub resumes ($from, $to, $version) {
  my $session = enter($from, $version)->session;
  my $c = enter($to, $version, session => $session);
  my $r = $c->list;
  return ($c->session_reused ? 'resumed' : 'full')
    . ($r->{ok} && $r->{reused} ? '' : ", no transfer: $r->{text}");
}

sub all_resume ($name, @hosts) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  for my $version (@VERSIONS) {
    for my $i (1 .. $#hosts) {
      my ($x, $y) = @hosts[$i - 1, $i];
      is resumes($x, $y, $version), 'resumed', "$name, TLS $version: at another";
      is resumes($y, $x, $version), 'resumed', "$name, TLS $version: and back";
    }
  }
  return;
}

sub stop (@hosts) {
  @kept = ();
  is $_->{srv}->stop, 0, 'a host ends' for @hosts;
  return;
}

{
  my $probe = FTPS::Test::Server->new(ours => ['mod_ftps_shmcache']);
  for my $cache ('TLSSessionCache internal:', 'TLSSessionCache off', ()) {
    my ($status, $output) = $probe->config_error($cache,
      'TLSSessionTicketKeys shared');
    is $status, 1, "$cache: refused at the start";
    like $output, qr/TLSSessionTicketKeys shared: there is no cache .*; set/,
      'and why';
  }

  $probe->rewrite(extra => ["TLSSessionCache shm:/file=$temp/none"],
    tls => ['TLSSessionTicketKeys shared']);
  my ($status, $output) = $probe->syntax_check;
  is $status, 1, 'a cache, and no TLSCacheSecretFile: refused at the start';
  like $output, qr/TLSSessionTicketKeys shared: .*; set TLSCacheSecretFile/,
    'and why';
  $probe->rewrite(tls => ['TLSSessionTicketKeys shared',
    "TLSCacheSecretFile $secret"]);
  ($status, $output) = $probe->syntax_check;
  is $status, 0, 'with it: taken' or diag $output;
  $probe->rewrite(extra => ['TLSSessionCache shm:/file=/none/cache']);
  ($status, $output) = $probe->syntax_check;
  is $status, 1, 'a cache that cannot be opened: refused at the start';
  like $output, qr{TLSSessionCache .*"/none" cannot be written to}, 'and why';
}

subtest 'by a file' => sub {
  my %with = (ours => ['mod_ftps_shmcache'],
    extra => ["TLSSessionCache shm:/file=$temp/cache"]);
  my @hosts = map { host(%with) } 1 .. 2;
  all_resume('two hosts', @hosts);
  ok $hosts[0]{srv}->hup, 'SIGHUP at one';
  all_resume('after it', @hosts);
  is $hosts[1]{srv}->stop, 0, 'one host ends';
  push @hosts, host(%with);
  all_resume('another one in its place', @hosts[0, 2]);

  # A restart whose configuration has no secret is no end for the daemon.
  my $srv = $hosts[0]{srv}->rewrite(global => []);
  ok $srv->hup, 'SIGHUP without TLSCacheSecretFile';
  ok $srv->wait_log(qr/TLSSessionTicketKeys shared: there is no secret/,
    'system'), 'is told';
  is resumes($hosts[0], $hosts[0], $_), 'resumed', "TLS $_: and goes on"
    for @VERSIONS;
  stop(@hosts[0, 2]);
};

# The clock of a host is ahead: what it hands out is of the future elsewhere.
subtest 'a clock that is ahead' => sub {
  plan skip_all => 'the sanitizers have their own malloc' if $ENV{FTPS_ASAN};
  my $page = spew("$temp/page", pack('x32 q x4056', 20));
  my $shim = FTPS::Test::Build->program("$temp/faults.so",
    qw(-D_GNU_SOURCE -shared -fPIC));
  chmod 0644, $page;
  my %with = (ours => ['mod_ftps_shmcache'],
    extra => ["TLSSessionCache shm:/file=$temp/ahead"]);
  my @hosts = (host(%with), host(%with,
    env => { FTPS_FAULTS => $page, LD_PRELOAD => $shim }));
  all_resume('by tickets', @hosts);
  my $ids = enter($hosts[1], '1.2', tickets => 0)->session;
  ok enter($hosts[0], '1.2', tickets => 0, session => $ids)->session_reused,
    'by an id';
  stop(@hosts);
};

# As doc/cluster.md shows it: each host has a file of its own, and so hosts
# differ for a while.
subtest 'the secret is changed' => sub {
  my @files = map { secret_file("secret$_", $OLD) } 0, 1;
  my @hosts = map { host(ours => ['mod_ftps_shmcache'], secret => $_,
    extra => ["TLSSessionCache shm:/file=$temp/changed"]) } @files;
  all_resume('both have the old one', @hosts);
  my %session = map { $_ => enter($hosts[0], $_)->session } @VERSIONS;

  for my $step (['the new one is read as well', $OLD, $NEW],
      ['the new one seals', $NEW, $OLD]) {
    my ($name, @secrets) = @$step;
    for my $i (0, 1) {
      secret_file("secret$i", @secrets);
      ok $hosts[$i]{srv}->hup, "SIGHUP at $i";
      all_resume("$name, host $i", @hosts);
    }
  }

  my $ids = enter($hosts[0], '1.2', tickets => 0)->session;
  for my $version (@VERSIONS) {
    ok enter($hosts[1], $version, session => $session{$version})
      ->session_reused, "TLS $version: a session from before resumes";
  }

  for my $i (0, 1) {
    secret_file("secret$i", $NEW);
    ok $hosts[$i]{srv}->hup, "the old one goes, host $i";
    all_resume("without the old one, host $i", @hosts);
  }
  ok enter($hosts[1], '1.2', tickets => 0, session => $ids)->session_reused,
    'a session id under the new one';
  stop(@hosts);
};

subtest 'by memcached' => sub {
  plan skip_all => 'memcached is not installed'
    if !FTPS::Test::Memcached->is_installed;

  my $memcached = FTPS::Test::Memcached->start;
  my $at = $memcached->address;
  my %with = (ours => ['mod_ftps_memcache'],
    extra => ["MemcacheServers $at", 'TLSSessionCache memcache:']);
  my @hosts = map { host(%with) } 1 .. 2;
  all_resume('two hosts', @hosts);

  $memcached->kill;
  ok $_->{srv}->hup, 'SIGHUP without the cache' for @hosts;
  ok $hosts[0]{srv}->wait_log(qr/shared: the cache does not answer/,
    'system'), 'is told';
  all_resume('without the cache', @hosts);

  # Begun without it: alone with its keys at first.
  push @hosts, host(%with);
  is resumes($hosts[2], $hosts[2], '1.3'), 'resumed', 'a third one, by itself';
  is resumes($hosts[0], $hosts[2], '1.3'), 'full', 'not with the others';

  $memcached = FTPS::Test::Memcached->start(port => $memcached->port);
  ok FTPS::Test::Process->until(sub {
    sleep 1;
    return $hosts[0]{srv}->hup && $hosts[2]{srv}->hup
      && resumes($hosts[0], $hosts[2], '1.3') eq 'resumed'
      && resumes($hosts[2], $hosts[0], '1.3') eq 'resumed';
  }), 'an empty cache is filled again';
  ok $hosts[1]{srv}->hup, 'SIGHUP';
  all_resume('all three', @hosts);
  stop(@hosts);
  $memcached->kill;
};

done_testing;
