# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Process;

=head1 NAME

FTPS::Test::Process - a program of a test, which never outlives the test

=head1 SYNOPSIS

  my $p = FTPS::Test::Process->start(['proftpd', '-n'], output => $file);
  $p->signal('TERM');
  $p->wait(20) or $p->kill_now;
  say $p->status;

  my ($status, $output) =
    FTPS::Test::Process->run(['curl', '-s', $url], seconds => 30);

=head1 DESCRIPTION

The program is the leader of a process group of its own, with default signals
and standard input from /dev/null.  A small shell ends the group if the
test ends in any way, SIGKILL included.

=head1 METHODS

=over

=item start(\@argv, output => FILE, input => FILE, env => \%env, nice => N)

Standard output and error are appended to FILE.  C<nice> is its priority: -10 for
a server whose clients wait a fraction of a second only.  A program that cannot be
executed has status 127.

=item run(\@argv, seconds => N, env => \%env)

Runs to the end and returns (status, output); dies when that takes longer.

=item must(\@argv, ...)

The same, where the status has to be 0: it dies otherwise, with what the program
said.  Returns the output.

=item has_ended, wait, wait(SECONDS), status, pid, signal(NAME), kill_now

C<status> is the exit status, or 128 + the signal's number.  C<pid> stays known
after the end.

=item lives(PID)

Any process.  A process that has ended does not live, also if nobody has reaped it yet: the
init of some containers takes seconds.

=item key_processes(PID)

The processes with the private keys of the daemon PID, as a hash of
"ftps-keeper" and "ftps-signer" to lists of process ids.

=item crowd(N, SUB)

N processes at once run SUB; what each of them returns, on one line.  They end
without destructors.

=item until(SUB), until(SECONDS, SUB)

Polls SUB until it is true and returns that; false when the time is over.  All
seconds here are a measure of L<FTPS::Test::Patience>, which is the default.

=back

=cut

use v5.36;
use File::Temp ();
use FTPS::Test::File qw(slurp);
use FTPS::Test::Patience qw(now patience);
use POSIX ();
use Time::HiRes qw(sleep);

my $TICK = 0.01;
my $WATCH = 'read -r word && exit 0; kill -TERM "$1"; sleep 2;'
  . ' kill -KILL -- "-$1"';

sub lives ($class, $pid) {
  open my $in, '<', "/proc/$pid/stat" or return 0;
  return (<$in> // '') =~ /\) [^ZX]/;
}

# The keeper has the other end of a pipe of the daemon's, the signer is its
# child.
sub key_processes ($class, $daemon) {
  my %pipe = map { $_ => 1 } _pipes_of($daemon);
  my %found;
  for my $pid (_named('ftps-keeper')) {
    push $found{'ftps-keeper'}->@*, $pid if grep { $pipe{$_} } _pipes_of($pid);
  }
  my %keeper = map { $_ => 1 } ($found{'ftps-keeper'} // [])->@*;
  for my $pid (_named('ftps-signer')) {
    my ($parent) = slurp("/proc/$pid/stat", '') =~ /\) \S (\d+)/;
    push $found{'ftps-signer'}->@*, $pid if $parent && $keeper{$parent};
  }
  return %found;
}

sub _pipes_of ($pid) {
  return grep { /^pipe:/ } map { readlink($_) // '' } glob "/proc/$pid/fd/*";
}

sub _named ($name) {
  return map { m{(\d+)/comm$} } grep { slurp($_, '') eq "$name\n" }
    glob '/proc/[0-9]*/comm';
}

sub crowd ($class, $n, $code) {
  pipe my $in, my $out or die "process: pipe: $!\n";
  my @pids;
  for (1 .. $n) {
    my $pid = fork // die "process: fork: $!\n";
    if (!$pid) {
      my $said = eval { $code->() } // "died: $@";
      syswrite $out, $said =~ s/\s+/ /gr . "\n";
      POSIX::_exit(0);
    }
    push @pids, $pid;
  }
  close $out;
  chomp(my @said = <$in>);
  waitpid $_, 0 for @pids;
  return @said;
}

sub until ($class, @o) {
  my $is_done = pop @o;
  my $end = now() + patience(@o);
  while (1) {
    my $result = $is_done->();
    return $result if $result;
    return 0 if now() > $end;
    sleep $TICK;
  }
}

sub start ($class, $argv, %o) {
  my $pid = fork // die "process: fork: $!\n";
  _become($argv, \%o) if !$pid;
  my $self = bless { pid => $pid, owner => $$ }, $class;
  $self->_start_watchdog;
  return $self;
}

sub _become ($argv, $o) {
  setpgrp 0, 0;
  eval { setpriority 0, 0, $o->{nice} } if $o->{nice};
  $SIG{$_} = 'DEFAULT' for qw(PIPE INT TERM HUP CHLD);
  open STDIN,  '<',  $o->{input} // '/dev/null';
  open STDOUT, '>>', $o->{output} // '/dev/null';
  open STDERR, '>&', \*STDOUT;
  %ENV = (%ENV, ($o->{env} // {})->%*);
  exec { $argv->[0] } @$argv or print STDERR "exec $argv->[0]: $!\n";
  close STDERR;
  POSIX::_exit(127);
}

sub _start_watchdog ($self) {
  pipe my $read, my $write or die "process: pipe: $!\n";
  my $pid = fork // die "process: fork: $!\n";
  if (!$pid) {
    setpgrp 0, 0;
    open STDIN,  '<&', $read;
    open STDOUT, '>',  '/dev/null';
    open STDERR, '>',  '/dev/null';
    exec '/bin/sh', '-c', $WATCH, 'watchdog', $self->{pid}
      or POSIX::_exit(127);
  }
  $self->{watchdog} = { pid => $pid, pipe => $write };
  return;
}

sub _end_watchdog ($self) {
  my $dog = delete $self->{watchdog} or return;
  local ($?, $SIG{PIPE}) = (0, 'IGNORE');
  syswrite $dog->{pipe}, "done\n";
  close $dog->{pipe};
  waitpid $dog->{pid}, 0;
  return;
}

sub pid ($self)    { return $self->{pid} }
sub status ($self) { return $self->{status} }

sub has_ended ($self) {
  return 1 if defined $self->{status};
  local $?;
  return 0 if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
  $self->{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  $self->_end_watchdog;
  return 1;
}

sub wait ($self, @seconds) {
  return $self->until(@seconds, sub { $self->has_ended });
}

sub signal ($self, $name) {
  return $self->has_ended ? 0 : kill $name, $self->{pid};
}

# The whole group: what the program left behind as well.
sub kill_now ($self) {
  kill 'KILL', -$self->{pid};
  return $self->wait;
}

sub run ($class, $argv, %o) {
  my $file    = File::Temp->new;
  my $seconds = $o{seconds} // 60;
  my $self = $class->start($argv, output => $file->filename, env => $o{env});
  my $done = $self->wait($seconds);
  $self->kill_now;
  my $output = slurp($file->filename);
  die "process: @$argv: not done after $seconds s:\n$output\n" if !$done;
  return ($self->status, $output);
}

sub must ($class, $argv, %o) {
  my ($status, $output) = $class->run($argv, %o);
  die "process: @$argv: status $status:\n$output\n" if $status != 0;
  return $output;
}

sub DESTROY ($self) {
  return if $self->{owner} != $$ || defined $self->{status};
  local ($@, $!, $?);
  $self->kill_now;
  return;
}

1;
