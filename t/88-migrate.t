# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# ftps-migrate: what it reads, says, writes and refuses.  Most of it needs no
# daemon: a small program answers as proftpd does.  With the real one: a fault in
# an included file, where ProFTPD's status is 0, never gets through; a trial finds
# a server that accepts logins in clear; what mod_tls does not start with is not
# written back.  The seeds and shapes of t/data all have an answer for each line.
#
# Needs: root, proftpd-core; proftpd-mod-crypto for the way back.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Cwd qw(abs_path);
use Fcntl qw(S_IMODE);
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use File::Temp ();
use FTPS::Test::File qw(slurp spew append);
use FTPS::Test::Process;
use FTPS::Test::Server;
use Test::More;

my $TOP     = "$FindBin::Bin/..";
my $MIGRATE = abs_path("$TOP/tools/ftps-migrate");
my $PROFTPD = $ENV{FTPS_PROFTPD} // '/usr/sbin/proftpd';

my $temp = File::Temp->newdir('ftps-migrate-t-XXXXXX', TMPDIR => 1);
chmod 0755, $temp;
mkdir $ENV{TMPDIR} = "$temp/tmp";
chmod 0755, $ENV{TMPDIR};
my $n = 0;

sub folder () {
  make_path(my $dir = "$temp/" . ++$n . '/etc');
  return dirname $dir;
}

