#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# s_client.pl OPTIONS OF s_client ... PLAN: talks to the server through
# `openssl s_client -starttls ftp`: awaits the 220 that it prints, then NOOP and
# QUIT, each after the reply to the one before.  Prints all that it printed, and
# takes no notice of the plan.
#
# DIAGNOSTICS: s_client's status; 1 when a reply does not come within 10 s.

use v5.36;

use IPC::Open3;

pop @ARGV;

my $pid = open3(my $to, my $from, undef, 'openssl', 's_client',
  '-starttls', 'ftp', '-connect', "$ENV{FTPS_HOST}:$ENV{FTPS_PORT}",
  '-CAfile', $ENV{FTPS_CA}, '-verify_return_error',
  '-verify_ip', $ENV{FTPS_HOST}, '-showcerts', '-nocommands', '-crlf', @ARGV);
local $SIG{ALRM} = sub {
  kill 'TERM', $pid;
  say "s_client.pl: nothing more came";
  exit 1;
};
alarm 10;
my %next = (220 => 'NOOP', 200 => 'QUIT');
while (my $line = <$from>) {
  print $line;
  # s_client prints what it knows of a ticket through a buffer of its own, so a
  # reply may come in the middle of it.
  my ($code) = $line =~ /(?:^|\D)(220|200) [PN]/ or next;
  syswrite $to, "$next{$code}\n";
}
waitpid $pid, 0;
exit $? >> 8;
