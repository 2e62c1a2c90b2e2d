package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

type serveCmd struct {
	Models []string `arg:"" help:"Saved models; the name of each is that of its file, or NAME=FILE." placeholder:"MODEL"`

	Listen        string        `help:"Address: HOST:PORT, or unix:PATH for a socket. systemd's socket goes before it." default:"127.0.0.1:8080" env:"FUSOR_SERVE_LISTEN" placeholder:"ADDR"`
	Examples      string        `help:"Table of rows that the page offers to try." env:"FUSOR_SERVE_EXAMPLES" placeholder:"DATA"`
	Report        string        `help:"Folder whose reports, and nothing else in it, are shown under /report/." env:"FUSOR_SERVE_REPORT" placeholder:"DIR"`
	Watch         bool          `help:"Load a model again when its file changes." env:"FUSOR_SERVE_WATCH"`
	Grace         time.Duration `help:"Longest time for requests under way after SIGTERM." default:"15s" env:"FUSOR_SERVE_GRACE" placeholder:"TIME"`
	Timeout       time.Duration `help:"Longest time of one request." default:"30s" env:"FUSOR_SERVE_TIMEOUT" placeholder:"TIME"`
	MaxWait       time.Duration `help:"Longest wait for a turn; what would wait longer is refused with 503." default:"250ms" env:"FUSOR_SERVE_MAX_WAIT" placeholder:"TIME"`
	MaxBody       int64         `help:"Longest body of a request, in bytes, once inflated." default:"67108864" env:"FUSOR_SERVE_MAX_BODY" placeholder:"N"`
	MaxRows       int           `help:"Most rows of one request; a stream may have any number." default:"1000" env:"FUSOR_SERVE_MAX_ROWS" placeholder:"N"`
	MaxPixels     int64         `help:"Most pixels of a picture." default:"16777216" env:"FUSOR_SERVE_MAX_PIXELS" placeholder:"N"`
	MaxSeconds    int           `help:"Longest sound, in seconds; of a film the rest is left out." default:"60" env:"FUSOR_SERVE_MAX_SECONDS" placeholder:"N"`
	MaxConns      int           `help:"Most connections at once; where there are as many, idle ones are closed for new ones." default:"4096" env:"FUSOR_SERVE_MAX_CONNS" placeholder:"N"`
	TLSCert       string        `help:"Certificate chain, PEM." env:"FUSOR_SERVE_TLS_CERT" placeholder:"FILE"`
	TLSKey        string        `help:"Its key, PEM." env:"FUSOR_SERVE_TLS_KEY" placeholder:"FILE"`
	TLSSelfSigned bool          `help:"Make a certificate at start, for trying out." env:"FUSOR_SERVE_TLS_SELF_SIGNED"`
	APIKeyFile    string        `help:"File of keys, one a line, of which requests must carry one." env:"FUSOR_SERVE_API_KEY_FILE" placeholder:"FILE"`
	AllowOrigin   []string      `help:"Origins that pages may call from; * for all." env:"FUSOR_SERVE_ALLOW_ORIGIN" placeholder:"ORIGIN,ORIGIN"`
	Encoder       []string      `help:"Folder of a pretrained encoder that a model was trained with, or of several (default: those of FUSOR_ENCODERS, and the model's own). Repeatable." sep:"none" placeholder:"DIR"`
	Threads       uint          `help:"Cores to use (default: all)." placeholder:"N" env:"FUSOR_SERVE_THREADS"`
	Quiet         bool          `help:"Log errors alone." short:"q" env:"FUSOR_SERVE_QUIET"`
	languageFlag
}

// Help is the command's longer help.
func (c *serveCmd) Help() string {
	return `POST /v1/models/NAME/predict takes JSON, forms with files, and streams of JSON lines. Media come in the body: no request names a file. Any part of a row may be absent.

Examples:
  fusor serve shop.fusor
  curl localhost:8080/v1/models/shop/predict -H 'Content-Type: application/json' -d '{"review": "很好吃", "price": 12.5}'
  curl 'localhost:8080/v1/models/shop/predict?explain=modalities' -F review=good -F photo=@a.jpg
  fusor serve birds.fusor shop=models/shop-3.fusor --listen :8080 --watch`
}

