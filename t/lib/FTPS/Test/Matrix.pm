# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Matrix;

=head1 NAME

FTPS::Test::Matrix - what a real client can do with a daemon, check by check

=head1 SYNOPSIS

  my $matrix = FTPS::Test::Matrix->new(module => 'mod_tls');
  my $results = $matrix->try($client);       # of FTPS::Test::ClientTable
  say $results->{'explicit 1.3 put'}{result};
  $matrix->stop;

=head1 DESCRIPTION

One daemon has a virtual host for each way to connect, each version of TLS and
each set of options.  A check is tried with the module's defaults first.  If
the client fails there, it is tried with options that relax something, so that
the result says which option the client needs.

Every byte is compared, in both directions.  A client is never told what to
expect.

Words of C<new>: module; root, the folder of another system where the clients
live (below a chroot); npm, a node_modules; transfers, in a row (50); relax,
false: the defaults alone; versions (1.2 and 1.3).

=head1 METHODS

=over

=item missing(\%client), version(\%client)

What it lacks here, or undef; and its version.

=item try(\%client)

A hash: name of the check => { result, with, why }.  The result is 'yes', 'no'
or 'cannot' (the client has no way to ask for it); with: the options that were
needed; why: what the client said when it failed.

Checks are "KIND VERSION WORD" with the kinds explicit and implicit and the
words of a plan (FTPS::Test::Clients), put0 and get0 for empty files; then
"wrong CA", and "many", "certificate", "CCC" and "FXP" with a version.

=item word(\%client, KIND, VERSION, WORD)

One of these checks.

=item stop

=back

=cut

use v5.36;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use JSON::PP qw(decode_json);
use Time::HiRes qw(time);

my $CLIENTS = abs_path(dirname(__FILE__) . '/../../../clients');
my $CANNOT = 77;
my $HANGS = 'it hangs';
my $HUNG = 8;          # seconds; clients' own timeouts are 10
my $SIZE = 300_000;
my @SIZES = (1, 40_000, 16_384, 131_073, 1_000_000);
our @VERSIONS = ('1.2', '1.3');
our @WORDS = qw(list put get put0 get0 reput reget);

my @FREE = ('NoSessionReuseRequired');

sub new ($class, %o) {
  my $self = bless { module => 'mod_ftps', root => '', transfers => 50,
    relax => 1, versions => \@VERSIONS, %o }, $class;
  $self->{options} = [ [], $self->{relax} ? \@FREE : () ];
  my $pki = $self->{pki} = FTPS::Test::PKI->new;
  # What stock mod_tls says in its log is its own affair.
  my @words = (module => $self->{module}, pki => $pki, default_root => '~',
    max_instances => 60,
    $self->{module} eq 'mod_tls' ? (allow_log => qr/./) : ());
  $self->{server} = FTPS::Test::Server->new(@words, vhosts =>
    [ map { ($self->_hosts($_), $self->_fxp_host($_)) } $self->{versions}->@* ]);
  $self->{other} = FTPS::Test::Server->new(@words,
    vhosts => [ map { $self->_fxp_host($_) } $self->{versions}->@* ]);
  $_->start for $self->@{qw(server other)};
  $self->_make_local;
  return $self;
}

sub _host_of ($kind, $version, $options, @tls) {
  return { name => join(' ', $kind, $version, @$options), port => 'own',
    tls => [ "TLSProtocol TLSv$version", @tls ] };
}

sub _hosts ($self, $version) {
  my @ca = ('TLSVerifyClient on',
    'TLSCACertificateFile ' . $self->{pki}->cert('client-ca')->{cert});
  my @hosts;
  for my $options ($self->{options}->@*) {
    my @options = @$options ? "TLSOptions @$options" : ();
    push @hosts,
      _host_of('explicit', $version, $options, @options, 'TLSRequired on'),
      _host_of('implicit', $version, $options,
        join ' ', 'TLSOptions UseImplicitSSL', @$options),
      _host_of('certificate', $version, $options, @options, 'TLSRequired on',
        @ca),
      _host_of('CCC', $version, $options, @options);
  }
  return @hosts;
}

# No client can make two servers resume a session of its own.
sub _fxp_host ($self, $version) {
  return _host_of('fxp', $version, \@FREE, "TLSOptions @FREE",
    'TLSCACertificateFile ' . $self->{pki}->cert('server')->{ca},
    $self->{module} eq 'mod_ftps' ? 'TLSTransferServers 127.0.0.1' : ());
}

