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
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use IO::Socket::IP;
use POSIX qw(mkfifo);
use Test::More;
use Time::HiRes qw(sleep time);

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-ocsp-cache-XXXXXX', TMPDIR => 1);
my $ca   = $pki->cert('ca');
my $responder = FTPS::Test::Responder->new($pki, $temp);
my @asked = (ocsp => $responder->url);
my %server = $pki->issue_to("$temp/server", like => 'server', @asked);
my %client = $pki->issue_to("$temp/client", like => 'client', issuer => 'ca',
  @asked);
my %gone = $pki->issue_to("$temp/gone", like => 'client', issuer => 'ca',
  cn => 'gone', @asked);
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
  return $c->is_let_in ? $c : undef;
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
    my %files = $pki->issue_to("$temp/slow$i",
      ocsp => "http://127.0.0.1:$nobody/");
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

# ProFTPD runs timers when a signal ends its wait for the log.  Here the line of
# a response waits, in the daemon that a session has woken up.  The timer must
# not take the same response: what went into the cache was freed memory.
subtest 'a response comes while the log takes nothing' => sub {
  my $front = FTPS::Test::Responder->front('file', $temp,
    backend => "$temp/late.der");
  my $pid = $front->{process}->pid;
  my %late = $pki->issue_to("$temp/late", ocsp => $front->url);
  my %two  = $pki->issue_to("$temp/two");
  my %new  = $pki->issue_to("$temp/new");
  $responder->set(known => [$late{cert}]);
  $responder->prepare($late{cert}, "$temp/late.der");
  my $chain = "TLSCertificateChainFile $ca->{cert}";
  my $late = FTPS::Test::Server->new(debug => 0, ours => ['mod_ftps_shmcache'],
    extra => ['SyslogLevel notice'],
    tls => ["TLSECCertificateFile $late{cert}", $chain,
      "TLSECCertificateKeyFile $late{key}", 'TLSStapling on',
      'TLSStaplingOptions NoNonce', 'TLSStaplingTimeout 60',
      "TLSStaplingCache shm:/file=$temp/late-cache"],
    vhosts => [{ name => 'two', port => 'own', tls => [$chain,
      "TLSECCertificateFile $two{cert}", "TLSECCertificateKeyFile $two{key}"]
    }]);

  my $path = $late->dir . '/log/system';
  unlink $path;
  mkfifo $path, 0600 or die "$path: $!";
  sysopen my $log, $path, O_RDWR | O_NONBLOCK or die "$path: $!";
  my $text = '';
  my $drain = sub { 1 while sysread $log, $text, 65536, length $text };
  kill STOP => $pid;
  $late->start;
  sleep 2;
  $drain->();

  # Room for one line, that the files are in use.
  my $SETPIPE_SZ = 1031;
  fcntl $log, $SETPIPE_SZ, 4096 or die "F_SETPIPE_SZ: $!";
  syswrite $log, '-' x (4096 - 231) . "\n";
  copy($new{$_}, $two{$_}) for qw(key cert);

  # After the timer of each second: a signal, and up to 0.4 s later its turn.
  my $turns = sub {
    open my $in, '<', '/proc/' . $late->pid . '/status' or die;
    return (map { /^voluntary_ctxt_switches:\s*(\d+)/ } <$in>)[0];
  };
  my ($last, $since, $until) = ($turns->(), time, time + 5);
  while (time < $until) {
    sleep 0.01;
    my $n = $turns->();
    next if $n == $last;
    last if time - $since > 0.5;
    ($last, $since) = ($n, time);
  }
  sleep 0.5;
  kill CONT => $pid;
  sleep 0.03;
  my $client = IO::Socket::IP->new(PeerHost => '127.0.0.1',
    PeerPort => $late->vhost_port('two')) or die;
  sleep 2.5;
  ok(FTPS::Test::Process->until(sub {
    $drain->();
    return $text =~ /it says "good"/;
  }), 'the response has come') or diag $text;
  unlink $path;
  is $late->stop, 0, 'the daemon ends well';

  $front->stop;
  $late->start;
  is stapled($late), 'a response', 'the cache has it';
  is $late->stop, 0, 'ends well';
};

is $srv->stop, 0, 'the daemon ends well';
done_testing;
