# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Renewed certificates: the next session uses them, without a restart.  If files
# cannot be used, the old certificate stays in use, a line in the system log has
# the reason, and the corrected files are used without a further step; after a
# SIGHUP likewise.
#
# The daemon's own timer checks every 15 seconds: its rows need FTPS_SLOW=1.
# Needs: root, proftpd-core.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use FTPS::Test::Client;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $temp = File::Temp->newdir('ftps-renewal-XXXXXX', TMPDIR => 1);
my $dir  = "$temp/private";
mkdir $dir, 0700 or die "$dir: $!";

my $srv = FTPS::Test::Server->new(cert => undef);
my $pki = $srv->pki;
my $UNUSED = qr/changed files cannot be used, the old certificate stays/;
my $IN_USE = qr/changed certificate files are in use now/;

# Name, kind, words of issue(): where the pair goes, and the directives.
my %SHAPES = (
  'EC' => { like => 'server',
    lines => ["TLSECCertificateFile $dir/c", "TLSECCertificateKeyFile $dir/k"],
    to => { cert => "$dir/c", key => "$dir/k" } },
  'RSA' => { like => 'server-rsa',
    lines => ["TLSRSACertificateFile $dir/c",
      "TLSRSACertificateKeyFile $dir/k"],
    to => { cert => "$dir/c", key => "$dir/k" } },
  'TLSCertificate' => { like => 'server',
    lines => ["TLSCertificate $dir/c $dir/k"],
    to => { cert => "$dir/c", key => "$dir/k" } },
  'the key in the certificate file' => { like => 'server',
    lines => ["TLSECCertificateFile $dir/c"], to => { both => "$dir/c" } },
);

my $EC = $SHAPES{EC};
my $print = renew($EC);
$srv->rewrite(tls => [$EC->{lines}->@*]);
$srv->start;

for my $name (sort keys %SHAPES) {
  subtest $name => sub { replaced($SHAPES{$name}) };
}

sub replaced ($shape) {
  reload($shape);
  is in_use(), $print, 'after SIGHUP';
  my $running = $srv->client;
  my $old = $print;

  $print = renew($shape);
  isnt $print, $old, 'a new certificate';
  for my $max ('1.2', '1.3') {
    is in_use(max => $max), $print, "the next session has it, TLS $max";
  }
  $srv->like_tlslog($IN_USE);
  is $running->peer_fingerprint, $old, 'a running session has the old one';
  transfers($running, 'and goes on');
  $running->quit;

  $print = renew($shape, sub {
    for my $file (glob "$dir/*") {
      copy($file, "$file.kept");
      utime 1e9, 1e9, $file;
    }
  });
  is in_use(), $print, 'with mtimes of long ago';

  my $other = "$temp/other";
  mkdir $other;
  $print = $pki->issue(like => $shape->{like},
    map { $_ => "$other/$_" } keys $shape->{to}->%*);
  for my $kind (keys $shape->{to}->%*) {
    my $file = $shape->{to}{$kind};
    spew($file, slurp("$other/$kind"));
    utime 1e9, 1e9, $file;
  }
  is in_use(), $print, 'written in place, with the same mtime';
  return;
}

subtest 'chain and CA files' => sub {
  my $server = $pki->cert('server-chain');
  my $client = $pki->cert('client');
  copy($server->{cert}, "$dir/c");
  copy($server->{key}, "$dir/k");
  copy($server->{cert}, "$dir/chain");
  copy($pki->cert('other-ca')->{cert}, "$dir/ca");
  $srv->rewrite(tls => [$EC->{lines}->@*, "TLSCertificateChainFile $dir/chain",
    "TLSCACertificateFile $dir/ca", 'TLSVerifyClient optional']);
  ok $srv->hup, 'configuration read again';

  my %mine = $client->%{qw(cert key)};
  ok !login_with(%mine), 'a client of another CA is refused';
  ok !login_with(ca => $server->{ca}), 'no chain: not trusted';
  copy($server->{chain}, "$dir/chain");
  copy($client->{ca}, "$dir/ca");
  ok login_with(%mine, ca => $server->{ca}), 'both files count at once';
  ok $srv->hup, 'SIGHUP';
  spew("$dir/chain", substr slurp("$dir/chain"), 0, 300);
  ok login_with(%mine, ca => $server->{ca}), 'half a chain: the old one';

  # The daemon may find it first: the session before has woken it.
  like $srv->tlslog . $srv->systemlog,
    qr/$UNUSED.*TLSCertificateChainFile \Q$dir\E\/chain: /, 'and a line';
};

