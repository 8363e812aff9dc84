# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# openssl.cnf: what a system's administrator writes for all programs must not
# break transfers, nor be made weaker where the configuration says nothing.
# Each row is a daemon of its own with a system default section.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(spew);
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $temp = File::Temp->newdir('ftps-cnf-XXXXXX', TMPDIR => 1);
my $pki  = FTPS::Test::PKI->new;
my $other = $pki->cert('server-rsa');

# Commands that change nothing that a client of ours would see.
my @HARMLESS = (
  'Options = Bugs,Compression,ServerPreference,-EncryptThenMac,'
    . '-ExtendedMasterSecret,-MiddleboxCompat,PrioritizeChaCha,'
    . 'UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect,AllowNoDHEKEX,'
    . '-AntiReplay,-CANames,EmptyFragments,DHSingle,ECDHSingle',
  'VerifyMode = Require', 'RecordPadding = 4096',
  'CipherString = ECDHE+AESGCM:@SECLEVEL=2',
  'SignatureAlgorithms = ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256',
  'ClientSignatureAlgorithms = ECDSA+SHA256:RSA-PSS+SHA256',
);

# Name, lines of the section, lines of proftpd.conf, what happens to clients of
# TLS 1.2 and 1.3: 1 served, 0 refused.
my @ROWS = (
  ['nothing', [], [], '1.2' => 1, '1.3' => 1],
  ['MinProtocol above ours', ['MinProtocol = TLSv1.3'], [],
    '1.2' => 0, '1.3' => 1],
  ['MinProtocol below ours', ['MinProtocol = TLSv1'], [], '1.2' => 1,
    '1.3' => 1, '1.1' => 0],
  ['MinProtocol and TLSProtocol', ['MinProtocol = TLSv1.3'],
    ['TLSProtocol TLSv1.2 TLSv1.3'], '1.2' => 1, '1.3' => 1],
  ['MaxProtocol', ['MaxProtocol = TLSv1.2'], [], '1.2' => 1, '1.3' => 0],
  ['MaxProtocol and TLSProtocol', ['MaxProtocol = TLSv1.2'],
    ['TLSProtocol TLSv1.3'], '1.2' => 0, '1.3' => 1],
  ['MaxProtocol below ours', ['MaxProtocol = TLSv1.1'], [], '1.2' => 1,
    '1.3' => 1],
  ['Protocol', ['Protocol = ALL,-TLSv1.2'], [], '1.2' => 0, '1.3' => 1],
  ['Protocol and TLSProtocol', ['Protocol = ALL,-TLSv1.2'],
    ['TLSProtocol TLSv1.2'], '1.2' => 1, '1.3' => 0],
  ['no tickets', ['Options = -SessionTicket', 'NumTickets = 0'], [],
    '1.2' => 1, '1.3' => 1],
  ['kernel TLS', ['Options = KTLS'], [], '1.2' => 1, '1.3' => 1],
  ['all that is harmless', \@HARMLESS, [], '1.2' => 1, '1.3' => 1],
  ['a certificate', ["Certificate = $other->{full}",
      "PrivateKey = $other->{key}"], [], '1.2' => 1, '1.3' => 1],
  ['groups', ['Groups = P-384:P-521'], [], '1.2' => 1, '1.3' => 1],
);

# Which of these a client that knows no other can use.
my %GROUPS = (
  'nothing' => { X25519 => 1, 'P-256' => 1, 'P-384' => 1, 'P-521' => 0,
    X448 => 0, map { ("ffdhe$_" => 0) } 2048, 3072, 4096, 6144, 8192 },
  'groups'  => { X25519 => 0, 'P-384' => 1 },
);

sub daemon ($section, $tls) {
  local $ENV{OPENSSL_CONF} = spew("$temp/openssl.cnf", join '', map { "$_\n" }
    'openssl_conf = init', '[init]', 'ssl_conf = ssl', '[ssl]',
    'system_default = system', '[system]', @$section);
  return FTPS::Test::Server->new(tls => $tls)->start;
}

sub dial ($srv, %tls) {
  my $c = $srv->connection(%tls);
  $c->connect;
  return ($c, $c->auth);
}

for my $row (@ROWS) {
  my ($name, $section, $tls, %served) = @$row;
  my $srv = daemon($section, $tls);
  for my $version (sort keys %served) {
    my %tls = (min => $version, max => $version);
    $tls{ciphers} = 'ALL:@SECLEVEL=0' if $version eq '1.1';
    my ($c, $is_served) = dial($srv, %tls);
    is !!$is_served, !!$served{$version}, "$name, TLS $version" or next;
    next if !$is_served;
    is $c->peer_fingerprint, $pki->fingerprint($pki->cert('server')->{cert}),
      "$name, TLS $version: its own certificate";
    $c->login;
    for my $n (1 .. 3) {
      my $r = $c->stor('x', "bytes $n", finish => 'notify');
      is "$r->{code}/" . ($r->{reused} // ''), '226/1',
        "$name, TLS $version: upload $n";
    }
    is $c->retr('x')->{data}, 'bytes 3', "$name, TLS $version: a download";
    my ($again) = dial($srv, %tls, session => $c->session);
    ok $again->session_reused, "$name, TLS $version: another connection";
  }
  for my $group (sort keys $GROUPS{$name}->%*) {
    my ($c, $is_served) = dial($srv, min => '1.3', groups => $group);
    is !!$is_served, !!$GROUPS{$name}{$group}, "$name, group $group";
  }
  is $srv->stop, 0, "$name: the daemon ends well";
}

{
  my $srv = daemon(['Groups = P-384'], ['TLSECDHCurve X25519']);
  ok((dial($srv, min => '1.3', groups => 'X25519'))[1],
    'TLSECDHCurve counts before Groups');
  is $srv->stop, 0, 'the daemon ends well';
}

done_testing;
