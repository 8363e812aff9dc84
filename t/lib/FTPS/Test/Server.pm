# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Server;

=head1 NAME

FTPS::Test::Server - the real proftpd, in a temporary directory

=head1 SYNOPSIS

  use FTPS::Test::Server;
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on']);
  $srv->start;
  my $c = $srv->client(max => '1.2');        # connected and logged in
  ...
  $srv->like_tlslog(qr/rejecting data connection/);
  is $srv->stop, 0;
  done_testing;

=head1 DESCRIPTION

Needs root; the test is skipped otherwise, and when the module or the daemon
is missing.  A test that has said C<any_user> runs under everybody's own name.
Words of C<new>:

=over

=item module

'mod_ftps' (default; the environment's FTPS_MODULE decides when it is set),
'mod_tls' or 'none'.  modules: names of stock modules loaded before it; ours:
names of cache modules built beside mod_ftps, loaded after it.

=item tls, global, extra

Lines (string or array): TLS lines of the main server, lines inside <Global>,
other lines of the main server.  Default TLS lines are TLSEngine, TLSLog and
the certificate pair; see FTPS::Test::Config.

=item cert

Purpose of the main server's certificate (FTPS::Test::PKI), 'server'; undef
for none.

=item vhosts

Array of { name, alias => [], port => 'same' (default) | 'own' | NUMBER, cert,
tls, extra, address }.  C<vhost_port(NAME)> tells the port; 'main' is the main
server.

=item main_port

0 gives the main server "Port 0" (not reachable); C<port> is then the first
virtual host's.

=item ipv6, address, bind_tight, default_root, anonymous, max_instances, debug,
trace ('tls:20')

=back

Environment: FTPS_PROFTPD (the daemon), FTPS_MODULE_SO, FTPS_MODULE,
FTPS_STOCK_MODULES, FTPS_TEST_PKI, FTPS_KEEP=1 (keep the directory),
FTPS_DEBUG, FTPS_TRACE, FTPS_ASAN=1 (the module is instrumented: preload the
sanitizers; a report fails the test), FTPS_VALGRIND=1 (the daemon runs in
valgrind; a report fails the test).

=head1 METHODS

=over

=item start

Returns the object when all ports accept connections; dies with the daemon's
words when it does not start.

=item start_inetd

Listens on C<port> as inetd does, with a proftpd for each connection; returns the
process, which the test has to end.

=item input(PATH)

What the daemon has as standard input from the next start on: a terminal, where
its prompt is tested.

=item before(COMMAND)

Words that execute the daemon from the next start on: C<setpriv>, which makes it
somebody else's.

=item free_port

A port that nobody listens on, for a server that a test starts itself.

=item stop

TERM, waits; exit status (signal as 128 + n).  Calls C<check_clean>.

=item hup

SIGHUP; true when the configuration has been read again and all ports accept
connections, false when the daemon
ended instead.

=item syntax_check, config_error(TLS LINES)

(status, output) of C<proftpd -t>; C<config_error> with these lines added.

=item host_version

Of the proftpd that is tested, "1.3.8" say; also without a daemon.

=item any_user

The test needs no root: no chroot, and no user or file of somebody else.  To be
called before C<new>.

=item need_host

Skips the test, or the subtest, if this ProFTPD ends a session at HOST, also without any
module of ours (1.3.9e does).  SNI uses the same code.

=item client(%words), connection(%words)

FTPS::Test::Client, logged in; or only made, not even connected.  The words are
the client's, and vhost: the name of the server to connect to.

=item pid, port, vhost_port(NAME), dir, home(USER), path(NAME, USER), config,
pki

=item write_file(NAME, BYTES, USER), read_file(NAME, USER)

Files in the user's home, owned by that user.

=item tlslog, systemlog, xferlog, trace, wait_log(REGEX, SECONDS, WHICH)

Log contents; C<wait_log> polls (WHICH is 'tls', 'system', 'xfer' or 'trace';
'tls' by default) and is true when the line came.  Without SECONDS it has the
patience of FTPS::Test::Process's C<until>.

=item like_tlslog(REGEX, NAME), unlike_tlslog(REGEX, NAME)

=item mark, new_log, like_new(REGEX, NAME)

C<new_log> is what TLSLog has got since C<mark>; C<like_new> waits for the line.

=item sessions, wait_sessions(N, SECONDS)

Process ids of the daemon's sessions; wait until there are N.

=item rewrite(%words)

Changes words and writes the configuration anew (for C<hup>).

=item check_clean

Fails the test on sanitizer reports, on suspicious words in the system log and
on an exit status of the daemon other than 0; silent otherwise.

=back

=head1 DIAGNOSTICS

When the test fails, prints configuration, TLSLog, system log and trace at the
end.  Daemons are ended in every case, also if the test is ended by SIGKILL.

=cut

use v5.36;
use Cwd ();
use File::Temp ();
use FTPS::Test::Client;
use FTPS::Test::Config;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use IO::Socket::IP;
use Scalar::Util qw(weaken);
use Test::More ();
use Time::HiRes ();

my $PROFTPD  = $ENV{FTPS_PROFTPD} // '/usr/sbin/proftpd';
my $SUPPRESSIONS = Cwd::abs_path(__FILE__ =~ s{lib/FTPS/.*}{valgrind.supp}r);
my $BAD_WORDS = qr/unexpected|signal 11|SIGSEGV|fatal: memory|stack trace/i;

my %live;
my $any_user;

sub new ($class, %o) {
  my $self = bless { owner => $$, fatal_words => $BAD_WORDS }, $class;
  $o{module} //= $ENV{FTPS_MODULE} // 'mod_ftps';
  if ($o{ipv6} && !defined $o{address}) {
    $o{address} = '127.0.0.1 ::1';
  }
  $self->{allow_log} = delete $o{allow_log};
  $self->{main_port} = delete $o{main_port};
  $self->{temp} = File::Temp->newdir('ftps-test-XXXXXX', TMPDIR => 1,
    CLEANUP => $ENV{FTPS_KEEP} ? 0 : 1);
  $self->{dir}    = $self->{temp}->dirname;
  $self->{config} = FTPS::Test::Config->new($self->{dir}, %o);
  $self->_skip_unless_possible;
  $self->{config}->make_tree;
  $self->_choose_ports;
  weaken($live{ $self->{dir} } = $self);
  return $self;
}

sub _skip_unless_possible ($self) {
  my $so = $self->{config}->module_file;
  my $missing = $> != 0 && !$any_user ? 'must be root to run the daemon'
    : !-x $PROFTPD ? "$PROFTPD is not installed"
    : defined $so && !-e $so ? "$so does not exist"
    : undef;
  return if !defined $missing;
  my $tb = Test::More->builder;
  $tb->skip_all($missing) if !$tb->has_plan && !$tb->current_test;
  die "server: $missing\n";
}

# Below the ports that outgoing connections get, so that only another daemon
# can take the port between this and our own bind; at all addresses, since some
# tests have daemons at several.
sub free_port ($class = undef) {
  state %given;
  for (1 .. 200) {
    my $port = 20000 + int rand 12000;
    next if $given{$port}++;
    my $sock = IO::Socket::IP->new(LocalHost => '0.0.0.0',
      LocalPort => $port, Listen => 1);
    return $port if $sock;
  }
  die "server: no free port\n";
}

sub _choose_ports ($self) {
  my $config = $self->{config};
  $self->{port} = free_port();
  $config->{port} = defined $self->{main_port} && !$self->{main_port}
    ? 0 : $self->{port};
  $self->_choose_vhost_ports(anew => 1);
  return;
}

sub _choose_vhost_ports ($self, %o) {
  for my $v ($self->{config}{vhosts}->@*) {
    next if defined $v->{wish} && !$o{anew};
    $v->{wish} //= $v->{port} // 'same';
    $v->{port} = $v->{wish} eq 'same' ? $self->{port}
      : $v->{wish} eq 'own' ? free_port() : $v->{wish};
  }
  return;
}

sub config ($self) { return $self->{config} }
sub pki ($self)    { return $self->{config}{pki} }
sub input ($self, $path) { return $self->{input} = $path }
sub before ($self, @words) { return $self->{before} = \@words }
sub pid ($self)    { return $self->{process} && $self->{process}->pid }
sub port ($self)   { return $self->{port} }
sub dir ($self)    { return $self->{dir} }

sub home ($self, $user = 'proftpd') { return $self->{config}->home($user) }

sub path ($self, $name, $user = 'proftpd') {
  return $self->home($user) . "/$name";
}

sub vhost_port ($self, $name) {
  return $self->{port} if $name eq 'main';
  my ($v) = grep { $_->{name} eq $name } $self->{config}{vhosts}->@*;
  return $v ? $v->{port} : die "server: no virtual host $name\n";
}

sub write_file ($self, $name, $bytes, $user = 'proftpd') {
  my $path = spew($self->path($name, $user), $bytes);
  my $uid = $self->{config}->uid($user);
  chown $uid, $uid, $path;
  return $path;
}

sub read_file ($self, $name, $user = 'proftpd') {
  return slurp($self->path($name, $user), undef);
}

sub tlslog ($self)    { return slurp("$self->{dir}/log/tls", '') }
sub systemlog ($self) { return slurp("$self->{dir}/log/system", '') }
sub xferlog ($self)   { return slurp("$self->{dir}/log/xfer", '') }
sub trace ($self)     { return slurp("$self->{dir}/log/trace", '') }
sub stderr ($self)    { return slurp("$self->{dir}/log/stderr", '') }

sub wait_log ($self, $regex, @o) {
  my $which = @o && $o[-1] =~ /\D/ ? pop @o : 'tls';
  return FTPS::Test::Process->until(@o,
    sub { slurp("$self->{dir}/log/$which", '') =~ $regex });
}

sub mark ($self) { return $self->{mark} = length $self->tlslog }

sub new_log ($self) { return substr $self->tlslog, $self->{mark} // 0 }

sub like_new ($self, $regex, $name) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  FTPS::Test::Process->until(sub { $self->new_log =~ $regex });
  return Test::More::like($self->new_log, qr/$regex/, "$name: TLSLog");
}

sub like_tlslog ($self, $regex, $name = "TLSLog has $regex") {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return Test::More::ok(1, $name) if $self->wait_log($regex);
  return Test::More::like($self->tlslog, $regex, $name);
}

sub unlike_tlslog ($self, $regex, $name = "TLSLog has not $regex") {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return Test::More::unlike($self->tlslog, $regex, $name);
}

sub rewrite ($self, %o) {
  my $config = $self->{config};
  $config->set(%o);
  $self->_choose_vhost_ports;
  $config->write($config->text);
  return $self;
}

# Ports where this daemon listens, by its own descriptors: others may listen on
# the same port of another address.  A connection that only looks would be a
# session.  The daemon hides its descriptors from all but root, so others look
# for sockets of their own.
sub _listening_ports ($self) {
  my %is_ours;
  for my $fd (glob '/proc/' . $self->pid . '/fd/*') {
    $is_ours{$1} = 1 if (readlink $fd // '') =~ /^socket:\[(\d+)\]/;
  }
  my %ports;
  for my $table ('/proc/net/tcp', '/proc/net/tcp6') {
    for my $line (split /\n/, slurp($table, '')) {
      my (undef, $local, undef, $state, @rest) = split ' ', $line;
      next if ($state // '') ne '0A';
      next if !($> == 0 ? $is_ours{ $rest[5] } : $rest[3] == $>);
      $ports{ hex $1 } = 1 if $local =~ /:(\w+)$/;
    }
  }
  return \%ports;
}

# All that can be connected to, not the main server's alone.
sub _is_listening ($self) {
  my $ports = $self->_listening_ports;
  return !grep { $_ && !$ports->{$_} } $self->{config}{port},
    map { $_->{port} } $self->{config}{vhosts}->@*;
}

sub start ($self) {
  for my $try (1 .. 5) {
    $self->{config}->write($self->{config}->text);
    unlink "$self->{dir}/run/pid";
    my $process = $self->{process} =
      $self->_proftpd('-n', '-q', '-c', $self->{config}->file);
    my $up = FTPS::Test::Process->until(sub {
      return 'ended' if $process->has_ended;
      return -s "$self->{dir}/run/pid" && $self->_is_listening ? 'up' : '';
    });
    return $self if $up eq 'up';
    my $why = $self->stderr . $self->systemlog;
    $process->kill_now;
    die "server: proftpd did not start:\n$why\n"
      if $up ne 'ended' || $why !~ /Address already in use/;
    $self->_choose_ports;
  }
  die "server: no port could be had\n";
}

# What inetd does: one process for each connection, which is its standard input
# and output.
sub start_inetd ($self) {
  my $program = <<'END';
    my ($port, $ready, @argv) = @ARGV;
    my $listen = IO::Socket::IP->new(LocalHost => '127.0.0.1',
      LocalPort => $port, Listen => 5, ReuseAddr => 1) or die "listen: $!";
    $SIG{CHLD} = 'IGNORE';
    open my $flag, '>', $ready;
    while (my $socket = $listen->accept) {
      next if fork;
      $SIG{CHLD} = 'DEFAULT';
      open STDIN, '<&', $socket;
      open STDOUT, '>&', $socket;
      exec @argv;
    }
END
  my $ready = "$self->{dir}/run/inetd";
  my $inetd = FTPS::Test::Process->start(
    [$^X, '-MIO::Socket::IP', '-e', $program, $self->{port}, $ready, $PROFTPD,
      '-c', $self->{config}->file],
    output => "$self->{dir}/log/stderr", env => $self->_sanitizer_env);
  FTPS::Test::Process->until(sub { -e $ready }) or die "server: no inetd\n";
  return $inetd;
}

# Each session writes a report of its own, which is opened when it is forked.
sub _valgrind ($self) {
  return if !$ENV{FTPS_VALGRIND};
  return (qw(valgrind --quiet --vgdb=no --num-callers=30 --leak-check=full
    --show-leak-kinds=definite --errors-for-leak-kinds=definite),
    "--suppressions=$SUPPRESSIONS",
    "--log-file=$self->{dir}/report/valgrind.%p");
}

sub _proftpd ($self, @args) {
  my @before = ($self->{before} // [])->@*;
  return FTPS::Test::Process->start(
    [ @before, $self->_valgrind, $PROFTPD, @args ],
    input => $self->{input}, output => "$self->{dir}/log/stderr",
    env => $self->_sanitizer_env);
}

sub _sanitizer_env ($self) {
  return {} if !$ENV{FTPS_ASAN};
  my @libs = map { Cwd::abs_path(`gcc -print-file-name=$_` =~ s/\n//r) }
    qw(libasan.so libubsan.so);
  my $report = "$self->{dir}/report";
  return {
    LD_PRELOAD   => join(' ', @libs),
    ASAN_OPTIONS => "detect_leaks=0:log_path=$report/asan"
      . ':abort_on_error=0:exitcode=99',
    UBSAN_OPTIONS => "print_stacktrace=1:log_path=$report/ubsan"
      . ':halt_on_error=0',
  };
}

# The controls socket is made anew when a configuration has been read, after
# every loaded module has seen it (compiled-in modules come last).  Its ctime
# does not tell: mod_ctrls changes the owner once, ten seconds after the start.
sub _generation ($self) {
  my @stat = Time::HiRes::stat("$self->{dir}/run/ctrls.sock");
  return @stat ? "$stat[1] $stat[9]" : '';
}

sub hup ($self) {
  my $process = $self->{process};
  my $before  = $self->_generation;
  $process->signal('HUP');
  my $end = FTPS::Test::Process->until(sub {
    return 'ended' if $process->has_ended;
    my $now = $self->_generation;
    return $now && $now ne $before && $self->_is_listening ? 'up' : '';
  });
  die "server: nothing happened after SIGHUP\n" if !$end;
  return $end eq 'up';
}

sub stop ($self) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $process  = $self->{process};
  my @sessions = $self->sessions;
  $process->signal('TERM');
  $process->wait
    or Test::More::diag('server: the daemon did not end on TERM');
  FTPS::Test::Process->until(
    sub { !grep { FTPS::Test::Process->lives($_) } @sessions })
    or Test::More::diag("server: sessions outlive the daemon: @sessions");
  $process->kill_now;
  $self->check_clean;
  return $process->status;
}

sub host_version ($class) {
  my ($version) = `$PROFTPD -v 2>&1` =~ /Version (\S+)/;
  return $version // '';
}

sub any_user ($class) {
  $any_user = 1;
  return;
}

# Another daemon, whose crash is nobody's fault here.
sub need_host ($class) {
  state $code = do {
    my $srv = $class->new(module => 'none', vhosts => [ { name => 'a.test' } ]);
    my $c = $srv->start->connection;
    $c->connect;
    my ($answer) = $c->cmd('HOST a.test');
    $srv->{process}->kill_now;
    $answer;
  };
  Test::More::plan(skip_all => 'HOST and SNI crash ProFTPD '
      . $class->host_version . ' in its own mod_auth') if $code == 0;
  return;
}

sub check_clean ($self) {
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @faults;
  for my $file ($self->{config}->report_files) {
    push @faults, "report:\n" . slurp($file);
  }
  for my $line (split /\n/, $self->systemlog . $self->stderr) {
    next if $self->{allow_log} && $line =~ $self->{allow_log};
    push @faults, "log line: $line" if $line =~ $self->{fatal_words};
  }
  my $status = $self->{process} && $self->{process}->status;
  push @faults, "daemon's exit status: $status" if $status;
  Test::More::ok(0, "the daemon was not clean: $_") for @faults;
  return !@faults;
}

sub syntax_check ($self) { return $self->config_error }

sub config_error ($self, @tls_lines) {
  my $file = "$self->{dir}/check.conf";
  my $out  = "$self->{dir}/log/stderr";
  my $before = -s $out // 0;
  spew($file, $self->{config}->text(@tls_lines));
  my $check = $self->_proftpd('-t', '-c', $file);
  my $done  = $check->wait;
  $check->kill_now;
  die "server: proftpd -t did not end\n" if !$done;
  return ($check->status, substr $self->stderr, $before);
}

sub _where ($self, %o) {
  my $vhost = delete $o{vhost} // 'main';
  return (port => $self->vhost_port($vhost),
    ca => $self->pki->cert('server')->{ca}, %o);
}

sub connection ($self, %o) {
  return FTPS::Test::Client->new($self->_where(%o));
}

sub client ($self, %o) { return FTPS::Test::Client->open($self->_where(%o)) }

sub sessions ($self) {
  my $pid = $self->pid or return;
  my @found;
  for my $stat (glob '/proc/[0-9]*/stat') {
    my $text = slurp($stat, undef) // next;
    my ($child, $state, $parent) = $text =~ /^(\d+) \(.*\) (\S) (\d+)/s;
    push @found, $child if $parent && $parent == $pid && $state ne 'Z';
  }
  return @found;
}

sub wait_sessions ($self, $n, @seconds) {
  return FTPS::Test::Process->until(@seconds, sub { $self->sessions == $n });
}

# What helps to understand a failure, as one text.
sub _story ($self) {
  my @part = (
    [ 'configuration', 300, slurp($self->{config}->file, '') ],
    [ 'TLSLog', 60, $self->tlslog ], [ 'system log', 60, $self->systemlog ],
    [ 'standard error', 60, $self->stderr ], [ 'trace', 100, $self->trace ],
  );
  my $story = '';
  for (@part) {
    my ($title, $most, $text) = @$_;
    my @lines = split /\n/, $text or next;
    splice @lines, 0, @lines - $most if @lines > $most;
    $story .= join "\n  ", "--- $title", @lines;
    $story .= "\n";
  }
  return $story;
}

# A dying test destroys its objects before it is known that it fails, so the
# story is kept for the end.
my $last_story;

sub _bury ($self) {
  return if $self->{buried}++ || $self->{owner} != $$;
  $self->{process}->kill_now if $self->{process};
  my $story = $self->_story;
  Test::More::diag("kept: $self->{dir}") if $ENV{FTPS_KEEP};
  if (Test::More->builder->is_passing) {
    $last_story = $story;
  } else {
    Test::More::diag($story);
  }
  return;
}

sub DESTROY ($self) {
  local ($@, $!, $?);
  $self->_bury;
  return;
}

for my $name (qw(INT TERM HUP)) {
  $SIG{$name} //= sub { die "ended by SIG$name\n" };
}

END {
  my $status = $?;
  $_->_bury for grep { defined } values %live;
  Test::More::diag($last_story) if $status && defined $last_story;
  $? = $status;
}

1;
