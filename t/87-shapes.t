# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Configurations as panels, NAS systems, distributions and guides write them:
# t/data/shapes/*.conf, with their paths, ports and accounts turned into ours.
# Each one passes `proftpd -t`, starts, and serves what its "# expect:" says, and
# so it does under the stock module, where that is installed.
#
# Words of "# expect:"
#   explicit, implicit=PORT (990)   login, upload and download, bytes compared
#   clear, no-clear                 a login without TLS succeeds, is refused
#   clear-from=ADDRESS, clear-user=NAME   such a login succeeds
#   clear-data, no-clear-data       an upload after PROT C
#   any-session, same-session       a data connection that does not resume
#   certificate                     clients have one; without it: refused
#   anonymous                       may fetch without TLS, and not store
#   tls1.2                          that version and no other
#   at=ADDRESS, epsv, inetd         where and how the client connects
# "# mod_tls: no-start" is a shape that the stock module refuses.  What follows
# "# file: PATH" is that file.  FTPS_SHAPE=REGEX plays only shapes of these names.
#
# Needs: root, proftpd-core, openssl; the modules that a shape loads, sqlite3 for
# those with mod_sql; proftpd-mod-crypto for the comparison.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use File::Path qw(make_path);
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Pasted qw(lines_of transfers in_clear);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $MIGRATE = "$FindBin::Bin/../tools/ftps-migrate";
my $SHAPES = "$FindBin::Bin/data/shapes";

my $pki  = FTPS::Test::Server->new(cert => undef)->pki;
my $temp = File::Temp->newdir('ftps-shapes-XXXXXX', TMPDIR => 1);
my %ec   = $pki->cert('server')->%*;
my %rsa  = $pki->cert('server-rsa')->%*;
my %user = $pki->pair('client');
my @STOCK = FTPS::Test::Config->lacking('mod_tls') ? () : 'mod_tls';
note 'mod_tls is not installed: nothing to compare with' if !@STOCK;

sub run (@argv) { return FTPS::Test::Process->must(\@argv) }

run(qw(openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out),
  "$temp/dh");

