#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Codes and texts of the replies, as clients and scripts know them from mod_tls:
# plays the table t/data/replies.txt, one daemon for each block.
#
# FTPS_MODULE=mod_tls plays the same table to the stock module, without the rows
# where the two differ on purpose: that is how the table is checked.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Server;

my $TABLE = dirname(abs_path(__FILE__)) . '/data/replies.txt';
my $IS_STOCK = ($ENV{FTPS_MODULE} // '') eq 'mod_tls';

sub read_table ($path) {
  my @blocks;
  open my $in, '<', $path or die "$path: $!\n";
  while (my $line = <$in>) {
    chomp $line;
    next if $line =~ /^(?:#|$)/;
    if ($line =~ /^== (.+)/) {
      push @blocks, { name => $1, tls => [], extra => [], rows => [] };
    } elsif ($line =~ /^(tls|extra): (.+)/) {
      push $blocks[-1]{$1}->@*, $2;
    } elsif ($line =~ /^(cert|handshake): none$/) {
      $blocks[-1]{"no_$1"} = 1;
    } elsif ($line eq '--') {
      push $blocks[-1]{rows}->@*, undef;
    } else {
      push $blocks[-1]{rows}->@*, parse_row($line, $.);
    }
  }
  return @blocks;
}

sub parse_row ($line, $number) {
  my ($state, $command, $reply) = split /\s{2,}/, $line, 3;
  die "$TABLE:$number: not a row: $line\n"
    if !defined $reply || $state !~ /^(?:plain|tls|ccc)(?:\+login)?$/;
  return { number => $number, state => $state, command => $command,
    differs => scalar($reply =~ s/^! //), reply => $reply };
}

sub connect_to ($srv) {
  my $client = $srv->connection;
  my ($code, $text) = $client->connect;
  die "banner: $code $text\n" if $code != 220;
  return { client => $client, login => '' };
}

sub state_of ($conn) {
  my $channel = $conn->{client}->is_tls ? 'tls'
    : $conn->{cleared} ? 'ccc' : 'plain';
  return $channel . $conn->{login};
}

sub check_words ($words, $text, $name) {
  my @lines = map { s/^\s+//r } split /\n/, $text;
  for my $word ($words =~ /([+-][^+-]+?)(?=\s+[+-]|$)/g) {
    my ($sign, $start) = $word =~ /^(.)(.+)/;
    my $found = grep { /^\Q$start\E\b/i } @lines;
    ok($sign eq '+' ? $found : !$found, "$name: $word") or diag($text);
  }
  return;
}

sub check_reply ($srv, $row, $code, $text) {
  my $name = "$row->{number}: $row->{state}: $row->{command}";
  my $want = $row->{reply};
  if ($want eq '(closed)') {
    return is($code, 0, "$name: (closed)");
  }
  if ($want =~ s/^\[(.*)\]\s*//) {
    check_words($1, $text, $name);
    return if $want eq '';
    $text =~ s/.*\n//s;
  }
  my $pattern = quotemeta $want;
  my $home = quotemeta $srv->home;
  $pattern =~ s/HOME/$home/;
  $pattern =~ s/\\\(ADDR\\\)/\\([0-9,]+\\)/;
  $pattern =~ s/(?:\\ )?\\\.\\\.\\\.$/.*/;
  return like("$code $text", qr/^$pattern$/s, $name);
}

# mod_tls swallows the first command after CCC now and then: there it is sent
# until it is answered.
sub ask ($conn, $command) {
  my $client = $conn->{client};
  my $is_first = delete $conn->{is_first};
  $client->send_line($command);
  while ($IS_STOCK && $is_first && $client->no_reply(1)) {
    $client->send_line($command);
  }
  my ($code, $text) = $client->reply;
  return ($code, $text) if $command !~ /^CCC/ || $code != 200;
  $client->stream->notify;
  $client->stream->wait_notify;
  $client->stream->go_on_in_clear;
  $conn->{cleared} = $conn->{is_first} = 1;
  return ($code, $text);
}

sub play_row ($srv, $block, $conn, $row) {
  is(state_of($conn), $row->{state}, "$row->{number}: state");
  my ($code, $text) = ask($conn, $row->{command});
  SKIP: {
    skip 'differs from mod_tls on purpose', 1 if $IS_STOCK && $row->{differs};
    check_reply($srv, $row, $code, $text);
  }
  if ($code == 234 && !$block->{no_handshake}) {
    ok($conn->{client}->start_tls, "$row->{number}: handshake")
      or diag($conn->{client}->error);
  }
  $conn->{login} = '+login' if $code == 230;
  return;
}

sub play ($block) {
  my $srv = FTPS::Test::Server->new(
    tls => $block->{tls}, extra => $block->{extra},
    $block->{no_cert} ? (cert => undef) : ());
  $srv->start;
  my $conn;
  for my $row ($block->{rows}->@*) {
    if (!defined $row) {
      $conn->{client}->close;
      $conn = undef;
      next;
    }
    $conn //= connect_to($srv);
    play_row($srv, $block, $conn, $row);
  }
  $conn->{client}->close;
  is($srv->stop, 0, "$block->{name}: exit status of the daemon");
  return;
}

my @blocks = read_table($TABLE);
cmp_ok(scalar @blocks, '>=', 16, 'the table is there');
for my $block (@blocks) {
  subtest $block->{name} => sub { play($block) };
}

done_testing;
