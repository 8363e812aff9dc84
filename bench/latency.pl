#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# latency.pl: what a small file costs at a distance, in round trips.
#
# Puts daemons into one network namespace and clients into another, with a pair
# of tun devices between them whose packets are delayed, and moves files of
# 4 KiB with curl, lftp and Python's ftplib, several by one control connection:
# Debian's mod_tls, mod_ftps as it is, and with the options that spare round
# trips.  A figure is the median of the times from the end of one transfer to that
# of the next, as the daemon logs them, so login and start do not count.
#
# Run as root from anywhere: bench/latency.pl [--write] [RTT [FILES]], RTT in
# milliseconds (50), FILES per measurement (10).  Five minutes.  Prints a table
# in Markdown; --write writes it to bench/latency.md.  Namespaces and devices are
# removed at the end.  "-": the client failed.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Fcntl qw(O_RDWR O_NONBLOCK);
use File::Temp ();
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More ();
use Time::HiRes qw(time);

use constant { TUNSETIFF => 0x400454ca, TUN_WITHOUT_HEADER => 0x1001 };
use constant { SERVER => '10.98.0.1', CLIENT => '10.98.0.2' };

my $do_write = @ARGV && $ARGV[0] eq '--write' && shift;
my $rtt = $ARGV[0] // 50;
my $files = $ARGV[1] // 10;
my %ns = map { $_ => "ftps-$_-" . ($ENV{FTPS_LATENCY} // $$) } qw(s c);

my @SERVERS = (
  { name => 'mod_tls', module => 'mod_tls' },
  { name => 'mod_ftps', module => 'mod_ftps' },
  { name => 'EarlyDataHandshake', module => 'mod_ftps',
    tls => ['TLSOptions EarlyDataHandshake'] },
  { name => 'ReplyWhenSent', module => 'mod_ftps',
    tls => ['TLSOptions ReplyWhenSent'] },
  { name => 'DataWithHandshake', module => 'mod_ftps',
    tls => ['TLSOptions DataWithHandshake'] },
  { name => 'all', module => 'mod_ftps',
    tls => ['TLSOptions EarlyDataHandshake ReplyWhenSent DataWithHandshake'] },
);
@SERVERS = grep {
  $_->{module} ne 'mod_tls' || -e '/usr/lib/proftpd/mod_tls.so'
} @SERVERS;
my @CLIENTS = (
  { name => 'curl', version => [qw(curl --version)], run => \&run_curl },
  { name => 'lftp', version => [qw(lftp --version)], run => \&run_lftp },
  { name => 'Python ftplib', version => [qw(/usr/bin/python3 --version)],
    run => \&run_python },
);

exit($ENV{FTPS_LATENCY} ? measure() : surround());

sub surround () {
  my $relay;
  my $status = eval {
    for my $name (sort values %ns) {
      command(qw(ip netns add), $name);
    }
    my @tun = (open_tun('s', SERVER, CLIENT), open_tun('c', CLIENT, SERVER));
    $relay = fork // die "fork: $!\n";
    delay(@tun) if !$relay;
    local $ENV{FTPS_LATENCY} = $$;
    system qw(ip netns exec), $ns{s}, $^X, $0, $do_write ? '--write' : (),
      $rtt, $files;
  } // warn $@;
  kill TERM => $relay if $relay;
  waitpid $relay, 0 if $relay;
  command(qw(ip netns del), $_) for values %ns;
  return $status == 0 ? 0 : 1;
}

sub command (@argv) {
  system(@argv) == 0 or die "@argv: status $?\n";
  return;
}

# The device goes to its namespace, its descriptor stays here.
sub open_tun ($which, $own, $peer) {
  my $device = "ftps$which$$";
  sysopen my $tun, '/dev/net/tun', O_RDWR | O_NONBLOCK
    or die "/dev/net/tun: $!\n";
  my $request = pack 'a16 s x22', $device, TUN_WITHOUT_HEADER;
  ioctl $tun, TUNSETIFF, $request or die "$device: $!\n";
  command(qw(ip link set), $device, 'netns', $ns{$which});
  my @ip = ('ip', '-n', $ns{$which});
  command(@ip, qw(link set lo up));
  command(@ip, qw(addr add), $own, 'peer', $peer, 'dev', $device);
  command(@ip, qw(link set), $device, 'up');
  return $tun;
}

sub delay (@tun) {
  $SIG{TERM} = 'DEFAULT';
  my @queues = ([], []);
  while (1) {
    my ($due) = sort { $a <=> $b } map { $_->[0][0] } grep { @$_ } @queues;
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for @tun;
    my $wait = defined $due ? $due - time : undef;
    select $ready, undef, undef, defined $wait && $wait < 0 ? 0 : $wait;
    for my $from (0, 1) {
      while (sysread $tun[$from], my $packet, 65_536) {
        push $queues[ 1 - $from ]->@*, [ time + $rtt / 2000, $packet ];
      }
    }
    for my $to (0, 1) {
      my $queue = $queues[$to];
      syswrite $tun[$to], (shift @$queue)->[1]
        while @$queue && $queue->[0][0] <= time;
    }
  }
}

sub measure () {
  my $dir = File::Temp->newdir;
  write_bytes("$dir/up", join '', map { chr($_ * 7 % 256) } 1 .. 4096);
  $_->{server} = start_server($_, $dir) for @SERVERS;
  my @rows;
  for my $client (grep { is_there($_) } @CLIENTS) {
    for my $version ('1.2', '1.3') {
      for my $way (qw(down up)) {
        push @rows, [ "$client->{name}, TLS $version", $way,
          map { cell($client, $_, $version, $way, $dir) } @SERVERS ];
      }
    }
  }
  $_->{server}->stop for @SERVERS;
  report(@rows);
  Test::More->builder->no_ending(1);
  return 0;
}

sub write_bytes ($path, $bytes) {
  open my $file, '>:raw', $path or die "$path: $!\n";
  print $file $bytes;
  close $file or die "$path: $!\n";
  return;
}

sub is_there ($client) {
  my ($status, $output) = eval {
    FTPS::Test::Process->run($client->{version});
  };
  ($client->{is}) = ($output // '') =~ /(\d+\.\d+(?:\.\d+)?)/;
  return defined $status && $status == 0;
}

sub start_server ($kind, $dir) {
  $kind->{log} = "$dir/$kind->{name}.log";
  my $server = FTPS::Test::Server->new(module => $kind->{module},
    address => SERVER, main_port => 0, max_instances => 20,
    extra => 'LogFormat when "%m %{epoch} %{millisecs}"',
    vhosts => [ map { {
      name => "v$_", port => 'own', address => SERVER,
      extra => "ExtendedLog $kind->{log} READ,WRITE when",
      tls => [ "TLSProtocol TLSv$_", ($kind->{tls} // [])->@* ],
    } } '1.2', '1.3' ]);
  $server->start;
  $server->write_file('down', 'x' x 4096);
  return $server;
}

sub cell ($client, $kind, $version, $way, $dir) {
  my $server = $kind->{server};
  write_bytes($kind->{log}, '');
  my $program = $client->{run}->($dir, $way, $files + 1,
    $server->vhost_port("v$version"));
  my ($status, $output) = FTPS::Test::Process->run(
    [ qw(ip netns exec), $ns{c}, @$program ], seconds => 60);
  $server->wait_sessions(0);
  if ($status != 0) {
    warn "$client->{name} $version $way, $kind->{name}: $output\n";
    return '-';
  }
  my $ms = median_of($kind->{log});
  return sprintf '%.0f (%.1f)', $ms, $ms / $rtt;
}

sub median_of ($path) {
  open my $file, '<', $path or die "$path: $!\n";
  my @at = map { /^(?:RETR|STOR) (\d+) (\d+)/ ? 1000 * $1 + $2 : () } <$file>;
  my @ms = sort { $a <=> $b } map { $at[$_] - $at[ $_ - 1 ] } 1 .. $#at;
  return $ms[ @ms / 2 ] // die "$path: too few lines\n";
}

sub run_curl ($dir, $way, $count, $port) {
  my $url = 'ftp://' . SERVER . ":$port";
  my @each = map { $way eq 'up' ? ('-T', "$dir/up", "$url/up$_")
    : ('-o', "$dir/down", "$url/down") } 1 .. $count;
  return [ qw(curl -q -sSk --ssl-reqd --fail-early -u proftpd:test), @each ];
}

sub run_lftp ($dir, $way, $count, $port) {
  my @each = map { $way eq 'up' ? "put $dir/up -o up$_"
    : "get down -o $dir/down" } 1 .. $count;
  write_bytes("$dir/lftp", join "\n", 'set cmd:fail-exit yes',
    'set net:max-retries 1', 'set net:connection-limit 1',
    'set ftp:ssl-force yes', 'set xfer:clobber yes',
    'set ftp:ssl-protect-data yes', 'set ssl:verify-certificate no',
    "open -u proftpd,test -p $port ftp://" . SERVER, @each, '');
  return [ qw(lftp --norc -f), "$dir/lftp" ];
}

sub run_python ($dir, $way, $count, $port) {
  write_bytes("$dir/client.py", <<'PY');
import ftplib, io, ssl, sys
class FTP(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        return self.context.wrap_socket(
            conn, server_hostname=self.host, session=self.sock.session), size
host, port, way, count, name = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
ftp = FTP(context=context, timeout=20)
ftp.connect(host, int(port))
ftp.login("proftpd", "test")
ftp.prot_p()
for n in range(int(count)):
    if way == "up":
        with open(name, "rb") as file:
            ftp.storbinary("STOR up%d" % n, file)
    else:
        got = io.BytesIO()
        ftp.retrbinary("RETR down", got.write)
        assert len(got.getvalue()) == 4096
ftp.quit()
PY
  return [ '/usr/bin/python3', "$dir/client.py", SERVER, $port, $way, $count,
    "$dir/up" ];
}

sub report (@rows) {
  my %way = (down => 'download', up => 'upload');
  my $text = "# A small file at a distance\n\n"
    . "Milliseconds (round trips) for a file of 4 KiB, round trip $rtt ms, "
    . "median of\n$files by one control connection; "
    . join(', ', map { "$_->{name} $_->{is}" } grep { $_->{is} } @CLIENTS)
    . ".\nOther work on the machine adds to single figures.  \"-\": the client "
    . "failed.\nTo repeat it: `bench/latency.pl --write`, as root.\n\n"
    . '| Client | | ' . join(' | ', map { $_->{name} } @SERVERS) . " |\n"
    . '|---|---|' . '--:|' x @SERVERS . "\n"
    . join '', map { "| $_->[0] | $way{$_->[1]} | "
    . join(' | ', $_->@[ 2 .. $#$_ ]) . " |\n" } @rows;
  print $text;
  write_bytes("$FindBin::Bin/latency.md", $text) if $do_write;
  return;
}
