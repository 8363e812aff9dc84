#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# filezilla.pl: FileZilla below Xvfb, which lists a directory when it has
# connected.  Prints its message log.  It resumes, so the test preloads
# noresume.c.
#
# DIAGNOSTICS: 1 when the listing has neither come nor failed after 20 s.

use v5.36;
use File::Path qw(make_path);
use File::Temp ();
use Time::HiRes qw(sleep time);

my $preload = delete $ENV{LD_PRELOAD};
my $home = File::Temp->newdir('ftps-filezilla-XXXXXX', TMPDIR => 1);
my $config = "$home/filezilla";
my $log = "$home/log";
my ($host, $port) = @ENV{qw(FTPS_HOST FTPS_PORT)};
my @started;

sub write_config ($name, $content) {
  open my $out, '>', "$config/$name" or die "$name: $!\n";
  print {$out} qq(<?xml version="1.0"?>\n<FileZilla3>$content</FileZilla3>\n);
  close $out or die "$name: $!\n";
  return;
}

# FileZilla asks about each certificate that it does not know.
sub trust_server () {
  my $der = unpack 'H*', `openssl s_client -starttls ftp -connect \\
    $host:$port </dev/null 2>/dev/null | openssl x509 -outform DER`;
  write_config('trustedcerts.xml', '<TrustedCerts><Certificate>'
    . "<Data>$der</Data><ActivationTime>1</ActivationTime>"
    . '<ExpirationTime>4000000000</ExpirationTime>'
    . "<Host>$host</Host><Port>$port</Port><TrustSANs>1</TrustSANs>"
    . '</Certificate></TrustedCerts>');
  return;
}

sub start ($env, @command) {
  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    open STDERR, '>', '/dev/null';
    %ENV = (%ENV, %$env);
    exec @command or die "$command[0]: $!\n";
  }
  push @started, $pid;
  return;
}

sub start_display () {
  pipe my $from, my $to or die "pipe: $!\n";
  my $fd = fileno $to;
  fcntl $to, 2, 0 or die "fcntl: $!\n";    # F_SETFD: it is inherited
  start({}, 'Xvfb', '-displayfd', $fd, qw(-screen 0 1024x768x24 -nolisten tcp));
  close $to;
  my $number = <$from> // die "Xvfb does not start\n";
  chomp $number;
  return ":$number";
}

sub messages () {
  open my $in, '<', $log or return '';
  local $/ = undef;
  return <$in> // '';
}

make_path($config);
write_config('filezilla.xml', '<Settings>' . join('', map {
  qq(<Setting name="$_->[0]">$_->[1]</Setting>)
} [ 'Greeting version' => '9.0.0' ], [ 'Disable update check' => 1 ],
  [ 'Logging file' => $log ], [ 'Reconnect count' => 0 ]) . '</Settings>');
trust_server();
my $display = start_display();
start({ DISPLAY => $display, HOME => "$home", XDG_CONFIG_HOME => "$home",
    LC_ALL => 'C.UTF-8', LD_PRELOAD => $preload // '' }, 'filezilla',
  "ftpes://$ENV{FTPS_USER}:$ENV{FTPS_PASSWORD}\@$host:$port/");
my $until = time + 20;
my $ended = qr/Directory listing of|Failed to retrieve directory listing/;
sleep 0.1 while time < $until && messages() !~ $ended;
kill KILL => @started;
waitpid $_, 0 for @started;
print messages();
exit(messages() =~ $ended ? 0 : 1);
