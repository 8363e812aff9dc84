#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients that do not resume, with TLSKeyIsolation: what the person at them sees
# is the 425 and its reason, not an alert of TLS, and the next command gets its
# own reply.  Python's ftplib, curl, and Perl's Net::FTP, as they are.

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::Process;
use FTPS::Test::Server;

for my $program (qw(python3 curl)) {
  plan skip_all => "$program is not installed"
    if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

my $here   = dirname(abs_path(__FILE__));
my $reason = 'TLS session of the control connection was not resumed';
my $srv = FTPS::Test::Server->new(tls => ['TLSKeyIsolation on']);
$srv->start;
$srv->write_file('file', 'x' x 1000);
my $url = 'ftp://proftpd:test@127.0.0.1:' . $srv->port . '/';

for my $version ('1.2', '1.3') {
  my ($status, $output) = run([ 'python3', "$here/clients/python-refused.py" ],
    FTPS_VERSION => $version);
  for my $step (qw(list get put)) {
    like $output, qr/^\Q$step\E error_temp 425-\Q$reason\E.*\nnext 200 /m,
      "Python ftplib, TLS $version, $step: the reason, and the next reply"
      or diag $output;
  }

  ($status, $output) = run([ 'curl', '-sS', '--insecure', '--ssl-reqd',
    '--no-sessionid', '--tls-max', $version, $url ]);
  like $output, qr/got 425/, "curl, TLS $version" or diag $output;
}

SKIP: {
  skip 'IO::Socket::SSL is not installed', 2
    if !eval { require IO::Socket::SSL; require Net::FTP };
  my ($status, $output) = run([ $^X, '-MNet::FTP', '-e', <<~'PERL' ]);
    my $ftp = Net::FTP->new('127.0.0.1', Port => $ENV{FTPS_PORT}, Passive => 1,
      SSL_verify_mode => 0);
    $ftp->starttls; $ftp->login('proftpd', 'test');
    $ftp->ls;
    print 'ls ', $ftp->code, ' ', $ftp->message;
    $ftp->pwd;
    print 'pwd ', $ftp->code, "\n";
    PERL
  like $output, qr/^ls 425 \Q$reason\E/m, "Net::FTP: the reason"
    or diag $output;
  like $output, qr/^pwd 257$/m, 'Net::FTP: the next reply';
}

is $srv->stop, 0, 'the daemon ends';
done_testing;

sub run ($argv, %env) {
  local %ENV = (%ENV, FTPS_PORT => $srv->port,
    FTPS_CA => $srv->pki->cert('ca')->{cert}, %env);
  return FTPS::Test::Process->run($argv, seconds => 30);
}
