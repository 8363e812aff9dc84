# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The test library itself, with the TLS module that Debian ships: if a test
# passes here and fails elsewhere, the fault is the module's, not the library's.
# Needs: root, proftpd-core, proftpd-mod-crypto.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::PKI;
use FTPS::Test::Server;
use Test::More;

my $bytes = join '', map { chr(($_ * 7 + ($_ >> 8)) & 255) } 1 .. 200_000;

sub transfers ($c, $name, %expect) {
  my $r = $c->stor("$name.bin", $bytes);
  is $r->{tickets}, 0, "$name: no ticket for the uploader"
    if $expect{reused};
  is "$r->{code} $r->{text}", '226 Transfer complete', "$name: STOR";
  is $r->{reused}, $expect{reused}, "$name: session reuse as expected";
  $r = $c->retr("$name.bin");
  is $r->{code}, 226, "$name: RETR";
  ok $r->{data} eq $bytes, "$name: the same bytes come back";
  # mod_tls hands out two tickets, each of which is spent by one transfer.
  $r = $c->list('', session => $expect{reused} ? 'same' : 'none');
  like $r->{data}, qr/\Q$name\E\.bin/, "$name: LIST shows the file";
  return;
}

my $srv = FTPS::Test::Server->new(module => 'mod_tls', ipv6 => 1,
  vhosts => [ { name => 'free', port => 'own',
    tls => ['TLSOptions NoSessionReuseRequired'] } ]);

subtest 'certificates' => sub {
  my $pki = FTPS::Test::PKI->new;
  my $chained = $pki->cert('server-chain');
  ok -s $chained->{chain}, 'an intermediate';
  my ($cert, $key) = map { $srv->dir . "/$_.pem" } qw(new-cert new-key);
  my $print = $pki->issue(like => 'server-p384', cert => $cert, key => $key);
  is $pki->fingerprint($cert), $print, 'issued into given paths';
  isnt $print, $pki->fingerprint($pki->cert('server-p384')->{cert}), 'anew';
};

$srv->start;

for my $version ('1.2', '1.3') {
  subtest "TLS $version" => sub {
    my $c = $srv->client(min => $version, max => $version);
    is $c->version, "TLSv$version", 'version';
    is $c->peer_fingerprint,
      $srv->pki->fingerprint($srv->pki->cert('server')->{cert}), 'certificate';
    transfers($c, "reuse$version", reused => 1);
    ok $srv->read_file("reuse$version.bin") eq $bytes, 'the same bytes on disk';

    my $r = $c->list('', session => 'none');
    is "$r->{code} $r->{reused}", '425 0', 'full data handshake is refused';
    $srv->like_tlslog(qr/client did not reuse TLS session/, 'and logged');
    is(($c->cmd('NOOP'))[0], 200, 'the control connection lives');
    is(($c->quit)[0], 221, 'QUIT');

    $c = $srv->client(vhost => 'free', max => $version,
      data_session => 'none', data_mode => 'eprt');
    transfers($c, "free$version", reused => 0);
  };
}

subtest 'ways to open a data connection' => sub {
  for my $mode (qw(pasv epsv port eprt)) {
    my $r = $srv->client->nlst('', data_mode => $mode);
    is $r->{code}, 226, "IPv4 $mode";
  }
  for my $mode (qw(epsv eprt)) {
    my $r = $srv->client(host => '::1')->mlsd('', mode => $mode);
    is $r->{code}, 226, "IPv6 $mode";
  }
};

subtest 'sessions of others, and ways to end' => sub {
  my ($one, $two) = map { $srv->client(max => '1.2', user => $_) }
    qw(proftpd third);
  my $r = $two->list('', session => $one->session);
  is $r->{offered}, 1, 'offered the session of another connection';
  is $r->{code}, 425, 'which is refused';
  for my $how (qw(notify close fin)) {
    $r = $one->stor("$how.bin", $bytes, finish => $how);
    is $r->{code}, 226, "upload that ends with $how";
  }
  $r = $two->stor('hook.bin', '', during => sub ($c, $d) {
    $d->write('half');
    $d->finish('reset');
  });
  is $r->{reused}, 1, 'reset in mid-transfer';
};

subtest 'the daemon' => sub {
  my $c = $srv->client;
  is scalar($srv->sessions) > 0, 1, 'sessions are seen';
  ok $srv->hup, 'SIGHUP: read again';
  is(($c->cmd('NOOP'))[0], 200, 'a session outlives it');
  is $srv->client->quit, 2, 'new sessions work';
  $c->close;
  is(($srv->syntax_check)[0], 0, 'proftpd -t is content');
  my ($status, $output) = $srv->config_error('TLSOptions NoSuchOption');
  is $status, 1, 'and is not with an unknown option';
  like $output, qr/NoSuchOption/, 'which it names';
  is $srv->stop, 0, 'the daemon ends well';
};

done_testing;
