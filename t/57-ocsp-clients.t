# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Client certificates and OCSP (TLSVerifyOrder): which clients are accepted, and
# what clients and TLSLog get, if responders are true, false, slow or missing;
# with revocation lists as first and as second word; what the process that sends
# requests can do.
#
# Each row of %CASES is a client; each of %ORDERS a virtual host with a port.
# Needs: root, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::CRL;
use FTPS::Test::File qw(slurp append);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes qw(time);

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-ocsp-XXXXXX', TMPDIR => 1);
my (%responder, %client);

sub responder ($name, %o) {
  return $responder{$name} =
    FTPS::Test::Responder->new($pki, $temp, authority => 'client-ca', %o);
}

responder('true');
responder('foreign', signer => $pki->cert('other-ca'));
$responder{$_} = FTPS::Test::Responder->front($_, $temp)
  for qw(silent garbage);
$responder{tls} = FTPS::Test::Responder->front('tls', $temp,
  backend => $responder{true}->port, $pki->pair('server'));
my $nobody = FTPS::Test::Server->free_port;

sub issue ($name, @words) {
  return $client{$name} = { $pki->issue_to("$temp/$name", @words) };
}

# Two CAs between the client CA and clients: one whose revocation is looked up
# at the true responder, and one that names none.
my %between;
for my $name ('kept', 'gone', 'plain') {
  $between{$name} = issue("$name CA", like => 'intermediate',
    cn => "FTPS $name CA", issuer => 'client-ca',
    $name eq 'plain' ? () : (ocsp => $responder{true}->url));
  responder("of $name", authority => $between{$name});
}

