#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSCACertificatePath: a directory that only root may enter, CAs that are added
# and removed while the daemon runs, links to missing files; and a user in a
# chroot who tries to decide whom the server trusts.  Also the CAs that OpenSSL
# was installed with; here SSL_CERT_FILE names a file for them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp ();
use FTPS::Test::File qw(spew);
use FTPS::Test::PKI;
use FTPS::Test::Server;
use Test::More;

my $PKI = FTPS::Test::PKI->new;
my $CA = $PKI->cert('client-ca')->{cert};
my %WITH = $PKI->pair('client');
my $HASHED = name_of($CA);
my $temp = File::Temp->newdir('ftps-ca-XXXXXX', TMPDIR => 1);

mkdir "$temp/$_", 0700 for qw(full empty);
copy($CA, "$temp/full/$HASHED") or die $!;
symlink "$temp/nowhere", "$temp/full/01234567.0";
spew("$temp/full/89abcdef.0", "no certificate\n", 0644);
mkdir "$temp/full/76543210.0";

my @tls = ('TLSVerifyClient on', 'TLSOptions AllowPerUser');
my $srv = FTPS::Test::Server->new(default_root => '~',
  allow_log => qr/client certificate refused/,
  tls => [ @tls, "TLSCACertificatePath $temp/full" ],
  vhosts => [ { name => 'empty', port => 'own',
      tls => [ @tls, "TLSCACertificatePath $temp/empty" ] },
    { name => 'default', port => 'own', tls => \@tls } ]);
copy($PKI->cert('server')->{ca}, "$temp/default.pem") or die $!;
$ENV{SSL_CERT_FILE} = "$temp/default.pem";
$srv->start;

subtest 'a directory that only root may enter' => sub {
  ok works(), 'a client of its CA is accepted';
  ok !works(cert => undef, key => undef), 'nobody without certificate';
  ok !works(vhost => 'empty'), 'nobody where there is no CA';
};

# mod_tls starts with them; nothing is open, since fewer CAs are trusted.
subtest 'files that are no certificates' => sub {
  for my $row (['89abcdef.0', 'holds no readable CA certificate'],
    ['76543210.0', 'is not a regular file']) {
    my ($name, $fault) = @$row;
    like $srv->stderr,
      qr{TLSCACertificatePath $temp/full/$name: $fault; .*the file is not used},
      "$name: told";
  }
};

subtest 'after login, below the chroot' => sub {
  my $own = $srv->home . "$temp/empty";
  make_path($own);
  copy($CA, "$own/$HASHED") or die $!;

  my $c = $srv->connection(%WITH, vhost => 'empty', max => '1.2');
  $c->connect;
  $c->cmd('USER proftpd');
  is(($c->cmd('PASS test'))[0], 230, 'login in clear');
  ok !$c->auth, 'the CA that the user has put there is not trusted';
  $srv->like_tlslog(qr/client certificate refused: unable to get local issuer/,
    'the log says why');
  $c->close;

  $c = $srv->connection(%WITH, max => '1.2');
  $c->connect;
  $c->cmd('USER proftpd');
  $c->cmd('PASS test');
  ok $c->auth, 'the configured one is, though the chroot does not hold it';
  $c->close;
};

subtest 'changes are seen' => sub {
  copy($CA, "$temp/empty/$HASHED") or die $!;
  ok works(vhost => 'empty'), 'a CA that came';

  unlink "$temp/full/$HASHED";
  ok !works(), 'a CA that went';
};

subtest 'default CAs' => sub {
  my @default = (vhost => 'default');
  ok !works(@default), 'a client of another CA';
  copy($CA, "$temp/default.pem") or die $!;
  ok $srv->hup, 'SIGHUP';
  ok works(@default), 'a client of a CA that came';
};

is $srv->stop, 0, 'daemon ended well';
done_testing;

sub works (%words) {
  my $c = $srv->connection(%WITH, %words);
  $c->connect;
  my $done = $c->is_let_in;
  $c->close;
  return $done;
}

sub name_of ($cert) {
  my $hash = qx(openssl x509 -noout -subject_hash -in "$cert");
  chomp $hash;
  return "$hash.0";
}