# A file of t/data/shapes: its words, its text and the other files in it.
sub read_shape ($path) {
  my ($text, %files) = split /^# file: (\S+)\n/m, slurp($path), -1;
  my %shape = (name => basename($path, '.conf'), text => $text,
    files => \%files);
  for my $head (qw(expect mod_tls)) {
    my ($words) = $text =~ /^# $head: (.*)/m;
    $shape{$head} = { map { /^([^=]+)(?:=(.*))?$/ ? ($1 => $2 // 1) : () }
      split ' ', $words // '' };
  }
  my ($before, $after) = split /^LoadModule mod_tls\.c\n/m, $text;
  $shape{before} = defined $after ? modules_in($before) : [];
  $shape{behind} = modules_in($after // $before);
  return \%shape;
}

sub modules_in ($text) {
  return [grep { $_ ne 'mod_tls' } $text =~ /^LoadModule (\w+)\.c$/mg];
}

# Paths of certificates by their directives.  A file has certificate and key when
# both directives name it, or when there is none for the key.
sub certificate_path ($shape, $directive, $path) {
  return $temp . '/dh' if $directive eq 'TLSDHParamFile';
  return $rsa{ca} if $directive eq 'TLSCertificateChainFile';
  return $pki->cert('client-ca')->{cert} if $directive =~ /^TLSCA/;
  my ($kind, $key) = $directive =~ /^TLS(RSA|EC)Certificate(Key)?File$/
    or die "$shape->{name}: $directive $path\n";
  my $paths = $kind eq 'EC' ? \%ec : \%rsa;
  my $all   = join '', $shape->{text}, values $shape->{files}->%*;
  my $is_both = $all !~ /TLS${kind}CertificateKeyFile/
    || $all =~ /CertificateFile\s+\Q$path\E$/m
    && $all =~ /CertificateKeyFile\s+\Q$path\E$/m;
  return $paths->{both} if $is_both;
  return $paths->{ $key ? 'key' : 'full' };
}

sub path_here ($shape, $srv, $directive, $path) {
  my $dir = $srv->dir;
  my $name = basename($path);
  return "$dir/log/tls" if $directive eq 'TLSLog';
  return "$dir/log/system" if $directive eq 'SystemLog';
  return "$dir/log/$name" if $directive =~ /Log(?:File)?$/;
  return "$dir/passwd" if $directive eq 'AuthUserFile';
  return "$dir/group" if $directive eq 'AuthGroupFile';
  return $srv->home('ftp') if $directive eq 'Anonymous';
  return $path if $directive eq 'Directory';
  return "$dir/etc$path" if $directive =~ /^(?:Include|AutoHostConfig)$/
    || defined $shape->{files}{$path};
  return certificate_path($shape, $directive, $path)
    if $directive =~ /^TLS.*File$/;
  return "$dir/run/$name";
}

# The lines of a text, with ports, accounts and so on of this server.
sub lines_here ($shape, $srv, $text, $port) {
  my $section = '';
  my @lines = lines_of($text, sub (@at) { path_here($shape, $srv, @at) });
  for my $line (@lines) {
    $section = $1 if $line =~ m{^\s*<(/?Anonymous)};
    $line =~ s/^(\s*Port) (?!0$)(\d+)/$1 . ' ' . $port->($2)/e;
    $line =~ s/(?<=127\.0\.0\.1:)(\d+)/$port->($1)/e;
    $line =~ s/^(\s*User) .*/$1 nobody/ if $section ne 'Anonymous';
    $line =~ s/^(\s*Group) .*/$1 nogroup/ if $section ne 'Anonymous';
    $line =~ s/^(\s*AuthOrder) (?!mod_sql).*/$1 mod_auth_file.c/;
  }
  return grep { !/^LoadModule mod_tls\.c/ } @lines;
}

sub write_files ($shape, $srv, $port) {
  my $etc = $srv->dir . '/etc';
  make_path(map { $etc . s{/[^/]*$}{}r }
    $shape->{text} =~ m{^Include (\S+)}mg, keys $shape->{files}->%*);
  for my $path (keys $shape->{files}->%*) {
    spew("$etc$path", join('', map { "$_\n" }
      lines_here($shape, $srv, $shape->{files}{$path}, $port)), 0644);
  }
  for my $path ($shape->{text} =~ m{^Include (\S+[^/\s])$}mg) {
    spew("$etc$path", '', 0644) if !-e "$etc$path";
  }
  return;
}

# The users that mod_sql is asked for.
sub make_database ($srv, $path) {
  my $uid = $srv->config->uid;
  run('sqlite3', $path, 'CREATE TABLE ftp_users (username, password, uid, gid,'
    . ' homedir, shell, logins INTEGER DEFAULT 0); INSERT INTO ftp_users VALUES'
    . " ('proftpd', '" . crypt('test', '$5$rounds=1000$salt$')
    . "', $uid, $uid, '" . $srv->home . "', '/bin/sh', 0)");
  chmod 0644, $path;
  return;
}

# A server of this shape, and what turns its ports into ours.
sub server ($shape, $module) {
  my $expect = $shape->{expect};
  my $is_off = $shape->{text} =~ /^Port 0$/m;
  my $srv = FTPS::Test::Server->new(module => $module, cert => undef,
    modules => $shape->{before}, bind_tight => $expect->{at} ? 0 : 1,
    $is_off ? (main_port => 0) : ());
  my %port = $is_off ? () : (21 => $srv->port);
  my $port = sub ($n) { $port{$n} //= $srv->free_port };
  $srv->config->link_stock($shape->{behind}->@*);
  write_files($shape, $srv, $port);
  mkdir $srv->dir . '/run/proxy';
  my @lines = lines_here($shape, $srv, $shape->{text}, $port);
  make_database($srv, $1) if "@lines" =~ m{SQLConnectInfo (\S+)};
  my %loaded = map { $_ => 1 } $shape->{before}->@*;
  @lines = grep { !/^LoadModule (\w+)\.c$/ || !$loaded{$1} } @lines;
  return ($srv->rewrite(tls => \@lines), $port);
}

# Sessions that end make the daemon pause, so clients stay to the end.
my @kept;

sub keep ($c) { return $kept[@kept] = $c }

sub logged_in ($srv, $expect, %o) {
  return keep($srv->client($expect->{certificate} ? %user : (),
    $expect->{at} ? (host => $expect->{at}) : (),
    $expect->{epsv} ? (data_mode => 'epsv') : (), %o));
}

sub serves ($srv, $expect, $name, %o) {
  my $c = logged_in($srv, $expect, %o);
  is $c->version, 'TLSv1.2', "$name: version" if $expect->{'tls1.2'};
  transfers($c, $name);
  if ($expect->{'any-session'}) {
    my $r = $c->stor('other', 'x', session => 'none');
    is $r->{code}, 226, "$name: a data connection that does not resume";
  } elsif ($expect->{'same-session'}) {
    my $r = $c->stor('other', 'x', session => 'none');
    is $r->{code}, 425, "$name: a data connection that does not resume: refused";
  }
  return $c;
}

sub check_clear_data ($srv, $expect) {
  my $c = logged_in($srv, $expect);
  my ($code) = $c->cmd('PROT C');
  return transfers($c, 'in clear', protected => 0) if $expect->{'clear-data'};
  return is $code, 534, 'PROT C is refused';
}

sub check_anonymous ($srv) {
  $srv->write_file('README', 'welcome', 'ftp');
  my $c = keep($srv->connection);
  $c->connect;
  $c->login('anonymous', 'me@example.com');
  is $c->retr('README', protected => 0)->{data}, 'welcome',
    'anonymous: download';
  return is +($c->cmd('STOR x'))[0], 550, 'anonymous: no upload';
}

sub is_refused ($codes, $name) {
  return like $codes, qr/^(?:550|530|331 5\d\d)$/, $name;
}

sub check_logins ($srv, $expect) {
  my @at = $expect->{at} ? (host => $expect->{at}) : ();
  is in_clear($srv, 'proftpd', @at), '331 230', 'without TLS'
    if $expect->{clear};
  is_refused(in_clear($srv, 'proftpd', @at), 'without TLS: refused')
    if $expect->{'no-clear'};
  is in_clear($srv, $expect->{'clear-user'}), '331 230', 'one user without TLS'
    if $expect->{'clear-user'};
  is in_clear($srv, 'proftpd', bind => $expect->{'clear-from'}), '331 230',
    'without TLS, from there' if $expect->{'clear-from'};
  if ($expect->{certificate}) {
    my $c = keep($srv->connection);
    $c->connect;
    ok !$c->is_let_in, 'no certificate: refused';
  }
  return;
}

sub check ($shape, $srv, $port) {
  my $expect = $shape->{expect};
  serves($srv, $expect, 'explicit') if $expect->{explicit};
  if (my $n = $expect->{implicit}) {
    $n = 990 if $n == 1;
    serves($srv, $expect, 'implicit', port => $port->($n), implicit => 1);
  }
  check_logins($srv, $expect);
  check_clear_data($srv, $expect)
    if $expect->{'clear-data'} || $expect->{'no-clear-data'};
  check_anonymous($srv) if $expect->{anonymous};
  return;
}

sub play ($shape, $module) {
  my ($srv, $port) = server($shape, $module);
  my ($status, $output) = $srv->syntax_check;
  if ($module eq 'mod_tls' && $shape->{mod_tls}{'no-start'}) {
    return isnt $status, 0, 'the stock module does not start';
  }
  # From ProFTPD 1.3.8c on it wants "TLSv1.3" before suites of TLS 1.3.
  return pass('the stock module of this release does not take it')
    if $module eq 'mod_tls' && $status
    && $output =~ /requires protocol parameter/;
  is $status, 0, 'proftpd -t takes it' or return diag $output;
  check_migration($shape, $srv) if $module eq 'mod_tls';
  my $inetd = $shape->{expect}{inetd} ? $srv->start_inetd : undef;
  $srv->start if !$inetd;
  check($shape, $srv, $port);
  @kept = ();
  return $inetd->kill_now if $inetd;
  return is $srv->stop, 0, 'the daemon ends';
}

# With the stock module the shape is what ftps-migrate is made for; its trial of
# each takes a while.
sub check_migration ($shape, $srv) {
  return if !$ENV{FTPS_SLOW} && $shape->{name} !~ /^(?:debian|partners|plesk)$/;
  symlink $srv->config->module_so, $srv->dir . '/modules/mod_ftps.so';
  my ($status, $output) = FTPS::Test::Process->run([$MIGRATE, '-n', '-c',
    $srv->config->file, '--state', "$temp/state", map { +"--$_" => $user{$_} }
    sort keys %user], seconds => 600, env => $srv->_sanitizer_env);
  is $status, 0, 'ftps-migrate takes it' or diag $output;
  return;
}

my @shapes = map { read_shape($_) } glob "$SHAPES/*.conf";
@shapes = grep { $_->{name} =~ /$ENV{FTPS_SHAPE}/ } @shapes if $ENV{FTPS_SHAPE};

for my $shape (@shapes) {
  for my $module ('mod_ftps', @STOCK) {
    subtest "$shape->{name}, $module" => sub {
      my @lacking = FTPS::Test::Config->lacking(
        map { $shape->{$_}->@* } qw(before behind));
      plan skip_all => "no @lacking" if @lacking;
      plan skip_all => 'no sqlite3' if $shape->{text} =~ /^SQLConnectInfo/m
        && !-x '/usr/bin/sqlite3';
      eval { play($shape, $module); 1 } or fail "died: $@";
    };
  }
}

cmp_ok scalar @shapes, '>=', 30, 'so many shapes' if !$ENV{FTPS_SHAPE};

done_testing;