# What answers as proftpd: its modules, what "-t" says, its status.
sub fake ($dir, %o) {
  make_path("$dir/modules");
  spew("$dir/modules/$_.so", '', 0644) for ($o{has} // ['mod_ftps'])->@*;
  spew("$dir/said", $o{said} // "Syntax check complete.\n", 0644);
  my $linked = join '', map { "  $_.c\\n" } 'mod_core', ($o{linked} // [])->@*;
  return spew("$dir/proftpd", <<~"SH", 0755);
    #!/bin/sh
    case \$1 in
    -V) echo "  Configuration File:"; echo "    $dir/etc/proftpd.conf"
      echo "  Shared Module Directory:"; echo "    $dir/modules";;
    -l) printf 'Compiled-in modules:\\n$linked';;
    *) cat $dir/said; exit @{[ $o{status} // 0 ]};;
    esac
    SH
}

require $MIGRATE;

# In this process, because there are many: status and output.
sub in_process (@words) {
  open my $out, '>', \my $output or die "memory: $!\n";
  my $stdout = select $out;
  local *STDERR = $out;
  my $status = FTPS::Migrate::main(@words);
  select $stdout;
  return ($status, $output);
}

sub migrate ($dir, @words) {
  return in_process('--proftpd', "$dir/proftpd", '--state', "$dir/state",
    '--no-trial', @words);
}

# Files below etc/, status and output.
sub tried ($files, $words = [], %o) {
  my $dir = folder();
  fake($dir, %o);
  for my $name (keys %$files) {
    make_path(dirname "$dir/etc/$name");
    spew("$dir/etc/$name", $files->{$name} =~ s/ETC/$dir\/etc/gr, 0644);
  }
  return (migrate($dir, @$words), $dir);
}

my $LOADS = "LoadModule mod_tls.c\n";

subtest 'what is read' => sub {
  my ($status, $output) = tried({
    'proftpd.conf' => "# a comment \\\n$LOADS"
      . "<IfModule mod_tls.c>\nTLSOptions NoCertRequest \\\n  StdEnvVars\n"
      . "</IfModule>\n<IfModule !mod_tls.c>\nTLSRequired off\n</IfModule>\n"
      . "Include ETC/one.conf\nInclude ETC/conf.d/\nInclude ETC/*.inc\n",
    'one.conf' => "Define SITE\nTLSEngine on # really\nInclude ETC/two.conf\n",
    'two.conf' => "<IfDefine SITE>\nTLSLog \"%{env:FTPS_NO_SUCH}/l\"\n"
      . "</IfDefine>\n<IfDefine !SITE>\nTLSLog none\n</IfDefine>\n"
      . "<IfDefine TLS>\nTLSVerifyClient on\n</IfDefine>\n",
    'conf.d/b' => "TLSVerifyDepth 1\n", 'conf.d/a' => "TLSECDHCurve auto\n",
    'x.inc' => "<Global>\n<IfModule mod_tls.c>\n<IfModule mod_sql.c>\n"
      . "TLSCryptoDevice ALL\n</IfModule>\nTLSStapling on\n</IfModule>\n"
      . "</Global>\n",
  }, ['--report']);
  is $status, 0, 'status' or diag $output;
  my @lines = $output =~ m{^\S*/etc/(\S+:\d+: .*)}mg;
  is_deeply \@lines, ['proftpd.conf:2: LoadModule mod_tls.c',
    'proftpd.conf:4: TLSOptions NoCertRequest   StdEnvVars',
    'one.conf:2: TLSEngine on # really', 'two.conf:2: TLSLog "%{env:FTPS_NO_SUCH}/l"',
    'conf.d/a:1: TLSECDHCurve auto', 'conf.d/b:1: TLSVerifyDepth 1',
    'x.inc:6: TLSStapling on'], 'these lines, in this order'
    or diag $output;
  like $output, qr/NoCertRequest has no effect/, 'and what is different';
};

subtest '-D' => sub {
  my %files = ('proftpd.conf' => "<IfDefine TLS>\n${LOADS}TLSEngine on\n"
    . "</IfDefine>\n");
  my ($status, $output) = tried(\%files, ['-n']);
  is $status, 1, 'a section that is not in use';
  like $output, qr/proftpd\.conf:2 is in a section .* give the -D words/,
    'is named';
  ($status, $output) = tried(\%files, ['-n', '-D', 'TLS']);
  is $status, 0, 'with -D' or diag $output;

  # As on Fedora, where the daemon has mod_tls without a line.
  my @linked = (linked => ['mod_tls', 'mod_dso']);
  %files = ('proftpd.conf' => "Port 21\n<IfDefine TLS>\nTLSEngine on\n"
    . "TLSRequired on\n</IfDefine>\n<IfDefine !TLS>\nPort 2\n</IfDefine>\n");
  ($status, $output) = tried(\%files, ['-n'], @linked);
  like $output, qr/ look: \S+proftpd\.conf:3: TLSEngine on .* say -D TLS here/,
    'TLS directives in a section that is not in use';
  ($status, $output) = tried(\%files, ['-n', '-D', 'TLS'], @linked);
  like $output, qr/proftpd\.conf:3: TLSEngine on\n +stays/, 'with -D';
  unlike $output, qr/not in use/, 'nothing more';
};

subtest 'a configuration that is not whole' => sub {
  my ($status, $output) = tried({ 'proftpd.conf' => "${LOADS}Include ETC/no\n" });
  is $status, 1, 'a file is missing';
  like $output, qr{proftpd\.conf:2: there is no \S+/etc/no\n.*as it was}s, 'said';
  ($status, $output) = tried({ 'proftpd.conf' => "Include ETC/proftpd.conf\n" });
  is $status, 1, 'it includes itself';
  ($status, $output, my $dir) = tried({ 'proftpd.conf' => $LOADS }, [],
    has => []);
  is $status, 1, 'mod_ftps is not installed';
  like $output, qr{no \S+/modules/mod_ftps\.so: install}, 'said';
  is slurp("$dir/etc/proftpd.conf"), $LOADS, 'nothing is written';
  ($status, $output) = tried({ 'proftpd.conf' => "#$LOADS" });
  is $status, 1, 'no mod_tls';
  like $output, qr/no line loads mod_tls\.c/, 'said';
};

subtest 'faults that leave status 0' => sub {
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => "Include ETC/m\n",
    m => $LOADS }, [], said => "x proftpd[1]: fatal: TLSRequird on line 3\n");
  is $status, 1, 'refused';
  like $output, qr/would run without what follows/, 'the reason';
  like $output, qr/look: this file is included: where mod_ftps\.so is missing/,
    'what can still happen later';
  is slurp("$dir/etc/m"), $LOADS, 'nothing is written';
  ok !-e "$dir/state", 'nothing is kept';
};

