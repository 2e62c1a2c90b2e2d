package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

// limited serves with at most n connections; requests for /wait wait for release.
func limited(t *testing.T, n int) (address string, release chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	release = make(chan struct{})
	bounded := limitConns(l, n)
	s := &http.Server{ConnState: bounded.state, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			<-release
		}
		fmt.Fprint(w, "ok")
	})}
	go s.Serve(bounded) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { s.Close() })
	return l.Addr().String(), release
}

// client is a connection that is kept.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, address string) client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client{conn, bufio.NewReader(conn)}
}

// ask reports whether a request is answered within some time.
func (c client) ask(path string, within time.Duration) bool {
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
	return c.answered(within)
}

func (c client) answered(within time.Duration) bool {
	c.SetReadDeadline(time.Now().Add(within)) //nolint:errcheck // then no answer comes
	res, err := http.ReadResponse(c.r, nil)
	return err == nil && res.StatusCode == http.StatusOK && res.Body.Close() == nil
}

// A new connection takes the place of the one that has been idle for longest, and of none that is
// in use.
func TestConnectionLimit(t *testing.T) {
	const long, short = 5 * time.Second, 50 * time.Millisecond
	address, release := limited(t, 3)
	a, b, c := dial(t, address), dial(t, address), dial(t, address)
	for _, client := range []client{b, a, c, a} { // b is idle for longest
		if !client.ask("/", long) {
			t.Fatal("no answer below the limit")
		}
	}
	if d := dial(t, address); !d.ask("/", long) {
		t.Error("a new client is not answered though others are idle")
	}
	if b.ask("/", long) {
		t.Error("the connection that was idle for longest is still open")
	}
	if !a.ask("/", long) {
		t.Error("a connection was closed that was not idle for longest")
	}
	used := []client{a, dial(t, address), dial(t, address)}
	for _, client := range used {
		if client.ask("/wait", short) {
			t.Fatal("an answer that should wait")
		}
	}
	late := dial(t, address)
	if late.ask("/", short) {
		t.Error("a client beyond the limit is answered while all connections are in use")
	}
	release <- struct{}{}
	if !late.answered(long) {
		t.Error("a client that waited is not answered when a connection becomes idle")
	}
	close(release)
	answered := 0
	for _, client := range used {
		if client.answered(long) {
			answered++
		}
	}
	if answered != 3 {
		t.Errorf("of 3 requests that were under way %d are answered", answered)
	}
}
