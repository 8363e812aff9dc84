#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLS settings that are made when a session starts: <IfClass> sections of
# mod_ifsession, in both orders of the two modules, and servers that
# mod_autohost makes from a file, at the start, at HOST and for an SNI name.
# Each case is run with the stock module as well, if it is installed.
#
# Needs: mod_ifsession; mod_autohost for its part; proftpd-mod-crypto for
# the comparison.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

FTPS::Test::Server->any_user;

my $PKI = FTPS::Test::PKI->new;
my $CA = 'TLSCACertificateFile ' . $PKI->cert('client-ca')->{cert};
my %PARTNER = $PKI->pair('client');

sub has ($name) { return !FTPS::Test::Config->lacking($name) }

plan skip_all => 'mod_ifsession is not installed' if !has('mod_ifsession');

# Sanitizers find faults of its own.
my @STOCK = has('mod_tls') && !$ENV{FTPS_ASAN} ? ('mod_tls') : ();
note 'mod_tls is not installed: nothing to compare with' if !@STOCK;

# Modules that are loaded behind the one that is tested.
sub load_behind ($srv, @names) {
  $srv->config->link_stock(@names);
  return map { "LoadModule $_.c" } @names;
}

# Name of the class => its address, and the lines of its section.
my %CLASS = (
  verify   => [ 2, 'TLSVerifyClient on' ],
  protocol => [ 3, 'TLSProtocol TLSv1.2' ],
  cipher   => [ 4, 'TLSProtocol TLSv1.2',
    'TLSCipherSuite ECDHE-ECDSA-CHACHA20-POLY1305' ],
  off      => [ 5, 'TLSEngine off' ],
  log      => [ 6, 'TLSLog LOGDIR/partner' ],
  implicit => [ 7, 'TLSOptions UseImplicitSSL NoSessionReuseRequired' ],
  timeout  => [ 8, 'TLSTimeoutHandshake 1' ],
  broken   => [ 9, 'TLSECCertificateFile LOGDIR/missing', 'TLSRequired on' ],
  required => [ 10, 'TLSRequired on' ],
);

# A second section for some of them: the two together are not prepared.
my @BOTH = ('<IfClass regex ^(verify|cipher)$>', 'TLSTimeoutHandshake 60',
  '</IfClass>');

sub class_lines ($srv) {
  my $dir = $srv->dir . '/log';
  my @lines;
  for my $name (sort keys %CLASS) {
    my ($address, @section) = $CLASS{$name}->@*;
    push @lines, "<Class $name>", "From 127.0.0.$address", '</Class>';
    push @lines, "<IfClass $name>", @section, '</IfClass>'
      if $name ne 'broken' || $srv->config->{module} eq 'mod_ftps';
  }
  return map { s/LOGDIR/$dir/r } @lines, @BOTH;
}

# A session that ends keeps the daemon from accepting the next connection for
# 0.2 s, so those that are done with stay open.
my @kept;

sub connected ($srv, %o) {
  my $c = $srv->connection(%o);
  push @kept, $c;
  $c->connect;
  return $c;
}

sub from ($srv, $name, %o) {
  return connected($srv, bind => "127.0.0.$CLASS{$name}[0]", %o);
}

# The client of a class, after AUTH; undef when the handshake failed.
sub secured ($srv, $name, %o) {
  my $c = from($srv, $name, %o);
  return $c->is_let_in ? $c : undef;
}

sub logs_in ($c) { return defined eval { $c->login } }

# The reply to an upload, whatever happens to the connection.
sub upload ($c, $name) {
  my $r = eval { $c->stor($name, 'bytes') } // {};
  return $r->{code} // 0;
}

sub play_verify ($srv, $kind) {
  ok !secured($srv, 'verify'), "$kind: no certificate: refused";
  my $c = secured($srv, 'verify', %PARTNER);
  ok $c && logs_in($c), "$kind: with its certificate: a login";
  is $c && upload($c, 'a'), 226, "$kind: and an upload";
  ok secured($srv, 'required'), "$kind: others need none";
  return;
}

sub play_handshakes ($srv, $kind) {
  for my $name (qw(protocol cipher)) {
    my $c = secured($srv, $name);
    is $c && $c->version, 'TLSv1.2', "$kind: $name: the protocol of the class";
    is $c->cipher, 'ECDHE-ECDSA-CHACHA20-POLY1305', "$kind: the cipher"
      if $c && $name eq 'cipher';
    ok !secured($srv, $name, min => '1.3'), "$kind: $name: no TLS 1.3";
  }
  my $c = secured($srv, 'required');
  is $c && $c->version, 'TLSv1.3', "$kind: others have TLS 1.3";
  return;
}

