# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Checks;

=head1 NAME

FTPS::Test::Checks - what several tests check in the same way

=head1 SYNOPSIS

  use FTPS::Test::Checks qw(check_each is_bytes is_reply name_of);

=head1 FUNCTIONS

=over

=item is_bytes(GOT, WANT, NAME)

One test, which prints lengths and where bytes begin to differ, not the bytes,
when it fails.

=item is_reply(CLIENT, COMMAND, WANT, NAME)

One test: what is answered to the command, as "CODE TEXT".

=item name_of(\%words)

The version in a client's words: "TLS 1.2", "TLS 1.2 ids", "TLS 1.3".

=item check_each(\@versions, SUBS)

Calls each sub with each version, which is the words of a client.  A sub that
dies is a test that fails.

=back

=cut

use v5.36;
use Exporter qw(import);
use Test::More ();

our @EXPORT_OK = qw(check_each is_bytes is_reply name_of);

sub is_bytes ($got, $want, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return Test::More::pass($name) if defined $got && $got eq $want;
  $got //= '(undef)';
  my $same = 0;
  $same++ while $same < length $got && $same < length $want
    && substr($got, $same, 1) eq substr $want, $same, 1;
  Test::More::fail($name);
  return Test::More::diag(sprintf
    'got %d bytes, wanted %d; alike up to byte %d', length $got, length $want,
    $same);
}

sub is_reply ($c, $line, $want, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($code, $text) = $c->cmd($line);
  return Test::More::is("$code $text", $want, "$name: $line");
}

sub name_of ($words) {
  return 'TLS ' . ($words->{max} // $words->{min})
    . (exists $words->{tickets} ? ' ids' : '');
}

sub check_each ($versions, @checks) {
  for my $check (@checks) {
    for my $words (@$versions) {
      eval { $check->($words); 1 }
        or Test::More::fail(name_of($words) . ": a check died: $@");
    }
  }
  return;
}

1;
