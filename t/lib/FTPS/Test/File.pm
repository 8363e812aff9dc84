# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::File;

=head1 NAME

FTPS::Test::File - whole files

=head1 SYNOPSIS

  use FTPS::Test::File qw(slurp spew replace append);
  spew("$temp/key.pem", slurp($path), 0600);
  like slurp("$temp/log", ''), qr/done/;

=head1 FUNCTIONS

They die if they cannot.  Those that write return the path.

=over

=item slurp(PATH, ELSE)

The bytes of the file.  Where the file cannot be opened, ELSE is returned if it
is given; it may be undef.

=item spew(PATH, BYTES, MODE)

Writes them into the file; without MODE a file that is there keeps its own.  The
file has its mode before it has its bytes.

=item replace(PATH, BYTES, MODE)

Writes them into a new file, PATH.new, which then takes the place of the other:
nobody sees half of it.

=item append(PATH, BYTES, ...)

Adds them to the end of the file, or makes it.

=back

=cut

use v5.36;
use Exporter qw(import);

our @EXPORT_OK = qw(slurp spew replace append);

sub slurp ($path, @else) {
  open my $in, '<:raw', $path
    or return @else ? $else[0] : die "$path: $!\n";
  local $/ = undef;
  return scalar(<$in>) // '';
}

sub spew ($path, $bytes, $mode = undef) {
  open my $out, '>:raw', $path or die "$path: $!\n";
  die "$path: $!\n" if defined $mode && !chmod $mode, $path;
  print {$out} $bytes;
  close $out or die "$path: $!\n";
  return $path;
}

sub replace ($path, $bytes, $mode = undef) {
  rename spew("$path.new", $bytes, $mode), $path or die "$path: $!\n";
  return $path;
}

sub append ($path, @bytes) {
  open my $out, '>>:raw', $path or die "$path: $!\n";
  print {$out} @bytes;
  close $out or die "$path: $!\n";
  return $path;
}

1;