sub play_engine ($srv, $kind) {
  my $c = from($srv, 'off');
  is(($c->cmd('AUTH TLS'))[0], 500, "$kind: off: no AUTH");
  is(($c->cmd('USER proftpd'))[0], 331, "$kind: off: a login in clear");
  $c = from($srv, 'off', vhost => 'clear');
  is(($c->cmd('USER proftpd'))[0], 550, "$kind: on: no login in clear");
  ok $c->auth && logs_in($c), "$kind: on: AUTH";
  $c = from($srv, 'log', vhost => 'clear');
  is(($c->cmd('USER proftpd'))[0], 331, "$kind: others have no TLS there");
  return;
}

sub play_session ($srv, $kind) {
  my $c = secured($srv, 'log');
  ok $c, "$kind: log: AUTH";
  ok $srv->wait_log(qr/connection accepted/, 'partner'),
    "$kind: log: TLSLog of the class";
  $c = from($srv, 'implicit', implicit => 1);
  is(($c->last_reply)[0], 220, "$kind: implicit: a banner inside TLS");
  ok logs_in($c), "$kind: implicit: a login";
  is upload($c, 'b'), 226, "$kind: implicit: an upload";
  $c = from($srv, 'timeout');
  $c->cmd('AUTH TLS');
  ok !$c->no_reply(20), "$kind: timeout: the handshake of nobody ends";
  return;
}

sub play_broken ($srv, $kind) {
  my $c = from($srv, 'broken');
  is(($c->cmd('AUTH TLS'))[0], 431, "$kind: broken: 431");
  is(($c->cmd('USER proftpd'))[0], 550, "$kind: broken: TLSRequired holds");
  $srv->like_tlslog(qr/TLSECCertificateFile \S*missing: .*No such file/,
    "$kind: broken: and the log says why");
  return;
}

sub check_syntax ($srv) {
  my ($status, $output) = $srv->syntax_check;
  is $status, 0, 'proftpd -t: a fault of one class ends nothing';
  like $output, qr/server "FTPS test", <IfClass broken>: TLSECCertificateFile \S*missing: No such file/,
    'proftpd -t: but it is a line';
  return;
}

sub classes_server ($module, $order) {
  my $srv = FTPS::Test::Server->new(module => $module,
    $order eq 'before' ? (modules => ['mod_ifsession']) : (),
    tls => [ $CA, 'TLSOptions NoSessionReuseRequired' ],
    vhosts => [ { name => 'clear', port => 'own', tls => 'TLSEngine off' } ]);
  my @behind = $order eq 'before' ? () : load_behind($srv, 'mod_ifsession');
  my $config = $srv->config;
  $config->{vhosts}[0]{extra} =
    [ '<IfClass off>', 'TLSEngine on', 'TLSRequired on', '</IfClass>' ];
  $srv->rewrite(extra => [ @behind, class_lines($srv) ]);
  return $srv;
}

for my $case ([ 'mod_ftps', 'behind' ], [ 'mod_ftps', 'before' ],
  map { [ $_, 'behind' ] } @STOCK) {
  my ($module, $order) = @$case;
  my $kind = "$module, mod_ifsession $order";
  subtest $kind => sub {
    my $srv = classes_server($module, $order);
    check_syntax($srv) if $module eq 'mod_ftps';
    $srv->start;
    play_verify($srv, $kind);
    play_handshakes($srv, $kind);
    play_engine($srv, $kind);
    play_session($srv, $kind);
    play_broken($srv, $kind) if $module eq 'mod_ftps';
    @kept = ();
    is $srv->stop, 0, 'the daemon ends';
  };
}

# A class with a certificate of its own, prepared by the daemon, and one to which
# two sections apply, so that its sessions build their contexts.
sub renewed_server ($dir) {
  my $srv = FTPS::Test::Server->new;
  my @behind = load_behind($srv, 'mod_ifsession');
  my @files = ("TLSECCertificateFile $dir/cert",
    "TLSECCertificateKeyFile $dir/key");
  $srv->rewrite(extra => [ @behind,
    '<Class prepared>', 'From 127.0.0.2', '</Class>',
    '<Class late>', 'From 127.0.0.3', '</Class>',
    '<IfClass prepared>', @files, '</IfClass>',
    '<IfClass late>', @files, '</IfClass>',
    '<IfClass regex ^late$>', 'TLSProtocol TLSv1.2', '</IfClass>' ]);
  return $srv;
}

