# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# FileZilla.pm: FileZilla below Xvfb, with a folder of its own, for the programs
# that drive it.
#
#   my $filezilla = FileZilla->new([ 'Number of Transfers' => 1 ]);
#   $filezilla->trust($pem);
#   $filezilla->start({}, 'ftpes://user:password@host:port/');
#   say $filezilla->messages;
#   $filezilla->stop;
#
# new: settings besides those that every run needs.  trust: the certificate of the
# server at FTPS_HOST and FTPS_PORT, since FileZilla asks about each one that it
# does not know.  start: more of its environment, and its arguments.  messages:
# its message log.  config: the folder of its files; display: "" before start.

package FileZilla;

use v5.36;
use File::Path qw(make_path);
use File::Temp ();

sub new ($class, @settings) {
  my $home = File::Temp->newdir('ftps-filezilla-XXXXXX', TMPDIR => 1);
  my $self = bless { home => $home, log => "$home/log", display => '',
    config => "$home/filezilla", started => [] }, $class;
  make_path($self->{config});
  $self->write_config('filezilla.xml', '<Settings>' . join('', map {
    qq(<Setting name="$_->[0]">$_->[1]</Setting>)
  } [ 'Greeting version' => '9.0.0' ], [ 'Disable update check' => 1 ],
    [ 'Logging file' => $self->{log} ], [ 'Reconnect count' => 0 ], @settings)
    . '</Settings>');
  return $self;
}

sub config ($self)  { return $self->{config} }
sub display ($self) { return $self->{display} }

sub write_config ($self, $name, $content) {
  open my $out, '>', "$self->{config}/$name" or die "$name: $!\n";
  print {$out} qq(<?xml version="1.0"?>\n<FileZilla3>$content</FileZilla3>\n);
  close $out or die "$name: $!\n";
  return;
}

sub trust ($self, $pem) {
  my $file = "$self->{home}/server.pem";
  open my $out, '>', $file or die "$file: $!\n";
  print {$out} $pem;
  close $out or die "$file: $!\n";
  my $der = unpack 'H*', `openssl x509 -in $file -outform DER`;
  $self->write_config('trustedcerts.xml', '<TrustedCerts><Certificate>'
    . "<Data>$der</Data><ActivationTime>1</ActivationTime>"
    . '<ExpirationTime>4000000000</ExpirationTime>'
    . "<Host>$ENV{FTPS_HOST}</Host><Port>$ENV{FTPS_PORT}</Port>"
    . '<TrustSANs>1</TrustSANs></Certificate></TrustedCerts>');
  return;
}

sub _run ($self, $env, @command) {
  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    open STDERR, '>', '/dev/null';
    %ENV = (%ENV, %$env);
    exec @command or die "$command[0]: $!\n";
  }
  push $self->{started}->@*, $pid;
  return;
}

sub _start_display ($self) {
  pipe my $from, my $to or die "pipe: $!\n";
  my $fd = fileno $to;
  fcntl $to, 2, 0 or die "fcntl: $!\n";    # F_SETFD: it is inherited
  $self->_run({}, 'Xvfb', '-displayfd', $fd,
    qw(-screen 0 1024x768x24 -nolisten tcp));
  close $to;
  my $number = <$from> // die "Xvfb does not start\n";
  chomp $number;
  return ":$number";
}

sub start ($self, $env, @arguments) {
  $self->{display} = $self->_start_display;
  $self->_run({ DISPLAY => $self->{display}, HOME => "$self->{home}",
    XDG_CONFIG_HOME => "$self->{home}", %$env }, 'filezilla', @arguments);
  return;
}

sub messages ($self) {
  open my $in, '<', $self->{log} or return '';
  local $/ = undef;
  return <$in> // '';
}

sub stop ($self) {
  kill KILL => $self->{started}->@*;
  waitpid $_, 0 for $self->{started}->@*;
  $self->{started} = [];
  return;
}

1;
