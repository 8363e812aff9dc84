#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSOptions KernelTLS (host/data/sendfile.c): the kernel makes the records of a
# download, and ProFTPD sends the file with sendfile().  The bytes are checked
# on the loopback: no byte of a file is ever in clear.
#
# If this kernel has no TLS, the log says so once and transfers go on.  With
# FTPS_SLOW=1 the rest runs in a virtual machine whose kernel has it.
#
# Needs: root, proftpd-core.  The machine: qemu-system-x86, kmod, cpio.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Checks qw(is_bytes);
use FTPS::Test::Process;
use FTPS::Test::Server;
use FTPS::Test::Stolen qw(none_is_stolen);
use Socket qw(SOCK_RAW pack_sockaddr_in);
use Test::More;

my $SECONDS = 900; # without acceleration
my $MARK = 'no byte of this file may leave in clear ';
my $BYTES = substr $MARK x 140_000, 0, 5_000_003;
my $SMALL = substr $MARK x 3, 0, 101;
my @CIPHER = (
  (map { { max => '1.2', ciphers => $_ } } qw(ECDHE-ECDSA-AES128-GCM-SHA256
    ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305)),
  (map { { min => '1.3', ciphersuites => $_ } } qw(TLS_AES_128_GCM_SHA256
    TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256)),
);

my $srv = FTPS::Test::Server->new(debug => 10,
  tls => 'TLSOptions KernelTLS', modules => ['mod_deflate'],
  extra => ['UseSendfile on', 'DeflateEngine on'],
  allow_log => qr/declining use of sendfile/);