sub use_pair ($dir, $name) {
  my $paths = $PKI->cert($name);
  copy($paths->{key}, "$dir/key") && copy($paths->{full}, "$dir/cert")
    or die "copy: $!\n";
  chmod 0600, "$dir/key";
  return;
}

subtest 'files that change' => sub {
  my $dir = File::Temp->newdir('ftps-late-XXXXXX', TMPDIR => 1);
  use_pair($dir, 'a.test');
  my $srv = renewed_server($dir)->start;
  my $is = sub ($address, $cert, $name) {
    my $c = connected($srv, bind => "127.0.0.$address");
    ok $c->auth, "$name: AUTH" or return;
    is_server($c, $cert, $name);
    return is $c->version, $address == 3 ? 'TLSv1.2' : 'TLSv1.3', $name;
  };
  $is->(@$_) for [ 1, 'server', 'base' ], [ 2, 'a.test', 'prepared' ],
    [ 3, 'a.test', 'late' ];
  use_pair($dir, 'b.test');
  $is->(@$_) for [ 2, 'b.test', 'prepared, renewed' ],
    [ 3, 'b.test', 'late, renewed' ];
  put("$dir/cert", 'no certificate');
  ok $srv->hup, 'SIGHUP with a fault';
  $is->(@$_) for [ 1, 'server', 'base, after it' ],
    [ 2, 'b.test', 'prepared, after it' ];
  my $c = connected($srv, bind => '127.0.0.3');
  is(($c->cmd('AUTH TLS'))[0], 431, 'late, after it: 431');
  use_pair($dir, 'a.test');
  $is->(@$_) for [ 2, 'a.test', 'prepared, corrected' ],
    [ 3, 'a.test', 'late, corrected' ];
  @kept = ();
  is $srv->stop, 0, 'the daemon ends';
};

# A pair that the daemon has left out, since its key does not fit, or since
# another certificate counts: a session has the others from it, and does not
# read the private keys itself.
subtest 'a server that lacks one of its certificates' => sub {
  my ($own, $other, $rsa) = map { $PKI->cert($_) }
    qw(a.test b.test server-rsa);
  for my $row ([ 'one with another key', $rsa->{cert}, $own->{key} ],
    [ 'two of one kind', $other->{cert}, $other->{key} ])
  {
    my ($name, $cert, $key) = @$row;
    my $srv = FTPS::Test::Server->new(cert => undef,
      allow_log => qr/does not fit|counts first/,
      tls => [ 'TLSKeyIsolation required', "TLSRSACertificateFile $own->{full}",
        "TLSRSACertificateKeyFile $own->{key}", "TLSECCertificateFile $cert",
        "TLSECCertificateKeyFile $key" ]);
    $srv->rewrite(extra => [ load_behind($srv, 'mod_ifsession'),
      '<Class late>', 'From 127.0.0.3', '</Class>',
      '<IfClass late>', 'TLSTimeoutHandshake 60', '</IfClass>',
      '<IfClass regex ^late$>', 'TLSProtocol TLSv1.2', '</IfClass>' ]);
    $srv->start;
    for my $address (1, 3) {
      my $c = connected($srv, bind => "127.0.0.$address");
      ok $c->auth, "$name: AUTH from 127.0.0.$address" or next;
      is_server($c, 'a.test', $name);
    }
    unlike $srv->tlslog, qr/does not fit|counts first/,
      "$name: no session says it again";
    @kept = ();
    is $srv->stop, 0, 'the daemon ends';
  }
};

