#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The large copies of a download.  That of ProFTPD 1.3.8 has its source as its
# target, so that no byte moves; 1.3.9 makes none.  The library's: how far, modulo
# 4096, the target is after the source; with less than 64 bytes `rep movsb` is
# several times slower on some processors.  The distance is measured, not the
# time: a memcpy of our own replaces the C library's and writes down its
# arguments.
use v5.36;
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(spew);
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

plan skip_all => 'sanitizers have a memcpy of their own' if $ENV{FTPS_ASAN};

my $dir = File::Temp->newdir('ftps-copies-XXXXXX', TMPDIR => 1);
chmod 0755, $dir;

spew("$dir/copies.c", <<'C');
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(const void *to, const void *from, size_t len) {
  static int fd = -1;
  char line[64];
  int n;

  if (fd < 0) {
    fd = open(getenv("FTPS_COPIES"), O_WRONLY | O_APPEND | O_CLOEXEC);
  }
  n = snprintf(line, sizeof(line), "%zu %d\n", len, to == from ? -1
      : (int) (((uintptr_t) to - (uintptr_t) from) & 4095));
  if (fd >= 0 && write(fd, line, (size_t) n) != n) {
    _exit(1);
  }
}

void *memcpy(void *to, const void *from, size_t len) {
  volatile char *t = to;
  const volatile char *f = from;

  if (len >= 16384) {
    note(to, from, len);
  }
  while (len-- > 0) {
    *t++ = *f++;
  }
  return to;
}

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room) {
  return len <= room ? memcpy(to, from, len) : NULL;
}
C
system('gcc', '-O1', '-shared', '-fPIC', '-fno-builtin', '-w', '-o',
  "$dir/copies.so", "$dir/copies.c") == 0
  or plan skip_all => 'nothing can be compiled here';
spew("$dir/log", '', 0666);

my $srv = FTPS::Test::Server->new;
{
  local %ENV = (%ENV, LD_PRELOAD => "$dir/copies.so",
    FTPS_COPIES => "$dir/log");
  $srv->start;
}

my %size = (middle => 300_000, large => 2_000_003, huge => 17_000_000);
my %piece = (middle => 65_536, large => 262_144, huge => 524_288);
my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 1 << 16;
my %bytes = map { $_ => substr $bytes x (1 + $size{$_} / length $bytes), 0,
  $size{$_} } keys %size;
$srv->write_file($_, $bytes{$_}) for keys %size;

# Lengths and distances of the copies that a command costs; -1: to its own place.
sub copies ($code) {
  truncate "$dir/log", 0;
  $code->();
  open my $log, '<', "$dir/log" or die "log: $!";
  return map { [split] } <$log>;
}

sub check ($c, $file, $name, %o) {
  my @copies = copies(sub {
    my $r = $c->retr($file, %o);
    ok $r->{ok} && $r->{data} eq $bytes{$file}, "$name, $file: every byte";
  });
  check_core($file, $name, @copies) if $srv->host_version =~ /1\.3\.8/;

  # Before the first record is out nobody knows where the library makes it.
  my @library = grep { $_->[0] == 16384 } @copies;
  splice @library, 0, $piece{$file} / 16384 + 1;
  is_deeply [ grep { $_->[1] < 64 } @library ], [],
    "$name, $file: nor does the library's";
  return;
}

sub check_core ($file, $name, @copies) {
  my ($piece) = sort { $b <=> $a } map { $_->[0] } @copies;
  my @core = grep { $_->[0] == $piece } @copies;
  is $piece, $piece{$file}, "$name, $file: the size of pieces";
  cmp_ok scalar @core, '>', 1, "$name, $file: copies of a piece are seen";
  is_deeply [ grep { $_->[1] != -1 } @core ], [],
    "$name, $file: each is to its own place";
  return;
}

for my $version ('1.2', '1.3') {
  my $c = $srv->client(min => $version, max => $version);
  check($c, $_, "TLS $version") for qw(middle large huge);
  check($c, 'large', "TLS $version, again", mode => 'port');
  my $r = $c->retr('large', rest => 3);
  ok $r->{ok} && $r->{data} eq substr($bytes{large}, 3), 'from an odd place on';
  $c->cmd('TYPE A');
  $r = $c->retr('large');
  ok $r->{ok} && $r->{data} eq $bytes{large} =~ s/(?<!\r)\n/\r\n/gr,
    'ASCII: every byte, and every line end';
  $c->cmd('TYPE I');
  check($c, 'large', "TLS $version, after that");
  $c->quit;
}

is $srv->stop, 0, 'the daemon ends';
done_testing;
