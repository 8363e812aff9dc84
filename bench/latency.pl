#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# latency.pl: what a small file costs at a distance, in round trips.
#
# Puts daemons into one network namespace and clients into another, with a pair
# of tun devices between them whose packets are delayed, and moves files of
# 4 KiB with the clients that are installed, several by one control connection:
# proftpd without TLS, Debian's mod_tls, mod_ftps as it is, and with the options
# that spare round trips.  A figure is a time from the end of one transfer to that
# of the next, as the daemon logs them, so login and start do not count.  A quarter
# of the times is shorter: what else the machine does only adds.
#
#   bench/latency.pl [--write] [--chroot DIR] [--clients REGEX] [RTT [FILES]]
#
#   --write    writes the table into bench/latency.md
#   --chroot   also the curl of another system, made by debootstrap
#   --clients  only those whose name matches
#   RTT        milliseconds (50)
#   FILES      in each measurement (10)
#
# As root, from anywhere.  A quarter of an hour.  Namespaces and devices are
# removed at the end.  Clients verify nothing, but for Java and FileZilla.

use v5.36;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Fcntl qw(O_RDWR O_NONBLOCK);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Getopt::Long;
use Test::More ();
use Time::HiRes qw(time);

use constant { TUNSETIFF => 0x400454ca, TUN_WITHOUT_HEADER => 0x1001 };
use constant { SERVER => '10.98.0.1', CLIENT => '10.98.0.2' };

my $DRIVERS = "$FindBin::Bin/../t/clients";
my %opt = (clients => '', chroot => '');
my @words = @ARGV;
GetOptions(\%opt, qw(write chroot=s clients=s))
  or die "latency: see the head of $0\n";
