#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The place of this module's LoadModule line does not matter: the header of a
# proxy is read before the handshake of an implicit port, sections of
# mod_ifsession apply to that handshake, and modules that refuse the client do
# so inside TLS.
#
# Needs: root, cc, proftpd-dev; mod_ban, mod_ifsession.  Uses mod_proxy_protocol
# if it is installed, and otherwise a module that does the same.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::Build;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my @lacking = FTPS::Test::Config->lacking(qw(mod_ban mod_ifsession));
plan skip_all => "not installed: @lacking" if @lacking;

my $temp = File::Temp->newdir('ftps-order-XXXXXX', TMPDIR => 1);
my $HAS_PROXY = !FTPS::Test::Config->lacking('mod_proxy_protocol');
my @ENGINE = $HAS_PROXY ? ('ProxyProtocolEngine on') : ();
my @OTHERS = qw(mod_ban mod_proxy_protocol mod_ifsession);

# A connection by way of a proxy: its line goes ahead, in clear.
sub proxied ($srv, $address, %o) {
  my $c = $srv->connection(%o);
  $c->{stream} = FTPS::Test::Stream->dial($c->{host}, $c->{port},
    name => 'control');
  $c->wire("PROXY TCP4 $address 127.0.0.1 40000 21\r\n");
  $c->start_tls or return (0, $c->error) if $o{implicit};
  return ($c, $c->reply);
}

sub server ($place) {
  my @before = $place eq 'first' ? () : $place eq 'last' ? @OTHERS : 'mod_ban';
  my %is_before = map { $_ => 1 } @before;
  my $srv = FTPS::Test::Server->new(vhosts => [ { name => 'explicit',
    port => 'own', tls => 'TLSRequired on', extra => \@ENGINE } ]);
  $srv->config->link_stock(qw(mod_ban mod_ifsession));
  if ($HAS_PROXY) {
    $srv->config->link_stock('mod_proxy_protocol');
  } else {
    FTPS::Test::Build->module($srv, 'mod_proxy_protocol');
  }
  my @load = map { "LoadModule $_.c" } @before, 'mod_ftps',
    grep { !$is_before{$_} } @OTHERS;
  $srv->rewrite(
    tls => [ 'TLSOptions UseImplicitSSL', 'TLSRequired on' ],
    extra => [ @ENGINE, 'LogFormat who "%a"',
      'ExtendedLog ' . $srv->dir . '/log/who AUTH who', 'BanEngine on', "BanTable $temp/$place", "BanLog $temp/log",
      'BanOnEvent TLSHandshake 3/00:10:00 00:10:00', 'BanMessage banned',
      '<Class old>', 'From 192.0.2.12', '</Class>',
      '<IfClass old>', 'TLSProtocol TLSv1.2', '</IfClass>' ]);
  my $config = $srv->config;
  bless $config, 'OrderedConfig';
  $config->{ordered} = \@load;
  return $srv;
}

{
  package OrderedConfig;
  our @ISA = ('FTPS::Test::Config');

  # Some releases have modules of the core in files of their own.
  sub _load_lines ($self) {
    my @core = grep { !/mod_ftps/ } $self->SUPER::_load_lines;
    return (@core, $self->{ordered}->@*);
  }
}

for my $place (qw(first middle last)) {
  my $srv = server($place)->start;
  my ($c, $code) = proxied($srv, '192.0.2.11', implicit => 1);
  is $code, 220, "$place: a banner inside TLS, behind the line of the proxy";
  is $c && $c->version, 'TLSv1.3', "$place: TLS 1.3";
  ok $c && defined eval { $c->login }, "$place: a login";
  ok $srv->wait_log(qr/^192\.0\.2\.11$/m, 'who'),
    "$place: the address is the client's";

  my ($explicit) = proxied($srv, '192.0.2.11', vhost => 'explicit');
  ok $explicit && $explicit->auth, "$place: AUTH";
  ok $explicit && defined eval { $explicit->login }, "$place: a login after it";

  my ($old) = proxied($srv, '192.0.2.12', implicit => 1);
  is $old && $old->version, 'TLSv1.2', "$place: the class of the address";

  my @seen = map { (proxied($srv, '192.0.2.13', implicit => 1))[1] } 1 .. 4;
  is $seen[0], 220, "$place: a few handshakes are fine";
  ok defined $seen[3] && $seen[3] =~ /^5/,
    "$place: a banned client reads why, inside TLS" or diag "@seen";
  is $srv->stop, 0, "$place: the daemon ends";
}

done_testing;