# The lines of a section take the place of those outside it, in any order of the
# sections.
subtest 'TLSCertificate, TLSProfile' => sub {
  my $any = sub ($name) {
    my $c = $PKI->cert($name);
    return "TLSCertificate $c->{full} $c->{key}";
  };
  my $srv = FTPS::Test::Server->new(cert => undef, tls => [],
    global => [ 'TLSEngine on', $any->('a.test'), $any->('server-rsa') ]);
  $srv->rewrite(extra => [ load_behind($srv, 'mod_ifsession'),
    '<Class own>', 'From 127.0.0.2', '</Class>',
    '<Class old>', 'From 127.0.0.3', '</Class>',
    '<IfClass own>', $any->('b.test'), '</IfClass>',
    '<IfClass old>', 'TLSProfile old', '</IfClass>' ],
    vhosts => [ { name => 'own', port => 'own', tls => [ $any->('server') ] } ]);
  $srv->start;
  my $rsa = sub (%o) {
    my $c = connected($srv, %o, max => '1.2',
      ciphers => 'ECDHE-RSA-AES256-GCM-SHA384');
    return $c->auth;
  };
  for my $row ([ 'Global', 'a.test', 1 ], [ 'IfClass', 'b.test', 0,
    bind => '127.0.0.2' ], [ 'VirtualHost', 'server', 0,
    vhost => 'own' ])
  {
    my ($name, $cert, $has_rsa, %o) = @$row;
    my $c = connected($srv, %o);
    ok $c->auth, "$name: AUTH";
    is_server($c, $cert, $name);
    is !!$rsa->(%o), !!$has_rsa, "$name: RSA";
  }
  for my $address (1 .. 3) {
    my $c = connected($srv, bind => "127.0.0.$address", min => '1.0',
      max => '1.0', ciphers => 'ALL:@SECLEVEL=0');
    is !!$c->auth, $address == 3, "TLS 1.0 from 127.0.0.$address";
    is logs_in($c) && upload($c, 'old'), 226, 'and an upload' if $address == 3;
  }
  @kept = ();
  is $srv->stop, 0, 'the daemon ends';
};

# ProFTPD does not read what follows an Include with a fault.
subtest 'a refused directive at SIGHUP' => sub {
  my $dir = File::Temp->newdir('ftps-late-XXXXXX', TMPDIR => 1);
  chmod 0755, "$dir";
  put("$dir/tls", 'TLSTimeoutHandshake 60');
  my $srv = FTPS::Test::Server->new(tls => [$CA]);
  my @section = ('TLSVerifyClient on', '</IfClass>');
  $srv->rewrite(extra => [ load_behind($srv, 'mod_ifsession'),
    '<Class one>', 'From 127.0.0.2', '</Class>', '<Class two>',
    'From 127.0.0.3', '</Class>', '<IfClass one>', @section,
    "Include $dir/tls", '<IfClass two>', @section ]);
  $srv->start;
  put("$dir/tls", 'TLSTimeoutHandshake never', 'TLSRequird on');
  ok $srv->hup, 'SIGHUP';
  my $c = connected($srv, bind => '127.0.0.2');
  ok !$c->is_let_in, 'a section before the fault is as it was';
  $c = connected($srv, bind => '127.0.0.2', %PARTNER);
  ok $c->is_let_in, 'with its certificate';
  ok $srv->wait_log(qr/server "FTPS test", <IfClass two>: was not read/,
    'system'), 'the log names a section behind it';
  @kept = ();
  is $srv->stop, 0, 'the daemon ends';
};

sub put ($path, @lines) {
  return spew($path, join '', map { "$_\n" } @lines);
}

# A server of mod_autohost's, with a certificate of its own.
sub autohost_lines ($srv, $cert, @more) {
  my $paths = $PKI->cert($cert);
  my $dir = $srv->dir;
  return ("ServerName $cert", "AuthUserFile $dir/passwd",
    "AuthGroupFile $dir/group", 'AuthOrder mod_auth_file.c',
    'RequireValidShell off', 'WtmpLog off', 'DelayEngine off',
    'AllowOverwrite on', 'TLSEngine on', "TLSLog $dir/log/$cert",
    "TLSECCertificateFile $paths->{full}",
    "TLSECCertificateKeyFile $paths->{key}", @more);
}

sub autohost_server ($module, $order, %o) {
  my @names = $order eq 'before' ? (modules => ['mod_autohost']) : ();
  my $srv = FTPS::Test::Server->new(module => $module, @names,
    bind_tight => 0, tls => $o{tls});
  my @behind = $order eq 'before' ? () : load_behind($srv, 'mod_autohost');
  my $dir = $srv->dir . '/auto';
  mkdir $dir;
  $srv->rewrite(extra => [ @behind, 'AutoHostEngine on',
    "AutoHostLog " . $srv->dir . '/log/autohost', "AutoHostConfig $dir/$o{file}" ]);
  return $srv;
}

sub is_server ($c, $cert, $name) {
  return is($c->peer_fingerprint // '(none)',
    $PKI->fingerprint($PKI->cert($cert)->{cert}), "$name: its certificate");
}

