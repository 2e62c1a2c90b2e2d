package main

import (
	"bufio"
	"bytes"
	"cmp"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// servedConn is a connection of a client. One that speaks HTTP/2 reads ahead and joins what is
// written: net/http reads the head and the rest of a frame by themselves, of which a call of gRPC
// has two, and flushes each of the three of its answer (head, message, status), where calls of the
// system cost more than the rest.
type servedConn struct {
	net.Conn
	leave   func()
	once    sync.Once
	steady  time.Duration // for a piece of what is sent; 0: steadyTime
	closing atomic.Bool   // what is pending has closeTime

	read  bool          // something was read
	ahead *bufio.Reader // of HTTP/2; nil: of another protocol

	mu      sync.Mutex
	pending []byte        // what was written and not sent
	spare   []byte        // memory of what was sent
	sending chan struct{} // closed once nothing is pending; nil where nobody sends
	err     error         // of sending
}

const (
	preface    = "PRI * HTTP/2.0" // of a client that speaks HTTP/2 (RFC 9113, section 3.4)
	maxAhead   = 8 << 10
	maxPending = 64 << 10
	closeTime  = time.Second // for sending what is pending when a connection ends

	// Of an answer so many bytes must be taken in such a time: a client that does not read gets no
	// more, and one with a slow line has it all.
	steadyBytes = 64 << 10
	steadyTime  = 30 * time.Second
)

func (c *servedConn) Read(p []byte) (int, error) {
	if c.ahead != nil {
		return c.ahead.Read(p)
	}
	n, err := c.Conn.Read(p)
	if !c.read && n > 0 {
		c.read = true
		if bytes.HasPrefix(p[:n], []byte(preface)) {
			c.ahead = bufio.NewReaderSize(c.Conn, maxAhead)
		}
	}
	return n, err
}

func (c *servedConn) Write(p []byte) (int, error) {
	if c.ahead == nil {
		return c.push(p)
	}
	c.mu.Lock()
	for c.err == nil && len(c.pending) > 0 && len(c.pending)+len(p) > maxPending {
		sending := c.sending
		c.mu.Unlock()
		<-sending
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	c.pending = append(c.pending, p...)
	if c.sending == nil {
		c.sending = make(chan struct{})
		go c.send()
	}
	return len(p), nil
}

// push sends p, as long as the client takes it.
func (c *servedConn) push(p []byte) (sent int, err error) {
	for err == nil && sent < len(p) {
		c.SetWriteDeadline(time.Now().Add(cmp.Or(c.steady, steadyTime))) //nolint:errcheck // a connection that is gone sends nothing
		if c.closing.Load() {
			c.SetWriteDeadline(time.Now().Add(closeTime)) //nolint:errcheck // as above
		}
		var n int
		n, err = c.Conn.Write(p[sent:min(sent+steadyBytes, len(p))])
		sent += n
	}
	return sent, err
}

// send sends what is pending after those that can run have added what they have.
func (c *servedConn) send() {
	runtime.Gosched()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) > 0 && c.err == nil {
		out := c.pending
		c.pending, c.spare = c.spare[:0], nil
		c.mu.Unlock()
		_, err := c.push(out)
		c.mu.Lock()
		c.err, c.spare = err, out
	}
	close(c.sending)
	c.sending = nil
}

func (c *servedConn) Close() error {
	c.once.Do(c.leave)
	c.mu.Lock()
	sending := c.sending
	c.mu.Unlock()
	if sending != nil {
		c.closing.Store(true)
		c.SetWriteDeadline(time.Now().Add(closeTime)) //nolint:errcheck // a connection that is gone sends nothing
		<-sending
	}
	return c.Conn.Close()
}
