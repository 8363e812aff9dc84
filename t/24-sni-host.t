#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# SNI and HOST choose the virtual host: the client gets its certificate, its TLS
# settings and nothing of the base server's, and everything else that ProFTPD
# reads from it after the login.  Hostile names end in an alert and leave no raw
# byte in any log.
#
# One daemon has groups of virtual hosts; those of a group share a port, and a
# client without SNI gets the first one.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Checks qw(is_reply);
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::PKI;
use FTPS::Test::Server;

FTPS::Test::Server->need_host;
my $PKI = FTPS::Test::PKI->new;
my $TEMP = File::Temp->newdir;
my $REUSE = 'TLSOptions NoSessionReuseRequired';
my $VERIFY = [ 'TLSVerifyClient on',
  'TLSCACertificateFile ' . $PKI->cert('client-ca')->{cert} ];
my $UNWILLING = '534 Unwilling to accept security parameters';
my ($SUITE, $SUITE_13) =
  ('ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_CHACHA20_POLY1305_SHA256');

# group => [ name, certificate, TLS lines ]...; the group is the first's name.
my %GROUP = (
  'main' => [
    [ 'a.test', 'a.test', [ 'TLSRequired on', "TLSCipherSuite $SUITE",
      "TLSCipherSuite TLSv1.3 $SUITE_13" ] ],
    [ 'b.test', 'b.test', [$REUSE] ],
    [ 'verify.test', 'server-p384', $VERIFY ],
    [ 'new.test', 'server-p384', ['TLSProtocol TLSv1.3'] ],
    [ 'old.test', 'server-p384', ['TLSProtocol TLSv1.2'] ],
    [ 'curve.test', 'server', ['TLSECDHCurve P-384'] ],
    [ 'rsa.test', 'server-rsa', [] ],
    [ 'chain.test', 'server-chain', [] ],
    [ 'diags.test', 'server', ['TLSOptions EnableDiags'] ],
    [ 'off.test', 'server', ['TLSEngine off'] ],
  ],
  # A base server that is as lax and as strict as can be.
  'base' => [
    [ 'base', 'server', [ "$REUSE EnableDiags", @$VERIFY,
      'TLSProtocol TLSv1.2', 'TLSECDHCurve P-384:P-256',
      "TLSCipherSuite $SUITE" ] ],
    [ 'plain.test', 'b.test', [] ],
  ],
  'ignores' => [
    [ 'ignores', 'server', ['TLSOptions IgnoreSNI'] ],
    [ 'c.test', 'b.test', [] ],
  ],
  'without' => [
    [ 'without', 'server', ['TLSEngine off'] ],
    [ 'with.test', 'b.test', [] ],
  ],
);

my $srv = FTPS::Test::Server->new(
  max_instances => 300,
  vhosts => [ map { { name => $_, port => 'own' } } grep { $_ ne 'main' }
    sort keys %GROUP ]);
my %port = map { $_ => $srv->vhost_port($_) } keys %GROUP;

sub vhost ($group, $name, $cert, $tls) {
  my @extra = ("AccessGrantMsg \"welcome to $name\"");
  if ($name eq 'a.test') {
    push @extra, "AuthUserFile $srv->{dir}/passwd.a", 'DefaultRoot ~/root';
  }
  return { name => $name, cert => $cert, tls => $tls, port => $port{$group},
    extra => \@extra };
}

sub configure () {
  my @vhosts;
  for my $group (sort keys %GROUP) {
    push @vhosts, map { vhost($group, @$_) } $GROUP{$group}->@*;
  }
  my ($line) = slurp("$srv->{dir}/passwd") =~ /^proftpd(:.*\n)/m;
  spew("$srv->{dir}/passwd.a", "alice$line", 0600);
  mkdir $srv->path('root');
  chown 65534, 65534, $srv->path('root');
  $srv->write_file('f', 'base');
  $srv->write_file('root/f', 'a.test');
  return $srv->rewrite(vhosts => \@vhosts,
    extra => [ 'ServerAlias main.test *.main.test',
      'AccessGrantMsg "welcome to main"',
      'LogFormat note "%m <%{note:mod_tls.sni}> <%{note:TLS_SERVER_NAME}>"' ],
    global => ["ExtendedLog $srv->{dir}/log/note ALL note"]);
}
configure()->start;

