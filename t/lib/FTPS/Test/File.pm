# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::File;

=head1 NAME

FTPS::Test::File - whole files

=head1 SYNOPSIS

  use FTPS::Test::File qw(slurp spew);
  spew("$temp/key.pem", slurp($path), 0600);

=head1 FUNCTIONS

Both die if they cannot.

=over

=item slurp(PATH)

The bytes of the file.

=item spew(PATH, BYTES, MODE)

Writes them into the file; without MODE a file that is there keeps its own.

=back

=cut

use v5.36;
use Exporter qw(import);

our @EXPORT_OK = qw(slurp spew);

sub slurp ($path) {
  open my $in, '<:raw', $path or die "$path: $!\n";
  local $/ = undef;
  return scalar(<$in>) // '';
}

sub spew ($path, $bytes, $mode = undef) {
  open my $out, '>:raw', $path or die "$path: $!\n";
  print {$out} $bytes;
  close $out or die "$path: $!\n";
  chmod $mode, $path if defined $mode;
  return;
}

1;
