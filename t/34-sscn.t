#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# SSCN: transfers between two servers, of which one is the TLS client.  First
# two daemons, mod_ftps and mod_ftps, mod_ftps and mod_tls, in all four ways;
# without TLSTransferServers only the ways in which the TLS client connects.
# Then which certificates of the other server are accepted, if we connected to
# it and if it connected to us, and the state after a refusal.  Replies are in
# 21-replies.t.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::CRL;
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;

my $PKI = FTPS::Test::PKI->new;
my $CA = $PKI->cert('server')->{ca};
my $HERE = '127.0.0.1';
my $THERE = '127.0.0.2';
my $CLIENT = '127.0.0.3';
my $BYTES = join '', map { pack('N', $_) x 64 } 1 .. 4096;

my $made = File::Temp->newdir('ftps-sscn-XXXXXX', TMPDIR => 1);

# A certificate that no purpose of the library has.
sub issue ($name, %words) {
  return { $PKI->issue_to("$made/$name", %words) };
}

my $THERE_CERT = issue(there => (san => "IP:$THERE"));
my $REVOKED = "$made/crl.pem";
my $lists = FTPS::Test::CRL->new($PKI, "$made/lists");
$lists->put($REVOKED,
  $lists->make('ca', revoked => [$PKI->cert('server-rsa')->{cert}]));
my @SITE = ('TLSOptions NoSessionReuseRequired', "TLSCACertificateFile $CA");
my $LIST = "TLSTransferServers $HERE $THERE";
my $UNLISTED = 'SSCN ON on a passive data connection needs TLSTransferServers; '
  . 'use PORT or SSCN OFF';