# A session that ends keeps the daemon from accepting the next connection for
# 0.2 s, so those that are done with stay open.
my @kept;

sub dial ($group, %o) {
  $srv->mark;
  my $c = $srv->connection(port => $port{$group}, %o);
  push @kept, $c;
  my ($code, $text) = $c->connect;
  die "banner: $code $text\n" if $code != 220;
  return $c;
}

sub is_certificate ($c, $cert, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is($c->peer_fingerprint // '(none)',
    $PKI->fingerprint($PKI->cert($cert)->{cert}), "$name: certificate");
}

# Names that are accepted: group, name, client words => certificate, and where
# the session is after login (the login message tells).
my @ACCEPTED = (
  [ main => undef, {}, 'server', 'main' ],
  [ main => 'main.test', {}, 'server', 'main' ],
  [ main => 'x.main.test', {}, 'server', 'main' ],
  [ main => 'a.test', { max => '1.2' }, 'a.test', 'a.test', $SUITE ],
  [ main => 'a.test', {}, 'a.test', 'a.test', $SUITE_13 ],
  [ main => 'b.test', {}, 'b.test', 'b.test' ],
  [ main => 'B.Test', {}, 'b.test', 'b.test' ],
  [ main => 'b.test.', {}, 'b.test', 'b.test' ],
  [ main => '127.0.0.1', {}, 'server', 'main' ],
  [ main => '192.0.2.7', {}, 'server', 'main' ],
  [ main => '::1', {}, 'server', 'main' ],
  [ main => '[2001:db8::7]', {}, 'server', 'main' ],
  [ main => 'verify.test', { $PKI->pair('client') }, 'server-p384',
    'verify.test' ],
  # A curve that is not for the keys of those without client certificates.
  [ main => 'verify.test', { max => '1.2', $PKI->issue_to("$TEMP/p521",
    like => 'client', key_type => 'EC:secp521r1') }, 'server-p384',
    'verify.test' ],
  [ main => 'new.test', { min => '1.3' }, 'server-p384', 'new.test' ],
  [ main => 'old.test', {}, 'server-p384', 'old.test' ],
  [ main => 'rsa.test', {}, 'server-rsa', 'rsa.test' ],
  [ main => 'rsa.test', { max => '1.2' }, 'server-rsa', 'rsa.test' ],
  [ main => 'chain.test', {}, 'server-chain', 'chain.test' ],
  [ main => 'curve.test', { groups => 'X25519:P-384' }, 'server',
    'curve.test' ],
  [ base => 'plain.test', { min => '1.3', groups => 'X25519' }, 'b.test',
    'plain.test', 'TLS_AES_256_GCM_SHA384' ],
  [ base => 'plain.test', { max => '1.2', groups => 'X25519:P-256',
    ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256' }, 'b.test', 'plain.test' ],
  [ ignores => 'c.test', {}, 'server', 'ignores' ],
  [ ignores => 'unknown.test', {}, 'server', 'ignores' ],
);
for my $row (@ACCEPTED) {
  my ($group, $sni, $words, $cert, $where, $cipher) = @$row;
  my $name = "$group, SNI " . ($sni // 'none')
    . ($words->{max} ? ", TLS $words->{max}" : '');
  my $c = dial($group, defined $sni ? (sni => $sni) : (), %$words);
  ok($c->auth, "$name: accepted") or diag($c->error);
  is_certificate($c, $cert, $name);
  is($c->cipher, $cipher, "$name: cipher") if $cipher;
  my $user = $where eq 'a.test' ? 'alice' : 'proftpd';
  $c->cmd("USER $user");
  is_reply($c, 'PASS test', "230 welcome to $where", $name);
}

my $NO_SERVER = qr/no matching server found for client-sent SNI/;
my $UNABLE = qr/unable to accept TLS connection: /;
my @REFUSED = (
  [ main => 'unknown.test', {}, 'unrecognized name',
    qr/$NO_SERVER 'unknown\.test', refusing handshake/ ],
  [ main => 'off.test', {}, 'unrecognized name',
    qr/$NO_SERVER 'off\.test', refusing handshake/ ],
  [ main => 'plain.test', {}, 'unrecognized name', $NO_SERVER ],
  [ main => 'test', {}, 'unrecognized name', $NO_SERVER ],
  [ main => 'x.a.test', {}, 'unrecognized name', $NO_SERVER ],
  [ main => 'new.test', { max => '1.2' }, 'protocol version',
    qr/${UNABLE}TLS handshake failed: unsupported protocol/ ],
  [ main => 'old.test', { min => '1.3' }, 'protocol version',
    qr/${UNABLE}TLS handshake failed: unsupported protocol/ ],
  [ main => 'curve.test', { groups => 'X25519', min => '1.3' },
    'handshake failure', $UNABLE ],
  [ main => 'a.test', { max => '1.2',
      ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    'handshake failure', qr/${UNABLE}TLS handshake failed: no shared cipher/ ],
  [ main => 'verify.test', { max => '1.2' }, 'handshake failure',
    qr/${UNABLE}.*peer did not return a certificate/ ],
  [ main => 'verify.test', { max => '1.2', $PKI->pair('client-other') },
    'unknown CA', qr/client certificate refused: unable to get local issuer/ ],
);
for my $row (@REFUSED) {
  my ($group, $sni, $words, $alert, $log) = @$row;
  for my $mode ('AUTH TLS', 'AUTH SSL') {
    my $name = "$group, SNI $sni" . (%$words ? ', words' : '') . ", $mode";
    my $c = dial($group, sni => $sni, %$words);
    ok(!$c->auth($mode =~ s/AUTH //r), "$name: refused");
    is($c->alert, $alert, "$name: alert") or diag($c->error);
    $srv->like_new($log, $name);
    last if $alert ne 'unrecognized name';
  }
}

# No host can have such a name, so it chooses none: it is no name, as an address
# is.  Only where names choose, the client would get another server than the one
# that it asked for.
my %ODD = ("b\xc3\xbccher.test" => 'b\xc3\xbccher.test', 'a.test:21' => '',
  'a test' => '', 'ftp://a.test/' => '', '*.a.test' => '',
  "a.test\n" => 'a.test\x0a', 'x' x 254 => '');
for my $sni (sort keys %ODD) {
  my $text = substr $ODD{$sni} || $sni, 0, 240;
  my $name = 'SNI ' . substr $text, 0, 20;
  my $c = dial('main', sni => $sni);
  ok(!$c->auth, "$name: refused where names choose");
  is($c->alert, 'unrecognized name', "$name: alert") or diag($c->error);
  $srv->like_new(
    qr/$NO_SERVER '\Q$text\E.*, which is no host name, refusing hand/, $name);
  $c = dial('ignores', sni => $sni);
  ok($c->auth, "$name: taken with IgnoreSNI") or diag($c->error);
  is_certificate($c, 'server', "$name, IgnoreSNI");
  $srv->like_new(qr/connection accepted/, "$name, IgnoreSNI");
}
ok(dial('main', sni => 'a.test.')->auth, 'a final dot: the name without it');

# What ProFTPD and other modules read from the virtual host after login.
{
  my $c = dial('main', sni => 'a.test', user => 'alice');
  $c->auth;
  is_reply($c, 'USER proftpd', '331 Password required for proftpd', 'a.test');
  is_reply($c, 'PASS test', '530 Login incorrect.', 'a.test, base user');
  $c = dial('main', sni => 'a.test', user => 'alice');
  $c->auth;
  $c->login;
  is_reply($c, 'PWD', '257 "/" is the current directory', 'a.test');
  is($c->retr('f')->{data}, 'a.test', 'a.test: DefaultRoot');
  is_reply($c, 'PROT C', $UNWILLING, 'a.test: its TLSRequired');
  $c = dial('main', sni => 'b.test');
  $c->auth;
  $c->login;
  is($c->retr('f')->{data}, 'base', 'b.test: DefaultRoot');
  is_reply($c, 'PROT C', '200 Protection set to Clear', 'b.test: TLSRequired');
}

# TLSOptions are the virtual host's, not the sum of both.
my $NOT_REUSED = 'TLS session of the control connection was not resumed';
my @MUST_RESUME = (
  [ main => undef, 1 ], [ main => 'a.test', 1 ], [ main => 'b.test', 0 ],
  [ base => 'plain.test', 1 ], [ base => undef, 0 ],
);
for my $row (@MUST_RESUME) {
  my ($group, $sni, $must) = @$row;
  for my $how (qw(1.2-tickets 1.2-ids 1.3)) {
    next if $group eq 'base' && !$sni && $how eq '1.3';
    my ($version) = $how =~ /^(1\..)/;
    my $name = "$group, SNI " . ($sni // 'none') . ", $how";
    my $c = dial($group, max => $version, defined $sni ? (sni => $sni) : (),
      tickets => $how eq '1.2-ids' ? 0 : 1,
      ($sni // '') eq 'a.test' ? (user => 'alice') : (),
      $group eq 'base' ? $PKI->pair('client') : ());
    ok($c->auth, "$name: accepted") or diag($c->error);
    $c->login;
    for my $round (1, 2) {
      my $r = $c->retr('f');
      ok($r->{ok} && $r->{reused}, "$name: data connection $round resumes")
        or diag($r->{text});
    }
    my $r = $c->retr('f', sni => 'unknown.test');
    ok($r->{ok} && $r->{reused}, "$name: SNI on data connection ignored")
      or diag($r->{text});
    $r = $c->stor('up', 'new', session => 'none');
    if ($must) {
      like("$r->{code} $r->{text}", qr/^425 $NOT_REUSED/, "$name: full");
      $srv->like_new(qr/client did not reuse TLS session, rejecting/, $name);
    } else {
      is($r->{code}, 226, "$name: full: accepted") or diag($r->{text});
      is($srv->read_file('up'), 'new', "$name: full: the file");
    }
  }
}

# HOST.
{
  my $c = dial('main');
  like(join(' ', $c->cmd('HOST a.test')), qr/^220 /, 'HOST before AUTH');
  ok($c->auth, 'HOST before AUTH: no SNI: accepted');
  is_certificate($c, 'a.test', 'HOST before AUTH');
  is($c->cipher, $SUITE_13, 'HOST before AUTH: cipher');
  $c->cmd('USER alice');
  is_reply($c, 'PASS test', '230 welcome to a.test', 'HOST before AUTH');

  $c = dial('main', sni => 'A.test');
  $c->cmd('HOST a.Test');
  ok($c->auth, 'HOST = SNI: accepted') or diag($c->error);
  is_certificate($c, 'a.test', 'HOST = SNI');

  $c = dial('main', sni => 'b.test');
  $c->cmd('HOST a.test');
  ok(!$c->auth, 'HOST is not SNI: refused');
  is($c->alert, 'access denied', 'HOST is not SNI: alert');
  $srv->like_new(
    qr/client-sent SNI 'b\.test' is not the name of its HOST command/,
    'HOST is not SNI');

  $c = dial('main', sni => 'b.test');
  like(join(' ', $c->cmd('HOST 127.0.0.1')), qr/^220 /, 'HOST address');
  ok($c->auth, 'HOST address, SNI: accepted') or diag($c->error);
  is_certificate($c, 'b.test', 'HOST address, SNI');

  $c = dial('main');
  $c->auth;
  like(join(' ', $c->cmd('HOST a.test')), qr/^503 /, 'HOST after AUTH, no SNI');

  $c = dial('main', sni => 'b.test');
  $c->auth;
  $c->protect('P');
  like(join(' ', $c->cmd('HOST a.test')), qr/^50[34] /, 'HOST is not that SNI');
  like(join(' ', $c->cmd('HOST b.test')), qr/^220 /, 'HOST is that SNI');
  $c->cmd('USER proftpd');
  is_reply($c, 'PASS test', '230 welcome to b.test', 'HOST is that SNI');
  my $r = $c->retr('f', protected => 1);
  ok($r->{ok} && $r->{reused}, 'HOST behind PROT P: data stays protected')
    or diag($r->{text});

  $c = dial('main');
  like(join(' ', $c->cmd('HOST off.test')), qr/^220 /, 'HOST, engine off');
  is_reply($c, 'AUTH TLS', '500 AUTH not understood', 'HOST, engine off');
  unlike(join("\n", $c->cmd('FEAT')), qr/AUTH TLS|PBSZ|PROT/,
    'HOST, engine off: FEAT');
  is_reply($c, 'USER proftpd', '331 Password required for proftpd', 'HOST off');
  is_reply($c, 'PASS test', '230 welcome to off.test', 'HOST, engine off');

  $c = dial('main');
  $c->cmd('HOST off.test');
  like(join(' ', $c->cmd('HOST b.test')), qr/^220 /, 'HOST, engine on again');
  ok($c->auth, 'HOST, engine on again: handshake');
  is_certificate($c, 'b.test', 'HOST, engine on again');

  $c = dial('without');
  is_reply($c, 'AUTH TLS', '500 AUTH not understood', 'base with engine off');
  like(join(' ', $c->cmd('HOST with.test')), qr/^220 /, 'HOST, engine on');
  like(join("\n", $c->cmd('FEAT')), qr/AUTH TLS/, 'HOST, engine on: FEAT');
  ok($c->auth, 'HOST, engine on: handshake') or diag($c->error);
  is_certificate($c, 'b.test', 'HOST, engine on');
  $c->login;
  $r = $c->retr('f');
  ok($r->{ok} && $r->{reused}, 'HOST, engine on: transfer');

  $c = dial('main');
  is_reply($c, 'HOST unknown.test', '504 unknown.test: Unknown hostname '
    . 'provided', 'HOST');
  ok($c->auth, 'HOST of unknown name, AUTH: handshake');
}

# EnableDiags is the virtual host's as well.
for my $row ([ main => 'diags.test', 1 ], [ main => 'b.test', 0 ],
  [ base => 'plain.test', 0 ]) {
  my ($group, $sni, $is_on) = @$row;
  my $c = dial($group, sni => $sni);
  $c->auth;
  $srv->like_new(qr/connection accepted/, "$group, $sni");
  my $found = $srv->new_log =~ /\[msg\] sent ServerHello/ ? 1 : 0;
  is($found, $is_on, "$group, $sni: EnableDiags");
}

FTPS::Test::Process->until(
    sub { slurp("$srv->{dir}/log/note", '') =~ /<a\.test>/ });
my $notes = slurp("$srv->{dir}/log/note", '');
like($notes, qr/^PASS <b\.test> <b\.test>$/m, 'notes of a session with SNI');
like($notes, qr/^PASS <> <>$/m, 'notes of a session without SNI');
like($notes, qr/^HOST <a\.test> </m, 'HOST was logged for SNI');

# Names that no client library sends: a ClientHello by hand, and the first
# record that comes back.
sub u16 ($bytes) { return pack('n', length $bytes) . $bytes }
sub extension ($type, $body) { return pack('n', $type) . u16($body) }
sub name_list ($name) { return u16("\0" . u16($name)) }

sub client_hello ($server_name) {
  my $extensions = extension(0, $server_name)
    . extension(10, pack 'nnn', 4, 0x001d, 0x0017)
    . extension(11, "\1\0") . extension(13, pack 'nnnn', 6, 0x0403, 0x0804,
      0x0401);
  my $body = "\3\3" . ('r' x 32) . "\0" . pack('nnn', 4, 0xc02b, 0xc02f)
    . "\1\0" . u16($extensions);
  my $message = "\1" . substr(pack('N', length $body), 1) . $body;
  return "\x16\3\1" . u16($message);
}

sub answer_to ($server_name) {
  my $c = dial('main');
  $c->cmd('AUTH TLS');
  $c->wire(client_hello($server_name));
  my $got = $c->stream->read_some;
  return 'handshake' if $got =~ /^\x16\x03\x03/;
  return $got =~ /^\x15\x03.\0\x02\x02(.)/s
    ? 'alert ' . ord $1 : unpack 'H*', $got;
}

my $INJECT = "evil\r\n2026-01-01 mod_ftps: forged";
my @HOSTILE = (
  [ 'good'             => name_list('b.test'), 'handshake' ],
  [ 'control'          => name_list($INJECT), 'alert 112' ],
  [ 'escape'           => name_list("\e[2J\e]0;x\a"), 'alert 112' ],
  [ 'NUL'              => name_list("b.test\0.evil"), 'alert 112' ],
  [ 'NUL at the end'   => name_list("b.test\0"), 'alert 112' ],
  [ 'NUL alone'        => name_list("\0"), 'alert 112' ],
  [ 'high bytes'       => name_list("\xff\xfe\x80"), 'alert 112' ],
  [ 'SQL'              => name_list("x' OR '1'='1"), 'alert 112' ],
  [ 'path'             => name_list('../../etc/passwd'), 'alert 112' ],
  [ 'format'           => name_list('%n%n%s'), 'alert 112' ],
  [ '300 bytes'        => name_list('a' x 300), 'alert 112' ],
  [ '254 bytes'        => name_list('a' x 254), 'alert 112' ],
  [ '253 bytes'        => name_list('a' x 253), 'alert 112' ],
  [ '16,000 bytes'     => name_list('a' x 16_000), 'alert 112' ],
  [ 'empty name'       => name_list(''), 'alert 112' ],
  [ 'empty list'       => "\0\0", 'alert 50' ],
  [ 'empty extension'  => '', 'alert 50' ],
  [ 'short list'       => substr(name_list('b.test'), 0, 6), 'alert 50' ],
  [ 'long list'        => "\0\xff" . substr(name_list('b.test'), 2),
    'alert 50' ],
  [ 'another type'     => u16("\1" . u16('b.test')), 'alert 50' ],
  [ 'two names'        => u16("\0" . u16('a.test') . "\0" . u16('b.test')),
    'alert 50' ],
  [ 'a dot'            => name_list('.'), 'alert 112' ],
);
for my $row (@HOSTILE) {
  my ($name, $bytes, $want) = @$row;
  is(answer_to($bytes), $want, "hostile name, $name: answer");
  if ($want ne 'handshake') {
    $srv->like_new(
      qr/unable to accept TLS connection: /, "hostile name, $name");
  }
}
{
  my $logs = join '', $srv->tlslog, $srv->systemlog, $notes =
    slurp("$srv->{dir}/log/note", '');
  unlike($logs, qr/[^\n\x20-\x7e]/, 'no raw byte of a name in any log');
  unlike($logs, qr/^2026-01-01|OR '1'/m, 'no name ends a line, or a quotation');
  unlike($notes, qr/forged|OR '|etc\/passwd/, 'no hostile name in any note');
}

$_->close for @kept;
# HOST can be sent any number of times.  ProFTPD itself keeps something of each
# name that it knows.
sub growth ($group, $code, @names) {
  my %earlier = map { $_ => 1 } $srv->sessions;
  my $c = dial($group);
  my ($pid) = grep { !$earlier{$_} } $srv->sessions;
  my @sizes = map {
    for my $name ((@names) x 80) {
      $c->cmd("HOST $name");
    }
    open my $in, '<', "/proc/$pid/status" or die "session $pid: $!\n";
    join('', <$in>) =~ /^VmData:\s+(\d+)/m;
  } 1 .. 3;
  is(($c->last_reply)[0], $code,
    'HOST again and again: ' . substr "@names", 0, 40);
  return $sizes[2] - $sizes[0];
}

SKIP: {
  skip 'sanitizers keep what is freed', 5 if $ENV{FTPS_ASAN};
  is(growth('main', 504, 'unknown.' x 400), 0, 'a name of nobody: no growth');
  my $with_tls = growth('main', 220, 'a.test', 'b.test');
  my $without = growth('without', 220, 'without', 'with.test');
  ok $without < 1.6 * $with_tls, 'to a server without TLS and back: no growth'
    or diag "$without kB, $with_tls kB between servers with TLS";
}

is($srv->stop, 0, 'exit status of the daemon');

# No ServerAlias anywhere: any name is as good as none.
{
  my $one = FTPS::Test::Server->new;
  $one->start;
  for my $sni (sort keys %ODD) {
    my $c = $one->client(sni => $sni);
    is($c->list->{code}, 226, 'no ServerAlias anywhere: listing, SNI '
      . substr $sni, 0, 20);
    $c->quit;
  }
  my $c = $one->client(sni => 'anything.test');
  is($c->peer_fingerprint, $PKI->fingerprint($PKI->cert('server')->{cert}),
    'no ServerAlias anywhere: accepted');
  is($c->list->{code}, 226, 'no ServerAlias anywhere: listing');
  $c->quit;
  is($one->stop, 0, 'exit status of the daemon');
}

# Several addresses, IPv6, a main server that cannot be reached.
for my $tight (0, 1) {
  my $many = FTPS::Test::Server->new(ipv6 => 1, main_port => 0,
    bind_tight => $tight,
    vhosts => [ { name => 'a.test' }, { name => 'b.test' } ]);
  $many->start;
  $many->write_file('f', 'bytes');
  for my $host ('127.0.0.1', '::1') {
    for my $row ([ undef, 'a.test' ], [ 'a.test', 'a.test' ],
      [ 'b.test', 'b.test' ]) {
      my ($sni, $cert) = @$row;
      my $name = "Port 0, SocketBindTight $tight, $host, SNI "
        . ($sni // 'none');
      my $c = $many->client(host => $host, $sni ? (sni => $sni) : ());
      is_certificate($c, $cert, $name);
      my $r = $c->retr('f');
      ok($r->{data} eq 'bytes' && $r->{reused}, "$name: transfer");
      push @kept, $c;
    }
    my $c = $many->connection(host => $host, sni => 'c.test');
    $c->connect;
    ok(!$c->auth, "Port 0, $host: unknown name refused");
    is($c->alert, 'unrecognized name', "Port 0, $host: alert");
  }
  is($many->stop, 0, 'exit status of the daemon');
}

# ProFTPD looks for names at the first address of the main server, by whichever
# the client came.
{
  my $two = FTPS::Test::Server->new(
    extra => [ 'DefaultAddress 127.0.0.1 127.0.0.2' ],
    vhosts => [ { name => 'a.test', address => '127.0.0.1' } ]);
  $two->start;
  for my $host ('127.0.0.1', '127.0.0.2') {
    for my $sni (undef, 'a.test') {
      my $name = "two addresses, $host, SNI " . ($sni // 'none');
      my $c = $two->client(host => $host, $sni ? (sni => $sni) : ());
      is_certificate($c, $sni // 'server', $name);
      is($c->list->{code}, 226, "$name: listing");
      $c->quit;
    }
  }
  is($two->stop, 0, 'exit status of the daemon');
}

done_testing;