# Where clients find their files; in a chroot the same folder is below it.
sub _make_local ($self) {
  my $dir = $self->{temp} = File::Temp->newdir('ftps-matrix-XXXXXX',
    DIR => "$self->{root}/tmp");
  $self->{outside} = "$dir";
  $self->{local} = substr "$dir", length $self->{root};
  make_path("$dir/files", "$dir/clients", "$dir/java", "$dir/net");
  copy($_, "$dir/clients/") for grep { -f } glob "$CLIENTS/*";
  chmod 0755, glob "$dir/clients/*";
  system 'cp', '-r', $self->{npm}, "$dir/npm" if $self->{root} && $self->{npm};
  my $pki = $self->{pki};
  copy($pki->cert('server')->{ca}, "$dir/ca.pem");
  copy($pki->cert('server-other')->{ca}, "$dir/wrong-ca.pem");
  copy($pki->cert('client')->{$_}, "$dir/client-$_.pem") for qw(cert key);
  my $seed = 'x' x 64;
  $self->{noise} = '';
  while (length $self->{noise} < 1_500_000) {
    $seed = sha256_hex($seed);
    $self->{noise} .= pack('H*', $seed) x 3;
  }
  return;
}

sub stop ($self) {
  return $self->{server}->stop || $self->{other}->stop;
}

# ---- what is there

sub _inside ($self, @command) {
  return $self->{root} ? ('chroot', $self->{root}, @command) : @command;
}

sub _package_version ($self, $package) {
  my $name = $package =~ s/^~/*/r;
  my ($status, $output) = FTPS::Test::Process->run([ $self->_inside(
    'dpkg-query', '-W', '-f', '${db:Status-Abbrev} ${Version}\n', $name) ]);
  my @versions = $output =~ /^ii +(\S+)/mg;
  return $versions[-1];
}

sub _npm_version ($self, $package) {
  my $file = ($self->{npm} // return undef) . "/$package/package.json";
  my $text = slurp($file, undef) // return undef;
  return decode_json($text)->{version};
}

sub missing ($self, $client) {
  for my $package (($client->{packages} // [])->@*) {
    return "$package is not installed"
      if !defined $self->_package_version($package);
  }
  for my $package (grep { defined } $client->@{qw(npm needs_npm)}) {
    return "npm's $package is not there" if !defined $self->_npm_version($package);
  }
  my ($driver) = map { m{^%c/(.*)} ? $1 : () } $client->{run}->@*,
    ($client->{prepare} // [])->@*;
  return -e "$CLIENTS/$driver" ? undef : "$driver is not there"
    if defined $driver;
  return undef;
}

sub version ($self, $client) {
  my $version = $client->{npm} ? $self->_npm_version($client->{npm})
    : $self->_package_version($client->{packages}[0]);
  my $node = $client->{needs_npm} ? $self->_npm_version('node')
    : $client->{npm} ? $self->_package_version('nodejs') : return $version;
  return "$version, Node.js $node";
}

# ---- one run of a client

sub _fill ($self, $word) {
  my %place = (c => "$self->{local}/clients", l => $self->{local},
    n => $self->{root} ? "$self->{local}/npm" : $self->{npm} // '');
  return $word =~ s/%([cln])/$place{$1}/gr;
}

sub _run ($self, $client, $command, $env, $seconds) {
  my %env = (%$env, map { $_ => $self->_fill($client->{env}{$_}) }
    keys(($client->{env} // {})->%*));
  my $output = File::Temp->new;
  my $process = FTPS::Test::Process->start(
    [ $self->_inside('env', (map { "$_=$env{$_}" } sort keys %env),
      map { $self->_fill($_) } @$command) ], output => $output->filename);
  my $is_done = $process->wait($seconds);
  $process->kill_now;
  return ($is_done ? $process->status : 124, slurp("$output"));
}

# A line of the plan, and what must be where afterwards.
sub _item ($self, $word, $number, $size) {
  my $verb = $word =~ s/0$//r;
  $size = 0 if $word ne $verb;
  my $bytes = substr $self->{noise}, $number * 977, $size;
  my $name = sprintf '%s%02d.bin', $verb, $number;
  my ($there, $server) = ("$self->{local}/files/$name", $self->{server});
  my $here = $self->{root} . $there;
  if ($verb eq 'list') {
    $server->write_file('listed.bin', 'x');
    return { line => "list . $there", path => $here, has => 'listed.bin' };
  }
  my $third = substr $bytes, 0, $size / 3;
  my $is_up = $verb =~ /put/;
  if ($is_up) {
    spew($here, $bytes);
    $server->write_file($name, $third) if $verb eq 'reput';
  } else {
    $server->write_file($name, $bytes);
    spew($here, $third) if $verb eq 'reget';
  }
  return { line => join(' ', $verb, $is_up ? ($there, $name) : ($name, $there)),
    path => $is_up ? $server->path($name) : $here, bytes => $bytes };
}

sub _has_arrived ($item) {
  my $got = slurp($item->{path}, undef) // return 0;
  return defined $item->{has} ? index($got, $item->{has}) >= 0
    : $got eq $item->{bytes};
}

sub _clear ($self) {
  remove_tree("$self->{outside}/files", { keep_root => 1 });
  remove_tree($self->{server}->home, { keep_root => 1 });
  return;
}

sub _host ($self, $o) {
  my $name = join ' ', $o->{kind}, $o->{version}, ($o->{options} // [])->@*;
  return $self->{server}->vhost_port($name);
}

# Runs the client with these items; its status, what it said, what is broken.
sub _play ($self, $client, $o, @items) {
  my ($local, $server) = $self->@{qw(local server)};
  my $plan = "$local/files/plan";
  spew("$self->{root}$plan", join '', map { "$_->{line}\n" } @items);
  my $seen = length $server->tlslog;
  my $since = time;
  my ($status, $output) = $self->_run($client,
    [ $client->{run}->@*, $plan ], {
      FTPS_HOST => '127.0.0.1', FTPS_PORT => $self->_host($o),
      FTPS_USER => 'proftpd', FTPS_PASSWORD => 'test',
      FTPS_CA => "$local/ca.pem", HOME => "$local/files", LC_ALL => 'C.UTF-8',
      no_proxy => '127.0.0.1', NO_PROXY => '127.0.0.1',
      $o->{kind} eq 'implicit' ? (FTPS_IMPLICIT => 1) : (),
      $o->{kind} eq 'certificate' ? (FTPS_CERT => "$local/client-cert.pem",
        FTPS_KEY => "$local/client-key.pem") : (),
      ($o->{env} // {})->%* }, $client->{seconds} // 40);
  my $took = time - $since;
  $server->wait_sessions(0, 5);
  return { status => $status, output => $output, took => $took,
    log => substr($server->tlslog, $seen),
    broken => [ grep { !_has_arrived($_) } @items ] };
}

# ---- judging

# What a person would read of it, on one line.
sub _why ($self, $run) {
  return $HANGS if $run->{status} == 124;
  my @lines = grep { /\S/ && !/^\s*at / } split /[\r\n]+/, $run->{output};
  my ($line) = grep { /\b425-|\b5\d\d[ -]/ } @lines;
  $line //= (grep { /error|fail|refus|exception|certif|reuse|alert/i }
    reverse @lines)[0] // $lines[-1]
    // ($run->{status} ? "status $run->{status}" : 'a file is not as it was sent');
  $line =~ s{/\S*/}{}g;
  $line =~ s/^\s+|\s+$//g;
  return length $line > 120 ? substr($line, 0, 117) . '...' : $line;
}

