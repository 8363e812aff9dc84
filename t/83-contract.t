# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# doc/contract.md says what a site could notice and which test proves it.  This
# test checks that each row names a test, that the test exists and has the words
# of the row (those in quotes after its name, or else the first name of the
# row), and that every directive, option, note and event of the sources has a
# row.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp);
use Test::More;

my $TOP   = "$FindBin::Bin/..";
my $TABLE = 'doc/contract.md';

# A row's cells; \| is no border.
sub cells ($line) {
  my @cells = split /(?<!\\)\|/, $line =~ s/^\||\|\s*$//gr;
  return map { s/\\\|/|/gr =~ s/^\s+|\s+$//gr } @cells;
}

my (@rows, %named);
my $number = 0;
for my $line (split /\n/, slurp("$TOP/$TABLE")) {
  $number++;
  next if $line !~ /^\|/ || $line =~ /^\|[-|]+$/;
  my @cells = cells($line);
  next if $cells[-1] eq 'Proof';
  push @rows, { number => $number, cells => \@cells };
  $named{$_} = 1 for "@cells[0, 1]" =~ /`([^`]+)`/g;
}
cmp_ok scalar @rows, '>', 100, 'the table is there';

# Texts are compared without the way their lines are broken.
my %text;
sub text_of ($path) {
  return $text{$path} //= slurp("$TOP/$path", '') =~ s/\s+/ /gr;
}

sub faults ($row) {
  my ($first) = $row->{cells}[0] =~ /`([^`]+)`/;
  my @proofs;
  my $proof = $row->{cells}[-1];
  while ($proof =~ /`(t\/[^`]+)`(?:\s+"((?:[^"\\]|\\.)*)")?/g) {
    my ($path, $words) = ($1, $2);
    $words = defined $words ? $words =~ s/\\"/"/gr =~ s/\\\\/\\/gr : $first;
    push @proofs, [$path, ($words // '') =~ s/\s+/ /gr];
  }
  return 'no test' if !@proofs;
  return map {
    my ($path, $words) = @$_;
    !-f "$TOP/$path" ? "no file $path"
      : $words eq '' ? "$path: say which words prove it"
      : index(text_of($path), $words) < 0 ? "$path has no '$words'" : ();
  } @proofs;
}

for my $row (@rows) {
  my @faults = faults($row);
  ok !@faults, "$TABLE:$row->{number}: $row->{cells}[0]"
    or diag map { "  $_\n" } @faults;
}

sub all_named ($what, @names) {
  my @missing = grep { !$named{$_} } @names;
  ok @names > 3, "$what: found in the sources";
  is "@missing", '', "$what: each has a row";
  return;
}

all_named('directives',
  slurp("$TOP/mod_ftps/host/config/directives.c")
    =~ /^ +\{ "(TLS\w+)", IN_\w+,/mg);
my ($options) = slurp("$TOP/mod_ftps/base/words.c")
  =~ /option_words\[\] = \{(.*?)^\};/ms;
all_named('options', $options =~ /"(\w+)"/g);
all_named('events and notes',
  slurp("$TOP/mod_ftps/host/names.h")
    =~ /define FTPS_(?:EVENT|NOTE)_\w+\s+"(.+?)"/g);
all_named('notes of environ.c', slurp("$TOP/mod_ftps/host/control/environ.c")
  =~ /set_note\w*\([^"]*"([A-Z_]+)"/g);

done_testing;