subtest 'written' => sub {
  my $text = "  LoadModule   mod_tls.c\n# keep\nTLSEngine on\n";
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => "Include ETC/m\n",
    m => "# link\n" }, ['--report']);
  spew("$dir/real", $text, 0640);
  chown 1, 2, "$dir/real";
  unlink "$dir/etc/m";
  symlink "$dir/real", "$dir/etc/m";
  my @before = stat "$dir/real";
  ($status, $output) = migrate($dir, '-n');
  is $status, 0, 'dry run' or diag $output;
  is slurp("$dir/real"), $text, 'dry run: nothing is written';
  ($status, $output) = migrate($dir);
  is $status, 0, 'written' or diag $output;
  is slurp("$dir/real"), $text =~ s/mod_tls/mod_ftps/r, 'one line is changed';
  ok -l "$dir/etc/m", 'the link stays';
  my @after = stat "$dir/real";
  is "@after[1,2,4,5]", "@before[1,2,4,5]", 'inode, mode and owner stay';
  is S_IMODE((stat "$dir/state")[2]), 0700, 'what is kept is private';
  ($status, $output) = migrate($dir);
  is $status, 0, 'again';
  like $output, qr/loaded already; nothing is changed/, 'again: nothing to do';

  append("$dir/real", "# mine\n");
  ($status, $output) = migrate($dir, '--undo');
  is $status, 1, 'changed since: not undone';
  like $output, qr{/real has been changed since}, 'said';
  spew("$dir/real", slurp("$dir/real") =~ s/# mine\n//r);
  ($status, $output) = migrate($dir, '--undo', '-n');
  is slurp("$dir/real"), $text =~ s/mod_tls/mod_ftps/r, 'undo -n writes nothing';
  ($status, $output) = migrate($dir, '--undo');
  is $status, 0, 'undone' or diag $output;
  is slurp("$dir/real"), $text, 'undone: as it was';
  ($status, $output) = migrate($dir, '--undo');
  is $status, 1, 'nothing to undo';

  migrate($dir);
  spew("$dir/real", $text, 0640);
  ($status, $output) = migrate($dir, '--undo');
  like $output, qr/the files are as they were/, 'undone by hand already';
  is +(migrate($dir))[0], 0, 'and changed again';
};

# The check of what was written fails: a proftpd that counts.
subtest 'written, and then faulty' => sub {
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => $LOADS }, ['--report']);
  spew("$dir/proftpd", slurp("$dir/proftpd")
    =~ s{cat $dir/said}{[ \$3 != $dir/etc/proftpd.conf ] || echo fatal: x}r);
  ($status, $output) = migrate($dir);
  is $status, 1, 'refused';
  is slurp("$dir/etc/proftpd.conf"), $LOADS, 'the old text is back';
  ok !glob("$dir/state/*"), 'nothing is kept';
};

# In a file system of two pages, both full: the changed line is longer.
subtest 'a full disk' => sub {
  plan skip_all => 'must be root' if $> != 0;
  my $text = $LOADS . '#' . 'x' x (4096 - 2 - length $LOADS) . "\n";
  for my $full (qw(etc state)) {
    my ($status, $output, $dir) = tried({ 'proftpd.conf' => $text },
      ['--report']);
    mkdir "$dir/state";
    ($status, $output) = FTPS::Test::Process->run(['unshare', '-m', 'sh', '-ec',
      "cd \$1; cp etc/proftpd.conf .; mount -t tmpfs -o size=8k none $full
      cat proftpd.conf >etc/proftpd.conf; \$2 --report >/dev/null
      head -c \$3 /dev/zero >$full/fill
      \$2 && status=0 || status=\$?
      cmp proftpd.conf etc/proftpd.conf && echo SAME; ls state; exit \$status",
      'sh', $dir, "$MIGRATE --proftpd $dir/proftpd --state $dir/state"
        . ' --no-trial', $full eq 'etc' ? 4096 : 8192], seconds => 300);
    plan skip_all => 'no file systems may be mounted' if $output =~ /^mount:/m;
    is $status, 1, "$full: not written" or diag $output;
    like $output, qr/No space left.*configuration is as it was.*^SAME$/ms,
      "$full: the file is as it was" or diag $output;
    unlike $output, qr/proftpd\.conf$/m, "$full: nothing is kept";
  }
};

