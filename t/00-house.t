#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# The rules of the house, checked in the sources: which folder may include
# which, which file may call what, how long things may be, how every file
# starts.  The order of the folders is in t/lib/FTPS/Test/House.pm; the other
# tables come first here.  A new exception is a line there and a change of
# HACKING.md in the same commit.
#
# Calls are searched in code only: comments and texts are blanked first.  Every
# fault is printed as file:line and what is wrong.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname basename);
use File::Find;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use FTPS::Test::File qw(slurp);
use FTPS::Test::House;

chdir dirname(abs_path($0)) . '/..' or die "chdir: $!";

# Includes that the order of the folders alone would allow: file => who alone may.
my %INCLUDE_ONLY = (
  'include/mod_tls.h' => qr{^cache/mod_tls_(?:registry|cache)\.c$},
);

# Headers of ProFTPD that what is pure must do without; compat.h is the
# exception.  Makefile.in lists what is pure besides base/.
my $HOST_HEADER = qr{^(?:conf|privs|mod_\w+|pr-\w+|proftpd)\.h$};

# Who may use which function or word, below mod_ftps/: [what, pattern, where].
my @CALLS = (
  ['SSL_new', qr/\bSSL_new\s*\(/, qr{^(?:conn/conn|vhost/(?:offer|warmup)|keys/signer/isolate)\.c$}],
  ['SSL_CTX_new', qr/\bSSL_CTX_new(?:_ex)?\s*\(/,
    qr{^(?:vhost/(?:context|offer|warmup)|ocsp/ask
      |keys/signer/(?:isolate|choice))\.c$}x],
  ['SSL_read, SSL_write', qr/\bSSL_(?:read|write|sendfile)(?:_ex)?\s*\(/,
    qr{^(?:conn/io|conn/drain|vhost/warmup)\.c$}],
  ['SSL_CTX_set*', qr/\bSSL_CTX_set\w*\s*\(/,
    qr{^(?:(?:keys|cache|tickets|ocsp|trust|vhost)/|base/ctx_index\.c$)}],
  ['find_config', qr/\bfind_config(?:_next\d?|2)?\s*\(/,
    qr{^host/(?:config/(?:settings_read|required|rules)
      |control/accept|data/(?:early|linger))\.c$}x],
  ['ftps_daemon_get0', qr/\bftps_daemon_get0\s*\(/,
    qr{^(?:base/daemon\.[ch]$|host/|mod_ftps\.c$|cache/caches\.c$)}],
  ['pr_session_disconnect', qr/\bpr_session_disconnect\s*\(/,
    qr{^host/(?:control/(?:commands|login|peruser|policy)|session
      |daemon/events)\.c$}x],
  ['PRIVS_ROOT', qr/\bPRIVS_ROOT\b/,
    qr{^(?:cache/caches|vhost/vhosts|named/(?:find|names|revive)|log/(?:key)?log|host/control/dotlogin
      |host/data/stored|host/daemon/(?:random_seed|ticket_keys))\.c$}x],
  ["ProFTPD's log", qr/\bpr_(?:log|trace)_\w+\s*\(/, qr{^(?:host/|log/|[^/]+$)}],
  ['version conditionals', qr/\b(?:OPENSSL|LIBRESSL|PROFTPD)_VERSION_N\w+/,
    qr{^base/compat\.h$}],
  ['unbounded string functions',
    qr/\b(?:strcpy|strcat|sprintf|vsprintf|gets|stpcpy)\s*\(/, qr{^(?!)}],
);

push @CALLS, ['codes of refusals', qr/\bR_[45]\d\d\b/, qr{^host/reply\.c$}],
  ['replies of refusals', qr/\bpr_response_add_err\s*\(/,
    qr{^host/(?:reply|data/clear)\.c$}];

# Functions with more parameters than ours may have, because OpenSSL or ProFTPD
# says what they look like: their names end in _cb.
my $DICTATED = qr/_cb$/;

# Names with external linkage that do not start with ftps_.
my %FOREIGN_NAME = map { $_ => 1 } qw(
  main
  tls_log tls_sess_cache_register tls_sess_cache_unregister
  tls_ocsp_cache_register tls_ocsp_cache_unregister
);

# The cache modules, folders of their own.  What they may include from
# mod_ftps/, and which of their files know ProFTPD.
my $CACHE_FOLDER = qr{^(?:shmcache|memcache)/};
my $CACHE_INCLUDES =
  qr{^(?:base/\w+|include/ftps_cache|version|alias|load)\.h$};
my $CACHE_HOST = qr{^\w+/(?:mod_\w+|provider|segments)\.c$};

my %LIMIT = (
  columns => 80, file => 600, function => 60, parameters => 5, nesting => 3,
  sources => 15,
);

# Not in any file.  (Written so that this file does not hold them itself.)
my @WORDS = (
  ['conflict of a merge', qr/^(?:<{7}|>{7}) /m],
  ['unfinished', qr/\b(?:TO[D]O|FI[X]ME|X[X]X)\b/],
  ['path of one machine', qr{(?<![\w.\$\}])/(?:wor[k]|far[m]|hom[e])/
    |/tmp/(?:sr[c]|brie[f]|bash_job[s])}x],
);

my $TOP = 'mod_ftps/mod_ftps.c';
my $CONFTAB = 'mod_ftps/host/config/directives.c';
my $REFERENCE = 'doc/mod_ftps.html';
my $MAKEFILE = 'Makefile.in';
my @SCRIPTS = grep { -f } (qw(runtests quickstart .ci/run .ci/prepare
  doc/architecture.pl packaging/dist packaging/distcheck
  packaging/deb packaging/check-deb packaging/check-rpm packaging/check-tree
  packaging/matrix packaging/matrix-release packaging/matrix-cross
  packaging/debian/tests/transfer packaging/debian/proftpd-mod-ftps.prerm
  packaging/debian/proftpd-mod-ftps.postinst tools/ftps-migrate
  t/lib/throw-away), glob('t/pages/bin/*'));

my (@c_files, @other_files, %raw, %code);

# Blanks a stretch of source, keeping its lines.
sub blank {
  my ($text) = @_;
  $text =~ s/[^\n]/ /g;
  return $text;
}

# The code of a C text: comments and the insides of literals are blanks.
# With $keep, literals stay as they are.
sub code_of {
  my ($text, $keep) = @_;
  $text =~ s{
      (/\*.*?\*/ | //[^\n]*)
    | ("(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
  }{
    defined $1 ? blank($1)
    : $keep ? $2
    : substr($2, 0, 1) . blank(substr($2, 1, -1)) . substr($2, -1)
  }gesx;
  return $text;
}

sub line_of {
  my ($text, $offset) = @_;
  return 1 + (substr($text, 0, $offset) =~ tr/\n//);
}

sub rule {
  my ($name, @faults) = @_;
  ok(!@faults, $name) or diag(map { "  $_\n" } @faults);
  return;
}

# Path below mod_ftps/, or undef for files that are elsewhere.
sub inside {
  my ($path) = @_;
  return $path =~ m{^mod_ftps/(.*)} ? $1 : undef;
}

# The sources that Makefile.in lists under this name.
sub listed {
  my ($name) = @_;
  my ($list) = $raw{$MAKEFILE} =~ /^\Q$name\E = ((?:[^\n]*\\\n)*[^\n]*)/m;
  return ($list // '') =~ /(\S+\.c)\b/g;
}

sub collect {
  my @roots = grep { -d } qw(mod_ftps shmcache memcache t bench doc);
  find({ no_chdir => 1, wanted => sub {
    return unless -f;
    push @c_files, $_ if /\.[ch]$/;
    push @other_files, $_ if /\.(?:pm|pl|t|sh)$/;
  } }, @roots) if @roots;
  push @other_files, @SCRIPTS, grep { -f } 'config.m4', $MAKEFILE;
  @c_files = sort @c_files;
  @other_files = sort @other_files;
  $raw{$_} = slurp($_) for @c_files, @other_files;
  $code{$_} = code_of($raw{$_}) for @c_files;
  return;
}

# [line, name] of every `#include "name"`.
sub own_includes {
  my ($path) = @_;
  my @found;
  my $text = code_of($raw{$path}, 1);
  while ($text =~ /^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/mg) {
    push @found, [line_of($text, $-[0]), $1];
  }
  return @found;
}

sub include_fault {
  my ($inside, $name, $is_pure) = @_;
  return 'write the path from mod_ftps/ on' if $name =~ m{^\.\.?/};
  if (!-f "mod_ftps/$name") {
    my $beside = dirname($inside) . "/$name";
    return "write it as \"$beside\"" if -f "mod_ftps/$beside";
    return "no such file below mod_ftps/: $name" if $name =~ m{/};
    return "knows no header of ProFTPD: $name"
      if $is_pure && $name =~ $HOST_HEADER;
    return;
  }
  if (my $who = $INCLUDE_ONLY{$name}) {
    return "$name is not for this file" unless $inside =~ $who;
  }
  my ($from, $to) =
    map { FTPS::Test::House->room_of($_) } $inside, $name;
  return "in no room: $inside" unless defined $from;
  return "in no room: $name" unless defined $to;
  return $to > $from ? "includes upwards: $name" : ();
}

# Files without a header of ProFTPD: base/ and those that Makefile.in names.
sub pure_files {
  my %pure = map { $_ => 1 } grep { m{^mod_ftps/base/(?!compat\.h$)} } @c_files;
  for my $source (listed('pure_SOURCES')) {
    (my $header = $source) =~ s/c$/h/;
    $pure{$_} = 1 for $source, $header;
  }
  return %pure;
}

# A line for each circle of includes; a .c, its .h and its _own.h are one.
sub circles {
  my (%arrows, %done, @found);
  for my $path (grep { defined inside($_) } @c_files) {
    my $from = inside($path) =~ s/(?:_own)?\.[ch]$//r;
    $arrows{$from}{$_->[1] =~ s/(?:_own)?\.h$//r} = 1 for own_includes($path);
  }
  my $walk;
  $walk = sub {
    my ($file, @way) = @_;
    for my $i (grep { $way[$_] eq $file } 0 .. $#way) {
      push @found, join ' -> ', @way[$i .. $#way], $file;
      return;
    }
    return if $done{$file};
    $walk->($_, @way, $file)
      for grep { $_ ne $file } sort keys %{ $arrows{$file} // {} };
    $done{$file} = 1;
    return;
  };
  $walk->($_) for sort keys %arrows;
  return @found;
}

sub check_includes {
  my (@arrows, @first);
  my %pure = pure_files();
  for my $path (grep { defined inside($_) } @c_files) {
    my $inside = inside($path);
    my @includes = own_includes($path);
    for my $include (@includes) {
      my $fault = include_fault($inside, $include->[1], $pure{$path});
      push @arrows, "$path:$include->[0]: $fault" if defined $fault;
    }
    (my $own = $inside) =~ s/\.c$/.h/;
    next if $own eq $inside || !-f "mod_ftps/$own";
    my ($first) = $code{$path} =~ /^([ \t]*#[ \t]*include[^\n]*)/m
      ? line_of($code{$path}, $-[1]) : 0;
    push @first, "$path:$first: include its own header \"$own\" first"
      unless @includes && $includes[0][1] eq $own
      && $includes[0][0] == $first;
  }
  rule('includes go down, or stay in their room', @arrows);
  rule('no circle of includes', circles());
  rule("every file includes its own header first", @first);
  return;
}

sub check_cache_modules {
  my (@faults, @calls);
  for my $path (grep { /$CACHE_FOLDER/ } @c_files) {
    for my $include (own_includes($path)) {
      my ($line, $name) = @$include;
      next if -f dirname($path) . "/$name" || $name =~ $CACHE_INCLUDES
        || $name =~ $HOST_HEADER;
      push @faults, "$path:$line: $name is not for cache modules";
    }
    next if $path =~ $CACHE_HOST;
    (my $header = $path) =~ s/c$/h/;
    push @faults, "$path: has no $header" unless -f $header;
    while ($code{$path} =~ /\b(?:pr_\w+|PRIVS_\w+)\b/g) {
      push @calls, sprintf '%s:%d: %s has no place here', $path,
        line_of($code{$path}, $-[0]), $&;
    }
  }
  rule('cache modules include what is theirs', @faults);
  rule("only those who may use it: ProFTPD's functions in a cache", @calls);
  return;
}

sub check_calls {
  for my $call (@CALLS) {
    my ($what, $pattern, $where) = @$call;
    my @faults;
    for my $path (@c_files) {
      my $inside = inside($path);
      next if !defined $inside || $inside =~ $where;
      while ($code{$path} =~ /$pattern/g) {
        push @faults, sprintf '%s:%d: %s has no place here', $path,
          line_of($code{$path}, $-[0]), $what;
      }
    }
    rule("only those who may use it: $what", @faults);
  }
  my %pure = pure_files();
  my @faults = map { /./ ? $_ : () } map {
    my $path = $_;
    map { "$path: $_ has no place here" }
      $code{$path} =~ /\b(pr_\w+)\s*\(/g;
  } sort keys %pure;
  rule("only those who may use it: ProFTPD's functions", @faults);
  return;
}

sub check_conditionals {
  my (@faults, @guards);
  for my $path (@c_files) {
    next if $path eq 'mod_ftps/base/compat.h';
    my $text = $code{$path};
    if ($path =~ /\.h$/) {
      my $guarded = $text =~ s{
        \A (\s*) \#[ \t]*ifndef[ \t]+(\w+)[ \t]*\n
        \#[ \t]*define[ \t]+\2[ \t]*\n (.*) \#[ \t]*endif \s* \z
      }{$1\n\n$3}sx;
      push @guards, "$path:1: no include guard around the whole file"
        unless $guarded;
    }
    while ($text =~ /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b/mg) {
      push @faults, sprintf '%s:%d: #%s outside base/compat.h', $path,
        line_of($text, $-[0]), $1;
    }
  }
  rule('every header has an include guard', @guards);
  rule('conditionals stand in base/compat.h only', @faults);
  return;
}

sub check_text {
  my (@tabs, @trailing, @wide, @long, @ends, @words);
  for my $path (@c_files, @other_files) {
    my @lines = split /\n/, $raw{$path}, -1;
    push @ends, "$path: does not end with one line end"
      if $raw{$path} !~ /[^\n]\n\z/;
    for my $i (0 .. $#lines) {
      my $at = "$path:" . ($i + 1);
      push @tabs, "$at: tab" if $lines[$i] =~ /\t/ && $path ne $MAKEFILE;
      push @trailing, "$at: trailing blank" if $lines[$i] =~ /[ \t\r]$/;
      (my $characters = $lines[$i]) =~ s/[\x80-\xbf]//g;
      push @wide, "$at: " . length($characters) . ' columns'
        if $path =~ /\.[ch]$/ && length $characters > $LIMIT{columns};
      for my $word (@WORDS) {
        push @words, "$at: $word->[0]: $&" if $lines[$i] =~ $word->[1];
      }
    }
    my $length = $#lines - grep { /SPDX-/ } @lines; # without the licence
    push @long, "$path: $length lines, $LIMIT{file} are the limit"
      if $path =~ /\.[ch]$/ && $length > $LIMIT{file};
  }
  rule('no tabs', @tabs);
  rule('no trailing blanks', @trailing);
  rule('files end with a line end', @ends);
  rule("at most $LIMIT{columns} columns", @wide);
  rule("at most $LIMIT{file} lines in a file", @long);
  rule('nothing unfinished, no paths of one machine', @words);
  return;
}

sub check_heads {
  my (@licence, @manual, @mode);
  my $holder = 'SPDX-FileCopyrightText: 2026 mod_ftps authors';
  my $licence = 'SPDX-License-' . 'Identifier: GPL-2.0-or-later';
  my $c_head = "/*\n * $licence WITH cryptsetup-OpenSSL-exception\n * $holder\n";
  for my $path (@c_files) {
    push @licence, "$path:1: expected: $c_head"
      unless index($raw{$path}, $c_head) == 0;
    push @manual, "$path:4: no manual comment of the file"
      unless $raw{$path} =~ m{\A(?:.*\n){3} \*\n \* \S};
  }
  for my $path (@other_files) {
    my $text = $raw{$path} =~ s/\A#!.*\n//r;
    push @licence, "$path:1: expected: # $licence\n# $holder"
      unless index($text, "# $licence\n# $holder\n") == 0;
    push @manual, "$path:3: no manual comment of the file"
      unless $text =~ /\A(?:#.*\n){2}#*\n?# +\S/
      || $text =~ /^=head1 \w/m;
  }
  for my $path (@SCRIPTS) {
    push @mode, "$path: not executable" unless -x $path;
  }
  rule('every file starts with its licence', @licence);
  rule('every file has a manual', @manual);
  rule('scripts are executable', @mode);
  return;
}

# The definitions of functions in a C text, as hashes: name, line, lines,
# parameters (their number), static, nesting.
sub functions_of {
  my ($text) = @_;
  $text =~ s{^[ \t]*\#(?:[^\n\\]|\\.)*}{blank($&)}gems;
  my (@found, $start, $open);
  my ($depth, $deepest) = (0, 0);
  $start = 0;
  while ($text =~ /([{};])/g) {
    my ($mark, $at) = ($1, $-[0]);
    if ($mark eq '{') {
      $open = $at if $depth == 0;
      $depth++;
      $deepest = $depth if $depth > $deepest;
      next;
    }
    if ($mark eq '}') {
      $depth-- if $depth > 0;
      next if $depth > 0;
      my $head = defined $open ? substr($text, $start, $open - $start) : '';
      my $function = signature($head);
      if ($function) {
        my $skip = $head =~ /\A(\s*)/ ? length $1 : 0;
        $function->{line} = line_of($text, $start + $skip);
        $function->{lines} = line_of($text, $at) - $function->{line} + 1;
        $function->{nesting} = $deepest - 1;
        $function->{brace} = $head =~ /\n[ \t]*\z/ ? 'alone' : 'attached';
        push @found, $function;
      }
      ($start, $deepest) = ($at + 1, 0);
      undef $open;
      next;
    }
    $start = $at + 1 if $depth == 0;
  }
  return @found;
}

# A signature's name, storage and number of parameters; nothing for what is no
# function (struct, enum, initialised table).
sub signature {
  my ($head) = @_;
  $head =~ s/__attribute__\s*(\((?:[^()]++|(?1))*\))//g;
  return if $head =~ /=/;
  return unless $head =~ /(\w+)\s*(\((?:[^()]++|(?2))*\))\s*\z/;
  my ($name, $list) = ($1, substr $2, 1, -1);
  my $before = substr $head, 0, $-[1];
  1 while $list =~ s/\([^()]*\)//g;
  my $parameters = $list =~ /\A\s*(?:void)?\s*\z/ ? 0 : 1 + ($list =~ tr/,//);
  return {
    name => $name,
    parameters => $parameters,
    static => scalar($before =~ /\b(?:static|MODRET)\b/),
  };
}

sub check_functions {
  my (@long, @many, @deep, @names, @braces);
  for my $path (@c_files) {
    my $tested = $path =~ m{^(?:t|bench)/};
    for my $f (functions_of($code{$path})) {
      my $at = "$path:$f->{line}: $f->{name}()";
      push @long, "$at has $f->{lines} lines"
        if $f->{lines} > $LIMIT{function};
      push @many, "$at has $f->{parameters} parameters"
        if $f->{parameters} > $LIMIT{parameters} && $f->{name} !~ $DICTATED;
      push @deep, "$at nests $f->{nesting} deep"
        if $f->{nesting} > $LIMIT{nesting};
      push @braces, "$at: brace not on the line of the signature"
        if $f->{brace} eq 'alone';
      push @names, "$at is visible outside and not called ftps_..."
        unless $f->{static} || $tested || $f->{name} =~ /^ftps_/
        || $FOREIGN_NAME{$f->{name}};
    }
  }
  rule("functions have at most $LIMIT{function} lines", @long);
  rule("functions have at most $LIMIT{parameters} parameters", @many);
  rule("functions nest at most $LIMIT{nesting} deep", @deep);
  rule('functions open on the line of their signature', @braces);
  rule('functions with external linkage are called ftps_...', @names);
  return;
}

sub check_pairs {
  my @faults;
  for my $path (@c_files) {
    next unless defined inside($path) && $path =~ /\.c$/;
    # no_controls.c stands in for others, and has their headers.
    next if $path eq $TOP || $path eq 'mod_ftps/no_controls.c';
    (my $header = $path) =~ s/c$/h/;
    push @faults, "$path: has no $header" unless -f $header;
  }
  rule('every .c has its .h', @faults);
  return;
}

# A folder that can be taken in at a glance.
sub check_folders {
  my %count;
  $count{dirname($_)}++ for grep { m{^mod_ftps/.*\.c$} } @c_files;
  rule("at most $LIMIT{sources} sources in a folder",
    map { "$_: $count{$_} sources" }
    grep { $count{$_} > $LIMIT{sources} } sort keys %count);
  return;
}

sub check_directives {
  my @faults;
  my $table = -f $CONFTAB ? code_of($raw{$CONFTAB}, 1) : '';
  my $reference = -f $REFERENCE ? slurp($REFERENCE) : '';
  push @faults, "$CONFTAB: no table of directives" if $table !~ /"TLSEngine"/;
  while ($table =~ /\{\s*"((?:TLS|Use)\w+)"\s*,/g) {
    my $directive = $1;
    push @faults, sprintf '%s:%d: %s is not in %s', $CONFTAB,
      line_of($table, $-[0]), $directive, $REFERENCE
      unless $reference =~ /\b(?:name|id)\s*=\s*["']?\Q$directive\E\b/;
  }
  rule('every directive is documented', @faults);
  return;
}

sub check_makefile {
  my (@faults, %listed);
  my $makefile = -f $MAKEFILE ? $raw{$MAKEFILE} : '';
  while ($makefile =~ /^\s+([\w\/]+\.c)\s*\\?$/mg) {
    my $line = line_of($makefile, $-[1]);
    push @faults, "$MAKEFILE:$line: no such file: $1" unless -f $1;
    $listed{$1}++;
  }
  $listed{$_}-- for listed('pure_SOURCES');
  push @faults, map { "$MAKEFILE: listed twice: $_" }
    grep { $listed{$_} > 1 } sort keys %listed;
  for my $path (grep { m{^(?:mod_ftps|shmcache|memcache)/.*\.c$} } @c_files) {
    push @faults, "$path: not in $MAKEFILE" unless $listed{$path};
  }
  rule("$MAKEFILE lists every source", @faults);
  return;
}

# What a newcomer reads stays short.
my %PAGE = ('README.md' => 150, 'HACKING.md' => 300, 'CONTRIBUTING.md' => 150);

sub check_pages {
  my @faults;
  for my $page (sort keys %PAGE) {
    my $lines = slurp($page) =~ tr/\n//;
    push @faults, "$page: $lines lines, $PAGE{$page} are the limit"
      if $lines > $PAGE{$page};
  }
  rule('the first pages are short', @faults);
  my $security = slurp('doc/security.md');
  rule('every test that doc/security.md names is there',
    map { "doc/security.md: no $_" } grep { !-f }
    $security =~ m{`(t/[^`]+\.t)`}g);
  return;
}

# A link in a page leads to a file, also where the pages are installed: the
# folders below doc/ stay together.
sub check_links {
  my @faults;
  for my $page (glob('*.md doc/*.md doc/howto/*.md doc/internals/*.md bench/*.md')) {
    my $folder = dirname($page);
    push @faults, map { "$page: no $_" } grep { !-e "$folder/$_" }
      map { s/#.*//r } grep { !/^(?:\w+:|#)/ }
      slurp($page) =~ /\]\(([^)\s]+)\)/g;
  }
  rule('every link of a page leads to a file', @faults);
  return;
}

# A reader finds the word of each refusal in the page on troubles.
sub check_refusals {
  my $page  = slurp('doc/troubleshooting.md');
  my $table = slurp('mod_ftps/base/refusal.c');
  my @words = grep { $_ ne 'none' }
    $table =~ /\[FTPS_REFUSAL_\w+\]\s*=\s*\{\s*"([^"]+)"/g;
  my @faults = map { "doc/troubleshooting.md: no row for `$_`" }
    grep { $page !~ /^\|(?:[^|]*,)? `\Q$_\E`[^|]*\|/m } @words;
  my %known = map { $_ => 1 } @words;
  my ($rows) = $page =~ /^## Reasons in brackets\n(.*?)^## /ms;
  push @faults, map { "doc/troubleshooting.md: no such word: $_" }
    grep { !$known{$_} } map { /`([a-z-]+)`/g }
    map { /^\|([^|]*)\|/ ? $1 : () } split /\n/, $rows // '';
  push @faults, 'no table of refusals' if @words < 20;
  rule('every refusal has its row in doc/troubleshooting.md', @faults);
  check_clients($rows // '');
  return;
}

# The last cell of such a row is a dash, or words that each client's table in the
# page on clients has.
sub check_clients {
  my ($rows) = @_;
  my $path = 'doc/howto/client-setup.md';
  my ($first, @sections) = split /^## /m, slurp($path);
  my @words = $first =~ /^\| `(\w+)` \|/mg;
  my %known = map { $_ => 1 } @words;
  my @faults;
  for my $row (grep { /^\| `/ } split /\n/, $rows) {
    my @cells = split / \| /, $row =~ s/ \|$//r;
    my @asked = ($cells[3] // '') =~ /`(\w+)`/g;
    push @faults, "doc/troubleshooting.md: the last cell is no word of $path,"
      . " and no dash: $row" if @cells != 4 || grep { !$known{$_} } @asked
      or !@asked && $cells[3] ne "\xe2\x80\x93";
  }
  for my $section (grep { /^\| \| \|$/m } @sections) {
    my ($client) = $section =~ /^(.*)/;
    push @faults, map { "$path: $client: no row for `$_`" }
      grep { $section !~ /^\| `$_` \|/m } @words;
  }
  push @faults, "$path: too few clients" if @sections < 8 || @words < 8;
  rule('what a client can do about a refusal is on the page on clients', @faults);
  return;
}

# The picture is made from the same table.
sub check_picture {
  my $drawn = `$^X doc/architecture.pl`;
  rule('doc/architecture.svg is what doc/architecture.pl draws',
    slurp('doc/architecture.svg') eq $drawn ? ()
    : 'doc/architecture.svg: run make architecture');
  return;
}

# One version decides, for each lays out a little differently.
sub check_format {
  SKIP: {
    my ($program) = grep { `$_ --version 2>/dev/null` =~ /version 14\./ }
      qw(clang-format-14 clang-format);
    skip 'no clang-format 14', 1 unless $program && -f '.clang-format';
    my (%first, @faults);
    for my $line (`$program --dry-run -Werror @c_files 2>&1`) {
      next unless $line =~ /^([^:]+):(\d+):\d+: error:/;
      push @faults, "$1:$2: and maybe more; run make format"
        unless $first{$1}++;
    }
    rule('clang-format has nothing to change', @faults);
  }
  return;
}

collect();
plan skip_all => 'no sources' unless @c_files;
check_includes();
check_cache_modules();
check_calls();
check_conditionals();
check_text();
check_heads();
check_functions();
check_pairs();
check_folders();
check_directives();
check_makefile();
check_pages();
check_links();
check_refusals();
check_picture();
check_format();
done_testing();
