#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Data connections that are refused.  First what the person at a client sees:
# the 425 and its reason, not an alert of TLS and not a reset, also when the
# client uploads much; and the next command has a reply of its own.  The clients
# resume nothing: by themselves, by an option, or because noresume.c is preloaded.
#
# Then bytes: which handshakes are finished and which end with an alert, with and
# without a signer, in the old way and early; and that nobody can make the server
# sign all day.
#
# FTPS_SLOW=1: more clients, and TLS 1.2 for all.  FTPS_CLIENT=REGEX: only clients
# whose name matches.

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;
use Time::HiRes ();

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Build;
use FTPS::Test::Clients;
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;

my $IS_SLOW = $ENV{FTPS_SLOW} // 0;
my $wanted  = $ENV{FTPS_CLIENT} // '';
my $REASON  = 'TLS session of the control connection was not resumed';
my $HINT    = '; switch on TLS session reuse in the client';
my $LAST    = 'Unable to build data connection: Operation not permitted';
my $BOTH    = qr/\b425[- ]"?\Q$REASON$HINT\E.{1,300}\Q$LAST\E/s;
my $OTHER   = 'client certificate is not the one of the control connection';
my $GO      = '/usr/share/gocode';
my @SIGNER  = ('TLSKeyIsolation on');
my @EARLY   = ('TLSOptions EarlyDataHandshake');

my $pki = FTPS::Test::PKI->new;
my $ifsession = !FTPS::Test::Config->lacking('mod_ifsession');

# Where no CCC may come (TLSRequired on), and a data connection must resume, no
# session keeps its key.  Each server without a signer has a key of its own.
my @CERTIFICATES = ('TLSVerifyClient on',
  'TLSCACertificateFile ' . $pki->cert('client-ca')->{cert},
  'TLSOptions NoSessionReuseRequired EarlyDataHandshake');
my @PER_USER = ('TLSRequired on', 'TLSOptions AllowPerUser');
my @SECTION = ('<IfUser other>', 'TLSOptions NoSessionReuseRequired',
  '</IfUser>');
my @SERVER = (
  (map { { name => "v$_",
    tls => [ @SIGNER, @EARLY, "TLSProtocol TLSv$_" ],
    extra => ['MaxStoreFileSize 1 Mb'] } } '1.2', '1.3'),
  { name => 'signer', cert => 'server-rsa', tls => [ @SIGNER, @EARLY ] },
  { name => 'late', tls => \@SIGNER, extra => ['AllowForeignAddress on'] },
  { name => 'bare', cert => 'b.test',
    tls => [ 'TLSKeyIsolation off', 'TLSRequired on', @EARLY ] },
  { name => 'certificates', tls => [ @SIGNER, @CERTIFICATES ] },
  { name => 'certificates, bare', cert => 'a.test',
    tls => [ 'TLSKeyIsolation off', @CERTIFICATES ] },
  $ifsession ? (
    { name => 'users', tls => [ @SIGNER, @PER_USER ], extra => \@SECTION },
    { name => 'users, bare', cert => 'server-p384', extra => \@SECTION,
      tls => [ 'TLSKeyIsolation off', @PER_USER ] }) : (),
);
my $clients = FTPS::Test::Clients->new(pki => $pki, default_root => '~',
  modules => [ $ifsession ? 'mod_ifsession' : () ],
  vhosts => [ map { { %$_, port => 'own' } } @SERVER ]);
my $srv = $clients->server;
my ($preload, $goftp);
$srv->write_file('file', 'x' x 1000);

# More than the buffers of both ends take.
my $big = spew($srv->dir . '/big', "some bytes\n" x 1_200_000);

sub built ($name, @command) {
  return sub { return -e $name ? $clients->missing({ needs => \@command })
    : "$name is not there" };
}