subtest 'without root' => sub {
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => $LOADS }, ['--report']);
  make_path("$dir/bin");
  spew("$dir/bin/ftps-migrate", slurp($MIGRATE), 0755);
  local $ENV{PERL5LIB};    # the clone may be where nobody else can read
  ($status, $output) = FTPS::Test::Process->run(['setpriv', '--reuid', 65534,
    '--regid', 65534, '--clear-groups', "$dir/bin/ftps-migrate", '--proftpd',
    "$dir/proftpd", '--state', "$dir/state", '--no-trial'], seconds => 300);
  is $status, 1, 'cannot write';
  like $output, qr/changes to: LoadModule mod_ftps.*not root/s,
    'the report is there, and the reason';
  is slurp("$dir/etc/proftpd.conf"), $LOADS, 'nothing is written';
};

subtest 'caches' => sub {
  my $caches = $LOADS . join '', map { "LoadModule mod_tls_$_.c\n" }
    qw(shmcache memcache redis);
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => $caches }, [],
    has => ['mod_ftps', 'mod_ftps_shmcache']);
  is $status, 0, 'status' or diag $output;
  is slurp("$dir/etc/proftpd.conf"), $caches =~ s/mod_tls\.c/mod_ftps.c/r
    =~ s/mod_tls_shm/mod_ftps_shm/r, 'ours where it is installed';
  like $output, qr/look: there is no \S+mod_ftps_memcache\.so/, 'said where not';
};

subtest 'mod_tls linked in' => sub {
  my $text = "# Fedora\nModulePath MODULES\n\nServerName x\nTLSEngine on\n";
  my ($status, $output, $dir) = tried({ 'proftpd.conf' => $text }, ['--report'],
    linked => ['mod_tls', 'mod_dso']);
  $text =~ s/MODULES/$dir\/modules/;
  spew("$dir/etc/proftpd.conf", $text, 0644);
  ($status, $output) = migrate($dir);
  is $status, 0, 'status' or diag $output;
  is slurp("$dir/etc/proftpd.conf"),
    $text =~ s/modules\n/modules\nLoadModule mod_ftps.c\n/r, 'one line more';
  ($status, $output) = tried({ 'proftpd.conf' => $text }, [],
    linked => ['mod_tls']);
  like $output, qr/no mod_dso/, 'without mod_dso: refused';
};

# A line, and what is said of it.
subtest 'what is said' => sub {
  my @rows = (
    ['TLSProtocol SSLv3 TLSv1.2', 'look: SSLv3 is not supported'],
    ['TLSProtocol TLSv1 TLSv1.2', 'stays: with OpenSSL 3 TLS 1.0 and 1.1 need'],
    ['TLSProtocol TLSv1.2 TLSv1.3', 'stays'],
    ['TLSOptions dNSNameRequired', 'look: under UseReverseDNS off every client'],
    ['TLSOptions StdEnvVars', 'stays'],
    ['TLSVerifyOrder ocsp', 'look: a client is refused when the responder'],
    ['TLSVerifyOrder crl', 'stays'],
    ['Protocols ftp', 'look: allows no TLS: add ftps'],
    ['DeleteAbortedStores on', 'differs: removes only what the failed upload'],
    ['TLSRequird on', 'look: neither module knows this directive'],
    ['TLSSessionCache internal: 60', 'differs: data connections do not need it'],
    ['TLSTruncation log', 'stays: mod_ftps only'],
  );
  my $sections = "<Directory /srv>\n  TLSRequired off\n</Directory>\n"
    . "<Anonymous /srv>\n  TLSRequired on\n</Anonymous>\n";
  my ($status, $output) = tried({ 'proftpd.conf' => join "\n", "${LOADS}TLSRequired on",
    'UseReverseDNS off', map({ $_->[0] } @rows), $sections }, ['--report']);
  is $status, 0, 'status';
  like $output, qr/^\S+: \Q$_->[0]\E\n +\Q$_->[1]\E/m, $_->[0] for @rows;
  like $output, qr/TLSRequired off\n +look: a section can ask for more/,
    'less in a section';
  like $output, qr/TLSRequired on\n +stays\n\S+: TLSProtocol/, 'in the server';
  ($status, $output) = tried({ 'proftpd.conf' => "${LOADS}TLSRequired on\n"
    . "TLSOptions AllowPerUser\n$sections" =~ s/Directory/Anonymous/gr },
    ['--report']);
  unlike $output, qr/a section can ask/, 'but anonymous users, with AllowPerUser';
};

