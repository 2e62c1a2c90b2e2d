package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// countedConn counts the reads and writes that reach it.
type countedConn struct {
	net.Conn
	reads, writes atomic.Int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(p)
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// accepted returns a connection as the server has it, after it has read what the client began with,
// and the client's end.
func accepted(t *testing.T, begin string) (c *servedConn, counted *countedConn, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was only used once
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	counted = &countedConn{Conn: conn}
	c = &servedConn{Conn: counted, leave: func() {}}
	t.Cleanup(func() { client.Close(); c.Close() }) //nolint:errcheck // they may be closed
	if _, err := io.WriteString(client, begin); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, len(begin))); err != nil {
		t.Fatal(err)
	}
	return c, counted, client
}

// What is written on a connection of HTTP/2 arrives whole and in order, in fewer writes, also where
// the client reads slowly and where the connection is closed at once.
func TestJoinedWrites(t *testing.T) {
	for _, begin := range []string{preface + "\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"} {
		c, counted, client := accepted(t, begin)
		var want []byte
		wrote := make(chan error, 1)
		const pieces = 4000
		for i := range pieces {
			want = append(want, bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 250)...)
		}
		go func() {
			for i := range pieces {
				if _, err := c.Write(want[500*i : 500*(i+1)]); err != nil {
					wrote <- err
					return
				}
			}
			wrote <- c.Close()
		}()
		time.Sleep(20 * time.Millisecond) // the buffers of the system are full
		got, err := io.ReadAll(client)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: %d bytes of %d, %v", begin, len(got), len(want), err)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		if n := counted.writes.Load(); c.ahead != nil && n > pieces/2 || c.ahead == nil && n != pieces {
			t.Errorf("%q: %d writes", begin, n)
		}
	}
}

// A write after the client has gone fails, and a client that reads nothing does not keep the
// connection from being closed.
func TestJoinedWritesFail(t *testing.T) {
	c, _, client := accepted(t, preface)
	client.Close() //nolint:errcheck // it goes
	var err error
	for deadline := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(deadline); {
		_, err = c.Write(make([]byte, 1000))
	}
	if err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("writing to nobody: %v", err)
	}

	c, _, _ = accepted(t, preface)
	go func() {
		for {
			if _, err := c.Write(make([]byte, maxPending)); err != nil {
				return
			}
		}
	}()
	time.Sleep(50 * time.Millisecond)
	start := time.Now()
	if err := c.Close(); err != nil || time.Since(start) > 5*closeTime {
		t.Errorf("closed after %v: %v", time.Since(start), err)
	}
}

// What comes on a connection of HTTP/2 is read in few calls however small the pieces are that are
// asked for, arrives whole and in order, and a deadline ends the wait for more.
func TestReadAhead(t *testing.T) {
	for _, begin := range []string{preface + "\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"} {
		c, counted, client := accepted(t, begin)
		want := make([]byte, 3*maxAhead)
		for i := range want {
			want[i] = byte(i * i >> 4)
		}
		go client.Write(want) //nolint:errcheck // what is missing is found below
		before := counted.reads.Load()
		got := make([]byte, len(want))
		pieces := 0
		for rest := got; len(rest) > 0; pieces++ {
			n := min(9+91*(pieces%2), len(rest)) // a head, a body
			if _, err := io.ReadFull(c, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%q: other bytes arrive", begin)
		}
		if n := int(counted.reads.Load() - before); c.ahead != nil && n > pieces/4 || c.ahead == nil && n < pieces {
			t.Errorf("%q: %d reads of %d pieces", begin, n, pieces)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q: after the deadline: %v", begin, err)
		}
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Write([]byte("z")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := io.ReadFull(c, b); err != nil || b[0] != 'z' {
			t.Errorf("%q: after a deadline that passed: %q, %v", begin, b, err)
		}
	}
}

// A client that takes nothing of what is sent gets no more after a while, and one that takes it
// slowly gets all of it.
func TestSteadyWrites(t *testing.T) {
	const much = 32 << 20 // more than the system holds for a client
	for _, begin := range []string{"GET / HTTP/1.1\r\n", preface} {
		c, _, client := accepted(t, begin)
		c.steady = 200 * time.Millisecond
		failed := make(chan error)
		go func() {
			_, err := c.Write(make([]byte, much))
			for err == nil { // of HTTP/2 what is sent is known by a later write
				_, err = c.Write(make([]byte, maxPending))
			}
			failed <- err
		}()
		select {
		case err := <-failed:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%q: %v", begin, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%q: what nobody takes is still sent", begin)
		}
		client.Close() //nolint:errcheck // it was only held

		c, _, client = accepted(t, begin)
		c.steady = time.Second
		const some = 8 << 20
		go c.Write(make([]byte, some)) //nolint:errcheck // it is read below
		for left := some; left > 0; {
			n, err := client.Read(make([]byte, min(left, 256<<10)))
			if err != nil {
				t.Fatalf("%q: %d bytes before the end: %v", begin, left, err)
			}
			left -= n
			time.Sleep(5 * time.Millisecond)
		}
	}
}
