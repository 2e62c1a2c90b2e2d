package serve

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/fusor-ml/fusor/serve/internal/inference"
)

// A call of ModelInfer in gRPC's own form, without compression, is answered without connect, whose
// generality took a seventh of the call of a small model: one message in a frame each way, and a
// status in the trailers (grpc/doc/PROTOCOL-HTTP2.md). Errors, and all other forms, are connect's.

const (
	grpcFrameHead = 5 // a flag for compression, and the length of the message
	grpcEncoding  = "Grpc-Encoding"
	grpcTimeout   = "Grpc-Timeout"
	grpcStatus    = http.TrailerPrefix + "Grpc-Status"
)

// isOwnForm reports whether a call is in gRPC's own form without compression.
func isOwnForm(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	encoding := r.Header.Get(grpcEncoding)
	return r.ProtoMajor == 2 && (kind == "application/grpc" || kind == "application/grpc+proto") && (encoding == "" || encoding == "identity")
}

var statusOK = []string{"0"}

// modelInfer answers calls of ModelInfer; connect has those in other forms. Calls are refused
// before anything of them is read where they would wait too long.
func (s *Server) modelInfer(connected http.Handler, errorWriter *connect.ErrorWriter) http.Handler {
	connected = s.bounded(connected)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		switch {
		case s.admit.overloaded():
			s.metrics.refused()
			err = errBusy
		case isOwnForm(r):
			err = s.inferCall(w, r)
		default:
			connected.ServeHTTP(w, r)
		}
		if err != nil {
			noteGRPC(w, err)
			errorWriter.Write(w, r, grpcError(err)) //nolint:errcheck // the client has gone
		}
	})
}

// inferCall answers a call, unless there is an error.
func (s *Server) inferCall(w http.ResponseWriter, r *http.Request) error {
	x, err := s.begin(w, r)
	if err != nil {
		return err
	}
	defer x.end()
	message, err := grpcMessage(x.body)
	if err != nil {
		return err
	}
	ctx := x.ctx
	if timeout := r.Header.Get(grpcTimeout); timeout != "" {
		most, err := parseTimeout(timeout)
		if err != nil {
			return err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, most)
		defer cancel()
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		buffer.Reset()
		buffers.Put(buffer)
	}()
	frame, err := s.inferMessage(ctx, &x.hold, append(buffer.AvailableBuffer(), 0, 0, 0, 0, 0), message)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(frame[1:], uint32(len(frame)-grpcFrameHead))
	buffer.Write(frame) // keeps its memory
	h := w.Header()
	h["Content-Type"] = r.Header["Content-Type"]
	h[grpcStatus] = statusOK
	w.Write(frame) //nolint:errcheck // the client has gone
	return nil
}

// inferMessage appends the answer to a ModelInferRequest, a ModelInferResponse, to b. h
// holds what is decoded.
func (s *Server) inferMessage(ctx context.Context, h *hold, b, message []byte) ([]byte, error) {
	q, err := parseInfer(message)
	if err != nil {
		return nil, err
	}
	m, err := s.versioned(q.model, q.version)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	outputs, err := s.inferOutputs(ctx, m, h, q, message)
	s.metrics.inferred(m.Name, time.Since(start), err)
	if err != nil {
		return nil, err
	}
	return appendInfer(b, m, q, outputs), nil
}

func (s *Server) inferOutputs(ctx context.Context, m *Model, h *hold, q *inferRequest, message []byte) ([]tensorData, error) {
	if err := q.readTensors(message, m); err != nil {
		return nil, err
	}
	return s.infer(ctx, m, h, q.inputs, q.wanted)
}

// grpcMessage returns the message of a body, which is to have one.
func grpcMessage(body []byte) ([]byte, error) {
	switch {
	case len(body) < grpcFrameHead, uint64(len(body)-grpcFrameHead) != uint64(binary.BigEndian.Uint32(body[1:])):
		return nil, faultf(http.StatusBadRequest, "invalid frame", "the body is not one message behind its length")
	case body[0] != 0:
		return nil, faultf(http.StatusBadRequest, "invalid frame", "the message is compressed, but %s names no compression", grpcEncoding)
	}
	return body[grpcFrameHead:], nil
}

