#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# filezilla.pl PLAN: works off a plan (FTPS::Test::Clients) with FileZilla below
# Xvfb: it finds the transfers in a queue of an earlier run, and Control+P starts
# them.  One connection transfers, as for a site with that setting.
#
# FileZilla asks about each certificate that it does not know.  It is told the
# one that FTPS_CA has issued; nobody answers the question about another.
#
# DIAGNOSTICS: 1 and its message log when not everything was transferred; 77 for
# what FileZilla has no setting for.

use v5.36;
use File::Basename qw(basename dirname);
use FindBin;
use lib $FindBin::Bin;
use FileZilla;
use Time::HiRes qw(sleep time);

my $SECONDS = 60;
my %IS_DONE = (put => 1, get => 1, reput => 1, reget => 1);
my ($host, $port) = @ENV{qw(FTPS_HOST FTPS_PORT)};

# Nothing is trusted if the certificate does not lead to the CA.  FileZilla asks
# about plain FTP as well.
sub trust_server ($filezilla) {
  return $filezilla->write_config('trustedcerts.xml', '<InsecureHosts>'
    . qq(<Host Port="$port">$host</Host></InsecureHosts>)) if $ENV{FTPS_PLAIN};
  my @way = $ENV{FTPS_IMPLICIT} ? () : ('-starttls', 'ftp');
  my $shown = `openssl s_client @way -connect $host:$port -verify_return_error \\
    -CAfile '$ENV{FTPS_CA}' </dev/null 2>/dev/null`;
  return if $shown !~ /^Verif.*(?:OK|0 \(ok\))/m;
  $filezilla->trust($shown =~ /(-----BEGIN CERT.*?-----END CERTIFICATE-----\n)/s);
  return;
}

# The tables of FileZilla 3.63; later ones bring them up to date themselves.
my $TABLES = <<'END';
PRAGMA user_version = 7;
CREATE TABLE servers (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  host TEXT NOT NULL, port INTEGER, user TEXT, password TEXT, account TEXT,
  keyfile TEXT, protocol INTEGER, type INTEGER, logontype INTEGER,
  timezone_offset INTEGER, transfer_mode TEXT, max_connections INTEGER,
  encoding TEXT, bypass_proxy INTEGER, post_login_commands TEXT, name TEXT,
  parameters TEXT, site_path TEXT DEFAULT NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  server INTEGER NOT NULL, source_file TEXT, target_file TEXT,
  local_path INTEGER, remote_path INTEGER, size INTEGER, error_count INTEGER,
  priority INTEGER, flags INTEGER, default_exists_action INTEGER,
  extra_flags TEXT);
CREATE INDEX server_index ON files (server);
CREATE TABLE local_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  path TEXT NOT NULL);
CREATE TABLE remote_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  path TEXT NOT NULL);
END

# FileZilla's numbers.
my %PROTOCOL = (ftps => 3, ftpes => 4, ftp => 6);
my %EXISTS = (overwrite => 1, resume => 5);
my $DOWNLOAD = 16;

sub file_of ($line) {
  my ($word, $from, $to) = @$line;
  my $is_get = $word =~ /get/ ? 1 : 0;
  my $size = $is_get ? -1 : -s $from // 0;
  my $name = basename($from);
  my $action = $EXISTS{ $word =~ /^re/ ? 'resume' : 'overwrite' };
  return 'INSERT INTO files (server, source_file, local_path, remote_path, size,'
    . ' error_count, priority, flags, default_exists_action) VALUES'
    . " (1, '$name', 1, 1, $size, 0, 2, @{[ $is_get * $DOWNLOAD ]}, $action);\n";
}

# All local files are in one folder, under the names that they have there.
sub write_queue ($config, @plan) {
  my $protocol = $PROTOCOL{ $ENV{FTPS_PLAIN} ? 'ftp'
    : $ENV{FTPS_IMPLICIT} ? 'ftps' : 'ftpes' };
  my $local = dirname($ARGV[0]);
  open my $to, '|-', 'sqlite3', "$config/queue.sqlite3" or die "sqlite3: $!\n";
  print {$to} $TABLES, 'INSERT INTO servers (host, port, user, password, protocol,'
    . ' type, logontype, timezone_offset, transfer_mode, max_connections, encoding)'
    . " VALUES ('$host', $port, '$ENV{FTPS_USER}', '$ENV{FTPS_PASSWORD}',"
    . " $protocol, 0, 1, 0, 'default', 1, 'Auto');\n",
    "INSERT INTO local_paths (path) VALUES ('$local/');\n",
    "INSERT INTO remote_paths (path) VALUES ('1 0');\n",
    map { file_of($_) } @plan;
  close $to or die "sqlite3: status $?\n";
  return;
}

# The window must have the keyboard before it hears the key.
sub press_keys ($display) {
  local $ENV{DISPLAY} = $display;
  my $until = time + 20;
  while (time < $until) {
    my ($window) = `xdotool search --onlyvisible --name FileZilla 2>/dev/null`
      =~ /(\d+)/;
    if (defined $window) {
      system "xdotool windowfocus --sync $window key ctrl+p >/dev/null 2>&1";
      return;
    }
    sleep 0.2;
  }
  die "no window of FileZilla\n";
}

open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my @plan = map { [split] } <$in>;
exit 77 if $ENV{FTPS_CCC} || $ENV{FTPS_CERT} || grep { !$IS_DONE{ $_->[0] } } @plan;
my $filezilla = FileZilla->new([ 'Number of Transfers' => 1 ],
  [ 'Save passwords' => 1 ]);
trust_server($filezilla);
write_queue($filezilla->config, @plan);
$filezilla->start({});
press_keys($filezilla->display);

# A question that somebody has to answer, or what is no good any more.
sub is_stuck () {
  return 1 if $filezilla->messages =~ /Critical (?:file transfer )?error/;
  local $ENV{DISPLAY} = $filezilla->display;
  return `xdotool search --name 'nknown certificate' 2>/dev/null` =~ /\d/;
}

my $until = time + $SECONDS;
my $is_done = 0;
until ($is_done || time > $until || is_stuck()) {
  sleep 0.2;
  my $done = () = $filezilla->messages =~ /File transfer successful/g;
  $is_done = $done >= @plan;
}
$filezilla->stop;
print grep { !/Response:  |Reading locale/ } map { "$_\n" } split /\n/,
  $filezilla->messages if !$is_done;
exit($is_done ? 0 : 1);
