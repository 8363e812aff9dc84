// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// goftp.go PLAN: works off a plan (FTPS::Test::Clients) with jlaffaye/ftp, which
// shakes hands on each data connection before it sends the command.
//
// DIAGNOSTICS: the error of the first transfer that fails; 77 for words that
// there are none for.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func put(conn *ftp.ServerConn, source, target string, resumes bool) {
	file, err := os.Open(source)
	check(err)
	defer file.Close()
	var done int64
	if resumes {
		done, err = conn.FileSize(target)
		check(err)
		_, err = file.Seek(done, io.SeekStart)
		check(err)
	}
	check(conn.StorFrom(target, file, uint64(done)))
}

func get(conn *ftp.ServerConn, source, target string, resumes bool) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if resumes {
		flags = os.O_WRONLY | os.O_APPEND
	}
	file, err := os.OpenFile(target, flags, 0o600)
	check(err)
	info, err := file.Stat()
	check(err)
	response, err := conn.RetrFrom(source, uint64(info.Size()))
	check(err)
	_, err = io.Copy(file, response)
	check(err)
	check(response.Close())
	check(file.Close())
}

func list(conn *ftp.ServerConn, target string) {
	names, err := conn.NameList("")
	check(err)
	check(os.WriteFile(target, []byte(strings.Join(names, "\n")), 0o600))
}

func act(conn *ftp.ServerConn, word []string) {
	switch word[0] {
	case "put", "reput":
		put(conn, word[1], word[2], word[0] == "reput")
	case "get", "reget":
		get(conn, word[1], word[2], word[0] == "reget")
	case "list":
		list(conn, word[2])
	default:
		os.Exit(77)
	}
}

func settings() *tls.Config {
	pem, err := os.ReadFile(os.Getenv("FTPS_CA"))
	check(err)
	config := &tls.Config{
		RootCAs:            x509.NewCertPool(),
		ServerName:         os.Getenv("FTPS_HOST"),
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	config.RootCAs.AppendCertsFromPEM(pem)
	if cert := os.Getenv("FTPS_CERT"); cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, os.Getenv("FTPS_KEY"))
		check(err)
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

func main() {
	if os.Getenv("FTPS_CCC") != "" {
		os.Exit(77)
	}
	how := ftp.DialWithExplicitTLS
	if os.Getenv("FTPS_IMPLICIT") != "" {
		how = ftp.DialWithTLS
	}
	conn, err := ftp.Dial(os.Getenv("FTPS_HOST")+":"+os.Getenv("FTPS_PORT"),
		how(settings()), ftp.DialWithTimeout(10*time.Second))
	check(err)
	check(conn.Login(os.Getenv("FTPS_USER"), os.Getenv("FTPS_PASSWORD")))
	plan, err := os.Open(os.Args[1])
	check(err)
	lines := bufio.NewScanner(plan)
	for lines.Scan() {
		act(conn, strings.Fields(lines.Text()))
	}
	check(conn.Quit())
}