subtest 'every directive has an answer' => sub {
  my $program = slurp($MIGRATE);
  my @unknown = grep { $program !~ /\b$_\b/ }
    slurp("$TOP/mod_ftps/host/config/directives.c") =~ /^ +\{ "(TLS\w+)", IN_\w+,/mg;
  is "@unknown", '', 'of the table of directives';
};

# Texts of others, with what belongs to them.
subtest 'seeds and shapes' => sub {
  my $count = 0;
  my $dir = folder();
  fake($dir);
  for my $path (glob "$TOP/t/data/{seeds,shapes}/*.conf") {
    my ($text, %files) = split /^# file: (\S+)\n/m, slurp($path), -1;
    $text = $LOADS . $text if $text !~ /^LoadModule mod_tls\.c/m;
    my %all = ('proftpd.conf' => $text,
      map { substr($_, 1) => $files{$_} } keys %files);
    s{^(\s*Include )(\S*[^/\s])$}{-e "$1" || exists $files{$2} || $2 =~ /\*/
      ? "$1ETC$2" : "# $2"}gme for values %all;
    s{^(\s*Include )/}{$1ETC/}gm for values %all;
    make_path("$dir/etc/etc/proftpd/conf.d");
    for my $name (keys %all) {
      make_path(dirname "$dir/etc/$name");
      spew("$dir/etc/$name", $all{$name} =~ s/ETC/$dir\/etc/gr, 0644);
    }
    my ($status, $output) = migrate($dir, '--report');
    $count++;
    my $is_told = $status == 0 && $output =~ /changes to: LoadModule mod_ftps\.c/
      && $output !~ /neither module knows/;
    ok $is_told, basename(dirname $path) . '/' . basename($path) or diag $output;
  }
  cmp_ok $count, '>=', 50, 'so many';
};

subtest 'the manuals' => sub {
  my ($status, $usage) = migrate(folder(), '--no-such-word');
  is $status, 2, 'a wrong word';
  my $page = slurp("$TOP/doc/man/ftps-migrate.8") =~ s/Fl Fl /Fl -/gr;
  my @missing = grep { $page !~ /Fl -?\Q$_\E\b/ }
    $usage =~ /(?<=[\s[|])--?([\w-]+)/g;
  is "@missing", '', 'the manual has each word' or diag $usage;
  for my $path (glob "$TOP/doc/man/*.8") {
    my $name = basename $path;
    SKIP: {
      skip 'no man', 1 if !grep { -x "$_/man" } split /:/, $ENV{PATH};
      local $ENV{MAN_KEEP_STDERR} = 1;
      my (undef, $text) = FTPS::Test::Process->run(['sh', '-c',
        'man -l --warnings "$1" 2>&1 >/dev/null', 'sh', $path]);
      is $text, '', "$name: no warnings";
    }
    SKIP: {
      skip 'no mandoc', 1 if !grep { -x "$_/mandoc" } split /:/, $ENV{PATH};
      my (undef, $text) = FTPS::Test::Process->run(['mandoc', '-T', 'lint', '-W',
        'warning', $path]);
      is $text, '', "$name: mandoc has nothing to say";
    }
  }
};

# ------------------------------------------------------- With the real one --

my $srv = FTPS::Test::Server->new;
my $dir = $srv->dir;
my $ec  = $srv->pki->cert('server');
$srv->config->link_stock('mod_tls');

sub real (@words) {
  return FTPS::Test::Process->run([$MIGRATE, '--proftpd', $PROFTPD, '-c',
    "$dir/site/proftpd.conf", '--state', "$dir/state", @words], seconds => 600,
    env => $srv->_sanitizer_env);
}

# As on Debian: modules, TLS and the rest in files of their own.
sub site (@tls) {
  make_path("$dir/site");
  my @modules = grep { !FTPS::Test::Config->lacking($_) }
    qw(mod_delay mod_ls mod_xfer);
  spew("$dir/site/modules.conf", "ModulePath $dir/modules\n"
    . join('', map { "LoadModule $_.c\n" } @modules, 'mod_tls'), 0644);
  spew("$dir/site/tls.conf", join('', map { "$_\n" } @tls), 0644);
  spew("$dir/site/proftpd.conf", <<~"END", 0644);
    Include $dir/site/modules.conf
    Port 21
    User nobody
    Group nogroup
    PassivePorts 61000 61001
    <Limit LOGIN>
      DenyAll
    </Limit>
    Include $dir/site/tls.conf
    END
  return;
}

my @GOOD = ('TLSEngine on', 'TLSRequired on',
  "TLSECCertificateFile $ec->{full}", "TLSECCertificateKeyFile $ec->{key}");

subtest 'the real proftpd: faults in an included file' => sub {
  for my $fault ('TLSRequird on', 'TLSOptions NoCertRequst', 'Umaks 022') {
    site(@GOOD, $fault);
    my ($status, $output) = real('--no-trial');
    is $status, 1, "$fault: refused";
    like $output, qr{\Q$dir\E/site/tls\.conf}, "$fault: the file is named"
      or diag $output;
    like slurp("$dir/site/modules.conf"), qr/mod_tls/, "$fault: not written";
  }
};

subtest 'the real proftpd: there and back' => sub {
  site(@GOOD);
  my ($status, $output) = real();
  is $status, 0, 'written' or diag $output;
  like $output, qr/main server: a login in clear is refused \(550\); listing, /,
    'after a trial';
  like slurp("$dir/site/modules.conf"), qr/^LoadModule mod_ftps\.c$/m, 'the line';
  SKIP: {
    skip 'no mod_tls', 4 if FTPS::Test::Config->lacking('mod_tls');
    ($status, $output) = real('--undo');
    is $status, 0, 'undone' or diag $output;
    like $output, qr/main server: a login in clear is refused/, 'after a trial';
    site(@GOOD, 'TLSOptions NoCertRequest');
    real('--no-trial');
    ($status, $output) = real('--undo');
    is $status, 1, 'not back to what mod_tls does not start with';
    like $output, qr/unknown TLSOption 'NoCertRequest'/, 'the reason';
  }
  File::Path::remove_tree("$dir/state");
};

# A daemon that does not do what the configuration says.
subtest 'the trial finds an open server' => sub {
  site(@GOOD);
  spew("$dir/site/open", <<~"SH", 0755);
    #!/bin/sh
    [ "\$1" = -n ] && sed -i /TLSRequired/d \$(dirname "\$4")/*.conf
    exec $PROFTPD "\$@"
    SH
  my ($status, $output) = real('--proftpd', "$dir/site/open");
  is $status, 1, 'refused';
  like $output, qr/OPEN: TLSRequired is there, and a login without TLS/, 'said';
  like slurp("$dir/site/modules.conf"), qr/mod_tls/, 'not written';
};

subtest 'a trial in which little is allowed' => sub {
  site(@GOOD, 'MaxClientsPerHost 1', '<Limit WRITE>', 'DenyAll', '</Limit>');
  my ($status, $output) = real('-n');
  is $status, 0, 'nothing is wrong' or diag $output;
  like $output, qr/a listing by TLS works; an upload is not allowed here \(550\)/,
    'said';
};

subtest 'a trial that needs a certificate' => sub {
  my $client = $srv->pki->cert('client');
  site(@GOOD, 'TLSVerifyClient on',
    'TLSCACertificateFile ' . $srv->pki->cert('client-ca')->{cert});
  my ($status, $output) = real('-n');
  is $status, 0, 'without one' or diag $output;
  like $output, qr/clients need a certificate: give --cert/, 'said';
  ($status, $output) = real('-n', '--cert', $client->{cert}, '--key',
    $client->{key});
  is $status, 0, 'with one' or diag $output;
  like $output, qr/upload and download by TLS work/, 'said';
};

is_deeply [glob "$temp/tmp/ftps-migrate-*"], [], 'nothing is left';

done_testing;
