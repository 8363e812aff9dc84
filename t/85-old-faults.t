# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Faults that mod_tls had at some time and that no other test is about: offsets
# beyond 2 and 4 GiB, odd bytes in the argument of AUTH, names of ciphers that
# only some systems have, self-signed client certificates of all kinds, repeated
# directives in sections, a virtual host chosen by SNI beside mod_sql and
# mod_quotatab, commands during a transfer.
#
# Needs: root, proftpd-core, openssl; mod_ifsession, mod_sql, mod_quotatab for
# some.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $GIB = 1 << 30;

my $srv  = FTPS::Test::Server->new;
my $pki  = $srv->pki;
my $temp = File::Temp->newdir('ftps-old-XXXXXX', TMPDIR => 1);
$srv->start;

# A file of that size that takes no room, with these bytes at its end.
sub make_sparse ($name, $size, $end) {
  my $path = $srv->write_file($name, '');
  open my $out, '+<:raw', $path or die "$path: $!\n";
  seek $out, $size - length $end, 0 or die "$path: $!\n";
  print {$out} $end;
  close $out or die "$path: $!\n";
  return $path;
}

for my $version ('1.2', '1.3') {
  my $c = $srv->client(min => $version, max => $version);
  for my $size (2 * $GIB + 7, 4 * $GIB + 7) {
    my $name = "TLS $version, $size bytes";
    my $path = make_sparse('large', $size, 'the end');
    is join(' ', $c->cmd('SIZE large')), "213 $size", "$name: SIZE";
    my $r = $c->retr('large', rest => $size - 7);
    is "$r->{code} $r->{data}", '226 the end', "$name: REST, RETR";
    $r = $c->stor('large', 'more', rest => $size);
    is $r->{code}, 226, "$name: REST, STOR";
    is -s $path, $size + 4, "$name: the size of it";
    $r = $c->stor('large', '!', cmd => 'APPE');
    is "$r->{code} " . -s $path, '226 ' . ($size + 5), "$name: APPE";
    unlink $path;
  }
  $c->quit;
}

for my $row (["\xe4\xf6\xfc", 'high bytes'], ["\xff" x 200, 'many of them'],
  ["T\x80S", 'one in between'], ['%n%n%s', 'signs of printf'],
  ['x' x 500, 'a long word']) {
  my ($word, $name) = @$row;
  my $c = $srv->connection;
  $c->connect;
  is(($c->cmd("AUTH $word"))[0], 500, "AUTH, $name: unknown");
  ok $c->auth, "AUTH, $name: and then TLS";
}

# What a session is asked while a file goes out comes behind its 226 or before
# it, and changes nothing about the file.
{
  my $bytes = 'x' x 3_000_000;
  $srv->write_file('big', $bytes);
  my $c = $srv->client;
  my $d = $c->data;
  is(($c->cmd('RETR big'))[0], 150, 'a download begins');
  ok $d->handshake, 'handshake';
  my $got = $d->read_some;
  $c->send_line('SITE CHMOD 600 big');
  $got .= $d->wait_notify;
  $d->finish('wait');
  ok $got eq $bytes, 'SITE CHMOD during a download: every byte';
  my @codes = map { ($c->reply)[0] } 1, 2;
  is_deeply [sort grep { $_ == 226 } @codes], [226], 'and its 226';
  is(($c->cmd('NOOP'))[0], 200, 'the session goes on');
}

subtest 'a list of ciphers of the system' => sub {
  my ($status, $output) = $srv->config_error('TLSCipherSuite PROFILE=SYSTEM');
  plan skip_all => 'this OpenSSL has it' if !$status;
  like $output, qr/TLSCipherSuite: "PROFILE=SYSTEM" is not a list of ciphers/,
    'refused by its name, with nothing behind it';
};

sub self_signed ($name, @extensions) {
  my @files = map { "$temp/$name.$_" } qw(pem key);
  FTPS::Test::Process->must([qw(openssl req -x509 -newkey ec -pkeyopt
    ec_paramgen_curve:P-256 -nodes -days 30 -subj), "/CN=$name", '-keyout',
    $files[1], '-out', $files[0], map { ('-addext', $_) } @extensions]);
  return @files;
}

# Self-signed certificates, named as CA or not; a CA's own; one that says that
# it is no CA.
subtest 'self-signed client certificates' => sub {
  my %made = map { $_->[0] => [self_signed(@$_)] }
    ['known'], ['stranger'], ['leaf', 'basicConstraints=critical,CA:FALSE'];
  spew("$temp/ca.pem", join '', map { slurp($made{$_}[0]) } qw(known leaf));
  my $strict = FTPS::Test::Server->new(
    tls => ['TLSVerifyClient on', "TLSCACertificateFile $temp/ca.pem"]);
  $strict->start;
  for my $row ([known => 1], [leaf => 1], [stranger => 0]) {
    my ($name, $is_in) = @$row;
    for my $version ('1.2', '1.3') {
      my $c = $strict->connection(cert => $made{$name}[0],
        key => $made{$name}[1], min => $version, max => $version);
      $c->connect;
      my $got = $c->is_let_in ? 1 : 0;
      is $got, $is_in, "$name, TLS $version: " . ($is_in ? 'in' : 'refused');
    }
  }
  $strict->like_tlslog(
    qr/client certificate refused: self-signed certificate \(depth 0, /);
  is $strict->stop, 0, 'the daemon ends';
};

subtest 'repeated directives in a section' => sub {
  plan skip_all => 'no mod_ifsession'
    if FTPS::Test::Config->lacking('mod_ifsession');
  my $beside = FTPS::Test::Server->new(modules => ['mod_ifsession'],
    tls => ['TLSOptions StdEnvVars', 'TLSOptions EnableDiags'],
    extra => ['<IfUser proftpd>', 'TLSOptions NoSessionReuseRequired',
      'TLSOptions ExportCertData', 'TLSCipherSuite HIGH',
      'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256', '</IfUser>']);
  $beside->start;
  my $c = $beside->client;
  my $r = $c->stor('x', 'bytes', session => 'none');
  is "$r->{code} " . $beside->read_file('x'), '226 bytes',
    'the first of them counts';
  is $c->stor('y', 'bytes')->{code}, 226, 'and nothing is broken';
  is $beside->stop, 0, 'the daemon ends';
};

subtest 'SNI beside mod_sql and mod_quotatab' => sub {
  my @names = qw(mod_sql mod_sql_sqlite mod_quotatab);
  plan skip_all => "not all of @names" if FTPS::Test::Config->lacking(@names);
  FTPS::Test::Server->need_host;
  my $beside = FTPS::Test::Server->new(modules => \@names,
    global => ['SQLBackend sqlite3', "SQLConnectInfo $temp/db",
      'SQLEngine log', 'QuotaEngine on'],
    extra => ['ServerAlias main.test'], vhosts => [{ name => 'other.test' }]);
  $beside->start;
  for my $sni ('main.test', 'other.test') {
    for my $version ('1.2', '1.3') {
      my $c = $beside->client(sni => $sni, min => $version, max => $version);
      is $c->stor('x', $sni)->{code}, 226, "$sni, TLS $version: upload";
      is $c->retr('x')->{data}, $sni, "$sni, TLS $version: download";
      $c->quit;
    }
  }
  is $beside->stop, 0, 'the daemon ends';
};

is $srv->stop, 0, 'the daemon ends';
done_testing;
