# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
package FTPS::Test::MatrixTables;

=head1 NAME

FTPS::Test::MatrixTables - results of FTPS::Test::Matrix as Markdown

=head1 SYNOPSIS

  my $tables = FTPS::Test::MatrixTables->new(ours => \%ours, stock => \%stock,
    names => \@names);
  say for $tables->worse('lftp');
  $tables->write_into('doc/clients.md', 'bookworm');

=head1 DESCRIPTION

ours and stock: name of the client => { results, version, tls }, for mod_ftps
and mod_tls.

=head1 METHODS

=over

=item worse(NAME)

The checks in which this client fails with mod_ftps, and not with mod_tls, or
needs an option that it does not need there.

=item failures(NAME)

The checks in which it fails, with what it said.

=item text(OLD)

The tables.  A client without results keeps what it has in the tables OLD.

=item write_into(PAGE, RELEASE)

Puts the text between the lines "<!-- RELEASE -->" and "<!-- end of RELEASE -->";
OLD is what is there.

=back

=cut

use v5.36;
use FTPS::Test::File qw(slurp spew);
use FTPS::Test::Matrix;

my @VERSIONS = @FTPS::Test::Matrix::VERSIONS;
my @WORDS = @FTPS::Test::Matrix::WORDS;
my @KINDS = qw(explicit implicit);

# Head of a column, and the words of a plan that it sums up.
my @WORD_COLUMNS = ([ list => 'list' ], [ up => 'put' ], [ down => 'get' ],
  [ 'resume up' => 'reput' ], [ 'resume down' => 'reget' ],
  [ 'empty files' => 'put0', 'get0' ]);
my @OTHER_COLUMNS = ([ '50 in a row' => 'many' ],
  [ 'client certificate' => 'certificate' ], [ CCC => 'CCC' ],
  [ FXP => 'FXP' ]);

my $ALONE = 'Not tried with stock mod_tls: ';

my %RANK = ('–' => -1, yes => 0, N => 1, no => 2);

sub new ($class, %o) {
  return bless {%o}, $class;
}

sub _state ($result) {
  return '–' if !$result || $result->{result} eq 'cannot';
  return 'no' if $result->{result} eq 'no';
  return $result->{with} ? 'N' : 'yes';
}

# The worst of several; "–" only if there is nothing else.
sub _worst (@states) {
  my ($worst) = sort { $RANK{$b} <=> $RANK{$a} } @states;
  return $worst // '–';
}

# One state of each version of TLS, as one cell.
sub _merge (%by_version) {
  my @states = map { $by_version{$_} } @VERSIONS;
  return $states[0] if !grep { $_ ne $states[0] } @states;
  return join ', ', map { "$_: $by_version{$_}" } @VERSIONS;
}

sub _kind_cell ($results, $kind) {
  return _merge(map { my $version = $_;
    $version => _worst(map { _state($results->{"$kind $version $_"}) } @WORDS) }
    @VERSIONS);
}

sub _word_cell ($results, @words) {
  return _merge(map { my $version = $_; $version => _worst(map { my $word = $_;
    map { _state($results->{"$_ $version $word"}) } @KINDS } @words) }
    @VERSIONS);
}

sub _other_cell ($results, $what) {
  return _merge(map { $_ => _state($results->{"$what $_"}) } @VERSIONS);
}

sub _row ($name, $client) {
  my $results = $client->{results};
  return [ "$name ($client->{tls})", $client->{version},
    (map { _kind_cell($results, $_) } @KINDS),
    (map { my (undef, @words) = @$_; _word_cell($results, @words) }
      @WORD_COLUMNS),
    _state($results->{'wrong CA'}),
    map { _other_cell($results, $_->[1]) } @OTHER_COLUMNS ];
}

sub _line (@cells) { return '| ' . join(' | ', @cells) . " |\n" }

sub _head (@cells) { return _line(@cells) . _line(map { '---' } @cells) }

