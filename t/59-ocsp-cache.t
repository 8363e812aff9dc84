# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# OCSP responses in a TLSStaplingCache: kept over a restart of the daemon,
# shared by two daemons, and by sessions that check client certificates.
#
# Needs: root, openssl, mod_ftps_shmcache.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fcntl qw(:DEFAULT F_SETLK F_WRLCK SEEK_SET);
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes qw(time);

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-ocsp-cache-XXXXXX', TMPDIR => 1);
my $ca   = $pki->cert('ca');
my $responder = FTPS::Test::Responder->new($pki, $temp);
my %server = map { $_ => "$temp/server.$_" } qw(cert key);
my %client = map { $_ => "$temp/client.$_" } qw(cert key);
my %gone   = map { $_ => "$temp/gone.$_" } qw(cert key);
$pki->issue(like => 'server', %server, ocsp => $responder->url);
$pki->issue(like => 'client', %client, issuer => 'ca',
  ocsp => $responder->url);
$pki->issue(like => 'client', %gone, issuer => 'ca', cn => 'gone',
  ocsp => $responder->url);
$responder->set(known => [$server{cert}, $client{cert}],
  revoked => [$gone{cert}]);

sub new_server (@lines) {
  return FTPS::Test::Server->new(ours => ['mod_ftps_shmcache'], tls => [
    "TLSECCertificateFile $server{cert}", "TLSECCertificateKeyFile $server{key}",
    "TLSStaplingCache shm:/file=$temp/cache", 'TLSStapling on',
    "TLSCACertificateFile $ca->{cert}", 'TLSVerifyClient optional',
    'TLSVerifyOrder ocsp', 'TLSStaplingTimeout 2', @lines]);
}

sub enter ($srv, %words) {
  my $c = $srv->connection(status => 1, %words);
  $c->connect;
  return if !$c->auth;
  my ($code) = $c->cmd('NOOP');
  return $code == 200 ? $c : undef;
}

sub stapled ($srv) {
  my $c = enter($srv) or return 'nobody is let in';
  return length($c->stream->stapled) > 100 ? 'a response' : 'none';
}

my $srv = new_server();
$responder->start;
$srv->start;
ok $srv->wait_log(qr/OCSP response.*it says "good"/, 'system'), 'fetched';
is stapled($srv), 'a response', 'and stapled';

my $c = enter($srv, %client);
ok $c, 'a client that is asked about';
ok !enter($srv, %gone), 'one that is revoked';
$responder->stop;

subtest 'the responder is gone' => sub {
  ok enter($srv, %client), 'the answer is kept';
  $c->login('proftpd', 'test');
  $c->protect('P');
  my $again = enter($srv, %client, session => $c->session);
  ok $again && $again->session_reused, 'sessions can be resumed';
  my $log = length $srv->tlslog;
  ok !enter($srv, %gone), 'revoked';
  like substr($srv->tlslog, $log), qr/CN = gone": revoked$/m,
    'as was said before';
};

# A certificate that the control connection has shown is not asked about again.
subtest 'data connections, while the cache does not answer' => sub {
  my $other = new_server('TLSOptions NoSessionReuseRequired');
  $other->start;
  my $own = enter($other, %client) or return fail 'nobody is let in';
  $own->login('proftpd', 'test');
  $own->protect('P');
  sysopen my $file, "$temp/cache.lock", O_RDWR or die "cache.lock: $!";
  my $lock = pack 's s x![l!] l! l! i', F_WRLCK, SEEK_SET, 0, 0, 0;
  ok fcntl($file, F_SETLK, $lock), 'the cache is held';
  my $r = $own->list('', session => 'none', %client);
  is_deeply [$r->@{qw(code reused)}], [226, 0], 'a full handshake';
  close $file;
  is $other->stop, 0, 'ends well';
};

subtest 'another daemon' => sub {
  my $other = new_server();
  $other->start;
  ok $other->wait_log(qr/OCSP response.*it says "good"/, 'system'),
    'needs no responder';
  is stapled($other), 'a response', 'staples';
  ok enter($other, %client), 'lets the client in';
  is $other->stop, 0, 'ends well';
};

subtest 'a restart' => sub {
  is $srv->stop, 0, 'the daemon ends well';
  $srv->start;
  is stapled($srv), 'a response', 'the first client gets a response';
};

# Forty certificates, whose responses a slow cache does not have.
subtest 'a cache that takes its time' => sub {
  plan skip_all => FTPS::Test::Build->lack if FTPS::Test::Build->lack;
  my $nobody = FTPS::Test::Server->free_port;
  my @vhosts;
  for my $i (1 .. 40) {
    my %files = map { $_ => "$temp/slow$i.$_" } qw(cert key);
    $pki->issue(like => 'server', %files, ocsp => "http://127.0.0.1:$nobody/");
    push @vhosts, { name => "slow$i.test", tls => [
      "TLSECCertificateFile $files{cert}", "TLSECCertificateKeyFile $files{key}",
      "TLSCertificateChainFile $ca->{cert}", 'TLSStapling on'] };
  }
  my $slow = FTPS::Test::Server->new(vhosts => \@vhosts,
    extra => ['LoadModule mod_probe_cache.c', 'TLSStaplingCache probe:']);
  FTPS::Test::Build->module($slow, 'mod_probe_cache');
  $slow->start;
  my $told = sub { scalar(() = $slow->systemlog =~ /Connection refused/g) };
  cmp_ok $told->(), '<', 40, 'the daemon does not wait for all of it';
  ok(FTPS::Test::Process->until(sub { $told->() >= 4 }),
    'and goes on later');
  is $slow->stop, 0, 'ends well';
};

is $srv->stop, 0, 'the daemon ends well';
done_testing;
