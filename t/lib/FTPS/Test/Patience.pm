# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Patience;

=head1 NAME

FTPS::Test::Patience - how long a test waits for what has to come

=head1 SYNOPSIS

  use FTPS::Test::Patience qw(now patience);
  my $deadline = now() + patience();

=head1 DESCRIPTION

Whoever waits for something that has to come waits this long, because a machine
that has other work is slow, and nobody waits longer than it takes.  A time of
its own is for what takes longer still, or what must not come at all.

=head1 FUNCTIONS

=over

=item patience(SECONDS)

SECONDS (60), times the environment's FTPS_PATIENCE.  Without that: 5 in
valgrind, 3 with the sanitizers, otherwise 1.

=item now

Seconds of a clock that nobody sets.

=back

=cut

use v5.36;
use Exporter qw(import);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

our @EXPORT_OK = qw(now patience);

my $FACTOR = $ENV{FTPS_PATIENCE} // ($ENV{FTPS_VALGRIND} ? 5
  : $ENV{FTPS_ASAN} ? 3 : 1);

sub now () { return clock_gettime(CLOCK_MONOTONIC) }

sub patience ($seconds = 60) { return $seconds * $FACTOR }

1;
