// SPDX-License-Identifier: BSD-2-Clause
// A peer on Go's crypto/tls: TLS 1.2 and 1.3. Its command line is that of stack.h.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

var (
	server  = flag.Bool("s", false, "server")
	demand  = flag.Bool("m", false, "demand a client certificate")
	address = flag.String("a", "127.0.0.1", "address")
	port    = flag.String("p", "443", "port")
	name    = flag.String("n", "", "server's name")
	chain   = flag.String("C", "", "own certificates")
	key     = flag.String("K", "", "own key")
	root    = flag.String("A", "", "trusted")
	version = flag.String("v", "1.2", "version")
	alpn    = flag.String("l", "", "ALPN")
)

func die(err error) {
	fmt.Println("failed:", err)
	os.Exit(2)
}

func config() *tls.Config {
	v := versions[*version]
	c := &tls.Config{MinVersion: v, MaxVersion: v, ServerName: *name, InsecureSkipVerify: *root == ""}
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		if err != nil {
			die(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if *root != "" {
		pem, err := os.ReadFile(*root)
		if err != nil {
			die(err)
		}
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(pem)
		c.ClientCAs = c.RootCAs
	}
	if *demand {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *alpn != "" {
		c.NextProtos = []string{*alpn}
	}
	return c
}

// A connection's end; false when its handshake broke.
func one(conn *tls.Conn) bool {
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		fmt.Println("failed:", err)
		return false
	}
	state := conn.ConnectionState()
	fmt.Printf("ok 0x%04X %s\n", state.Version, tls.CipherSuiteName(state.CipherSuite))
	if *server {
		conn.Read(make([]byte, 4096))
		io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\nhello\n")
	} else {
		io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		io.Copy(io.Discard, conn)
	}
	return true
}

func serve(c *tls.Config, where string) {
	listener, err := net.Listen("tcp", where)
	if err != nil {
		die(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			die(err)
		}
		one(tls.Server(conn, c))
	}
}

func main() {
	flag.Parse()
	c, where := config(), net.JoinHostPort(*address, *port)
	if *server {
		serve(c, where)
	}
	conn, err := net.Dial("tcp", where)
	if err != nil {
		die(err)
	}
	if !one(tls.Client(conn, c)) {
		os.Exit(1)
	}
}
