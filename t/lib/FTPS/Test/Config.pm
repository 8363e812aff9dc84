# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::Config;

=head1 NAME

FTPS::Test::Config - a proftpd.conf, its users and its directories, from pieces

=head1 SYNOPSIS

  my $config = FTPS::Test::Config->new($dir, port => 20021,
    tls => ['TLSRequired on'], vhosts => [ { name => 'a.test' } ]);
  $config->write($config->text);

=head1 DESCRIPTION

Used by FTPS::Test::Server, which documents the words.  Makes in $dir:
C<log/>, C<run/>, C<modules/> (symbolic links: the ModulePath), C<report/>
(sanitizer reports, writable by everybody), C<home/USER>, C<passwd>, C<group>
and C<proftpd.conf>.

Lines given for TLS take the place of the default lines with the same
directive; any certificate line takes the place of all default certificate
lines.

=head1 METHODS

C<new(DIR, %words)>, C<set(%words)>, C<make_tree>, C<text(more TLS lines)>,
C<write(TEXT)>, C<file>, C<home(USER)>, C<uid(USER)>, C<gid(USER)>.

C<lacking(NAMES)> are those modules of ProFTPD's that are not installed,
C<stock_dir> is their folder; C<link_stock(NAMES)> puts them into the
ModulePath, for lines that load them.

=cut

use v5.36;
use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path);
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;

my $CHECKOUT  = Cwd::abs_path(dirname(__FILE__) . '/../../../..');
my $MODULES   = $ENV{FTPS_STOCK_MODULES} // '/usr/lib/proftpd';
my $MODULE_SO = $ENV{FTPS_MODULE_SO} // "$CHECKOUT/build/mod_ftps.so";

# Modules that every test counts on.  In Debian 12's proftpd they are linked in;
# from Debian 13 on they are files that have to be loaded, before all others.
my @CORE = grep { -e "$MODULES/$_.so" } qw(mod_delay mod_ls mod_xfer);

# Unprivileged accounts that own nothing else; all are the tester where that is
# not root.
my %UID = (proftpd => 65534, other => 65533, third => 65532, ftp => 65531);
my %GID = %UID;
if ($> != 0) {
  @UID{ keys %UID } = ($>) x keys %UID;
  @GID{ keys %GID } = ((split ' ', $))[0]) x keys %GID;
}
my @ACCOUNT = ('User nobody', 'Group nogroup');
if ($> != 0) {
  my ($user, $group) = (scalar getpwuid $>, scalar getgrgid $GID{proftpd});
  @ACCOUNT = ("User $user", "Group $group", "ControlsSocketOwner $user $group");
}

sub new ($class, $dir, %o) {
  my $self = bless {
    dir => $dir, module => 'mod_ftps', cert => 'server', address => '127.0.0.1',
    bind_tight => 1, max_instances => 30, debug => $ENV{FTPS_DEBUG} // 0,
    trace => $ENV{FTPS_TRACE}, vhosts => [],
    map { $_ => [] } qw(tls global extra modules ours),
  }, $class;
  $self->set(%o);
  $self->{pki} //= FTPS::Test::PKI->new;
  return $self;
}

sub set ($self, %o) {
  for my $word (keys %o) {
    $self->{$word} = $word =~ /^(?:tls|global|extra|modules|ours)$/
      ? _lines($o{$word}) : $o{$word};
  }
  return $self;
}

sub _lines ($value) {
  return [] if !defined $value;
  return [ map { split /\n/ } ref $value ? @$value : $value ];
}

# Where the module's object file must be; undef when none is asked for.
sub module_file ($self) {
  return undef if $self->{module} eq 'none';
  return $MODULE_SO if $self->{module} eq 'mod_ftps';
  return "$MODULES/$self->{module}.so";
}

# Our own, whichever is asked for.
sub module_so ($class) { return $MODULE_SO }

sub stock_dir ($class) { return $MODULES }

sub lacking ($class, @names) { return grep { !-e "$MODULES/$_.so" } @names }

