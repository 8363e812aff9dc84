# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::House;

=head1 NAME

FTPS::Test::House - the folders of mod_ftps/ in their order, and what is in them

=head1 SYNOPSIS

  my @rooms = FTPS::Test::House->rooms;      # lowest first
  my $i     = FTPS::Test::House->room_of('conn/io.c');
  my @found = FTPS::Test::House->includes('mod_ftps/conn/io.c');

=head1 DESCRIPTION

A file includes files of its own room and of the rooms below.  t/00-house.t
checks this, and doc/architecture.pl draws it.

=cut

use v5.36;

# Name, pattern of the files below mod_ftps/, what it is for.
my @ROOMS = (
  ['include', qr{^(?:include/|version\.h$)}, 'public headers, version'],
  ['base', qr{^base/}, 'errors, settings, words, names in certificates'],
  ['counts', qr{^counts/}, 'what all processes have counted'],
  ['log', qr{^log/}, 'TLSLog, system log, trace'],
  ['keys', qr{^keys/}, 'certificates and private keys'],
  ['cache', qr{^cache/}, 'sealed values outside the process'],
  ['tickets', qr{^tickets/}, 'secrets of session tickets'],
  ['ocsp', qr{^ocsp/}, 'OCSP requests, stapling'],
  ['trust', qr{^trust/}, 'client certificates, other servers, CRLs'],
  ['vhost', qr{^vhost/}, 'one virtual host: settings, keys, SSL_CTX'],
  ['named', qr{^named/}, 'certificates by name'],
  ['conn', qr{^conn/}, 'one TLS connection: handshake, bytes, resumption'],
  ['host/names.h', qr{^host/names\.h$}, 'strings that other modules compare'],
  ['host/event', qr{^host/event\.[ch]$}, 'what TLSLog says of an event'],
  ['host/reply', qr{^host/reply\.[ch]$}, 'refusals, as clients read them'],
  ['host/config', qr{^host/config/}, 'directives'],
  ['host/session', qr{^host/session\.[ch]$}, 'the TLS side of an FTP session'],
  ['host/sight', qr{^host/sight\.[ch]$}, 'lines and counts of handshakes'],
  ['host/data', qr{^host/data/}, 'data connections, uploads'],
  ['host/netio', qr{^host/netio\.[ch]$}, "ProFTPD's network streams"],
  ['host/control', qr{^host/control/}, 'commands, login, TLSRequired'],
  ['host/daemon', qr{^host/daemon/}, 'events, timers, ftpdctl'],
  ['mod_ftps.c', qr{^(?:mod_ftps|alias|load|no_controls)\.[ch]$}, 'module record, command table'],
);

sub rooms ($class) {
  return @ROOMS;
}

sub room_of ($class, $inside) {
  for my $i (0 .. $#ROOMS) {
    return $i if $inside =~ $ROOMS[$i][1];
  }
  return undef;
}

# What a file includes of mod_ftps/.
sub includes ($class, $path) {
  open my $in, '<', $path or die "$path: $!\n";
  return grep { -f "mod_ftps/$_" }
    map { /^\s*#\s*include\s*"([^"]+)"/ ? $1 : () } <$in>;
}

1;
