#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# How many bytes ProFTPD handles at a time: larger pieces for larger downloads
# under TLS, and for nothing else; an administrator's SocketOptions count;
# command lines of every length are answered although their buffer is small.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $srv = FTPS::Test::Server->new(trace => 'data:8', vhosts => [
  { name => 'set.test', port => 'own', cert => 'server',
    extra => 'SocketOptions sndbuf 32768' } ]);
$srv->start;

my %SIZE = (small => 4096, middle => 200_000, large => 3_000_000);
my %bytes = map { $_ => join '', map { pack 'N', $_ * 2654435761 % 2**32 }
  1 .. $SIZE{$_} / 4 } keys %SIZE;
$bytes{huge} = $bytes{large} x 6;
$srv->write_file($_, $bytes{$_}) for keys %bytes;

# The piece of the last transfer, as ProFTPD traces it.
sub piece ($before) {
  my $trace = substr $srv->trace, $before;
  return $trace =~ /allocated download buffer of (\d+) bytes/ ? $1 : 0;
}

sub fetch ($c, $file, %o) {
  my $before = length $srv->trace;
  my $r = $c->retr($file, %o);
  my $offset = $o{rest} // 0;
  ok $r->{ok} && $r->{data} eq substr($bytes{$file}, $offset),
    "$file from $offset on: every byte";
  return piece($before);
}

my $c = $srv->client(max => '1.2');
my $usual = fetch($c, 'small');
is fetch($c, 'large'), 262_144, 'a large file: 256 KiB at a time';
is fetch($c, 'huge'), 524_288, 'a huge one: 512 KiB';
is fetch($c, 'middle'), 65_536, 'a smaller one: 64 KiB';
is fetch($c, 'small'), $usual, 'a small one: as always';
is fetch($c, 'large', rest => 2_950_000), $usual, 'so is the rest of a large one';
$c->cmd('RETR nothing');
is fetch($c, 'small'), $usual, 'and what follows a file that is not there';
is fetch($c, 'large'), 262_144, 'large again';
ok $c->list('large')->{ok}, 'a listing behind it';
$c->protect('C');
is fetch($c, 'large', protected => 0), $usual, 'in clear: as always';
$c->quit;

$c = $srv->client(port => $srv->vhost_port('set.test'));
is fetch($c, 'large'), 32_768, 'SocketOptions win';

my @wrong = grep {
  my ($code) = $c->cmd('NOOP ' . 'x' x $_);
  $code != 200 && $code != 500 && $code != 501;
} 10, 1000, 4000, 4080 .. 4095;
is "@wrong", '', 'the longest commands that the core takes get their answer';
is +($c->cmd('NOOP'))[0], 200, 'and the session goes on';
$c->quit;

is $srv->stop, 0, 'the daemon ends';
done_testing;
