# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Pasted;

=head1 NAME

FTPS::Test::Pasted - configurations that others wrote, and what they are for

=head1 SYNOPSIS

  use FTPS::Test::Pasted qw(lines_of transfers in_clear);
  my @lines = lines_of($text, sub ($directive, $path) { $here{$path} });
  transfers($srv->client, 'a client');
  is in_clear($srv), '331 230', 'one without TLS';

=head1 FUNCTIONS

=over

=item lines_of(TEXT, SUB)

The lines of a configuration.  Each absolute path outside of comments becomes
what the sub makes of the name of its directive (without "<") and the path.

=item transfers(CLIENT, NAME, %words)

An upload and a download of the same bytes by a client that has logged in; the
words are those of C<stor> and C<retr>.  Returns the client.

=item in_clear(SERVER, USER, %words)

A client without TLS, as far as it comes: the codes of USER and PASS.

=back

=cut

use v5.36;
use Exporter qw(import);
use Test::More ();

our @EXPORT_OK = qw(lines_of transfers in_clear);

sub lines_of ($text, $path_here) {
  my @lines = split /\n/, $text;
  for my $line (@lines) {
    my ($directive) = $line =~ /^\s*<?(\w+)\s/ or next;
    $line =~ s{(?:(?<=[\s"=])|(?<=\bfile:))(/[^\s">&]*)}
      {$path_here->($directive, $1)}gex;
  }
  return @lines;
}

sub transfers ($c, $name, %words) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $bytes = 'ab' x 5000;
  my $up = $c->stor('file', $bytes, %words);
  Test::More::is("$up->{code} $up->{text}", '226 Transfer complete',
    "$name: upload");
  Test::More::is($c->retr('file', %words)->{data}, $bytes, "$name: download");
  return $c;
}

sub in_clear ($srv, $user = 'proftpd', %words) {
  my $c = $srv->connection(%words);
  $c->connect;
  my ($code) = $c->cmd("USER $user");
  my @codes = ($code, $code == 331 ? ($c->cmd('PASS test'))[0] : ());
  return "@codes";
}

1;
