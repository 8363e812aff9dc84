#!/usr/bin/env ruby
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# net-ftp.rb PLAN: works off a plan (FTPS::Test::Clients) with Ruby's Net::FTP.
#
# DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
# there are none for.

require 'net/ftp'

plan = File.readlines(ARGV[0]).map(&:split)
known = %w[put get reput reget list]
exit 77 if ENV['FTPS_CCC'] || plan.any? { |word,| !known.include?(word) }
# Older ones take the option and connect in clear.
exit 77 if ENV['FTPS_IMPLICIT'] &&
           Gem::Version.new(Net::FTP::VERSION) < Gem::Version.new('0.2')

ssl = { ca_file: ENV.fetch('FTPS_CA') }
if ENV['FTPS_CERT']
  ssl[:cert] = OpenSSL::X509::Certificate.new(File.read(ENV['FTPS_CERT']))
  ssl[:key] = OpenSSL::PKey.read(File.read(ENV['FTPS_KEY']))
end
ftp = Net::FTP.new(nil, passive: true, open_timeout: 10, read_timeout: 10,
                   ssl: ssl, implicit_ftps: !ENV['FTPS_IMPLICIT'].nil?)
ftp.connect(ENV.fetch('FTPS_HOST'), ENV.fetch('FTPS_PORT').to_i)
ftp.login(ENV.fetch('FTPS_USER'), ENV.fetch('FTPS_PASSWORD'))
plan.each do |word, from, to|
  ftp.resume = word.start_with?('re')
  case word
  when 'put', 'reput' then ftp.putbinaryfile(from, to)
  when 'get', 'reget' then ftp.getbinaryfile(from, to)
  else File.write(to, ftp.nlst(from).join("\n"))
  end
end
ftp.quit
ftp.close
