#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSOptions DataWithHandshake (conn/handshake.c, conn/io.c): on a resumed TLS
# 1.3 handshake a download's first bytes are sent with the server's part of it;
# no transfer is reported complete before the client's part has arrived.  With
# EarlyDataHandshake and ReplyWhenSent, and the cases in which the option is not
# used.
#
# Needs: proftpd-core, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Checks qw(is_bytes);
use FTPS::Test::Process;
use FTPS::Test::Server;
use IPC::Open2 qw(open2);
use Test::More;

FTPS::Test::Server->any_user;

my $OPTION = 'TLSOptions DataWithHandshake';
my $BYTES = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 262_144;
my @SIZE = (1, 4096, 16_383, 16_384, 16_385, 40_000, 1_048_576);
my $MARK = qr/ \(DataWithHandshake\)$/m;
my $TIMEOUT = qr/TLS handshake not finished within the TLSTimeoutHandshake limit/;

my $pki = FTPS::Test::PKI->new;
my $srv = FTPS::Test::Server->new(max_instances => 60, tls => $OPTION,
  modules => ['mod_deflate'], extra => 'DeflateEngine on',
  vhosts => [
    { name => 'plain', port => 'own' },
    { name => 'sent', port => 'own', tls => "$OPTION ReplyWhenSent" },
    { name => 'early', port => 'own', tls => "$OPTION EarlyDataHandshake" },
    { name => 'all', port => 'own', extra => [ 'SocketOptions sndbuf 4096', 'DeflateEngine on' ],
      tls => [ "$OPTION EarlyDataHandshake ReplyWhenSent KernelTLS",
        'TLSRenegotiate data 64 required on' ] },
    { name => 'retry', port => 'own', tls => [ $OPTION,
      'TLSECDHCurve P-384' ] },
    { name => 'certs', port => 'own', tls => [ $OPTION,
      'TLSVerifyClient on', 'TLSCACertificateFile '
        . $pki->cert('client-ca')->{cert} ] },
    { name => 'relaxed', port => 'own',
      tls => "$OPTION NoSessionReuseRequired" },
    { name => 'hasty', port => 'own', tls => [ $OPTION,
      'TLSTimeoutHandshake 2' ] },
    { name => 'hasty2', port => 'own', tls => [
      "$OPTION EarlyDataHandshake ReplyWhenSent", 'TLSTimeoutHandshake 2' ] },
  ])->start;

my @WITH = (undef, qw(sent early all retry certs));