// served is a model's file and name, and what the file was when it was loaded.
type served struct {
	name, path string
	stamp      string
}

// Run serves until SIGTERM.
func (c *serveCmd) Run(e *env) error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return usagef("--tls-cert and --tls-key go together")
	}
	if c.TLSSelfSigned && c.TLSCert != "" {
		return usagef("--tls-self-signed makes a certificate; leave out --tls-cert")
	}
	models, err := c.models()
	if err != nil {
		return err
	}
	keys, err := readKeys(c.APIKeyFile)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Quiet {
		level = slog.LevelError
	}
	log := newLogWriter(e.stderr)
	defer log.Flush() //nolint:errcheck // there is nowhere to report it
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: level}))
	var reports fs.FS
	if c.Report != "" {
		// Below this folder alone, also through links.
		root, err := os.OpenRoot(c.Report)
		if err != nil {
			return fmt.Errorf("cannot show the reports: %w", err)
		}
		defer root.Close()
		reports = root.FS()
	}
	s := serve.New(serve.Options{
		Reports: reports,
		Version: fusor.Version, MaxBody: c.MaxBody, MaxRows: c.MaxRows, MaxPixels: c.MaxPixels, MaxSeconds: c.MaxSeconds, Timeout: c.Timeout, MaxWait: c.MaxWait,
		APIKeys: keys, Origins: c.AllowOrigin, Logger: logger,
	})
	// All models before the port is opened: a balancer must not send requests to half of them.
	for i := range models {
		if err := c.load(s, &models[i]); err != nil {
			return err
		}
	}
	bounded, err := c.listen(e.ctx)
	if err != nil {
		return err
	}
	hs := c.server(e.ctx, s, logger)
	hs.ConnState = bounded.state
	scheme, listener := "http", net.Listener(bounded)
	if c.TLSCert != "" || c.TLSSelfSigned {
		scheme = "https"
		if listener, err = c.secure(listener); err != nil {
			return err
		}
	}
	e.printf("serving %s at %s\n", plural(len(models), "model"), at(scheme, listener.Addr()))
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(listener) }()
	// SIGHUP; on Windows only the files' times are looked at.
	reload := make(chan os.Signal, 1)
	notifyReload(reload)
	defer signal.Stop(reload)
	var tick <-chan time.Time
	if c.Watch {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-reload:
			c.reload(s, models, true, logger)
		case <-tick:
			c.reload(s, models, false, logger)
		case err := <-ended:
			return err
		case <-e.ctx.Done():
			return c.stop(s, hs, logger)
		}
	}
}

// stop ends the requests under way and then the server.
func (c *serveCmd) stop(s *serve.Server, hs *http.Server, logger *slog.Logger) error {
	s.Drain()
	logger.Info("draining", "grace", c.Grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), c.Grace)
	defer cancel()
	if err := hs.Shutdown(ctx); err != nil {
		logger.Error("some requests were cut off", "error", err.Error())
		return hs.Close()
	}
	return nil
}

func (c *serveCmd) server(ctx context.Context, s *serve.Server, logger *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: s.Handler(), Protocols: protocols, MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:    slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// addressName returns name with dashes in place of what an address cannot have in a model's name.
func addressName(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == utf8.RuneError || strings.ContainsRune("/?#%", r) {
			return '-'
		}
		return r
	}, name)
}