# What each step says, if it is not the whole 425.  curl shows the code alone; it
# reads no reply to a download that is too short.  PHP shows the last line alone.
my $CODE = qr/server did not report OK, got 425/;
my @CLIENT = (
  { name => 'Python ftplib', run => [ 'python3', 'python-ftplib.py' ],
    needs => 'python3', versions => [ '1.2', '1.3' ] },
  { name => 'Python ftplib with reuse', needs => 'python3',
    run => [ 'python3', 'python-ftplib.py', '--reuse' ],
    says => { big => qr/error_perm 552 Transfer aborted. File too large/,
      map { $_ => qr/226 / } qw(list get put) } },
  { name => 'PHP', run => [ 'php', 'ftp.php' ], preloads => 1,
    needs => ['php', '-r',
      'exit(function_exists("ftp_ssl_connect") ? 0 : 1);'],
    says => { list => qr/false/,
      map { $_ => qr/warning ftp_\w+\(\): \Q$LAST\E/ } qw(get put big) } },
  { name => 'Ruby Net::FTP', run => [ 'ruby', 'net-ftp.rb' ], preloads => 1,
    needs => ['ruby', '-e', 'require "net/ftp"'] },
  # Newer ones resume by themselves.
  { name => 'Perl Net::FTP', run => [ 'perl', 'net-ftp.pl' ],
    needs => ['perl', '-e', 'use Net::FTP; exit !(Net::FTP->can_ssl '
      . '&& $IO::Socket::SSL::VERSION < 2.089)'] },
  { name => 'Node.js basic-ftp', run => [ 'node', 'basic-ftp.js' ],
    needs => ['node', '-e', 'require("basic-ftp")'] },
  { name => 'curl', run => ['curl.sh'], needs => 'curl', no_next => 1,
    says => { list => $CODE, put => $CODE, big => $CODE, verbose => $BOTH,
      get => qr/transfer closed with 1000 bytes remaining/ } },
  { name => 'curl with GnuTLS', no_next => 1,
    run => [ '/usr/bin/python3', 'python-pycurl.py' ],
    needs => built('/usr/share/doc/python3-pycurl', '/usr/bin/python3', '-c',
      'import pycurl; assert "GnuTLS" in pycurl.version'),
    says => { get => qr/transfer closed with 1000 bytes remaining/,
      map { $_ => qr/$CODE.*\Q$REASON\E/ } qw(list put big) } },
  { name => 'lftp', run => ['lftp.sh'], needs => 'lftp',
    says => { '' => $BOTH } },
  { name => 'wget', run => ['wget.sh'], needs => 'wget', no_next => 1,
    says => { '' => $BOTH,
      'FTPS server' => qr/rejects new SSL sessions in the data connection/ } },
  { name => 'rclone', run => ['rclone.sh'], needs => 'rclone', no_next => 1,
    says => { '' => $BOTH } },
  { name => 'jlaffaye/ftp (Go)', slow => 1, go => 1,
    needs => built("$GO/src/github.com/jlaffaye/ftp", 'go', 'version') },
  { name => 'FileZilla', run => [ 'perl', 'filezilla.pl' ], slow => 1,
    preloads => 1, no_next => 1,
    needs => ['sh', '-c', 'command -v filezilla && command -v Xvfb'],
    says => { '' => qr/$BOTH.*Failed to retrieve directory listing/s } },
  { name => 'Java', run => [ 'java', 'JdkSockets.java' ], slow => 1,
    needs => ['java', '--list-modules'] },
  { name => 'Commons Net', slow => 1,
    run => [ 'java', '-cp', '/usr/share/java/commons-net.jar',
      'CommonsNet.java' ],
    needs => built('/usr/share/java/commons-net.jar', 'java',
      '--list-modules') },
);

sub build_preload () {
  $preload //= FTPS::Test::Build->program($srv->dir . '/noresume.so',
    '-shared', '-fPIC');
  return "LD_PRELOAD=$preload";
}

