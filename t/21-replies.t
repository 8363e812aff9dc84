#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Codes and texts of the replies, as clients and scripts know them from mod_tls:
# runs the table t/data/replies.txt, one daemon for each block.
#
# If the stock module is installed, a second process of this program runs the
# same configurations with it at the same time.  The replies of both must be
# equal, except in the rows in which they differ on purpose: there the table
# says what mod_tls replies.  FTPS_MODULE=mod_ftps leaves this out;
# FTPS_MODULE=mod_tls runs the table with the stock module only.
#
# Needs: proftpd-core; proftpd-mod-crypto for the comparison.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Process;
use FTPS::Test::Server;

FTPS::Test::Server->any_user;

my $TABLE = dirname(abs_path(__FILE__)) . '/data/replies.txt';
my $IS_STOCK = ($ENV{FTPS_MODULE} // '') eq 'mod_tls';

my $VERSION = FTPS::Test::Server->host_version;

# Where the second process writes what it heard: row, TAB, reply with \n for
# the ends of its lines.
my $TRANSCRIPT = $ENV{FTPS_TRANSCRIPT};
my %heard;

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
    } elsif ($line =~ /^mod_tls(?: (\S+))?\s{2,}(.+)/) {
      my $row = $blocks[-1]{rows}[-1];
      die "$TABLE:$.: the row above is the same for both\n" if !$row->{differs};
      if (!defined $1 || $1 eq $VERSION) {
        $row->{stock} = $2;
      } else {
        $row->{differs} = 0;
      }
    } elsif ($line eq '--') {
      push $blocks[-1]{rows}->@*, undef;
    } else {
      push $blocks[-1]{rows}->@*, parse_row($line, $.);
    }
  }
  for my $row (grep { defined } map { $_->{rows}->@* } @blocks) {
    die "$TABLE:$row->{number}: and what does mod_tls say?\n"
      if $row->{differs} && !defined $row->{stock};
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

sub check_reply ($row, $want, $code, $text) {
  my $name = "$row->{number}: $row->{state}: $row->{command}";
  $want =~ s/^~ //;
  if ($want eq '(closed)') {
    return is($code, 0, "$name: (closed)");
  }
  if ($want =~ s/^\[(.*)\]\s*//) {
    check_words($1, $text, $name);
    return if $want eq '';
    $text =~ s/.*\n//s;
  }
  my $pattern = quotemeta $want;
  $pattern =~ s/(?:\\ )?\\\.\\\.\\\.$/.*/;
  return like("$code $text", qr/^$pattern$/s, $name);
}

# Without what is another one each time.
sub normalise ($srv, $text) {
  my $home = $srv->home;
  return $text =~ s/\Q$home\E/HOME/gr =~ s/\([0-9,]+\)/(ADDR)/gr;
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
  $text = normalise($srv, $text);
  check_reply($row, $IS_STOCK ? $row->{stock} // $row->{reply} : $row->{reply},
    $code, $text);
  $heard{ $row->{number} } = $code ? "$code $text" : '(closed)';
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

# Features have no order, and only the first line of other long replies is the
# same each time.
sub essence ($row, $reply) {
  return join "\n", sort split /\n/, $reply if $row->{command} eq 'FEAT';
  return $reply =~ s/\n.*//sr if $row->{reply} =~ / \.\.\.$/;
  return $reply;
}

sub compare ($row, $stock) {
  my $name = "$row->{number}: $row->{state}: $row->{command}";
  my $ours = $heard{ $row->{number} };
  return fail("$name: was played to both") if !defined $ours || !defined $stock;
  if ($row->{differs}) {
    my ($code, $text) = $stock =~ /^(\d+) (.*)/s;
    return check_reply($row, $row->{stock}, $code // 0, $text // $stock);
  }
  return is(essence($row, $ours), essence($row, $stock), $name);
}

sub start_stock ($file) {
  return if FTPS::Test::Config->lacking('mod_tls');
  return FTPS::Test::Process->start([$^X, $0], output => "$file.log",
    env => { FTPS_MODULE => 'mod_tls', FTPS_TRANSCRIPT => $file,
      FTPS_ASAN => '' });
}

sub read_transcript ($file) {
  my %said;
  open my $in, '<', $file or return;
  while (my $line = <$in>) {
    my ($number, $reply) = $line =~ /^(\d+)\t(.*)$/ or next;
    $said{$number} = $reply =~ s/\\n/\n/gr;
  }
  return %said;
}

sub write_transcript () {
  open my $out, '>', $TRANSCRIPT or die "$TRANSCRIPT: $!\n";
  for my $number (sort { $a <=> $b } keys %heard) {
    say {$out} "$number\t" . $heard{$number} =~ s/\n/\\n/gr;
  }
  close $out or die "$TRANSCRIPT: $!\n";
  return;
}

my @blocks = read_table($TABLE);
FTPS::Test::Server->new;
my $temp = File::Temp->newdir('ftps-replies-XXXXXX', TMPDIR => 1);
my $stock = $ENV{FTPS_MODULE} ? undef : start_stock("$temp/stock");

cmp_ok(scalar @blocks, '>=', 16, 'the table is there');
for my $block (@blocks) {
  subtest $block->{name} => sub { play($block) };
}

write_transcript() if $TRANSCRIPT;
SKIP: {
  skip 'one module alone was asked for', 1 if $ENV{FTPS_MODULE};
  skip 'no mod_tls', 1 if !$stock;
  subtest 'the same replies as those of mod_tls' => sub {
    $stock->wait(120) or diag 'mod_tls has not ended';
    my %said = read_transcript("$temp/stock");
    compare($_, $said{ $_->{number} })
      for grep { defined } map { $_->{rows}->@* } @blocks;
    is $stock->status, 0, 'mod_tls passes the table as well'
      or diag FTPS::Test::Process->run(['cat', "$temp/stock.log"]);
  };
}

done_testing;