sub client ($vhost, %o) {
  $o{groups} = 'X25519:P-384' if ($vhost // '') eq 'retry';
  %o = (%o, $pki->pair('client')) if ($vhost // '') eq 'certs';
  return $srv->client(vhost => $vhost, min => '1.3', %o);
}

# What a command adds to a log.
sub grown ($log, $call) {
  my $before = length $srv->$log;
  $call->();
  return substr $srv->$log, $before;
}

# The command, with a ClientHello before or behind it, and whether $least bytes
# come while the client's Finished is held back.
sub begin ($client, $line, $least, %o) {
  my $is_first = delete $o{hello_first};
  my $d = $client->data(%o);
  $d->hello(2) if $is_first;
  my ($code, $text) = $client->cmd($line);
  die "$line: $code $text\n" if $code != 150;
  $d->accept;
  $d->hello(2) if !$is_first;
  return ($d, FTPS::Test::Process->until($least ? 2 : 0,
    sub { $d->unread > $least }));
}

# A small send buffer takes less; who is asked for another ClientHello goes the
# usual way.
sub least ($vhost, $size) {
  return ($vhost // '') eq 'retry' ? 0
    : ($vhost // '') eq 'all' && $size > 2000 ? 2000 : $size;
}

sub check_files ($vhost, %o) {
  my $client = client($vhost);
  my $name = join ' ', $vhost // 'alone', %o;
  for my $size (@SIZE) {
    for my $mode ($size == 4096 ? qw(pasv epsv port eprt) : 'epsv') {
      next if $o{hello_first} && $mode =~ /^(?:port|eprt)$/;
      my $label = "$name, $size bytes, $mode";
      my $log = grown('tlslog', sub {
        my ($d, $came) = begin($client, "RETR f$size",
          least($vhost, $size < 16_384 ? $size : 16_384), mode => $mode, %o);
        ok($came, "$label: data before the client's Finished");
        ok($d->handshake && $d->session_reused, "$label: handshake");
        is_bytes($d->wait_notify, substr($BYTES, 0, $size),
          "$label: every byte");
        is($d->eof, 'close_notify', "$label: close_notify");
        $d->finish('notify');
        is(($client->reply)[0], 226, "$label: 226");
      });
      is($log =~ $MARK ? 1 : 0, ($vhost // '') eq 'retry' ? 0 : 1,
        "$label: log");
    }
  }
  my $log = grown('tlslog', sub {
    my $r = $client->retr('f0');
    is_bytes($r->{data}, '', "$name: empty file");
    is("$r->{code} $r->{eof}", '226 close_notify', "$name: empty file: 226");
  });
  unlike($log, $MARK, "$name: nothing to send with it");
  return;
}

sub check_listings ($vhost) {
  my $client = client($vhost);
  my $name = $vhost // 'alone';
  for my $line ('LIST', 'NLST', 'MLSD', 'LIST many', 'MLSD many') {
    my ($d, $came) = begin($client, $line,
      least($vhost, 1000 * ($line =~ /many/)));
    ok($came, "$name, $line: data before the client's Finished");
    $d->handshake;
    my $got = $d->wait_notify;
    my $want = $line =~ /many/ ? 900 : 1;
    cmp_ok(scalar(() = $got =~ /\r\n/g), '>=', $want, "$name, $line: lines");
    is($d->eof, 'close_notify', "$name, $line: close_notify");
    $d->finish('notify');
    is(($client->reply)[0], 226, "$name, $line: 226");
  }
  my $r = $client->list('empty');
  is_bytes($r->{data}, '', "$name: nothing to list");
  is("$r->{code} $r->{eof}", '226 close_notify', "$name: nothing to list: 226");
  return;
}

# Uploads and all other ways as usual, one after the other.
sub check_mixed ($vhost) {
  my $client = client($vhost);
  my $name = ($vhost // 'alone') . ', mixed';
  my @faults;
  for my $n (1 .. 60) {
    my $bytes = substr $BYTES, $n, $n * 977 % 20_000;
    my $r = $client->stor("m$n", $bytes, mode => $n % 3 ? 'epsv' : 'port');
    push @faults, "STOR $n: $r->{code} $r->{text}"
      if $r->{code} != 226 || $srv->read_file("m$n") ne $bytes;
    my $rest = $n % 4 ? undef : int(length($bytes) / 2);
    $r = $client->retr("m$n", rest => $rest, mode => $n % 5 ? 'pasv' : 'port');
    push @faults, "RETR $n: $r->{code} $r->{text}"
      if $r->{code} != 226 || $r->{data} ne substr $bytes, $rest // 0;
    $r = $client->nlst("m$n");
    push @faults, "NLST $n: $r->{code}" if $r->{data} ne "m$n\r\n";
  }
  is("@faults[0 .. ($#faults > 3 ? 3 : $#faults)]", '',
    "$name: every byte, whatever the command");
  return;
}

# Where it steps aside: the same bytes, no mark.
sub check_aside () {
  require Compress::Zlib;
  my $f = substr $BYTES, 0, 4096;
  $srv->write_file('text', "a\nb\n");
  my $plain = grown('tlslog', sub {
    my $client = client('plain');
    is_bytes($client->retr('f4096')->{data}, $f, 'without the option');
    $client = client(undef, min => '1.2', max => '1.2');
    my $r = $client->retr('f4096');
    is_bytes($r->{data}, $f, 'TLS 1.2');
    is("$r->{code} $r->{reused}", '226 1', 'TLS 1.2: resumed');
    $client = client('relaxed', data_session => 'none');
    $r = $client->retr('f4096');
    is_bytes($r->{data}, $f, 'a full handshake');
    is("$r->{code} $r->{reused}", '226 0', 'a full handshake: not resumed');
    $client = client(undef);
    $client->cmd('TYPE A');
    is_bytes($client->retr('text')->{data}, "a\r\nb\r\n", 'TYPE A');
    $client->cmd('TYPE I');
    $client->cmd('MODE Z');
    $r = $client->retr('f4096');
    is_bytes(Compress::Zlib::uncompress($r->{data}), $f, 'MODE Z');
  });
  unlike($plain, $MARK, 'no mark in the log');

  my $client = client('all');
  $client->cmd('MODE Z');
  for my $line ('LIST many', 'NLST many') {
    my ($d) = begin($client, $line, 0);
    $d->handshake;
    my $got = Compress::Zlib::uncompress($d->wait_notify);
    cmp_ok(scalar(() = ($got // '') =~ /\r\n/g), '>=', 900, "MODE Z, $line");
    $d->finish('notify');
    is(($client->reply)[0], 226, "MODE Z, $line: 226");
  }

  $client = client(undef);
  is_bytes($client->retr('f40000', rest => 30_000)->{data},
    substr($BYTES, 30_000, 10_000), 'REST');
  $client->cmd('RANG 10 5000');
  is_bytes($client->retr('f40000')->{data}, substr($BYTES, 10, 4991), 'RANG');
  return;
}

sub check_refused () {
  my $other = client(undef, user => 'third');
  for my $session ('none', $other->session) {
    for my $line ('RETR f4096', 'LIST') {
      my $client = client(undef);
      my $d = $client->data(session => $session);
      my $log = grown('tlslog', sub {
        is(($client->cmd($line))[0], 150, "$line, not resumed: 150");
        ok(!($d->handshake && length $d->wait_notify),
          "$line, not resumed: no byte");
        my ($code, $text) = $client->reply;
        is($code, 425, "$line, not resumed: 425");
        like($text, qr/was not resumed; switch on/, "$line: the reason");
      });
      unlike($log, $MARK, "$line, not resumed: no mark");
      $d->close;
      is($client->retr('f1')->{code}, 226, "$line: and then resumed");
    }
  }
  return;
}

# How a client fails after data have been sent to it, and what it is told.
my @END = (
  { name => 'no Finished', do => sub ($d) { },
    text => $TIMEOUT },
  { name => 'a wrong Finished', text => qr/TLS handshake failed: /,
    do => sub ($d) { $d->raw("\x17\x03\x03\x00\x20" . 'x' x 32) } },
  { name => 'an alert', text => qr/TLS handshake failed: .*alert/,
    do => sub ($d) { $d->raw("\x15\x03\x03\x00\x02\x02\x2a") } },
  { name => 'the end', text => qr/TLS (?:handshake|connection) failed: /,
    do => sub ($d) { $d->close } },
  { name => 'a reset', text => qr/TLS (?:handshake|connection) failed: /,
    do => sub ($d) { $d->reset } },
);

# A client for each command, all at the same time.
sub check_unfinished ($vhost, $first) {
  my @lines = ('RETR f4096', 'RETR f16384', 'RETR f40000', 'LIST many',
    'MLSD many', 'NLST f1');
  my %client = map { $_ => client($vhost) } @lines;
  for my $end (@END) {
    my $name = "$vhost, $end->{name}" . ($first ? ', early' : '');
    my (%d, $log);
    my $xfer = grown('xferlog', sub {
      $log = grown('tlslog', sub {
        for my $line (@lines) {
          ($d{$line}) = begin($client{$line}, $line, 3, hello_first => $first);
          $end->{do}->($d{$line});
        }
        for my $line (@lines) {
          my ($code, $text) = $client{$line}->reply;
          is($code, 426, "$name, $line: 426") or diag($text);
          like($text, $end->{text}, "$name, $line: the reason");
        }
      });
    });
    my @told = $log =~ /failed behind the first data: $end->{text}/g;
    is(@told, @lines, "$name: TLSLog");
    is(scalar(() = $xfer =~ m{ 0 \S*/f\d+ b _ o .* i$}mg), 3,
      "$name: downloads not complete, no byte counted") or diag($xfer);
    unlike($xfer, qr/ c$/m, "$name: nothing complete");
    $_->close for values %d;
  }
  for my $line (@lines) {
    my $r = $client{$line}->retr('f4096');
    is("$r->{code} $r->{reused} " . ($r->{data} eq substr $BYTES, 0, 4096),
      '226 1 1', "$vhost, $line: the session goes on");
  }
  return;
}

sub check_abort ($vhost) {
  my $client = client($vhost);
  for my $line ('RETR f4096', 'RETR f1048576') {
    my $name = ($vhost // 'alone') . ", ABOR in $line";
    my ($d) = begin($client, $line, 4096);
    $client->abort;
    is(($client->reply)[0], 426, "$name: 426");
    is(($client->reply)[0], 226, "$name: 226");
    $d->close;
    is($client->retr('f1')->{code}, 226, "$name: and on");
  }
  return;
}

# openssl s_client, which can negotiate a fragment length (RFC 6066).
sub s_client ($port, $fragment, @o) {
  my @argv = ('openssl', 's_client', '-connect', "127.0.0.1:$port", '-quiet',
    '-tls1_3', '-maxfraglen', $fragment, @o);
  my $pid = open2(my $out, my $in, "exec @argv 2>/dev/null");
  $in->autoflush;
  return ($out, $in, $pid);
}

# Records of small devices are shorter than the pieces that are written.
sub check_fragments ($fragment, $file) {
  my $name = "fragments of $fragment, $file";
  my $saved = File::Temp->new;
  my ($out, $in, @pids);
  ($out, $in, $pids[0]) = s_client($srv->port, $fragment,
    qw(-starttls ftp -crlf -sess_out), $saved);
  my $say = sub ($line) {
    print {$in} "$line\n";
    while (my $reply = <$out>) { return $reply if $reply =~ /^\d{3} / }
    return '(end)';
  };
  like $say->($_->[0]), $_->[1], "$name: $_->[0]"
    for ['USER proftpd', qr/^331/], ['PASS test', qr/^230/],
      ['PROT P', qr/^200/], ['TYPE I', qr/^200/];
  my ($port) = $say->('EPSV') =~ /\|(\d+)\|/;
  (my $data, undef, $pids[1]) =
    s_client($port, $fragment, '-sess_in', $saved);
  like $say->("RETR $file"), qr/^150/, "$name: RETR";
  my $got = do { local $/; <$data> };
  is_bytes $got, substr($BYTES, 0, $file =~ s/f//r), "$name: every byte";
  like $say->('NOOP'), qr/^226/, "$name: the reply";
  kill TERM => @pids;
  waitpid $_, 0 for @pids;
  like $srv->tlslog, $MARK, "$name: with the handshake";
  return;
}

$srv->write_file("f$_", substr $BYTES, 0, $_) for 0, @SIZE;
mkdir $srv->path($_) for qw(empty many);
$srv->write_file("many/a file with a name $_", 'x') for 1 .. 900;
for my $check (
  (map { my $v = $_; sub { check_files($v) } } @WITH),
  (map { my $v = $_; sub { check_files($v, hello_first => 1) } }
    qw(early all)),
  (map { my $v = $_; sub { check_listings($v) } } @WITH),
  (map { my $v = $_; sub { check_mixed($v) } } @WITH),
  \&check_aside, \&check_refused,
  sub { check_unfinished('hasty', 0) }, sub { check_unfinished('hasty2', 0) },
  sub { check_unfinished('hasty2', 1) },
  sub { check_abort(undef) }, sub { check_abort('all') },
  (map { my $n = $_; map { my $size = $_;
    sub { check_fragments($n, "f$size") } } 4096, 40_000 } 512, 4096),
) {
  eval { $check->(); 1 } or fail("a check died: $@");
}
ok($srv->wait_sessions(0), 'every session ends when its client goes');
is($srv->stop, 0, 'the daemon ended well');
done_testing;
