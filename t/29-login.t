# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Logins by client certificate: TLSUserName, TLSUserMapFile, ~/.tlslogin, and
# TLSOptions CertificateAndPassword; names in certificates that must not match;
# files that must not count; and the state of one USER, which must not affect
# the next.
#
# Each row is a virtual host with a port of its own.  Needs: root.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::File qw(slurp spew replace);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-login-XXXXXX', TMPDIR => 1);

my $OID = '1.3.6.1.4.1.55555.1';
my $UPN = 'otherName:1.3.6.1.4.1.311.20.2.3;UTF8:proftpd@corp.example';
my %CLIENT = (
  proftpd => issue(),
  other   => issue(cn => 'other'),
  email   => issue(cn => 'x', san => 'email:proftpd,email:other'),
  case    => issue(cn => 'ProFTPD'),
  longer  => issue(cn => 'proftpd2'),
  ghost   => issue(cn => 'ghost'),
  nul     => issue(cn => "proftpd\0.evil.test"),
  control => issue(cn => "proftpd\n"),
  names   => issue(cn => 'some one', san => join ',', $UPN,
    'DNS:Client.example', 'URI:urn:example:one'),
  expired => $pki->cert('client-expired'),
  foreign => $pki->cert('client-other'),
);

sub issue (@words) {
  state $n = 0;
  return { $pki->issue_to("$temp/client" . ++$n, like => 'client', @words) };
}

sub sha256 ($who) { return $pki->fingerprint($CLIENT{$who}{cert}) }

spew("$temp/map", <<"END", 0600);
# who is who
dn:O = FTPS tests, CN = other      third
san-upn:proftpd\@corp.example   proftpd
san-dns:client.EXAMPLE\tother
san-uri:urn:example:one third
sha256:@{[ sha256('case') ]} proftpd
cn:longer proftpd
END

my @verify = ('TLSCACertificateFile ' . $pki->cert('client-ca')->{cert},
  'TLSVerifyClient optional');
my %TLS = (
  cn      => ['TLSUserName CommonName'],
  email   => ['TLSUserName EmailSubjAltName'],
  oid     => ["TLSUserName $OID"],
  nothing => [],
  map     => ["TLSUserMapFile $temp/map"],
  dot     => ['TLSOptions AllowDotLogin'],
  both    => ['TLSUserName CommonName',
    'TLSOptions CertificateAndPassword'],
  limited => ['TLSUserName CommonName', 'AllowEmptyPasswords off',
    '<Limit LOGIN>', 'DenyUser proftpd', '</Limit>'],
  empty   => ['TLSUserName CommonName', 'AllowEmptyPasswords off'],
);
my $srv = FTPS::Test::Server->new(
  tls => [@verify],
  vhosts => [(map { { name => $_, alias => [$_], tls => [@verify,
    $_ eq 'b.test' ? 'TLSUserName CommonName' : ()] } } qw(a.test b.test)),
    map { { name => $_, port => 'own', cert => 'server',
    tls => [@verify, $TLS{$_}->@*] } } sort keys %TLS]);
$srv->start;

# A control connection with a client certificate.
sub connected ($vhost, $who = undef, %o) {
  my %with = defined $who
    ? (cert => $CLIENT{$who}{cert}, key => $CLIENT{$who}{key}) : ();
  my $c = $srv->connection(vhost => $vhost, %with, %o);
  $c->connect;
  $c->auth;
  return $c;
}

sub answer ($c, $line) {
  my ($code, $text) = eval { $c->cmd($line) };
  return $code ? "$code $text" : 'end';
}

sub admitted ($vhost, $who, $user, $name = "$vhost: $who is $user", %o) {
  my $c = connected($vhost, $who, %o);
  is(answer($c, "USER $user"), "232 User $user logged in", $name);
  return $c;
}

