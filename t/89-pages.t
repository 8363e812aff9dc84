# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The pages of doc/howto, the guide for migration and the README, followed command by command: each block
# is run as it is written, or is written to the file that the page names, in a
# copy of this system with a network of its own (t/lib/throw-away).  Programs of
# t/pages/bin stand in for apt, systemctl, certbot, docker and kubectl.  Four pages
# are followed always, all of them with FTPS_SLOW=1 and by "make check-pages", which
# does it in a fresh system.  FTPS_PAGE=REGEX follows such pages.
#
# Needs: root, Debian's proftpd-core with its files as they are, curl, openssl.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Cwd qw(abs_path);
use FTPS::Test::Page;
use FTPS::Test::Server;
use Test::More;

my $TOP = abs_path("$FindBin::Bin/..");
chdir $TOP or die "$TOP: $!\n";
my $so = FTPS::Test::Server->new->config->module_so;
plan skip_all => 'pages start a proftpd without the sanitizers'
  if $ENV{FTPS_ASAN};
plan skip_all => 'not Debian\'s proftpd' if !-e '/etc/proftpd/modules.conf';

# What each page takes for granted: mod_ftps is installed, ftp.example.com is this
# host, ann has an account and a file, and clients trust a CA.
my $setup = <<"SH";
cp $so @{[ $so =~ s/[^\/]*$//r ]}mod_ftps_*.so /usr/lib/proftpd/
install $TOP/tools/ftps-migrate /usr/sbin/
echo ftp >/proc/sys/kernel/hostname
echo 127.0.0.1 localhost ftp.example.com ftp >/etc/hosts
mkdir -p /run/proftpd /run/page-ca
useradd -m -s /bin/sh ann
echo ann:secret | chpasswd -c SHA512 -s 1000
echo hello >~ann/welcome.txt
chown ann ~ann/welcome.txt
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \\
  -days 30 -subj /CN=page-ca -addext keyUsage=critical,keyCertSign,cRLSign \\
  -keyout /run/page-ca/ca.key -out /run/page-ca/ca.pem
mkdir -p /etc/ssl/certs
cat /run/page-ca/ca.pem >>/etc/ssl/certs/ca-certificates.crt
SH

# A host on the other end of a wire.
my $outside = <<'SH';
command -v ip nft >/dev/null || { echo no ip or nft; exit 77; }
mkdir -p /run/netns
ip netns add outside || exit 77
ip link add inner type veth peer name outer netns outside || exit 77
ip address add 192.0.2.1/24 dev inner
ip link set inner up
ip -n outside address add 192.0.2.2/24 dev outer
ip -n outside link set outer up
sed -i '1i 192.0.2.1 ftp.example.com' /etc/hosts
sed -i 's/ ftp.example.com//2' /etc/hosts
SH

# What a page takes for granted besides: another page.
my $tls = <<'SH';
certbot certonly -d ftp.example.com
live=/etc/letsencrypt/live/ftp.example.com
sed -i "1i LoadModule mod_ftps.c\\nTLSEngine on\\nTLSRequired on\\nTLSCertificate \
$live/fullchain.pem $live/privkey.pem" /etc/proftpd/proftpd.conf
SH

# Debian's own files, with mod_tls in use.
my $mod_tls = <<'SH';
test -e /usr/lib/proftpd/mod_tls.so || { echo no mod_tls; exit 77; }
certbot certonly -d ftp.example.com
live=/etc/letsencrypt/live/ftp.example.com
cd /etc/proftpd
sed -i 's/^#\(LoadModule mod_tls.c\)/\1/' modules.conf
sed -i 's/^#\(Include.*tls.conf\)/\1/' proftpd.conf
sed -i "s,^#\(TLSEngine\|TLSLog\|TLSProtocol\|TLSRequired\),\1,
  s,^#\(TLSRSACertificateFile\).*,\1 $live/fullchain.pem,
  s,^#\(TLSRSACertificateKeyFile\).*,\1 $live/privkey.pem," tls.conf
systemctl start proftpd
SH
my $guide = 'doc/migrate-from-mod_tls.md';
my %MORE = ('doc/howto/firewall.md' => $outside . $tls, $guide => $mod_tls,
  'doc/howto/client-setup.md' => "${tls}systemctl start proftpd\n",
  'doc/howto/tuning.md' => $tls);

# And what another page has made before: the image.
my @image;
for my $block (FTPS::Test::Page->new('doc/howto/containers.md')->blocks) {
  last if $block->{text} =~ /^docker run/;
  push @image, $block;
}
my %FIRST = ('doc/howto/kubernetes.md' => \@image);

# What one change breaks on all pages is seen on these.
my $ALWAYS = qr/letsencrypt|containers|migrate|README/;
my $wanted = $ENV{FTPS_PAGE} // ($ENV{FTPS_SLOW} ? qr/./ : $ALWAYS);

for my $path (sort(glob 'doc/howto/*.md'), $guide, 'README.md') {
  subtest $path => sub {
    my $page = FTPS::Test::Page->new($path);
    is join(' ', $page->unmarked), '', "$path: every block has a mark"
      if $path =~ /howto/;
    cmp_ok scalar(grep { $_->{mark} eq 'run' } $page->blocks), '>', 0,
      "$path: there is something to run";
    return note "$path is followed with FTPS_SLOW=1" if $path !~ $wanted;
    $page->follow(setup => $setup . ($MORE{$path} // ''),
      first => $FIRST{$path});
  };
}

done_testing;