sub has_kernel_tls () {
  open my $in, '<', '/proc/sys/net/ipv4/tcp_available_ulp' or return 0;
  return (readline($in) // '') =~ /\btls\b/;
}

# All that passes on the loopback until it is asked for.
my $sniffer;

sub start_sniffing () {
  my $ETH_P_ALL = 3;
  socket $sniffer, 17, SOCK_RAW, unpack('n', pack 'S', $ETH_P_ALL)
    or die "packet socket: $!";
  setsockopt $sniffer, 1, 33, pack('i', 256 << 20); # SO_RCVBUFFORCE
  return;
}

sub sniffed () {
  my $seen = '';
  while (defined recv $sniffer, my $packet, 70_000, 0x40) { # MSG_DONTWAIT
    $seen .= $packet;
  }
  close $sniffer;
  return $seen;
}

sub count_in ($text, $what) { return scalar(() = $text =~ /\Q$what\E/g) }

# What a transfer does besides what it returns: [its result, what was in clear,
# calls of sendfile].
sub watched ($act) {
  my $before = count_in($srv->stderr . $srv->systemlog, 'using sendfile');
  start_sniffing();
  my $r = $act->();
  my $seen = sniffed();
  my $after = count_in($srv->stderr . $srv->systemlog, 'using sendfile');
  return ($r, count_in($seen, $MARK), $after - $before, length $seen);
}

sub check_download ($client, $name) {
  for my $file (qw(big small empty)) {
    my $want = $srv->read_file($file);
    my ($r, $clear, $sent, $seen) =
      watched(sub { return $client->retr($file) });
    is_deeply([ $r->@{qw(code eof alert reused)} ],
      [ 226, 'close_notify', 'close notify', 1 ], "$name: $file");
    is_bytes($r->{data}, $want, "$name: bytes of $file");
    is($clear, 0, "$name: $file, nothing in clear");
    cmp_ok($seen, '>', length $want, "$name: $file was watched");
    cmp_ok($sent, '>', 0, "$name: $file by sendfile") if $file eq 'big';
  }
  my $r = $client->retr('big', rest => 1_234_567);
  is_bytes($r->{data}, substr($BYTES, 1_234_567), "$name: REST");
  return;
}

sub check_cipher ($tls) {
  my $name = join ' ', map { $tls->{$_} } sort keys %$tls;
  my $client = $srv->client(%$tls);
  check_download($client, $name);
  $srv->like_tlslog(qr/client reused TLS session for data connection \(Kern/,
    "$name: the log says so");

  my ($r, $clear, $sent) = watched(sub { $client->list });
  is_deeply([ $r->{code}, $clear, $sent ], [ 226, 0, 0 ], "$name: LIST");
  ($r, $clear, $sent) = watched(sub { $client->stor('up', $SMALL) });
  is_deeply([ $r->{code}, $clear, $sent ], [ 226, 0, 0 ], "$name: STOR");
  is_bytes($srv->read_file('up'), $SMALL, "$name: bytes of STOR");
  return;
}

# After a download whose file went by sendfile, the next one must not.
sub check_fails_closed () {
  my $client = $srv->client(min => '1.3');
  check_download($client, 'first');
  my ($r, $clear, $sent) = watched(sub {
    return $client->retr('big', session => 'none') });
  is_deeply([ $r->{code}, $clear, $sent ], [ 425, 0, 0 ],
    'a refused connection gets nothing');
  ($r, $clear) = watched(sub {
    my $d = $client->data;
    $client->cmd('RETR big');
    $d->raw("no handshake\r\n");
    my ($code) = $client->reply;
    $d->close;
    return { code => $code };
  });
  is_deeply([ $r->{code}, $clear ], [ 425, 0 ], 'nor does one without TLS');
  ($r, $clear) = watched(sub {
    return $client->retr('big', finish => 'reset',
      during => sub ($c, $d) { return $d->read_some }) });
  is_deeply([ $r->{code}, $clear ], [ 426, 0 ], 'a reset download');
  check_download($client, 'and then');

  is(($client->cmd('MODE Z'))[0], 200, 'MODE Z');
  ($r, $clear, $sent) = watched(sub { return $client->retr('big') });
  is_deeply([ $r->@{qw(code reused)}, $clear, $sent ], [ 226, 1, 0, 0 ],
    'MODE Z goes another way');
  $client->cmd('MODE S');

  # The sniffer sees what is in clear, and sendfile may be used there as usual.
  $client->protect('C');
  ($r, $clear, $sent) = watched(sub { return $client->retr('big') });
  is($r->{code}, 226, 'PROT C');
  cmp_ok($clear, '>', 1000, 'PROT C is in clear');
  cmp_ok($sent, '>', 0, 'PROT C by sendfile');
  $client->protect('P');
  check_download($client, 'PROT P again');
  return;
}

# Nobody else gets a data connection, nor a byte in clear.
sub check_not_stolen ($name) {
  none_is_stolen($srv, $name, sub ($act) {
    my ($r, $clear) = watched($act);
    is($clear, 0, "$name: $r->{code}, nothing in clear");
    return $r;
  });
  return;
}

sub check_without () {
  my $said = count_in($srv->stderr . $srv->systemlog,
    'TLSOptions KernelTLS: this kernel makes no TLS records');
  is($said, 1, 'the lack is said once');
  check_not_stolen('KernelTLS, which is not there');
  for my $tls (@CIPHER) {
    my $client = $srv->client(%$tls);
    my $name = join ' ', map { $tls->{$_} } sort keys %$tls;
    my ($r, $clear, $sent) = watched(sub { return $client->retr('big') });
    is_deeply([ $r->@{qw(code reused)}, $clear, $sent ], [ 226, 1, 0, 0 ],
      "$name: in user space");
    is_bytes($r->{data}, $BYTES, "$name: its bytes");
  }
  $srv->unlike_tlslog(qr/KernelTLS/, 'no connection says that it has it');
  return;
}

sub check_in_machine () {
  my ($status, $output) = FTPS::Test::Process->run(
    ["$FindBin::Bin/lib/ktls-vm", '-t', $SECONDS, '--', $^X,
      "-I$FindBin::Bin/lib", "$FindBin::Bin/$FindBin::Script"],
    seconds => $SECONDS + 30, env => { FTPS_IN_MACHINE => 1 });
  SKIP: {
    skip "no machine: $output", 2 if $status == 69;
    is($status, 0, 'in a machine with kernel TLS') or diag($output);
    like($output, qr/^ok .*KernelTLS, TLS 1.3: the client's own$/m, 'all of it');
  }
  return;
}

$srv->start;
$srv->write_file('big', $BYTES);
$srv->write_file('small', $SMALL);
$srv->write_file('empty', '');
if (has_kernel_tls()) {
  check_cipher($_) for @CIPHER;
  check_fails_closed();
  check_not_stolen('KernelTLS');
} else {
  is($ENV{FTPS_IN_MACHINE}, undef, 'the machine has kernel TLS');
  check_without();
  check_in_machine() if $ENV{FTPS_SLOW};
}
is($srv->stop, 0, 'the daemon ended well');
done_testing;
