#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ProFTPD serves commands in the middle of a transfer.  They change neither what
# becomes of the transfer nor what protects it: an empty upload makes its file
# after a RANG that is not about it; another file can be removed; a listing in
# clear stops where TLSRequired forbids it; MODE of mod_deflate does not take
# the protection away, and neither does it between PASV and the command; CCC
# ends that of the control connection, and the transfer goes on.

use v5.36;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Net::SSLeay ();
use Test::More;
use Time::HiRes qw(sleep);

use lib dirname(abs_path(__FILE__)) . '/lib';
use FTPS::Test::File qw(spew);
use FTPS::Test::Server;

my $srv = FTPS::Test::Server->new(extra => 'AllowOverride on')->start;
my $c = $srv->client;

my $ccc = FTPS::Test::Server->new(tls => 'TLSRequired off')->start;

# The replies of a transfer with a command behind it, in any order.
sub both ($c) { return join ' ', sort map { ($c->reply)[0] } 1, 2 }

for my $line ('RANG 0 9', 'REST 5', 'ABOR now', 'PWD') {
  unlink $srv->path('f');
  my $d = $c->data;
  is(($c->cmd('STOR f'))[0], 150, "$line: STOR");
  $c->send_line($line);
  ok $d->accept && $d->handshake, "$line: the data connection";
  $d->finish('wait');
  like both($c), qr/\b226\b/, "$line: the upload is complete";
  is $srv->read_file('f'), '', "$line: the empty file";
}

my $other = $srv->write_file('other', 'bytes');
my $d = $c->data;
is(($c->cmd('STOR f'))[0], 150, 'DELE: STOR');
$c->send_line("DELE $other");
ok $d->accept && $d->handshake, 'DELE: the data connection';
$d->write('bytes');
$d->finish('wait');
is both($c), '226 250', 'DELE of another file, by its path';
ok !-e $other, 'DELE: it is gone';
is $srv->read_file('f'), 'bytes', 'DELE: the upload';

# The first directory is larger than what ProFTPD sends at a time.
mkdir $srv->path($_) or die "$_: $!" for qw(a z);
spew($srv->path("a/$_" . 'x' x 150), '') for 1000 .. 4000;
spew($srv->path('z/.ftpaccess'), "TLSRequired on\n");
spew($srv->path('z/secret'), '');
$c->quit;

# Each in a session that has not seen the access file yet.
for my $line ('NOOP', 'PWD', 'SIZE f') {
  my $c = $srv->client;
  is(($c->cmd('PROT C'))[0], 200, "$line: PROT C");
  my $d = $c->data;
  $c->send_line('LIST -R');
  $c->send_line($line);
  is(($c->reply)[0], 150, "$line: LIST -R in clear");
  $d->accept;
  my $listed = $d->wait_notify;
  $d->finish('wait');
  like $listed, qr/4000x/, "$line: what may be listed";
  unlike $listed, qr/secret/, "$line: what may not";
  like both($c), qr/\b522\b/, "$line: the reply says so";
  $c->quit;
}
is $srv->stop, 0, 'the daemon ends';

# A client that has sent "some" of a file, and has the reply to CCC; and its data
# connection.
sub ccc_in_upload ($version, $name) {
  my $c = $ccc->client(max => $version);
  my $d = $c->data;
  is(($c->cmd('STOR f'))[0], 150, "$name: STOR");
  ok $d->accept && $d->handshake, "$name: the data connection";
  $c->send_line('CCC');
  $d->write('some');
  is(($c->reply)[0], 200, "$name: 200");
  return ($c, $d);
}

# The client's close_notify arrives while the transfer goes on, with a command
# behind it or without one.
for my $version (qw(1.2 1.3)) {
  for my $then ('', "PWD\r\n") {
    my $name = "TLS $version: CCC, " . (length $then ? 'PWD' : 'nothing more');
    my ($c, $d) = ccc_in_upload($version, $name);
    $c->stream->notify;
    $c->wire($then) if length $then;
    $c->stream->wait_notify;
    $c->stream->go_on_in_clear;
    $d->write(' bytes');
    $d->finish('wait');
    is length $then ? both($c) : ($c->reply)[0],
      length $then ? '226 257' : 226, "$name: the upload is complete";
    is $ccc->read_file('f'), 'some bytes', "$name: every byte";
    is $c->retr('f')->{data}, 'some bytes', "$name: the next transfer";
    $c->close;
  }
}

# The same in two parts: TCP may cut it anywhere, and the server looks at each.
for my $version (qw(1.2 1.3)) {
  for my $at (1, 5, 6) {
    my $name = "TLS $version: CCC, a close_notify that is cut after $at";
    my ($c, $d) = ccc_in_upload($version, $name);
    pipe my $from, my $to or die "pipe: $!";
    Net::SSLeay::set_wfd($c->stream->ssl, fileno $to);
    $c->stream->notify;
    sysread $from, my $record, 1024;
    $c->wire(substr $record, 0, $at);
    $d->write(' bytes');
    sleep 0.3;
    $c->wire(substr($record, $at) . "PWD\r\n");
    $c->stream->wait_notify;
    $c->stream->go_on_in_clear;
    $d->write(' more');
    $d->finish('wait');
    is both($c), '226 257', "$name: the upload is complete";
    is $ccc->read_file('f'), 'some bytes more', "$name: every byte";
    $c->close;
  }
}
is $ccc->stop, 0, 'the daemon ends';

# mod_deflate takes off whatever is on top of its streams, if it has put them
# there before the session came to a server with TLS.
subtest 'MODE' => sub {
  FTPS::Test::Server->need_host;
  my @missing = FTPS::Test::Config->lacking('mod_deflate');
  plan skip_all => "not installed: @missing" if @missing;

  my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 500_000;
  my $srv = FTPS::Test::Server->new(modules => 'mod_deflate',
    tls => 'TLSEngine off', extra => 'DeflateEngine on',
    vhosts => [ { name => 'tls.test', cert => 'server',
      tls => [ 'TLSEngine on', 'TLSRequired on' ],
      extra => 'DeflateEngine on' } ])->start;
  $srv->write_file('f', $bytes);
  for my $when (qw(before within)) {
    my $c = $srv->connection;
    $c->connect;
    is(($c->cmd('MODE Z'))[0], 200, "$when: MODE Z without TLS");
    is(($c->cmd('HOST tls.test'))[0], 220, "$when: HOST");
    ok $c->auth, "$when: AUTH TLS";
    $c->login;
    my $d = $c->data;
    is(($c->cmd('MODE S'))[0], 200, "$when: MODE S") if $when eq 'before';
    $c->send_line('RETR f');
    $c->send_line('MODE S') if $when eq 'within';
    is(($c->reply)[0], 150, "$when: RETR");
    ok $d->handshake, "$when: a handshake" or diag $d->error;
    ok $d->is_open && $d->wait_notify eq $bytes, "$when: every byte";
    is $d->eof, 'close_notify', "$when: protected to the end";
    $d->finish('wait');
    is join(' ', sort map { ($c->reply)[0] } 1 .. ($when eq 'within') + 1),
      $when eq 'within' ? '200 226' : '226', "$when: the replies";
    $c->close;
  }
  is $srv->stop, 0, 'the daemon ends';
};

done_testing;
