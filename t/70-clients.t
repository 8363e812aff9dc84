#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Real clients, each with 200 transfers, uploads and downloads mixed, on one
# control connection with session reuse required and no option relaxed. curl has
# a test of its own: it is slow by its own fault.  A few more transfers use the
# option that makes downloads begin before the handshake is over.
#
# FTPS_CLIENT=REGEX runs only clients whose name matches, FTPS_TRANSFERS=N that
# many transfers.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Clients;

FTPS::Test::Server->any_user;

my $TRANSFERS = $ENV{FTPS_TRANSFERS} // 200;

# basic-ftp begins an empty upload before its handshake is done and closes the
# connection within: the file is refused in TLS 1.3, unproven in TLS 1.2.
# wget only fetches.
my @CLIENT = (
  { name => 'lftp', run => ['lftp.sh'], needs => 'lftp' },
  { name => 'Python ftplib', run => [ 'python3', 'python-ftplib.py' ],
    needs => 'python3' },
  { name => 'PHP', run => [ 'php', 'ftp.php' ],
    needs => ['php', '-r',
      'exit(function_exists("ftp_ssl_connect") ? 0 : 1);'] },
  { name => 'Ruby Net::FTP', run => [ 'ruby', 'net-ftp.rb' ],
    needs => ['ruby', '-e', 'require "net/ftp"'] },
  { name => 'Perl Net::FTP', run => [ 'perl', 'net-ftp.pl' ],
    needs => ['perl', '-e', 'use Net::FTP; exit !Net::FTP->can_ssl'] },
  { name => 'rclone (Go)', run => ['rclone.pl'], needs => 'rclone' },
  { name => 'Java', run => [ 'java', 'FtpsClient.java' ],
    needs => ['java', '--list-modules'] },
  { name => 'Node.js basic-ftp', run => [ 'node', 'basic-ftp.js' ],
    needs => ['node', '-e', 'require("basic-ftp")'], no_empty => 1 },
  { name => 'wget', run => ['wget.sh'], needs => 'wget', only_get => 1 },
);

my $wanted = $ENV{FTPS_CLIENT} // '';
my $clients = FTPS::Test::Clients->new;
my $with = FTPS::Test::Clients->new(pki => $clients->server->pki,
  global => 'TLSOptions DataWithHandshake');
for my $client (grep { $_->{name} =~ /$wanted/i } @CLIENT) {
  $clients->check({ versions => [ '1.2', '1.3' ], %$client }, $TRANSFERS);

  my $seen = length $with->server->tlslog;
  my $name = "$client->{name} with DataWithHandshake";
  next if $with->missing($client);
  $with->check({ %$client, versions => ['1.3'], name => $name }, 20);
  like(substr($with->server->tlslog, $seen), qr/ \(DataWithHandshake\)$/m,
    "$name: used");
}
is $with->server->stop, 0, 'exit status of the other daemon';
$clients->done;
