// SPDX-License-Identifier: GPL-2.0-or-later
//
// goftp.go PLAN: works off a plan (FTPS::Test::Clients) with jlaffaye/ftp, which
// shakes hands on each data connection before it sends the command.
//
// DIAGNOSTICS: the error of the first transfer that fails.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jlaffaye/ftp"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func put(conn *ftp.ServerConn, source, target string) {
	file, err := os.Open(source)
	check(err)
	defer file.Close()
	check(conn.Stor(target, file))
}

func get(conn *ftp.ServerConn, source, target string) {
	response, err := conn.Retr(source)
	check(err)
	file, err := os.Create(target)
	check(err)
	_, err = io.Copy(file, response)
	check(err)
	check(response.Close())
	check(file.Close())
}

func main() {
	pem, err := os.ReadFile(os.Getenv("FTPS_CA"))
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	conn, err := ftp.Dial(os.Getenv("FTPS_HOST")+":"+os.Getenv("FTPS_PORT"),
		ftp.DialWithExplicitTLS(&tls.Config{
			RootCAs:            roots,
			ServerName:         os.Getenv("FTPS_HOST"),
			ClientSessionCache: tls.NewLRUClientSessionCache(0),
		}))
	check(err)
	check(conn.Login(os.Getenv("FTPS_USER"), os.Getenv("FTPS_PASSWORD")))
	plan, err := os.Open(os.Args[1])
	check(err)
	lines := bufio.NewScanner(plan)
	for lines.Scan() {
		word := strings.Fields(lines.Text())
		if word[0] == "put" {
			put(conn, word[1], word[2])
		} else {
			get(conn, word[1], word[2])
		}
	}
	check(conn.Quit())
}
