package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/serve"
)

// A flood of headers ends with 431, and the server goes on.
func TestServeHeaderFlood(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &serveCmd{}
	s := c.server(t.Context(), serve.New(serve.Options{}), slog.New(slog.DiscardHandler))
	go s.Serve(l)   //nolint:errcheck // it ends with the test
	defer s.Close() //nolint:errcheck // it ends with the test
	ask := func(headers func(w io.Writer)) string {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()                                           //nolint:errcheck // it was only tried
		conn.SetDeadline(time.Now().Add(20 * time.Second))           //nolint:errcheck // a TCP connection has deadlines
		io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n") //nolint:errcheck // the answer shows it
		headers(conn)
		io.WriteString(conn, "\r\n") //nolint:errcheck // the answer shows it
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err.Error()
		}
		resp.Body.Close() //nolint:errcheck // it was only read
		return resp.Status
	}
	few := ask(func(w io.Writer) { io.WriteString(w, "X-A: b\r\n") })                                //nolint:errcheck // the answer shows it
	long := ask(func(w io.Writer) { io.WriteString(w, "X-A: "+strings.Repeat("b", 68<<10)+"\r\n") }) //nolint:errcheck // the answer shows it
	many := ask(func(w io.Writer) {
		var b strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&b, "X-%d: bbbbb\r\n", i)
		}
		io.WriteString(w, b.String()) //nolint:errcheck // the answer shows it
	})
	again := ask(func(io.Writer) {})
	if few != "200 OK" || !strings.HasPrefix(long, "431 ") || !strings.HasPrefix(many, "431 ") || again != "200 OK" {
		t.Errorf("%s, of a long header %s, of many %s, then %s", few, long, many, again)
	}
}

// A model's name is that of its file, as an address can have it; one that is given is not changed.
func TestServedNames(t *testing.T) {
	c := &serveCmd{Models: []string{"a/two words.fusor", "鸟.fusor", "caf\xe9#1.fusor", "x=a/b.fusor"}}
	got, err := c.models()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range got {
		names = append(names, m.name)
	}
	if want := "two-words 鸟 caf--1 x"; strings.Join(names, " ") != want {
		t.Errorf("%q, want %s", names, want)
	}
	c.Models = []string{"two words=a.fusor"}
	if _, err := c.models(); err == nil {
		t.Error("a name with a space is taken")
	}
}
