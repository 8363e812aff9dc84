#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# t/soak/faults.pl works: a small run of it, in which a few calls of each kind
# fail.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->new;    # skips where no daemon can run
plan skip_all => 'the sanitizers have their own malloc' if $ENV{FTPS_ASAN};

my ($status, $output) = FTPS::Test::Process->run(
  [ $^X, "$FindBin::Bin/soak/faults.pl", '--each', 2, '--storm', 8 ],
  seconds => 300);

is $status, 0, 'whatever fails, nothing is lost' or diag $output;
like $output, qr/\d+ faults injected/, 'there were faults';
like $output, qr/\d+ uploads acknowledged/, 'and uploads';

done_testing;
