#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Several control connections of one program that keeps one session cache for
# them: a data connection may offer the ticket of another control connection if
# that one has the same login from the same address, and only then.  Everybody
# else here stands behind the same address, and may have the same sessions.
#
# First a table of what is offered to whom; then control connections that are
# one TLS session in TLS 1.2; then real programs with many connections at once.
#
# Connections stay open till the end: the daemon accepts nothing for 0.2 s after
# one of its children has ended.
#
# Needs: root; rclone, curl and python3 for their parts.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use File::Temp ();
use FTPS::Test::File qw(slurp);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use POSIX ();
use Test::More;

my $pki = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-login-XXXXXX', TMPDIR => 1);
my %CERT = map { $_ => { $pki->issue_to("$temp/$_", like => 'client') } }
  qw(first second);

my @VERSION = (
  { name => 'TLS 1.2 tickets', tls => [max => '1.2'], tickets => 1 },
  { name => 'TLS 1.2 ids', tls => [max => '1.2', tickets => 0] },
  { name => 'TLS 1.3', tls => [min => '1.3'], tickets => 1 },
);

my $srv = FTPS::Test::Server->new(pki => $pki,
  ours => ['mod_ftps_shmcache'], max_instances => 300,
  tls => ['TLSRequired on'],
  vhosts => [
    { name => 'alone', port => 'own', cert => 'server',
      tls => ['TLSRequired on', 'TLSOptions OwnSessionOnly'] },
    { name => 'old', port => 'own', cert => 'server',
      tls => ['TLSRequired on', 'TLSProtocol TLSv1.2'] },
    { name => 'elsewhere', port => 'own', cert => 'server',
      tls => ['TLSRequired on'] },
    { name => 'certified', port => 'own', cert => 'server',
      tls => ['TLSRequired on', 'TLSVerifyClient optional',
        'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert}] },
  ]);
$srv->rewrite(extra => ['TLSSessionCache shm:/file=' . $srv->dir
  . '/run/cache 600']);
$srv->start;
$srv->write_file('source', 'of proftpd', 'proftpd');
$srv->write_file('source', 'of third', 'third');

my @open;

sub login ($version, %o) {
  push @open, $srv->client($version->{tls}->@*, %o);
  return $open[-1];
}

# What came: "code reused bytes", or "code" alone.
sub attempt ($client, $session) {
  my $r = $client->retr('source', session => $session);
  return $r->{code} == 226 ? "226 $r->{reused} $r->{data}" : $r->{code};
}

# Each row: who offers, whose session, and whether it is good.
my @ROW = (
  { name => 'own', own => 1, is_good => 1 },
  { name => 'same login', other => {}, is_good => 1 },
  { name => 'same login, which has ended', other => {}, ended => 1,
    is_good => 1 },
  { name => 'another user', other => { user => 'third' } },
  { name => 'another address', other => { bind => '127.0.0.2' } },
  { name => 'another virtual host', other => { vhost => 'elsewhere' } },
  { name => 'not logged in', other => { anybody => 1 } },
  { name => 'a failed login', other => { anybody => 1, wrong => 1 } },
  { name => 'OwnSessionOnly', vhost => 'alone',
    other => { vhost => 'alone' } },
  { name => 'OwnSessionOnly, own', vhost => 'alone', own => 1, is_good => 1 },
);

sub stranger ($version, %o) {
  my $c = $srv->connection($version->{tls}->@*);
  push @open, $c;
  $c->connect;
  $c->auth or die "no AUTH\n";
  if ($o{wrong}) {
    $c->cmd('USER proftpd');
    my ($code) = $c->cmd('PASS wrong');
    die "PASS: $code\n" if $code != 530;
  }
  $c->cmd('NOOP');   # brings what has been sent
  return $c;
}

sub offered ($version, $row) {
  my %o = $row->{other}->%*;
  my $other = delete $o{anybody} ? stranger($version, %o)
    : login($version, %o);
  my $session = $other->session;
  if ($row->{ended}) {
    $other->quit;
    @open = grep { $_ != $other } @open;
  }
  return $session;
}

for my $version (@VERSION) {
  for my $row (@ROW) {
    my $name = "$version->{name}, $row->{name}";
    my $client = login($version, vhost => $row->{vhost});
    my $session = $row->{own} ? 'reuse' : offered($version, $row);
    is attempt($client, $session), $row->{is_good} ? '226 1 of proftpd' : 425, $name;
    is attempt($client, 'reuse'), '226 1 of proftpd', "$name: own, after that";
  }
}

# The client is quicker than the other login, which may have to ask elsewhere.
for my $version (@VERSION) {
  my $client = login($version);
  my $other = stranger($version);
  pop @open;
  my $child = fork // die "fork: $!\n";
  if (!$child) {
    sleep 2;
    $other->login;
    POSIX::_exit(0);
  }
  is attempt($client, $other->session), '226 1 of proftpd',
    "$version->{name}, a login that takes two seconds";
  waitpid $child, 0;
}

# A client of TLS 1.2 that resumes has its new ticket before the server has the
# client's Finished.  The test holds that back.
sub resumed_by_half ($session) {
  my $c = $srv->connection($VERSION[0]{tls}->@*);
  $c->connect;
  my ($code) = $c->cmd('AUTH TLS');
  die "AUTH TLS: $code\n" if $code != 234;
  my $stream = $c->stream;
  $stream->prepare_tls($VERSION[0]{tls}->@*, session => $session);
  $stream->hello;
  pipe my $held, my $hold or die "pipe: $!\n";
  Net::SSLeay::set_wfd($stream->ssl, fileno $hold);
  $stream->handshake or die 'handshake: ' . $stream->error . "\n";
  return ($c, sub {
    sysread $held, my $finished, 4096;
    $stream->raw($finished);
    Net::SSLeay::set_wfd($stream->ssl, fileno $stream->sock);
  });
}

{
  my $client = login($VERSION[0]);
  my ($other, $release) = resumed_by_half($client->session);
  my $child = fork // die "fork: $!\n";
  if (!$child) {
    sleep 1;
    $release->();
    $other->login;
    POSIX::_exit(0);
  }
  is attempt($client, $other->session), '226 1 of proftpd',
    "$VERSION[0]{name}, a handshake that is not over for the server";
  waitpid $child, 0;
}

$srv->like_tlslog(qr/: client reused TLS session for data connection \(another control connection of the same login\)/,
  'TLSLog says whose session it was');

# The session is that of a certificate: the same one, another one, none.
my @certificate = (
  ['the same certificate', 'first', 'first', 1],
  ['another certificate', 'first', 'second', 0],
  ['a certificate to one without', undef, 'first', 0],
  ['none to one with a certificate', 'first', undef, 0],
);
for my $version (@VERSION) {
  for my $row (@certificate) {
    my ($name, $own, $other, $is_good) = @$row;
    my ($client, $another) = map { login($version, vhost => 'certified',
      defined $_ ? $CERT{$_}->%* : ()) } $own, $other;
    is attempt($client, $another->session),
      $is_good ? '226 1 of proftpd' : 425, "$version->{name}, $name";
  }
}

# Control connections that were resumed from one session: in TLS 1.2 all of
# them have the same master secret.  Each has [user of the first, of the second,
# may they share].
for my $version (@VERSION) {
  for my $row (['proftpd', 'proftpd', 1], ['proftpd', 'third', 0]) {
    my ($one, $two, $is_good) = @$row;
    my $name = "$version->{name}, $two resumes the session of $one";
    my $first = login($version, user => $one);
    my $old = $first->session;
    my $second = login($version, user => $two, session => $old);
    ok $second->session_reused, "$name: the control connection";
    my $new = $second->session;

    # A session id is the same for both, and whoever logs in first has it.
    my $theirs = $version->{tickets} || $is_good
      ? "226 1 of $two" : 425;
    is attempt($second, 'reuse'), $theirs, "$name: its own";
    is attempt($first, 'reuse'), "226 1 of $one", "$name: the first's own";
    is attempt($second, $old), $is_good ? "226 1 of $two" : 425,
      "$name: offers the first's";
    is attempt($first, $new),
      $is_good || !$version->{tickets} ? "226 1 of $one" : 425,
      "$name: the first offers the second's";
  }
}

# One after the other, the same session serves both users.
for my $version (@VERSION) {
  my $first = login($version, user => 'third');
  my $old = $first->session;
  attempt($first, 'reuse');
  my $sessions = $srv->sessions;
  $first->quit;
  $srv->wait_sessions($sessions - 1);
  my $second = login($version, session => $old);
  is attempt($second, $version->{tls}[0] eq 'max' ? $old : 'reuse'),
    '226 1 of proftpd', "$version->{name}: another user, after the first";
}

# The same, and another process has got the id of the first one's session.  It
# is no session, so the name of the TLS session is free.
SKIP: {
  my $last = '/proc/sys/kernel/ns_last_pid';
  skip "$last cannot be written", 2 if !-w $last;
  my $version = $VERSION[1];
  my %before = map { $_ => 1 } $srv->sessions;
  my $first = login($version, user => 'third');
  my ($pid) = grep { !$before{$_} } $srv->sessions;
  my $old = $first->session;
  $first->quit;
  $srv->wait_sessions(scalar keys %before);
  my $other = process_of_id($last, $pid)
    or skip "process $pid cannot be made", 2;
  my $second = login($version, session => $old);
  ok $second->session_reused, "$version->{name}, another process: resumed";
  is attempt($second, 'reuse'), '226 1 of proftpd',
    "$version->{name}, another process: a transfer";
  kill KILL => $other;
  waitpid $other, 0;
}

# A process that sleeps, or undef.
sub process_of_id ($last, $pid) {
  for my $try (1 .. 200) {
    my $child;
    if (open my $out, '>', $last) {
      syswrite $out, $pid - 1;
      $child = fork // die "fork: $!\n";
    }
    return undef if !defined $child;
    if (!$child) {
      sleep 60;
      POSIX::_exit(0);
    }
    return $child if $child == $pid;
    kill KILL => $child;
    waitpid $child, 0;
  }
  return undef;
}

# Real programs, each with several control connections at once and one session
# cache: 24 files, all of which must arrive.
my $FILES = 24;
my %want;
mkdir $srv->path('many');
for my $n (1 .. $FILES) {
  my $bytes = pack 'N*', map { $n * $_ } 1 .. 5000 * $n;
  $srv->write_file("many/$n", $bytes);
  $want{$n} = sha256_hex($bytes);
}

# Each connection waits for the others before its transfers, and offers what any
# of them got last.
my $python = <<'PYTHON';
import ftplib, os, ssl, sys, threading

CONNECTIONS = 4
context = ssl.create_default_context(cafile=os.environ["FTPS_CA"])
context.maximum_version = getattr(ssl.TLSVersion, sys.argv[1])
barrier = threading.Barrier(CONNECTIONS, timeout=60)
newest = [None]
failed = []

class SharingFTP(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd, rest=None):
        newest[0] = self.sock.session
        barrier.wait()
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        conn = self.context.wrap_socket(conn, server_hostname=self.host,
                                        session=newest[0])
        return conn, size

def work(names):
    try:
        ftp = SharingFTP(context=context, timeout=60)
        ftp.connect(os.environ["FTPS_HOST"], int(os.environ["FTPS_PORT"]))
        ftp.login("proftpd", "test")
        ftp.prot_p()
        for name in names:
            with open(os.path.join(sys.argv[2], name), "wb") as file:
                ftp.retrbinary("RETR many/" + name, file.write)
        ftp.quit()
    except Exception as error:
        failed.append(error)
        barrier.abort()

names = sys.argv[3:]
threads = [threading.Thread(target=work, args=(names[i::CONNECTIONS],))
           for i in range(CONNECTIONS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("; ".join(map(repr, failed)) if failed else 0)
PYTHON

sub rclone ($port, $folder) {
  my ($password) = `rclone obscure test` =~ /(\S+)/;
  return 'rclone', '--config', '', '--transfers', 6, '--retries', 1,
    '--low-level-retries', 1, 'copy', ":ftp,host=127.0.0.1,port=$port,"
    . "user=proftpd,pass='$password',explicit_tls=true:many", $folder;
}

sub curl ($port, $folder, @words) {
  return 'curl', '-sS', '-Z', '--parallel-max', 6, '--parallel-immediate',
    '--ssl-reqd', @words, '--cacert', $pki->cert('server')->{ca}, '-u',
    'proftpd:test', "ftp://127.0.0.1:$port/many/[1-$FILES]", '-o',
    "$folder/#1";
}

# Those before 8.12 keep one ticket, 8.12 to 8.14 two, and they offer nothing
# while these are spent.  So many transfers may begin at once.
sub tickets_of_curl () {
  my ($major, $minor) = `curl --version 2>/dev/null` =~ /^curl (\d+)[.](\d+)/
    or return 1;
  return $major < 8 || ($major == 8 && $minor < 12) ? 1
    : $major == 8 && $minor < 15 ? 2 : 6;
}

my @PROGRAM = (
  ['rclone', 'rclone', \&rclone],
  ['rclone, TLS 1.2', 'rclone', sub ($port, $folder) {
    return rclone($srv->vhost_port('old'), $folder);
  }],
  ['curl -Z, TLS 1.2', 'curl', sub { curl(@_, '--tls-max', '1.2') }],
  tickets_of_curl() > 1 ? ['curl -Z, TLS 1.3', 'curl', sub {
    return curl(@_, '--parallel-max', tickets_of_curl());
  }] : (),
  map { my $max = $_; ["Python, $max", 'python3', sub ($port, $folder) {
    return 'python3', '-c', $python, $max, $folder, 1 .. $FILES;
  }] } qw(TLSv1_2 TLSv1_3),
);

for my $program (@PROGRAM) {
  my ($name, $needs, $line) = @$program;
  SKIP: {
    skip "$needs is not installed", 2 if !grep { -x "$_/$needs" }
      split /:/, $ENV{PATH};
    my $folder = File::Temp->newdir('ftps-many-XXXXXX', TMPDIR => 1);
    my $ca = $pki->cert('server')->{ca};
    my ($status, $output) = FTPS::Test::Process->run(
      [$line->($srv->port, "$folder")], seconds => 120,
      env => { SSL_CERT_FILE => $ca, FTPS_CA => $ca,
        FTPS_HOST => '127.0.0.1', FTPS_PORT => $srv->port });
    is $status, 0, "$name: no error" or diag $output;
    my %got = map { $_ => digest("$folder/$_") } 1 .. $FILES;
    is_deeply \%got, \%want, "$name: $FILES files";
  }
}

sub digest ($path) {
  return sha256_hex(slurp($path, undef) // return "$!");
}

$_->close for @open;
is $srv->stop, 0, 'the daemon ends well';
done_testing;