sub asked ($vhost, $who, $user, $name = "$vhost: $who is not $user") {
  my $c = connected($vhost, $who);
  is(answer($c, "USER $user"), "331 Password required for $user", $name);
  return $c;
}

subtest 'TLSUserName' => sub {
  for my $max ('1.2', '1.3') {
    my $c = admitted('cn', 'proftpd', 'proftpd', "TLS $max", max => $max);
    $c->protect('P');
    $c->cmd('TYPE I');
    is $c->stor('up', 'bytes')->{code}, 226, "TLS $max: and works";
    is $srv->read_file('up'), 'bytes', "TLS $max: as this user";
  }
  $srv->like_tlslog(qr/client certificate admits user 'proftpd' \(TLSUserName;/,
    'the log says so');
  admitted('email', 'email', $_) for qw(proftpd other);
  asked('email', 'email', 'third');
  asked('email', 'proftpd', 'proftpd');
  asked('cn', 'proftpd', 'other');
  asked('cn', $_, 'proftpd') for qw(case longer nul control names);
  asked('nothing', 'proftpd', 'proftpd');
  asked('cn', undef, 'proftpd', 'without certificate');
  my $c = connected('cn', 'foreign', max => '1.2');
  is answer($c, 'USER proftpd'), 'end', 'a certificate of another CA';
  $c = connected('cn', 'expired', max => '1.2');
  is answer($c, 'USER proftpd'), 'end', 'an expired certificate';
  admitted('empty', 'proftpd', 'proftpd', 'AllowEmptyPasswords off');
};

subtest 'an extension' => sub {
  my $with = issue_with_extension();
  $CLIENT{$_} = $with->{$_} for keys %$with;
  admitted('oid', 'utf8', 'proftpd');
  admitted('oid', 'raw', 'proftpd');
  asked('oid', 'utf8', 'other');
  asked('oid', 'proftpd', 'proftpd');
};

# Certificates with an extension that Net::SSLeay does not know.
sub issue_with_extension () {
  my %der = (utf8 => 'ASN1:UTF8String:proftpd',
    raw => 'DER:' . join ':', map { sprintf '%02x', ord } split //, 'proftpd');
  my $ca = $pki->cert('client-ca');
  my %made;
  for my $kind (keys %der) {
    my $base = "$temp/$kind";
    spew("$base.cnf", "[x]\n$OID=$der{$kind}\n", 0600);
    FTPS::Test::Process->must([qw(openssl req -new -newkey ec -pkeyopt
      ec_paramgen_curve:prime256v1 -nodes -keyout), "$base.key", '-out',
      "$base.csr", '-subj', '/CN=somebody']);
    FTPS::Test::Process->must([qw(openssl x509 -req -in), "$base.csr", '-CA',
      $ca->{cert}, '-CAkey', $ca->{key}, '-set_serial', 1000 + ord $kind,
      '-days', 3, '-extfile', "$base.cnf", '-extensions', 'x', '-out',
      "$base.pem"]);
    $made{$kind} = { cert => "$base.pem", key => "$base.key" };
  }
  return \%made;
}

subtest 'TLSUserMapFile' => sub {
  admitted('map', 'other', 'third', 'by subject');
  admitted('map', 'names', 'proftpd', 'by UPN');
  admitted('map', 'names', 'other', 'by dNSName');
  admitted('map', 'names', 'third', 'by URI');
  admitted('map', 'case', 'proftpd', 'by fingerprint');
  asked('map', 'other', $_) for qw(other proftpd);
  asked('map', $_, 'proftpd') for qw(proftpd nul control longer);
  $srv->like_tlslog(qr/admits user 'third' \(TLSUserMapFile; subject "O = F/);

  replace("$temp/map", "cn:longer other\ncn:proftpd2 other\n", 0600);
  admitted('map', 'longer', 'other', 'a changed file');
  asked('map', 'other', 'third', 'what is gone is gone');

  for my $row (
    ['group:x y', 'line 1 does not begin with a known kind', 'san-upn:'],
    ["cn:a b\n\ncn:a", 'line 3 names no user', 'KIND:VALUE USER'],
    ["sha256:12 proftpd", 'is not a SHA-256 fingerprint', '64 hexadecimal'],
    ["cn:a\0b proftpd", 'has control characters', 'remove them']) {
    spew("$temp/bad", $row->[0], 0600);
    my ($status, $output) = FTPS::Test::Server->new(
      tls => [@verify, "TLSUserMapFile $temp/bad"])->syntax_check;
    ok $status == 1 && !(grep { index($output, $_) < 0 }
      "TLSUserMapFile $temp/bad: ", @$row[1, 2]), "refused: $row->[1]"
      or diag $output;
  }
};

subtest '.tlslogin' => sub {
  my $file = $srv->home('proftpd') . '/.tlslogin';
  my $cert = slurp($CLIENT{names}{cert});
  my $more = slurp($CLIENT{other}{cert});
  my $set = sub (@texts) {
    unlink $file;
    spew($file, join('', @texts), 0600);
    chown 65534, -1, $file;
  };

  asked('dot', 'names', 'proftpd', 'no file');
  $set->("words\n", $more, $cert);
  admitted('dot', 'names', 'proftpd');
  admitted('dot', 'other', 'proftpd', 'any of those in the file');
  asked('dot', 'proftpd', 'proftpd', 'one that is not in it');
  asked('dot', 'names', 'other', 'another user');
  asked('nothing', 'names', 'proftpd', 'without the option');

  my %hostile = (
    'empty' => '', 'half a certificate' => substr($cert, 0, 300),
    'a question for a passphrase' =>
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
      . 'DEK-Info: AES-128-CBC,' . '0' x 32
      . "\n\nAAAA\n-----END CERTIFICATE-----\n$cert",
    'one behind a broken one' => ($more =~ s/^(.{70})./$1!/smr) . $cert,
    'too large' => 'x' x 70_000 . "\n$cert",
  );
  for my $name (sort keys %hostile) {
    $set->($hostile{$name});
    $srv->mark;
    asked('dot', 'names', 'proftpd', $name);
    $srv->like_new(qr/AllowDotLogin: not used: .*tlslogin: holds a certificate t/,
      "$name: the log") if $name =~ /half|question|behind/;
  }
  $srv->like_tlslog(qr/AllowDotLogin: not used: .*tlslogin: is larger than/);

  my @faults = (
    ['writable for others', sub { chmod 0660, $file }],
    ['belongs to somebody else', sub { chown 65533, -1, $file; chmod 0644, $file }],
    ['Permission denied', sub { chown 0, -1, $file; chmod 0600, $file }],
    ['is not a regular file', sub { unlink $file; mkdir $file }],
    ['symbolic links', sub { rmdir $file; symlink "$file.real", $file }],
  );
  spew("$file.real", $cert, 0644);
  chown 65534, -1, "$file.real";
  for my $row (@faults) {
    my ($why, $spoil) = @$row;
    $set->($cert) if -f $file;
    $spoil->();
    asked('dot', 'names', 'proftpd', $why);
    $srv->like_tlslog(qr/AllowDotLogin: not used: .*$why/, "$why: the log");
  }
  unlink $file;
  run_fifo($file);

  $file = $srv->home('other') . '/.tlslogin';
  chmod 0700, $srv->home('other') or die;
  spew($file, $cert, 0600);
  chown 65533, -1, $file;
  admitted('dot', 'names', 'other', 'a home that is closed to the daemon');
  chown 0, -1, $file;
  asked('dot', 'names', 'other', 'what root alone can read is not read');
};

sub run_fifo ($file) {
  require POSIX;
  POSIX::mkfifo($file, 0600) or die "mkfifo: $!\n";
  chown 65534, -1, $file;
  asked('dot', 'names', 'proftpd', 'a FIFO does not hang');
  unlink $file;
  return;
}

subtest 'the virtual host that SNI or HOST chose' => sub {
  FTPS::Test::Server->need_host;
  for my $host ('a.test', 'b.test') {
    my $answer = $host eq 'b.test' ? '232 User proftpd logged in'
      : '331 Password required for proftpd';
    my %by = (SNI => { sni => $host }, HOST => {});
    for my $how (sort keys %by) {
      my $c = $srv->connection($CLIENT{proftpd}->%*, $by{$how}->%*);
      $c->connect;
      like answer($c, "HOST $host"), qr/^220 /, "HOST $host"
        if $how eq 'HOST';
      $c->auth;
      is answer($c, 'USER proftpd'), $answer, "$host by $how";
    }
  }
};

subtest 'each USER anew' => sub {
  my $c = connected('cn', 'other');
  is answer($c, 'USER proftpd'), '331 Password required for proftpd', 'no';
  is answer($c, 'PASS '), '530 Login incorrect.', 'an empty password';
  is answer($c, 'USER other'), '232 User other logged in', 'yes';

  $c = connected('limited', 'proftpd');
  is answer($c, 'USER proftpd'), '530 Login incorrect.', 'refused after all';
  is answer($c, 'USER other'), '421 Login refused, closing connection',
    'no other user now';
  is answer($c, 'PASS wrong'), 'end', 'nor anything else';
  $srv->like_tlslog(qr/login by certificate was refused, ending the session/);

  $c = connected('limited', 'proftpd');
  answer($c, 'USER proftpd');
  is answer($c, 'PWD'), '421 Login refused, closing connection',
    'no command either';

  $c = asked('cn', 'ghost', 'ghost', 'a user without account');
  is answer($c, 'PASS x'), '530 Login incorrect.', 'is not let in';
  is answer($c, 'USER proftpd'), '331 Password required for proftpd', 'and';
  is answer($c, 'PASS test'), '230 User proftpd logged in', 'by password';
};

subtest 'certificate and password' => sub {
  my $c = asked('both', 'proftpd', 'proftpd', 'a password is asked for');
  is answer($c, 'PASS wrong'), '530 Login incorrect.', 'a wrong one';
  is answer($c, 'USER proftpd'), '331 Password required for proftpd', 'again';
  is answer($c, 'PASS test'), '230 User proftpd logged in', 'the right one';

  for my $who ('other', undef) {
    my $name = $who ? 'another certificate' : 'no certificate';
    $c = asked('both', $who, 'proftpd', $name);
    is answer($c, 'PASS test'), '530 Login incorrect.', "$name: refused";
  }
  $srv->like_tlslog(qr/user 'proftpd' refused: TLSOptions CertificateAndPass/);

  $c = $srv->connection(vhost => 'both');
  $c->connect;
  answer($c, 'USER proftpd');
  is answer($c, 'PASS test'), '530 Login incorrect.', 'without TLS: refused';
};

subtest 'settings that cannot work' => sub {
  my $check = sub (@tls) {
    return FTPS::Test::Server->new(tls => [@tls])->syntax_check;
  };
  my ($status, $output) = $check->(@verify, 'TLSOptions CertificateAndPassword');
  is $status, 1, 'CertificateAndPassword without anything to go by';
  like $output, qr/CertificateAndPassword: nothing says .*set TLSUserName/;
  ($status, $output) = $check->('TLSUserName CommonName',
    'TLSOptions CertificateAndPassword');
  is $status, 1, 'CertificateAndPassword without TLSVerifyClient';
  like $output, qr/clients are not asked for cert.*set TLSVerifyClient on/;
  ($status, $output) = $check->('TLSUserName CommonName');
  is $status, 0, 'TLSUserName without TLSVerifyClient is a warning';
  like $output, qr/TLSUserName: has no effect, .*; set TLSVerifyClient on/;
};

is $srv->stop, 0, 'the daemon ends well';
done_testing;
