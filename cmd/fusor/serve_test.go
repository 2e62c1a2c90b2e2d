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
