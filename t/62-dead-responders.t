# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# Many certificates of a CA whose OCSP responder is dead do not delay the
# response for a certificate of another CA, at any place among them.  When that
# responder answers again, all of its certificates get their responses.  A
# responder that answers with garbage is not dead.  Needs: openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use FTPS::Test::PKI;
use FTPS::Test::Process;
use FTPS::Test::Responder;
use FTPS::Test::Server;
use Test::More;
use Time::HiRes qw(time);

FTPS::Test::Server->any_user;

# More than are asked about at a time, and so many that questions to all of
# them, one after the other, would take longer than anybody waits.
my $DEAD    = 64;
my $TIMEOUT = 4;

my $pki  = FTPS::Test::PKI->new;
my $temp = File::Temp->newdir('ftps-dead-XXXXXX', TMPDIR => 1);
my $ca   = $pki->cert('ca');
my $true = FTPS::Test::Responder->new($pki, $temp);
my $dead = FTPS::Test::Responder->front('silent', $temp);
my $bad = FTPS::Test::Responder->front('garbage', $temp, backend => 3);
my @names = ('first', (map { "dead$_" } 1 .. $DEAD), 'last');

sub vhosts (@names) {
  my @vhosts;
  for my $name (@names) {
    my $asked = $name =~ /^dead/ ? $dead : $name =~ /^bad/ ? $bad : $true;
    my %files = $pki->issue_to("$temp/$name", cn => "$name.test",
      san => "DNS:$name.test", ocsp => $asked->url);
    push @vhosts, { name => "$name.test", tls => [
      "TLSECCertificateFile $files{cert}", "TLSECCertificateKeyFile $files{key}",
      "TLSCertificateChainFile $ca->{cert}", 'TLSStapling on',
      "TLSStaplingTimeout $TIMEOUT" ] };
  }
  return \@vhosts;
}

my $srv = FTPS::Test::Server->new(vhosts => vhosts(@names));
$true->set(known => [map { "$temp/$_.cert" } @names])->start;
$srv->start;
my $started = time;
for my $name (qw(first last)) {
  ok $srv->wait_log(qr/CN = $name.test": there is one, and it says "good"/,
    'system'), "$name: soon there";
}
note sprintf '%.1f seconds', time - $started;

my $port = $dead->port;
$dead->stop;
my $alive = FTPS::Test::Responder->new($pki, $temp, port => $port)
  ->set(known => [map { "$temp/$_.cert" } @names])->start;
ok $srv->hup, 'the dead one is mended, and the daemon told of it';
ok(FTPS::Test::Process->until(sub {
  $DEAD == (() = $srv->systemlog =~ /CN = dead\d+\.test": there is one, and it says/g);
}), 'all of its certificates get their responses')
  or diag scalar(() = $srv->systemlog =~ /CN = dead\d+\.test": there is one/g);
note sprintf '%.1f seconds', time - $started;

is $srv->stop, 0, 'the daemon ends well';

# The last are asked about while some answers of the others have come and some
# have not.
my $BAD = 20;
my $other = FTPS::Test::Server->new(vhosts => vhosts(map { "bad$_" } 1 .. $BAD));
$other->start;
ok(FTPS::Test::Process->until(sub {
  $BAD == (() = $other->systemlog =~ /CN = bad\d+\.test": responder .*cannot be read/g);
}), 'all are asked about whose responder gives garbage') or diag $other->systemlog;
is $other->stop, 0, 'the daemon ends well';
$_->stop for $true, $alive, $bad;
done_testing;
