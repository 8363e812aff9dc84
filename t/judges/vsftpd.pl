#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# vsftpd.pl CONFIGURATION: what curl's tests take for vsftpd.  Starts proftpd with
# mod_ftps (FTPS_MODULE_SO) in a way that does what vsftpd's configuration says.
# With -v it prints a version that those tests understand.

use v5.36;

if (($ARGV[0] // '') eq '-v') {
  say STDERR 'vsftpd: version 3.0.5';
  exit 0;
}

my %say;
open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (my $line = <$in>) {
  $say{$1} = $2 if $line =~ /^(\w+)=(.*?)\s*$/;
}
close $in;

sub is_on ($word) { return ($say{$word} // '') eq 'YES' }

my $dir = "$say{anon_root}/../proftpd";
mkdir $dir;
symlink $ENV{FTPS_MODULE_SO}, "$dir/mod_ftps.so";
my @tls = !is_on('ssl_enable') ? () : ('TLSEngine on', "TLSLog $dir/tls.log",
  "TLSRSACertificateFile $say{rsa_cert_file}",
  "TLSRSACertificateKeyFile $say{rsa_private_key_file}",
  is_on('implicit_ssl') ? 'TLSOptions UseImplicitSSL' : ());
my @core = map { "LoadModule $_.c" }
  grep { -e "/usr/lib/proftpd/$_.so" && symlink "/usr/lib/proftpd/$_.so",
    "$dir/$_.so" } qw(mod_delay mod_ls mod_xfer);

# The tests make and unlink files as root in the folder that is served, so that
# the sessions are root's, too.
open my $out, '>', "$dir/proftpd.conf" or die "$dir: $!\n";
print {$out} map { "$_\n" } "ModulePath $dir", @core, 'LoadModule mod_ftps.c',
  'ServerType standalone', 'DefaultAddress 127.0.0.1',
  "Port $say{listen_port}", 'UseIPv6 off', 'UseReverseDNS off', 'User root',
  'Group root', "PidFile $dir/pid", "ScoreboardFile $dir/scoreboard",
  "SystemLog $dir/system.log", 'RequireValidShell off', 'WtmpLog off',
  'DelayEngine off', 'RootLogin on', 'UseFtpUsers off', @tls,
  "<Anonymous $say{anon_root}>", 'User root', 'Group root',
  'UserAlias anonymous root', 'UserAlias ftp root', 'AllowOverwrite on',
  '<Limit ALL>', 'AllowAll', '</Limit>', '</Anonymous>';
close $out or die "$dir: $!\n";
exec 'proftpd', '-n', '-q', '-c', "$dir/proftpd.conf" or die "proftpd: $!\n";