sub server_at ($address, %words) {
  my @tls = $address eq $THERE
    ? map { ("TLSECCertificateFile $_->{cert}",
        "TLSECCertificateKeyFile $_->{key}") } $THERE_CERT : ();
  my $srv = FTPS::Test::Server->new(address => $address,
    extra => ['AllowForeignAddress on'], %words,
    tls => [@tls, ($words{tls} // [@SITE, 'TLSVerifyServer on'])->@*,
      ($words{module} // '') eq 'mod_tls' || $words{unlisted} ? () : $LIST]);
  $srv->start;
  return { srv => $srv, at => $address };
}

sub login_at ($site, %words) {
  return $site->{client} = $site->{srv}->client(host => $site->{at},
    bind => $CLIENT, %words);
}

sub must ($c, $line, $code) {
  my ($got, $text) = $c->cmd($line);
  die "$line: $got $text\n" if $got != $code;
  return $text;
}

# One transfer; who is passive is told first, so that it listens.
sub fxp ($from, $to, %how) {
  my ($passive, $active) = $how{passive} eq 'from' ? ($from, $to) : ($to, $from);
  my ($client, $server) = $how{client} eq 'from' ? ($from, $to) : ($to, $from);
  must($client->{client}, 'SSCN ON', 200);
  must($server->{client}, 'SSCN OFF', 200);
  my ($address) = must($passive->{client}, 'PASV', 227) =~ /\(([\d,]+)\)/;
  must($active->{client}, "PORT $address", 200);
  my %line = ($from => 'RETR source', $to => 'STOR target');
  $_->{client}->send_line($line{$_}) for $passive, $active;
  my %reply;
  for my $site ($from, $to) {
    my ($code, $text) = $site->{client}->reply;
    ($code, $text) = $site->{client}->reply if $code < 200;
    $reply{$site} = "$code $text";
  }
  return @reply{$from, $to};
}

sub try_all_ways ($from, $to) {
  my $n = 0;
  for my $passive (qw(from to)) {
    for my $client (qw(from to)) {
      my $bytes = $n % 2 ? $BYTES : "some bytes $n";
      $from->{srv}->write_file('source', $bytes);
      $to->{srv}->write_file('target', 'what was there before, and longer');
      my @reply = fxp($from, $to, passive => $passive, client => $client);
      my $name = "passive: $passive, TLS client: $client";
      is_deeply \@reply, [('226 Transfer complete') x 2], $name;
      ok $to->{srv}->read_file('target') eq $bytes, "$name: the file";
      $n++;
    }
  }
  $from->{srv}->write_file('source', '');
  my @reply = fxp($from, $to, passive => 'to', client => 'to');
  is_deeply \@reply, [('226 Transfer complete') x 2], 'nothing';
  is $to->{srv}->read_file('target'), '', 'an empty file';
  return;
}

my @VERSION = (
  { name => 'TLS 1.2', max => '1.2', protocol => 'TLSv1.2' },
  { name => 'TLS 1.3', min => '1.3', protocol => 'TLSv1.3' },
);

sub between ($here, $there) {
  for my $site ($here, $there) {
    login_at($site);
  }
  subtest 'from here to there' => sub { try_all_ways($here, $there) };
  subtest 'from there to here' => sub { try_all_ways($there, $here) };
  return;
}

sub end_all (@sites) {
  for my $site (@sites) {
    $site->{client}->quit;
    is $site->{srv}->stop, 0, "$site->{at}: exit status";
  }
  return;
}

for my $version (@VERSION) {
  subtest "$version->{name}: mod_ftps and mod_ftps" => sub {
    my @tls = (@SITE, 'TLSVerifyServer on', "TLSProtocol $version->{protocol}");
    my ($here, $there) = map { server_at($_, tls => \@tls) } $HERE, $THERE;
    between($here, $there);
    $here->{srv}->like_tlslog(
      qr/\Q$version->{protocol} data connection made as TLS client (SSCN)/);
    like $here->{client}->list->{text}, qr/^Transfer complete/,
      'a listing after SSCN ON comes from a TLS server';
    end_all($here, $there);
  };
}

# The TLS client must be the one that connects.
subtest 'without TLSTransferServers' => sub {
  my ($here, $there) = map { server_at($_, unlisted => 1) } $HERE, $THERE;
  login_at($_) for $here, $there;
  for my $way ([$here, $there], [$there, $here]) {
    my ($from, $to) = @$way;
    $from->{srv}->write_file('source', $BYTES);
    for my $passive (qw(from to)) {
      $to->{srv}->write_file('target', 'old bytes');
      my @reply = fxp($from, $to, passive => $passive,
        client => $passive eq 'from' ? 'to' : 'from');
      is_deeply \@reply, [('226 Transfer complete') x 2], "passive: $passive";
      ok $to->{srv}->read_file('target') eq $BYTES, 'the file';
    }
  }
  end_all($here, $there);
};

# lftp makes the passive server the TLS client by default, and tries another way
# when that is refused.
sub lftp ($from, $to, $is_passive) {
  my ($source, $target) = map { "ftp://proftpd:test\@$_->{at}:"
    . $_->{srv}->port } $from, $to;
  return FTPS::Test::Process->run(['lftp', '--norc', '-e', join('; ',
    'set cmd:fail-exit yes', 'set net:max-retries 2', 'set net:timeout 10',
    'set ftp:ssl-force yes', 'set ftp:ssl-protect-data yes',
    'set ftp:ssl-protect-fxp yes', 'set ftp:fxp-force yes',
    'set ftp:fxp-passive-sscn ' . ($is_passive ? 'yes' : 'no'),
    "set ssl:ca-file $CA", "get $source/source -o $target/target", 'quit')]);
}

subtest 'lftp' => sub {
  plan skip_all => 'no lftp' if !grep { -x "$_/lftp" } split /:/, $ENV{PATH};
  for my $unlisted (0, 1) {
    my ($here, $there) = map { server_at($_, unlisted => $unlisted) }
      $HERE, $THERE;
    $here->{srv}->write_file('source', $BYTES);
    for my $is_passive (0, 1) {
      my $name = ($unlisted ? 'without' : 'with') . ' TLSTransferServers, '
        . ($is_passive ? 'passive' : 'active');
      my ($status, $output) = lftp($here, $there, $is_passive);
      is $status, 0, "$name: status" or diag $output;
      ok $there->{srv}->read_file('target') eq $BYTES, "$name: the file";
      unlink $there->{srv}->path('target');
    }
    is $_->{srv}->stop, 0, "$_->{at}: exit status" for $here, $there;
  }
};

# A stranger is quicker than the other server, with a certificate for his own
# address, which the CA has made.
sub steals_nothing ($srv, $order) {
  my $c = $srv->client;
  my %thief = (role => 'server', session => 'none', protected => 1,
    cert => $THERE_CERT->{cert}, key => $THERE_CERT->{key});
  $srv->write_file('target', 'old bytes');
  for my $mode (qw(pasv epsv)) {
    for my $line ('RETR target', 'STOR target') {
      must($c, 'SSCN OFF', 200);
      if ($order eq 'SSCN ON first') {
        must($c, 'SSCN ON', 200);
        is_deeply [$c->cmd(uc $mode)], [503, $UNLISTED], "$mode: refused";
        next;
      }
      local $c->{bind} = $THERE;
      my $d = $c->data(mode => $mode, %thief);
      must($c, 'SSCN ON', 200);
      my ($code) = $c->cmd($line);
      is $code, 150, "$mode: $line";
      ok !$d->handshake, 'no handshake';
      is +($d->read_some // ''), '', 'no bytes';
      $d->finish('close');
      my ($final, $text) = $c->reply;
      is "$final $text", "425 $UNLISTED\n"
        . 'Unable to build data connection: Operation not permitted',
        "$mode: $line: refused";
    }
  }
  is $srv->read_file('target'), 'old bytes', 'the file';
  $srv->like_tlslog(qr/\Q$UNLISTED\E/);
  must($c, 'SSCN OFF', 200);
  ok $c->list->{ok}, 'and SSCN OFF brings all back';
  $c->quit;
  return;
}

subtest 'a stranger at the passive port' => sub {
  my $srv = FTPS::Test::Server->new(tls => [@SITE],
    extra => ['AllowForeignAddress on']);
  $srv->start;
  subtest $_ => sub { steals_nothing($srv, $_) }
    for 'SSCN ON first', 'SSCN ON after PASV';
  is $srv->stop, 0, 'exit status';
};

subtest 'mod_ftps and mod_tls' => sub {
  my $here = server_at($HERE);
  my $there = server_at($THERE, module => 'mod_tls');
  between($here, $there);
  end_all($here, $there);
};

subtest 'the other server wants a session resumed' => sub {
  my $here = server_at($HERE);
  my $there = server_at($THERE, tls => ["TLSCACertificateFile $CA"]);
  login_at($_) for $here, $there;
  for my $way ([$there, $here], [$here, $there]) {
    my ($from, $to) = @$way;
    $from->{srv}->write_file('source', $BYTES);
    $to->{srv}->write_file('target', 'old bytes');
    my ($name) = "from $from->{at}";
    my @reply = fxp($from, $to, passive => 'from',
      client => $from == $here ? 'from' : 'to');
    my $theirs = $reply[$from == $there ? 0 : 1];
    like $theirs, qr/^425 .*was not resumed/, "$name: 425";
    like $reply[$from == $there ? 1 : 0], qr/^42[56] /, "$name: the other";
    is $to->{srv}->read_file('target'), 'old bytes', "$name: the file";
  }
  end_all($here, $there);
};

# TLS 1.3: the server refuses us when our handshake is over.
subtest 'the other server wants a certificate' => sub {
  my $here = server_at($HERE);
  my $there = server_at($THERE, tls => [$SITE[0],
    'TLSVerifyClient on',
    'TLSCACertificateFile ' . $PKI->cert('client')->{ca}]);
  login_at($here);
  my $own = $PKI->cert('client');
  login_at($there, cert => $own->{cert}, key => $own->{key});
  $there->{srv}->write_file('source', $BYTES);
  $here->{srv}->write_file('target', 'old bytes');
  my ($theirs, $ours) = fxp($there, $here, passive => 'from', client => 'to');
  like $theirs, qr/^425 /, '425 there';
  like $ours, qr/^425 the other server ended the TLS connection/, '425 here';
  is $here->{srv}->read_file('target'), 'old bytes', 'the file';
  end_all($here, $there);
};

# From here on the other server is this program.

my %CERT = (
  map({ $_ => $PKI->cert($_) } qw(server server-rsa server-chain server-other
    server-expired a.test)),
  localhost => issue(localhost => (san => 'DNS:localhost')),
  'common name' => issue(cn => (cn => 'localhost', san => 'email:x@test')),
  'of a client' => issue(client => (usage => 'clientAuth')),
);

my @UNTRUSTED = (
  'server-other' => 'unable to get local issuer certificate',
  'server-expired' => 'certificate has expired',
  'of a client' => 'unsuitable certificate purpose',
);

# TLS lines, other lines, and what becomes of a certificate: 0, or why not.
my @POLICY = (
  { name => 'on', tls => [@SITE, 'TLSVerifyServer on'], is => {
      server => 0, 'server-rsa' => 0, 'server-chain' => 0,
      'a.test' => 'IP address mismatch',
      localhost => 'IP address mismatch', @UNTRUSTED } },
  { name => 'by default', tls => [@SITE], is => {
      server => 0, 'a.test' => 'IP address mismatch', @UNTRUSTED } },
  { name => 'on, with reverse DNS', tls => [@SITE, 'TLSVerifyServer on'],
    extra => ['UseReverseDNS on'], is => {
      server => 0, localhost => 0, 'common name' => 0,
      'a.test' => 'hostname mismatch', @UNTRUSTED } },
  { name => 'NoReverseDNS', tls => [@SITE, 'TLSVerifyServer NoReverseDNS'],
    extra => ['UseReverseDNS on'], is => {
      server => 0, localhost => 'IP address mismatch', @UNTRUSTED } },
  { name => 'on, with a revocation list of one CA',
    tls => [@SITE, "TLSCARevocationFile $REVOKED"], is => {
      server => 0, 'server-chain' => 0,
      'server-rsa' => 'certificate revoked' } },
  { name => 'on, in a chroot', tls => [@SITE], default_root => '~', is => {
      server => 0, 'a.test' => 'IP address mismatch', @UNTRUSTED } },
  { name => 'off', tls => [@SITE, 'TLSVerifyServer off'], is => {
      map { $_ => 0 } keys %CERT } },
  { name => 'a chain too long',
    tls => [@SITE, 'TLSVerifyDepth 1'], is => {
      server => 0, 'server-chain' => 'certificate chain too long' } },
  { name => 'no CA', tls => [$SITE[0]], is => {
      server => 'self-signed certificate in certificate chain' } },
);

sub play_certificate ($srv, $c, $name, $why, $version, @modes) {
  my ($up, $down) = @modes ? @modes : ('eprt', 'port');
  my $cert = $CERT{$name};
  my %other = (role => 'server', session => 'none', key => $cert->{key},
    cert => $cert->{full} // $cert->{cert},
    map { $_ => $version->{$_} } grep { $version->{$_} } qw(min max));
  $srv->write_file('target', 'old bytes');
  my $r = $c->stor('target', 'new bytes', %other, mode => $up);
  if (!$why) {
    is "$r->{code} " . $srv->read_file('target'), '226 new bytes',
      "$name: upload";
    $r = $c->retr('target', %other, mode => $down);
    is "$r->{code} $r->{data}", '226 new bytes', "$name: download";
    return;
  }
  is "$r->{code} $r->{text}", "425 certificate of the other server refused: "
    . "$why\nUnable to build data connection: Operation not permitted",
    "$name: refused";
  ok $r->{alert}, "$name: alert " . ($r->{alert} // '');
  is $srv->read_file('target'), 'old bytes', "$name: the file";
  $srv->like_tlslog(qr/certificate of the other server refused: \Q$why\E \(/);
  return;
}

for my $policy (@POLICY) {
  subtest "TLSVerifyServer $policy->{name}" => sub {
    my $srv = FTPS::Test::Server->new(tls => $policy->{tls},
      extra => $policy->{extra} // [],
      default_root => $policy->{default_root});
    $srv->start;
    for my $version (@VERSION) {
      my $c = $srv->client;
      $c->cmd('SSCN ON');
      for my $name (sort keys $policy->{is}->%*) {
        play_certificate($srv, $c, $name, $policy->{is}{$name}, $version);
      }
      is +($c->cmd('NOOP'))[0], 200, 'the session goes on';
      $c->quit;
    }
    is $srv->stop, 0, 'exit status';
  };
}

# The same for passive connections: the list, and what becomes of certificates.
sub fingerprint ($name, $is_short = 0) {
  open my $out, '-|', 'openssl', 'x509', '-in', $CERT{$name}{cert}, '-noout',
    '-fingerprint', '-sha256' or die "openssl: $!\n";
  my ($digits) = <$out> =~ /=([0-9A-F:]+)$/ or die "openssl: no fingerprint\n";
  return 'sha256:' . ($is_short ? lc $digits =~ tr/://dr : $digits);
}

my @LISTED = (
  { name => 'an address', list => $HERE, is => {
      server => 0, 'server-rsa' => 0, 'server-chain' => 0,
      'a.test' => 'hostname mismatch', localhost => 'hostname mismatch',
      @UNTRUSTED } },
  { name => 'a name', list => 'A.test', is => {
      'a.test' => 0, server => 'hostname mismatch' } },
  { name => 'nothing that fits', list => "$THERE other.test", is => {
      server => 'hostname mismatch', 'a.test' => 'hostname mismatch' } },
  { name => 'a fingerprint', list => fingerprint('server-other'), is => {
      'server-other' => 0, server => 'hostname mismatch',
      'server-expired' => 'certificate has expired' } },
  { name => 'a fingerprint among names',
    list => "a.test\n  TLSTransferServers " . fingerprint('server-expired', 1),
    is => { 'server-expired' => 0, 'a.test' => 0,
      server => 'hostname mismatch' } },
  { name => 'names, TLSVerifyServer off', list => "$HERE a.test",
    tls => ['TLSVerifyServer off'],
    is => { map { $_ => 'self-signed certificate in certificate chain' }
      qw(server a.test) } },
  { name => 'a fingerprint, TLSVerifyServer off', list => fingerprint('server'),
    tls => ['TLSVerifyServer off'], is => { server => 0,
      'server-rsa' => 'self-signed certificate in certificate chain' } },
);

subtest 'TLSTransferServers' => sub {
  my $srv = FTPS::Test::Server->new(vhosts => [ map { {
    name => "v$_", port => 'own', tls => [@SITE, ($LISTED[$_]{tls} // [])->@*,
      "TLSTransferServers $LISTED[$_]{list}"] } } 0 .. $#LISTED ]);
  $srv->start;
  for my $n (0 .. $#LISTED) {
    my $row = $LISTED[$n];
    subtest $row->{name} => sub {
      for my $version (@VERSION) {
        my $c = $srv->client(vhost => "v$n");
        $c->cmd('SSCN ON');
        play_certificate($srv, $c, $_, $row->{is}{$_}, $version, 'pasv', 'epsv')
          for sort keys $row->{is}->%*;
        is +($c->cmd('NOOP'))[0], 200, 'the session goes on';
        $c->quit;
      }
    };
  }
  $srv->like_tlslog(qr/the server showed \Q@{[fingerprint('server', 1)]}\E/);
  is $srv->stop, 0, 'exit status';
};

# Servers that want the same share a client context, others do not.
subtest 'unlike policies in one daemon' => sub {
  my %row = (
    on => { tls => [@SITE], server => 0,
      'server-expired' => 'certificate has expired' },
    alike => { tls => [@SITE], server => 0,
      'server-expired' => 'certificate has expired' },
    off => { tls => [@SITE, 'TLSVerifyServer off'], 'server-expired' => 0 },
    short => { tls => [@SITE, 'TLSVerifyDepth 1'], server => 0,
      'server-chain' => 'certificate chain too long' },
    another => { tls => [$SITE[0], 'TLSCACertificateFile '
        . $PKI->cert('other-ca')->{cert}],
      server => 'self-signed certificate in certificate chain' },
  );
  my @order = qw(on off on2 another on3 alike short);
  my %vhost = map { $_ => $row{ tr/0-9//dr } } @order;
  my $srv = FTPS::Test::Server->new(vhosts => [
    map { { name => $_, port => 'own', tls => $vhost{$_}{tls} } } @order ]);
  $srv->start;
  for my $name (@order) {
    my $c = $srv->client(vhost => $name);
    $c->cmd('SSCN ON');
    for my $cert (sort grep { $_ ne 'tls' } keys $vhost{$name}->%*) {
      play_certificate($srv, $c, $cert, $vhost{$name}{$cert}, $VERSION[0]);
    }
    $c->quit;
  }
  is $srv->stop, 0, 'exit status';
};

# The numbers of the signatures in a ClientHello: a list within an extension.
sub signatures_of ($srv, %o) {
  my $c = $srv->client(%o);
  $c->cmd('SSCN ON');
  my $d = $c->data(mode => 'port');
  is(($c->cmd('STOR target'))[0], 150, 'STOR');
  $d->accept;
  my ($hello, @numbers) = ('');
  while (!@numbers && $d->readable(10)
      && sysread $d->sock, $hello, 4096, length $hello) {
    while ($hello =~ /\0\x0d(..)(..)/gs) {
      my ($all, $list) = map { unpack 'n', $_ } $1, $2;
      next if $all != $list + 2 || length($hello) < pos($hello) + $list;
      @numbers = unpack 'n*', substr $hello, pos $hello, $list;
    }
  }
  $c->close;
  return map { sprintf '%04x', $_ } @numbers;
}

# They share a TLS context for this only if they ask for the same.
subtest 'TLSProfile old beside another server' => sub {
  my @same = (@SITE, 'TLSProtocol TLSv1.2 TLSv1.3', 'TLSCipherSuite HIGH');
  my $srv = FTPS::Test::Server->new(tls => [@same, 'TLSProfile old'],
    vhosts => [ { name => 'other', port => 'own', tls => \@same } ]);
  $srv->start;
  my %sha1 = map { $_ => 1 } qw(0201 0203);
  is grep({ $sha1{$_} } signatures_of($srv)), 2, 'SHA-1 where it is old';
  my @other = signatures_of($srv, vhost => 'other');
  ok @other > 0, 'the other one says its signatures';
  is grep({ $sha1{$_} } @other), 0, 'and has no SHA-1';
  is $srv->stop, 0, 'exit status';
};

subtest 'in one session' => sub {
  my $srv = FTPS::Test::Server->new(tls => [$SITE[1], $LIST]);
  $srv->start;
  my $c = $srv->client(max => '1.2');
  my $cert = $CERT{server};
  my %other = (role => 'server', session => 'none', cert => $cert->{cert},
    key => $cert->{key});
  $c->cmd('SSCN ON');
  is $c->stor('file', $BYTES, %other)->{code}, 226, 'upload as client';
  ok $srv->read_file('file') eq $BYTES, 'the file';
  is $c->$_->{code}, 226, "$_ as server" for qw(list nlst mlsd);
  is $c->list('', session => 'none')->{code}, 425, 'which must be resumed';
  my $r = $c->retr('file', %other, finish => 'fin');
  ok $r->{data} eq $BYTES, 'download as client';
  like $c->stor('file', 'x', %other, finish => 'reset')->{code}, qr/^42[56]$/,
    'reset, before or after the first byte is read';
  is $c->stor('file', 'x', protected => 0, finish => 'close')->{code}, 425,
    'no TLS';
  is $c->stor('file', 'short', %other)->{code}, 226, 'upload again';
  is_deeply [$c->cmd('SSCN OFF')], [200, 'SSCN:SERVER METHOD'], 'SSCN OFF';
  is $c->retr('file')->{data}, 'short', 'download as server';
  is $c->retr('file', session => 'none')->{code}, 425, 'resumed again';
  $c->quit;
  is $srv->stop, 0, 'exit status';
};

done_testing;