# What happens to the files, and what the log says about it.
my @FAULTS = (
  ['half a certificate', sub { cut("$dir/c") },
    "TLSECCertificateFile $dir/c: holds no certificate", 'openssl x509'],
  ['half a key', sub { cut("$dir/k") },
    "TLSECCertificateKeyFile $dir/k: holds no readable private key",
    'openssl genpkey'],
  ['an empty certificate', sub { spew("$dir/c", '') },
    "TLSECCertificateFile $dir/c: holds no certificate", 'openssl x509'],
  ['no key', sub { unlink "$dir/k" },
    "TLSECCertificateKeyFile $dir/k: No such file", 'check the path'],
  ['only the certificate', sub { $pki->issue(like => 'server',
      cert => "$dir/c") },
    "TLSECCertificateFile $dir/c: the private key in $dir/k does not fit",
    'configure the key'],
  ['only the key', sub { $pki->issue(like => 'server', key => "$dir/k") },
    "TLSECCertificateFile $dir/c: the private key in $dir/k does not fit",
    'configure the key'],
  ['an encrypted key', sub { $pki->issue(like => 'server', cert => "$dir/c",
      key => "$dir/k", pass => 'secret') },
    "TLSECCertificateKeyFile $dir/k: the private key is encrypted",
    'openssl pkey'],
  ['a world-writable key', sub { chmod 0602, "$dir/k" },
    "TLSECCertificateKeyFile $dir/k: is world-writable", 'chmod o-w'],
);

# Sessions read renewed files themselves until the daemon does, so what they
# fall back to may be any certificate since the last SIGHUP.
subtest 'files that cannot be used' => sub {
  reload($EC);
  my @good = ($print);
  my $running = $srv->client;
  for my $row (@FAULTS) {
    my ($name, $spoil, $fault, $remedy) = @$row;
    my $before = length $srv->systemlog;
    $spoil->();
    is_one_of(in_use(), \@good, "$name: the old certificate is in use");
    my $why = qr/server "FTPS test": $UNUSED.*\Q$fault\E.*\Q$remedy\E/;
    ok(FTPS::Test::Process->until(
        sub { substr($srv->systemlog, $before) =~ $why }),
      "$name: the system log says why") or diag $srv->systemlog;
    transfers($running, "$name: a running session goes on");
    push @good, $print = renew($EC);
    is in_use(), $print, "$name: corrected, and in use";
  }
  $running->quit;
};

subtest 'SIGHUP' => sub {
  reload($EC);
  my @good = ($print);
  for my $row (@FAULTS[1, 3, 4]) {
    my ($name, $spoil, $fault, $remedy) = @$row;
    my $before = length $srv->systemlog;
    $spoil->();
    ok $srv->hup, "$name: the daemon lives";
    like substr($srv->systemlog, $before), qr/\Q$fault\E.*\Q$remedy\E/,
      "$name: the log says why";
    is_one_of(in_use(), \@good, "$name: the old certificate is in use")
      for 1, 2;
    my $said = () = substr($srv->systemlog, $before) =~ /\Q$fault/g;
    is $said, 1, "$name: said once";
    push @good, $print = renew($EC);
    is in_use(), $print, "$name: corrected without another SIGHUP";
  }
};