sub build_go () {
  $goftp //= $srv->dir . '/goftp';
  my ($status, $output) = FTPS::Test::Process->run([ 'go', 'build', '-o',
    $goftp, dirname(abs_path(__FILE__)) . '/clients/refused/goftp.go' ],
    seconds => 300, env => { GOPATH => $GO, GO111MODULE => 'off',
      GOCACHE => $srv->dir . '/cache', HOME => $srv->dir });
  diag($output) if $status != 0;
  return $goftp;
}

# What a client prints of a step is in one line; '' is all that it prints.
sub judge ($client, $name, $output) {
  my $says = $client->{says} // { map { $_ => $BOTH } qw(list get put big) };
  for my $step (sort keys %$says) {
    my $said = $step eq '' ? $output
      : join "\n", $output =~ /^\Q$step\E (?!next)(.*)/mg;
    like $said, $says->{$step}, "$name, $step" or diag $output;
  }
  return if $client->{no_next};
  my @replies = $output =~ /^(?:\w+ next )?(200 .*)/mg;
  cmp_ok scalar @replies, '>=', 2, "$name: the next commands have their replies"
    or diag $output;
  return;
}

sub check_client ($client, $version) {
  my $name = "$client->{name}, TLS $version";
  my $run  = $client->{go} ? [build_go()] : $client->{run};
  my ($program, @args) = map { /\A[\w-]+\.\w+\z/ ? "refused/$_" : $_ } @$run;
  my $stores = $client->{name} =~ /with reuse/;
  my ($status, $output) = $clients->run({ run => [ 'env', "FTPS_BIG=$big",
    $client->{preloads} ? build_preload() : (), $program, @args ] },
    $version, []);
  judge($client, $name, $output);
  is -e $srv->path($_) ? 1 : 0, $stores ? 1 : 0, "$name: the file $_"
    for qw(new big);
  unlink map { $srv->path($_) } qw(new big);
  return;
}

