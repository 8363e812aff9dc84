#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# bench/bench.pl works: every row gets a figure, and every byte is compared.
# The values of the figures do not matter here.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Memcached;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->new;    # skips where no daemon can run
plan skip_all => 'sanitized modules are not measured' if $ENV{FTPS_ASAN};

my $has_memcached = FTPS::Test::Memcached->is_installed;
my ($status, $output) = FTPS::Test::Process->run(
  [ "$FindBin::Bin/../bench/bench.pl", '--short', '--kinds',
    'mod_ftps,plain', '--only', 'AES-256|4 KiB|login, TLS 1.3$|220|PSS|crowd'
      . ($has_memcached ? '|memcached' : '') ],
  seconds => 120);

is $status, 0, 'the bench ends well' or diag $output;
my @rows = grep { /^\| (?:down|up|login|time|session|crowd|memcached)/ }
  split /\n/, $output;
is scalar(@rows), $has_memcached ? 22 : 16, 'one line for each row';
# So few files of 4 KiB can cost less than the noise.
is scalar(grep { !/\| -?[\d.]+ \| (?:-?[\d.]+)? \|/ } @rows), 0,
  'each with its figures' or diag $output;
is scalar(grep { /those that fail \| clients \| 0 \|/ } @rows), 2,
  'nobody of a crowd fails';

done_testing;