# The pair that a session found good is the daemon's a moment later, and stays
# when the next one is bad.
subtest 'the last good pair' => sub {
  for my $row (@FAULTS[1, 3, 4]) {
    my ($name, $spoil, $fault) = @$row;
    reload($EC);
    my $before = length $srv->systemlog;
    $print = renew($EC);
    is in_use(), $print, "$name: a good pair before it";
    ok(FTPS::Test::Process->until(
        sub { substr($srv->systemlog, $before) =~ /"FTPS test": $IN_USE/ }),
      "$name: the daemon has it soon");

    my $log = length $srv->tlslog;
    $spoil->();
    is in_use(), $print, "$name: session $_ has the last good pair" for 1 .. 3;
    ok(FTPS::Test::Process->until(
        sub { substr($srv->systemlog, $before) =~ /\Q$fault/ }),
      "$name: the daemon logs the fault soon");
    is in_use(), $print, "$name: session $_ has the last good pair" for 4 .. 6;
    is scalar(() = substr($srv->systemlog, $before) =~ /\Q$fault/g), 1,
      "$name: the system log has the fault once";
    is scalar(() = substr($srv->tlslog, $log) =~ /$UNUSED/g), 1,
      "$name: and TLSLog as well";
    ok $srv->hup, "$name: SIGHUP";
    is in_use(), $print, "$name: it is in use after it";
  }
};

# mod_tls serves what it could read.  We do so where there is nothing better;
# a whole file stays in use.
subtest 'a part is better than nothing' => sub {
  my $server = $pki->cert('server-chain');
  my ($whole, $half) = (slurp($server->{cert}) . slurp($server->{chain}),
    slurp($server->{cert}) . substr slurp($server->{chain}), 0, 300);
  spew("$dir/c", $half);
  copy($server->{key}, "$dir/k");
  my $other = FTPS::Test::Server->new(cert => undef, tls => $EC->{lines},
    allow_log => qr/changed|cannot check it/);
  my $is_whole = sub {
    my $c = eval { $other->client(ca => $server->{ca}) } or return 0;
    $c->quit;
    return 1;
  };
  my $anybody = sub { $other->client(ca => undef) };
  $other->start;
  like $other->stderr, qr{File $dir/c: is damaged behind .*write it anew},
    'half a chain at the start: a line says so';
  ok $anybody->()->quit && !$is_whole->(), 'the certificate is served alone';
  $other->rewrite(tls => [$EC->{lines}->@*, 'TLSProtocol TLSv1.2']);
  ok $other->hup, 'SIGHUP';
  is $anybody->()->version, 'TLSv1.2', 'new settings are used';
  spew("$dir/c", $whole);
  ok $is_whole->(), 'corrected: the chain is there';
  ok $other->wait_log($IN_USE, 'system'), 'the daemon has it soon';
  spew("$dir/c", $half);
  ok $is_whole->(), 'damaged again: the old one stays';
  ok $other->hup, 'SIGHUP';
  ok $is_whole->(), 'it stays after SIGHUP too';
  is $other->stop, 0, 'the daemon ends';
};

subtest 'one of two certificates' => sub {
  my @rsa = ("TLSRSACertificateFile $dir/rc", "TLSRSACertificateKeyFile $dir/rk");
  my $issue = sub ($like, $name) {
    return $pki->issue(like => $like, cert => "$dir/$name" . 'c',
      key => "$dir/$name" . 'k');
  };
  my $good = $issue->('server-rsa', 'r');
  $issue->('server', '');
  $pki->issue(like => 'server', cert => "$dir/c");
  my $other = FTPS::Test::Server->new(cert => undef,
    tls => [$EC->{lines}->@*, @rsa], allow_log => qr/changed|does not fit/);
  my $shown = sub ($kind) {
    my $c = eval { $other->client(max => '1.2',
      ciphers => "ECDHE-$kind-AES128-GCM-SHA256") } or return 'none';
    my $print = $c->peer_fingerprint;
    $c->quit;
    return $print;
  };
  $other->start;
  like $other->stderr,
    qr{File $dir/c: .* does not fit .* goes on with its other certificates},
    'one with another key: a line says so';
  is $shown->('RSA'), $good, 'the other one is served';
  is $shown->('ECDSA'), 'none', 'the one with another key is not';
  $good = $issue->('server-rsa', 'r');
  is $shown->('RSA'), $good, 'the other one is renewed';
  $other->rewrite(tls => [$EC->{lines}->@*, @rsa, 'TLSOptions AllowDotLogin']);
  ok $other->hup, 'SIGHUP';
  is $shown->('RSA'), $good, 'it is still served';
  my $both = $issue->('server', '');
  is $shown->('ECDSA'), $both, 'corrected: it is served too';
  ok(FTPS::Test::Process->until(
      sub { 2 == (() = $other->systemlog =~ /$IN_USE/g) }),
    'the daemon has it soon');
  $pki->issue(like => 'server', cert => "$dir/c");
  is $shown->('ECDSA'), $both, 'wrong again: the old one stays';
  is $other->stop, 0, 'the daemon ends';
};