# Client => its responder; what comes of it under "ocsp"; the alert.
my $unknown = 'certificate unknown';
my %CASES = (
  good     => { at => 'true' },
  revoked  => { at => 'true', alert => 'certificate revoked',
    log => qr/OCSP: certificate "[^"]*CN = revoked": revoked$/m },
  unknown  => { at => 'true', alert => $unknown,
    log => qr/CN = unknown": responder \S+ does not know it$/m },
  foreign  => { at => 'foreign', alert => $unknown,
    log => qr/CN = foreign": responder \S+: its response is not signed by/ },
  garbage  => { at => 'garbage', alert => $unknown,
    log => qr/CN = garbage": responder \S+: its response cannot be read/ },
  silent   => { at => 'silent', alert => $unknown,
    log => qr/CN = silent": responder \S+: no answer(?: within 2|: .*timeout)/ },
  'https'  => { url => 'https://localhost:' . $responder{tls}->port },
  'nobody' => { url => "http://127.0.0.1:$nobody/", alert => $unknown,
    log => qr/CN = nobody": responder \S+: no answer: Connection refused/ },
  'second' => { url => "http://127.0.0.1:$nobody/ " . $responder{true}->url,
    also => qr/CN = second": responder \S+: no answer: .*; the next one is as/ },
  'after silence' => { url => join(' ', map { $responder{$_}->url }
      qw(silent garbage true)),
    also => qr/CN = after silence": good$/m },
  'second, revoked' => { alert => 'certificate revoked',
    url => join(' ', map { $responder{$_}->url } qw(garbage true)),
    log => qr/CN = "second, revoked"": revoked$/m },
  'unsaid' => { alert => $unknown,
    log => qr/CN = unsaid": it names no OCSP responder$/m },
  'below'  => { at => 'of kept', ca => 'kept' },
  'below the gone' => { at => 'of gone', ca => 'gone',
    alert => 'certificate revoked',
    log => qr/certificate revoked \(depth 1, .*CN = FTPS gone CA"/ },
  'below the plain' => { at => 'of plain', ca => 'plain',
    also => qr/FTPS plain CA": not checked, since it names no OCSP resp/ },
);
for my $name (sort keys %CASES) {
  my $row = $CASES{$name};
  my $url = $row->{url} // ($row->{at} ? $responder{ $row->{at} }->url : undef);
  issue($name, like => 'client', cn => $name, ocsp => $url,
    $row->{ca} ? (issuer => $between{ $row->{ca} }) : ());
  append($client{$name}{cert}, slurp($between{ $row->{ca} }{cert}))
    if $row->{ca};
}
issue("listed, $_", like => 'client', cn => "listed-$_",
  ocsp => $responder{true}->url) for 'good';

my @known = map { $client{$_}{cert} } 'good', 'https', 'listed, good',
  'kept CA', 'second', 'after silence';
my @gone  = map { $client{$_}{cert} } 'revoked', 'gone CA', 'second, revoked';
$responder{$_}->set(known => \@known, revoked => \@gone)->start
  for 'true', 'foreign';
$responder{"of $_"}->set(known => [map { $client{$_}{cert} }
  $_ eq 'kept' ? 'below' : "below the $_"])->start for sort keys %between;

my $lists = FTPS::Test::CRL->new($pki, "$temp/crl");
$lists->put("$temp/list.pem", $lists->make('client-ca',
  revoked => [$client{'listed, good'}{cert}]));

append("$temp/cas.pem", map { slurp($pki->cert($_)->{cert}) }
  qw(client-ca ca));
my @verify = ("TLSCACertificateFile $temp/cas.pem", 'TLSVerifyClient on',
  'TLSStaplingTimeout 2');
my $list = "TLSCARevocationFile $temp/list.pem";
my %ORDERS = (
  'ocsp'          => ['TLSVerifyOrder ocsp'],
  'crl'           => [$list],
  'crlocsp'       => ['TLSVerifyOrder crl ocsp', $list],
  'ocspcrl'       => ['TLSVerifyOrder ocsp crl', $list],
  'ocspcrlnolist' => ['TLSVerifyOrder ocsp crl'],
  'ignored'       => ['TLSVerifyOrder ocsp', $list],
  'data'          => ['TLSVerifyOrder ocsp',
    'TLSOptions NoSessionReuseRequired'],
  'late'          => ['TLSVerifyOrder ocsp', 'TLSOptions AllowPerUser',
    'TLSRequired off'],
);

# The daemon has the key, so that the process that asks could have it as well.
my $srv = FTPS::Test::Server->new(default_root => '~', max_instances => 200,
  extra => [], tls => [@verify, 'TLSKeyIsolation off'], vhosts => [
    { name => 'a.test', port => 'same',
      tls => [@verify, 'TLSVerifyOrder ocsp'] },
    map { { name => $_, port => 'own', cert => 'server',
        tls => [@verify, $ORDERS{$_}->@*] } } sort keys %ORDERS,
  ]);
my ($status, $output) = $srv->syntax_check;
is $status, 0, 'proftpd -t is content';
like $output, qr/"ignored": TLSCARevocationFile: has no effect under TLSVer/,
  'and tells of a list that nobody looks at';
$srv->start;

# (connection or undef, alert).  They stay open: the daemon pauses whenever one
# ends.
sub enter ($vhost, $name, %o) {
  state @open;
  my $c = $srv->connection(vhost => $vhost, $client{$name}->%*, %o);
  push @open, $c;
  $c->connect;
  return $c->is_let_in ? ($c, '') : (undef, $c->alert);
}

# `want`: "in", or what TLSLog says; `also`: what it says besides.
sub try_client ($vhost, $name, $want, %o) {
  $srv->mark;
  my $alert = delete $o{alert};
  my $also  = delete $o{also};
  my ($c, $got) = enter($vhost, $name, %o);
  my $what = "$vhost: $name" . ($o{max} ? ", TLS $o{max}" : '');
  is $c ? 'in' : 'out', $want eq 'in' ? 'in' : 'out', $what
    or diag $srv->new_log;
  is $got, $alert, "$what: the alert" if $alert;
  for my $text ($want eq 'in' ? () : $want, $also // ()) {
    $srv->like_new($text, $what);
  }
  return $c;
}

for my $name (sort keys %CASES) {
  my $row = $CASES{$name};
  my $started = time;
  for my $max ($name eq 'silent' ? '1.2' : ('1.2', '1.3')) {
    try_client('ocsp', $name, $row->{log} // 'in', max => $max,
      alert => $row->{alert}, also => $row->{also});
  }
  ok time - $started < 6, "$name: in time";
}

subtest 'revocation lists as well' => sub {
  my $asked = $responder{true}->asked;
  my $named = qr/certificate revoked \(depth 0,/;
  my $lacks = qr/a revocation list does not name it$/m;
  my $none  = qr/OCSP verification failed \(depth 0,/;
  try_client('crl', $_, 'in') for 'good', 'revoked', 'unsaid';
  try_client('crl', 'listed, good', $named);
  try_client('crlocsp', $_, 'in') for 'good', 'revoked', 'unsaid';
  try_client('crlocsp', 'listed, good', $named);
  is $responder{true}->asked, $asked, 'nobody has been asked';

  try_client('crlocsp', 'below', 'in',
    also => qr/OCSP: certificate "[^"]*CN = below": good/);
  try_client('ocspcrl', 'good', 'in', also => qr/CN = good": good$/m);
  try_client('ocspcrl', 'revoked', $named);
  try_client('ocspcrl', 'listed, good', $named);
  try_client('ocspcrl', $_, 'in', also => $lacks)
    for 'unknown', 'nobody', 'unsaid', 'garbage';
  try_client('ocspcrlnolist', 'nobody', $none);
  try_client('ocspcrlnolist', 'good', 'in');
  try_client('ignored', 'listed, good', 'in');
};

subtest 'a virtual host that SNI chose' => sub {
  FTPS::Test::Server->need_host;
  try_client('main', 'revoked', 'in');
  try_client('main', 'revoked', qr/certificate revoked \(depth 0,/,
    sni => 'a.test', alert => 'certificate revoked');
  try_client('main', 'good', 'in', sni => 'a.test');
};

subtest 'data connections' => sub {
  my $c = try_client('data', 'good', 'in');
  $c->login('proftpd', 'test');
  $c->protect('P');
  $responder{true}->stop;
  for my $i (1, 2) {
    my $r = $c->list('', session => 'none', $client{good}->%*);
    is $r->{code}, 226, 'a full handshake uses the answer that is kept';
  }
  $responder{true}->start;
};

subtest 'sessions that are resumed' => sub {
  my ($c) = enter('ocsp', 'good');
  $c->login('proftpd', 'test');
  $c->protect('P');
  my $again = try_client('ocsp', 'good', 'in', session => $c->session,
    also => qr/no answer is kept.*session not resumed/s);
  ok !$again->session_reused, 'a full handshake asks anew';
};

subtest 'after a login, in a chroot' => sub {
  my $c = $srv->connection(vhost => 'late', $client{good}->%*);
  $c->connect;
  $c->login('proftpd', 'test');
  ok !$c->is_let_in, 'refused';
  $srv->like_tlslog(qr/CN = good": responders are not asked from inside of/);
};

# Finds the socket of the process by the port that it is connected to.
sub asking_process ($port) {
  my $remote = sprintf '0100007F:%04X', $port;
  open my $in, '<', '/proc/net/tcp' or die;
  my %inodes = map { (split)[9] => 1 } grep { (split)[2] eq $remote } <$in>;
  for my $fd (glob '/proc/[0-9]*/fd/*') {
    my ($inode) = (readlink($fd) // '') =~ /^socket:\[(\d+)\]/ or next;
    my ($pid) = $fd =~ m{^/proc/(\d+)/};
    next if !$inodes{$inode} || (readlink("/proc/$pid/exe") // '') !~ /proftpd/;
    return $pid;
  }
  return;
}

# What is found of the server's private key in the memory of a process.
sub scan ($pid) {
  my $program = FTPS::Test::Build->program("$temp/memscan");
  my ($status, $output) = FTPS::Test::Process->run(
    [$program, $pid, $pki->cert('server')->{key}]);
  return $status < 2 ? $output : "not looked through: $output";
}

# Looks at the process that asks the silent responder.  It lives for two
# seconds, which may be less than a busy machine needs.
sub look_at_asking () {
  for my $try (1 .. 10) {
    my $c = $srv->connection(vhost => 'ocsp',
      $client{silent}->%*, max => '1.2');
    $c->connect;
    my $waiting = fork // die;
    if (!$waiting) {
      $c->auth;
      POSIX::_exit(0);
    }
    my $pid = FTPS::Test::Process->until(
      sub { asking_process($responder{silent}->port) }) or return;
    my %links = map { m{(\d+)$} ? ($1 => readlink($_) // '') : () }
      glob "/proc/$pid/fd/*";
    my %look = (pid => $pid, waiting => $waiting, links => \%links,
      status => eval { slurp("/proc/$pid/status") } // '',
      found => scan($pid));
    return %look if FTPS::Test::Process->lives($pid) || $try == 10;
    waitpid $waiting, 0;
  }
}

subtest 'the process that asks' => sub {
  like scan($srv->pid), qr/key\.pem/, 'the daemon knows the private key';

  my %look = look_at_asking();
  ok $look{pid}, 'is there' or return;
  my %status = map { /^(\w+):\s+(.*)/ } split /\n/, $look{status};
  my %links = $look{links}->%*;
  my ($socket) = grep { $links{$_} =~ /^socket/ } keys %links;
  unlike $status{Uid}, qr/\b0\b/, 'is not root';
  unlike $status{Gid}, qr/\b0\b/, 'nor of its group';
  is $status{CapEff} =~ tr/0//dr, '', 'has no capabilities';
  is $status{CapPrm} =~ tr/0//dr, '', 'and can get none';
  like delete $links{3}, qr/^pipe:/, 'has a pipe to whom asked it';
  delete $links{ $socket // '' };
  is $look{found}, '', 'does not know the private key of the server';
  is_deeply \%links, { map { $_ => '/dev/null' } 0 .. 2 },
    'a socket, and nothing else';
  ok(FTPS::Test::Process->until(sub { !FTPS::Test::Process->lives($look{pid}) }),
    'and is gone at the deadline');
  waitpid $look{waiting}, 0;
};

is $srv->stop, 0, 'the daemon ends well';
$_->stop for values %responder;
done_testing;