// models returns the names and files of the arguments.
func (c *serveCmd) models() ([]served, error) {
	var out []served
	seen := map[string]bool{}
	for _, arg := range c.Models {
		name, path, named := strings.Cut(arg, "=")
		if !named {
			path = arg
			name = addressName(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
		}
		if name == "" || name != addressName(name) {
			return nil, usagef("%q cannot be the name of a model in an address; write NAME=%s", name, path)
		}
		if seen[name] {
			return nil, usagef("two models are called %s; write NAME=FILE", name)
		}
		seen[name] = true
		out = append(out, served{name: name, path: path})
	}
	return out, nil
}

// load reads a model, tries it on an empty row, and serves it.
func (c *serveCmd) load(s *serve.Server, m *served) error {
	stamp := stampOf(m.path)
	loaded, err := predict.Load(m.path, predict.Options{Threads: int(c.Threads), NoCache: true, Encoders: encoderFolders(c.Encoder)})
	if err != nil {
		return err
	}
	if err := serve.Try(loaded); err != nil {
		return fmt.Errorf("cannot serve %s: %w", m.path, err)
	}
	var examples *dataset.Dataset
	if c.Examples != "" {
		schema := *loaded.Schema()
		if examples, err = dataset.Open(c.Examples, dataset.Options{Schema: &schema}); err != nil {
			return fmt.Errorf("cannot read the examples: %w", err)
		}
	}
	m.stamp = stamp
	s.SetWithExamples(m.name, "", loaded, examples)
	return nil
}

// reload loads the models whose files have changed, or all of them. One that cannot be loaded is
// kept as it is.
func (c *serveCmd) reload(s *serve.Server, models []served, all bool, logger *slog.Logger) {
	for i := range models {
		m := &models[i]
		if stamp := stampOf(m.path); !all && (stamp == m.stamp || stamp == "") {
			continue
		}
		if err := c.load(s, m); err != nil {
			m.stamp = stampOf(m.path) // said once
			logger.Error("the model is kept as it was", "model", m.name, "error", err.Error())
			continue
		}
		logger.Info("loaded", "model", m.name)
	}
}

// stampOf changes when a file is replaced; "" where there is none.
func stampOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

func readKeys(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the keys: %w", err)
	}
	defer f.Close()
	var keys []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key := strings.TrimSpace(lines.Text()); key != "" && key[0] != '#' {
			keys = append(keys, key)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot read the keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no key: a key a line", path)
	}
	return keys, nil
}

// listen opens the socket: one that systemd hands over, a Unix socket, or a port.
func (c *serveCmd) listen(ctx context.Context) (*boundedListener, error) {
	if os.Getenv("LISTEN_PID") == fmt.Sprint(os.Getpid()) && os.Getenv("LISTEN_FDS") == "1" {
		f := os.NewFile(3, "systemd socket") // sd_listen_fds(3)
		defer f.Close()
		l, err := net.FileListener(f)
		if err != nil {
			return nil, fmt.Errorf("cannot take systemd's socket: %w", err)
		}
		return limitConns(l, c.MaxConns), nil
	}
	network, address := "tcp", c.Listen
	if path, ok := strings.CutPrefix(c.Listen, "unix:"); ok {
		network, address = "unix", path
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
				conn.Close() //nolint:errcheck // it was only tried
				return nil, fmt.Errorf("cannot listen: %s is in use", path)
			}
			if err := os.Remove(path); err != nil { // left by a process that was killed
				return nil, fmt.Errorf("cannot listen: %w", err)
			}
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, network, address)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("cannot listen at %s: it is in use; choose another with --listen", c.Listen)
		}
		var address *net.AddrError
		if errors.As(err, &address) {
			return nil, usagef("--listen %s: it must be HOST:PORT, :PORT or unix:PATH", c.Listen)
		}
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	return limitConns(l, c.MaxConns), nil
}

func at(scheme string, a net.Addr) string {
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return scheme + "://" + a.String()
}

// secure puts TLS on a listener.
func (c *serveCmd) secure(l net.Listener) (net.Listener, error) {
	var cert tls.Certificate
	var err error
	if c.TLSSelfSigned {
		cert, err = selfSigned()
	} else {
		cert, err = tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate: %w", err)
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// selfSigned makes a certificate of this machine's names that holds for a month.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "fusor"}, DNSNames: names,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
