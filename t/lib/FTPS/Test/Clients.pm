# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Clients;

=head1 NAME

FTPS::Test::Clients - real clients that transfer files in both directions

=head1 SYNOPSIS

  my $clients = FTPS::Test::Clients->new;
  $clients->check({ name => 'lftp', run => ['t/clients/lftp.sh'],
    needs => 'lftp', versions => ['1.2', '1.3'] }, 200);
  $clients->done;

=head1 DESCRIPTION

One daemon with a port for TLS 1.2 and one for TLS 1.3, so that a
client needs no option for this.  Session reuse is required there and no option relaxes anything.

A client is a program in t/clients/ that is called with the name of a file, the
plan, and works it off in order on one control connection:

  put LOCAL REMOTE
  get REMOTE LOCAL
  reput LOCAL REMOTE    sends what is missing of a file
  reget REMOTE LOCAL    fetches what is missing of a file
  list . LOCAL          writes the names of the files into one
  fxp REMOTE REMOTE     from this server to the one at FTPS_FXP_PORT

LOCAL is absolute, REMOTE a plain name.  FTPS_HOST, FTPS_PORT, FTPS_USER,
FTPS_PASSWORD and FTPS_CA are in its environment.  FTPS_IMPLICIT=1 asks for
implicit TLS, FTPS_CERT and FTPS_KEY are a client certificate and its key, and
FTPS_CCC=1 lets the control connection go on in clear.  FTPS_PLAIN=1, which
FtpsClient.java and filezilla.pl know, is plain FTP.  Its status is 0 if
everything worked, and 77 if it has no way to do one of these; otherwise its
output is shown.

=head1 METHODS

=over

=item new(%words)

Words as of FTPS::Test::Server; skips the test when there can be none.

=item check(\%client, TRANSFERS)

One subtest for each TLS version, as C<finish> says.  Words of a client: name,
run (argv without the plan), needs (a program, skipped without it; a command
that must succeed, as an array; or a sub that tells what is missing), env (more
of its environment), versions, only_get (downloads only), no_empty (no empty
uploads), seconds (60).

=item start(\%client, VERSION, TRANSFERS), finish(JOB)

The two halves of C<check>, so that several clients work at the same time, each
with an object of its own.  The transfers go alternately up and down, with files
of 0 bytes to 5 MB; SHA-256 of all is compared, and TLSLog must have one control
connection, every data connection resumed and no line about anything else.

=item missing(\%client)

What the client lacks on this machine; undef when it can run.

=item make_plan(TRANSFERS, %words), run(\%client, VERSION, \@plan)

A fresh plan, [DIRECTION, LOCAL, REMOTE, SHA-256] of each transfer; and (status,
output, lines of TLSLog that came) of a client that worked it off.

=item broken(\@plan)

Names of the files that did not arrive as they were sent.

=item server, done

=back

=cut

use v5.36;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes qw(time);

my $CLIENTS = abs_path(dirname(__FILE__) . '/../../../clients');
my %PROTOCOL = ('1.2' => 'TLSv1.2', '1.3' => 'TLSv1.3');
my $LARGE = 5 * 1024 * 1024;

# Around the sizes of a TLS record, of a read and of a socket buffer; the large
# one comes once in each direction.
my @SIZES = (0, 1, 100, 1023, 4096, 16_383, 16_384, 16_385, 40_000, 131_073);

sub new ($class, %o) {
  my $server = FTPS::Test::Server->new(
    vhosts => [ map { {
      name => "v$_", port => 'own', tls => ["TLSProtocol $PROTOCOL{$_}"],
    } } sort keys %PROTOCOL ],
    %o);
  $server->start;
  my $dir = $server->dir . '/local';
  make_path($dir);
  my $seed = 'x' x 64;
  my $noise = '';
  while (length $noise < 2 * $LARGE) {
    $seed = sha256_hex($seed);
    $noise .= pack('H*', $seed) x 3;
  }
  return bless { server => $server, dir => $dir, noise => $noise, count => 0 },
    $class;
}

sub server ($self) { return $self->{server} }

sub done ($self) {
  is $self->{server}->stop, 0, 'exit status of the daemon';
  return done_testing;
}

# No two files have the same bytes, but for empty ones.
sub _bytes ($self, $number, $least) {
  my $size = $number == 4 || $number == 5 ? $LARGE
    : $SIZES[ int($number / 2) % @SIZES ];
  $size = $least if $size < $least;
  return substr sprintf('%08d', $number)
    . substr($self->{noise}, $number * 977, $size), 0, $size;
}

sub make_plan ($self, $transfers, %o) {
  my $server = $self->{server};
  remove_tree($self->{dir}, { keep_root => 1 });
  unlink glob $server->home . '/*.bin';
  my @plan;
  for my $number (0 .. $transfers - 1) {
    my $up = $number % 2 == 0 && !$o{only_get};
    my $remote = sprintf '%s%03d.bin', $up ? 'u' : 'd', $number;
    my $local = "$self->{dir}/$remote";
    my $bytes = $self->_bytes($number, $up && $o{no_empty} ? 1 : 0);
    if ($up) {
      spew($local, $bytes);
    } else {
      $server->write_file($remote, $bytes);
    }
    push @plan, [ $up ? 'put' : 'get', $local, $remote, sha256_hex($bytes) ];
  }
  return @plan;
}

