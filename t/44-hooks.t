#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The hooks in doc/hooks/, in the environment in which certbot, acme.sh and lego
# call them: the renewed certificate is in use when a hook returns, and its
# status says when it cannot be used.
#
# Needs: root, proftpd-core with ftpdctl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Path qw(make_path);
use File::Temp ();
use FTPS::Test::Controls;
use FTPS::Test::File qw(slurp);
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $HOOKS = "$FindBin::Bin/../doc/hooks";
my $PKI  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-hooks-XXXXXX', TMPDIR => 1);
my $live = "$temp/live";
my $own  = $PKI->cert('server');
my $line = "TLSCertificate $own->{full} $own->{key}";
make_path("$live/certbot.example", "$temp/acme/acme.example_ecc",
  "$temp/lego", "$temp/out");

my $srv = FTPS::Test::Server->new(extra => [FTPS::Test::Controls->lines],
  tls => [$line, "TLSCertificateDirectory $live",
    'TLSControlsACLs all allow user root'],
  vhosts => [
    { name => 'acme', port => 'own',
      tls => [$line, "TLSCertificateDirectory $temp/acme"] },
    { name => 'lego', port => 'own',
      tls => [$line, "TLSCertificateDirectory $temp/out"] } ]);
plan skip_all => 'no ftpdctl' if !FTPS::Test::Controls->is_installed;
$srv->start;

sub issue ($name, $cert, $key) {
  return $PKI->issue(like => 'server', san => "DNS:$name", cert => $cert,
    key => $key);
}

# A directory of TLSCertificateDirectory alone belongs to the main server.
my %RENEW = (
  certbot => sub { issue('certbot.example',
    map { "$live/certbot.example/$_.pem" } qw(fullchain privkey)) },
  acme => sub { issue('acme.example', "$temp/acme/acme.example_ecc/fullchain.cer",
    "$temp/acme/acme.example_ecc/acme.example.key") },
  lego => sub { issue('lego.example',
    map { "$temp/lego/lego.example.$_" } qw(crt key)) },
);
my %HOOK = (
  certbot => ['certbot-deploy', {
    RENEWED_LINEAGE => "$live/certbot.example",
    RENEWED_DOMAINS => 'certbot.example' }],
  acme => ['acme.sh-reload', { Le_Domain => 'acme.example',
    CERT_PATH => "$temp/acme/acme.example_ecc/acme.example.cer",
    CERT_KEY_PATH => "$temp/acme/acme.example_ecc/acme.example.key",
    CA_CERT_PATH => "$temp/acme/acme.example_ecc/ca.cer",
    CERT_FULLCHAIN_PATH => "$temp/acme/acme.example_ecc/fullchain.cer" }],
  lego => ['lego-renew', { LEGO_CERT_DOMAIN => 'lego.example',
    LEGO_ACCOUNT_EMAIL => 'root@lego.example',
    LEGO_CERT_PATH => "$temp/lego/lego.example.crt",
    LEGO_CERT_KEY_PATH => "$temp/lego/lego.example.key",
    FTPS_CERTIFICATES => "$temp/out" }],
);

sub shown ($tool) {
  my $c = $srv->connection(vhost => $tool eq 'certbot' ? 'main' : $tool,
    sni => "$tool.example");
  $c->connect;
  $c->auth or return 'no handshake: ' . $c->error;
  my $print = $c->peer_fingerprint;
  $c->quit;
  return $print;
}

sub hook ($tool) {
  my ($script, $env) = $HOOK{$tool}->@*;
  my $ctl = join(' ', FTPS::Test::Controls->command) . " -s $srv->{dir}/run/ctrls.sock";
  return FTPS::Test::Process->run(["$HOOKS/$script"], seconds => 60,
    env => { PATH => $ENV{PATH}, FTPDCTL => $ctl, %$env });
}

for my $tool (sort keys %HOOK) {
  subtest $tool => sub {
    my $print = $RENEW{$tool}->();
    my ($status, $output) = hook($tool);
    is($status, 0, 'the first one') or diag $output;
    is(shown($tool), $print, 'in use');

    $print = $RENEW{$tool}->();
    ($status, $output) = hook($tool);
    is($status, 0, 'renewed') or diag $output;
    like($output, qr/TLSCertificateDirectory .*\Q$tool\E.*: is in use now, until/,
      'the hook says so');
    is(shown($tool), $print, 'in use');

    my ($file) = grep { -e } map { "$_.key" } "$temp/lego/$tool.example",
      "$temp/acme/$tool.example_ecc/$tool.example";
    $file //= "$live/$tool.example/privkey.pem";
    $RENEW{$tool}->();
    truncate $file, 20;
    ($status, $output) = hook($tool);
    is($status, 1, 'a broken one: status 1');
    like($output, qr/holds no readable private key/, 'why');
    like($output, qr/new certificate of \Q$tool.example\E is not in use/, 'what');
    is(shown($tool), $print, 'the old one is in use');
  };
}

is($srv->stop, 0, 'the daemon stops');

subtest 'without a daemon' => sub {
  $RENEW{$_}->() for sort keys %HOOK;
  for my $tool (sort keys %HOOK) {
    my ($status, $output) = hook($tool);
    is($status, 0, "$tool: status 0") or diag $output;
    like($output, qr/the daemon was not reached/, 'a line');
  }
  ok(-s "$temp/out/lego.example/fullchain.pem", 'lego: the files are there');
  is((stat "$temp/out/lego.example/privkey.pem")[2] & 0777, 0600, 'its mode');
  local $HOOK{lego}[1]{LEGO_CERT_DOMAIN} = '../evil';
  my ($status, $output) = hook('lego');
  is($status, 1, 'a name that leaves the directory') or diag $output;
};

for my $tool (sort keys %HOOK) {
  my ($status) = FTPS::Test::Process->run(["$HOOKS/$HOOK{$tool}[0]"],
    env => { PATH => $ENV{PATH} });
  isnt($status, 0, "$tool: not called by its tool");
}
done_testing;
