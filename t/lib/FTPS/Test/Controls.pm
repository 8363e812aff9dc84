# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Controls;

=head1 NAME

FTPS::Test::Controls - the real ftpdctl, many requests at a time

=head1 SYNOPSIS

  my $ctl = FTPS::Test::Controls->new($srv);   # extra => $ctl->lines
  my ($text) = $ctl->ask('tls sesscache info');
  my @texts = $ctl->ask('tls', 'tls foo');     # at once
  my ($other) = $ctl->ask({ user => 65534 }, 'tls sesscache info');

  my $later = $ctl->send('tls sesscache info');
  ($text) = $later->();

=head1 DESCRIPTION

The daemon looks for requests once in C<ControlsInterval> seconds, so requests that
do not depend on each other are sent together.  Answers are without the
"ftpdctl: " of each line.  C<lines> are the directives that this needs.

=cut

use v5.36;
use FTPS::Test::File qw(slurp);
use FTPS::Test::Process;

# ProFTPD 1.3.10 has it in another folder.
my ($FTPDCTL) = ((grep { -x } map { "$_/ftpdctl" }
  qw(/usr/bin /usr/sbin /usr/local/bin /usr/local/sbin)), '/usr/bin/ftpdctl');
my $count   = 0;

# ProFTPD 1.3.8 ends by signal 11 if it looks between two words of a request
# (doc/internals/host-facts.md), so ftpdctl is not interrupted while it writes
# them, where the machine allows that.
my @AT_ONCE = qw(chrt -f 1);
@AT_ONCE = () if system('chrt -f 1 true 2>/dev/null') != 0;

sub is_installed ($class) { return -x $FTPDCTL }

sub lines ($class) {
  return ('ControlsInterval 1', 'ControlsMaxClients 100');
}

# The command, for requests that are not ours.
sub command ($class) { return (@AT_ONCE, $FTPDCTL) }

sub new ($class, $srv) { return bless { srv => $srv }, $class }

sub ask ($self, @requests) { return $self->send(@requests)->() }

sub send ($self, @requests) {
  my $o = ref $requests[0] ? shift @requests : {};
  my $dir = $self->{srv}->dir;
  my @as = $o->{user} ? ('/usr/bin/setpriv', "--reuid=$o->{user}",
    "--regid=$o->{user}", '--clear-groups') : ();
  my $start = sub ($request) {
    my $file = "$dir/log/ftpdctl" . $count++;
    return [$file, FTPS::Test::Process->start(
      [@AT_ONCE, @as, $FTPDCTL, '-s', "$dir/run/ctrls.sock", split / /, $request],
      output => $file)];
  };
  my @processes = map { $start->($_) } @requests;
  return sub { map { _answer($start, $requests[$_], $processes[$_]) }
    0 .. $#requests };
}

# The daemon closes the connection if it looks between connecting and
# sending, and at SIGHUP: then it has seen no request.
sub _answer ($start, $request, $process) {
  my $text;
  for my $try (1 .. 10) {
    FTPS::Test::Process->until(sub { $process->[1]->has_ended });
    $text = _read($process->[0]);
    last if $text !~ /error sending request: Broken pipe/
      && $text !~ /error receiving response: Operation not permitted/;
    $process = $start->($request);
  }
  return $text;
}

sub _read ($path) {
  return slurp($path, '') =~ s/^ftpdctl: //mgr =~ s/\n*\z//r;
}

1;
