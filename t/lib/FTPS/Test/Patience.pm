# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Patience;

=head1 NAME

FTPS::Test::Patience - how long a test waits for what has to come

=head1 SYNOPSIS

  use FTPS::Test::Patience qw(patience);
  my $deadline = time + patience();

=head1 DESCRIPTION

Whoever waits for something that has to come waits this long, because a machine
that has other work is slow, and nobody waits longer than it takes.  A time of
its own is for what takes longer still, or what must not come at all.

=head1 FUNCTIONS

=over

=item patience(SECONDS)

SECONDS (60), times the environment's FTPS_PATIENCE.  Without that: 5 in
valgrind, 3 with the sanitizers, otherwise 1.

=back

=cut

use v5.36;
use Exporter qw(import);

our @EXPORT_OK = qw(patience);

my $FACTOR = $ENV{FTPS_PATIENCE} // ($ENV{FTPS_VALGRIND} ? 5
  : $ENV{FTPS_ASAN} ? 3 : 1);

sub patience ($seconds = 60) { return $seconds * $FACTOR }

1;
