package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// boundedListener accepts connections while fewer than most are open. Where as many are, the one
// that has had nothing to do for the longest is closed for a new one: clients keep connections that
// they may never use again, and a question for health must not wait until they give them up. Where
// all are in use, the new one waits.
type boundedListener struct {
	net.Listener
	most int

	mu   sync.Mutex
	room sync.Cond // signaled when a connection is closed, or has nothing to do
	open int
	idle map[*servedConn]time.Time // since when
}

func limitConns(l net.Listener, n int) *boundedListener {
	b := &boundedListener{Listener: l, most: max(n, 1), idle: map[*servedConn]time.Time{}}
	b.room.L = &b.mu
	return b
}

func (l *boundedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.wait() // only now, as nothing is to be closed before a client is there
	c := &servedConn{Conn: conn}
	c.leave = func() { l.leave(c) }
	return c, nil
}

// wait waits for room for a connection, which it counts.
func (l *boundedListener) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.most {
		if c := l.longestIdle(); c != nil {
			delete(l.idle, c)
			go c.Close() //nolint:errcheck // it leaves whatever becomes of it
		}
		l.room.Wait()
	}
	l.open++
}

func (l *boundedListener) leave(c *servedConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	delete(l.idle, c)
	l.room.Signal()
}

// longestIdle returns nil where none is idle.
func (l *boundedListener) longestIdle() *servedConn {
	var out *servedConn
	for c, since := range l.idle {
		if out == nil || since.Before(l.idle[out]) {
			out = c
		}
	}
	return out
}

// state is the server's http.Server.ConnState.
func (l *boundedListener) state(conn net.Conn, state http.ConnState) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, ok := conn.(*servedConn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if state == http.StateIdle {
		l.idle[c] = time.Now()
		l.room.Signal()
	} else {
		delete(l.idle, c)
	}
}
