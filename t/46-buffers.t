#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# How many bytes ProFTPD handles at a time: larger pieces for larger downloads
# under TLS, and for nothing else; an administrator's SocketOptions count; pieces
# are small under TransferRate, where ProFTPD pauses after each; other files are
# read meanwhile; command lines of every length are answered although
# their buffer is small.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Checks qw(is_bytes);
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $srv = FTPS::Test::Server->new(trace => 'data:8 fsio:8', vhosts => [
  { name => 'set.test', port => 'own', cert => 'server',
    extra => 'SocketOptions sndbuf 32768' },
  { name => 'slow.test', port => 'own', cert => 'server',
    extra => [ 'TransferRate RETR 100000', 'TransferRate APPE,STOR 100000' ] },
]);
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

$c = $srv->client(vhost => 'set.test');
is fetch($c, 'large'), 32_768, 'SocketOptions win';
$c->quit;

# A pause of more than TimeoutStalled has ended the session.
$c = $srv->client(vhost => 'slow.test');
is fetch($c, 'large'), $usual, 'TransferRate: a download';
my $before = length $srv->trace;
is $c->stor('slow', $bytes{large})->{code}, 226, 'TransferRate: an upload';
ok $srv->read_file('slow') eq $bytes{large}, 'TransferRate: every byte';
my @larger = grep { $_ > 16_384 } substr($srv->trace, $before)
  =~ m{write\(\) for path '[^']*slow' \((\d+) bytes\)}g;
is "@larger", '', 'TransferRate: one record at a time';

my @wrong = grep {
  my ($code) = $c->cmd('NOOP ' . 'x' x $_);
  $code != 200 && $code != 500 && $code != 501;
} 10, 1000, 4000, 4080 .. 4095;
is "@wrong", '', 'the longest commands that the core takes get their answer';
is +($c->cmd('NOOP'))[0], 200, 'and the session goes on';
$c->quit;

is $srv->stop, 0, 'the daemon ends';

# Pools of ProFTPD give nothing back.  A session had kept a buffer of each of its
# first three large downloads, 2 MiB in all.
subtest 'memory of large downloads' => sub {
  plan skip_all => 'the sanitizers keep what is freed'
    if $ENV{FTPS_ASAN} || $ENV{FTPS_VALGRIND};
  my $server = FTPS::Test::Server->new->start;
  my $large = $bytes{large};
  $server->write_file($_->[0], $large x $_->[1]) for ['one', 1], ['six', 6];
  my $client = $server->client;
  my $before = private_memory($server->sessions);
  for my $file (('one') x 4, ('six') x 4) {
    is $client->retr($file)->{code}, 226, "$file: 226";
  }
  cmp_ok private_memory($server->sessions) - $before, '<', 800,
    'KiB more after eight of them';
  $client->quit;
  is $server->stop, 0, 'the daemon ends';
};

# Of one process, in KiB.
sub private_memory ($pid) {
  open my $in, '<', "/proc/$pid/smaps_rollup" or die "$pid: $!\n";
  my $sum = 0;
  while (<$in>) { $sum += $1 if /^Private_\w+:\s+(\d+)/ }
  return $sum;
}

# Commands during a download: their files are read into buffers of their own,
# while ProFTPD has a piece of the download that it has not sent yet.
subtest 'other files are read meanwhile' => sub {
  plan skip_all => 'mod_digest is not installed'
    if FTPS::Test::Config->lacking('mod_digest');
  my $busy = FTPS::Test::Server->new(modules => ['mod_digest'],
    extra => ['DigestEngine on', 'AllowOverride on']);
  $busy->start;
  $busy->write_file($_, $bytes{$_}) for keys %bytes;
  $busy->write_file('.ftpaccess', "AllowOverwrite on\n" x 500);
  for my $version ('1.2', '1.3') {
    my $client = $busy->client(min => $version, max => $version);
    my @lines = ('XMD5 huge', 'STAT large', 'XSHA1 large', 'STAT huge');
    my @codes;
    my $r = $client->retr('huge', during => sub ($control, $data) {
      $control->send_line($_) for @lines;
      my $got = $data->wait_notify . $data->finish('wait');
      @codes = map { [ $control->reply ]->[0] } @lines;
      return $got;
    });
    like "@codes", qr/^(250|213) 213 \1 213$/,    # 213: since ProFTPD 1.3.9
      "TLS $version: all are answered";
    is $r->{code}, 226, "TLS $version: the download goes on"
      or diag $r->{text};
    is_bytes($r->{data}, $bytes{huge}, "TLS $version: every byte");
    $client->quit;
  }
  is $busy->stop, 0, 'the daemon ends';
};

done_testing;
