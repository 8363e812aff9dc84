# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# mod_ban counts handshakes (BanOnEvent TLSHandshake) by the event
# mod_tls.ctrl-handshake: after AUTH TLS, after AUTH SSL, and with implicit TLS;
# those that TLSHandshakeLimit refuses too.
#
# Needs: root, mod_ban.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Server;
use Test::More;

my $temp = File::Temp->newdir('ftps-ban-XXXXXX', TMPDIR => 1);

my %KINDS = (
  'AUTH TLS' => [[], {}, 'TLS'],
  'AUTH SSL' => [[], {}, 'SSL'],
  'implicit' => [['TLSOptions UseImplicitSSL'], { implicit => 1 }],
);

# True when the handshake was made and a command answered.
sub comes_in ($srv, $words, $mechanism) {
  my $c = $srv->connection(%$words);
  my ($code) = $c->connect;
  return 0 if $code != 220 || ($mechanism && !$c->auth($mechanism));
  ($code) = eval { $c->cmd('FEAT') };
  return ($code // 0) == 211;
}

for my $kind (sort keys %KINDS) {
  my ($tls, $words, $mechanism) = $KINDS{$kind}->@*;
  my $srv = FTPS::Test::Server->new(modules => ['mod_ban'], tls => $tls,
    extra => ['BanEngine on', 'BanTable ' . "$temp/" . ($kind =~ s/ //r),
      "BanLog $temp/log", 'BanOnEvent TLSHandshake 3/00:10:00 00:10:00']);
  $srv->start;
  my @seen = map { comes_in($srv, $words, $mechanism) } 1 .. 4;
  is "@seen[0, 1]", '1 1', "$kind: a few handshakes are fine";
  is $seen[3], 0, "$kind: then the client is banned";
  is $srv->stop, 0, "$kind: the daemon ends well";
}

# What TLSHandshakeLimit refuses counts as well.
for my $kind (sort keys %KINDS) {
  my ($tls, $words, $mechanism) = $KINDS{$kind}->@*;
  my $srv = FTPS::Test::Server->new(modules => ['mod_ban'],
    tls => [ @$tls, 'TLSHandshakeLimit 1 1h' ],
    extra => ['BanEngine on', "BanTable $temp/refused" . ($kind =~ s/ //r),
      "BanLog $temp/refused.log", 'BanOnEvent TLSHandshake 3/00:10:00 00:10:00']);
  $srv->start;
  my @seen = map { comes_in($srv, $words, $mechanism) } 1 .. 4;
  is "@seen", '1 0 0 0', "$kind: one handshake is allowed";
  open my $log, '<', "$temp/refused.log" or die "refused.log: $!";
  like join('', <$log>), qr/added TLSHandshake-triggered autoban for host/,
    "$kind: then a ban";
  is $srv->stop, 0, "$kind: the daemon ends well";
}

done_testing;
