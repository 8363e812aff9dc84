#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Runs the unit tests: each t/unit/NAME_test.c is a cmocka program, built to
# unit/ beside the module, and becomes one subtest here.
#
# DIAGNOSTICS: a program that is not built, dies, exits with another status
# than 0, prints "not ok", or fewer results than it planned, is a failure.  Its
# output is shown then.  FTPS_EMULATOR is a program that runs the programs of
# another processor.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use Test::More;

my $top = dirname(abs_path($0)) . '/..';
my $module = $ENV{FTPS_MODULE_SO} || "$top/build/mod_ftps.so";
my $programs = dirname($module) . '/unit';
my @names = map { basename($_, '.c') } sort glob "$top/t/unit/*_test.c";

plan skip_all => 'no unit tests' unless @names;
plan skip_all => 'unit tests are not built: no cmocka (libcmocka-dev)'
  unless -d $programs || -f '/usr/include/cmocka.h';

$ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';
delete $ENV{CMOCKA_XML_FILE};

sub run_program {
  my ($program) = @_;
  my $emulator = $ENV{FTPS_EMULATOR} || '';
  open my $in, '-|', "exec $emulator '$program' 2>&1" or die "$program: $!";
  my @lines = <$in>;
  close $in;
  return ($?, @lines);
}

# Turns the program's TAP into tests of ours; returns false when one failed.
sub repeat_results {
  my ($status, @lines) = @_;
  my ($planned, $count, $good) = (undef, 0, 1);
  for my $line (@lines) {
    if ($line =~ /^1\.\.(\d+)/) {
      $planned = ($planned || 0) + $1;
    } elsif ($line =~ /^(?:not )?ok\b\s*\d*\s*#\s*skip\s*(.*)/i) {
      # cmocka writes "not ok N # SKIP name" for a test that skipped itself.
      $count++;
      SKIP: { skip $1, 1; }
    } elsif ($line =~ /^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)/) {
      $count++;
      $good = 0 unless ok(!$1, $2);
    }
  }
  $good = 0 unless ok($count > 0, 'has tests');
  $good = 0 unless is($count, $planned, 'ran all that it planned');
  $good = 0 unless is($status & 127, 0, 'not ended by a signal');
  $good = 0 unless is($status >> 8, 0, 'exit status 0');
  return $good;
}

for my $name (@names) {
  subtest $name => sub {
    my $program = "$programs/$name";
    if (!-x $program) {
      fail("$program is not built: run make unit");
      return;
    }
    my ($status, @lines) = run_program($program);
    repeat_results($status, @lines) or diag(@lines);
  };
}

done_testing();