sub _judge ($self, $run) {
  return { result => 'cannot' } if $run->{status} == $CANNOT;
  return { result => 'yes' } if $run->{status} == 0 && !$run->{broken}->@*;
  return { result => 'no', why => $self->_why($run),
    is_slow => $run->{took} >= $HUNG };
}

sub _words ($self, $client, $o, @words) {
  $self->_clear;
  my $number = 0;
  my $run = $self->_play($client, $o,
    map { $self->_item($_, $number++, $SIZE) } @words);
  return $self->_judge($run);
}

# With the defaults, then with what relaxes something.  What has hung twice in this
# way to connect is not waited for again.
sub _relaxing ($self, $client, $o, @words) {
  my $failed = $client->{failed}{"$o->{kind} $o->{version}"} //= {};
  my $first;
  for my $options ($self->{options}->@*) {
    my $earlier = $failed->{"@$options"} //= [];
    my $got = @$earlier >= 2 ? $earlier->[0]
      : $self->_words($client, { %$o, options => $options }, @words);
    $first //= $got;
    return $got if $got->{result} eq 'cannot';
    return { %$got, with => "@$options",
      $first->{why} ? (why => $first->{why}) : () } if $got->{result} eq 'yes';
    push @$earlier, $got if delete $got->{is_slow};
  }
  return $first;
}

sub word ($self, $client, $kind, $version, $word) {
  return $self->_relaxing($client, { kind => $kind, version => $version },
    $word);
}

# All words at once; one by one only if that does not work.  A client that waits
# for ever for an empty file is believed.
sub _kind ($self, $client, $kind, $version, $results) {
  my $o = { kind => $kind, version => $version };
  my $hung = $client->{hung};
  $results->{"$kind $version $_"} = $hung->{$_} for keys %$hung;
  my @words = grep { !$client->{cannot}{$_} && !$hung->{$_} } @WORDS;
  my $all = $self->_words($client, $o, @words);
  if ($all->{result} eq 'yes') {
    $results->{"$kind $version $_"} = { result => 'yes', with => '' } for @words;
    return;
  }
  for my $word (@words) {
    my $got = $results->{"$kind $version $word"} =
      $self->_relaxing($client, $o, $word);
    $hung->{$word} = $got
      if $got->{result} eq 'no' && $got->{why} eq $HANGS && $word =~ /0/;
  }
  return;
}