subtest 'SIGHUP to other files' => sub {
  reload($EC);
  my @lines = map { s/\Q$dir\E/$dir\/new/r } $EC->{lines}->@*;
  $srv->rewrite(tls => [@lines, 'TLSProtocol TLSv1.2']);
  ok $srv->hup, 'which are not there';
  is in_use(), $print, 'the old certificate is in use';
  is $srv->client->version, 'TLSv1.3', 'with the old settings';
  my @good = ($print);
  push @good, $print = renew($EC);
  is in_use(), $print, 'renewed where the old one was';
  mkdir "$dir/new" or die "$dir/new: $!";
  my $new = $pki->issue(like => 'server', cert => "$dir/new/c");
  is_one_of(in_use(), \@good, 'half of the new pair');
  $new = $pki->issue(like => 'server', cert => "$dir/new/c",
    key => "$dir/new/k");
  is in_use(), $new, 'the new pair';
  is $srv->client->version, 'TLSv1.2', 'with the new settings';
  ok $srv->hup, 'SIGHUP';
  is in_use(), $new, 'stays';
};

subtest 'a virtual host that comes with bad files' => sub {
  my $own = "$dir/own";
  mkdir $own or die "$own: $!";
  reload($EC, vhosts => [
    { name => 'a.test', tls => ["TLSECCertificateFile $own/c",
        "TLSECCertificateKeyFile $own/k"], port => 'own' },
    { name => 'b.test' },
    { name => 'implicit', tls => ["TLSECCertificateFile $own/c",
        "TLSECCertificateKeyFile $own/k", 'TLSOptions UseImplicitSSL'],
      port => 'own' },
  ]);
  is in_use(), $print, 'the main server';
  subtest 'the other one' => sub {
    FTPS::Test::Server->need_host;
    is in_use(sni => 'b.test'),
      $pki->fingerprint($pki->cert('b.test')->{cert}), 'its certificate';
  };
  my $c = $srv->connection(vhost => 'a.test');
  $c->connect;
  ok !$c->auth, 'no TLS there';
  is join(' ', $c->last_reply),
    '431 Necessary security resource unavailable', 'a reply';
  $c->quit;
  like $srv->systemlog,
    qr/server "a\.test": TLSECCertificateFile \Q$own\E\/c: No such file/,
    'the log says why';
  my %implicit = (vhost => 'implicit', implicit => 1);
  $c = $srv->connection(%implicit, implicit => 0);
  my ($code, $text) = $c->connect;
  is $code, 0, 'implicit TLS: no banner in clear' or diag $text;
  $srv->like_tlslog(qr/UseImplicitSSL: there is no usable certificate/);

  my $new = $pki->issue(like => 'a.test', cert => "$own/c", key => "$own/k");
  is in_use(vhost => 'a.test'), $new, 'corrected, and in use';
  is in_use(%implicit), $new, 'with implicit TLS as well';
};