sub _write_plan ($self, $plan) {
  return spew($self->{dir} . '/plan', join '', map {
    my ($direction, $local, $remote) = @$_;
    join(' ', $direction, $direction eq 'put' ? ($local, $remote)
      : ($remote, $local)) . "\n";
  } @$plan);
}

sub _start ($self, $client, $version, $plan) {
  my $server = $self->{server};
  my ($program, @args) =
    map { -e "$CLIENTS/$_" ? "$CLIENTS/$_" : $_ } $client->{run}->@*;
  my $output = File::Temp->new;
  my $job = {
    client => $client, version => $version, plan => $plan, since => time,
    seen => length $server->tlslog, output => $output,
  };
  $job->{process} = FTPS::Test::Process->start(
    [ $program, @args, $self->_write_plan($plan) ],
    output => $output->filename,
    env => {
      FTPS_HOST => '127.0.0.1', FTPS_PORT => $server->vhost_port("v$version"),
      FTPS_USER => 'proftpd', FTPS_PASSWORD => 'test',
      FTPS_CA => $server->pki->cert('server')->{ca}, HOME => $self->{dir},
      no_proxy => '127.0.0.1', NO_PROXY => '127.0.0.1',
      ($client->{env} // {})->%*,
    });
  return $job;
}

sub _finish ($self, $job) {
  my $server = $self->{server};
  my $seconds = $job->{client}{seconds} // 60;
  my $left = $job->{since} + $seconds - time;
  my $done = $job->{process}->wait($left > 0 ? $left : 0);
  $job->{took} = time - $job->{since};
  $job->{process}->kill_now;
  $server->wait_sessions(0);
  my $output = slurp($job->{output}->filename);
  $output .= "not done after $seconds s\n" if !$done;
  return ($job->{process}->status, $output,
    substr $server->tlslog, $job->{seen});
}

sub run ($self, $client, $version, $plan) {
  return $self->_finish($self->_start($client, $version, $plan));
}

sub _sum ($path) {
  return -e $path ? Digest::SHA->new(256)->addfile($path, 'b')->hexdigest
    : 'missing';
}

sub broken ($self, $plan) {
  my @broken;
  for my $transfer (@$plan) {
    my ($direction, $local, $remote, $sum) = @$transfer;
    my $arrived = $direction eq 'put' ? $self->{server}->path($remote) : $local;
    my $now = _sum($arrived);
    push @broken, "$direction $remote: $now" if $now ne $sum;
  }
  return @broken;
}

sub _count ($log, $regex) {
  return scalar(() = $log =~ /$regex/g);
}

sub _judge ($self, $job) {
  my ($client, $version, $plan) = $job->@{qw(client version plan)};
  my ($status, $output, $log) = $self->_finish($job);
  my $transfers = @$plan;
  note sprintf '%s, TLS %s: %d transfers in %.2f s', $client->{name}, $version,
    $transfers, $job->{took};

  is($status, 0, 'the client is content') or diag($output);
  is_deeply([ $self->broken($plan) ], [], 'SHA-256 of every file');
  is(_count($log, qr/(?<!data )connection accepted/), 1,
    'one control connection');
  is(_count($log, qr/\Q$PROTOCOL{$version}\E connection accepted/), 1,
    $PROTOCOL{$version});
  cmp_ok(_count($log, qr/\Q$PROTOCOL{$version}\E: client reused TLS session/),
    '>=', $transfers, 'every data connection resumed');
  my @odd = grep { !/connection accepted|Protection set|client reused/ }
    split /\n/, $log;
  is_deeply(\@odd, [], 'no word about anything else');
  return;
}

sub start ($self, $client, $version, $transfers) {
  my @plan = $self->make_plan($transfers, %$client);
  return $self->_start($client, $version, \@plan);
}

sub finish ($self, $job) {
  return subtest "$job->{client}{name}, TLS $job->{version}" =>
    sub { $self->_judge($job) };
}

sub missing ($class, $client) {
  my $needs = $client->{needs};
  return $needs->() if ref $needs eq 'CODE';
  if (ref $needs) {
    my ($status) = FTPS::Test::Process->run($needs);
    return $status == 0 ? undef : "not possible here: @$needs";
  }
  my ($path) = grep { -x "$_/$needs" } split /:/, $ENV{PATH};
  return $path ? undef : "$needs is not installed";
}

sub check ($self, $client, $transfers) {
  my $missing = $self->missing($client);
  for my $version ($client->{versions}->@*) {
    SKIP: {
      skip "$client->{name}, TLS $version: $missing", 1 if defined $missing;
      $self->finish($self->start($client, $version, $transfers));
    }
  }
  return;
}

1;