my $FTPQUOTA = '/usr/sbin/ftpquota';

# What quota_lines() needs and is not there.
sub lacking_quota ($class) {
  return ($class->lacking(qw(mod_quotatab mod_quotatab_file)),
    -x $FTPQUOTA ? () : $FTPQUOTA);
}

# Makes tables in the directory, with a hard limit of so many uploaded bytes for
# the user "proftpd", and returns the lines that name them.
sub quota_lines ($class, $dir, $bytes) {
  for my $call (
    [ qw(--create-table --type=limit) ], [ qw(--create-table --type=tally) ],
    [ qw(--add-record --type=limit --limit-type=hard --units=byte
      --name=proftpd --quota-type=user), "--bytes-upload=$bytes" ],
  ) {
    my ($type) = map { /^--type=(.*)/ } @$call;
    system($FTPQUOTA, @$call, "--table-path=$dir/$type") == 0
      or die "ftpquota: @$call: status $?\n";
  }
  return ("QuotaLimitTable file:$dir/limit", "QuotaTallyTable file:$dir/tally");
}

sub link_stock ($self, @names) {
  symlink "$MODULES/$_.so", "$self->{dir}/modules/$_.so" for @names;
  return;
}

sub file ($self) { return "$self->{dir}/proftpd.conf" }

sub home ($self, $user = 'proftpd') { return "$self->{dir}/home/$user" }

# Users of <Anonymous> sections have a home without having an account.
sub uid ($self, $user = 'proftpd') {
  return $UID{$user} // (getpwnam $user)[2] // 0;
}

sub gid ($self, $user = 'proftpd') {
  return $GID{$user} // (getpwnam $user)[3] // 0;
}

sub make_tree ($self) {
  my $dir = $self->{dir};
  chmod 0755, $dir;
  make_path(map { "$dir/$_" } qw(log run modules report home));
  chmod 01777, "$dir/report";
  for my $user (sort keys %UID) {
    make_path($self->home($user));
    chown $UID{$user}, $GID{$user}, $self->home($user);
  }
  $self->_report_dir_under_root;
  my @names = _first_is_proftpd(keys %UID);
  spew("$dir/passwd", join('', map {
      join(':', $_, crypt('test', '$5$rounds=1000$salt$'), $UID{$_}, $GID{$_},
        $_, $self->home($_), '/bin/sh') . "\n"
    } @names), 0600);
  spew("$dir/group", join('', map { "$_:x:$GID{$_}:\n" } @names), 0600);
  $self->_link_modules;
  return;
}

# The first of several names with one number is the one that listings show.
sub _first_is_proftpd (@names) {
  return ('proftpd', sort grep { $_ ne 'proftpd' } @names);
}

# Sanitizers open their report when there is something to report, which may be
# behind a chroot.
sub _report_dir_under_root ($self) {
  return if !$ENV{FTPS_ASAN} && !$ENV{FTPS_VALGRIND};
  for my $user (keys %UID) {
    my $inside = $self->home($user) . "$self->{dir}/report";
    make_path($inside);
    chmod 01777, $inside;
  }
  return;
}

sub report_files ($self) {
  my $dir = $self->{dir};
  return grep { -s } glob("$dir/report/*"),
    map { glob($self->home($_) . "$dir/report/*") } keys %UID;
}

sub _stock_modules ($self) {
  my %asked = map { $_ => 1 } $self->{modules}->@*;
  return (grep({ !$asked{$_} } @CORE), $self->{modules}->@*);
}

sub _link_modules ($self) {
  my $into = "$self->{dir}/modules";
  my $own  = $self->module_file;
  symlink $own, "$into/$self->{module}.so" if defined $own;
  $self->link_stock($self->_stock_modules);
  for my $name ($self->{ours}->@*) {
    symlink dirname($MODULE_SO) . "/$name.so", "$into/$name.so";
  }
  return;
}

sub write ($self, $text) { return spew($self->file, $text, 0644) }