SKIP: {
  skip 'takes a minute: set FTPS_SLOW=1', 1 if !$ENV{FTPS_SLOW};
  subtest "the daemon's timer" => sub {
    reload($EC, vhosts => []);
    my $before = length $srv->systemlog;
    my $says = sub ($wanted) {
      return FTPS::Test::Process->until(
          sub { substr($srv->systemlog, $before) =~ $wanted });
    };
    cut("$dir/k");
    ok $says->(qr/server "FTPS test": $UNUSED in use: TLSECCertificateKey/),
      'sees a fault';
    $before = length $srv->systemlog;
    is in_use(), $print, 'the old certificate is in use';
    is in_use(), $print, 'and again';
    unlike substr($srv->systemlog, $before), $UNUSED, 'nothing is repeated';
    $print = renew($EC);
    ok $says->(qr/server "FTPS test": $IN_USE/), 'sees the correction';
    $before = length $srv->tlslog;
    is in_use(), $print, 'the new certificate is in use';
    unlike substr($srv->tlslog, $before), $IN_USE,
      'and the session had nothing to do';
  };
  subtest 'renewed, and a SIGHUP with a fault elsewhere' => sub {
    reload($EC, vhosts => []);
    $print = renew($EC);
    $srv->rewrite(tls => [$EC->{lines}->@*, "TLSCACertificateFile $dir/none"]);
    ok $srv->hup, 'a CA file that is not there';
    my $before = length $srv->systemlog;
    my $both = qr/TLSCACert.*\/none: No such.*server "FTPS test": $IN_USE/s;
    ok $srv->wait_log($both, 'system'), 'the renewed pair comes in use';
    is in_use(), $print, 'with the old settings';
    unlike substr($srv->systemlog, $before), qr/none: No such/,
      'the fault is told once';
  };
  subtest 'a certificate of many servers' => sub {
    reload($EC, vhosts => [map { { name => "v$_.test", tls => $EC->{lines} } }
      1 .. 150]);
    my $before = length $srv->systemlog;
    $print = renew($EC);
    ok(FTPS::Test::Process->until(sub {
      151 == (() = substr($srv->systemlog, $before) =~ /$IN_USE/g);
    }), 'all of them get it, one after the other');
    is in_use(), $print, 'it is in use';
  };
  subtest 'files of their own of many servers' => sub {
    my $n = 120;
    my $copies = sub {
      $pki->issue(like => 'server-rsa', key_type => 'RSA:4096',
        both => "$temp/big");
      copy("$temp/big", "$dir/big$_") or die "$dir: $!" for 1 .. $n;
    };
    $copies->();
    reload($EC, vhosts => [map { { name => "v$_.test",
      tls => ["TLSRSACertificateFile $dir/big$_"] } } 1 .. $n]);
    my $before = length $srv->systemlog;
    my $locked = locked();
    $copies->();
    ok(FTPS::Test::Process->until(sub {
      $n == (() = substr($srv->systemlog, $before) =~ /$IN_USE/g);
    }), 'all of them get it, many at a time');
    is locked(), $locked, 'no key is there twice, and no old one';
  };
}

is $srv->stop, 0, 'the daemon ends';
done_testing;

# A new pair where a shape has it; `then` before anybody looks.
sub renew ($shape, $then = undef) {
  my $new = $pki->issue(like => $shape->{like}, $shape->{to}->%*);
  $then->() if $then;
  return $new;
}

sub reload ($shape, %words) {
  $print = renew($shape);
  $srv->rewrite(tls => $shape->{lines}, %words);
  $srv->hup or die "the daemon ended\n";
  return;
}

# The certificate that a new session shows; it also does a transfer.  Sessions
# stay open for a while: the daemon pauses whenever one ends.
sub in_use (%to) {
  state @open;
  my $c = eval { $srv->client(%to) } or return "no client: $@";
  my $shown = $c->peer_fingerprint;
  my $r = $c->list;
  push @open, $c;
  if (@open > 20) {
    $_->quit for splice @open;
  }
  return $r->{ok} ? $shown : "no transfer: $r->{code} $r->{text}";
}

# KiB that the daemon has locked in memory: those of keys.
sub locked () {
  my ($size) = slurp('/proc/' . $srv->pid . '/smaps_rollup')
    =~ /^Locked:\s+(\d+)/m;
  return $size;
}

sub is_one_of ($shown, $good, $name) {
  return ok((grep { $_ eq $shown } @$good) > 0, $name) || diag $shown;
}

sub login_with (%words) {
  my $c = eval { $srv->client(%words) } or return 0;
  my ($code) = $c->cmd('NOOP');
  $c->quit if $code;
  return $code == 200;
}

sub transfers ($client, $name) {
  my $bytes = join '', map { chr int rand 256 } 1 .. 3000;
  my $up    = $client->stor('renewal', $bytes);
  my $down  = $client->retr('renewal');
  return ok $up->{ok} && $down->{ok} && $down->{data} eq $bytes, $name;
}

sub cut ($file) {
  my $bytes = slurp($file);
  return spew($file, substr $bytes, 0, length($bytes) / 2);
}