my $rtt = $ARGV[0] // 50;
my $files = $ARGV[1] // 10;
my $chroot = $opt{chroot} && abs_path($opt{chroot});
my %ns = map { $_ => "ftps-$_-" . ($ENV{FTPS_LATENCY} // $$) } qw(s c);

my @SERVERS = (
  { name => 'plain FTP', module => 'none' },
  { name => 'mod_tls', module => 'mod_tls' },
  { name => 'mod_ftps', module => 'mod_ftps' },
  (map { { name => $_, module => 'mod_ftps', options => $_ } }
    qw(EarlyDataHandshake ReplyWhenSent DataWithHandshake)),
  { name => 'all', module => 'mod_ftps',
    options => 'EarlyDataHandshake ReplyWhenSent DataWithHandshake' },
);
@SERVERS = grep {
  $_->{module} ne 'mod_tls' || -e '/usr/lib/proftpd/mod_tls.so'
} @SERVERS;
my @CLIENTS = (
  { name => 'curl', version => [qw(curl --version)], run => \&run_curl },
  $chroot ? { name => 'curl', version => [ 'chroot', $chroot, qw(curl --version) ],
    run => \&run_curl, root => $chroot } : (),
  { name => 'lftp', version => [qw(lftp --version)], run => \&run_lftp },
  { name => 'Python ftplib', version => [qw(/usr/bin/python3 --version)],
    run => \&run_python },
  { name => 'Java', version => [qw(java --version)], run => \&run_java },
  { name => 'FileZilla', run => \&run_filezilla, version => [ 'sh', '-c',
    'command -v Xvfb xdotool && dpkg-query -W filezilla' ] },
);
@CLIENTS = grep { $_->{name} =~ /$opt{clients}/i } @CLIENTS;

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
    system qw(ip netns exec), $ns{s}, $^X, $0, @words;
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
  my $dir = File::Temp->newdir('ftps-latency-XXXXXX', DIR => "$chroot/tmp");
  make_files($dir);
  $_->{server} = start_server($_, $dir) for @SERVERS;
  my @rows;
  for my $client (grep { is_there($_) } @CLIENTS) {
    for my $version ('1.2', '1.3') {
      for my $way (qw(download upload)) {
        push @rows, [ "$client->{name} $client->{is}, TLS $version", $way,
          map { cell({ client => $client, kind => $_, version => $version,
            way => $way, dir => "$dir" }) } @SERVERS ];
      }
    }
  }
  $_->{server}->stop for @SERVERS;
  report(@rows);
  Test::More->builder->no_ending(1);
  return 0;
}

# What clients send, what they have to know; plans for those of t/clients.
sub make_files ($dir) {
  my $bytes = join '', map { chr($_ * 7 % 256) } 1 .. 4096;
  spew("$dir/up$_", $bytes) for 0 .. $files;
  spew("$dir/upload", join '', map { "put $dir/up$_ up$_\n" } 0 .. $files);
  spew("$dir/download",
    join '', map { "get down$_ $dir/down$_\n" } 0 .. $files);
  spew("$dir/client.py", python());
  return;
}

sub is_there ($client) {
  my ($status, $output) = eval {
    FTPS::Test::Process->run($client->{version});
  };
  ($client->{is}) = ($output // '') =~ /(\d+\.\d+(?:\.\d+)*)/;
  return defined $status && $status == 0;
}

sub start_server ($kind, $dir) {
  $kind->{log} = "$dir/" . $kind->{name} =~ tr/ /_/r . ".log";
  my $server = FTPS::Test::Server->new(module => $kind->{module},
    address => SERVER, main_port => 0, max_instances => 20, default_root => '~',
    extra => 'LogFormat when "%m %{epoch} %{millisecs}"',
    vhosts => [ map { {
      name => "v$_", port => 'own', address => SERVER,
      extra => "ExtendedLog $kind->{log} READ,WRITE when",
      tls => $kind->{module} eq 'none' ? [] : [ "TLSProtocol TLSv$_",
        $kind->{options} ? "TLSOptions $kind->{options}" : () ],
    } } '1.2', '1.3' ]);
  $server->start;
  $server->write_file("down$_", 'x' x 4096) for 0 .. $files;
  return $server;
}

# Round trips; undef: the client failed.  Without TLS once for both versions.
sub cell ($job) {
  my ($client, $kind, $version, $way) = $job->@{qw(client kind version way)};
  my $server = $kind->{server};
  $job->{is_plain} = $kind->{module} eq 'none';
  return $client->{plain}{$way} if $job->{is_plain} && $client->{plain}{$way};
  $job->{port} = $server->vhost_port("v$version");
  spew($kind->{log}, '');
  my ($status, $output) = FTPS::Test::Process->run(
    [ qw(ip netns exec), $ns{c}, $client->{run}->($job) ], seconds => 90);
  $server->wait_sessions(0);
  if ($status != 0) {
    warn "$client->{name} $version $way, $kind->{name}: $output\n";
    return undef;
  }
  my $trips = quarter_of($kind->{log}) / $rtt;
  $client->{plain}{$way} = $trips if $job->{is_plain};
  return $trips;
}

sub quarter_of ($path) {
  open my $file, '<', $path or die "$path: $!\n";
  my @at = map { /^(?:RETR|STOR) (\d+) (\d+)/ ? 1000 * $1 + $2 : () } <$file>;
  my @ms = sort { $a <=> $b } map { $at[$_] - $at[ $_ - 1 ] } 1 .. $#at;
  return $ms[ @ms / 4 ] // die "$path: too few lines\n";
}

# The files are where a curl in a chroot has them, too.
sub run_curl ($job) {
  my $root = $job->{client}{root} // '';
  my $dir = substr $job->{dir}, length $root;
  my $url = 'ftp://' . SERVER . ":$job->{port}";
  return ($root ? ('chroot', $root) : (), qw(curl -q -sSk --fail-early -u),
    'proftpd:test', $job->{is_plain} ? () : '--ssl-reqd',
    map { $job->{way} eq 'upload' ? ('-T', "$dir/up$_", "$url/up$_")
      : ('-o', "$dir/down$_", "$url/down$_") } 0 .. $files);
}

sub run_lftp ($job) {
  my $dir = $job->{dir};
  my $word = $job->{is_plain} ? 'no' : 'yes';
  spew("$dir/lftp", join "\n", 'set cmd:fail-exit yes',
    'set net:max-retries 1', 'set net:connection-limit 1',
    "set ftp:ssl-allow $word", "set ftp:ssl-force $word",
    'set xfer:clobber yes', 'set ftp:ssl-protect-data yes',
    'set ssl:verify-certificate no',
    "open -u proftpd,test -p $job->{port} ftp://" . SERVER,
    map({ $job->{way} eq 'upload' ? "put $dir/up$_ -o up$_"
      : "get down$_ -o $dir/down$_" } 0 .. $files), '');
  return (qw(lftp --norc -f), "$dir/lftp");
}

sub python () {
  return <<'PY';
import ftplib, io, ssl, sys
class FTP(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        return self.context.wrap_socket(
            conn, server_hostname=self.host, session=self.sock.session), size
host, port, way, count, name, plain = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
ftp = ftplib.FTP(timeout=20) if plain else FTP(context=context, timeout=20)
ftp.connect(host, int(port))
ftp.login("proftpd", "test")
if not plain:
    ftp.prot_p()
for n in range(int(count)):
    if way == "upload":
        with open(name, "rb") as file:
            ftp.storbinary("STOR up%d" % n, file)
    else:
        got = io.BytesIO()
        ftp.retrbinary("RETR down%d" % n, got.write)
        assert len(got.getvalue()) == 4096
ftp.quit()
PY
}

sub run_python ($job) {
  return ('/usr/bin/python3', "$job->{dir}/client.py", SERVER,
    $job->@{qw(port way)}, $files + 1, "$job->{dir}/up0",
    $job->{is_plain} ? 'plain' : '');
}

# A program of t/clients works off a plan.
sub with_plan ($job, @program) {
  my $ca = $job->{kind}{server}->pki->cert('server')->{ca};
  return ('env', 'FTPS_HOST=' . SERVER, "FTPS_PORT=$job->{port}",
    'FTPS_USER=proftpd', 'FTPS_PASSWORD=test', "FTPS_CA=$ca",
    $job->{is_plain} ? 'FTPS_PLAIN=1' : (), @program,
    "$job->{dir}/$job->{way}");
}

sub run_java ($job) {
  my $dir = $job->{dir};
  if (!-e "$dir/FtpsClient.class") {
    my ($status, $output) = FTPS::Test::Process->run(
      [ 'javac', '-d', $dir, "$DRIVERS/FtpsClient.java" ], seconds => 60);
    die "javac: $output\n" if $status != 0;
  }
  return with_plan($job, 'java', '-cp', $dir, 'FtpsClient');
}

sub run_filezilla ($job) {
  return with_plan($job, $^X, "$DRIVERS/filezilla.pl");
}

# More than the plain transfer and one round trip, and half of one for what else
# the machine does, is set in bold.
sub shown ($trips, $plain) {
  return '-' if !defined $trips;
  my $text = sprintf '%.0f (%.1f)', $trips * $rtt, $trips;
  return defined $plain && $trips > $plain + 1.5 ? "**$text**" : $text;
}

sub report (@rows) {
  my $text = "Milliseconds (round trips) for a file of 4 KiB, round trip $rtt ms; "
    . "lower quartile\nof $files files by one control connection.\n\n"
    . '| Client | | ' . join(' | ', map { $_->{name} } @SERVERS) . " |\n"
    . '|---|---|' . '--:|' x @SERVERS . "\n"
    . join '', map { my ($name, $way, @trips) = @$_; "| $name | $way | "
    . join(' | ', map { shown($_, $trips[0]) } @trips) . " |\n" } @rows;
  print $text;
  write_table("$FindBin::Bin/latency.md", $text) if $opt{write};
  return;
}

sub write_table ($page, $text) {
  my $old = slurp($page);
  $old =~ s{(<!-- table -->\n).*?(<!-- end of table -->)}{$1\n$text\n$2}s
    or die "$page: no place for a table\n";
  spew($page, $old);
  return;
}
