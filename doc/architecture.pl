#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# architecture.pl: draws doc/architecture.svg, to standard output.  A row for
# each folder of mod_ftps/, the highest first.  A dot says that the folder of
# the row includes a header of the folder of the column.  `make architecture`
# writes the file, and t/00-house.t compares it.

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Find;

my $top;

BEGIN {
  $top = dirname(abs_path($0)) . '/..';
  unshift @INC, "$top/t/lib";
}
use FTPS::Test::House;

chdir $top or die "$top: $!\n";

my ($row, $left, $head) = (26, 470, 96);
my @rooms = FTPS::Test::House->rooms;
my (%dot, %count);

find({ no_chdir => 1, wanted => sub {
  return unless m{^mod_ftps/(.*\.[ch])$};
  my $from = FTPS::Test::House->room_of($1) // return;
  $count{$from}++ if /\.c$/;
  $dot{$from}{ FTPS::Test::House->room_of($_) // next }++
    for FTPS::Test::House->includes($_);
} }, 'mod_ftps');

sub text ($x, $y, $text, $more = '') {
  $text =~ s/&/&amp;/g;
  $text =~ s/</&lt;/g;
  return qq{<text x="$x" y="$y" $more>$text</text>};
}

sub colour ($name) {
  return $name =~ m{^host|^mod} ? '#dbe9f6' : $name eq 'conn' ? '#e3f2dd'
    : $name =~ /^(?:include|base|log)$/ ? '#eeeeee' : '#fdf1d6';
}

my $wide = $left + @rooms * $row + 40;
my $high = $head + @rooms * $row + 44;
say qq{<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $wide $high" }
  . q{font-family="sans-serif" font-size="12">};
say qq{<rect width="$wide" height="$high" fill="#ffffff"/>};
say text(12, 24, 'mod_ftps: folders, highest first',
  'font-size="16" font-weight="bold"');
say text(12, 44, 'A dot: the folder of the row includes headers of the folder');
say text(12, 60, 'of the column.  All dots lie right of the white ones: no folder');
say text(12, 76, 'includes one that is above it.');
for my $i (reverse 0 .. $#rooms) {
  my ($name, undef, $purpose) = $rooms[$i]->@*;
  my $y = $head + ($#rooms - $i) * $row;
  my $x = $left + ($#rooms - $i) * $row;
  say sprintf '<rect x="8" y="%d" width="%d" height="%d" fill="%s"/>', $y + 1,
    $wide - 16, $row - 2, colour($name);
  say text(14, $y + 17, $name, 'font-weight="bold"');
  say text(130, $y + 17, $purpose);
  say text($x + 16, $head - 6, $name,
    sprintf 'transform="rotate(-60 %d %d)" font-size="10"', $x + 16, $head - 6);
  for my $to (0 .. $i) {
    my $cx = $left + ($#rooms - $to) * $row + 13;
    say sprintf '<circle cx="%d" cy="%d" r="5" fill="%s"/>', $cx, $y + 13,
      $to == $i ? '#ffffff' : '#1f5a92'
      if $to == $i || $dot{$i}{$to};
  }
}
say text(12, $high - 14,
  'blue: knows ProFTPD; green: one connection; yellow: one virtual host and '
  . 'the daemon; grey: used everywhere', 'font-size="11"');
say '</svg>';