sub play_autohost ($srv, $kind) {
  my $dir = $srv->dir;
  put("$dir/auto/127.0.0.2", autohost_lines($srv, 'a.test', 'TLSRequired on'));
  put("$dir/auto/127.0.0.3", autohost_lines($srv, 'b.test', 'TLSRequired on',
    'TLSOptions UseImplicitSSL'));
  put("$dir/auto/127.0.0.4", autohost_lines($srv, 'server', 'TLSRequired on',
    'TLSVerifyClient on', $CA));
  put("$dir/auto/127.0.0.5", grep({ !/^TLSECC.*KeyFile/ }
    autohost_lines($srv, 'a.test', 'TLSRequired on')),
    "TLSECCertificateKeyFile $dir/missing");
  put("$dir/auto/127.0.0.6", autohost_lines($srv, 'a.test',
    'TLSKeyIsolation required'));
  $srv->start;

  my $c = connected($srv, host => '127.0.0.2');
  is(($c->cmd('USER proftpd'))[0], 550, "$kind: no login in clear");
  ok $c->auth, "$kind: AUTH";
  is_server($c, 'a.test', $kind);
  ok logs_in($c), "$kind: a login";
  is upload($c, 'c'), 226, "$kind: an upload";
  ok $srv->wait_log(qr/connection accepted/, 'a.test'), "$kind: its TLSLog";

  $c = connected($srv, host => '127.0.0.3', implicit => 1);
  is(($c->last_reply)[0], 220, "$kind: implicit");
  is_server($c, 'b.test', "$kind: implicit");

  $c = connected($srv, host => '127.0.0.4');
  ok !$c->is_let_in, "$kind: no certificate: no";
  $c = connected($srv, host => '127.0.0.4', %PARTNER);
  ok $c->auth && logs_in($c), "$kind: with its certificate";
  return;
}

sub play_broken_autohost ($srv) {
  my $c = connected($srv, host => '127.0.0.5');
  is(($c->cmd('AUTH TLS'))[0], 431, 'no key: 431');
  is(($c->cmd('USER proftpd'))[0], 550, 'no key: TLSRequired holds');
  ok $srv->wait_log(qr/TLSECCertificateKeyFile \S*missing: .*No such file/,
    'a.test'), 'no key: its TLSLog says why';
  ok $srv->wait_log(qr/server "a.test": .*\S*missing: .*No such file/,
    'system'), 'no key: and so does the system log';

  $c = connected($srv, host => '127.0.0.6');
  is(($c->cmd('AUTH TLS'))[0], 431, 'TLSKeyIsolation required: 431');
  ok $srv->wait_log(qr/TLSKeyIsolation required: this server is made in the/,
    'system'), 'TLSKeyIsolation required: the system log says why';
  return;
}

for my $case ([ 'mod_ftps', 'behind' ], [ 'mod_ftps', 'before' ],
  map { [ $_, 'behind' ] } @STOCK) {
  my ($module, $order) = @$case;
  subtest "$module, mod_autohost $order" => sub {
    plan skip_all => 'mod_autohost is not installed' if !has('mod_autohost');
    my $srv = autohost_server($module, $order, file => '%0',
      tls => 'TLSEngine off');
    play_autohost($srv, "autohost $order");
    play_broken_autohost($srv) if $module eq 'mod_ftps';
    @kept = ();
    is $srv->stop, 0, 'the daemon ends';
  };
}

# By name: HOST, and SNI.
for my $module ('mod_ftps', @STOCK) {
  subtest "$module, mod_autohost by name" => sub {
    plan skip_all => 'mod_autohost is not installed' if !has('mod_autohost');
    FTPS::Test::Server->need_host;
    my $srv = autohost_server($module, 'behind', file => '%n', tls => []);
    put($srv->dir . "/auto/$_", autohost_lines($srv, $_, "ServerAlias $_",
      'TLSRequired on')) for qw(a.test b.test);
    $srv->start;

    my $c = connected($srv);
    is(($c->cmd('HOST a.test'))[0], 220, 'HOST');
    is(($c->cmd('USER proftpd'))[0], 550, 'HOST: no login in clear');
    ok $c->auth, 'HOST: AUTH';
    is_server($c, 'a.test', 'HOST');
    ok logs_in($c), 'HOST: a login';

    for my $version ('1.2', '1.3') {
      $c = connected($srv, sni => 'b.test', min => $version, max => $version);
      ok $c->auth, "SNI, TLS $version" or diag $c->error;
      is_server($c, 'b.test', 'SNI');
      ok logs_in($c), 'SNI: a login';
      is upload($c, 'd'), 226, 'SNI: an upload';
    }
    @kept = ();
    is $srv->stop, 0, 'the daemon ends';
  };
}

done_testing;
