#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# What FTPS::Test::Responder puts in the place of an OCSP responder, or before
# it:  http_front.pl MODE PORT [BACKEND CERT KEY]
#
#   tls       TLS before the responder at port BACKEND
#   silent    takes the request and says nothing
#   garbage   an answer of the right type that is none; BACKEND seconds later
#             to every second request
#   endless   an answer without an end
#   redirect  "look at port BACKEND"
#   error     HTTP status 500
#   file      the response that lies in the file BACKEND
#
# Prints a line for each connection.

use v5.36;
use FindBin;
use lib $FindBin::Bin;
use FTPS::Test::File qw(slurp);
use FTPS::Test::Stream;
use IO::Socket::IP;

my ($mode, $port, $backend, $cert, $key) = @ARGV;
my $HEAD = "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n";

my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1',
  LocalPort => $port, Listen => 20, ReuseAddr => 1) or die "listen: $@\n";
$SIG{CHLD} = 'IGNORE';
STDOUT->autoflush(1);
say 'ready';
my $asked = 0;
while (1) {
  my $sock = $listener->accept or next;
  say 'asked';
  $asked++;
  next if fork;
  eval { serve($sock) } or say "ended: $@";
  exit 0;
}

# One whole request, headers and body.
sub request ($stream) {
  my $text = '';
  while ($text !~ /\r\n\r\n/
      || length($') < ($text =~ /^Content-Length: (\d+)/mi ? $1 : 0)) {
    my $more = $stream->read_some;
    return $text if !length $more;
    $text .= $more;
  }
  return $text;
}

sub serve ($sock) {
  my $stream = FTPS::Test::Stream->adopt($sock, name => 'front');
  if ($mode eq 'tls') {
    $stream->start_tls(role => 'server', cert => $cert, key => $key)
      or die $stream->error, "\n";
  }
  my $request = request($stream);
  if ($mode eq 'tls') {
    my $back = FTPS::Test::Stream->dial('127.0.0.1', $backend);
    $back->write($request);
    $stream->write($back->wait_notify);
    $stream->notify;
  } elsif ($mode eq 'silent') {
    sleep 30;
  } elsif ($mode eq 'garbage') {
    sleep $backend if $backend && $asked % 2;
    $stream->write("${HEAD}Content-Length: 9\r\n\r\n\x30\x07garbage");
  } elsif ($mode eq 'endless') {
    $stream->write("$HEAD\r\n\x30\x83\x7f\xff\xff");
    1 while $stream->write('x' x 65536);
  } elsif ($mode eq 'redirect') {
    $stream->write("HTTP/1.0 302 Found\r\n"
        . "Location: http://127.0.0.1:$backend/\r\n\r\n");
  } elsif ($mode eq 'file') {
    my $der = slurp($backend);
    $stream->write("${HEAD}Content-Length: " . length($der) . "\r\n\r\n$der");
  } else {
    $stream->write("HTTP/1.0 500 No\r\n\r\n");
  }
  $stream->half_close;
  $stream->close;
  return 1;
}
