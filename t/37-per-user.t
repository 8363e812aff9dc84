#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# TLSOptions AllowPerUser: TLSRequired is checked when the user is known, and
# AUTH may come after the login.  TLSRequired and TLSOptions in the sections of
# mod_ifsession, in both orders of the two modules.
#
# Needs: root, mod_ifsession; a compiler for the note PerUnauthenticatedUser.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::Build;
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my @PER_USER = ('TLSOptions AllowPerUser');
plan skip_all => 'mod_ifsession is not installed'
  if FTPS::Test::Config->lacking('mod_ifsession');

sub vain_config (@lines) {
  my $srv = FTPS::Test::Server->new(tls => ['TLSOptions AllowPerUser', @lines]);
  my ($status, $output) = $srv->syntax_check;
  return $status ? $output : '';
}

sub talk ($srv, @commands) {
  my $c = $srv->connection;
  $c->connect;
  my @codes;
  for my $line (@commands) {
    my ($code) = $line eq 'AUTH'
      ? ($c->auth ? 234 : ($c->last_reply)[0]) : $c->cmd($line);
    push @codes, $code;
    last if !$code;
  }
  return ("@codes", $c);
}

sub says ($srv, $want, @commands) {
  my ($codes, $c) = talk($srv, @commands);
  is $codes, $want, join(', ', @commands) . ": $want";
  return $c;
}

for my $word (qw(on ctrl auth auth+data)) {
  my $output = vain_config("TLSRequired $word");
  like $output, qr/TLSOptions AllowPerUser: cannot be enforced .*load mod_ifsession/,
    "TLSRequired $word is the same for everybody";
}
is vain_config("TLSRequired $_"), '', "TLSRequired $_ is fine"
  for qw(off data);

{
  my $srv = FTPS::Test::Server->new(modules => ['mod_ifsession'],
    tls => ['TLSRequired on', @PER_USER]);
  is(($srv->syntax_check)[0], 0, 'with mod_ifsession there may be exceptions');
}

# A user for whom an <Anonymous> section makes the exception.
{
  my $srv = FTPS::Test::Server->new(tls => ['TLSRequired on', @PER_USER]);
  $srv->rewrite(extra => ['<Anonymous ' . $srv->home('third') . '>',
    'User third', 'Group nogroup', 'TLSRequired off', '</Anonymous>']);
  $srv->start;
  says($srv, '331 530 0', 'USER proftpd', 'PASS test', 'NOOP');
  says($srv, '331 230 200 257', 'USER third', 'PASS x', 'NOOP', 'PWD');
  my $c = says($srv, '331 230 234 200 200', 'USER third', 'PASS x', 'AUTH',
    'PBSZ 0', 'PROT P');
  is $c->list('')->{code}, 226, 'anonymous: AUTH after the login, a listing';
  is $srv->stop, 0, 'anonymous: the daemon ends well';
}

# The user's sections are in force after USER: no password goes out in clear.
{
  my $srv = FTPS::Test::Server->new(modules => ['mod_ifsession'],
    tls => ['TLSRequired on', @PER_USER],
    extra => ['LoadModule mod_probe_note.c']);
  FTPS::Test::Build->module($srv, 'mod_probe_note');
  $srv->start;
  says($srv, '200 530 0', 'NOOP', 'USER proftpd', 'PASS test');
  says($srv, '234 331 230', 'AUTH', 'USER proftpd', 'PASS test');
  is $srv->stop, 0, 'note: the daemon ends well';
}

sub sections ($order) {
  my @load = $order eq 'before' ? () : ('LoadModule mod_ifsession.c');
  my $srv = FTPS::Test::Server->new(
    $order eq 'before' ? (modules => ['mod_ifsession']) : (),
    vhosts => [{ name => 'b.test', cert => 'b.test' }], default_root => '~',
    tls => ['TLSRequired off', @PER_USER],
    extra => [@load,
      '<IfUser proftpd>', 'TLSRequired on', '</IfUser>',
      '<IfUser third>', 'TLSOptions StdEnvVars', '</IfUser>',
      '<IfUser other>', 'TLSOptions NoSessionReuseRequired', '</IfUser>',
      '<IfUser ftp>', 'TLSSessionReuse log', '</IfUser>']);
  $srv->config->link_stock('mod_ifsession');
  return $srv->start;
}

# The client of an upload in clear waits for its end, and for no handshake.
# ProFTPD looks for a command after each piece of data, so pieces go on until
# the reply is there.
sub auth_in_transfer ($srv) {
  my $c = says($srv, '331 230', 'USER other', 'PASS test');
  my $d = $c->data;
  is(($c->cmd('STOR clear'))[0], 150, 'an upload in clear begins');
  $c->send_line('AUTH SSL');
  my $count = 0;
  FTPS::Test::Process->until(sub {
    $d->write('a' x 1000);
    $count++;
    return !$c->no_reply(0.1);
  });
  my ($code, $text) = $c->reply;
  is "$code $text", '503 AUTH not allowed during a transfer',
    'AUTH SSL during it is refused';
  $d->finish('close');
  is(($c->reply)[0], 226, 'the upload goes on to its end');
  is $srv->read_file('clear', 'other'), 'a' x (1000 * $count), 'every byte';
  ok $c->auth, 'and AUTH is good after it';
  return;
}

for my $order (qw(before after)) {
  my $srv = sections($order);
  note "mod_ifsession loaded $order";

  says($srv, '200 331 530 0', 'NOOP', 'USER proftpd', 'PASS test', 'NOOP');
  $srv->like_tlslog(qr/login refused: TLSRequired: this user must use TLS/,
    'and the log says why');
  says($srv, '331 234 331 230', 'USER proftpd', 'AUTH', 'USER proftpd',
    'PASS test');

  my $c = says($srv, '331 230 200 234 200 200', 'USER other', 'PASS test',
    'NOOP', 'AUTH', 'PBSZ 0', 'PROT P');
  is $c->peer_fingerprint,
    FTPS::Test::PKI->new->fingerprint($srv->pki->cert('server')->{cert}),
    'AUTH after the login: certificate';
  my $bytes = join '', map { chr($_ % 251) } 1 .. 70_000;
  my $r = $c->stor('up', $bytes, finish => 'notify');
  is $r->{code}, 226, 'an upload after it';
  is $srv->read_file('up', 'other'), $bytes, 'its bytes';

  $c = $srv->client(user => 'other');
  $r = $c->stor('fresh', 'abc', session => 'none');
  is "$r->{code} $r->{reused}", '226 0',
    'NoSessionReuseRequired in <IfUser>: a session of its own will do';
  $c = $srv->client(user => 'ftp');
  $r = $c->stor('fresh', 'abc', session => 'none');
  is "$r->{code} $r->{reused}", '226 0', 'TLSSessionReuse in <IfUser>: likewise';
  $c = $srv->client(user => 'third');
  $r = $c->stor('fresh', 'abc', session => 'none');
  is $r->{code}, 425, 'and not for anybody else';
  is $srv->read_file('fresh', 'third'), undef, 'no file';

  $c = $srv->connection(sni => 'b.test', user => 'other');
  $c->connect;
  $c->cmd('USER other');
  $c->cmd('PASS test');
  ok $c->auth, 'AUTH after the login with the name of another server';
  is $c->peer_fingerprint,
    FTPS::Test::PKI->new->fingerprint($srv->pki->cert('server')->{cert}),
    'stays with the server of the login';
  auth_in_transfer($srv) if $order eq 'before';
  is $srv->stop, 0, "$order: the daemon ends well";
}

done_testing;