// parseTimeout reads the time that a client waits: up to eight digits and a unit.
func parseTimeout(s string) (time.Duration, error) {
	digits, unit := s[:len(s)-1], time.Duration(0)
	switch s[len(s)-1] {
	case 'H':
		unit = time.Hour
	case 'M':
		unit = time.Minute
	case 'S':
		unit = time.Second
	case 'm':
		unit = time.Millisecond
	case 'u':
		unit = time.Microsecond
	case 'n':
		unit = time.Nanosecond
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || unit == 0 || len(digits) > 8 {
		return 0, faultf(http.StatusBadRequest, "invalid timeout", "%s is %.20q", grpcTimeout, s)
	}
	const hours = 100_000 // that fit a Duration
	if unit == time.Hour {
		n = min(n, hours)
	}
	return time.Duration(n) * unit, nil
}

// bounded bounds the body of a call that connect reads, its memory and the time in which it comes.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := hold{a: s.admit}
		defer h.release()
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.o.Timeout)) //nolint:errcheck // where there are no deadlines
		const framing = 64 << 10                                                   // what a message is longer in its frame
		r.Body = &grpcBody{heldReader{http.MaxBytesReader(w, r.Body, s.o.MaxBody+framing), &h, 0}}
		next.ServeHTTP(w, r)
	})
}

// grpcBody is the body of a call; what bounds it is an error of gRPC.
type grpcBody struct{ heldReader }

func (b *grpcBody) Read(p []byte) (int, error) {
	n, err := b.heldReader.Read(p)
	if f := (*fault)(nil); errors.As(err, &f) {
		return n, grpcError(f)
	}
	return n, err
}

func (b *grpcBody) Close() error { return nil }

// wireMessage is a message of ModelInfer as gRPC writes it, which the calls that connect receives
// are answered by: its fields take no memory before they are known to be what the model takes.
type wireMessage struct{ bytes []byte }

// grpcInfer answers the calls that connect receives, as those in gRPC's own form are.
func (s *Server) grpcInfer(ctx context.Context, q *wireMessage) (*wireMessage, error) {
	waited := time.Now()
	turn, err := s.admit.enter(ctx)
	s.metrics.stage(stageWait, time.Since(waited))
	if err != nil {
		if errors.Is(err, errBusy) {
			s.metrics.refused()
		}
		return nil, err
	}
	defer turn.leave()
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	h := hold{a: s.admit}
	defer h.release()
	answer, err := s.inferMessage(ctx, &h, nil, q.bytes)
	return &wireMessage{answer}, err
}

// wireCodec is connect's codec of messages in binary form, which leaves a wireMessage as it is.
type wireCodec struct{}

// Name implements connect.Codec.
func (wireCodec) Name() string { return "proto" }

// Marshal implements connect.Codec; connect has messages of its own, the status of an error.
func (wireCodec) Marshal(message any) ([]byte, error) {
	switch m := message.(type) {
	case *wireMessage:
		return m.bytes, nil
	case proto.Message:
		return proto.Marshal(m)
	}
	return nil, errMessage
}

// Unmarshal implements connect.Codec.
func (wireCodec) Unmarshal(data []byte, message any) error {
	switch m := message.(type) {
	case *wireMessage:
		m.bytes = bytes.Clone(data) // whose memory is connect's
		return nil
	case proto.Message:
		return proto.Unmarshal(data, m)
	}
	return errMessage
}

// wireJSONCodec is connect's codec of messages in JSON.
type wireJSONCodec struct{}

// maxNested bounds the objects and lists of a message in JSON: each takes many times the memory of
// its two characters before it can be seen that the model takes no such input.
const maxNested = 1 << 16

// Name implements connect.Codec.
func (wireJSONCodec) Name() string { return "json" }

// Marshal implements connect.Codec.
func (wireJSONCodec) Marshal(message any) ([]byte, error) {
	m, ok := message.(*wireMessage)
	if !ok {
		return nil, errMessage
	}
	out := &inference.ModelInferResponse{}
	if err := proto.Unmarshal(m.bytes, out); err != nil {
		return nil, err
	}
	return protojson.Marshal(out)
}

// Unmarshal implements connect.Codec.
func (wireJSONCodec) Unmarshal(data []byte, message any) error {
	m, ok := message.(*wireMessage)
	if !ok || bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("[")) > maxNested {
		return errMessage
	}
	in := &inference.ModelInferRequest{}
	err := protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, in)
	if err == nil {
		m.bytes, err = proto.Marshal(in)
	}
	return err
}