# A word that the client does not have, while it has others, is not asked for
# again.
sub _note_cannot ($self, $client, $kind, $version, $results) {
  my %got = map { $_ => ($results->{"$kind $version $_"} // {})->{result} // '' }
    @WORDS;
  return if !grep { /^(?:yes|no)$/ } values %got;
  $client->{cannot}{$_} = 1 for grep { $got{$_} eq 'cannot' } @WORDS;
  return;
}

sub _able ($self, $client, @words) {
  return grep { !$client->{cannot}{$_} } @words;
}

# The way to connect that works at all.
sub _best ($self, $client, $results, $version) {
  for my $kind ('explicit', 'implicit') {
    for my $word ($self->_able($client, 'get', 'put')) {
      my $got = $results->{"$kind $version $word"} // next;
      return { kind => $kind, version => $version, word => $word,
        options => [ split ' ', $got->{with} ] } if $got->{result} eq 'yes';
    }
  }
  return undef;
}

sub _wrong_ca ($self, $client, $best) {
  $self->_clear;
  my $item = $self->_item($best->{word}, 0, $SIZE);
  my $run = $self->_play($client, { %$best,
    env => { FTPS_CA => "$self->{local}/wrong-ca.pem" } }, $item);
  return { result => 'yes' } if $run->{status} != 0 && $run->{broken}->@*;
  return { result => 'no', why => 'it accepts every certificate' };
}

sub _many ($self, $client, $best) {
  $self->_clear;
  my @words = $self->_able($client, 'put', 'get');
  my @items = map { $self->_item($words[ $_ % @words ], $_,
    $SIZES[ $_ % @SIZES ]) } 0 .. $self->{transfers} - 1;
  my $run = $self->_play({ %$client, seconds => 120 }, $best, @items);
  my $got = $self->_judge($run);
  my $controls = () = $run->{log} =~ /(?<!data )connection accepted/g;
  $controls -= $client->{looks} // 0;
  $got->{with} = join ' ', $best->{options}->@*;
  $got->{note} = "$controls control connections"
    if $got->{result} eq 'yes' && $controls > 1;
  return $got;
}

sub _fxp ($self, $client, $version) {
  $self->_clear;
  my $name = "fxp $version @FREE";
  my ($from, $to) = map { "$_.bin" } 'from', 'to';
  $self->{server}->write_file($from, $self->{noise});
  unlink $self->{other}->path($to);
  return $self->_judge($self->_play($client, { kind => 'fxp',
    version => $version, options => \@FREE,
    env => { FTPS_FXP_PORT => $self->{other}->vhost_port($name) } },
    { line => "fxp $from $to", path => $self->{other}->path($to),
      bytes => $self->{noise} }));
}

sub _others ($self, $client, $results) {
  my ($wrong) = grep { defined } map { $self->_best($client, $results, $_) }
    reverse $self->{versions}->@*;
  return if !$wrong;
  $results->{'wrong CA'} = $self->_wrong_ca($client, $wrong);
  for my $version ($self->{versions}->@*) {
    my $best = $self->_best($client, $results, $version) // next;
    $results->{"many $version"} = $self->_many($client, $best);
    my @words = $self->_able($client, 'put', 'get');
    $results->{"certificate $version"} = $self->_relaxing($client,
      { kind => 'certificate', version => $version }, @words);
    $results->{"CCC $version"} = $self->_relaxing($client,
      { kind => 'CCC', version => $version, env => { FTPS_CCC => 1 } }, @words);
    $results->{"FXP $version"} = $client->{fxp}
      ? $self->_fxp($client, $version) : { result => 'cannot' };
  }
  return;
}

sub try ($self, $client) {
  my %results;
  $self->_clear;
  my $own = { %$client, cannot => {}, failed => {}, hung => {} };
  if ($own->{prepare}) {
    my ($status, $output) = $self->_run($own, $own->{prepare},
      { HOME => "$self->{local}/files" }, 300);
    die "matrix: @{ $own->{prepare} }: $output\n" if $status != 0;
  }
  for my $kind ('explicit', 'implicit') {
    for my $version ($self->{versions}->@*) {
      $self->_kind($own, $kind, $version, \%results);
      $self->_note_cannot($own, $kind, $version, \%results);
    }
  }
  $self->_others($own, \%results);
  return \%results;
}

1;