sub text ($self, @more_tls) {
  my $dir = $self->{dir};
  my @lines = (
    "ModulePath $dir/modules",
    $self->_load_lines,
    'ServerName "FTPS test"',
    'ServerType standalone',
    "DefaultAddress $self->{address}",
    "Port $self->{port}",
    'UseIPv6 ' . ($self->{ipv6} ? 'on' : 'off'),
    'SocketBindTight ' . ($self->{bind_tight} ? 'on' : 'off'),
    'UseReverseDNS off',
    @ACCOUNT,
    "MaxInstances $self->{max_instances}",
    "ScoreboardFile $dir/run/scoreboard",
    "PidFile $dir/run/pid",
    "SystemLog $dir/log/system",
    "ControlsEngine on",
    "ControlsSocket $dir/run/ctrls.sock",
    'ControlsSocketACL allow user *',
    "DebugLevel $self->{debug}",
    $self->_trace_lines,
    _section('Global', $self->_global_lines),
    $self->_tls_lines($self->{cert}, $self->{tls}->@*, @more_tls),
    $self->{extra}->@*,
    map { $self->_vhost_lines($_) } $self->{vhosts}->@*,
  );
  return join '', map { "$_\n" } @lines;
}

sub _load_lines ($self) {
  my @names = $self->_stock_modules;
  push @names, $self->{module} if $self->{module} ne 'none';
  push @names, $self->{ours}->@*;
  return map { "LoadModule $_.c" } @names;
}

sub _trace_lines ($self) {
  return () if !$self->{trace};
  return ("TraceLog $self->{dir}/log/trace", "Trace $self->{trace}");
}

sub _global_lines ($self) {
  my $dir = $self->{dir};
  return (
    'RequireValidShell off', 'WtmpLog off', 'DelayEngine off',
    'AllowOverwrite on', 'AllowStoreRestart on', 'AllowRetrieveRestart on',
    'AuthOrder mod_auth_file.c',
    "AuthUserFile $dir/passwd", "AuthGroupFile $dir/group",
    "TransferLog $dir/log/xfer",
    $self->{default_root} ? "DefaultRoot $self->{default_root}" : (),
    $self->{anonymous} ? $self->_anonymous_lines : (),
    $self->{global}->@*,
  );
}

sub _anonymous_lines ($self) {
  return _section('Anonymous ' . $self->home('ftp'),
    'User ftp', 'Group ftp', 'UserAlias anonymous ftp');
}

sub _tls_lines ($self, $cert, @given) {
  return @given if $self->{module} eq 'none';
  my %has = map { /^\s*(\w+)/ ? (lc $1 => 1) : () } @given;
  my @default = ('TLSEngine on', "TLSLog $self->{dir}/log/tls");
  my $own_cert = grep { /^tls(?!ca)\w*(?:certificate|pkcs12)/ } keys %has;
  if ($cert && !$own_cert) {
    my $paths = $self->{pki}->cert($cert);
    my $kind  = $cert =~ /rsa/ ? 'RSA' : 'EC';
    push @default, "TLS${kind}CertificateFile $paths->{full}",
      "TLS${kind}CertificateKeyFile $paths->{key}";
  }
  return (grep({ /^(\w+)/ && !$has{ lc $1 } } @default), @given);
}

sub _vhost_lines ($self, $v) {
  my $cert = exists $v->{cert} ? $v->{cert}
    : $v->{name} =~ /^[ab]\.test$/ ? $v->{name} : $self->{cert};
  my @names = ($v->{name}, ($v->{alias} // [])->@*);
  return _section('VirtualHost ' . ($v->{address} // $self->{address}),
    "ServerName \"$v->{name}\"", "ServerAlias @names", "Port $v->{port}",
    $self->_tls_lines($cert, _lines($v->{tls})->@*),
    _lines($v->{extra})->@*);
}

sub _section ($head, @lines) {
  my ($word) = split / /, $head;
  return ("<$head>", map({ "  $_" } @lines), "</$word>");
}

1;