for my $client (@CLIENT) {
  next if $client->{name} !~ /$wanted/i;
  my $missing = $client->{slow} && !$IS_SLOW ? 'FTPS_SLOW is not set'
    : $clients->missing($client);
  for my $version ($IS_SLOW ? ('1.2', '1.3')
    : ($client->{versions} // ['1.3'])->@*) {
    SKIP: {
      skip "$client->{name}, TLS $version: $missing", 1 if defined $missing;
      check_client($client, $version);
    }
  }
}

# How a refused data connection ends, and what is said.
sub check_end ($client, $name, $r, $alert, $reason = "$REASON$HINT") {
  is_deeply [ $r->@{qw(code text alert)} ], [ 425, "$reason\n$LAST", $alert ],
    "$name: its end"
    or diag "$r->{code} $r->{text} $r->{tls_error}";
  is(($client->cmd('NOOP'))[0], 200, "$name: the next reply");
  return;
}

my %COMMAND = (
  LIST => sub ($c, %o) { return $c->list('', session => 'none', %o) },
  RETR => sub ($c, %o) { return $c->retr('file', session => 'none', %o) },
  STOR => sub ($c, %o) { return $c->stor('new', 'x', session => 'none', %o) },
);

# With a signer, all are finished; where no signature can be had, the alert is
# the same in both versions, also if the client has to say hello twice.
sub check_ends ($version) {
  for my $row ([ 'signer', 'close notify' ], [ 'bare', 'access denied' ]) {
    my ($vhost, $alert) = @$row;
    for my $how ([ mode => 'epsv' ], [ mode => 'port' ],
      [ early => 'handshake' ]) {
      my $name = "TLS $version, $vhost, $how->[1]";
      my $client = $srv->client(vhost => $vhost, max => $version,
        groups => 'P-521:P-256');
      for my $verb (sort keys %COMMAND) {
        my $r = $COMMAND{$verb}->($client, @$how);
        check_end($client, "$name, $verb", $r, $alert);
      }
      ok !-e $srv->path('new'), "$name: no file";
      is $client->list->{code}, 226, "$name: resumed";
    }
  }
  return;
}

# Many refusals: a few are finished, then comes the alert.  One more than the
# stock for each second that this takes.
sub check_budget ($version, $name, $act) {
  my $client = $srv->client(vhost => 'signer', max => $version);
  my $since = Time::HiRes::time();
  my %seen;
  $seen{ $act->($client) }++ for 1 .. 16;
  my $most = 7 + Time::HiRes::time() - $since;
  my $finished = delete $seen{finished};
  ok $finished >= 6 && $finished <= $most,
    "TLS $version, $name: few are finished" or diag $finished;
  is_deeply \%seen, { 'access denied' => 16 - $finished },
    "TLS $version, $name: the others get the alert" or diag explain \%seen;
  is $client->list->{code}, 226, "TLS $version, $name: resumed";
  return;
}

my %ABUSE = (
  listings => sub ($client) {
    my $r = $client->list('', session => 'none');
    is $r->{code}, 425, 'a listing';
    return $r->{alert} eq 'close notify' ? 'finished' : $r->{alert};
  },
  'early connections that are not used' => sub ($client) {
    my $d = $client->data(session => 'none');
    my $is_finished = $d->handshake;
    $d->close;
    return $is_finished ? 'finished' : $d->alert;
  },
);

# Full handshakes are accepted, but not without the client's certificate.
sub check_certificate ($version) {
  for my $vhost ('certificates', 'certificates, bare') {
    my $client = $srv->client(vhost => $vhost, max => $version,
      $pki->pair('client'));
    ok $client->list('', session => 'none')->{ok},
      "TLS $version, $vhost: with the certificate";
    delete local @{ $client->{tls} }{qw(cert key)};
    for my $verb (sort keys %COMMAND) {
      for my $early ('', 'handshake') {
        my $r = $COMMAND{$verb}->($client, early => $early);
        check_end($client, "TLS $version, $vhost, $verb without it"
          . ($early && ', early'), $r, 'close notify', $OTHER);
      }
    }
  }
  return;
}

# An option of some users lets the session keep its key till the login.
sub check_per_user ($version) {
  for my $row ([ 'users', 'close notify' ], [ 'users, bare', 'access denied' ]) {
    my ($vhost, $alert) = @$row;
    my $client = $srv->client(vhost => $vhost, max => $version);
    for my $verb (sort keys %COMMAND) {
      my $r = $COMMAND{$verb}->($client);
      check_end($client, "TLS $version, $vhost, $verb", $r, $alert);
    }
    is $srv->client(vhost => $vhost, max => $version, user => 'other')
      ->list('', session => 'none')->{code}, 226,
      "TLS $version, $vhost: a user who need not resume";
  }
  return;
}

# What a refused upload still sends is dropped, so that its client reads the
# reply; but not without end, and little of it for a stranger.
sub check_upload ($version) {
  for my $row ([ '127.0.0.1', 60, 90 ], [ '127.0.0.9', 0, 30 ]) {
    my ($from, $least, $most) = @$row;
    my $client = $srv->client(vhost => 'late', max => $version);
    local $client->{bind} = $from;
    my $d = $client->data(session => 'none');
    is(($client->cmd('STOR new'))[0], 150, "TLS $version, $from: STOR");
    ok $d->handshake, "TLS $version, $from: handshake" or diag $d->error;
    my $sent = 0;
    $sent++ while $sent < 100 && $d->write('x' x (1 << 20));
    ok $sent >= $least && $sent <= $most, "TLS $version, $from: its end"
      or diag "$sent MiB";
    $d->close;
    is(($client->reply)[0], 425, "TLS $version, $from: the reply");
    is(($client->cmd('NOOP'))[0], 200, "TLS $version, $from: the next one");
  }
  return;
}

for my $version ('1.2', '1.3') {
  next if $wanted && $wanted ne "none";
  check_ends($version);
  check_budget($version, $_, $ABUSE{$_}) for sort keys %ABUSE;
  check_certificate($version);
  check_upload($version);
  SKIP: {
    skip 'mod_ifsession is not installed', 1 if !$ifsession;
    check_per_user($version);
  }
}
$clients->done;