sub worse ($self, $name) {
  my $ours = $self->{ours}{$name}{results};
  my $stock = ($self->{stock}{$name} // return)->{results};
  return map { "$_: " . _state($ours->{$_}) . " ($ours->{$_}{why}),"
      . ' with mod_tls ' . _state($stock->{$_}) }
    grep { $stock->{$_} && $RANK{ _state($ours->{$_}) }
      > $RANK{ _state($stock->{$_}) } && _state($stock->{$_}) ne '–' }
    sort keys %$ours;
}

sub failures ($self, $name) {
  my $ours = $self->{ours}{$name}{results};
  return map { "$_: $ours->{$_}{why}" }
    grep { $ours->{$_}{result} eq 'no' } sort keys %$ours;
}

# The same words are said once, with all the checks.
sub _said ($self, $name) {
  my $results = $self->{ours}{$name}{results};
  my %checks;
  for my $check (sort keys %$results) {
    my $said = $results->{$check}{why} // $results->{$check}{note} // next;
    utf8::downgrade($said, 1);
    $said =~ s/\b\w+\d\d\.bin\b/FILE/g;
    $said =~ s/\d{5,}/NUMBER/g;
    push $checks{$said}->@*, $check;
  }
  return map { my $many = $checks{$_}->@*; "* **$name**, $checks{$_}[0]"
    . ($many > 1 ? " and @{[ $many - 1 ]} more" : '') . ": `$_`\n" }
    sort keys %checks;
}

sub _better ($self, $name) {
  my $ours = $self->{ours}{$name}{results};
  my $stock = ($self->{stock}{$name} // return)->{results};
  my %change;
  for my $check (sort keys %$ours) {
    my ($here, $there) = map { _state($_->{$check}) } $ours, $stock;
    push $change{"$here | $there"}->@*, $check
      if $here ne $there && $here ne '–' && $there ne '–';
  }
  return map { [ $name, _short($change{$_}->@*), split / \| / ] }
    sort keys %change;
}

sub _short (@checks) {
  return @checks > 4 ? "$checks[0], $checks[1] and @{[ @checks - 2 ]} more"
    : join ', ', @checks;
}

# What the tables say of one client: its row, its words, its differences, and
# whether there is nothing to compare with.
sub _measured ($self, $name) {
  return { row => _line(_row($name, $self->{ours}{$name})->@*),
    said => join('', $self->_said($name)),
    better => join('', map { _line(@$_) } $self->_better($name)),
    alone => !$self->{stock}{$name} };
}

# The same, of the clients that older tables have.
sub _read ($old) {
  my %of;
  for my $line (split /^/, $old) {
    my ($first, @rest) = $line =~ /^\| (.+) \|$/ ? split / \| /, $1 : ();
    my ($speaker) = $line =~ /^\* \*\*(.+?)\*\*/;
    $of{ $first =~ s/ \([^()]+\)$//r }{row} = $line if @rest > 3;
    $of{$first}{better} .= $line if @rest == 3;
    $of{$speaker}{said} .= $line if defined $speaker;
    $of{$_}{alone} = 1 for $line =~ /^\Q$ALONE\E(.*)\.$/ ? split /; /, $1 : ();
  }
  return \%of;
}

sub text ($self, $old = '') {
  my $old_ones = _read($old);
  my %of = map { $_ => $self->{ours}{$_} ? $self->_measured($_)
    : $old_ones->{$_} } $self->{names}->@*;
  my @names = grep { $of{$_} && $of{$_}{row} } $self->{names}->@*;
  my $text = _head('Client', 'version', @KINDS,
    map({ $_->[0] } @WORD_COLUMNS), 'refuses a wrong CA',
    map { $_->[0] } @OTHER_COLUMNS) . join '', map { $of{$_}{row} } @names;
  my ($said, $better) = map { my $what = $_;
    join '', map { $of{$_}{$what} // '' } @names } qw(said better);
  my @alone = grep { $of{$_}{alone} } @names;
  $text .= "\nWhat they said where they failed or needed an option:\n\n$said"
    if $said;
  $text .= "\nWhere stock mod_tls differs:\n\n"
    . _head('Client', 'checks', 'mod_ftps', 'mod_tls') . $better if $better;
  $text .= "\n$ALONE" . join('; ', @alone) . ".\n" if @alone;
  return $text;
}

sub write_into ($self, $page, $release) {
  my $old = slurp($page);
  $old =~ s{(<!-- \Q$release\E -->\n)(.*?)(<!-- end of \Q$release\E -->)}
    {"$1\n" . $self->text($2) . "\n$3"}se or die "$page: no lines of $release\n";
  return spew($page, $old);
}

1;
